/** The plan as the views look at it: its numbers, its graph, and what belongs to what. */
import type { NdSbp } from "../../ir/layout.ts";
import {
  consumers,
  producers,
  sourcesByValue,
  type Graph,
  type Node as GraphNode,
  type Source,
} from "../../ir/graph.ts";
import type { Plan, Provenance } from "../../plan/plan.ts";
import { describeActions, firstRank, planFigures, type ActionFigures, type PlanFigures } from "../figures.ts";
import { graphOf } from "../plan-graph.ts";
import type { Item } from "./state.ts";

export interface PageModel {
  readonly plan: Plan;
  readonly graph: Graph;
  readonly figures: PlanFigures;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly producers: ReadonlyMap<string, GraphNode>;
  readonly consumers: ReadonlyMap<string, readonly { readonly node: GraphNode; readonly index: number }[]>;
  readonly sources: ReadonlyMap<string, Source>;
  readonly provenance: ReadonlyMap<string, Provenance>;
  /** Index of the communication by the node that is it. */
  readonly boxingOfNode: ReadonlyMap<string, number>;
  readonly nodeOfBoxing: ReadonlyMap<number, string>;
  /** Per stage: the action that runs a node. */
  readonly actionsOfNode: ReadonlyMap<string, readonly { readonly stage: number; readonly action: number }[]>;
  /** Per stage, in words. */
  readonly actionTexts: (stage: number) => readonly ActionFigures[];
}

export function pageModel(plan: Plan): PageModel {
  const graph = graphOf(plan);
  const makers = producers(graph);
  const boxingOfNode = new Map<string, number>();
  const nodeOfBoxing = new Map<number, string>();
  plan.boxing.forEach(({ output }, index) => {
    const node = makers.get(output);
    if (node === undefined) return;
    boxingOfNode.set(node.name, index);
    nodeOfBoxing.set(index, node.name);
  });
  const texts = new Map<number, readonly ActionFigures[]>();
  return {
    plan,
    graph,
    figures: planFigures(plan),
    nodes: new Map(graph.nodes.map((node) => [node.name, node])),
    producers: makers,
    consumers: consumers(graph),
    sources: sourcesByValue(graph),
    provenance: new Map(plan.provenance.map((entry) => [entry.value, entry])),
    boxingOfNode,
    nodeOfBoxing,
    actionsOfNode: actionsByNode(plan, nodeOfBoxing),
    actionTexts: (stage) => {
      const known = texts.get(stage) ?? describeActions(plan, stage);
      texts.set(stage, known);
      return known;
    },
  };
}

function actionsByNode(
  plan: Plan,
  nodeOfBoxing: ReadonlyMap<number, string>,
): Map<string, { stage: number; action: number }[]> {
  const found = new Map<string, { stage: number; action: number }[]>();
  const add = (name: string, stage: number, action: number) => {
    const list = found.get(name);
    if (list === undefined) found.set(name, [{ stage, action }]);
    else list.push({ stage, action });
  };
  for (const { stage, actions, segments } of plan.stages) {
    actions.forEach((action, index) => {
      if (action.kind === "segment")
        for (const name of segments[action.segment]?.nodes ?? []) add(name, stage, index);
      else if (action.kind !== "accumulate" && action.kind !== "assign") {
        const name = nodeOfBoxing.get(action.boxing);
        if (name !== undefined) add(name, stage, index);
      }
    });
  }
  return found;
}

// --- what an item is

/** The nodes that an item stands for: itself, the maker of a value, all of a module. */
export function nodesOf(model: PageModel, item: Item): readonly GraphNode[] {
  switch (item.kind) {
    case "op":
      return one(model.nodes.get(item.name));
    case "value": {
      const maker = model.producers.get(item.name);
      return maker === undefined ? (model.consumers.get(item.name) ?? []).map(({ node }) => node) : [maker];
    }
    case "boxing":
      return one(model.nodes.get(model.nodeOfBoxing.get(item.index) ?? ""));
    case "module":
      return model.graph.nodes.filter(({ module }) => isWithin(module, item.name));
  }
}

