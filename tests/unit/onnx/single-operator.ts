/**
 * The node tests of onnx's data as calls of one operator, in the form that the importer gives them, with inputs and expected
 * outputs.
 *
 * Which inputs are known at compile time decides what a call lists. Tried are: those that the file holds; besides, those that
 * decide the outputs' shapes; besides, all that the declaration asks for.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import type { Node, Source } from "../../../src/ir/graph.ts";
import { dataTypeOf, type TensorData } from "../../../src/ir/tensor-data.ts";
import {
  isFloat,
  isInteger,
  isStatic,
  printType,
  type DataType,
  type TensorType,
} from "../../../src/ir/types.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { importModel } from "../../../src/onnx/import/import.ts";
import { decodeModel } from "../../../src/onnx/read-model.ts";
import { readElements } from "../../../src/onnx/tensor-elements.ts";
import { Call } from "../../../src/ops/call.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import type { OpDefinition } from "../../../src/ops/define.ts";
import { wrapInteger } from "../../../src/ops/dense.ts";
import { evaluateNode } from "../../../src/ops/interpret.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { close } from "../../../src/ops/shards.ts";
import { present } from "../../../src/support/assert.ts";
import { groupBy, uniqueBy } from "../../../src/support/collections.ts";
import { deviations } from "../../support/onnx-deviations.ts";
import { denseOf } from "../../support/small-elements.ts";
import { onnxTestCases, type OnnxTestCase } from "../../support/onnx-tests.ts";
import type { Prepared } from "../ops/harness.ts";
import { randomFrom } from "../ops/placed-data.ts";

/** Differences allowed relative to the larger magnitude or 1: the outputs were computed in the type itself. */
const tolerances: Partial<Record<DataType, number>> = {
  f64: 1e-7,
  f16: 5e-3,
  bf16: 2e-2,
  f8e4m3fn: 2 ** -4,
  f8e4m3fnuz: 2 ** -4,
  f8e5m2: 2 ** -3,
  f8e5m2fnuz: 2 ** -3,
  f4e2m1: 2 ** -2,
};
const tolerance = 2e-5;

/** Tests whose quantised numbers lie on a tie that f32, in which they were made, decides otherwise than f64. */
const ties: ReadonlySet<string> = new Set(["test_dynamicquantizelinear"]);

export interface VectorCall extends Prepared {
  /** The test's own inputs in round 0; in others random ones, in even rounds from a wide range where the operator takes them. */
  readonly draw: (random: () => number, round: number) => readonly (Dense | null)[];
  /** The same for calls that differ in their data alone. */
  readonly key: string;
}

export interface SingleOperator {
  readonly name: string;
  readonly op: string;
  /** The call with fewer or more inputs known at compile time. */
  readonly calls: readonly VectorCall[];
  /** What is wrong with a whole output, held against the test's. */
  readonly judge: (output: number, whole: Dense) => string | undefined;
  /** Absolute difference allowed besides what the type allows. */
  readonly slack: number;
  /** What is wrong with the list of deviations for this test. */
  readonly staleDeviation: string | undefined;
}

/** Why a test is not one of a single operator on tensors that can be run here. */
export interface LeftOut {
  readonly reason: string;
}

/** A test's operator on its first data set. */
export function readSingleOperator(testCase: OnnxTestCase): SingleOperator | LeftOut {
  const model = decodeModel(readFileSync(testCase.model));
  if (model.proto.graph?.node?.length !== 1) return { reason: "several operators" };
  const { graph } = importOrReason(model);
  if (typeof graph === "string") return { reason: graph };
  const [node, ...others] = graph.nodes;
  if (node === undefined) return { reason: "nothing left after import" };
  if (others.length > 0) return { reason: "several operators after import" };
  const { op } = node;
  if (node.regions !== undefined) return { reason: "runs bodies" };
  const definition = findOp(op);
  if (definition === undefined) return { reason: "operator not declared" };
  const types = [...node.inputs, ...node.outputs].map((name) =>
    name === null ? undefined : graph.values.get(name)?.type,
  );
  if (types.some((type) => type !== undefined && type.kind !== "tensor"))
    return { reason: "sequences and optionals" };
  const [folder] = testCase.dataSets;
  if (folder === undefined) return { reason: "no data" };

  const initialized = new Set((model.proto.graph.initializer ?? []).map(({ name }) => name));
  const fed = (model.proto.graph.input ?? []).flatMap(({ name }) =>
    initialized.has(name) ? [] : [name ?? ""],
  );
  const sources = new Map(graph.sources.map((source) => [source.value, source]));
  const data = node.inputs.map((name) =>
    name === null ? null : dataOf(sources.get(name) as Source, fed, folder),
  );
  const expected = new Map(
    graph.outputs.map(({ value }, i) => [node.outputs.indexOf(value), readTensor(folder, `output_${i}.pb`)]),
  );
  const unreadable = [...data, ...expected.values()].find((x) => x !== null && denseOf(x) === undefined);
  if (unreadable != null) return { reason: `elements of ${unreadable.dtype}` };
  const reason = definition.whyUnevaluated(callOf(node, data, () => true));
  if (reason !== undefined) return { reason: `not evaluated: ${reason}` };
  const held = node.inputs.flatMap((name, i) =>
    name !== null && sources.get(name)?.kind === "constant" ? [i] : [],
  );
  const { name } = testCase;
  const deviates = deviations.has(name);
  const slack = ties.has(name) ? 1 : 0;
  const compare = (output: number, whole: Dense) => {
    const wanted = expected.get(output);
    return wanted === undefined ? undefined : differenceOf(whole, wanted, slack);
  };
  return {
    name,
    op,
    calls: callsOf(name, definition, node, data, held),
    judge: deviates ? () => undefined : compare,
    slack,
    staleDeviation: deviates && !differs(node, data, compare) ? `${name} no longer deviates` : undefined,
  };
}

