/**
 * Operators that tfjs runs as a composition of others, where neither their gradient nor a form of theirs is one already.
 *
 *   BatchNormalization             (x - mean) / sqrt(variance + epsilon) * scale + b, outside training
 *   SimplifiedLayerNormalization   RMSNormalization over the last axis
 *   LRN                            x / (bias + alpha mean of squares of the channels around)^beta
 *   RotaryEmbedding                pairs (a, b) turned: (a cos - b sin, a sin + b cos)
 *   SwiGLU                         a sigmoid(alpha a) times the other input
 */
import { knownShape } from "../../src/ir/types.ts";
import type { Call } from "../../src/ops/call.ts";
import type { Composition, Compositions } from "../../src/ops/compose.ts";
import type { Emitter } from "../../src/ops/contract.ts";
import { product } from "../../src/support/collections.ts";

const batchNormalization: Composition = (g, inputs, call) => {
  // Its further outputs have no composition.
  if (call.outputCount > 1) return undefined;
  const rank = call.rank(0);
  const perChannel = (value: string) =>
    g.op("Reshape", [value, g.ints([-1, ...Array.from({ length: Math.max(0, rank - 2) }, () => 1)])]);
  const [x = "", scale = "", bias = "", mean = "", variance = ""] = inputs as readonly string[];
  const shifted = g.op("Add", [variance, g.scalar(call.dtype(4), call.float("epsilon", 1e-5))]);
  const factor = g.op("Div", [scale, g.op("Sqrt", [shifted])]);
  const centred = g.op("Sub", [x, perChannel(mean)]);
  return [g.op("Add", [g.op("Mul", [centred, perChannel(factor)]), perChannel(bias)])];
};

const simplifiedLayerNormalization: Composition = (g, inputs, call) => {
  const epsilon = call.float("epsilon", 1e-5);
  const y = g.op("RMSNormalization", inputs, { axis: -1, epsilon: { float: epsilon } });
  if (!call.wants(1)) return [y];
  const x = inputs[0] as string;
  const square = g.op("ReduceMean", [g.op("Mul", [x, x]), g.ints([-1])], { keepdims: 1 });
  const shifted = g.op("Add", [square, g.scalar(call.dtype(0), epsilon)]);
  return [y, g.op("Reciprocal", [g.op("Sqrt", [shifted])])];
};

const lrn: Composition = (g, [x], call) => {
  const size = call.int("size");
  const dtype = call.dtype(0);
  const shape = knownShape(call.tensor(0));
  const [n, channels, ...rest] = shape as [number, number, ...number[]];
  const value = x as string;
  const square = g.op("Reshape", [g.op("Mul", [value, value]), g.ints([n, 1, channels, product(rest)])]);
  const before = Math.floor((size - 1) / 2);
  const means = g.op("AveragePool", [square], {
    kernel_shape: [size, 1],
    pads: [before, 0, size - 1 - before, 0],
    count_include_pad: 1,
  });
  const base = g.op("Add", [
    g.op("Mul", [g.op("Reshape", [means, g.ints(shape)]), g.scalar(dtype, call.float("alpha", 0.0001))]),
    g.scalar(dtype, call.float("bias", 1)),
  ]);
  return [g.op("Mul", [value, g.op("Pow", [base, g.scalar(dtype, -call.float("beta", 0.75))])])];
};

/** `ids`: the input with positions; where it is absent, the caches have a row per sample and position. */
function rotary(cos: number, sin: number, ids: number): Composition {
  return (g, inputs, call) => {
    const shape = knownShape(call.tensor(0));
    const apart = shape.length === 4;
    const half = call.shape(cos).at(-1) as number;
    const heads = call.int("num_heads", 0);
    const size = apart
      ? (shape[3] as number)
      : (shape[2] as number) / (heads > 0 ? heads : (shape[2] as number) / (2 * half));
    const [batch, length] = [shape[0] as number, (apart ? shape[2] : shape[1]) as number];
    const turned = 2 * half;
    const x = inputs[0] as string;
    // [batch, heads, positions, features]
    const states = apart
      ? x
      : g.op("Transpose", [g.op("Reshape", [x, g.ints([batch, length, -1, size])])], {
          perm: [0, 2, 1, 3],
        });
    const take = (value: string, start: number, step: number, end: number) =>
      g.op("Slice", [value, g.ints([start]), g.ints([end]), g.ints([3]), g.ints([step])]);
    const neighbours = call.int("interleaved", 0) !== 0;
    const a = neighbours ? take(states, 0, 2, turned) : take(states, 0, 1, half);
    const b = neighbours ? take(states, 1, 2, turned) : take(states, half, 1, turned);
    const cache = (input: number) => {
      const rows = rowsOf(g, inputs[input] as string, inputs[ids] ?? null, call, ids, length);
      return g.op("Unsqueeze", [rows, g.ints([1])]);
    };
    const [c, s] = [cache(cos), cache(sin)];
    const mul = (left: string, right: string) => g.op("Mul", [left, right]);
    const first = g.op("Sub", [mul(a, c), mul(b, s)]);
    const second = g.op("Add", [mul(a, s), mul(b, c)]);
    const beside = (value: string) => g.op("Unsqueeze", [value, g.ints([4])]);
    const pairs = neighbours
      ? g.op("Reshape", [
          g.op("Concat", [beside(first), beside(second)], { axis: 4 }),
          g.ints([batch, -1, length, turned]),
        ])
      : g.op("Concat", [first, second], { axis: 3 });
    const whole =
      turned === size ? pairs : g.op("Concat", [pairs, take(states, turned, 1, size)], { axis: 3 });
    if (apart) return [whole];
    return [g.op("Reshape", [g.op("Transpose", [whole], { perm: [0, 2, 1, 3] }), g.ints(shape)])];
  };
}

/** The rows of a cache for every sample (or for all alike) and position. */
function rowsOf(
  g: Emitter,
  cache: string,
  ids: string | null,
  call: Call,
  input: number,
  length: number,
): string {
  if (ids === null) return cache;
  if (call.rank(input) === 2) return g.op("Gather", [cache, ids], { axis: 0 });
  // A single number: the position of the first state.
  const steps = g.ints(Array.from({ length }, (_, i) => i));
  const from = g.op("Add", [ids, steps]);
  return g.op("Unsqueeze", [g.op("Gather", [cache, from], { axis: 0 }), g.ints([0])]);
}

const swiGlu: Composition = (g, [a, b], call) => [
  g.op("Mul", [g.op("Swish", [a as string], { alpha: { float: call.float("alpha", 1) } }), b as string]),
];

export const compositions: Compositions = new Map([
  ["BatchNormalization", batchNormalization],
  ["SimplifiedLayerNormalization", simplifiedLayerNormalization],
  ["LRN", lrn],
  ["RotaryEmbedding", rotary(1, 2, 3)],
  ["com.microsoft.RotaryEmbedding", rotary(2, 3, 1)],
  ["SwiGLU", swiGlu],
]);
