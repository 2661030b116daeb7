/**
 * Local simplifications, by operator: when a call is one of its inputs, what it is in simpler terms, and which attributes
 * are written out. Each looks at one call, its types and its small constants. `canonicalize` applies them.
 *
 * Laws: the result is exactly equal for every input; no operator is added where the result could be an input; a
 * simplification that has been applied does not apply again.
 */
import type { Attribute, Attributes } from "../ir/graph.ts";
import { scalar, tensorData, toNumbers, type TensorData } from "../ir/tensor-data.ts";
import { typesEqual } from "../ir/types.ts";
import type { Call } from "./call.ts";
import { contribNormRules } from "./simplify-contrib-norm.ts";
import { contribRules } from "./simplify-contrib.ts";
import { itemRules } from "./simplify-items.ts";
import { oneStep } from "./simplify-recurrent.ts";
import { regionRules } from "./simplify-regions.ts";
import type { Rule, Simplification, SimplifyContext } from "./simplification.ts";
import { drawOf, keptShare } from "./random.ts";

/** What a call becomes; undefined where it is simple already. */
export function simplify(call: Call, context: SimplifyContext): Simplification | undefined {
  for (const rule of rules.get(call.op) ?? []) {
    const found = rule(call, context);
    if (found !== undefined) return found;
  }
  return normalizeAttributes(call);
}

// --- rules

const forward: Simplification = { kind: "forward", input: 0 };

/** The call is its first input whenever its type says nothing else. */
const whenSameType: Rule = (call, { types: [type] }) =>
  call.inputs[0] != null && type !== undefined && typesEqual(call.inputs[0], type) ? forward : undefined;

const always: Rule = () => forward;

/** Variadic operators of one operand, and Concat of one. */
const whenSingle: Rule = (call) => (call.inputs.length === 1 ? forward : undefined);

const transposeOfNothing: Rule = (call) => {
  const order = call.ints("perm", [...call.shape(0).keys()].toReversed());
  return order.every((axis, i) => axis === i) ? forward : undefined;
};

const padOfNothing: Rule = (call) => {
  const pads = call.constant(1);
  return pads !== undefined && toNumbers(pads).every((n) => n === 0) ? forward : undefined;
};

const sliceOfAll: Rule = (call, context) => {
  const steps = call.has(4) ? call.constant(4) : scalar("i64", 1);
  return steps !== undefined && toNumbers(steps).every((n) => n === 1)
    ? whenSameType(call, context)
    : undefined;
};

const splitInOne: Rule = (call, context) =>
  call.outputCount === 1 ? whenSameType(call, context) : undefined;

const toGlobalIgnored: Rule = (_, { hints }) => (hints ? undefined : forward);

const constantTensor: Rule = (call) => {
  const data = constantOf(call.attributes);
  return data === undefined ? undefined : { kind: "constant", data };
};

/** The tensor that the attributes of ONNX's Constant give; undefined where none is there, or one of another kind. */
export function constantOf(attributes: Attributes): TensorData | undefined {
  const { value, value_float, value_floats, value_int, value_ints, value_string, value_strings } = attributes;
  if (typeof value === "object" && "tensor" in value) return value.tensor;
  const float = floatOf(value_float);
  if (float !== undefined) return tensorData("f32", [], [float]);
  if (isWhole(value_int)) return tensorData("i64", [], [value_int]);
  if (typeof value_floats === "object" && "floats" in value_floats) return vector("f32", value_floats.floats);
  if (Array.isArray(value_floats) && value_floats.every((item) => typeof item === "number"))
    return vector("f32", value_floats);
  if (Array.isArray(value_ints) && value_ints.every(isWhole)) return vector("i64", value_ints);
  if (typeof value_string === "string") return { dtype: "string", shape: [], data: [value_string] };
  if (Array.isArray(value_strings) && value_strings.every((item) => typeof item === "string"))
    return { dtype: "string", shape: [value_strings.length], data: value_strings };
  return undefined;
}

function floatOf(attribute: Attribute | undefined): number | undefined {
  if (typeof attribute === "number") return attribute;
  return typeof attribute === "object" && "float" in attribute ? attribute.float : undefined;
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value);
}

function vector(dtype: "f32" | "i64", values: readonly number[]): TensorData {
  return tensorData(dtype, [values.length], values);
}

/** Dropout that draws nothing is its input; the mask of inference, all true, is the operator's own business. */
const dropout: Rule = (call, { used }) => {
  const keep = keptShare(call);
  return keep === 1 && used[1] !== true ? forward : undefined;
};

/** What draws random numbers becomes a random source, named by the call. */
const drawn: Rule = (call) => {
  const draw = drawOf(call);
  return draw === undefined ? undefined : { kind: "emit", build: draw };
};

/** A recurrent layer over [batch, time, …] as one over [time, batch, …], which is what runtimes have kernels for. */
const batchFirst: Rule = (call) => {
  if (call.attributes["layout"] !== 1 || normalizeAttributes(call) !== undefined) return undefined;
  const { layout: _, ...attributes } = call.attributes;
  // X, and the states: axes 0 and 1 change places. Y: [time, direction, batch, hidden].
  const swap = [1, 0, 2];
  return {
    kind: "emit",
    build: (g, inputs) => {
      const turned = inputs.map((value, i) =>
        value !== null && (i === 0 || i === 5 || i === 6)
          ? g.op("Transpose", [value], { perm: swap })
          : value,
      );
      return g
        .ops(call.op, turned, attributes, call.outputCount)
        .map((value, i) => g.op("Transpose", [value], { perm: i === 0 ? [2, 0, 1, 3] : swap }));
    },
  };
};

