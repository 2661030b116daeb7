/**
 * Chooses the layout of every value and the signature of every node over the whole graph at once: least seconds of compute and
 * boxing, within the hints and the memory of the devices.
 *
 * Steps: candidates per node (`infer-sbp/candidates`), block sizes (`infer-sbp/units`), hints (`infer-sbp/hints`), the problem
 * of choices (`infer-sbp/problem`), its solution (`src/search`). Where the joint choice over all mesh axes is too big, pairs of
 * axes are chosen in turn until nothing improves. A limit on memory is met by pricing what is held and what is alive at
 * the peak of the layout found before (`infer-sbp/choose`).
 */
import type { DiagnosticSink } from "../src/diagnostics/diagnostic.ts";
import { generatedLocation } from "../src/diagnostics/location.ts";
import { sourcesByValue, valueOf, type Graph, type Node, type Value } from "../src/ir/graph.ts";
import { devicesPerStage, ndSbpEqual, type Mesh, type NdSbp } from "../src/ir/layout.ts";
import { BoxingPaths } from "../src/sbp/boxing-path.ts";
import { wantedOf } from "../src/sbp/boxing-tree.ts";
import { FormExpansions } from "../src/ops/forms.ts";
import { drawingInside } from "../src/ops/regions.ts";
import { findOp } from "../src/ops/registry.ts";
import { sum } from "../src/support/collections.ts";
import { layoutsOf, type Assignment } from "./infer-sbp/assignment.ts";
import { callsOf, staticTensor } from "./infer-sbp/calls.ts";
import { Candidates, type FormSeconds, type Partials } from "./infer-sbp/candidates.ts";
import { TableCache } from "./infer-sbp/boxing-tables.ts";
import { choose, type Chosen } from "./infer-sbp/choose.ts";
import { explainChoice, type LayoutReason } from "./infer-sbp/explain.ts";
import { layoutCost, plainSeconds } from "./infer-sbp/cost.ts";
import { giveWay, resolveHints } from "./infer-sbp/hints.ts";
import type { Setting } from "./infer-sbp/setting.ts";
import { propagateUnits } from "./infer-sbp/units.ts";
import { definePass, type LayoutChoice, type PassContext } from "./pass.ts";

export const inferSbp = definePass({
  name: "infer-sbp",
  summary: "Choose the layout of every value and the signature of every node.",
  requires: ["typed", "static", "staged"],
  ensures: ["laid-out"],
  breaks: ["canonical"], // an Identity that was returned may come to stand before the output's own layout
  run(compilation, context) {
    const setting = settingOf(compilation.graph, context);
    const { graph, layout } = decide(setting, choose(setting, context), context);
    return { ...compilation, graph, layout };
  },
});

interface Decided {
  readonly graph: Graph;
  readonly layout: LayoutChoice;
}

function decide(setting: Setting, chosen: Chosen, context: PassContext): Decided {
  const { assignment, lowerBound, broken } = chosen;
  for (const { hint, axes } of broken) {
    for (const axis of axes) giveWay(context.sink, hint, hint.components[axis], context.mesh.axes[axis]);
  }
  const graph = apply(setting.graph, assignment);
  reportWhole(graph, setting, context);
  const { seconds } = layoutCost(
    graph,
    context.mesh,
    context.costModel,
    undefined,
    context.options.microbatches,
  );
  return {
    graph,
    layout: {
      seconds,
      lowerBound: broken.length === 0 ? lowerBound : 0,
      reasons: reasonsOf(graph, setting),
    },
  };
}

/** The choice of the pass, made again and again for one graph. */
export interface LayoutSearch {
  /** What is chosen where values must have some layouts, whatever the model says; throws as the pass does where none can be had. */
  choose(forced: ReadonlyMap<string, NdSbp>): Decided;
  /** Why a value has the layout that the pass chooses; undefined where no choice concerns it. */
  explain(value: string): LayoutReason | undefined;
}

export function layoutSearch(graph: Graph, context: PassContext): LayoutSearch {
  const setting = settingOf(graph, context);
  const cache = new TableCache();
  let free: Chosen | undefined;
  return {
    choose(forced) {
      const hints = new Map(setting.hints);
      for (const value of forced.keys()) hints.delete(value);
      const other = { ...setting, forced, hints };
      return decide(other, choose(other, context, cache), context);
    },
    explain(value) {
      free ??= choose(setting, context, cache, "all");
      return explainChoice(setting, free, context, value);
    },
  };
}

/** Everything about a graph that does not depend on what is chosen. */
function settingOf(graph: Graph, { mesh, costModel, sink, options }: PassContext): Setting {
  const calls = callsOf(graph);
  for (const { call, definition } of calls) drawingInside(call, definition)?.fail("random-inside", {});
  const hints = resolveHints(graph, mesh, sink);
  const paths = new BoxingPaths(mesh, costModel);
  const forms = new FormExpansions();
  const formSeconds: FormSeconds = ({ call, definition }, signature) => {
    if (definition === undefined) return undefined;
    const expansion = forms.expand({ call, definition, signature, mesh });
    return expansion === undefined ? undefined : plainSeconds(expansion.graph, mesh, costModel, paths);
  };
  const candidates = new Candidates(mesh, costModel, formSeconds);
  const units = propagateUnits(graph, mesh, calls, (call, devices, soFar) =>
    candidates.signatures(call, devices, soFar),
  );
  return {
    graph,
    mesh,
    calls,
    candidates,
    paths,
    units,
    partials: reachablePartials(calls, candidates, units, mesh),
    hints,
    microbatches: options.microbatches,
    forced: new Map(),
  };
}

