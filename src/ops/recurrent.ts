/**
 * RNN, GRU and LSTM over a sequence.
 *
 *   batch        X S(batch)  W, R, B, P B     lengths S(0)  states S(batch)  -> S(batch) on every output
 *   direction    X B         W, R, B, P S(0)  lengths B     states S(dir)    -> S(dir)   on every output
 *
 * Time stays whole: a step needs the state of the one before it. So does the hidden axis: every gate of a step multiplies
 * the whole state of the step before, so a split of the gates' columns would gather the state once per step, inside the
 * operator. The features of the input stay whole because a gate is not linear in them.
 *
 * A device that holds one of two directions runs it forward, over the sequence turned round where it is the backward one.
 * That needs both directions to have the same functions; where they differ, the direction stays whole too.
 */
import type { Attributes } from "../ir/graph.ts";
import { isKnown, type Dim } from "../ir/dim.ts";
import { invariant } from "../support/assert.ts";
import { product, range } from "../support/collections.ts";
import { activationAttributes, activationsOf, type NamedActivation } from "./activation.ts";
import type { Call } from "./call.ts";
import type { Dense, EvaluateContext, LocalizeContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, stridesOf } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { asInt64, isInputSplit, localDims } from "./movement.ts";
import { gruCell, lstmCell, rnnCell, type Cell } from "./recurrent-cells.ts";

/** Positions of inputs; 5 and 6 are the states h and c. */
const [inputX, inputW, inputR, inputB, inputLengths, inputPeepholes] = [0, 1, 2, 3, 4, 7] as const;

export function directionsOf(call: Call): readonly ("forward" | "reverse")[] {
  const direction = call.string("direction", "forward");
  if (direction === "bidirectional") return ["forward", "reverse"];
  if (direction !== "forward" && direction !== "reverse") {
    call.fail("bad-attribute", {
      name: "direction",
      problem: `is ${direction}, not forward, reverse or bidirectional`,
    });
  }
  return [direction];
}

function isBatchFirst(call: Call): boolean {
  return call.int("layout", 0) === 1;
}

function functionsOf(call: Call, cell: Cell): NamedActivation[][] {
  return activationsOf(call, cell.functions, directionsOf(call).length);
}

/** Whether every direction has the same functions, so that one of them can be run as any other. */
export function isUniform(call: Call, cell: Cell): boolean {
  const keys = functionsOf(call, cell).map((list) => list.map(({ key }) => key).join());
  return keys.every((key) => key === keys[0]);
}

/** Reports sizes that the rule cannot see: products of the hidden size, and the number of directions. */
function checkSizes(call: Call, cell: Cell): void {
  const check = (index: number, axis: number, expected: number, what: string) => {
    if (!call.has(index)) return;
    const size = call.shape(index)[axis];
    if (size !== undefined && isKnown(size) && size !== expected)
      call.failShape(`axis ${axis} of input ${index} is ${size}, must be ${expected} (${what})`);
  };
  const hidden = call.rank(inputR) === 3 ? call.shape(inputR)[2] : undefined;
  check(inputW, 0, directionsOf(call).length, "one per direction");
  if (hidden === undefined || !isKnown(hidden)) return;
  const stated = call.int("hidden_size", hidden);
  if (stated !== hidden)
    call.fail("bad-attribute", { name: "hidden_size", problem: `is ${stated}, the weights have ${hidden}` });
  check(inputR, 1, cell.gates * hidden, `${cell.gates} gates of ${hidden}`);
  check(inputB, 1, 2 * cell.gates * hidden, `two biases of ${cell.gates} gates of ${hidden}`);
  check(inputPeepholes, 1, 3 * hidden, `three gates of ${hidden}`);
}

function recurrentRule(call: Call, cell: Cell): string {
  checkSizes(call, cell);
  const d = isUniform(call, cell) ? "d" : "!d";
  const batchFirst = isBatchFirst(call);
  const state = batchFirst ? `b ${d} !h` : `${d} b !h`;
  const inputs = [
    batchFirst ? "b !t !i" : "!t b !i",
    `${d} !g !i`,
    `${d} !g !h`,
    `${d} !e`,
    "b",
    state,
    state,
    `${d} !p`,
  ];
  const y = batchFirst ? `b !t ${d} !h` : `!t ${d} b !h`;
  return `${inputs.slice(0, call.inputs.length).join(", ")} -> ${[y, state, state].slice(0, cell.outputs).join(", ")}`;
}

// --- localize

/** The order in which a device reads time: as it is, or turned round where it runs the backward direction. */
interface TimeOrder {
  /** Turns round a tensor with these positions of time and batch. */
  turn(value: string, time: number, batch: number): string;
}

