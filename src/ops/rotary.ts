/**
 * RotaryEmbedding of ai.onnx and of com.microsoft: pairs of features turned by the angle of their position.
 *
 * States are [b, heads, s, d] or [b, s, heads d]. The caches of cosines and sines are [positions, d / 2], read at
 * `position_ids`, or [b, s, d / 2] without them. The first `rotary_embedding_dim` features (0: all) are turned, in pairs of
 * halves or of neighbours. Linear in the states; in both caches together too where no feature is left as it is.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial } from "../ir/layout.ts";
import { tensorData } from "../ir/tensor-data.ts";
import { isInteger, knownShape, tensorType, type TensorType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import { blockAxis, fromHeads, jointSplits, toHeads } from "./attention-core.ts";
import { splitHeads } from "./attention-parts.ts";
import type { Call } from "./call.ts";
import type { Dense, Emitter, GradientContext, LocalizeContext, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, offsetOf, stridesOf } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { isInputSplit, signatureOf } from "./movement.ts";
import { castTo } from "./norm-gradient.ts";

/** Which input is which. */
interface Places {
  readonly cos: number;
  readonly sin: number;
  readonly ids: number;
}

interface Sizes {
  /** Axis of the heads, or of their columns. */
  readonly headAxis: number;
  /** Columns per head along that axis; 1 where heads have an axis of their own. */
  readonly perHead: number;
  readonly positionAxis: number;
  readonly headSize: Dim;
  /** Features that are turned. */
  readonly turned: Dim;
}

function sizesOf(call: Call, { cos, sin, ids }: Places): Sizes {
  const shape = call.shape(0);
  if (shape.length !== 3 && shape.length !== 4) call.failShape("the states must have 3 or 4 axes");
  const apart = shape.length === 4;
  const heads = call.int("num_heads", 0);
  const half = call.shape(cos).at(-1) ?? 0;
  const last = shape.at(-1) as Dim;
  let headSize = last;
  if (!apart && isKnown(last)) {
    if (heads > 0) headSize = last / heads;
    else if (isKnown(half)) headSize = 2 * half;
    if (!Number.isInteger(headSize) || last % (headSize as number) !== 0)
      call.failShape(`${last} columns do not make ${heads > 0 ? heads : "whole"} heads`);
  }
  const given = call.int("rotary_embedding_dim", 0);
  const turned = given > 0 ? given : headSize;
  if (isKnown(turned) && (turned % 2 !== 0 || (isKnown(headSize) && turned > headSize)))
    call.failShape(`${turned} of ${headSize} features cannot be turned in pairs`);
  const rank = call.has(ids) ? 2 : 3;
  if (call.rank(cos) !== rank || call.rank(sin) !== rank)
    call.failShape(`the caches must have ${rank} axes ${rank === 2 ? "with" : "without"} position_ids`);
  for (const cache of [cos, sin]) {
    const size = call.shape(cache).at(-1) as Dim;
    if (isKnown(size) && isKnown(turned) && 2 * size !== turned)
      call.failShape(`a cache of ${size} columns for ${turned} features`);
  }
  if (call.has(ids) && !isInteger(call.dtype(ids)))
    call.fail("dtype-mismatch", { problem: "positions must be integers", types: call.printShapes() });
  return {
    headAxis: apart ? 1 : 2,
    perHead: apart ? 1 : isKnown(headSize) ? headSize : 1,
    positionAxis: apart ? 2 : 1,
    headSize,
    turned,
  };
}

function infer(call: Call, places: Places): readonly TensorType[] {
  sizesOf(call, places);
  return [tensorType(commonDtype(call, "float", [0, places.cos, places.sin]), call.shape(0))];
}

