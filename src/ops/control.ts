/**
 * Operators with regions: If, Loop, Scan and SequenceMap. A region runs as a whole on every device, with what it captures
 * broadcast: how often, and which of two, is known only when it runs, so nothing inside can communicate. Calls whose course
 * is known are put in place of themselves before that (`simplify-regions.ts`).
 *
 * The types of a region's values are those that its graph states; only what the operator adds (a trip count in front, an
 * item around) is worked out here.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { hasNumbers, toNumbers } from "../ir/tensor-data.ts";
import { tensorType, type TensorType, type ValueType } from "../ir/types.ts";
import { at, range } from "../support/collections.ts";
import type { Call, CallRegion } from "./call.ts";
import type { DataContext, Datum, Dense, Items } from "./contract.ts";
import { asDense, asItems, typeOfDatum } from "./datum.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { dense, pick, stack } from "./dense.ts";
import { dataDependentDim } from "./movement.ts";
import { commonType } from "./sequence.ts";

const whole =
  "What its region does is decided while it runs, so that nothing inside can be exchanged between devices.";

function resultTypes({ graph, typeOf }: CallRegion): ValueType[] {
  return graph.outputs.map(({ value }) => typeOf(value));
}

function tensorResult(call: Call, type: ValueType): TensorType {
  if (type.kind !== "tensor") call.failShape("a result that is collected must be a tensor");
  return type;
}

/** Type and shape of a result that was never given; sizes that its type does not say are 0. */
function emptyLike(call: Call, result: number): Pick<Dense, "dtype" | "shape"> {
  const { dtype, shape } = tensorResult(call, at(resultTypes(call.region("body")), result));
  return { dtype, shape: shape.map((dim) => (isKnown(dim) ? dim : 0)) };
}

function isTrue(x: Datum): boolean {
  return asDense(x).data[0] !== 0;
}

// --- If

const branch = defineOp({
  name: "If",
  doc: "The results of one of two regions, as a scalar says.",
  since: 16,
  inputs: [1, 1],
  gradient: {
    none: "which branch runs is known at run time only, so that what its gradient needs is not at hand afterwards",
  },
  outputs: (call) => call.region("then_branch").graph.outputs.length,
  whole,
  infer: (call: Call) => {
    const then = resultTypes(call.region("then_branch"));
    const otherwise = resultTypes(call.region("else_branch"));
    const condition = call.constant(0);
    if (condition !== undefined) return toNumbers(condition)[0] === 0 ? otherwise : then;
    if (then.length !== otherwise.length)
      call.failShape(`the branches give ${then.length} and ${otherwise.length} results`);
    return then.map((type, i) => commonType(call, [type, at(otherwise, i)], `results ${i}`));
  },
  runs: () => ({ then_branch: 0.5, else_branch: 0.5 }),
  evaluateData: ({ inputs: [condition], run }) =>
    run(isTrue(condition as Datum) ? "then_branch" : "else_branch", []),
});

// --- Loop

/** The trip count where it is known: stated, and nothing ends the loop before. */
export function tripCount(call: Call): number | undefined {
  const stated = call.has(0) ? call.constant(0) : undefined;
  if (call.has(1)) {
    const begins = call.constant(1);
    if (begins !== undefined && toNumbers(begins)[0] === 0) return 0;
    if (begins === undefined) return undefined;
  }
  if (stated === undefined) return undefined;
  const trips = Math.max(0, toNumbers(stated)[0] as number);
  // The largest integer says "until the condition fails".
  if (!Number.isSafeInteger(trips)) return undefined;
  return trips <= 1 || goesOn(call.region("body")) ? trips : undefined;
}

/** Whether a loop's body never says that it ends: its condition is the one it was given, or a true constant. */
function goesOn({ graph }: CallRegion): boolean {
  const makers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const inputs = graph.sources.filter((source) => source.kind === "input");
  let value = graph.outputs[0]?.value;
  for (let steps = graph.nodes.length; value !== undefined && steps >= 0; steps--) {
    if (value === inputs[1]?.value) return true;
    const known = value;
    const source = graph.sources.find((one) => one.value === known);
    if (source?.kind === "constant") return hasNumbers(source.data.dtype) && toNumbers(source.data)[0] !== 0;
    const maker = makers.get(value);
    if (maker?.op !== "Identity" && maker?.op !== "Cast") return false;
    value = maker.inputs[0] ?? undefined;
  }
  return false;
}

