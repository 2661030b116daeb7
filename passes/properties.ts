/**
 * What passes require and ensure: named properties of a compilation, each with a check. All checks are linear.
 *
 *    1  typed           Every value has the type that its operator infers.
 *    2  static          No tensor has a dimension without a size.
 *    3  canonical       No call can be simplified, but for those whose result is returned or has a hard hint.
 *    4  no-dead-nodes   Every node makes something that is used or returned.
 *    5  staged          Every node is on a stage, and every stage has one; nothing uses what a later stage makes.
 *    6  laid-out        Every tensor has a layout and every node a signature; sources and returned values are never partial.
 *    7  no-forms        No signature asks for a distributed form.
 *    8  boxed           Every node takes its inputs in the layout and on the stage in which they are made; between layouts
 *                       and stages stand boxing nodes.
 *    9  localized       Every stage has local graphs for all of its devices.
 *   10  partitioned     Every stage has a program of segments and communications.
 *   11  bucketed        Every program says which of its collectives run together.
 *   12  memory-planned  Every program has a memory plan for each class of devices.
 *   13  planned         There is a plan for the mesh.
 */
import { isKnown } from "../src/ir/dim.ts";
import { captures, producers, valueOf, type Graph, type Node } from "../src/ir/graph.ts";
import { devicesPerStage, ndSbpEqual, printNdSbp, type Mesh, type NdSbp } from "../src/ir/layout.ts";
import { printNode, printSource } from "../src/ir/text/print.ts";
import { hasEffect } from "../src/ir/step-node.ts";
import { printType, typesEqual, type ValueType } from "../src/ir/types.ts";
import type { Diagnostic } from "../src/diagnostics/diagnostic.ts";
import { Inference } from "../src/ops/infer.ts";
import { simplify } from "../src/ops/simplify.ts";
import { boxingStepOf } from "../src/sbp/boxing-node.ts";
import { range } from "../src/support/collections.ts";
import type { Compilation } from "./pass.ts";

export type Property =
  | "typed"
  | "static"
  | "canonical"
  | "no-dead-nodes"
  | "staged"
  | "laid-out"
  | "no-forms"
  | "boxed"
  | "localized"
  | "partitioned"
  | "bucketed"
  | "memory-planned"
  | "planned";

/** What a check finds wrong, one sentence each; none where the property holds. */
export type Check = (compilation: Compilation, mesh: Mesh) => string[];