function signatures(call: Call, context: SignatureContext, places: Places): Signature[] {
  const { cos, sin, ids } = places;
  const { headAxis, perHead, positionAxis, headSize, turned } = sizesOf(call, places);
  const caches = call.has(ids) ? [] : [cos, sin];
  const named = call.has(ids) && call.rank(ids) === 2 ? [ids] : [];
  const along = (axis: number, beside: number) =>
    jointSplits(
      call,
      context,
      [
        blockAxis("input", 0, axis),
        ...[...caches, ...named].map((input) => blockAxis("input", input, beside)),
        blockAxis("output", 0, axis),
      ],
      { outputs: broadcast },
    );
  const sum = partial("sum");
  return [
    ...along(0, 0),
    ...along(positionAxis, 1),
    ...jointSplits(
      call,
      context,
      [blockAxis("input", 0, headAxis, perHead), blockAxis("output", 0, headAxis, perHead)],
      { outputs: broadcast },
    ),
    signatureOf(call, { 0: sum }, sum),
    ...(turned === headSize ? [signatureOf(call, { [cos]: sum, [sin]: sum }, sum)] : []),
  ];
}

/** With fewer heads in the columns; a single position is that of the first state, which a device has further on. */
function localize(context: LocalizeContext, places: Places): readonly string[] {
  const { g, call, perDevice } = context;
  const { headSize, positionAxis } = sizesOf(call, places);
  const attributes = { ...call.attributes };
  const inputs = [...context.inputs];
  if (call.rank(0) === 3 && call.int("num_heads", 0) > 0)
    attributes.num_heads = (g.type(inputs[0] as string).shape[2] as number) / (headSize as number);
  const ids = inputs[places.ids];
  if (ids != null && call.rank(places.ids) === 1 && isInputSplit(context, 0, positionAxis)) {
    const first = perDevice(({ inputs: [states] }) => states?.start[positionAxis] as number);
    inputs[places.ids] = g.op("Add", [ids, first]);
  }
  return [g.op(call.op, inputs, attributes)];
}

/** `x` [b, heads, s, d] turned by the angles whose cosines and sines the functions give for (b, s, pair). */
export function rotate(
  x: Dense,
  turned: number,
  neighbours: boolean,
  cosine: (b: number, s: number, pair: number) => number,
  sine: (b: number, s: number, pair: number) => number,
): Dense {
  const strides = stridesOf(x.shape);
  const half = turned / 2;
  return build(x.dtype, x.shape, ([b = 0, h = 0, s = 0, d = 0], at) => {
    const value = x.data[at] as number;
    if (d >= turned) return value;
    const pair = neighbours ? d >> 1 : d % half;
    const first = neighbours ? d % 2 === 0 : d < half;
    const other = d + (first ? 1 : -1) * (neighbours ? 1 : half);
    const beside = x.data[offsetOf([b, h, s, other], strides)] as number;
    const [c, n] = [cosine(b, s, pair), sine(b, s, pair)];
    return first ? c * value - n * beside : n * beside + c * value;
  });
}

function evaluate(call: Call, inputs: readonly (Dense | null)[], places: Places): readonly Dense[] {
  const { headSize, turned } = sizesOf(call, places);
  const x = inputs[0] as Dense;
  const ids = inputs[places.ids];
  const apart = x.shape.length === 4;
  const states = apart ? x : toHeads(x, (x.shape[2] as number) / (headSize as number));
  const length = states.shape[2] as number;
  const read = (input: number) => {
    const cache = inputs[input] as Dense;
    const columns = cache.shape.at(-1) as number;
    return (b: number, s: number, pair: number) => {
      let row = b * length + s;
      if (ids != null) {
        row = ids.shape.length === 1 ? (ids.data[0] as number) + s : (ids.data[row] as number);
        if (row < 0 || row >= (cache.shape[0] as number))
          call.failShape(`position ${row} is not in a cache of ${cache.shape[0]} positions`);
      }
      return cache.data[row * columns + pair] as number;
    };
  };
  const neighbours = call.int("interleaved", 0) !== 0;
  const y = rotate(states, turned as number, neighbours, read(places.cos), read(places.sin));
  return [apart ? y : fromHeads(y)];
}

/**
 * By the states: the same rotation with the sines negated. By the caches, which are read at positions: the products of a pair
 * and its gradient, added up over heads, at the rows that were read.
 */
