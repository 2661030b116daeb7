/**
 * Brings a call of an older operator set into the form of the canonical one: one table, by operator and the version that
 * changed its form. Versions that only took in more types are not in it.
 *
 * An adapter gives the call in the next form. What it needs besides (constants, reshapes before) it emits; a call of another
 * operator may stand in its place, as long as it makes the same outputs.
 */
import type { Attribute } from "../../ir/graph.ts";
import { scalar, tensorData, toNumbers, type TensorData } from "../../ir/tensor-data.ts";
import type { TensorType } from "../../ir/types.ts";
import { isKnown } from "../../ir/dim.ts";

/** A call that is not yet in the graph; its inputs are values of the graph. */
export interface PendingCall {
  readonly op: string;
  readonly inputs: readonly (string | null)[];
  /** The file's names of its outputs; "" where it asks for none. */
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Adds what an adapter needs before the call. */
export interface AdaptEmitter {
  constant(data: TensorData): string;
  op(
    op: string,
    inputs: readonly (string | null)[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  /** The type of a value; undefined where it is no tensor. */
  type(value: string): TensorType | undefined;
  /** As `type`, where it must be a tensor whose number of axes is known. */
  tensor(value: string | null | undefined): TensorType;
  /** The elements of a value, where they are known. */
  known(value: string | null | undefined): TensorData | undefined;
  /** Reports that this call of the old form has none in the new one. */
  refuse(problem: string): never;
}

type Adapter = (call: PendingCall, g: AdaptEmitter) => PendingCall;

/** Per operator: the version from which a form holds, and how a call of the form before it is brought there. In order. */
const table: Readonly<Record<string, readonly (readonly [before: number, adapter: Adapter])[]>> = {
  BatchNormalization: [
    [9, spatialOnly],
    [14, inferenceOnly],
  ],
  Clip: [[11, clipBounds]],
  DFT: [[20, intsToInputs([["axis", 2, "scalar", 1]])]],
  Dropout: [[12, dropoutRatio]],
  GridSample: [[20, renameModes({ bilinear: "linear", bicubic: "cubic" })]],
  GroupNormalization: [[21, groupsToChannels]],
  Hardmax: [[13, flattened]],
  LogSoftmax: [[13, flattened]],
  Pad: [[11, padsToInputs]],
  Range: [[Infinity, scalarInputs]],
  ReduceL1: [[18, intsToInputs([["axes", 1]])]],
  ReduceL2: [[18, intsToInputs([["axes", 1]])]],
  ReduceLogSum: [[18, intsToInputs([["axes", 1]])]],
  ReduceLogSumExp: [[18, intsToInputs([["axes", 1]])]],
  ReduceMax: [[18, intsToInputs([["axes", 1]])]],
  ReduceMean: [[18, intsToInputs([["axes", 1]])]],
  ReduceMin: [[18, intsToInputs([["axes", 1]])]],
  ReduceProd: [[18, intsToInputs([["axes", 1]])]],
  ReduceSum: [[13, intsToInputs([["axes", 1]])]],
  ReduceSumSquare: [[18, intsToInputs([["axes", 1]])]],
  Resize: [
    [11, resizeOfTen],
    [13, dropEmptyInputs],
  ],
  RoiAlign: [[16, attributeDefaults({ coordinate_transformation_mode: "output_half_pixel" })]],
  Scatter: [[Infinity, (call) => ({ ...call, op: "ScatterElements" })]],
  Slice: [
    [
      10,
      intsToInputs([
        ["starts", 1],
        ["ends", 2],
        ["axes", 3],
      ]),
    ],
    [Infinity, exactBounds],
  ],
  Softmax: [[13, flattened]],
  Split: [
    [13, intsToInputs([["split", 1]])],
    [18, countOutputs],
  ],
  Squeeze: [[13, intsToInputs([["axes", 1]])]],
  TopK: [[10, intsToInputs([["k", 1]])]],
  Unsqueeze: [[13, intsToInputs([["axes", 1]])]],
  Upsample: [
    [9, scalesToInput],
    [Infinity, upsampleToResize],
  ],
};

const byOperator = new Map(Object.entries(table));

/** The call of operator set `version` in the canonical form; the same object where it is in it. */
export function adapt(call: PendingCall, version: number, emitter: () => AdaptEmitter): PendingCall {
  const adapters = byOperator.get(call.op);
  if (adapters === undefined) return call;
  let adapted = call;
  let g: AdaptEmitter | undefined;
  for (const [before, adapter] of adapters)
    if (version < before) adapted = adapter(adapted, (g ??= emitter()));
  return adapted;
}

// --- attributes

function without(call: PendingCall, ...names: readonly string[]): PendingCall["attributes"] {
  return Object.fromEntries(Object.entries(call.attributes).filter(([name]) => !names.includes(name)));
}

function withInput(
  inputs: readonly (string | null)[],
  index: number,
  value: string | null,
): readonly (string | null)[] {
  const out = [...inputs];
  while (out.length <= index) out.push(null);
  out[index] = value;
  return out;
}

function asInts(value: Attribute, name: string, g: AdaptEmitter): readonly number[] {
  if (typeof value === "number") return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === "number"))
    return value as readonly number[];
  return g.refuse(`has an attribute ${name} that is no list of integers`);
}

function asFloat(value: Attribute | undefined, name: string, g: AdaptEmitter): number | undefined {
  if (value === undefined || typeof value === "number") return value;
  if (typeof value === "object" && "float" in value) return value.float;
  return g.refuse(`has an attribute ${name} that is no number`);
}

/** i64, where sentinels such as the largest integer stay what they are although a double cannot hold them. */
function int64(values: readonly number[], shape: readonly number[]): TensorData {
  const [lowest, highest] = [-(2n ** 63n), 2n ** 63n - 1n];
  const data = BigInt64Array.from(values, (value) => {
    const whole = BigInt(value);
    return whole > highest ? highest : whole < lowest ? lowest : whole;
  });
  return { dtype: "i64", shape, data };
}

/** Attributes of integers that became inputs; those that are absent and have no `fallback` stay absent. */
function intsToInputs(
  moved: readonly (readonly [name: string, index: number, form?: "scalar", fallback?: number])[],
): Adapter {
  return (call, g) => {
    let inputs = call.inputs;
    for (const [name, index, form, fallback] of moved) {
      const value = call.attributes[name] ?? fallback;
      if (value === undefined) continue;
      const ints = asInts(value, name, g);
      inputs = withInput(inputs, index, g.constant(int64(ints, form === "scalar" ? [] : [ints.length])));
    }
    return { ...call, inputs, attributes: without(call, ...moved.map(([name]) => name)) };
  };
}

/** What absence of an attribute meant before. */
function attributeDefaults(defaults: Readonly<Record<string, Attribute>>): Adapter {
  return (call) => ({ ...call, attributes: { ...defaults, ...call.attributes } });
}

function renameModes(names: Readonly<Record<string, string>>): Adapter {
  return (call) => {
    const { mode } = call.attributes;
    const renamed = typeof mode === "string" ? names[mode] : undefined;
    return renamed === undefined ? call : { ...call, attributes: { ...call.attributes, mode: renamed } };
  };
}

// --- operators

/** Up to 8, `spatial` = 0 normalised every element by itself. */
function spatialOnly(call: PendingCall, g: AdaptEmitter): PendingCall {
  if (call.attributes["spatial"] === 0) g.refuse("normalises with spatial=0");
  return { ...call, attributes: without(call, "spatial") };
}

/** Before 14, more than one output meant training, with other outputs than now. */
function inferenceOnly(call: PendingCall, g: AdaptEmitter): PendingCall {
  if (call.outputs.slice(1).some((name) => name !== "")) g.refuse("is in training mode");
  return { ...call, outputs: call.outputs.slice(0, 1) };
}

function clipBounds(call: PendingCall, g: AdaptEmitter): PendingCall {
  const { dtype } = g.tensor(call.inputs[0]);
  let inputs = call.inputs.slice(0, 1);
  for (const [index, name] of [
    [1, "min"],
    [2, "max"],
  ] as const) {
    const bound = asFloat(call.attributes[name], name, g);
    if (bound !== undefined)
      inputs = withInput(inputs, index, g.constant(scalar(dtype, bound))) as (string | null)[];
  }
  return { ...call, inputs, attributes: without(call, "min", "max") };
}

/** Before 12, Dropout was the identity. */
function dropoutRatio(call: PendingCall, g: AdaptEmitter): PendingCall {
  const ratio = asFloat(call.attributes["ratio"], "ratio", g);
  const inputs =
    ratio === undefined ? call.inputs : withInput(call.inputs, 1, g.constant(scalar("f32", ratio)));
  return { ...call, inputs, attributes: without(call, "ratio", "is_test") };
}

/** Scale and bias per group become scale and bias per channel. */
function groupsToChannels(call: PendingCall, g: AdaptEmitter): PendingCall {
  const channels = g.tensor(call.inputs[0]).shape[1];
  const groups = call.attributes["num_groups"];
  if (channels === undefined || !isKnown(channels) || typeof groups !== "number" || channels % groups !== 0)
    return g.refuse("has a number of channels that is not known or not a multiple of num_groups");
  const spread = (value: string | null | undefined): string => {
    const column = g.op("Reshape", [value ?? null, g.constant(int64([groups, 1], [2]))]);
    const grid = g.op("Expand", [column, g.constant(int64([groups, channels / groups], [2]))]);
    return g.op("Reshape", [grid, g.constant(int64([channels], [1]))]);
  };
  const [x = null, scale, bias] = call.inputs;
  return { ...call, inputs: [x, spread(scale), spread(bias)] };
}

/** Before 13, softmax ran over all axes from `axis` (default 1) on. */
function flattened(call: PendingCall, g: AdaptEmitter): PendingCall {
  const { shape } = g.tensor(call.inputs[0]);
  const given = call.attributes["axis"];
  const axis = typeof given === "number" ? (given < 0 ? given + shape.length : given) : 1;
  if (axis === shape.length - 1) return { ...call, attributes: { ...call.attributes, axis: -1 } };
  const [x = null] = call.inputs;
  const flat = g.op("Flatten", [x], { axis });
  const normal = g.op(call.op, [flat], { axis: -1 });
  return { ...call, op: "Reshape", inputs: [normal, g.op("Shape", [x])], attributes: {} };
}

function padsToInputs(call: PendingCall, g: AdaptEmitter): PendingCall {
  const pads = asInts(call.attributes["pads"] ?? call.attributes["paddings"] ?? [], "pads", g);
  const value = asFloat(call.attributes["value"], "value", g);
  let inputs = withInput(call.inputs, 1, g.constant(int64(pads, [pads.length])));
  if (value !== undefined)
    inputs = withInput(inputs, 2, g.constant(scalar(g.tensor(call.inputs[0]).dtype, value)));
  return { ...call, inputs, attributes: without(call, "pads", "paddings", "value") };
}

/**
 * The largest integers stand for "to the end". Ones that a double holds exactly say the same of every axis, and a slice of a
 * constant can be evaluated.
 */
function exactBounds(call: PendingCall, g: AdaptEmitter): PendingCall {
  const largest = BigInt(Number.MAX_SAFE_INTEGER);
  const inputs = call.inputs.map((value, i) => {
    const known = i === 1 || i === 2 ? g.known(value) : undefined;
    if (known?.dtype !== "i64") return value;
    const data = known.data as BigInt64Array;
    const exact = data.map((x) => (x > largest ? largest : x < -largest ? -largest : x));
    return data.every((x, k) => x === exact[k]) ? value : g.constant({ ...known, data: exact });
  });
  return { ...call, inputs };
}

/** Some exporters give vectors of one element, which runtimes take only where they do not see it. */
function scalarInputs(call: PendingCall, g: AdaptEmitter): PendingCall {
  const inputs = call.inputs.map((value) => {
    if (value === null || g.type(value)?.shape.join() !== "1") return value;
    const known = g.known(value);
    return known === undefined
      ? g.op("Reshape", [value, g.constant(int64([], [0]))])
      : g.constant({ ...known, shape: [] });
  });
  return { ...call, inputs };
}

/** Without sizes, 18 wants to be told into how many equal parts it splits. */
function countOutputs(call: PendingCall): PendingCall {
  if (call.inputs[1] != null) return call;
  return { ...call, attributes: { ...call.attributes, num_outputs: call.outputs.length } };
}

/** What 10 and Upsample did goes by other names since 11. */
const asymmetric: Readonly<Record<string, Attribute>> = {
  coordinate_transformation_mode: "asymmetric",
  nearest_mode: "floor",
};

function resizeOfTen(call: PendingCall): PendingCall {
  const [x = null, scales = null] = call.inputs;
  return { ...call, inputs: [x, null, scales], attributes: { ...call.attributes, ...asymmetric } };
}

/** Before 13, an input that is not used had to be there, empty. */
function dropEmptyInputs(call: PendingCall, g: AdaptEmitter): PendingCall {
  const isEmpty = (value: string | null) => {
    const data = value === null ? undefined : g.known(value);
    return data !== undefined && data.dtype !== "string" && toNumbers(data).length === 0;
  };
  const inputs = call.inputs.map((value, i) => (i > 0 && isEmpty(value) ? null : value));
  // With sizes, scales are not looked at.
  if (inputs[3] != null) inputs[2] = null;
  return { ...call, inputs };
}

function scalesToInput(call: PendingCall, g: AdaptEmitter): PendingCall {
  const { scales } = call.attributes;
  const values =
    typeof scales === "object" && "floats" in scales ? scales.floats : asInts(scales ?? [], "scales", g);
  const inputs = withInput(call.inputs, 1, g.constant(tensorData("f32", [values.length], values)));
  return { ...call, inputs, attributes: without(call, "scales") };
}

function upsampleToResize(call: PendingCall): PendingCall {
  return resizeOfTen({ ...call, op: "Resize" });
}
