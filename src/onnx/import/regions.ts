/**
 * Types of If, Loop and Scan: what their bodies take, and what they give from what their bodies give.
 *
 * A value that is carried from one turn of a loop to the next has one type for all turns: where a turn changes its shape, what
 * changes is not known.
 */
import type { Dim } from "../../ir/dim.ts";
import type { Attribute } from "../../ir/graph.ts";
import {
  isRanked,
  tensorType,
  typesEqual,
  unrankedShape,
  type TensorType,
  type ValueType,
} from "../../ir/types.ts";

/** A node with bodies, as far as its types are concerned. */
export interface RegionCall {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly inputs: readonly (ValueType | null)[];
  readonly outputs: number;
  /** Stops the import: the node is not as its operator wants it. */
  refuse(problem: string): never;
  /** A size that only execution tells. */
  symbol(output: number, axis: number): Dim;
}

export interface RegionRule {
  /** Names of the attributes that hold its bodies. */
  readonly bodies: readonly string[];
  /** Types of the inputs of each body (which all have the same). */
  bodyInputs(call: RegionCall): readonly ValueType[];
  /** Which inputs of a body are outputs of the turn before, by index. */
  carried(call: RegionCall): readonly (readonly [input: number, output: number])[];
  /** From the types of the outputs of each body. */
  outputs(call: RegionCall, bodies: readonly (readonly ValueType[])[]): readonly ValueType[];
}

const flag = tensorType("bool", []);
const counter = tensorType("i64", []);

const branches: RegionRule = {
  bodies: ["then_branch", "else_branch"],
  bodyInputs: () => [],
  carried: () => [],
  outputs(call, [then = [], otherwise = []]) {
    if (then.length !== otherwise.length) call.refuse("has branches with different numbers of outputs");
    return then.map((type, i) => joinTypes(type, otherwise[i] as ValueType, (axis) => call.symbol(i, axis)));
  },
};

const loop: RegionRule = {
  bodies: ["body"],
  bodyInputs: (call) => [
    counter,
    flag,
    ...call.inputs.slice(2).map((type) => type ?? call.refuse("lacks an initial value")),
  ],
  carried: (call) => call.inputs.slice(2).map((_, i) => [i + 2, i + 1] as const),
  outputs(call, [body = []]) {
    const carried = Math.max(0, call.inputs.length - 2);
    if (body.length < carried + 1) call.refuse("has a body with too few outputs");
    return body.slice(1).map((type, i) => (i < carried ? type : stacked(call, type, 0, call.symbol(i, 0))));
  },
};

const scan: RegionRule = {
  bodies: ["body"],
  bodyInputs(call) {
    const states = stateCount(call);
    return call.inputs.map((type, i) => {
      if (type === null) return call.refuse("lacks an input");
      if (i < states) return type;
      const tensor = ranked(call, type);
      const axis = axisOf(call, "scan_input_axes", i - states, tensor.shape.length);
      return tensorType(tensor.dtype, tensor.shape.toSpliced(axis, 1));
    });
  },
  carried: (call) => Array.from({ length: stateCount(call) }, (_, i) => [i, i] as const),
  outputs(call, [body = []]) {
    const states = stateCount(call);
    const first = ranked(call, call.inputs[states] ?? call.refuse("has nothing to scan"));
    const turns = first.shape[axisOf(call, "scan_input_axes", 0, first.shape.length)] as Dim;
    return body.map((type, i) => {
      if (i < states) return type;
      const { length } = ranked(call, type).shape;
      return stacked(call, type, axisOf(call, "scan_output_axes", i - states, length + 1), turns);
    });
  },
};

const rules: ReadonlyMap<string, RegionRule> = new Map([
  ["If", branches],
  ["Loop", loop],
  ["Scan", scan],
]);

/** The rule of an operator with bodies; undefined for others. */
export function regionRule(op: string): RegionRule | undefined {
  return rules.get(op);
}

function stateCount(call: RegionCall): number {
  const scanned = call.attributes["num_scan_inputs"];
  const states = call.inputs.length - (typeof scanned === "number" ? scanned : NaN);
  return states >= 0 ? states : call.refuse("does not say how many of its inputs it scans");
}

function axisOf(call: RegionCall, name: string, index: number, rank: number): number {
  const list = call.attributes[name];
  const given = Array.isArray(list) ? ((list as readonly number[])[index] ?? 0) : 0;
  const axis = given < 0 ? given + rank : given;
  return axis >= 0 && axis < rank ? axis : call.refuse(`scans axis ${given} of a tensor of rank ${rank}`);
}

function ranked(call: RegionCall, type: ValueType): TensorType {
  if (type.kind !== "tensor" || !isRanked(type)) return call.refuse("scans what is no tensor of known rank");
  return type;
}

/** The type of one tensor per turn, put together along a new axis. */
function stacked(call: RegionCall, type: ValueType, axis: number, turns: Dim): ValueType {
  if (type.kind !== "tensor") return call.refuse("collects what is no tensor");
  return isRanked(type) ? tensorType(type.dtype, type.shape.toSpliced(axis, 0, turns)) : type;
}

/** A type that both are of; `symbol(axis)` stands where their sizes differ. */
function joinTypes(a: ValueType, b: ValueType, symbol: (axis: number) => Dim): ValueType {
  if (a.kind !== "tensor" || b.kind !== "tensor") {
    if (a.kind === "tensor" || b.kind === "tensor" || a.kind !== b.kind) return a;
    return { kind: a.kind, element: joinTypes(a.element, b.element, symbol) };
  }
  if (typesEqual(a, b) || a.dtype !== b.dtype) return a;
  if (!isRanked(a) || !isRanked(b) || a.shape.length !== b.shape.length)
    return tensorType(a.dtype, unrankedShape);
  return tensorType(
    a.dtype,
    a.shape.map((dim, axis) => (dim === b.shape[axis] ? dim : symbol(axis))),
  );
}

/** Input types that also take what a turn hands on to the next; undefined where they do. */
export function widen(
  rule: RegionRule,
  call: RegionCall,
  inputs: readonly ValueType[],
  outputs: readonly ValueType[],
): readonly ValueType[] | undefined {
  const types = [...inputs];
  let changed = false;
  for (const [input, output] of rule.carried(call)) {
    const [before, after] = [types[input], outputs[output]];
    if (before === undefined || after === undefined) continue;
    const joined = joinTypes(before, after, (axis) => call.symbol(input, axis));
    if (typesEqual(joined, before)) continue;
    types[input] = joined;
    changed = true;
  }
  return changed ? types : undefined;
}