function differs(
  node: Node,
  data: readonly (TensorData | null)[],
  compare: (output: number, whole: Dense) => string | undefined,
): boolean {
  const made = evaluateNode(
    node,
    data.map((x) => (x === null ? null : denseIn(x))),
  );
  return made.some((whole, output) => compare(output, whole) !== undefined);
}

function importOrReason(model: Parameters<typeof importModel>[0]) {
  try {
    return importModel(model, { inline: true });
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    return { graph: `not imported: ${error.diagnostics.map(({ code }) => code).join(", ")}` };
  }
}

const inMemory = decodeModel(onnx.ModelProto.encode({}).finish());

function readTensor(folder: string, file: string): TensorData {
  return readElements(inMemory, onnx.TensorProto.decode(readFileSync(join(folder, file))));
}

function dataOf(source: Source, fed: readonly string[], folder: string): TensorData {
  if (source.kind === "constant") return source.data;
  if (source.kind === "parameter" && source.initializer.kind === "inline") return source.initializer.data;
  return readTensor(folder, `input_${fed.indexOf(source.value)}.pb`);
}

// --- which

/** The node tests by operator of the file. Those with several operators stand together. */
export function testsByOperator(): ReadonlyMap<string, readonly OnnxTestCase[]> {
  return groupBy(onnxTestCases("node"), ({ model }) => {
    const nodes = decodeModel(readFileSync(model)).proto.graph?.node ?? [];
    return nodes.length === 1 ? `${nodes[0]?.domain ?? ""}.${nodes[0]?.opType}` : "";
  });
}

// --- calls

function callsOf(
  name: string,
  definition: OpDefinition,
  node: Node,
  data: readonly (TensorData | null)[],
  held: readonly number[],
): VectorCall[] {
  const read = new Set(held);
  const asking = callOf(node, data, (i) => read.add(i).has(i));
  definition.infer(asking);
  const needed = [...read];
  for (const devices of [2, 3]) {
    definition.signatures(asking, { devices, unitsOf: () => [1, 2] });
    definition.forms(asking, { devices, unitsOf: () => [1, 2] });
  }
  const sets = uniqueBy([held, needed, [...read]], (set) => [...set].sort((a, b) => a - b).join());
  const prepared = sets.map((known) => prepareCall(name, definition, node, data, new Set(known)));
  const all = prepared.filter((one) => one !== undefined);
  const typed = all.filter(({ outputTypes }) => outputTypes.every(isStatic));
  return typed.length > 0 ? typed : all.slice(-1);
}

function callOf(
  { op, name, location, attributes, outputs }: Node,
  data: readonly (TensorData | null)[],
  knows: (index: number) => boolean,
): Call {
  return new Call({
    op,
    name,
    location,
    attributes,
    inputs: data.map((x) => (x === null ? null : dataTypeOf(x))),
    constants: (i) => (data[i] != null && knows(i) ? data[i] : undefined),
    outputs: outputs.length,
  });
}

/** The call with these inputs known; undefined where they do not suffice for its types. */
function prepareCall(
  test: string,
  definition: OpDefinition,
  node: Node,
  data: readonly (TensorData | null)[],
  known: ReadonlySet<number>,
): VectorCall | undefined {
  const call = callOf(node, data, (i) => known.has(i));
  let outputTypes: readonly TensorType[];
  try {
    outputTypes = definition.infer(call).slice(0, node.outputs.length) as readonly TensorType[];
  } catch (error) {
    if (error instanceof SbpcError) return undefined;
    throw error;
  }
  const inputTypes = data.map((x) => (x === null ? null : dataTypeOf(x)));
  const inputs = data.map((x) => (x === null ? null : denseIn(x)));
  const opCase = { op: node.op, attributes: node.attributes, inputs: data };
  const own: Node = {
    ...node,
    inputs: node.inputs.map((name, i) => (name === null ? null : `x${i}`)),
    outputs: node.outputs.map((_, i) => `y${i}`),
  };
  const draw = (random: () => number, round: number) => {
    if (round === 0) return inputs;
    const far = ["wide", "wide", "wide floats"] as const;
    const spreads = [...(round % 2 === 0 ? far : []), "beyond", "beyond", "within"] as const;
    for (const spread of spreads) {
      const drawn = drawLike(inputs, known, random, spread);
      if (agrees(own, drawn, outputTypes)) return drawn;
    }
    return inputs;
  };
  const text = callText(node, data, known);
  const values = data.map((x, i) => (known.has(i) ? `${x?.data.join()}` : ""));
  return {
    opCase,
    text: `${text} of ${test}`,
    key: `${text} ${values.join(";")}`,
    definition,
    node: own,
    call,
    inputTypes,
    outputTypes,
    draw,
  };
}