/** Without lengths, whole lines change places along time. */
function orderOfLines({ g, call, perDevice }: LocalizeContext): TimeOrder {
  const time = isBatchFirst(call) ? 1 : 0;
  const length = call.shape(inputX)[time] as number;
  const order = perDevice(({ inputs }) => {
    const steps = range(length);
    return inputs[inputW]?.start[0] === 0 ? steps : steps.toReversed();
  });
  return { turn: (value, axis) => g.op("Gather", [value, order], { axis }) };
}

/** With lengths, each sequence is turned round within its own, and what lies behind it stays. */
function orderWithin({ g, call, inputs, perDevice }: LocalizeContext): TimeOrder {
  const batchFirst = isBatchFirst(call);
  const length = call.shape(inputX)[batchFirst ? 1 : 0] as number;
  const lengths = asInt64(g, inputs[inputLengths] as string);
  const batch = g.type(lengths).shape[0] as number;
  // Rows are steps, columns sequences.
  const steps = g.op("Reshape", [g.ints(range(length)), g.ints([length, 1])]);
  const here = g.op("Less", [steps, lengths]);
  const mirrored = g.op("Sub", [g.op("Sub", [lengths, g.ints(1)]), steps]);
  const backward = g.op("Equal", [perDevice(({ inputs: boxes }) => boxes[inputW]?.start[0] ?? 0), g.ints(1)]);
  const from = g.op("Where", [g.op("And", [here, backward]), mirrored, steps]);
  return {
    turn(value, timeAxis, batchAxis) {
      const shape = localDims(g.type(value).shape);
      const ordered = batchAxis < timeAxis ? g.op("Transpose", [from], { perm: [1, 0] }) : from;
      const aligned = shape.map((_, axis) => (axis === timeAxis ? length : axis === batchAxis ? batch : 1));
      const index = g.op("Expand", [g.op("Reshape", [ordered, g.ints(aligned)]), g.ints(shape)]);
      return g.op("GatherElements", [value, index], { axis: timeAxis });
    },
  };
}

/** The same operator; where a device holds one of two directions, that one run forward. */
export function localizeRecurrent(context: LocalizeContext, cell: Cell): readonly string[] {
  const { g, call, inputs, outputTypes } = context;
  if (!isInputSplit(context, inputW, 0)) return g.ops(call.op, inputs, call.attributes, outputTypes.length);
  const {
    activations: _,
    activation_alpha: _alpha,
    activation_beta: _beta,
    direction: _direction,
    ...rest
  } = call.attributes;
  const attributes: Attributes = {
    ...rest,
    ...activationAttributes(call, cell.functions.length),
    direction: "forward",
  };
  const order = call.has(inputLengths) ? orderWithin(context) : orderOfLines(context);
  const [time, batch] = isBatchFirst(call) ? [1, 0] : [0, 1];
  const turned = order.turn(inputs[inputX] as string, time, batch);
  const [y, ...states] = g.ops(call.op, [turned, ...inputs.slice(1)], attributes, outputTypes.length);
  // Y has the direction behind time: [time, direction, batch, hidden] or [batch, time, direction, hidden].
  return [order.turn(y as string, time, isBatchFirst(call) ? 0 : 2), ...states];
}

// --- evaluate

/** Element `offset + axis positions · strides` reading of a state or weight. */
function slice(x: Dense, index: readonly number[], count: number): Float64Array {
  const strides = stridesOf(x.shape);
  const offset = index.reduce((n, at, axis) => n + at * (strides[axis] as number), 0);
  return x.data.slice(offset, offset + count);
}

/** The products of `vector` with rows `from` to `to` of a matrix of `width` columns. */
function productsOf(
  matrix: Float64Array,
  width: number,
  vector: Float64Array,
  from: number,
  to: number,
): Float64Array {
  const out = new Float64Array(to - from);
  for (let row = from; row < to; row++) {
    let total = 0;
    for (let i = 0; i < width; i++) total += (matrix[row * width + i] as number) * (vector[i] as number);
    out[row - from] = total;
  }
  return out;
}

/**
 * The outputs, one step after the other. `seen`: what products see of the rows that are given to them together (of all inputs, of
 * the states of all sequences before a step, the last one of those that have ended); other than as they are only for LSTM, which uses h in
 * products alone.
 */
