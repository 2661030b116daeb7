/** What the operators that convolve share: shapes, axes rules, groups, sums of products; they differ in their operands. */
import { isKnown, type Dim } from "../ir/dim.ts";
import { split } from "../ir/layout.ts";
import type { ValueType } from "../ir/types.ts";
import type { ResolvedRule, Signature } from "../sbp/signature.ts";
import { product } from "../support/collections.ts";
import type { Attributes } from "../ir/graph.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import type { Call } from "./call.ts";
import type { Dense, LocalizeContext, SignatureContext } from "./contract.ts";
import { lcm, localDims, signatureOf } from "./movement.ts";
import {
  forEachTap,
  imagesOf,
  padWindows,
  positionsMade,
  slidingSignatures,
  windowOf,
  type WindowAxis,
} from "./window.ts";

/** Which inputs are what; input 0 is the data. */
export interface ConvOperands {
  /** (output channels, input channels per group, taps …). */
  readonly weight: number;
  /** Inputs with one element per output channel, where they are there and no scalars. */
  readonly perChannel: readonly number[];
  /** Inputs of the output's shape. */
  readonly likeOutput: readonly number[];
}

/** The window of a convolution. The sizes of the weight's spatial axes must be known. */
export function convWindow(call: Call, { weight }: Pick<ConvOperands, "weight">): WindowAxis[] {
  return windowOf(call, kernelOf(call, weight));
}

/** Taps per spatial axis, of a weight whose first two axes are channels. */
export function kernelOf(call: Call, weight: number): number[] {
  const kernel = call.shape(weight).slice(2);
  if (!kernel.every(isKnown)) call.fail("unbound-dimension", { dim: kernel.join(", "), value: "the weight" });
  const stated = call.ints("kernel_shape", kernel);
  if (stated.join() !== kernel.join()) {
    call.fail("bad-attribute", {
      name: "kernel_shape",
      problem: `is [${stated.join(", ")}], the weight has [${kernel.join(", ")}]`,
    });
  }
  return kernel;
}

/** The output shape of a convolution. */
export function convShape(call: Call, operands: ConvOperands): readonly Dim[] {
  const [x, w] = [call.shape(0), call.shape(operands.weight)];
  checkRanks(call, operands.weight);
  const group = call.int("group", 1);
  const [channels, perGroup, out] = [x[1] as Dim, w[1] as Dim, w[0] as Dim];
  if (isKnown(channels) && isKnown(perGroup) && channels !== perGroup * group) {
    call.fail("shape-mismatch", {
      axis: group === 1 ? "1 (input channels)" : `1 (input channels, ${group} groups)`,
      left: channels,
      leftShape: `[${x.join(", ")}]`,
      right: perGroup,
      rightShape: `[${w.join(", ")}]`,
    });
  }
  if (isKnown(out) && out % group !== 0)
    call.failShape(`${out} output channels are not a multiple of ${group} groups`);
  for (const index of operands.perChannel) checkPerChannel(call, index, out, w);
  return [x[0] as Dim, out, ...convWindow(call, operands).map((axis) => axis.out)];
}

export function checkRanks(call: Call, weight: number): void {
  const [x, w] = [call.rank(0), call.rank(weight)];
  if (x < 3) call.failShape("the input must have the axes N, C and at least one spatial axis");
  if (w !== x) call.failShape(`the weight has ${w} axes, the input ${x}`);
}

/** An input with one element per output channel, where it is there. */
export function checkPerChannel(call: Call, index: number, channels: Dim, weight: readonly Dim[]): void {
  if (!call.has(index) || (call.rank(index) === 1 && call.shape(index)[0] === channels)) return;
  call.fail("shape-mismatch", {
    axis: "0 (output channels)",
    left: channels,
    leftShape: `[${weight.join(", ")}]`,
    right: call.shape(index)[0] ?? "absent",
    rightShape: `[${call.shape(index).join(", ")}]`,
  });
}

/** Whether the window is the whole axis, so that the convolution along it is one inner product. */
function isOnePatch({ size, kernel, extent, before, after, out }: WindowAxis): boolean {
  return before === 0 && after === 0 && size === kernel && extent === kernel && out === 1;
}

/** Batch, output channels, input channels and whole patches (which the output lacks); channels of one group only. */
export function convRule(call: Call, operands: ConvOperands): ResolvedRule {
  const single = call.int("group", 1) === 1;
  const patches = convWindow(call, operands).map((axis, i) => (isOnePatch(axis) ? `s${i}` : null));
  const [c, m] = single ? ["c", "m"] : [null, null];
  const output = ["n", m, ...patches.map(() => null)];
  return {
    inputs: call.inputs.map((type, i) => {
      if (type === null) return null;
      if (i === 0) return ["n", c, ...patches];
      if (i === operands.weight) return [m, c, ...patches];
      if (operands.perChannel.includes(i)) return [m];
      if (operands.likeOutput.includes(i)) return output;
      return call.shape(i).map(() => null);
    }),
    outputs: [output],
  };
}

