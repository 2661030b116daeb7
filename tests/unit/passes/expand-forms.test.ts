/** A laid-out graph with distributed forms, expanded and executed on simulated devices. */
import { expect, test } from "vitest";
import { expandForms } from "../../../passes/expand-forms.ts";
import type { PassContext } from "../../../passes/pass.ts";
import { DiagnosticSink } from "../../../src/diagnostics/diagnostic.ts";
import { sourceLocation } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import type { Graph, NodeSignature } from "../../../src/ir/graph.ts";
import { broadcast, split, type NdSbp } from "../../../src/ir/layout.ts";
import { tensorType } from "../../../src/ir/types.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { assemble, close, takeShard } from "../../../src/ops/shards.ts";
import { present } from "../../../src/support/assert.ts";
import { range } from "../../../src/support/collections.ts";
import { executeSharded } from "../../support/sharded.ts";

const mesh = { axes: [{ name: "tp", size: 2 }], stages: 1 };
const logits = tensorType("f32", [4, 5]);

/** y = softmax(x), z = -y, both split along the axis that softmax reduces. */
function softmaxThenNegate(): Graph {
  const location = sourceLocation("model.ts", 7);
  const columns: NdSbp = [split(1)];
  const builder = new GraphBuilder("forms");
  builder.addSource({ kind: "input", value: "x", location }, { name: "x", type: logits, layout: columns });
  const add = (name: string, op: string, input: string, signature: NodeSignature) =>
    builder.addNode(
      {
        name,
        op,
        inputs: [input],
        outputs: [`${name}.out`],
        attributes: op === "Softmax" ? { axis: 1 } : {},
        location,
        module: "head",
        layer: 3,
        stage: 1,
        signature,
      },
      [{ name: `${name}.out`, type: logits, layout: columns }],
    );
  add("soft", "Softmax", "x", { inputs: [columns], outputs: [columns], form: "axis-split" });
  add("neg", "Neg", "soft.out", { inputs: [columns], outputs: [columns] });
  return builder.finish([{ name: "z", value: "neg.out" }]);
}

function run(graph: Graph): Graph {
  const context: PassContext = {
    mesh,
    options: { microbatches: 1, hints: true, cluster: "local", dims: {}, settings: {} },
    costModel: {
      cluster: "none",
      boxing: () => ({ seconds: 0, latencySeconds: 0, bytes: [] }),
      compute: () => 0,
      deviceMemory: Infinity,
    },
    sink: new DiagnosticSink(),
    source: "",
    batchAxes: new Map(),
  };
  return expandForms.run({ graph }, context).graph;
}

test("keeps names, place and meaning", () => {
  const before = softmaxThenNegate();
  const after = run(before);
  expect(after.nodes.some((node) => node.signature?.form !== undefined)).toBe(false);
  expect(after.nodes.at(-1)).toBe(before.nodes[1]);
  expect(after.values.get("soft.out")).toBe(before.values.get("soft.out"));
  for (const node of after.nodes.slice(0, -1)) {
    expect(node).toMatchObject({
      module: "head",
      layer: 3,
      stage: 1,
      location: { kind: "generated", by: "expand-forms" },
    });
    expect(node.name.startsWith("soft.")).toBe(true);
  }
  expect(new Set(after.nodes.map(({ name }) => name)).size).toBe(after.nodes.length);

  const x = {
    dtype: "f32" as const,
    shape: [4, 5],
    data: Float64Array.from(range(20), (i) => Math.sin(5 * i) * 3),
  };
  const expected = present(interpretGraph(before, new Map([["x", x]])).get("z"), "no output");
  const shards = range(2).map((device) => takeShard(x, [split(1)], mesh, device));
  const made = present(executeSharded(after, mesh, new Map([["x", shards]])).get("neg.out"), "no output");
  const whole = present(assemble(made, [4, 5], [split(1)], mesh), "shards do not fit");
  expect(whole.data.every((value, i) => close(value, expected.data[i] as number, 1e-12))).toBe(true);
});

test("a graph without forms is given back as it is", () => {
  const graph = softmaxThenNegate();
  const plain = {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      signature: { inputs: [[broadcast]], outputs: [[broadcast]] },
    })),
  };
  expect(run(plain)).toBe(plain);
});