function callText(
  { op, attributes }: Node,
  data: readonly (TensorData | null)[],
  known: ReadonlySet<number>,
): string {
  const inputs = data.map((x, i) =>
    x === null ? "-" : `${printType(dataTypeOf(x))}${known.has(i) ? " known" : ""}`,
  );
  const text = JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  return `${op}(${inputs.join(", ")})${text === "{}" ? "" : ` ${text}`}`;
}

/**
 * Other inputs like the test's. Elements that are not known lie between the smallest and the largest (`within`), up to three
 * past them (`beyond`), or between -4 and 4 (`wide`; `wide floats`: floats alone).
 */
function drawLike(
  inputs: readonly (Dense | null)[],
  known: ReadonlySet<number>,
  random: () => number,
  spread: "within" | "beyond" | "wide" | "wide floats",
): readonly (Dense | null)[] {
  return inputs.map((x, i) => {
    if (x === null || known.has(i) || x.data.length === 0) return x;
    if (x.dtype === "string") {
      const pick = () => x.data[Math.floor(random() * x.data.length)] as number;
      return { ...x, data: x.data.map(pick) };
    }
    if (x.dtype === "bool") return { ...x, data: x.data.map(() => Number(random() < 0.5)) };
    const finite = x.data.filter(Number.isFinite);
    const more = spread === "beyond" ? 3 : 0;
    const ends = [
      finite.reduce((a, b) => Math.min(a, b), Infinity) - more,
      finite.reduce((a, b) => Math.max(a, b), -Infinity) + more,
    ] as const;
    const wide = spread === "wide" || (spread === "wide floats" && isFloat(x.dtype));
    const [low, high] = wide ? ([-4, 4] as const) : ends;
    const pick = isInteger(x.dtype)
      ? (old: number) => {
          const value = low + Math.floor((high - low + 1) * random());
          return wrapInteger(x.dtype, value) === value ? value : old;
        }
      : () => low + (high - low) * random();
    return { ...x, data: x.data.map((old) => (Number.isFinite(old) ? pick(old) : old)) };
  });
}

/** Whether the operator takes the inputs and gives what it gave for the test's. */
function agrees(node: Node, inputs: readonly (Dense | null)[], types: readonly TensorType[]): boolean {
  try {
    return evaluateNode(node, inputs).every((x, i) => x.shape.join() === types[i]?.shape.join());
  } catch {
    return false;
  }
}

/** Inputs that do not matter to the outputs, as far as a few draws say. */
export function withoutInfluence({ node, draw, call, text }: VectorCall): Set<number> {
  const random = randomFrom(`influence ${text}`);
  const idle = new Set(
    call.inputs.flatMap((type, i) => (type === null || call.constant(i) !== undefined ? [] : [i])),
  );
  for (const round of [1, 2, 3, 4, 5, 6]) {
    const [inputs, others] = [draw(random, round), draw(random, round)];
    const before = evaluateNode(node, inputs);
    for (const i of idle) {
      try {
        const after = evaluateNode(
          node,
          inputs.map((x, k) => (k === i ? (others[k] as Dense) : x)),
        );
        const same = after.every((x, o) => x.data.every((v, k) => Object.is(v, before[o]?.data[k])));
        if (!same) idle.delete(i);
      } catch {
        idle.delete(i);
      }
    }
  }
  return idle;
}

function denseIn(tensor: TensorData): Dense {
  return present(denseOf(tensor), "elements that are no numbers", () => tensor.dtype);
}

function differenceOf(actual: Dense, expected: TensorData, slack: number): string | undefined {
  const wanted = denseIn(expected).data;
  const allowed = isFloat(expected.dtype) ? (tolerances[expected.dtype] ?? tolerance) : 0;
  const at = wanted.findIndex((x, i) => {
    const own = actual.data[i] as number;
    return !close(own, x, allowed) && !(Math.abs(own - x) <= slack);
  });
  return at < 0 ? undefined : `[${at}] is ${actual.data[at]}, the test says ${wanted[at]}`;
}