export function evaluateRecurrent(
  { call, inputs }: EvaluateContext,
  cell: Cell,
  seen: (rows: readonly Float64Array[]) => readonly Float64Array[] = (rows) => rows,
): Dense[] {
  const [x, w, r, b, lengths, state, cellState, peepholes] = inputs;
  const [X, W, R] = [x as Dense, w as Dense, r as Dense];
  const batchFirst = isBatchFirst(call);
  const [time, batch] = batchFirst
    ? [X.shape[1] as number, X.shape[0] as number]
    : [X.shape[0] as number, X.shape[1] as number];
  const [features, hidden] = [X.shape[2] as number, R.shape[2] as number];
  const width = cell.gates * hidden;
  const directions = directionsOf(call);
  const functions = functionsOf(call, cell);
  const at = (first: number, second: number) => (batchFirst ? [second, first] : [first, second]);
  const start = (given: Dense | null | undefined, d: number, n: number) =>
    given == null ? new Float64Array(hidden) : slice(given, [...at(d, n), 0], hidden);

  /** By direction and sequence: h of every step (zero where the sequence has ended), and the last state. */
  const steps = new Map<string, Float64Array>();
  const last = new Map<string, readonly Float64Array[]>();
  const none = new Float64Array(hidden);
  const lengthOf = (n: number) => (lengths == null ? time : (lengths.data[n] as number));
  const longest = Math.max(0, ...range(batch).map(lengthOf));
  invariant(
    longest <= time && range(batch).every((n) => lengthOf(n) >= 0),
    "a sequence is longer than time",
    () => `${longest} of ${time}`,
  );
  const rows = seen(
    range(longest * batch).map((i) => slice(X, [...at(Math.floor(i / batch), i % batch), 0], features)),
  );
  directions.forEach((direction, d) => {
    const [weight, recurrence] = [slice(W, [d, 0, 0], width * features), slice(R, [d, 0, 0], width * hidden)];
    const bias = b == null ? new Float64Array(2 * width) : slice(b, [d, 0], 2 * width);
    let now: readonly (readonly Float64Array[])[] = range(batch).map((n) =>
      cell.outputs === 3 ? [start(state, d, n), start(cellState, d, n)] : [start(state, d, n)],
    );
    for (const k of range(longest)) {
      const before = seen(now.map(([h]) => h as Float64Array));
      now = now.map((old, n) => {
        if (k >= lengthOf(n)) return old;
        const t = direction === "forward" ? k : lengthOf(n) - 1 - k;
        const input = productsOf(weight, features, rows[t * batch + n] as Float64Array, 0, width);
        const next = cell.step({
          input: input.map((v, i) => v + (bias[i] as number)),
          recurrent: (h, from, to) => productsOf(recurrence, hidden, h, from, to),
          bias: bias.slice(width),
          peepholes: peepholes == null ? new Float64Array(3 * hidden) : slice(peepholes, [d, 0], 3 * hidden),
          state: [before[n] as Float64Array, ...old.slice(1)],
          functions: (functions[d] as NamedActivation[]).map(({ apply }) => apply),
          hidden,
          call,
        });
        steps.set(`${t} ${d} ${n}`, next[0] as Float64Array);
        return next;
      });
    }
    now.forEach((states, n) => last.set(`${d} ${n}`, states));
  });
  const y = build(
    X.dtype,
    batchFirst ? [batch, time, directions.length, hidden] : [time, directions.length, batch, hidden],
    ([i0, i1, i2, i3]) => {
      const [t, d, n] = batchFirst ? [i1, i2, i0] : [i0, i1, i2];
      return (steps.get(`${t} ${d} ${n}`) ?? none)[i3 as number] as number;
    },
  );
  const states = range(cell.outputs - 1).map((which) =>
    build(X.dtype, [...at(directions.length, batch), hidden], ([i0, i1, i2]) => {
      const [d, n] = batchFirst ? [i1, i0] : [i0, i1];
      return (last.get(`${d} ${n}`) as readonly Float64Array[])[which]?.[i2 as number] as number;
    }),
  );
  return [y, ...states];
}

// --- declarations

/** A multiplication and an addition per weight, step and sequence. */
export function recurrentFlops(call: Call): number {
  const lines = call.shape(inputX).slice(0, 2);
  return (
    2 *
    product(lines.map((dim: Dim) => (isKnown(dim) ? dim : 1))) *
    (inputElements(call, inputW) + inputElements(call, inputR))
  );
}

function recurrent(
  name: string,
  doc: string,
  since: number,
  inputs: readonly [number, number],
  cell: Cell,
): OpDefinition {
  return defineOp({
    name,
    doc,
    since,
    inputs,
    gradient: { none: "the states between its steps, which its derivative needs, are no results of it" },
    outputs: cell.outputs,
    axes: (call) => recurrentRule(call, cell),
    dtypes: (call) => [
      commonDtype(
        call,
        "float",
        range(call.inputs.length).filter((i) => i !== inputLengths),
      ),
    ],
    partials: { reduce: "none" },
    flops: recurrentFlops,
    localize: (context) => localizeRecurrent(context, cell),
    evaluate: (context) => evaluateRecurrent(context, cell),
  });
}

export const recurrentOps: readonly OpDefinition[] = [
  recurrent("RNN", "One layer of plain recurrence: h = f(xW + hR + b) at every step.", 14, [3, 6], rnnCell),
  recurrent("GRU", "One layer of gated recurrent units, with update and reset gates.", 14, [3, 6], gruCell),
  recurrent(
    "LSTM",
    "One layer of long short-term memory, with input, output and forget gates and optional peepholes.",
    14,
    [3, 8],
    lstmCell,
  ),
];
