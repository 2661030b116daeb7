/** Running the layout passes on graphs of the tests, and what must hold of every result. */
import { expect } from "vitest";
import { inferSbp } from "../../../passes/infer-sbp.ts";
import { layoutCost, type LayoutCost } from "../../../passes/infer-sbp/cost.ts";
import type { Compilation, PassContext } from "../../../passes/pass.ts";
import { createCostModel } from "../../../src/cost/alpha-beta.ts";
import { presetCluster } from "../../../src/cost/cluster.ts";
import { DiagnosticSink } from "../../../src/diagnostics/diagnostic.ts";
import { tensorTypeOf, valueOf, type Graph } from "../../../src/ir/graph.ts";
import { printNdSbp, type Mesh, type NdSbp } from "../../../src/ir/layout.ts";
import { isSplittable, normalizeLayout } from "../../../src/sbp/geometry.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";

export const costModel = createCostModel(presetCluster("a100-node"));

export function contextFor(mesh: string, memoryLimit?: number): PassContext {
  const limit = memoryLimit === undefined ? {} : { memoryLimit };
  return {
    mesh: parseMesh(mesh),
    options: { microbatches: 1, hints: true, cluster: "a100-node", dims: {}, settings: {}, ...limit },
    costModel,
    sink: new DiagnosticSink(),
    source: "",
    batchAxes: new Map(),
  };
}

export interface Inferred extends Compilation {
  readonly cost: LayoutCost;
  readonly context: PassContext;
  /** The layout of a value, printed. */
  layoutOf(value: string): string;
  readonly codes: readonly string[];
}

export function infer(graph: Graph, mesh: string, memoryLimit?: number): Inferred {
  const context = contextFor(mesh, memoryLimit);
  const result = inferSbp.run({ graph }, context);
  checkLaidOut(result.graph, context.mesh);
  return {
    ...result,
    cost: layoutCost(result.graph, context.mesh, costModel),
    context,
    layoutOf: (value) => printNdSbp(valueOf(result.graph, value).layout!),
    codes: context.sink.diagnostics.map((d) => d.code),
  };
}

/** What holds of every graph with layouts: splittable and normal ones, never partial at the ends, nodes and values agreeing. */
export function checkLaidOut(graph: Graph, mesh: Mesh): void {
  const check = (layout: NdSbp | undefined, value: string) => {
    expect(layout, value).toHaveLength(mesh.axes.length);
    const shape = tensorTypeOf(graph, value).shape as number[];
    expect(isSplittable(shape, layout!, mesh), `${value} ${printNdSbp(layout!)}`).toBe(true);
    expect(printNdSbp(normalizeLayout(shape, layout!, mesh))).toBe(printNdSbp(layout!));
    expect(new Set(layout!.flatMap((sbp) => (sbp.kind === "P" ? sbp.reduce : []))).size).toBeLessThan(2);
  };
  for (const node of graph.nodes) {
    node.inputs.forEach((name, i) => name !== null && check(node.signature!.inputs[i]!, name));
    node.outputs.forEach((name, i) => {
      check(node.signature!.outputs[i], name);
      expect(printNdSbp(valueOf(graph, name).layout!)).toBe(printNdSbp(node.signature!.outputs[i]!));
    });
  }
  for (const name of [...graph.sources.map((s) => s.value), ...graph.outputs.map((o) => o.value)]) {
    check(valueOf(graph, name).layout, name);
    expect(valueOf(graph, name).layout!.some((sbp) => sbp.kind === "P")).toBe(false);
  }
  for (const source of graph.sources) {
    if (source.kind === "constant")
      expect(valueOf(graph, source.value).layout!.every((sbp) => sbp.kind === "B")).toBe(true);
  }
}
