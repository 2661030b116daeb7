/** Gives an imported graph the layouts and stages that its file's annotations state: as advice, which gives way where it cannot hold. */
import type { DiagnosticSink } from "../diagnostics/diagnostic.ts";
import type { Location } from "../diagnostics/location.ts";
import type { Graph, Node, Value } from "../ir/graph.ts";
import { annotationHints, type Annotations } from "./annotations.ts";

/**
 * Values and nodes are known by the names of the file; what the graph calls otherwise is left as it is. Stages become layers,
 * so that a shorter pipeline joins neighbours. What the annotations state and cannot be had is a warning at its place.
 */
export function applyAnnotations(
  graph: Graph,
  annotations: Annotations,
  sink: DiagnosticSink,
  locate: (place: string) => Location,
): Graph {
  for (const { place, problem } of annotations.problems)
    sink.report("annotation-dropped", { place, problem }, locate(place));
  const hints = annotations.mesh.axes.length === 0 ? new Map() : annotationHints(annotations);
  const values = new Map(
    [...graph.values].map(([name, value]): [string, Value] => {
      const hint = hints.get(name);
      return [name, hint === undefined || value.type.kind !== "tensor" ? value : { ...value, hint }];
    }),
  );
  const { stages } = annotations.mesh;
  if (stages === 1) return { ...graph, values };
  const nodes = graph.nodes.map((node): Node => {
    const layer = annotations.stages.get(node.outputs[0] ?? "");
    return layer === undefined ? node : { ...node, layer };
  });
  return { ...graph, values, nodes, layers: stages, layerStages: "balanced" };
}