/**
 * Whole groups, of as many input and output channels as the weight says. `weightAxis`: the weight's axis of output channels
 * (0), or of input channels where the weight has all of those (a transposed convolution).
 */
export function groupSignatures(
  call: Call,
  { unitsOf }: SignatureContext,
  inputs: number,
  outputs: number,
  weight: { readonly input: number; readonly perGroup: number },
  perChannel: readonly number[],
): Signature[] {
  if (call.int("group", 1) === 1) return [];
  const wanted = [
    ...unitsOf("input", 0, 1).map((unit) => lcm(unit, inputs) / inputs),
    ...unitsOf("output", 0, 1).map((unit) => lcm(unit, outputs) / outputs),
    ...unitsOf("input", weight.input, 0).map((unit) => lcm(unit, weight.perGroup) / weight.perGroup),
  ];
  return [...new Set([1, ...wanted])].map((unit) =>
    signatureOf(
      call,
      {
        0: split(1, unit * inputs),
        [weight.input]: split(0, unit * weight.perGroup),
        ...Object.fromEntries(perChannel.map((i) => [i, split(0, unit * outputs)])),
      },
      split(1, unit * outputs),
    ),
  );
}

/** The derived signatures, and those of whole groups and of rows. */
export function convSignatures(
  call: Call,
  derived: readonly Signature[],
  context: SignatureContext,
  operands: ConvOperands,
): Signature[] {
  const [perGroup, out] = [call.shape(operands.weight)[1] as Dim, call.shape(operands.weight)[0] as Dim];
  const known = isKnown(perGroup) && isKnown(out);
  const outputs = known ? out / call.int("group", 1) : 0;
  const weight = { input: operands.weight, perGroup: outputs };
  const groups = known ? groupSignatures(call, context, perGroup, outputs, weight, operands.perChannel) : [];
  const rows = slidingSignatures(call, context, convWindow(call, operands));
  const withOutput = (signature: Signature): Signature => ({
    ...signature,
    inputs: signature.inputs.map((sbp, i) =>
      sbp !== null && operands.likeOutput.includes(i) ? (signature.outputs[0] ?? sbp) : sbp,
    ),
  });
  return [...derived, ...[...groups, ...rows].map(withOutput)];
}

/** A multiplication and an addition per weight and output position. The weight of a shard may be less than kernel_shape says. */
export function convFlops(
  call: Call,
  outputs: readonly (ValueType | null)[] | undefined,
  { weight }: ConvOperands,
): number {
  const numbers = (dims: readonly Dim[]) => product(dims.map((dim) => (isKnown(dim) ? dim : 1)));
  const window = () => windowOf(call, localDims(call.shape(weight).slice(2)));
  return 2 * numbers(positionsMade(call, window, outputs)) * numbers(call.shape(weight));
}

/** What one device runs: its windows padded, the pads written out, as many groups as it holds. `fill`: see `padWindows`. */
export function localConv(
  context: LocalizeContext,
  operands: ConvOperands,
  fill?: TensorData | string,
): string[] {
  const { g, call, inputs } = context;
  const { kernel_shape: _, auto_pad: __, ...rest } = call.attributes;
  const { x, pads } = padWindows(context, convWindow(call, operands), fill);
  const weight = inputs[operands.weight] as string;
  const group = (g.type(x).shape[1] as number) / (g.type(weight).shape[1] as number);
  const attributes: Attributes = { ...rest, group, pads };
  return [g.op(call.op, [x, ...inputs.slice(1)], attributes)];
}

/** The sum of products at one index of the output: `read` gives the elements, which may be shifted by a zero point. */
export function convAt(
  call: Call,
  operands: ConvOperands,
  x: Dense,
  w: Dense,
  read: { readonly x: (value: number) => number; readonly w: (value: number, channel: number) => number },
): (index: readonly number[]) => number {
  const axes = convWindow(call, operands);
  const [perGroup, outputs] = [w.shape[1] as number, (w.shape[0] as number) / call.int("group", 1)];
  const [images, filters] = [imagesOf(x), imagesOf(w)];
  return ([n = 0, m = 0, ...position]) => {
    let total = 0;
    const image = images.first(n, Math.floor(m / outputs) * perGroup);
    const filter = filters.first(m, 0);
    forEachTap(axes, position, (tap, at) => {
      let [i, j] = [image + images.offset(at), filter + filters.offset(tap)];
      for (let c = 0; c < perGroup; c++) {
        total += read.x(x.data[i] as number) * read.w(w.data[j] as number, m);
        i += images.channelStride;
        j += filters.channelStride;
      }
    });
    return total;
  };
}
