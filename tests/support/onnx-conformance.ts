/** One test of onnx's data: its model imported, its types inferred, and what is exported again executed. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { isKnown } from "../../src/ir/dim.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { hasNumbers, readNumber, type TensorData, type TypedArray } from "../../src/ir/tensor-data.ts";
import { dataTypes, isRanked, knownShape, printType, type ValueType } from "../../src/ir/types.ts";
import { verifyGraph } from "../../src/ir/verify.ts";
import { printGraph } from "../../src/ir/text/print.ts";
import { parseGraph } from "../../src/ir/text/parse.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { importModel } from "../../src/onnx/import/import.ts";
import type { DecodedModel } from "../../src/onnx/model-file.ts";
import { decodeModel } from "../../src/onnx/read-model.ts";
import { readElements } from "../../src/onnx/tensor-elements.ts";
import { encodeModel } from "../../src/onnx/write.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { fillParameter } from "../../src/plan/random.ts";
import { wholeBox } from "../../src/plan/box-copy.ts";
import type { OnnxRunner } from "./onnx-run.ts";

/** "ok", or why not. */
export interface Verdicts {
  readonly operator: string;
  readonly imported: string;
  /** Types of the results, inferred without those that the file states for them. */
  readonly types: string;
  /** "skipped: …" where ONNX Runtime does not pass the original either. */
  readonly executed: string;
}

/** What the file's only operator is called; the test's own name where there are several. */
function operatorOf(model: DecodedModel, name: string): string {
  const nodes = model.proto.graph?.node ?? [];
  if (/_expanded(_ver\d+)?$/.test(name)) return "(expanded functions)";
  const [only] = nodes;
  if (nodes.length !== 1 || only === undefined) return "(several operators)";
  const domain = only.domain == null || only.domain === "" ? "" : `${only.domain}.`;
  return `${domain}${only.opType}`;
}

export async function judge(
  name: string,
  path: string,
  dataSet: string | undefined,
  runner: OnnxRunner,
): Promise<Verdicts> {
  const bytes = readFileSync(path);
  const model = decodeModel(bytes);
  const operator = operatorOf(model, name);
  let graph: Graph;
  try {
    graph = importModel(model).graph;
    const [problem] = verifyGraph(graph);
    if (problem !== undefined) throw new Error(problem.message);
    const text = printGraph(graph);
    if (printGraph(parseGraph(text)) !== text) throw new Error("its text reads back as another graph");
  } catch (error) {
    return { operator, imported: reasonOf(error), types: "not imported", executed: "not imported" };
  }
  const expected = dataSet === undefined ? undefined : readData(dataSet, "output");
  return {
    operator,
    imported: "ok",
    types: expected === undefined ? "ok" : judgeTypes(bytes, expected),
    executed: await execute(bytes, graph, model, dataSet, expected, runner),
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof SbpcError)
    return error.diagnostics.map(({ code, message }) => `${code}: ${message}`).join("; ");
  return `fault: ${error instanceof Error ? error.message : String(error)}`;
}

// --- types

/** Imports the model without the shapes that it states for its results, and compares with what they are. */
function judgeTypes(bytes: Uint8Array, expected: readonly Datum[]): string {
  const proto = onnx.ModelProto.decode(bytes);
  for (const output of proto.graph?.output ?? []) {
    const tensor = output.type?.tensorType;
    if (tensor != null) delete tensor.shape;
  }
  let graph: Graph;
  try {
    graph = importModel(decodeModel(onnx.ModelProto.encode(proto).finish())).graph;
  } catch (error) {
    return reasonOf(error);
  }
  const problems = graph.outputs.flatMap(({ value }, i): string[] => {
    const inferred = (graph.values.get(value) as { readonly type: ValueType }).type;
    const actual = expected[i];
    if (actual === undefined) return [];
    const problem = compareTypes(inferred, actual);
    return problem === undefined ? [] : [problem];
  });
  return problems.length === 0 ? "ok" : problems.join("; ");
}

function compareTypes(inferred: ValueType, actual: Datum): string | undefined {
  if (actual.kind !== "tensor") return undefined;
  const { dtype, shape } = actual.tensor;
  const say = (what: string) => `${what}: ${printType(inferred)} is ${dtype}[${shape.join(", ")}]`;
  if (inferred.kind !== "tensor" || inferred.dtype !== dtype) return say("wrong");
  if (!isRanked(inferred)) return "open: the number of axes";
  if (inferred.shape.length !== shape.length) return say("wrong");
  if (inferred.shape.some((dim, i) => isKnown(dim) && dim !== shape[i])) return say("wrong");
  return inferred.shape.every(isKnown) ? undefined : "open: a size";
}

// --- data

type Datum = { readonly kind: "tensor"; readonly tensor: TensorData } | { readonly kind: "other" };

