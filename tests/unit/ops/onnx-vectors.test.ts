/**
 * The meaning of every declared operator against onnx's own vectors: models of one node, inputs and expected outputs.
 *
 * A case counts where the model's opset is one in which the operator has the declared meaning. What cannot be compared is
 * counted by reason and printed; what differs from ONNX on purpose stands in `tests/support/onnx-deviations.ts`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { unknownLocation } from "../../../src/diagnostics/location.ts";
import type { Attribute, Attributes } from "../../../src/ir/graph.ts";
import { hasNumbers, type TensorData } from "../../../src/ir/tensor-data.ts";
import { isKnown } from "../../../src/ir/dim.ts";
import { isFloat, printType, tensorType, type DataType, type ValueType } from "../../../src/ir/types.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { decodeModel } from "../../../src/onnx/read-model.ts";
import { readElements } from "../../../src/onnx/tensor-elements.ts";
import { Call } from "../../../src/ops/call.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import type { OpDefinition } from "../../../src/ops/define.ts";
import { evaluateNode, toDense } from "../../../src/ops/interpret.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { close } from "../../../src/ops/shards.ts";
import { groupBy } from "../../../src/support/collections.ts";
import { deviations } from "../../support/onnx-deviations.ts";
import { onnxTest, onnxTestCases, type OnnxTestCase } from "../../support/onnx-tests.ts";

/** Differences allowed relative to the larger magnitude or 1: the vectors were computed in the type itself. */
const tolerances: Partial<Record<DataType, number>> = { f64: 1e-7, f16: 5e-3, bf16: 2e-2 };
const tolerance = 2e-5;

interface Vector {
  readonly name: string;
  readonly op: string;
  readonly definition: OpDefinition;
  readonly node: onnx.INodeProto;
  readonly attributes: Attributes;
  readonly testCase: OnnxTestCase;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly initializers: ReadonlyMap<string, TensorData>;
}

const skipped = new Map<string, number>();
let compared = 0;

const operators = new Set<string>();

/** The cases that can be compared, by operator. */
function vectors(): Map<string, Vector[]> {
  const found: Vector[] = [];
  for (const testCase of onnxTestCases("node")) {
    const vector = vectorOf(testCase);
    if (typeof vector === "string") skipped.set(vector, (skipped.get(vector) ?? 0) + 1);
    else found.push(vector);
  }
  return groupBy(found, ({ op }) => op);
}

/** The case as a call, or why it is none. */
function vectorOf(testCase: OnnxTestCase): Vector | string {
  const model = decodeModel(readFileSync(testCase.model));
  const graph = onnx.GraphProto.create(model.proto.graph ?? {});
  const [node, ...others] = graph.node;
  if (node === undefined || others.length > 0 || (model.proto.functions ?? []).length > 0)
    return "several nodes";
  const domain = node.domain === "ai.onnx" ? "" : (node.domain ?? "");
  const op = domain === "" ? (node.opType ?? "") : `${domain}.${node.opType}`;
  const definition = findOp(op);
  if (definition === undefined) return "operator not declared";
  const imported = model.proto.opsetImport.find((entry) => (entry.domain ?? "") === domain);
  if (Number(String(imported?.version ?? 0)) < definition.since) return "an older opset";
  const attributes: Record<string, Attribute> = {};
  for (const attribute of node.attribute ?? []) {
    const value = attributeOf(attribute);
    if (value === undefined) return "graphs as attributes";
    attributes[attribute.name ?? ""] = value;
  }
  const initializers = new Map(
    graph.initializer.map((tensor) => [tensor.name ?? "", readElements(model, tensor)] as const),
  );
  const tensors = [...graph.input, ...graph.output].every((value) => value.type?.tensorType != null);
  if (!tensors) return "sequences and optionals";
  return {
    name: testCase.name,
    op,
    definition,
    node,
    attributes,
    testCase,
    inputNames: graph.input.map((input) => input.name ?? "").filter((name) => !initializers.has(name)),
    outputNames: graph.output.map((output) => output.name ?? ""),
    initializers,
  };
}

function attributeOf(attribute: onnx.IAttributeProto): Attribute | undefined {
  const Type = onnx.AttributeProto.AttributeType;
  switch (attribute.type) {
    case Type.FLOAT:
      return { float: attribute.f ?? 0 };
    case Type.INT:
      return Number(String(attribute.i ?? 0));
    case Type.STRING:
      return new TextDecoder().decode(attribute.s ?? undefined);
    case Type.TENSOR:
      return { tensor: elementsOf(attribute.t as onnx.TensorProto) };
    case Type.FLOATS:
      return { floats: attribute.floats ?? [] };
    case Type.INTS:
      return (attribute.ints ?? []).map((value) => Number(String(value)));
    case Type.STRINGS:
      return (attribute.strings ?? []).map((value) => new TextDecoder().decode(value));
    default:
      return undefined;
  }
}

