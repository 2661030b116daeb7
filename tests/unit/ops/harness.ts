/**
 * Signatures checked by execution: a call run on simulated devices in the layouts of a signature, against the whole.
 *
 * Partial operands come in two kinds. `terms`: every device holds something, of differing sign and size (about 60/40 for
 * two devices; for max and min the others lie beside the owner by about 1). `owners`: for every element one device holds
 * it and the others hold the identity element, which is what masking and padding make.
 */
import { unknownLocation } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import type { Graph, Node, NodeSignature } from "../../../src/ir/graph.ts";
import {
  broadcast,
  devicesPerStage,
  partial,
  split,
  type Mesh,
  type NdSbp,
  type Reduction,
  type Sbp,
} from "../../../src/ir/layout.ts";
import { tensorData, toNumbers } from "../../../src/ir/tensor-data.ts";
import {
  isFloat,
  isInteger,
  isStatic,
  knownShape,
  tensorType,
  type DataType,
  type TensorType,
} from "../../../src/ir/types.ts";
import { Call } from "../../../src/ops/call.ts";
import { identityElement } from "../../../src/ops/compiler.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import type { OpDefinition } from "../../../src/ops/define.ts";
import { expandForm, printNodeSignature } from "../../../src/ops/forms.ts";
import { evaluateNode } from "../../../src/ops/interpret.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { assemble, close, takeShard } from "../../../src/ops/shards.ts";
import { isSplittable, normalizeLayout } from "../../../src/sbp/geometry.ts";
import { coordinatesOf } from "../../../src/sbp/mesh.ts";
import { printSignature, type Signature } from "../../../src/sbp/signature.ts";
import { present } from "../../../src/support/assert.ts";
import { cartesian, product, range } from "../../../src/support/collections.ts";
import { executeSharded, type Shards, type ShardedOptions } from "../../support/sharded.ts";
import type { CaseInput, OpCase } from "./case.ts";

/** Differences allowed, relative to the larger magnitude or 1; what `localize` and forms emit may hold constants rounded to f32. */
const tolerance = 1e-6;

/** The same for the operator itself on shards, which is all in f64. */
const exactTolerance = 1e-9;

export type TermKind = "terms" | "owners";

export interface Prepared {
  readonly opCase: OpCase;
  readonly text: string;
  readonly definition: OpDefinition;
  readonly node: Node;
  readonly call: Call;
  readonly inputTypes: readonly (TensorType | null)[];
  readonly outputTypes: readonly TensorType[];
}

export function prepare(
  opCase: OpCase,
  definition: OpDefinition = present(findOp(opCase.op), "undeclared operator", () => opCase.op),
): Prepared {
  const inputs = opCase.inputs.map((input, i) => (input === null ? null : `x${i}`));
  const node: Node = {
    name: "node",
    op: opCase.op,
    inputs,
    outputs: range(opCase.outputs ?? 1).map((i) => `y${i}`),
    attributes: opCase.attributes ?? {},
    location: unknownLocation,
    module: "",
  };
  const inputTypes = opCase.inputs.map((input) =>
    input === null ? null : tensorType(input.dtype, input.shape),
  );
  const call = new Call({
    ...node,
    inputs: inputTypes,
    constants: (i) => {
      const input = opCase.inputs[i];
      return input?.constant === undefined ? undefined : tensorData(input.dtype, input.shape, input.constant);
    },
    outputs: node.outputs.length,
  });
  const outputTypes = definition.infer(call).slice(0, node.outputs.length);
  return { opCase, text: caseText(opCase), definition, node, call, inputTypes, outputTypes };
}