function gradient(context: GradientContext, places: Places): readonly (string | null)[] {
  const { g, call, inputs, gradients, wanted } = context;
  const dy = gradients[0] as string;
  const found = inputs.map((): string | null => null);
  if (wanted[0] === true) {
    const turnedBack = inputs.map((value, i) =>
      i === 0 ? dy : i === places.sin ? g.op("Neg", [value as string]) : value,
    );
    found[0] = g.op(call.op, turnedBack, call.attributes);
  }
  if (wanted[places.cos] !== true && wanted[places.sin] !== true) return found;
  const [x, d] = [inputs[0] as string, dy].map((value) => pairsOf(g, value, call, places)) as [Pairs, Pairs];
  const along = (terms: string) => {
    const perPosition = g.op("ReduceSum", [terms, g.ints([1])], { keepdims: 0 });
    return inputs[places.ids] == null ? perPosition : atRows(context, places, perPosition);
  };
  const mul = (a: string, b: string) => g.op("Mul", [a, b]);
  if (wanted[places.cos] === true)
    found[places.cos] = along(g.op("Add", [mul(x.first, d.first), mul(x.second, d.second)]));
  if (wanted[places.sin] === true)
    found[places.sin] = along(g.op("Sub", [mul(x.first, d.second), mul(x.second, d.first)]));
  return found;
}

/** Both members of every pair, [b, heads, s, pairs]. */
interface Pairs {
  readonly first: string;
  readonly second: string;
}

function pairsOf(g: Emitter, value: string, call: Call, places: Places): Pairs {
  const { headSize, turned } = sizesOf(call, places);
  const columns = call.shape(0).at(-1) as number;
  const states = call.rank(0) === 4 ? value : splitHeads(g, value, columns / (headSize as number));
  const half = (turned as number) / 2;
  const neighbours = call.int("interleaved", 0) !== 0;
  const take = (start: number, step: number, end: number) =>
    g.op("Slice", [states, g.ints([start]), g.ints([end]), g.ints([3]), g.ints([step])]);
  return neighbours
    ? { first: take(0, 2, turned as number), second: take(1, 2, turned as number) }
    : { first: take(0, 1, half), second: take(half, 1, turned as number) };
}

/** [b, s, pairs] added up at the rows of a cache that were read. */
function atRows({ g, call, inputs }: GradientContext, { cos, ids }: Places, perPosition: string): string {
  const shape = knownShape(call.tensor(cos));
  const [b, s, pairs] = knownShape(g.type(perPosition)) as [number, number, number];
  const given = castTo(g, inputs[ids] as string, "i64");
  const rows = call.rank(ids) === 1 ? g.op("Add", [given, g.ints(range(s))]) : given;
  const each = g.op("Expand", [rows, g.ints([b, s])]);
  const none = g.op("ConstantOfShape", [g.ints(shape)], {
    value: { tensor: tensorData(g.type(perPosition).dtype, [1], [0]) },
  });
  const at = g.op("Reshape", [each, g.ints([b * s, 1])]);
  const updates = g.op("Reshape", [perPosition, g.ints([b * s, pairs])]);
  return g.op("ScatterND", [none, at, updates], { reduction: "add" });
}

function rotaryEmbedding(name: string, since: number, places: Places): OpDefinition {
  return defineOp({
    name,
    doc: "Pairs of features turned by the angle of their position.",
    since,
    inputs: [places.ids === 3 ? 3 : 4, 4],
    infer: (call) => infer(call, places),
    signatures: (call, _, context) => signatures(call, context, places),
    localize: (context) => localize(context, places),
    flops: (call) => 3 * inputElements(call, 0),
    evaluate: ({ call, inputs }) => evaluate(call, inputs, places),
    gradient: (context) => gradient(context, places),
  });
}

export const rotaryOps: readonly OpDefinition[] = [
  rotaryEmbedding("RotaryEmbedding", 23, { cos: 1, sin: 2, ids: 3 }),
  rotaryEmbedding("com.microsoft.RotaryEmbedding", 1, { ids: 1, cos: 2, sin: 3 }),
];