const inMemory = decodeModel(onnx.ModelProto.encode({}).finish());

function elementsOf(tensor: onnx.TensorProto): TensorData {
  return readElements(inMemory, tensor);
}

function readTensor(folder: string, file: string): TensorData {
  return elementsOf(onnx.TensorProto.decode(readFileSync(join(folder, file))));
}

/** What differs; undefined where nothing does, or a reason in `skip`. */
function compare(vector: Vector, folder: string): { problem?: string; skip?: string } {
  const { definition, node, attributes, inputNames, outputNames, initializers } = vector;
  const tensors = new Map([
    ...initializers,
    ...inputNames.map((name, i) => [name, readTensor(folder, `input_${i}.pb`)] as const),
  ]);
  const inputs = (node.input ?? []).map((name) => (name === "" ? null : (tensors.get(name) as TensorData)));
  const expected = outputNames.map((_, i) => readTensor(folder, `output_${i}.pb`));
  const unreadable = [...inputs, ...expected].find(
    (x) => x !== null && x.dtype !== "string" && !hasNumbers(x.dtype),
  );
  if (unreadable != null) return { skip: `elements of ${unreadable.dtype}` };
  const outputs = (node.output ?? []).map((name, i) => (name === "" ? `unused.${i}` : name));
  const call = new Call({
    op: vector.op,
    name: "node",
    location: unknownLocation,
    attributes,
    inputs: inputs.map((x): ValueType | null => (x === null ? null : tensorType(x.dtype, x.shape))),
    constants: (index) => inputs[index] ?? undefined,
    outputs: outputs.length,
  });
  try {
    const types = definition.infer(call);
    const reason = definition.whyUnevaluated(call);
    if (reason !== undefined) return { skip: `not evaluated: ${reason}` };
    const results = evaluateNode(
      { name: "node", op: vector.op, attributes, outputs },
      inputs.map((x) => (x === null ? null : toDense(x))),
    );
    for (const [i, name] of outputNames.entries()) {
      const at = outputs.indexOf(name);
      const problem = differenceOf(results[at] as Dense, types[at] as ValueType, expected[i] as TensorData);
      if (problem !== undefined) return { problem: `output ${i}: ${problem}` };
    }
    return {};
  } catch (error) {
    if (error instanceof SbpcError) return { problem: error.message };
    throw error;
  }
}

function differenceOf(actual: Dense, inferred: ValueType, expected: TensorData): string | undefined {
  const type = printType(tensorType(expected.dtype, expected.shape));
  const made = printType(tensorType(actual.dtype, actual.shape));
  if (made !== type) return `is ${made} instead of ${type}`;
  const fits =
    inferred.kind === "tensor" &&
    inferred.dtype === expected.dtype &&
    inferred.shape.length === expected.shape.length &&
    inferred.shape.every((dim, axis) => !isKnown(dim) || dim === expected.shape[axis]);
  if (!fits) return `inferred as ${printType(inferred)} instead of ${type}`;
  const wanted = toDense(expected).data;
  const allowed = isFloat(expected.dtype) ? (tolerances[expected.dtype] ?? tolerance) : 0;
  const at = wanted.findIndex((x, i) => !close(actual.data[i] as number, x, allowed));
  return at < 0 ? undefined : `[${at}] is ${actual.data[at]} instead of ${wanted[at]}`;
}

describe("onnx's vectors", () => {
  onnxTest("are what evaluate gives", () => {
    const problems: string[] = [];
    for (const [op, list] of vectors()) {
      for (const vector of list) {
        for (const folder of vector.testCase.dataSets) {
          const { problem, skip } = compare(vector, folder);
          const deviation = deviations.get(vector.name);
          if (skip !== undefined) skipped.set(skip, (skipped.get(skip) ?? 0) + 1);
          else if (problem === undefined && deviation !== undefined)
            problems.push(`${vector.name} no longer deviates`);
          else if (problem !== undefined && deviation === undefined)
            problems.push(`${vector.name} (${op}): ${problem}`);
          else if (problem === undefined) {
            compared++;
            operators.add(op);
          }
        }
      }
    }
    expect(problems).toEqual([]);
    expect(operators.size).toBeGreaterThan(100);
  });
});

afterAll(() => {
  if (compared === 0) return;
  const reasons = [...skipped].sort(([, a], [, b]) => b - a).map(([reason, n]) => `${n} ${reason}`);
  process.stdout.write(
    `onnx vectors: ${compared} data sets of ${operators.size} operators equal; left out: ${reasons.join(", ")}; ` +
      `${deviations.size} deviate on purpose\n`,
  );
});
