/**
 * QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear.
 *
 *   per tensor   a scalar scale: x S(i) -> S(i)
 *   per axis     scale and zero point split with their axis
 *   blocked      x S(axis/block size), scale and zero point S(axis); on other axes alike
 *
 * Rounding to steps of a scale keeps order: where the scale is known to be positive, P(max) and P(min) pass.
 * DynamicQuantizeLinear takes the range of the whole tensor: the form `range-split` reduces it over the devices.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, split } from "../ir/layout.ts";
import { dataTypes, isFloat, isInteger, tensorType, type DataType } from "../ir/types.ts";
import type { AxisFactor, PartialRules, ResolvedRule, Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import { blockAxis, jointSplits } from "./attention-core.ts";
import type { Call } from "./call.ts";
import type { Dense, DistributedForm, FormEmitter, OpDeclaration, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, dense, offsetOf, stridesOf } from "./dense.ts";
import { constantSign, down, up } from "./elementwise.ts";
import { trainedUnquantised } from "./gradients.ts";
import { signatureOf, unitsAmong } from "./movement.ts";
import { isSmallFloat, roundHalfEven, roundSmallFloat } from "./small-floats.ts";

type Granularity =
  | { readonly kind: "tensor" }
  | { readonly kind: "axis"; readonly axis: number }
  | { readonly kind: "block"; readonly axis: number; readonly size: number };

/** What one element of the scale is for; checks the shapes of scale and zero point. */
function granularity(call: Call): Granularity {
  const [x, scale] = [call.shape(0), call.shape(1)];
  const single = (shape: readonly Dim[]) => shape.every((size) => size === 1);
  const alike = !call.has(2) || call.shape(2).join() === scale.join();
  if (!alike && !(single(call.shape(2)) && single(scale)))
    call.failShape("scale and zero point differ in their shapes");
  const size = call.int("block_size", 0);
  if (size === 0 && (scale.length === 0 || (scale.length === 1 && scale[0] === 1))) return { kind: "tensor" };
  const axis = call.axis(call.int("axis", 1), x.length);
  if (scale.length === 1 && size === 0) {
    const own = x[axis] as Dim;
    if (isKnown(own) && isKnown(scale[0] as Dim) && own !== scale[0])
      call.failShape(`${scale[0]} scales for the ${own} elements of axis ${axis}`);
    return { kind: "axis", axis };
  }
  if (scale.length !== x.length) call.failShape("a scale per block has as many axes as the first input");
  const [all, blocks] = [x[axis] as Dim, scale[axis] as Dim];
  if (size < 1 || (isKnown(all) && isKnown(blocks) && Math.ceil(all / size) !== blocks))
    call.failShape(`${blocks} blocks of ${size} for the ${all} elements of axis ${axis}`);
  scale.forEach((other, i) => {
    if (i !== axis && isKnown(other) && isKnown(x[i] as Dim) && other !== x[i])
      call.failShape(`axis ${i} of the scale has ${other} elements, not ${x[i]}`);
  });
  return { kind: "block", axis, size };
}

function rule(call: Call): ResolvedRule {
  const one = granularity(call);
  const own: AxisFactor[] = call
    .shape(0)
    .map((_, i) => (one.kind === "block" && i === one.axis ? null : `a${i}`));
  const per = one.kind === "tensor" ? [] : one.kind === "axis" ? [`a${one.axis}`] : own;
  const beside = (input: number): AxisFactor[] =>
    call.rank(input) === 0 || one.kind === "tensor" ? call.shape(input).map(() => null) : [...per];
  return {
    inputs: [own, ...range(call.inputs.length - 1).map((i) => (call.has(i + 1) ? beside(i + 1) : null))],
    outputs: [own],
  };
}

function blockSplits(call: Call, context: SignatureContext): Signature[] {
  const one = granularity(call);
  if (one.kind !== "block") return [];
  const { axis, size } = one;
  return jointSplits(
    call,
    context,
    [
      blockAxis("input", 0, axis, size),
      blockAxis("input", 1, axis),
      ...(call.has(2) && call.rank(2) > 0 ? [blockAxis("input", 2, axis)] : []),
      blockAxis("output", 0, axis, size),
    ],
    { outputs: broadcast },
  );
}

/** Where in the scale the parameter of an element of x is. */
function parameterAt(call: Call, scale: Dense): (index: readonly number[]) => number {
  const one = granularity(call);
  if (one.kind === "tensor") return () => 0;
  if (one.kind === "axis") return (index) => index[one.axis] as number;
  const strides = stridesOf(scale.shape);
  return (index) =>
    offsetOf(
      index.map((at, axis) => (axis === one.axis ? Math.floor(at / one.size) : at)),
      strides,
    );
}