/** Values that go from one trip to the next. */
function carriedOf(call: Call): number {
  return Math.max(0, call.inputs.length - 2);
}

const loop = defineOp({
  name: "Loop",
  doc: "Repeats a region on values that it hands on to itself, and stacks what else it gives.",
  since: 16,
  inputs: [0, Infinity], // the first two may be absent
  gradient: {
    none: "how often it runs is known at run time only, and what its steps made is not kept for a backward pass",
  },
  outputs: (call) => call.region("body").graph.outputs.length - 1,
  whole,
  infer: (call: Call) => {
    if (call.inputs.length < 2) call.fail("bad-arity", { expected: "2 or more", actual: call.inputs.length });
    const [, ...results] = resultTypes(call.region("body"));
    const trips: Dim = tripCount(call) ?? dataDependentDim(call, "trips");
    return results.map((type, i) => {
      if (i < carriedOf(call)) {
        const initial = call.inputs[i + 2];
        if (initial == null) call.failShape(`there is no initial value ${i}`);
        if (tripCount(call) === 0) return initial;
        // What an empty sequence says of its items is their element type alone.
        return initial.kind === "tensor" ? commonType(call, [initial, type], `values ${i}`) : type;
      }
      const { dtype, shape } = tensorResult(call, type);
      return tensorType(dtype, [trips, ...shape]);
    });
  },
  runs: (call) => {
    const most = call.has(0) ? call.constant(0) : undefined;
    const stated = most === undefined ? NaN : (toNumbers(most)[0] as number);
    return { body: tripCount(call) ?? (Number.isSafeInteger(stated) ? stated : 1) };
  },
  evaluateData: ({ call, inputs, run }) => {
    const limit = inputs[0] == null ? Infinity : (asDense(inputs[0]).data[0] as number);
    let goes = inputs[1] == null || isTrue(inputs[1]);
    let carried = inputs.slice(2) as Datum[];
    const collected: Dense[][] = range(call.outputCount - carried.length).map(() => []);
    for (let trip = 0; trip < limit && goes; trip++) {
      const [condition, ...results] = run("body", [
        dense("i64", [], [trip]),
        dense("bool", [], [1]),
        ...carried,
      ]);
      goes = isTrue(condition as Datum);
      carried.forEach((_, i) => (carried[i] = results[i] as Datum));
      collected.forEach((list, k) => list.push(asDense(results[carried.length + k] as Datum)));
      carried = [...carried];
    }
    return [
      ...carried,
      ...collected.map((list, k) => stack(list, 0, emptyLike(call, 1 + carried.length + k))),
    ];
  },
});

// --- Scan

interface ScanParts {
  readonly states: number;
  /** Per scanned input and per scanned output: its axis and whether it goes backwards. */
  readonly taken: readonly { readonly axis: number; readonly backward: boolean }[];
  readonly given: readonly { readonly axis: number; readonly backward: boolean }[];
  readonly length: Dim;
}