/** `input_0.pb`, `input_1.pb`, … of a data set; sequences and optionals only as such. */
function readData(folder: string, kind: "input" | "output"): Datum[] {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${kind}_`));
  return files.map((_, i): Datum => {
    const bytes = readFileSync(join(folder, `${kind}_${i}.pb`));
    try {
      const proto = onnx.TensorProto.decode(bytes);
      if (proto.dataType == null || proto.dataType === 0) return { kind: "other" };
      return { kind: "tensor", tensor: readElements(inMemory, proto) };
    } catch {
      return { kind: "other" };
    }
  });
}

const inMemory: Pick<DecodedModel, "files" | "payload"> = {
  files: { size: () => undefined, read: () => new Uint8Array() },
  payload: () => undefined,
};

function host(tensor: TensorData): HostTensor {
  return { dtype: tensor.dtype, shape: tensor.shape, data: tensor.data as TypedArray };
}

// --- execution

async function execute(
  bytes: Uint8Array,
  graph: Graph,
  model: DecodedModel,
  dataSet: string | undefined,
  expected: readonly Datum[] | undefined,
  runner: OnnxRunner,
): Promise<string> {
  const initialized = new Set((model.proto.graph?.initializer ?? []).map(({ name }) => name));
  const inputs = (model.proto.graph?.input ?? []).map(({ name }) => name ?? "");
  const given: Record<string, HostTensor> = {};
  if (dataSet === undefined) {
    for (const source of graph.sources)
      if (source.kind === "input") given[source.value] = ramp(graph, source.value);
  } else {
    for (const [i, datum] of readData(dataSet, "input").entries()) {
      if (datum.kind !== "tensor") return "skipped: JavaScript has no sequences, optionals or maps";
      given[inputs[i] as string] = host(datum.tensor);
    }
  }
  const original = await runner.run({ model: bytes, inputs: given });
  if ("failed" in original) return `skipped: ONNX Runtime: ${firstLine(original.failed)}`;
  const reference =
    expected ??
    original.outputs.map((tensor): Datum =>
      tensor === undefined ? { kind: "other" } : { kind: "tensor", tensor },
    );
  const before = compareOutputs(original.outputs, reference);
  if (before !== "ok") return `skipped: ONNX Runtime's own result: ${before}`;

  let exported: Uint8Array;
  const feeds: Record<string, HostTensor> = {};
  try {
    exported = encodeModel(graph, { minimumOpset: opsetOf(model) });
    for (const source of graph.sources) {
      if (source.kind === "input") {
        const input = given[source.value];
        if (input !== undefined) feeds[source.value] = input;
        else if (!initialized.has(source.value)) return `differs: the input ${source.value} is new`;
      } else if (source.kind === "parameter") feeds[source.value] = parameter(graph, source.value, bytes);
    }
  } catch (error) {
    return reasonOf(error);
  }
  const again = await runner.run({ model: exported, inputs: feeds });
  if ("failed" in again) return `fails: ${firstLine(again.failed)}`;
  const after = compareOutputs(again.outputs, reference);
  return after === "ok" ? "ok" : `differs: ${after}`;
}

function opsetOf(model: DecodedModel): number {
  const own = (model.proto.opsetImport ?? []).find(
    ({ domain }) => domain == null || domain === "" || domain === "ai.onnx",
  );
  return Math.max(13, Number(own?.version ?? 13));
}

function parameter(graph: Graph, name: string, file: Uint8Array): HostTensor {
  const source = graph.sources.find(({ value }) => value === name);
  const type = graph.values.get(name)?.type;
  if (source?.kind !== "parameter" || type?.kind !== "tensor") throw new Error(`${name} is no parameter`);
  const shape = knownShape(type);
  const { initializer } = source;
  if (initializer.kind === "file") {
    const { offset, length } = initializer;
    const data = readElements(inMemory, {
      dims: [...shape],
      rawData: file.subarray(offset, offset + length),
      dataType: dataTypes[type.dtype][0],
    });
    return host(data);
  }
  return {
    dtype: type.dtype,
    shape,
    data: fillParameter(initializer, shape, wholeBox(shape), type.dtype, 0, name),
  };
}

function ramp(graph: Graph, name: string): HostTensor {
  const type = graph.values.get(name)?.type;
  if (type?.kind !== "tensor") throw new Error(`${name} is no tensor`);
  const shape = type.shape.map((dim) => (isKnown(dim) ? dim : 1));
  const count = shape.reduce((n, size) => n * size, 1);
  return { dtype: "f32", shape, data: Float32Array.from({ length: count }, (_, i) => (i % 255) / 255) };
}

/** As onnx compares: |a - b| <= 1e-7 + 1e-3 |b|; NaN is equal to itself. */
function compareOutputs(actual: readonly (HostTensor | undefined)[], expected: readonly Datum[]): string {
  for (const [i, datum] of expected.entries()) {
    if (datum.kind !== "tensor") return "no tensor";
    const result = actual[i];
    if (result === undefined) return `output ${i} is of a type that JavaScript lacks`;
    const { dtype, shape } = datum.tensor;
    if (result.dtype !== dtype || result.shape.join() !== shape.join())
      return `output ${i} is ${result.dtype}[${result.shape.join(", ")}] instead of ${dtype}[${shape.join(", ")}]`;
    if (!elementsEqual(result, datum.tensor)) return `output ${i} has other elements`;
  }
  return "ok";
}

function elementsEqual(a: HostTensor, b: TensorData): boolean {
  if (a.data.length !== b.data.length) return false;
  if (!hasNumbers(b.dtype)) return Array.from(a.data as ArrayLike<unknown>).every((x, i) => x === b.data[i]);
  const count = b.shape.reduce((n, size) => n * size, 1);
  for (let i = 0; i < count; i++) {
    const [x, y] = [readNumber(a.dtype, a.data, i), readNumber(b.dtype, b.data as TypedArray, i)];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    if (!(Math.abs(x - y) <= 1e-7 + 1e-3 * Math.abs(y))) return false;
  }
  return true;
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.slice(0, 160) ?? "";
}
