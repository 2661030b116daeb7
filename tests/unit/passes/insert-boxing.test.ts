/** Boxing: every gap closed by the cheapest path, each layout of a value made once per stage. */
import { describe, expect, it } from "vitest";
import { insertBoxing } from "../../../passes/insert-boxing.ts";
import { layoutCost } from "../../../passes/infer-sbp/cost.ts";
import { sourcesByValue, tensorTypeOf, valueOf, type Graph, type NodePhase } from "../../../src/ir/graph.ts";
import { parseNdSbp, printNdSbp, type NdSbp } from "../../../src/ir/layout.ts";
import { knownShape } from "../../../src/ir/types.ts";
import { boxingBytes, type BoxingKind } from "../../../src/sbp/boxing.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { sum } from "../../../src/support/collections.ts";
import { contextFor, costModel, infer } from "./layout-support.ts";
import { ModelBuilder, transformer } from "./transformer.ts";

const nd = (text: string): NdSbp => parseNdSbp(text)!;

/** A graph of unary nodes with the layouts given as `input -> output` per node, and the stages. */
function laidOut(
  mesh: string,
  sourceLayout: string,
  steps: readonly (readonly [from: string, input: string, output: string, stage?: number])[],
): Graph {
  const model = new ModelBuilder();
  const names = [model.input("x", [12, 8])];
  for (const [from, , , stage = 0] of steps) {
    model.stage = stage;
    names.push(model.op("Relu", [from === "x" ? "x" : names[Number(from)]!]));
  }
  const graph = model.finish({ y: names.at(-1)! });
  const values = new Map(graph.values);
  values.set("x", { ...values.get("x")!, layout: nd(sourceLayout) });
  const nodes = graph.nodes.map((node, i) => {
    const [, input, output] = steps[i]!;
    values.set(node.outputs[0]!, { ...values.get(node.outputs[0]!)!, layout: nd(output) });
    return { ...node, signature: { inputs: [nd(input)], outputs: [nd(output)] } };
  });
  return { ...graph, nodes, values };
}

function box(graph: Graph, mesh: string): { graph: Graph; kinds: string[] } {
  const context = contextFor(mesh);
  const boxed = insertBoxing.run({ graph }, context).graph;
  checkBoxed(boxed);
  const boxings = boxed.nodes.filter((node) => node.op === "sbpc.Boxing");
  return {
    graph: boxed,
    kinds: boxings.map((node) => `${String(node.attributes["kind"])} on ${node.stage}`),
  };
}

/** Every node takes its inputs as they are made, where they are made; boxing alone crosses stages. Order is kept. */
function checkBoxed(graph: Graph): void {
  const sources = sourcesByValue(graph);
  const made = new Map<string, number>();
  const names = new Set<string>();
  for (const node of graph.nodes) {
    expect(names.has(node.name)).toBe(false);
    names.add(node.name);
    node.inputs.forEach((name, i) => {
      if (name === null) return;
      expect(printNdSbp(valueOf(graph, name).layout!)).toBe(printNdSbp(node.signature!.inputs[i]!));
      if (sources.has(name)) return;
      expect(made.has(name)).toBe(true);
      const from = node.op === "sbpc.Boxing" ? node.attributes["from_stage"] : node.stage;
      expect(made.get(name)).toBe(from);
    });
    for (const output of node.outputs) made.set(output, node.stage ?? 0);
  }
}