export function scanParts(call: Call): ScanParts {
  const scanned = call.int("num_scan_inputs");
  const states = call.inputs.length - scanned;
  if (scanned < 1 || states < 0)
    call.fail("bad-attribute", {
      name: "num_scan_inputs",
      problem: `is ${scanned} of ${call.inputs.length} inputs`,
    });
  const body = call.region("body").graph;
  const results = resultTypes(call.region("body"));
  const list = (name: string, count: number) => {
    const given = call.ints(
      name,
      range(count).map(() => 0),
    );
    if (given.length !== count)
      call.fail("bad-attribute", { name, problem: `has ${given.length} entries, ${count} are needed` });
    return given;
  };
  const [takenAxes, takenWays] = [list("scan_input_axes", scanned), list("scan_input_directions", scanned)];
  const collected = body.outputs.length - states;
  const [givenAxes, givenWays] = [
    list("scan_output_axes", collected),
    list("scan_output_directions", collected),
  ];
  const taken = takenAxes.map((axis, i) => ({
    axis: call.axis(axis, call.rank(states + i)),
    backward: takenWays[i] === 1,
  }));
  const lengths = taken.map(({ axis }, i) => call.shape(states + i)[axis] as Dim);
  const known = lengths.filter(isKnown);
  if (known.some((length) => length !== known[0]))
    call.failShape(`the scanned axes have ${lengths.join(", ")} elements`);
  return {
    states,
    taken,
    given: givenAxes.map((axis, k) => ({
      axis: call.axis(axis, tensorResult(call, at(results, states + k)).shape.length + 1),
      backward: givenWays[k] === 1,
    })),
    length: known[0] ?? (lengths[0] as Dim),
  };
}

const scan = defineOp({
  name: "Scan",
  doc: "Runs a region on every element of an axis in turn, handing states on and stacking what else it gives.",
  since: 16,
  inputs: [1, Infinity],
  gradient: { none: "what its steps made is not kept for a backward pass" },
  outputs: (call) => call.region("body").graph.outputs.length,
  whole,
  infer: (call: Call) => {
    const { states, given, length } = scanParts(call);
    return resultTypes(call.region("body")).map((type, i) => {
      if (i < states) return commonType(call, [call.tensor(i), type], `states ${i}`);
      const { dtype, shape } = tensorResult(call, type);
      return tensorType(dtype, shape.toSpliced(at(given, i - states).axis, 0, length));
    });
  },
  runs: (call) => {
    const { length } = scanParts(call);
    return { body: isKnown(length) ? length : 1 };
  },
  evaluateData: evaluateScan,
});

function evaluateScan({ call, inputs, run }: DataContext): Datum[] {
  const { states, taken, given, length } = scanParts(call);
  const count = length as number;
  let state = inputs.slice(0, states) as Datum[];
  const scanned = inputs.slice(states).map((x) => asDense(x as Datum));
  const collected: Dense[][] = given.map(() => []);
  for (const step of range(count)) {
    const elements = scanned.map((x, i) => {
      const { axis, backward } = at(taken, i);
      return pick(x, axis, backward ? count - 1 - step : step);
    });
    const results = run("body", [...state, ...elements]);
    state = results.slice(0, states);
    collected.forEach((list, k) => list.push(asDense(results[states + k] as Datum)));
  }
  const stacked = collected.map((list, k) => {
    const { axis, backward } = at(given, k);
    return stack(backward ? list.toReversed() : list, axis, emptyLike(call, states + k));
  });
  return [...state, ...stacked];
}

// --- SequenceMap

const sequenceMap = defineOp({
  name: "SequenceMap",
  doc: "Sequences of what a region gives for every item of the first input.",
  since: 17,
  inputs: [1, Infinity],
  gradient: { none: "it maps sequences, which have no gradients" },
  outputs: (call) => call.region("body").graph.outputs.length,
  whole,
  infer: (call: Call) =>
    resultTypes(call.region("body")).map((element): ValueType => ({ kind: "sequence", element })),
  runs: (call) => ({ body: call.items(0)?.length ?? 1 }),
  evaluateData: ({ call, inputs, run }) => {
    const count = asItems(inputs[0]).items.length;
    const results = range(count).map((k) =>
      run(
        "body",
        inputs.map((x) => {
          const datum = x as Datum;
          return "items" in datum && datum.type.kind === "sequence" ? at(datum.items, k) : datum;
        }),
      ),
    );
    return resultTypes(call.region("body")).map((element, i): Items => {
      const items = results.map((list) => at(list, i));
      const like = items[0];
      return { type: { kind: "sequence", element: like === undefined ? element : typeOfDatum(like) }, items };
    });
  },
});

export const controlOps: readonly OpDefinition[] = [branch, loop, scan, sequenceMap];
