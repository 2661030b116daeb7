/** What an imported model trains: weights and small biases, not the numbers of its formulas, nor running statistics. */
import { expect, test } from "vitest";
import { differentiate } from "../../../passes/differentiate.ts";
import type { Compilation, PassContext } from "../../../passes/pass.ts";
import { attachLoss } from "../../../src/nn/attach-loss.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { importOnnx } from "../../../src/onnx/import/import.ts";
import { trainOptions } from "../../support/train.ts";

const float = 1;
const tensor = (name: string, dims: number[], value: number) => ({
  name,
  dims,
  dataType: float,
  floatData: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => value),
});
const info = (name: string, dims: number[]) => ({
  name,
  type: { tensorType: { elemType: float, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
});
const node = (opType: string, input: string[], output: string, attribute: object[] = []) => ({
  opType,
  input,
  output: [output],
  attribute,
});
const constant = (output: string, t: object) =>
  node("Constant", [], output, [{ name: "value", type: onnx.AttributeProto.AttributeType.TENSOR, t }]);

const model = {
  irVersion: 8,
  opsetImport: [{ domain: "", version: 17 }],
  graph: {
    name: "g",
    input: [info("x", [2, 3, 4, 4])],
    output: [info("y", [2, 3, 8, 8])],
    initializer: [
      tensor("bias", [3], 0.5),
      tensor("factor", [], 2),
      tensor("gain", [1], 1),
      ...["weight", "shift", "mean", "variance"].map((name) => tensor(name, [3], 1)),
      tensor("filter", [3, 3, 3, 3], 0.1),
    ],
    node: [
      node("Conv", ["x", "filter", "bias"], "a", [
        { name: "pads", type: onnx.AttributeProto.AttributeType.INTS, ints: [1, 1, 1, 1] },
      ]),
      node("BatchNormalization", ["a", "weight", "shift", "mean", "variance"], "b"),
      node("Mul", ["b", "factor"], "c"),
      constant("half", tensor("", [1], 0.5)),
      constant("offsets", tensor("", [3, 1, 1], 0.5)),
      node("Mul", ["c", "half"], "d"),
      node("Mul", ["d", "gain"], "e"),
      node("Add", ["e", "offsets"], "f"),
      node("Resize", ["f", "", "zoom"], "y"),
      constant("zoom", { ...tensor("", [4], 1), floatData: [1, 1, 2, 2] }),
    ].sort((p, q) => Number(q.opType === "Constant") - Number(p.opType === "Constant")),
  },
} as onnx.ModelProto.$Properties;

const parameters = (trainable: boolean) => {
  const { graph } = importOnnx(model, { trainable });
  return graph.sources.flatMap(({ kind, value }) => (kind === "parameter" ? [value] : [])).sort();
};

test("small tensors that the outputs have a slope in are parameters where the model is to be trained", () => {
  expect(parameters(false)).toEqual(["filter"]);
  expect(parameters(true)).toEqual(["bias", "filter", "gain", "offsets", "shift", "weight"]);
});

test("running statistics are left alone, however large", () => {
  const graph = attachLoss(importOnnx(model, { trainable: true }).graph, { kind: "mse", target: "t" });
  const held = graph.sources.map((source) =>
    source.value === "mean" && source.kind === "constant"
      ? ({
          kind: "parameter",
          value: "mean",
          location: source.location,
          initializer: { kind: "constant", value: 1 },
          module: "",
        } as const)
      : source,
  );
  const compilation: Compilation = { graph: { ...graph, sources: held } };
  const options = { train: trainOptions({ loss: "loss" }), microbatches: 1 };
  const batchAxes = new Map<string, number | null>();
  const after = differentiate.run(compilation, { options, batchAxes } as unknown as PassContext);
  const trained = after.graph.nodes.flatMap(({ op, attributes }) =>
    op === "sbpc.Gradient" ? [attributes["parameter"]] : [],
  );
  expect(trained.sort()).toEqual(["bias", "filter", "gain", "offsets", "shift", "weight"]);
});
