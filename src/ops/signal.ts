/** Tables made of a few numbers that signal processing multiplies by: windows, and the weights of the mel scale. */
import { isFloat, isInteger, tensorType, type DataType } from "../ir/types.ts";
import type { Dim } from "../ir/dim.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { dataTypeNumbered } from "./convert.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { dense, filled } from "./dense.ts";
import { dataDependentDim } from "./movement.ts";

const whole = "It is made of a few numbers that every device has; a device slices what it needs of it.";

function outputDtype(call: Call): DataType {
  const dtype = dataTypeNumbered(call.int("output_datatype", 1));
  if (dtype === undefined || !(isFloat(dtype) || isInteger(dtype)))
    call.fail("bad-attribute", { name: "output_datatype", problem: "is no type of numbers" });
  return dtype;
}

/** A size that a scalar input holds; a dimension that only execution tells where it is not known. */
function sizeInput(call: Call, index: number, name: string): Dim {
  if (call.constant(index) === undefined) return dataDependentDim(call, name);
  const [size] = call.constantInts(index, name) ?? [];
  if (size === undefined || size < 0) call.failShape(`${name} is ${size}`);
  return size;
}

/** a0 + a1 cos(t) + a2 cos(2 t), with t over one period. */
function windowOp(name: string, doc: string, [a0, a1, a2]: readonly [number, number, number]): OpDefinition {
  return defineOp({
    name,
    doc,
    since: 17,
    inputs: [1, 1],
    gradient: { none: "its input is a length, not floating-point numbers" },
    whole,
    infer: (call) => [tensorType(outputDtype(call), [sizeInput(call, 0, "size")])],
    evaluate: ({ call, inputs: [size] }) => {
      const count = size?.data[0] as number;
      const period = call.int("periodic", 1) === 1 ? count : count - 1;
      const values = range(count).map((i) => {
        const t = (2 * Math.PI * i) / period;
        return a0 + a1 * Math.cos(t) + a2 * Math.cos(2 * t);
      });
      return [dense(outputDtype(call), [count], values)];
    },
  });
}

const melWeightMatrix = defineOp({
  name: "MelWeightMatrix",
  doc: "Triangular weights that turn a linear spectrum into bands of equal width on the mel scale.",
  since: 17,
  inputs: [5, 5],
  gradient: { none: "its inputs are sizes and bounds of bands, which are not trained" },
  whole,
  infer: (call) => {
    const length = sizeInput(call, 1, "dft_length");
    const bins = typeof length === "number" ? Math.floor(length / 2) + 1 : dataDependentDim(call, "bins");
    return [tensorType(outputDtype(call), [bins, sizeInput(call, 0, "num_mel_bins")])];
  },
  evaluate: ({ call, inputs }) => {
    const [bands, length, rate, low, high] = inputs.map((x) => (x as Dense).data[0] as number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
    const hertz = (m: number) => 700 * (10 ** (m / 2595) - 1);
    const step = (mel(high) - mel(low)) / (bands + 2);
    const edges = range(bands + 2).map((i) => Math.floor(((length + 1) * hertz(mel(low) + i * step)) / rate));
    const out = filled(outputDtype(call), [Math.floor(length / 2) + 1, bands], 0);
    for (const band of range(bands)) {
      const [left, centre, right] = edges.slice(band, band + 3) as [number, number, number];
      const set = (bin: number, weight: number) => {
        if (bin * bands + band < out.data.length) out.data[bin * bands + band] = weight;
      };
      for (let bin = left; bin < centre; bin++) set(bin, (bin - left) / (centre - left));
      set(centre, 1);
      for (let bin = centre + 1; bin < right; bin++) set(bin, (right - bin) / (right - centre));
    }
    return [out];
  },
});

export const signalOps: readonly OpDefinition[] = [
  windowOp("BlackmanWindow", "A Blackman window.", [0.42, -0.5, 0.08]),
  windowOp("HammingWindow", "A Hamming window.", [25 / 46, -21 / 46, 0]),
  windowOp("HannWindow", "A Hann window.", [0.5, -0.5, 0]),
  melWeightMatrix,
];
