/** The compiled graph for Graphviz: a cluster per stage, operators as boxes, boxing as ellipses, layouts on the edges. */
import { captures, type Graph, type Node } from "../ir/graph.ts";
import { printNdSbp } from "../ir/layout.ts";
import { printLocation } from "../diagnostics/location.ts";
import { printType } from "../ir/types.ts";
import type { Plan } from "../plan/plan.ts";
import { boxingStepOf } from "../sbp/boxing-node.ts";
import { planFigures } from "./figures.ts";
import { bytes, seconds } from "./text.ts";

export function planDot(plan: Plan, graph: Graph, figures = planFigures(plan)): string {
  const boxings = new Map(figures.boxings.map((boxing) => [boxing.output, boxing]));
  const makers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node.name] as const)),
  );
  const inputs = graph.sources.filter(({ kind }) => kind === "input").map(({ value }) => value);
  const idOf = (value: string) => {
    const maker = makers.get(value);
    return maker === undefined ? `in:${value}` : `op:${maker}`;
  };
  const typeOfValue = (value: string) => {
    const known = graph.values.get(value);
    if (known === undefined) return "";
    return `${printType(known.type)}${known.layout === undefined ? "" : ` ${printNdSbp(known.layout)}`}`;
  };
  const nodeLine = (node: Node): string => {
    const step = boxingStepOf(node);
    if (step !== undefined) {
      const boxing = boxings.get(node.outputs[0] ?? "");
      const cost =
        boxing === undefined ? [] : [`${bytes(boxing.bytesPerMicrobatch)}, ${seconds(boxing.seconds)}`];
      const label = [step.kind, `${printNdSbp(step.from)} -> ${printNdSbp(step.to)}`, ...cost];
      return `${quote(`op:${node.name}`)} [shape=ellipse, style=filled, fillcolor="#ffe0b0", label=${quote(label.join("\n"))}];`;
    }
    const label = [node.op, node.name, ...node.outputs.map(typeOfValue), printLocation(node.location)];
    return `${quote(`op:${node.name}`)} [label=${quote(label.filter((line) => line !== "").join("\n"))}];`;
  };
  const stages = plan.stages.map(({ stage }) => {
    const own = graph.nodes.filter((node) => (node.stage ?? 0) === stage);
    return [
      `  subgraph ${quote(`cluster_${stage}`)} {`,
      `    label=${quote(`stage ${stage}`)};`,
      ...own.map((node) => `    ${nodeLine(node)}`),
      "  }",
    ].join("\n");
  });
  const edges = graph.nodes.flatMap((node) =>
    [...node.inputs, ...captures(node)].flatMap((name) => {
      if (name === null || (!makers.has(name) && !inputs.includes(name))) return [];
      const layout = graph.values.get(name)?.layout;
      const label = layout === undefined ? "" : ` [label=${quote(printNdSbp(layout))}]`;
      return [`  ${quote(idOf(name))} -> ${quote(`op:${node.name}`)}${label};`];
    }),
  );
  const returned = graph.outputs.map(
    ({ name, value }) =>
      `  ${quote(`out:${name}`)} [shape=plaintext, label=${quote(name)}];\n  ${quote(idOf(value))} -> ${quote(`out:${name}`)};`,
  );
  return [
    `digraph ${quote(plan.model)} {`,
    `  graph [label=${quote(`${plan.model} on ${figures.mesh}`)}, labelloc=t];`,
    "  node [shape=box, fontname=Helvetica, fontsize=10];",
    "  edge [fontname=Helvetica, fontsize=9];",
    ...inputs.map(
      (name) =>
        `  ${quote(`in:${name}`)} [shape=plaintext, label=${quote(`${name}\n${typeOfValue(name)}`)}];`,
    ),
    ...stages,
    ...edges,
    ...returned,
    "}",
  ].join("\n");
}

/** A quoted identifier or label; line breaks become `\n`, which Graphviz reads as such. */
function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
