/** Operators of ai.onnx.ml on features of samples: ArrayFeatureExtractor, Binarizer, LabelEncoder, TreeEnsemble. */
import type { Attribute } from "../ir/graph.ts";
import { hasNumbers, toNumbers, type TensorData } from "../ir/tensor-data.ts";
import { tensorType, type DataType } from "../ir/types.ts";
import { isKnown, type Dim } from "../ir/dim.ts";
import { split } from "../ir/layout.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { at, product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { filled, mapDense, offsetOf, stridesOf } from "./dense.ts";
import { commonDtype, elementwise, up } from "./elementwise.ts";
import { zeroGradient } from "./gradients.ts";
import { logSoftmaxLine } from "./softmax.ts";
import { factorsBut, movedPartials, remap, signatureOf, unitsAmong } from "./movement.ts";
import { numberOfText } from "./texts.ts";
import { sigmoid } from "./unary.ts";

// --- ArrayFeatureExtractor

/** How many indices there are; they count as one line. */
function pickedCount(call: Call): Dim {
  const shape = call.shape(1);
  return shape.length === 1
    ? at(shape, 0)
    : shape.every(isKnown)
      ? product(shape)
      : at(shape, shape.length - 1);
}

/** The data's shape; a line is one row. */
function rowsShape(call: Call): readonly Dim[] {
  return call.rank(0) === 1 ? [1, at(call.shape(0), 0)] : call.shape(0);
}

const arrayFeatureExtractor = defineOp({
  name: "ai.onnx.ml.ArrayFeatureExtractor",
  doc: "The elements at the given positions of the last axis.",
  since: 1,
  inputs: [2, 2],
  gradient: { none: "it is of classic machine learning models, which are not trained by gradients" },
  axes: (call): ResolvedRule => {
    const rank = call.rank(0);
    const factors = factorsBut(rank, rank - 1);
    const made = rank === 1 ? [null, null] : factors;
    return { inputs: [factors, call.shape(1).map(() => null)], outputs: [made] };
  },
  partials: movedPartials,
  infer: (call) => {
    if (call.rank(0) === 0 || call.rank(1) === 0) call.failShape("data and positions must have an axis");
    if (call.dtype(1) !== "i64") call.failShape("the positions must be i64");
    const shape = rowsShape(call);
    return [tensorType(call.dtype(0), shape.with(shape.length - 1, pickedCount(call)))];
  },
  // Every device picks its own positions.
  signatures: (call, derived, context) => {
    const last = rowsShape(call).length - 1;
    const own = call.rank(1) - 1;
    const alone = call
      .shape(1)
      .slice(0, -1)
      .every((size) => size === 1);
    if (!alone) return derived;
    const units = unitsAmong(context, [
      ["input", 1, own],
      ["output", 0, last],
    ]);
    return [
      ...derived,
      ...units.map((unit) => signatureOf(call, { 1: split(own, unit) }, split(last, unit))),
    ];
  },
  evaluate: ({ call, inputs: [input, positions] }) => {
    const x = { ...(input as Dense), shape: rowsShape(call) as readonly number[] };
    const last = x.shape.length - 1;
    const strides = stridesOf(x.shape);
    const picked = (positions as Dense).data;
    return [
      remap(x, x.shape.with(last, picked.length), (index) =>
        offsetOf(index.with(last, picked[at(index, last)] as number), strides),
      ),
    ];
  },
});

// --- Binarizer

const binarizer = elementwise({
  name: "ai.onnx.ml.Binarizer",
  doc: "1 where the element is above the threshold, else 0.",
  since: 1,
  accepts: "number",
  partials: { monotone: [up(0)] },
  gradient: zeroGradient,
  f: (call) => {
    const threshold = call.float("threshold", 0);
    return ([x]) => Number((x as number) > threshold);
  },
});

// --- LabelEncoder

/** Elements of an attribute, strings as the numbers that stand for them, and their type. */
interface Listed {
  readonly dtype: DataType;
  readonly numbers: readonly number[];
}

function listed(attribute: Attribute | undefined): Listed | undefined {
  if (attribute === undefined) return undefined;
  if (typeof attribute === "object" && "tensor" in attribute) return listedTensor(attribute.tensor);
  if (typeof attribute === "object" && "floats" in attribute)
    return { dtype: "f32", numbers: attribute.floats };
  if (!Array.isArray(attribute)) return undefined;
  const list = attribute as readonly (number | string)[];
  return typeof list[0] === "string"
    ? { dtype: "string", numbers: list.map((text) => numberOfText(String(text))) }
    : { dtype: "i64", numbers: list.map(Number) };
}