const rules: ReadonlyMap<string, readonly Rule[]> = new Map<string, readonly Rule[]>([
  ...["RNN", "GRU"].map((op) => [op, [batchFirst]] as const),
  ["LSTM", [batchFirst, oneStep]],
  ...itemRules,
  ...regionRules,
  ["Identity", [always]],
  ["Cast", [whenSameType]],
  ["CastLike", [whenSameType]],
  ["Reshape", [whenSameType]],
  ["Flatten", [whenSameType]],
  ["Squeeze", [whenSameType]],
  ["Unsqueeze", [whenSameType]],
  ["Expand", [whenSameType]],
  ["Tile", [whenSameType]],
  ["Transpose", [transposeOfNothing]],
  ["Slice", [sliceOfAll]],
  ["Pad", [padOfNothing]],
  ["Split", [splitInOne]],
  ["Concat", [whenSingle]],
  ["Sum", [whenSingle]],
  ["Mean", [whenSingle]],
  ["Max", [whenSingle]],
  ["Min", [whenSingle]],
  ["Constant", [constantTensor]],
  ["Dropout", [dropout, drawn]],
  ["RandomNormal", [drawn]],
  ["RandomNormalLike", [drawn]],
  ["RandomUniform", [drawn]],
  ["RandomUniformLike", [drawn]],
  ["Bernoulli", [drawn]],
  ["Multinomial", [drawn]],
  ["sbpc.ToGlobal", [toGlobalIgnored]],
  ...contribRules,
  ...contribNormRules,
]);

// --- attributes

/** The attribute that names an axis, its default (absent: it must be given), and the rank that negative ones count from. */
interface AxisAttribute {
  readonly name: string;
  readonly fallback?: number;
  /** Added to the rank of the first input. */
  readonly more?: number;
}

const axisAttributes: Readonly<Record<string, AxisAttribute>> = {
  Softmax: { name: "axis", fallback: -1 },
  LogSoftmax: { name: "axis", fallback: -1 },
  Hardmax: { name: "axis", fallback: -1 },
  LpNormalization: { name: "axis", fallback: -1 },
  TensorScatter: { name: "axis", fallback: -2 },
  Concat: { name: "axis" },
  Split: { name: "axis", fallback: 0 },
  Gather: { name: "axis", fallback: 0 },
  GatherElements: { name: "axis", fallback: 0 },
  ScatterElements: { name: "axis", fallback: 0 },
  Flatten: { name: "axis", fallback: 1 },
  ArgMax: { name: "axis", fallback: 0 },
  ArgMin: { name: "axis", fallback: 0 },
  TopK: { name: "axis", fallback: -1 },
  LayerNormalization: { name: "axis", fallback: -1 },
  RMSNormalization: { name: "axis", fallback: -1 },
  OneHot: { name: "axis", fallback: -1, more: 1 },
};

/** Attributes left out because they have the value that absence means. */
const defaults: Readonly<Record<string, Attributes>> = {
  Gemm: { alpha: { float: 1 }, beta: { float: 1 }, transA: 0, transB: 0 },
  Cast: { saturate: 1 },
  CastLike: { saturate: 1 },
  Reshape: { allowzero: 0 },
  Gelu: { approximate: "none" },
  LayerNormalization: { epsilon: { float: 1e-5 }, stash_type: 1 },
  RMSNormalization: { epsilon: { float: 1e-5 }, stash_type: 1 },
  ArgMax: { keepdims: 1, select_last_index: 0 },
  ArgMin: { keepdims: 1, select_last_index: 0 },
  ReduceSum: { keepdims: 1, noop_with_empty_axes: 0 },
  ReduceMean: { keepdims: 1, noop_with_empty_axes: 0 },
  ReduceMax: { keepdims: 1, noop_with_empty_axes: 0 },
  ReduceMin: { keepdims: 1, noop_with_empty_axes: 0 },
  ReduceProd: { keepdims: 1, noop_with_empty_axes: 0 },
  RNN: { direction: "forward", layout: 0 },
  GRU: { direction: "forward", layout: 0, linear_before_reset: 0 },
  LSTM: { direction: "forward", layout: 0, input_forget: 0 },
  Trilu: { upper: 1 },
  TopK: { largest: 1, sorted: 1 },
  SoftmaxCrossEntropyLoss: { reduction: "mean" },
};

/** Axes counted from the front and written out; defaults left out. */
function normalizeAttributes(call: Call): Simplification | undefined {
  const attributes: Record<string, Attribute> = {};
  let changed = false;
  for (const [name, value] of Object.entries(call.attributes)) {
    if (isDefault(defaults[call.op]?.[name], value)) changed = true;
    else attributes[name] = value;
  }
  const axis = axisAttributes[call.op];
  if (axis !== undefined) {
    const given = call.attributes[axis.name] ?? axis.fallback;
    if (typeof given === "number") {
      const front = given < 0 ? given + call.rank(0) + (axis.more ?? 0) : given;
      if (front !== call.attributes[axis.name]) {
        attributes[axis.name] = front;
        changed = true;
      }
    }
  }
  return changed ? { kind: "attributes", attributes } : undefined;
}

function isDefault(fallback: Attribute | undefined, value: Attribute): boolean {
  if (fallback === undefined) return false;
  if (typeof fallback === "object" && "float" in fallback) {
    const given = typeof value === "object" && "float" in value ? value.float : value;
    return typeof given === "number" && Math.fround(given) === Math.fround(fallback.float);
  }
  return fallback === value;
}