function one(node: GraphNode | undefined): readonly GraphNode[] {
  return node === undefined ? [] : [node];
}

/** Whether a module path is another or lies in it. */
export function isWithin(module: string, path: string): boolean {
  return module === path || module.startsWith(`${path}.`) || module.startsWith(`${path}/`);
}

/** The tensor that an item is about: itself, what an op makes, what a communication gives. */
export function valueOfItem(model: PageModel, item: Item | undefined): string | undefined {
  switch (item?.kind) {
    case undefined:
      return undefined;
    case "value":
      return model.graph.values.has(item.name) ? item.name : undefined;
    case "op":
      return model.nodes.get(item.name)?.outputs[0];
    case "boxing":
      return model.plan.boxing[item.index]?.output;
    case "module":
      return nodesOf(model, item).at(-1)?.outputs[0];
  }
}

/** The communication that an item is, or undefined. */
export function boxingOfItem(model: PageModel, item: Item | undefined): number | undefined {
  if (item?.kind === "boxing") return model.plan.boxing[item.index] === undefined ? undefined : item.index;
  if (item?.kind === "op") return model.boxingOfNode.get(item.name);
  if (item?.kind === "value") return model.boxingOfNode.get(model.producers.get(item.name)?.name ?? "");
  return undefined;
}

/** The item of a node: a communication is known by its number. */
export function itemOfNode(model: PageModel, name: string): Item {
  const index = model.boxingOfNode.get(name);
  return index === undefined ? { kind: "op", name } : { kind: "boxing", index };
}

/** The actions of a stage that an item takes part in. */
export function actionsOf(
  model: PageModel,
  item: Item | undefined,
): ReadonlyMap<number, ReadonlySet<number>> {
  const found = new Map<number, Set<number>>();
  for (const node of item === undefined ? [] : nodesOf(model, item)) {
    for (const { stage, action } of model.actionsOfNode.get(node.name) ?? []) {
      const set = found.get(stage);
      if (set === undefined) found.set(stage, new Set([action]));
      else set.add(action);
    }
  }
  return found;
}

/** What an action is about, as something that can be chosen. */
export function itemOfAction(model: PageModel, stage: number, index: number): Item | undefined {
  const plan = model.plan.stages.find((entry) => entry.stage === stage);
  const action = plan?.actions[index];
  if (action === undefined) return undefined;
  if (action.kind === "accumulate" || action.kind === "assign") {
    const value = plan?.slots[action.input]?.name;
    return value === undefined ? undefined : { kind: "value", name: value };
  }
  if (action.kind !== "segment") return { kind: "boxing", index: action.boxing };
  const name = plan?.segments[action.segment]?.nodes.at(-1);
  return name === undefined ? undefined : { kind: "op", name };
}

// --- layouts and devices

export function layoutOf(model: PageModel, value: string): NdSbp {
  return model.graph.values.get(value)?.layout ?? model.plan.mesh.axes.map(() => ({ kind: "B" }) as const);
}

/** The stages in which a value lives. */
export function stagesOfValue(model: PageModel, value: string): number[] {
  const maker = model.producers.get(value);
  if (maker !== undefined) return [maker.stage ?? 0];
  const stages = new Set((model.consumers.get(value) ?? []).map(({ node }) => node.stage ?? 0));
  return [...stages].sort((a, b) => a - b);
}

export function rankOf(model: PageModel, stage: number, device: number): number {
  return firstRank(model.plan, stage) + device;
}

/** Where a value's layout comes from, in words. */
export const reasonTexts: Readonly<Record<string, string>> = {
  hint: "asked for by the model's own hint",
  search: "chosen by the search as the cheapest",
  follows: "follows from the layouts of its inputs",
  source: "how the source is held",
  boxing: "changed by communication",
};
