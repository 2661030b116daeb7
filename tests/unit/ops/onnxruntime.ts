/** One call as an ONNX model of one node, run in ONNX Runtime and compared with `evaluate`. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Graph } from "../../../src/ir/graph.ts";
import { broadcast } from "../../../src/ir/layout.ts";
import type { DataType, TensorType } from "../../../src/ir/types.ts";
import { readNumber, type TypedArray } from "../../../src/ir/tensor-data.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { evaluateNode, toTensorData } from "../../../src/ops/interpret.ts";
import { textOfNumber } from "../../../src/ops/texts.ts";
import { close } from "../../../src/ops/shards.ts";
import { encodeModel } from "../../../src/onnx/write.ts";
import { arraysEqual } from "../../../src/support/collections.ts";
import { graphOf, type Prepared } from "./harness.ts";
import { drawInputs, randomFrom } from "./placed-data.ts";

export type Comparison =
  { readonly kind: "equal" | "no kernel" } | { readonly kind: "different"; readonly problem: string };

type OrtType = Tensor.Type;

const ortTypes: Partial<Record<DataType, OrtType>> = {
  f32: "float32",
  f64: "float64",
  i8: "int8",
  i16: "int16",
  i32: "int32",
  i64: "int64",
  u8: "uint8",
  u16: "uint16",
  u32: "uint32",
  u64: "uint64",
  bool: "bool",
  f16: "float16",
  string: "string",
};

/**
 * What the runtime says where it lacks an operator (or has dropped it), a kernel for an element type, a layout or zero points
 * per channel, or an opset is newer than it.
 */
const refusals = new RegExp(
  [
    // JavaScript has no elements of the type.
    "Unsupported data type",
    "NOT_IMPLEMENTED",
    "Could not find an implementation",
    "layout_ == 0 was false",
    "is under development",
    "is not a registered function",
    "IsScalarOr1ElementVector\\(W_Zero_Point\\)",
    "is deprecated in domain_version",
  ].join("|"),
);

export async function compareWithOnnxRuntime(prepared: Prepared): Promise<Comparison> {
  const inputs = drawInputs(prepared, randomFrom(`onnx ${prepared.text}`)).map(asStored);
  const hasValue = prepared.definition.whyUnevaluated(prepared.call) === undefined;
  const expected = hasValue ? evaluateNode(prepared.node, inputs) : undefined;
  const whole = {
    inputs: prepared.inputTypes.map((type) => (type === null ? null : [broadcast])),
    outputs: prepared.outputTypes.map(() => [broadcast]),
  };
  const run = await runGraph(graphOf(prepared, whole), prepared, inputs);
  if ("kind" in run) return run;
  const { outputs } = run;
  for (const [o, name] of prepared.node.outputs.entries()) {
    const actual = outputs[name] as Tensor;
    const problem =
      expected === undefined
        ? typeDifference(actual, prepared.outputTypes[o] as TensorType)
        : differenceOf(actual, expected[o] as Dense);
    if (problem !== undefined) return { kind: "different", problem: `output ${o}: ${problem}` };
  }
  return { kind: "equal" };
}

/** What the graph gives for the inputs of a call; they have the digits of their types (`asStored`). */
export async function runGraph(
  graph: Graph,
  prepared: Prepared,
  inputs: readonly (Dense | null)[],
): Promise<Comparison | { readonly outputs: InferenceSession.OnnxValueMapType }> {
  const feeds: Record<string, Tensor> = {};
  for (const [i, name] of prepared.node.inputs.entries()) {
    const x = inputs[i];
    if (name === null || x == null || prepared.call.constant(i) !== undefined) continue;
    const type = ortTypes[x.dtype];
    if (type === undefined) return { kind: "no kernel" };
    feeds[name] = new Tensor(type, toTensorData(x).data as never, [...x.shape]);
  }
  try {
    const session = await InferenceSession.create(encodeModel(graph), {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
      graphOptimizationLevel: "disabled",
    });
    const outputs = await session.run(feeds);
    await session.release();
    return { outputs };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return refusals.test(message) ? { kind: "no kernel" } : { kind: "different", problem: message };
  }
}

function typeDifference(actual: Tensor, { dtype, shape }: TensorType): string | undefined {
  const same = actual.type === ortTypes[dtype] && arraysEqual(actual.dims, shape);
  return same ? undefined : `${actual.type}[${actual.dims.join()}] instead of ${dtype}[${shape.join()}]`;
}

export function differenceOf(actual: Tensor, expected: Dense, slack = 1): string | undefined {
  if (!arraysEqual(actual.dims, expected.shape))
    return `shape ${actual.dims.join()} instead of ${expected.shape.join()}`;
  if (expected.dtype === "string") {
    const texts = actual.data as readonly string[];
    const at = [...expected.data].findIndex((number, i) => textOfNumber(number) !== texts[i]);
    return at < 0
      ? undefined
      : `[${at}] is "${texts[at]}" instead of "${textOfNumber(expected.data[at] ?? 0)}"`;
  }
  const tolerance = slack * (expected.dtype === "f16" ? 2e-3 : expected.dtype === "f64" ? 1e-9 : 2e-5);
  for (let i = 0; i < expected.data.length; i++) {
    const value = readNumber(expected.dtype, actual.data as TypedArray, i);
    if (!close(value, expected.data[i] as number, tolerance))
      return `[${i}] is ${value} instead of ${expected.data[i]}`;
  }
  return undefined;
}

/** The same elements with the digits that their type keeps. */
export function asStored(x: Dense | null): Dense | null {
  if (x === null || x.dtype === "string") return x;
  const { data } = toTensorData(x);
  return { ...x, data: x.data.map((_, i) => readNumber(x.dtype, data as TypedArray, i)) };
}