function listedTensor(tensor: TensorData): Listed | undefined {
  const { dtype, data } = tensor;
  if (dtype === "string") return { dtype, numbers: (data as readonly string[]).map(numberOfText) };
  return hasNumbers(dtype) ? { dtype, numbers: [...toNumbers(tensor)] } : undefined;
}

/** The one of the attributes `KIND_strings`, `KIND_int64s`, … that is there. */
function listOf(call: Call, kind: "keys" | "values"): Listed {
  const names = ["strings", "int64s", "floats", "tensor"].map((type) => `${kind}_${type}`);
  const found = names.flatMap((name) => listed(call.attributes[name]) ?? []);
  const [list] = found;
  if (list === undefined || found.length > 1)
    call.fail("bad-attribute", { name: names.join(", "), problem: `are ${found.length}, not one` });
  return list;
}

/** What stands for an element that is no key. */
function fallbackOf(call: Call, dtype: DataType): number {
  const given = listed(call.attributes["default_tensor"])?.numbers[0];
  if (given !== undefined) return given;
  if (dtype === "string") return numberOfText(call.string("default_string", "_Unused"));
  return dtype === "f32"
    ? call.float("default_float", -0)
    : dtype === "f64"
      ? -0
      : call.int("default_int64", -1);
}

const labelEncoder = defineOp({
  name: "ai.onnx.ml.LabelEncoder",
  doc: "Every element replaced by the value that belongs to it as a key.",
  since: 4,
  inputs: [1, 1],
  gradient: { none: "it looks words or numbers up in a table, which do not change by small steps" },
  axes: "... -> ...",
  dtypes: (call) => {
    const [keys, values] = [listOf(call, "keys"), listOf(call, "values")];
    if (keys.numbers.length !== values.numbers.length)
      call.fail("bad-attribute", { name: "values", problem: "are not as many as the keys" });
    if (keys.dtype !== call.dtype(0))
      call.fail("dtype-mismatch", { problem: `the keys are ${keys.dtype}`, types: call.printShapes() });
    return [values.dtype];
  },
  flops: (call) => inputElements(call, 0),
  evaluate: ({ call, inputs: [x] }) => {
    const [keys, values] = [listOf(call, "keys"), listOf(call, "values")];
    // A map takes NaN for equal to itself; a key that is repeated has its last value.
    const places = new Map(keys.numbers.map((key, i) => [key, values.numbers[i] as number]));
    const fallback = fallbackOf(call, values.dtype);
    return [mapDense(x as Dense, (value) => places.get(value) ?? fallback, values.dtype)];
  },
});

// --- TreeEnsemble

interface Trees {
  readonly roots: readonly number[];
  readonly targets: number;
  /** The leaf that a tree comes to for one sample. */
  readonly leafOf: (root: number, feature: (index: number) => number) => number;
  readonly weights: Float64Array;
  readonly targetOf: readonly number[];
}

const comparisons: readonly ((x: number, split: number, members: ReadonlySet<number>) => boolean)[] = [
  (x, split) => x <= split,
  (x, split) => x < split,
  (x, split) => x >= split,
  (x, split) => x > split,
  (x, split) => x === split,
  (x, split) => x !== split,
  (x, _, members) => members.has(x),
];
const membership = 6;

function tensorAttribute(call: Call, name: string): Float64Array {
  const value = call.attributes[name];
  if (typeof value !== "object" || !("tensor" in value) || !hasNumbers(value.tensor.dtype))
    return call.fail("bad-attribute", { name, problem: "must be a tensor of numbers" });
  return toNumbers(value.tensor);
}

function treesOf(call: Call): Trees {
  const [modes, splits] = [tensorAttribute(call, "nodes_modes"), tensorAttribute(call, "nodes_splits")];
  const [features, roots] = [call.ints("nodes_featureids"), call.ints("tree_roots")];
  const [yes, no] = [call.ints("nodes_truenodeids"), call.ints("nodes_falsenodeids")];
  const [yesLeaf, noLeaf] = [call.ints("nodes_trueleafs"), call.ints("nodes_falseleafs")];
  const missing = call.ints("nodes_missing_value_tracks_true", []);
  const weights = tensorAttribute(call, "leaf_weights");
  // Sets of members, in the order of the nodes that test for one, each followed by a NaN.
  const listedMembers = modes.includes(membership) ? tensorAttribute(call, "membership_values") : [];
  const sets: Set<number>[] = [new Set()];
  for (const value of listedMembers) {
    if (Number.isNaN(value)) sets.push(new Set());
    else at(sets, sets.length - 1).add(value);
  }
  let tests = 0;
  const members = [...modes].map((mode) => (mode === membership ? at(sets, tests++) : new Set<number>()));
  const leafOf = (root: number, feature: (index: number) => number): number => {
    let node = root;
    for (let steps = 0; steps <= modes.length; steps++) {
      const x = feature(at(features, node));
      const compare = comparisons[modes[node] as number];
      if (compare === undefined)
        call.fail("bad-attribute", { name: "nodes_modes", problem: `has no comparison ${modes[node]}` });
      const holds =
        compare(x, splits[node] as number, at(members, node)) || (Number.isNaN(x) && missing[node] === 1);
      const [next, isLeaf] = holds ? [at(yes, node), at(yesLeaf, node)] : [at(no, node), at(noLeaf, node)];
      if (isLeaf === 1) return next;
      node = next;
    }
    return call.fail("bad-attribute", { name: "nodes_truenodeids", problem: "go around in a circle" });
  };
  return { roots, targets: call.int("n_targets"), leafOf, weights, targetOf: call.ints("leaf_targetids") };
}