/** The reductions in which each value can be made partial: split contractions start them, linear operators pass them on. */
function reachablePartials(
  calls: Setting["calls"],
  candidates: Candidates,
  units: Setting["units"],
  mesh: Mesh,
): Partials {
  const partials = new Map<string, Set<string>>();
  const sizes = [...new Set(mesh.axes.map((axis) => axis.size))];
  for (const call of calls) {
    for (const devices of sizes) {
      for (const { inputs, outputs } of candidates.signatures(call, devices, units)) {
        const starts = inputs.some((sbp) => sbp?.kind === "S" || sbp?.kind === "W");
        const taken = inputs.flatMap((sbp, i) =>
          sbp?.kind === "P" ? [{ name: call.node.inputs[i] ?? "", reduce: sbp.reduce }] : [],
        );
        if (
          !starts &&
          taken.length > 0 &&
          !taken.some(({ name, reduce }) => partials.get(name)?.has(reduce) === true)
        )
          continue;
        outputs.forEach((sbp, k) => {
          if (sbp.kind !== "P") return;
          const name = call.node.outputs[k] as string;
          const known = partials.get(name);
          if (known === undefined) partials.set(name, new Set([sbp.reduce]));
          else known.add(sbp.reduce);
        });
      }
    }
  }
  return partials;
}

/** The graph with the chosen layouts. An output that is made partial gets a request for a layout that is not. */
function apply(graph: Graph, assignment: Assignment): Graph {
  const layouts = layoutsOf(graph, assignment);
  const values = new Map<string, Value>();
  for (const [name, value] of graph.values) {
    const layout = value.type.kind === "tensor" ? layouts.get(name) : undefined;
    values.set(name, layout === undefined ? value : { ...value, layout });
  }
  const nodes: Node[] = graph.nodes.map((node, i) => ({
    ...node,
    signature: assignment.nodes[i]?.signature as NonNullable<Node["signature"]>,
  }));
  const made = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const nodeNames = new Set(nodes.map(({ name }) => name));
  const renamed = new Map<string, string>();
  for (const [name, layout] of assignment.outputs) {
    const { regions: _, ...maker } = made.get(name) as Node;
    const value = valueOf(graph, name);
    if (layouts.get(name)?.some((sbp) => sbp.kind === "P") !== true) continue;
    const output = freshName(`${name}_output`, values);
    values.set(output, { name: output, type: value.type, layout });
    const nodeName = freshName(`${maker.name}_output`, nodeNames);
    nodeNames.add(nodeName);
    nodes.push({
      ...maker,
      name: nodeName,
      op: "sbpc.ToGlobal",
      inputs: [name],
      outputs: [output],
      attributes: {},
      location: generatedLocation("infer-sbp", [maker.location]),
      signature: { inputs: [layout], outputs: [layout] },
    });
    renamed.set(name, output);
  }
  const outputs = graph.outputs.map((output) => ({
    ...output,
    value: renamed.get(output.value) ?? output.value,
  }));
  return { ...graph, nodes, values, outputs };
}

function freshName(base: string, taken: { has(name: string): boolean }): string {
  let name = base;
  for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
  return name;
}

/** Warns of operators without a rule and of regions, which run whole on every device, and says what that costs. */
function reportWhole(
  graph: Graph,
  { mesh, paths }: Setting,
  { sink, costModel }: { sink: DiagnosticSink; costModel: PassContext["costModel"] },
): void {
  const devices = devicesPerStage(mesh);
  for (const node of graph.nodes) {
    const declared = findOp(node.op) !== undefined;
    if (declared && node.regions === undefined) continue;
    let gathered = 0;
    for (const [name, wanted] of wantedOf(node, graph)) {
      const type = staticTensor(graph, name);
      const made = valueOf(graph, name).layout;
      if (type === undefined || made === undefined) continue;
      const steps = paths.path(type, made, wanted).steps;
      gathered += sum(steps.flatMap((step) => costModel.boxing(step, type, mesh).bytes));
    }
    const cost = `${gathered} bytes of gathering, and its work ${devices} times`;
    if (devices > 1 || !declared)
      sink.report(declared ? "runs-whole" : "unknown-op", { op: node.op, cost }, node.location);
  }
}

/** Why each value has its layout: asked for, a source, made from inputs as they come, or chosen. */
function reasonsOf(graph: Graph, { hints, mesh }: Setting): Map<string, string> {
  const reasons = new Map<string, string>();
  const sources = sourcesByValue(graph);
  for (const { value } of graph.sources) reasons.set(value, hints.has(value) ? "hint" : "source");
  for (const node of graph.nodes) {
    const follows = node.inputs.every((name, k) => {
      const wanted = node.signature?.inputs[k];
      if (name === null || wanted == null || sources.has(name)) return true;
      return ndSbpEqual(valueOf(graph, name).layout ?? ([] as NdSbp), wanted);
    });
    for (const name of node.outputs)
      reasons.set(name, hints.has(name) ? "hint" : follows && mesh.axes.length > 0 ? "follows" : "search");
  }
  return reasons;
}