/** The lowest and the highest number of an integer type. */
export function integerBounds(dtype: DataType): readonly [number, number] {
  const bits = dataTypes[dtype][1];
  return dtype.startsWith("u") ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** `value` in steps, moved by the zero point, as `dtype` holds it. */
export function quantized(dtype: DataType, steps: number, zero: number, saturate = true): number {
  if (!isInteger(dtype)) return roundSmallFloat(dtype, steps + zero, saturate);
  const [low, high] = integerBounds(dtype);
  return Number.isNaN(steps) ? 0 : Math.min(high, Math.max(low, roundHalfEven(steps) + zero));
}

/** x / scale as f32 rounds it: whether a step is halfway decides where it goes. */
function ratio(dtype: DataType, x: number, scale: number): number {
  return dtype === "f32" ? Math.fround(x / scale) : x / scale;
}

function dtypeOf(call: Call, attribute: string): DataType | undefined {
  const number = call.int(attribute, 0);
  if (number === 0) return undefined;
  const found = (Object.keys(dataTypes) as DataType[]).find((dtype) => dataTypes[dtype][0] === number);
  if (found === undefined) call.fail("bad-attribute", { name: attribute, problem: "is no element type" });
  return found;
}

/** The opset that brought what a call uses, 13 for whole and per-axis scales of 8 bits. */
const sinceFor: NonNullable<OpDeclaration["sinceFor"]> = ({ attributes }, dtypes) => {
  const has = (...names: readonly DataType[]) =>
    dtypes.some((dtype) => dtype !== undefined && names.includes(dtype));
  if (has("i2", "u2")) return 25;
  if (has("f8e8m0")) return 24;
  if (attributes.precision !== undefined || has("f4e2m1")) return 23;
  if (attributes.block_size !== undefined || attributes.output_dtype !== undefined) return 21;
  if (has("i4", "u4", "i16", "u16")) return 21;
  return has("f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "f16", "bf16") ? 19 : 13;
};

// --- QuantizeLinear

function quantizedDtype(call: Call): DataType {
  const stated = dtypeOf(call, "output_dtype");
  const dtype = call.has(2) ? call.dtype(2) : (stated ?? "u8");
  if (stated !== undefined && stated !== dtype)
    call.fail("dtype-mismatch", { problem: `output_dtype is ${stated}`, types: call.printShapes() });
  if (!isInteger(dtype) && !isSmallFloat(dtype))
    call.fail("dtype-mismatch", { problem: `cannot quantize to ${dtype}`, types: call.printShapes() });
  return dtype;
}

/** Rises with x where all scales are positive, falls where all are negative; rises with the zero point. */
function quantizePartials(call: Call): PartialRules {
  if (!isInteger(quantizedDtype(call))) return {};
  const sign = constantSign(call, 1);
  const byInput = sign === 0 ? [] : [sign > 0 ? up(0) : down(0)];
  return { monotone: [...byInput, ...(call.has(2) ? [up(2)] : [])] };
}

const quantizeLinear: OpDeclaration = {
  name: "QuantizeLinear",
  doc: "x in steps of a scale, rounded, moved by a zero point, as a type of few bits.",
  since: 13,
  sinceFor,
  inputs: [2, 3],
  gradient: trainedUnquantised,
  axes: rule,
  partials: quantizePartials,
  infer: (call) => {
    granularity(call);
    return [tensorType(quantizedDtype(call), call.shape(0))];
  },
  signatures: (call, derived, context) => [...derived, ...blockSplits(call, context)],
  flops: (call) => 3 * inputElements(call, 0),
  evaluate: ({ call, inputs: [input, scales, zeros] }) => {
    const [x, scale] = [input as Dense, scales as Dense];
    const at = parameterAt(call, scale);
    const dtype = quantizedDtype(call);
    const saturate = call.int("saturate", 1) !== 0;
    return [
      build(dtype, x.shape, (index, flat) => {
        const parameter = at(index);
        const zero = zeros == null ? 0 : (zeros.data[zeros.shape.length === 0 ? 0 : parameter] as number);
        const step = ratio(x.dtype, x.data[flat] as number, scale.data[parameter] as number);
        return quantized(dtype, step, zero, saturate);
      }),
    ];
  },
};

// --- DequantizeLinear

/** Linear in the scale; rises with x and falls with the zero point where all scales are positive. */
function dequantizePartials(call: Call): PartialRules {
  const linear = [[1]];
  const sign = constantSign(call, 1);
  if (sign === 0 || !isInteger(call.dtype(0))) return { linear };
  const zero = call.has(2) ? [sign > 0 ? down(2) : up(2)] : [];
  return { linear, monotone: [sign > 0 ? up(0) : down(0), ...zero] };
}

const dequantizeLinear: OpDeclaration = {
  name: "DequantizeLinear",
  doc: "What the steps of a quantized tensor stand for: (x - zero point) times scale.",
  since: 13,
  sinceFor: (node, dtypes) =>
    Math.max(node.attributes.output_dtype === undefined ? 13 : 23, sinceFor(node, dtypes)),
  inputs: [2, 3],
  gradient: trainedUnquantised,
  axes: rule,
  partials: dequantizePartials,
  infer: (call) => {
    granularity(call);
    if (call.has(2) && call.dtype(2) !== call.dtype(0))
      call.fail("dtype-mismatch", { problem: "x and zero point differ", types: call.printShapes() });
    return [tensorType(dtypeOf(call, "output_dtype") ?? call.dtype(1), call.shape(0))];
  },
  signatures: (call, derived, context) => [...derived, ...blockSplits(call, context)],
  flops: (call) => 2 * inputElements(call, 0),
  evaluate: ({ call, inputs: [input, scales, zeros] }) => {
    const [x, scale] = [input as Dense, scales as Dense];
    const at = parameterAt(call, scale);
    return [
      build(dtypeOf(call, "output_dtype") ?? scale.dtype, x.shape, (index, flat) => {
        const parameter = at(index);
        const zero = zeros == null ? 0 : (zeros.data[zeros.shape.length === 0 ? 0 : parameter] as number);
        return ((x.data[flat] as number) - zero) * (scale.data[parameter] as number);
      }),
    ];
  },
};

// --- DynamicQuantizeLinear

const steps = 255;

/** The range of x with 0 in it, as a scale and the step that 0 is. */
function rangeOf(x: Dense): { readonly scale: number; readonly zero: number } {
  const low = x.data.reduce((a, b) => Math.min(a, b), 0);
  const high = x.data.reduce((a, b) => Math.max(a, b), 0);
  const scale = high === low ? 1 : Math.fround((high - low) / steps);
  return { scale, zero: quantized("u8", ratio("f32", -low, scale), 0) };
}

function rangeForms(call: Call, context: SignatureContext): DistributedForm[] {
  return range(call.rank(0)).flatMap((axis) =>
    unitsAmong(context, [
      ["input", 0, axis],
      ["output", 0, axis],
    ]).map((unit) => ({
      name: "range-split",
      signature: {
        ...signatureOf(
          call,
          { 0: split(axis, unit) },
          [split(axis, unit), broadcast, broadcast].slice(0, call.outputCount),
        ),
        form: "range-split",
      },
      build: buildRange,
    })),
  );
}

function buildRange(g: FormEmitter, [x]: readonly (string | null)[]): string[] {
  const zero = g.scalar("f32", 0);
  const extreme = (op: string, beside: string) =>
    g.op(beside, [g.gather(g.op(op, [x as string], { keepdims: 0 })), zero]);
  const [low, high] = [extreme("ReduceMin", "Min"), extreme("ReduceMax", "Max")];
  const width = g.op("Sub", [high, low]);
  const scale = g.op("Where", [
    g.op("Equal", [width, zero]),
    g.scalar("f32", 1),
    g.op("Div", [width, g.scalar("f32", steps)]),
  ]);
  const step = g.op("QuantizeLinear", [g.op("Neg", [low]), scale]);
  return [g.op("QuantizeLinear", [x as string, scale, step]), scale, step];
}

const dynamicQuantizeLinear = defineOp({
  name: "DynamicQuantizeLinear",
  doc: "The elements in 256 steps over their own range; the scale and the step that 0 is.",
  since: 11,
  inputs: [1, 1],
  gradient: trainedUnquantised,
  outputs: (call) => call.outputCount,
  infer: (call) => {
    if (!isFloat(call.dtype(0)))
      call.fail("dtype-mismatch", { problem: "takes floating-point numbers", types: call.printShapes() });
    return [tensorType("u8", call.shape(0)), tensorType("f32", []), tensorType("u8", [])];
  },
  signatures: (_, derived) => derived,
  forms: rangeForms,
  flops: (call) => 5 * inputElements(call, 0),
  evaluate: ({ inputs: [input] }) => {
    const x = input as Dense;
    const { scale, zero } = rangeOf(x);
    const y = build("u8", x.shape, (_, at) =>
      quantized("u8", ratio("f32", x.data[at] as number, scale), zero),
    );
    return [y, dense("f32", [], [scale]), dense("u8", [], [zero])];
  },
});

/** ONNX Runtime's own of the same meaning, which took 16 and 4 bits before ONNX did. */
function contrib(declaration: OpDeclaration): OpDefinition {
  const name = `com.microsoft.${declaration.name}`;
  return defineOp({ ...declaration, name, since: 1, sinceFor: () => 1 });
}

export const quantizeOps: readonly OpDefinition[] = [
  defineOp(quantizeLinear),
  defineOp(dequantizeLinear),
  dynamicQuantizeLinear,
  contrib(quantizeLinear),
  contrib(dequantizeLinear),
];