export function caseText(opCase: OpCase): string {
  const inputs = opCase.inputs.map((input) => {
    if (input === null) return "-";
    return `${input.dtype}[${input.shape.join()}]${input.constant === undefined ? "" : `=${input.constant.join(" ")}`}`;
  });
  const attributes = JSON.stringify(opCase.attributes ?? {}, (_, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  return `${opCase.op}(${inputs.join(", ")})${attributes === "{}" ? "" : ` ${attributes}`}`;
}

export function meshOf(...sizes: number[]): Mesh {
  return { axes: sizes.map((size, i) => ({ name: "abc"[i] as string, size })), stages: 1 };
}

// --- data

export type Random = () => number;

/** Numbers in [0, 1), the same for the same text. */
export function randomFrom(text: string): Random {
  let state = 2166136261;
  for (const c of text) state = Math.imul(state ^ (c.codePointAt(0) as number), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole inputs; constants are what the case says. `wide`: floats from -3 to 3 whatever range the case gives. */
export function drawInputs(
  { opCase }: Pick<Prepared, "opCase">,
  random: Random,
  wide = false,
): (Dense | null)[] {
  return opCase.inputs.map((input) => {
    if (input === null) return null;
    if (input.constant !== undefined)
      return {
        dtype: input.dtype,
        shape: input.shape,
        data: toNumbers(tensorData(input.dtype, input.shape, input.constant)),
      };
    const drawn = wide && isFloat(input.dtype) ? { ...input, low: -3, high: 3 } : input;
    return {
      dtype: input.dtype,
      shape: input.shape,
      data: Float64Array.from(range(product(input.shape)), () => draw(drawn, random)),
    };
  });
}

function draw({ dtype, low, high, special }: CaseInput, random: Random): number {
  if (special !== undefined && random() < 0.3)
    return special[Math.floor(random() * special.length)] as number;
  if (dtype === "bool") return random() < 0.5 ? 0 : 1;
  if (!isInteger(dtype)) {
    const [from, to] = [low ?? -2, high ?? 2];
    return from + (to - from) * random();
  }
  const [from, to] = [low ?? (dtype.startsWith("u") ? 0 : -2), high ?? (dtype.startsWith("u") ? 4 : 2)];
  return from + Math.floor((to - from + 1) * random());
}

/** `count` terms whose sum, maximum or minimum is `whole`. */
export function termsOf(
  whole: Dense,
  reduce: Reduction,
  count: number,
  kind: TermKind,
  random: Random,
): Dense[] {
  const identity = Math.min(
    toNumbers(identityElement(reduce, whole.dtype))[0] as number,
    highestOf(whole.dtype),
  );
  const terms = range(count).map(() => new Float64Array(whole.data.length));
  whole.data.forEach((x, i) => {
    const owner = Math.floor(random() * count);
    const others = kind === "owners" || (reduce === "sum" && (whole.dtype === "bool" || !Number.isFinite(x)));
    if (others) terms.forEach((term, t) => (term[i] = t === owner ? x : identity));
    else if (reduce === "sum") spread(x, terms, i, whole, random);
    else terms.forEach((term, t) => (term[i] = t === owner ? x : beside(x, reduce, whole, random)));
  });
  return terms.map((data) => ({ dtype: whole.dtype, shape: whole.shape, data }));
}

/** The largest number of f64 that an element type holds. */
function highestOf(dtype: DataType): number {
  return dtype === "i64" ? 2 ** 63 - 1024 : dtype === "u64" ? 2 ** 64 - 2048 : Infinity;
}

/** Terms of a sum: the first about 0.6 of it, all shifted by offsets of both signs that cancel. */
function spread(
  x: number,
  terms: readonly Float64Array[],
  i: number,
  { dtype }: Dense,
  random: Random,
): void {
  let rest = x;
  terms.forEach((term, t) => {
    const last = t === terms.length - 1;
    let part: number;
    if (last) part = rest;
    else if (!isInteger(dtype)) part = 0.6 * rest + (random() < 0.5 ? -1 : 1) * (0.2 + random());
    else if (dtype.startsWith("u")) part = Math.floor(random() * (rest + 1));
    else part = Math.round(0.6 * rest) + Math.floor(random() * 7) - 3;
    term[i] = part;
    rest -= part;
  });
}

/** What a device that does not own an element may hold of it under max (at most `x`) or min (at least `x`). */
function beside(x: number, reduce: Reduction, { dtype }: Dense, random: Random): number {
  if (dtype === "bool") return x === (reduce === "max" ? 0 : 1) ? x : Number(random() < 0.5);
  const distance = isInteger(dtype)
    ? Math.floor(random() * 4)
    : reduce === "max"
      ? 0.4 + 1.8 * random()
      : 0.2 + random();
  const value = reduce === "max" ? x - distance : x + distance;
  return dtype.startsWith("u") ? Math.max(0, value) : value;
}

/** What every device holds of a whole tensor in `layout`. */
export function place(whole: Dense, layout: NdSbp, mesh: Mesh, kind: TermKind, random: Random): Shards {
  const reduces = layout.flatMap((sbp) => (sbp.kind === "P" ? [sbp.reduce] : []));
  const boxes = layout.map((sbp) => (sbp.kind === "P" ? broadcast : sbp));
  const partialAxes = range(layout.length).filter((axis) => layout[axis]?.kind === "P");
  const terms =
    reduces[0] === undefined
      ? [whole]
      : termsOf(
          whole,
          reduces[0],
          product(partialAxes.map((axis) => mesh.axes[axis]?.size ?? 1)),
          kind,
          random,
        );
  return range(devicesPerStage(mesh)).map((device) => {
    const coordinates = coordinatesOf(mesh, device);
    const term = partialAxes.reduce(
      (index, axis) => index * (mesh.axes[axis]?.size ?? 1) + (coordinates[axis] as number),
      0,
    );
    return takeShard(terms[term] as Dense, boxes, mesh, device);
  });
}

// --- running

/** The case as a graph of one node with this signature. */
export function graphOf(prepared: Prepared, signature: NodeSignature): Graph {
  const { opCase, node, inputTypes, outputTypes, call } = prepared;
  const builder = new GraphBuilder(opCase.op);
  node.inputs.forEach((name, i) => {
    if (name === null) return;
    const data = call.constant(i);
    const source = { value: name, location: unknownLocation };
    const value = { name, type: inputTypes[i] as TensorType, layout: signature.inputs[i] as NdSbp };
    builder.addSource(
      data === undefined ? { kind: "input", ...source } : { kind: "constant", ...source, data },
      value,
    );
  });
  builder.addNode(
    { ...node, signature },
    node.outputs.map((name, i) => ({
      name,
      type: outputTypes[i] as TensorType,
      layout: signature.outputs[i] as NdSbp,
    })),
  );
  return builder.finish(node.outputs.map((value) => ({ name: value, value })));
}

/** The call executed in the layouts of `signature` (or its form) against the whole: what differs, or undefined. */
export function checkSignature(
  prepared: Prepared,
  signature: NodeSignature,
  mesh: Mesh,
  kind: TermKind,
  seed: string,
  options: ShardedOptions = {},
): string | undefined {
  const random = randomFrom(`${prepared.text} ${seed}`);
  const inputs = drawInputs(prepared, random);
  const expected = evaluateNode(prepared.node, inputs);
  const shardsOf = (i: number) => place(inputs[i] as Dense, signature.inputs[i] as NdSbp, mesh, kind, random);
  try {
    const { graph, names, outputs } = graphFor(prepared, signature, mesh);
    const feeds = new Map(names.flatMap((name, i) => (name === null ? [] : [[name, shardsOf(i)] as const])));
    const own = (op: string) => (op === prepared.node.op ? prepared.definition : findOp(op));
    const values = executeSharded(graph, mesh, feeds, { operators: own, ...options });
    for (const [i, name] of outputs.entries()) {
      const shards = values.get(name) as Shards;
      const whole = assemble(
        shards,
        knownShape(prepared.outputTypes[i] as TensorType),
        signature.outputs[i] as NdSbp,
        mesh,
        { tolerance },
      );
      if (whole === undefined) return `output ${i} is not laid out as ${printNodeSignature(signature)} says`;
      const at = whole.data.findIndex((x, k) => !close(x, expected[i]?.data[k] as number, tolerance));
      if (at >= 0) return `output ${i}[${at}] is ${whole.data[at]} instead of ${expected[i]?.data[at]}`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

function graphFor(prepared: Prepared, signature: NodeSignature, mesh: Mesh) {
  if (signature.form === undefined)
    return {
      graph: graphOf(prepared, signature),
      names: prepared.node.inputs,
      outputs: prepared.node.outputs,
    };
  const expansion = present(expandForm({ ...prepared, signature, mesh }), "form cannot be expanded", () =>
    printNodeSignature(signature),
  );
  return { graph: expansion.graph, names: expansion.inputs, outputs: expansion.outputs };
}

/** The block sizes that signatures are asked for. */
const unitsOf = () => [1, 2];

/** Whether every output has its shape from the inputs' shapes; otherwise it can only run whole. */
export function hasStaticOutputs({ outputTypes }: Prepared): boolean {
  return outputTypes.every(isStatic);
}

export function listedSignatures({ definition, call }: Prepared, devices: number): readonly Signature[] {
  return definition.signatures(call, { devices, unitsOf });
}

export function listedForms({ definition, call }: Prepared, devices: number): readonly Signature[] {
  return definition.forms(call, { devices, unitsOf }).map((form) => ({ ...form.signature, form: form.name }));
}

/** Signatures for single mesh axes put together; undefined where a tensor cannot be split as deep or mixes reductions. */
export function combine(
  prepared: Prepared,
  perAxis: readonly Signature[],
  mesh: Mesh,
): NodeSignature | undefined {
  const layoutOf = (
    type: TensorType | null | undefined,
    components: readonly (Sbp | null)[],
  ): NdSbp | null | undefined => {
    if (type == null || components.includes(null)) return null;
    const layout = components as readonly Sbp[];
    if (new Set(layout.flatMap((sbp) => (sbp.kind === "P" ? [sbp.reduce] : []))).size > 1) return undefined;
    return isSplittable(knownShape(type), layout, mesh)
      ? normalizeLayout(knownShape(type), layout, mesh)
      : undefined;
  };
  const inputs = prepared.inputTypes.map((type, i) =>
    layoutOf(
      type,
      perAxis.map((signature) => signature.inputs[i] ?? null),
    ),
  );
  const outputs = prepared.outputTypes.map((type, i) =>
    layoutOf(
      type,
      perAxis.map((signature) => signature.outputs[i] as Sbp),
    ),
  );
  if (inputs.includes(undefined) || outputs.some((layout) => layout == null)) return undefined;
  const form = perAxis.find((signature) => signature.form !== undefined)?.form;
  return {
    inputs: inputs as (NdSbp | null)[],
    outputs: outputs as NdSbp[],
    ...(form === undefined ? {} : { form }),
  };
}

// --- brute force

export interface BruteForce {
  /** Combinations of layouts of all inputs and outputs that were looked at. */
  readonly combinations: number;
  /** Whether only some of the inputs' combinations were tried. */
  readonly sampled: boolean;
  /** True signatures that neither are listed nor follow from listed ones, at `devices` devices. */
  readonly missing: readonly { readonly devices: number; readonly signature: Signature }[];
}

const mostCombinations = 20_000;
const partials: readonly Sbp[] = [partial("sum"), partial("max"), partial("min")];

/**
 * Tries every combination of S(i), B and P on inputs and outputs, running the operator itself, with its attributes, on the
 * shards. Inputs known at compile time stay whole. True is what holds on several data sets with two and with three devices.
 */
export function bruteForce(prepared: Prepared): BruteForce {
  const { opCase, inputTypes, outputTypes } = prepared;
  const fits = (size: number) => size >= 3;
  const splits = (type: TensorType) =>
    knownShape(type).flatMap((size, axis) => (fits(size) ? [split(axis)] : []));
  const choices = (type: TensorType): readonly Sbp[] => [
    broadcast,
    ...splits(type),
    ...partials.slice(type.dtype === "bool" ? 1 : 0),
  ];
  const inputChoices = inputTypes.map((type, i): readonly (Sbp | null)[] =>
    type === null ? [null] : opCase.inputs[i]?.constant !== undefined ? [broadcast] : choices(type),
  );
  const outputChoices = outputTypes.map(choices);
  const perInput = product(outputChoices.map((list) => list.length));
  const total = product(inputChoices.map((list) => list.length)) * perInput;
  const sampled = total > mostCombinations;
  const random = randomFrom(prepared.text);
  const tried = sampled
    ? range(Math.ceil(mostCombinations / perInput)).map(() =>
        inputChoices.map((list) => list[Math.floor(random() * list.length)] as Sbp | null),
      )
    : cartesian(inputChoices);
  const trials = range(3).flatMap((round) =>
    [2, 3].flatMap((devices) =>
      (["terms", "owners"] as const).map((kind) => once(() => new Trial(prepared, devices, kind, round))),
    ),
  );
  const listed = new Map([2, 3].map((devices) => [devices, normalizedSignatures(prepared, devices)]));
  const missing: { devices: number; signature: Signature }[] = [];
  for (const inputs of tried) {
    let candidates: readonly (readonly Sbp[])[] = outputChoices;
    for (const trial of trials) {
      candidates = trial().outputsThatHold(inputs, candidates);
      if (candidates.some((list) => list.length === 0)) break;
    }
    for (const outputs of cartesian(candidates)) {
      for (const devices of [2, 3]) {
        const signature = { inputs, outputs };
        if ((listed.get(devices) ?? []).some((from) => follows(signature, from))) continue;
        missing.push({ devices, signature });
        break;
      }
    }
  }
  return { combinations: tried.length * perInput, sampled, missing };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function normalizedSignatures(prepared: Prepared, devices: number): Signature[] {
  const mesh = meshOf(devices);
  const normal = (type: TensorType | null | undefined, sbp: Sbp | null) =>
    type == null || sbp === null ? sbp : (normalizeLayout(knownShape(type), [sbp], mesh)[0] as Sbp);
  return listedSignatures(prepared, devices).map((signature) => ({
    inputs: signature.inputs.map((sbp, i) => normal(prepared.inputTypes[i], sbp)),
    outputs: signature.outputs.map((sbp, i) => normal(prepared.outputTypes[i], sbp) as Sbp),
  }));
}

/**
 * Whether `signature` is no better than `listed`: it follows from it without communication. From an output B every device
 * makes any layout alone (slice, mask); equal tensors are P(max) and P(min) of themselves, so a listed input that is P(max) or
 * P(min) may as well be B.
 */
export function follows(signature: Signature, listed: Signature): boolean {
  const weakens = (broad: Sbp, narrow: Sbp) =>
    narrow.kind === "B" && broad.kind === "P" && broad.reduce !== "sum";
  const same = (a: Sbp, b: Sbp) =>
    printSignature({ inputs: [a], outputs: [] }) === printSignature({ inputs: [b], outputs: [] });
  return (
    signature.inputs.every((sbp, i) => {
      const other = listed.inputs[i] ?? null;
      return sbp === null || other === null ? sbp === other : same(sbp, other) || weakens(other, sbp);
    }) &&
    signature.outputs.every((sbp, i) => {
      const other = listed.outputs[i] as Sbp;
      return same(sbp, other) || other.kind === "B";
    })
  );
}

/** One data set on so many devices: which output layouts hold for which input layouts. */
class Trial {
  readonly #prepared: Prepared;
  readonly #mesh: Mesh;
  readonly #expected: readonly Dense[];
  readonly #inputs: readonly (Dense | null)[];
  readonly #kind: TermKind;
  readonly #seed: string;
  readonly #placed = new Map<string, Shards>();

  /** Floats leave the range that the case gives in the last round: a signature holds for all numbers. */
  constructor(prepared: Prepared, devices: number, kind: TermKind, round: number) {
    this.#prepared = prepared;
    this.#mesh = meshOf(devices);
    this.#kind = kind;
    this.#seed = `${prepared.text} ${devices} ${kind} ${round}`;
    this.#inputs = drawInputs(prepared, randomFrom(this.#seed), round === 2);
    this.#expected = evaluateNode(prepared.node, this.#inputs);
  }

  outputsThatHold(layouts: readonly (Sbp | null)[], candidates: readonly (readonly Sbp[])[]): Sbp[][] {
    const { node, outputTypes } = this.#prepared;
    const results: Dense[][] = [];
    const devices = devicesPerStage(this.#mesh);
    for (const device of range(devices)) {
      const made = this.#runOn(
        layouts.map((sbp, i) => (sbp === null ? null : (this.#place(i, sbp)[device] as Dense))),
      );
      if (made === undefined) return candidates.map(() => []);
      results.push(made);
    }
    return candidates.map((list, o) =>
      list.filter((sbp) => {
        const shards = results.map((made) => made[o] as Dense);
        const whole = assemble(shards, knownShape(outputTypes[o] as TensorType), [sbp], this.#mesh, {
          tolerance,
        });
        const expected = this.#expected[o] as Dense;
        return (
          whole !== undefined &&
          node.outputs.length > o &&
          whole.data.every((x, k) => close(x, expected.data[k] as number, exactTolerance))
        );
      }),
    );
  }

  #place(input: number, sbp: Sbp): Shards {
    const key = `${input} ${JSON.stringify(sbp)}`;
    const known = this.#placed.get(key);
    if (known !== undefined) return known;
    const shards = place(
      this.#inputs[input] as Dense,
      [sbp],
      this.#mesh,
      this.#kind,
      randomFrom(`${this.#seed} ${key}`),
    );
    this.#placed.set(key, shards);
    return shards;
  }

  /** The operator on one device's shards; undefined where it refuses them. */
  #runOn(inputs: readonly (Dense | null)[]): Dense[] | undefined {
    const { definition, call, node } = this.#prepared;
    try {
      definition.infer(
        call.withInputs(inputs.map((x) => (x === null ? null : tensorType(x.dtype, x.shape)))),
      );
      return evaluateNode(node, inputs, () => definition);
    } catch {
      return undefined;
    }
  }
}