const aggregations: readonly {
  readonly start: number;
  readonly add: (total: number, weight: number, trees: number) => number;
}[] = [
  { start: 0, add: (total, weight, trees) => total + weight / trees },
  { start: 0, add: (total, weight) => total + weight },
  { start: Infinity, add: (total, weight) => Math.min(total, weight) },
  { start: -Infinity, add: (total, weight) => Math.max(total, weight) },
];

/** What becomes of the scores of one sample. */
const transforms: readonly ((scores: Float64Array) => Float64Array)[] = [
  (scores) => scores,
  (scores) => logSoftmaxLine(scores).map(Math.exp),
  (scores) => scores.map(sigmoid),
  softmaxButZeros,
  (scores) => scores.map(probit),
];

/** As softmax, but scores of 0 stay (nearly) 0. */
function softmaxButZeros(scores: Float64Array): Float64Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const parts = scores.map((v) => (Math.abs(v) > 1e-7 ? Math.exp(v - largest) : v * Math.exp(-largest)));
  const total = parts.reduce((a, b) => a + b, 0);
  return parts.map((v) => (total === 0 ? 0.5 : v / total));
}

/** The quantile of the normal distribution as runtimes compute it: S. Winitzki's approximation of the inverse error function. */
function probit(p: number): number {
  const x = 2 * p - 1;
  const log = Math.log((1 - x) * (1 + x));
  if (log === -Infinity) return 0;
  const middle = 2 / (Math.PI * 0.147) + log / 2;
  return Math.SQRT2 * Math.sign(x) * Math.sqrt(Math.sqrt(middle * middle - log / 0.147) - middle);
}

const treeEnsemble = defineOp({
  name: "ai.onnx.ml.TreeEnsemble",
  doc: "Of every sample the sum (mean, minimum, maximum) over trees of the leaves that its features lead to.",
  since: 5,
  inputs: [1, 1],
  gradient: { none: "it takes branches by comparison, so that it is constant almost everywhere" },
  axes: (): ResolvedRule => ({ inputs: [["n", null]], outputs: [["n", null]] }),
  infer: (call) => {
    if (call.rank(0) !== 2) call.failShape("the input must be [samples, features]");
    const [aggregate, transform] = [call.int("aggregate_function", 1), call.int("post_transform", 0)];
    if (aggregations[aggregate] === undefined)
      call.fail("bad-attribute", { name: "aggregate_function", problem: `is ${aggregate}` });
    if (transforms[transform] === undefined)
      call.fail("bad-attribute", {
        name: "post_transform",
        problem: `is ${transform}`,
      });
    return [tensorType(commonDtype(call, "float"), [at(call.shape(0), 0), call.int("n_targets")])];
  },
  // A comparison per level of every tree.
  flops: (call) => {
    const trees = call.ints("tree_roots").length;
    const depth = Math.log2(call.ints("nodes_featureids").length / trees + 1);
    const samples = at(call.shape(0), 0);
    return (isKnown(samples) ? samples : 1) * trees * depth;
  },
  evaluate: ({ call, inputs: [input] }) => {
    const x = input as Dense;
    const trees = treesOf(call);
    const [samples, features] = x.shape as readonly [number, number];
    const { start, add } = at(aggregations, call.int("aggregate_function", 1));
    const out = filled(x.dtype, [samples, trees.targets], start);
    for (const sample of range(samples)) {
      const scores = out.data.subarray(sample * trees.targets, (sample + 1) * trees.targets);
      for (const root of trees.roots) {
        const leaf = trees.leafOf(root, (feature) => x.data[sample * features + feature] as number);
        const target = at(trees.targetOf, leaf);
        scores[target] = add(scores[target] as number, trees.weights[leaf] as number, trees.roots.length);
      }
      scores.set(at(transforms, call.int("post_transform", 0))(scores));
    }
    return [out];
  },
});

export const mlOps: readonly OpDefinition[] = [arrayFeatureExtractor, binarizer, labelEncoder, treeEnsemble];
