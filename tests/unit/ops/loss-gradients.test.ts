/** What training needs of losses besides right gradients: split classes stay split, nothing counted, what a mean is over. */
import { expect, test } from "vitest";
import { unknownLocation as location } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import { typeOf, type Graph } from "../../../src/ir/graph.ts";
import { broadcast, sbpEqual, split, type Sbp } from "../../../src/ir/layout.ts";
import { tensorType, type TensorType } from "../../../src/ir/types.ts";
import type { Attributes } from "../../../src/ir/graph.ts";
import { Call } from "../../../src/ops/call.ts";
import { dense } from "../../../src/ops/dense.ts";
import { GraphEmitter } from "../../../src/ops/emitter.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { reverse } from "../../../src/ops/reverse.ts";
import { present } from "../../../src/support/assert.ts";
import { range } from "../../../src/support/collections.ts";

interface LossGraph {
  readonly graph: Graph;
  /** Position of the loss's node. */
  readonly forward: number;
}

/** Scores `x` [n, C, d], labels `t` [n, d], weights `w` [C]; outputs `loss`, `grad` (by x) and, of a mean, `count`. */
function lossGraph(op: string, attributes: Attributes, weighted: boolean, shape = [3, 5, 2]): LossGraph {
  const builder = new GraphBuilder("loss");
  const [n, c, d] = shape as [number, number, number];
  const types: [string, TensorType][] = [
    ["x", tensorType("f64", [n, c, d])],
    ["t", tensorType("i64", [n, d])],
    ["w", tensorType("f64", [c])],
  ];
  for (const [name, type] of types)
    builder.addSource({ kind: "input", value: name, location }, { name, type });
  const g = new GraphEmitter(builder, { location });
  const inputs = ["x", "t", ...(weighted ? ["w"] : [])];
  const loss = g.op(op, inputs, attributes);
  const forward = builder.nodes.length - 1;
  const node = present(builder.nodes[forward], "no node");
  const call = Call.of(
    node,
    (name) => builder.value(name).type,
    (name) => g.constantOf(name),
  );
  const count = findOp(op)?.meanOver?.(call)?.emit(g, inputs);
  const seed = g.op("Identity", [g.scalar("f64", 1)]);
  const wanted = new Set(["x"]);
  const grad = reverse(builder, { result: loss, seed, wanted, by: "test" }).gradients.get("x")?.[0]?.value;
  return {
    graph: builder.finish([
      { name: "loss", value: loss },
      { name: "grad", value: present(grad, "no gradient") },
      ...(count === undefined ? [] : [{ name: "count", value: count }]),
    ]),
    forward,
  };
}

/**
 * The layouts on one mesh axis of two devices where scores and log-probabilities come with split classes and nothing is boxed
 * but partial sums that are reduced. Fails at a node that has no signature for what it gets.
 */
function classSplit({ graph, forward }: LossGraph): ReadonlyMap<string, Sbp> {
  const layouts = new Map<string, Sbp>([
    ["x", split(1)],
    ["t", broadcast],
    ["w", broadcast],
  ]);
  const constants = new Map(
    graph.sources.flatMap((source) => (source.kind === "constant" ? [[source.value, source.data]] : [])),
  );
  graph.nodes.forEach((node, position) => {
    if (position === forward) {
      node.outputs.forEach((name, i) => layouts.set(name, i === 0 ? broadcast : split(1)));
      return;
    }
    const call = Call.of(
      node,
      (name) => typeOf(graph, name),
      (name) => constants.get(name),
    );
    const fitting = present(findOp(node.op), "undeclared operator")
      .signatures(call, { devices: 2, unitsOf: () => [1] })
      .filter(({ inputs }) =>
        node.inputs.every(
          (name, i) =>
            name === null || constants.has(name) || sbpEqual(inputs[i] as Sbp, layouts.get(name) as Sbp),
        ),
      );
    const splits = (sbp: Sbp | undefined) => sbp?.kind === "S" && sbp.axis === 1;
    const chosen = fitting.find(({ outputs }) => splits(outputs[0])) ?? fitting[0];
    expect(chosen, `${node.name} (${node.op})`).toBeDefined();
    node.outputs.forEach((name, i) => {
      const sbp = chosen?.outputs[i] as Sbp;
      layouts.set(name, sbp.kind === "P" ? broadcast : sbp);
    });
  });
  return layouts;
}

