/** Small ONNX models written as messages, and what the importer makes of them. */
import { expect } from "vitest";
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { printLocation } from "../../src/diagnostics/location.ts";
import type { Graph, Source } from "../../src/ir/graph.ts";
import { parseGraph } from "../../src/ir/text/parse.ts";
import { printGraph } from "../../src/ir/text/print.ts";
import { printType } from "../../src/ir/types.ts";
import { verifyGraph } from "../../src/ir/verify.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { importModel, type ImportOptions } from "../../src/onnx/import/import.ts";
import { decodeModel } from "../../src/onnx/read-model.ts";
import { interpretGraph } from "../../src/ops/interpret.ts";

export type GraphProto = onnx.GraphProto.$Properties;
type NodeProto = onnx.NodeProto.$Properties;
export type AttributeProto = onnx.AttributeProto.$Properties;

export const kinds = onnx.AttributeProto.AttributeType;
export const [float, int64, bool] = [1, 7, 9];

export function info(name: string, dims: readonly (number | string)[], elemType: number = float) {
  const dim = dims.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** `op(inputs) -> outputs`, named like its first output unless `name` says otherwise. */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly AttributeProto[] = [],
  more: Partial<NodeProto> = {},
): NodeProto {
  return { opType, input: [...input], output: [...output], attribute: [...attribute], ...more };
}

export const int = (name: string, i: number): AttributeProto => ({ name, type: kinds.INT, i });
export const ints = (name: string, list: readonly number[]): AttributeProto => ({
  name,
  type: kinds.INTS,
  ints: [...list],
});
export const body = (name: string, g: GraphProto): AttributeProto => ({ name, type: kinds.GRAPH, g });

export function tensor(name: string, dims: readonly number[], floatData: readonly number[]) {
  return { name, dims: [...dims], dataType: float, floatData: [...floatData] };
}

export function vector(name: string, values: readonly number[]) {
  return { name, dims: [values.length], dataType: int64, int64Data: [...values] };
}

export function model(
  graph: GraphProto,
  version = 17,
  more: onnx.ModelProto.$Properties = {},
): onnx.ModelProto.$Properties {
  return { irVersion: 8, opsetImport: [{ domain: "", version }], graph: { name: "g", ...graph }, ...more };
}

export function read(proto: onnx.ModelProto.$Properties, options: ImportOptions = {}) {
  const imported = importModel(decodeModel(onnx.ModelProto.encode(proto).finish()), options);
  expect(verifyGraph(imported.graph)).toEqual([]);
  const text = printGraph(imported.graph);
  expect(printGraph(parseGraph(text))).toBe(text);
  return imported;
}

export function problems(proto: onnx.ModelProto.$Properties, options: ImportOptions = {}): string[] {
  try {
    importModel(decodeModel(onnx.ModelProto.encode(proto).finish()), options);
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    return error.diagnostics.map(({ code, location }) => `${code} at ${printLocation(location)}`);
  }
  return [];
}

export function typeOf(graph: Graph, value: string): string {
  const found = graph.values.get(value);
  return found === undefined ? "nothing" : printType(found.type);
}

export function source(graph: Graph, value: string): Source | undefined {
  return graph.sources.find((one) => one.value === value);
}

export const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);

export function run(graph: Graph, feeds: Readonly<Record<string, readonly number[]>>) {
  const dense = Object.entries(feeds).map(([name, list]) => {
    const type = graph.values.get(name)?.type;
    if (type?.kind !== "tensor") throw new Error(name);
    return [
      name,
      { dtype: type.dtype, shape: type.shape as number[], data: Float64Array.from(list) },
    ] as const;
  });
  return [...interpretGraph(graph, new Map(dense)).values()].map(({ data }) => [...data]);
}