export const checks: Readonly<Record<Property, Check>> = {
  typed: ({ graph }) => {
    const inference = new Inference(graph);
    const errors: Diagnostic[] = [];
    const wrong = graph.nodes.flatMap((node) => {
      const declared = node.outputs.map((output) => valueOf(graph, output).type);
      const inferred = inference.node(node, declared, errors);
      return inferred.flatMap((type, i) =>
        typesEqual(type, declared[i] as ValueType)
          ? []
          : [`inferred ${printType(type)}: ${printNode(node, graph)}`],
      );
    });
    return [...errors.map((error) => error.message), ...wrong];
  },

  static: ({ graph }) =>
    [...graph.values.values()]
      .filter(({ type }) => !hasSizes(type))
      .map(({ name, type }) => `%${name} : ${printType(type)}`),

  canonical: ({ graph }) => {
    const inference = new Inference(graph);
    const returned = new Set(graph.outputs.map((output) => output.value));
    const used = usedValues(graph);
    return graph.nodes.flatMap((node) => {
      const values = node.outputs.map((output) => valueOf(graph, output));
      const types = values.map((value) => value.type);
      const found = simplify(inference.call(node), {
        types,
        used: node.outputs.map((output) => used.has(output)),
        hints: true,
      });
      inference.node(node, types, []);
      const bound = values.some((value) => value.hint?.strength === "hard" || returned.has(value.name));
      return found === undefined || bound ? [] : [`can become ${found.kind}: ${printNode(node, graph)}`];
    });
  },

  "no-dead-nodes": ({ graph }) => {
    const used = usedValues(graph);
    return graph.nodes
      .filter((node) => !hasEffect(node) && !node.outputs.some((output) => used.has(output)))
      .map((node) => printNode(node, graph));
  },

  staged: ({ graph }, mesh) => {
    const without = graph.nodes
      .filter((node) => node.stage === undefined)
      .map((node) => printNode(node, graph));
    const occupied = new Set(graph.nodes.map((node) => node.stage));
    const empty = range(mesh.stages).filter((stage) => !occupied.has(stage));
    return [
      ...without,
      ...(graph.nodes.length === 0 ? [] : empty.map((stage) => `stage ${stage} has no node`)),
    ];
  },

  "laid-out": ({ graph }) => {
    const wrong: string[] = [];
    for (const value of graph.values.values()) {
      if (value.type.kind === "tensor" && value.layout === undefined)
        wrong.push(`%${value.name} has no layout`);
    }
    for (const node of graph.nodes)
      if (node.signature === undefined) wrong.push(`no signature: ${printNode(node, graph)}`);
    for (const source of graph.sources)
      if (isPartial(graph, source.value)) wrong.push(`partial source: ${printSource(source, graph)}`);
    for (const { name, value } of graph.outputs)
      if (isPartial(graph, value)) wrong.push(`returned partial: ${name}=%${value}`);
    return wrong;
  },

  "no-forms": ({ graph }) =>
    graph.nodes.filter((node) => node.signature?.form !== undefined).map((node) => printNode(node, graph)),

  boxed: ({ graph }) => {
    const makers = producers(graph);
    return graph.nodes.flatMap((node) => boxedProblems(node, graph, makers));
  },

  localized: ({ stages }, mesh) => {
    if (stages === undefined) return ["there are no local stages"];
    const wrong =
      stages.length === mesh.stages ? [] : [`${stages.length} local stages instead of ${mesh.stages}`];
    for (const { stage, classes } of stages) {
      const devices = classes.flatMap((one) => one.devices).toSorted((a, b) => a - b);
      if (devices.join() !== range(devicesPerStage(mesh)).join())
        wrong.push(`stage ${stage} has classes for devices ${devices.join(", ")}`);
    }
    return wrong;
  },

  partitioned: ({ stages }) =>
    (stages ?? [])
      .filter(({ program }) => program === undefined)
      .map(({ stage }) => `stage ${stage} has no program`),

  bucketed: ({ stages }) =>
    (stages ?? [])
      .filter(({ program }) => program?.buckets === undefined)
      .map(({ stage }) => `stage ${stage} does not say what runs together`),

  "memory-planned": ({ stages }) =>
    (stages ?? [])
      .filter(({ program, classes }) => program?.memory?.length !== classes.length)
      .map(({ stage }) => `stage ${stage} has not one memory plan per class`),

  planned: ({ plan }, mesh) => {
    if (plan === undefined) return ["there is no plan"];
    return plan.stages.length === mesh.stages ? [] : [`the plan has ${plan.stages.length} stages`];
  },
};

function hasSizes(type: ValueType): boolean {
  return type.kind !== "tensor" || type.shape.every(isKnown);
}

function usedValues(graph: Graph): Set<string> {
  const used = new Set(graph.outputs.map((output) => output.value));
  for (const node of graph.nodes) {
    for (const name of node.inputs) if (name !== null) used.add(name);
    for (const name of captures(node)) used.add(name);
  }
  return used;
}

function isPartial(graph: Graph, value: string): boolean {
  return (valueOf(graph, value).layout ?? []).some((sbp) => sbp.kind === "P");
}

function boxedProblems(node: Node, graph: Graph, makers: ReadonlyMap<string, Node>): string[] {
  const problems: string[] = [];
  const say = (problem: string) => problems.push(`${problem}: ${printNode(node, graph)}`);
  const same = (a: NdSbp | null | undefined, b: NdSbp | undefined) =>
    a == null || b === undefined || ndSbpEqual(a, b);
  const from = boxingStepOf(node)?.fromStage ?? node.stage;
  node.inputs.forEach((name, i) => {
    if (name === null) return;
    const made = valueOf(graph, name).layout;
    if (!same(node.signature?.inputs[i], made)) say(`%${name} is made in ${printNdSbp(made ?? [])}`);
    const maker = makers.get(name);
    if (maker !== undefined && maker.stage !== from) say(`%${name} is made on stage ${maker.stage}`);
  });
  for (const name of captures(node)) {
    const made = valueOf(graph, name).layout;
    if (made?.some((sbp) => sbp.kind !== "B") === true) say(`%${name} is captured in ${printNdSbp(made)}`);
    const maker = makers.get(name);
    if (maker !== undefined && maker.stage !== from) say(`%${name} is made on stage ${maker.stage}`);
  }
  node.outputs.forEach((name, i) => {
    if (!same(node.signature?.outputs[i], valueOf(graph, name).layout))
      say(`%${name} is said to be in another layout`);
  });
  return problems;
}