test.each([
  ["SoftmaxCrossEntropyLoss", {}, false],
  ["SoftmaxCrossEntropyLoss", { ignore_index: -1 }, false],
  ["SoftmaxCrossEntropyLoss", { ignore_index: -1 }, true],
  ["NegativeLogLikelihoodLoss", {}, false],
  ["NegativeLogLikelihoodLoss", { ignore_index: -1 }, true],
] as const)("the gradient of %s %j leaves split classes split (weights: %s)", (op, attributes, weighted) => {
  const made = lossGraph(op, attributes, weighted);
  const layouts = classSplit(made);
  const gradient = made.graph.outputs.find(({ name }) => name === "grad")?.value ?? "";
  expect(layouts.get(gradient)).toEqual(split(1));
  const classes = made.graph.nodes
    .slice(made.forward + 1)
    .flatMap(({ outputs }) => outputs)
    .filter((name) => (typeOf(made.graph, name) as TensorType).shape.join() === "3,5,2");
  expect(classes.length).toBeGreaterThan(0);
  for (const name of classes) expect(layouts.get(name), name).toEqual(split(1));
});

const feeds = (labels: readonly number[]) =>
  new Map([
    [
      "x",
      dense(
        "f64",
        [3, 5, 2],
        range(30).map((i) => Math.sin(i)),
      ),
    ],
    ["t", dense("i64", [3, 2], labels)],
    ["w", dense("f64", [5], [1, 2, 3, 4, 5])],
  ]);

test.each([
  ["SoftmaxCrossEntropyLoss", false],
  ["SoftmaxCrossEntropyLoss", true],
  ["NegativeLogLikelihoodLoss", false],
  ["NegativeLogLikelihoodLoss", true],
] as const)("%s has gradients of zero where no label counts (weights: %s)", (op, weighted) => {
  const { graph } = lossGraph(op, { ignore_index: -1 }, weighted);
  const values = interpretGraph(graph, feeds([-1, -1, -1, -1, -1, -1]));
  expect([...(values.get("grad")?.data ?? [])].map(Math.abs)).toEqual(range(30).map(() => 0));
  expect([...(values.get("count")?.data ?? [])]).toEqual([0]);
});

test.each([
  [{}, false, undefined],
  [{ ignore_index: 4 }, false, 4],
  [{ ignore_index: 4 }, true, 1 + 2 + 1 + 3],
  [{}, true, 1 + 2 + 1 + 3 + 5 + 5],
  [{ reduction: "sum" }, false, undefined],
  [{ reduction: "none" }, false, undefined],
] as const)(
  "a loss %j (weights: %s) is a mean over %d items that data count",
  (attributes, weighted, wanted) => {
    for (const op of ["SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"]) {
      const reduction = "reduction" in attributes ? attributes.reduction : "mean";
      if (reduction === "none") {
        const call = new Call({
          op,
          name: "loss",
          location,
          attributes,
          inputs: [tensorType("f32", [3, 5]), tensorType("i64", [3])],
          constants: () => undefined,
          outputs: 1,
        });
        expect(findOp(op)?.meanOver?.(call)).toBe(undefined);
        continue;
      }
      const { graph } = lossGraph(op, attributes, weighted);
      const count = interpretGraph(graph, feeds([0, 1, 0, 2, 4, 4])).get("count");
      expect(count?.data[0]).toBe(wanted);
    }
  },
);