describe("insert-boxing", () => {
  it("gives the same graph back where nothing is to be done", () => {
    const graph = laidOut("a=2", "[S(0)]", [
      ["x", "[S(0)]", "[S(0)]"],
      ["1", "[S(0)]", "[S(0)]"],
    ]);
    expect(box(graph, "a=2").graph).toBe(graph);
  });

  it("is made in the earliest phase that takes it, the whole way", () => {
    const plain = laidOut("a=2,b=2", "[S(0), S(1)]", [
      ["x", "[S(0), S(1)]", "[S(0), S(1)]"],
      ["1", "[B, B]", "[B, B]"],
      ["1", "[S(0), B]", "[S(0), B]"],
      ["1", "[B, B]", "[B, B]"],
      ["1", "[S(0), B]", "[S(0), B]"],
    ]);
    const phased = (phases: readonly (NodePhase | undefined)[]): (string | undefined)[] => {
      const nodes = plain.nodes.map((node, i) => {
        const phase = phases[i];
        return phase === undefined ? node : { ...node, phase };
      });
      const boxings = box({ ...plain, nodes }, "a=2,b=2").graph.nodes.filter(
        ({ op }) => op === "sbpc.Boxing",
      );
      return boxings.map(({ phase }) => phase);
    };
    expect(phased([undefined, "weight", "weight", "input", "weight"])).toEqual(["input", "input"]);
    expect(phased([undefined, "weight", "weight", "weight", "input"])).toEqual(["input", "weight"]);
    expect(phased([undefined, "weight", "input", undefined, "weight"])).toEqual([undefined, undefined]);
  });

  it("makes each layout of a value once", () => {
    const graph = laidOut("a=2", "[S(0)]", [
      ["x", "[S(0)]", "[S(0)]"],
      ["1", "[B]", "[B]"],
      ["1", "[B]", "[B]"],
      ["1", "[S(1)]", "[S(1)]"],
    ]);
    expect(box(graph, "a=2").kinds).toEqual(["all-gather on 0", "all-to-all on 0"]);
  });

  it("lets paths share their beginning", () => {
    const graph = laidOut("a=2,b=2", "[S(0), S(1)]", [
      ["x", "[S(0), S(1)]", "[S(0), S(1)]"],
      ["1", "[S(0), B]", "[S(0), B]"],
      ["1", "[P(sum), B]", "[P(sum), B]"],
    ]);
    expect(box(graph, "a=2,b=2").kinds).toEqual(["all-gather on 0", "pad on 0"]);
  });

  it("sends to every stage that uses a value once; sources need no sending", () => {
    const graph = laidOut("a=2,pp=3", "[S(0)]", [
      ["x", "[S(0)]", "[S(0)]", 0],
      ["1", "[S(0)]", "[S(0)]", 1],
      ["1", "[S(0)]", "[S(0)]", 1],
      ["1", "[B]", "[B]", 2],
      ["x", "[B]", "[B]", 2],
    ]);
    const { kinds } = box(graph, "a=2,pp=3");
    expect(kinds.filter((kind) => kind.startsWith("send"))).toEqual(["send on 1", "send on 2"]);
    expect(kinds.filter((kind) => kind.startsWith("all-gather")).length).toBe(2);
  });

  it.each(["dp=2,tp=2", "tp=3", "dp=2,tp=2,pp=2"])(
    "moves the bytes that the search counted on %s",
    (text) => {
      const stages = parseMesh(text).stages === 2 ? [0, 1] : [0, 0];
      const options = { layers: 2, batch: 7, tokens: 9, hidden: 24, heads: 3, stages };
      let checked = 0;
      for (const hints of [true, false]) {
        const { graph, context } = infer(transformer({ ...options, hints }), text);
        // Forms are counted with what they box inside; another pass expands them.
        if (graph.nodes.some((node) => node.signature!.form !== undefined)) continue;
        checked++;
        const { graph: boxed } = box(graph, text);
        const bytes: Record<string, number> = {};
        for (const node of boxed.nodes) {
          if (node.op !== "sbpc.Boxing") continue;
          const kind = node.attributes["kind"] as BoxingKind;
          const [from, to] = [node.signature!.inputs[0]!, node.signature!.outputs[0]!];
          const type = tensorTypeOf(boxed, node.outputs[0]!);
          const step = {
            kind,
            axes: node.attributes["axes"] as number[],
            from,
            to,
            fromStage: Number(node.attributes["from_stage"]),
            toStage: node.stage!,
          };
          bytes[kind] =
            (bytes[kind] ?? 0) + sum(boxingBytes(step, knownShape(type), type.dtype, context.mesh));
        }
        expect(bytes).toEqual(layoutCost(graph, context.mesh, costModel).bytes);
      }
    },
  );
});
