/**
 * Reads multi-device annotations: what `annotate.ts` writes, and what others write in ONNX's own words.
 *
 * Layouts are stated per node: how it takes its inputs and leaves its outputs. A value's layout is the one that its maker
 * leaves it in; an input or initializer without one has the layout in which all nodes take it. Inside regions and functions
 * nothing is read: the format has no words for them.
 */
import { ndSbpEqual, parseNdSbp, printMesh, type LayoutHint, type Mesh, type NdSbp } from "../ir/layout.ts";
import { SbpcError } from "../diagnostics/diagnostic.ts";
import { parseMesh } from "../sbp/mesh.ts";
import type { onnx } from "./generated/onnx-ml.js";
import { deviceLimit, layoutOfSpec, meshProblem, possibleMeshes } from "./sharding.ts";

/** Something that is stated and cannot be had: the place is the name of a node (or its first output), input or initializer. */
export interface AnnotationProblem {
  readonly place: string;
  readonly problem: string;
}

export interface Annotations {
  /** The mesh that layouts refer to. */
  readonly mesh: Mesh;
  /** By value: the layout in which it is made. */
  readonly layouts: ReadonlyMap<string, NdSbp>;
  /** By the first output of a node: the layouts in which it takes its inputs; null where nothing is said. */
  readonly inputs: ReadonlyMap<string, readonly (NdSbp | null)[]>;
  /** By graph output: the layout in which it is handed over. */
  readonly outputs: ReadonlyMap<string, NdSbp>;
  /** By the first output of a node: its pipeline stage. */
  readonly stages: ReadonlyMap<string, number>;
  readonly problems: readonly AnnotationProblem[];
}

/**
 * The annotations of a model; undefined where it has none. `mesh` is what the file's devices are thought of; default: the
 * file's own (`sbpc.mesh`), or the simplest one on which its specs are layouts, with axes d0, d1, ….
 */
export function readAnnotations(model: onnx.ModelProto.$Properties, mesh?: Mesh): Annotations | undefined {
  const nodes = model.graph?.node ?? [];
  const named = propertyOf(model.metadataProps, "sbpc.mesh");
  if (named === undefined && !nodes.some((node) => (node.deviceConfigurations ?? []).length > 0))
    return undefined;
  const given = mesh ?? (named === undefined ? undefined : meshOf(named));
  const refused = given === undefined ? undefined : meshProblem(given);
  if (given !== undefined && refused === undefined) return readOn(model, given);
  if (named !== undefined || refused !== undefined)
    return { ...nothing, problems: [{ place: "sbpc.mesh", problem: refused ?? `${named} is not a mesh` }] };
  const stages =
    1 + nodes.reduce((most, node) => Math.max(most, configurationOf(model, node)?.pipelineStage ?? 0), 0);
  const devices = Math.max(1, Number(model.configuration?.[0]?.numDevices ?? 1));
  if (devices > deviceLimit)
    return {
      ...nothing,
      problems: [{ place: "configuration", problem: `more than ${deviceLimit} devices` }],
    };
  const whole = devices % stages === 0 ? stages : 1;
  let best: Annotations | undefined;
  for (const candidate of possibleMeshes(devices / whole, whole)) {
    const read = readOn(model, candidate);
    if (best === undefined || read.problems.length < best.problems.length) best = read;
    if (read.problems.length === 0) break;
  }
  return best;
}

/** Layout hints by value, to be obeyed where they fit. */
export function annotationHints({ mesh, layouts }: Annotations): Map<string, LayoutHint> {
  return new Map(
    [...layouts].map(([value, layout]) => [
      value,
      { strength: "soft", sbp: layout.map((sbp, i) => ({ axis: mesh.axes[i]?.name ?? "", sbp })) },
    ]),
  );
}

const nothing: Annotations = {
  mesh: { axes: [], stages: 1 },
  layouts: new Map(),
  inputs: new Map(),
  outputs: new Map(),
  stages: new Map(),
  problems: [],
};

function meshOf(text: string): Mesh | undefined {
  try {
    return parseMesh(text);
  } catch (error) {
    if (error instanceof SbpcError) return undefined;
    throw error;
  }
}

function propertyOf(
  entries: readonly onnx.StringStringEntryProto.$Properties[] | null | undefined,
  key: string,
): string | undefined {
  return entries?.find((entry) => entry.key === key)?.value ?? undefined;
}

/** The part of a node's annotations that belongs to the model's first configuration. */
function configurationOf(
  model: onnx.ModelProto.$Properties,
  node: onnx.NodeProto.$Properties,
): onnx.NodeDeviceConfigurationProto.$Properties | undefined {
  const name = model.configuration?.[0]?.name;
  return node.deviceConfigurations?.find((each) => each.configurationId === name);
}

function readOn(model: onnx.ModelProto.$Properties, mesh: Mesh): Annotations {
  const graph = model.graph ?? {};
  const problems: AnnotationProblem[] = [];
  const layouts = new Map<string, NdSbp>();
  const inputs = new Map<string, readonly (NdSbp | null)[]>();
  const outputs = new Map<string, NdSbp>();
  const stages = new Map<string, number>();
  const ranks = ranksOf(graph);
  const readSpec = specReader(ranks, mesh);
  const checkDepth = (layout: NdSbp | undefined, place: string, text: string): NdSbp | undefined => {
    const isSound = layout?.every(
      (sbp) => sbp.kind !== "S" || (sbp.unit >= 1 && Number.isSafeInteger(sbp.unit)),
    );
    if (layout !== undefined && layout.length === mesh.axes.length && isSound === true) return layout;
    problems.push({ place, problem: `${text} is not a layout on ${printMesh(mesh)}` });
    return undefined;
  };
  /** Every layout of one side of a node, where its metadata has them. */
  const listed = (node: onnx.NodeProto.$Properties, key: string): readonly (NdSbp | null)[] | undefined => {
    const text = propertyOf(node.metadataProps, key);
    return text?.split(";").map((part) => {
      const trimmed = part.trim();
      return trimmed === "-" ? null : (checkDepth(parseNdSbp(trimmed), placeOf(node), trimmed) ?? null);
    });
  };
  const named = (
    entries: readonly onnx.StringStringEntryProto.$Properties[] | null | undefined,
    name: string,
  ) => {
    const text = propertyOf(entries, "sbpc.layout");
    return text === undefined ? undefined : checkDepth(parseNdSbp(text), name, text);
  };

  for (const info of [...(graph.input ?? []), ...(graph.initializer ?? [])]) {
    const layout = named(info.metadataProps, info.name ?? "");
    if (layout !== undefined) layouts.set(info.name ?? "", layout);
  }
  for (const info of graph.output ?? []) {
    const layout = named(info.metadataProps, info.name ?? "");
    if (layout !== undefined) outputs.set(info.name ?? "", layout);
  }
  for (const node of graph.node ?? []) {
    const configuration = configurationOf(model, node);
    if (configuration === undefined && (node.deviceConfigurations ?? []).length > 0)
      problems.push({
        place: placeOf(node),
        problem: "it is annotated for a configuration that the model lacks",
      });
    const specs = new Map<string, NdSbp>();
    const known = new Set([...(node.input ?? []), ...(node.output ?? [])]);
    let stage = configuration?.pipelineStage ?? undefined;
    if (stage !== undefined && (stage < 0 || stage >= mesh.stages)) {
      problems.push({
        place: placeOf(node),
        problem: `there is no pipeline stage ${stage} on ${printMesh(mesh)}`,
      });
      stage = undefined;
    }
    for (const spec of configuration?.shardingSpec ?? []) {
      const name = spec.tensorName ?? "";
      if (!known.has(name)) {
        problems.push({
          place: placeOf(node),
          problem: `its spec of ${name} is of no input or output of it`,
        });
        continue;
      }
      const read = readSpec(spec);
      if (typeof read === "string") {
        problems.push({ place: placeOf(node), problem: `its spec of ${name}: ${read}` });
        continue;
      }
      if (stage !== undefined && read.stage !== stage)
        problems.push({
          place: placeOf(node),
          problem: `${name} lies on stage ${read.stage}, the node on ${stage}`,
        });
      stage ??= mesh.stages > 1 ? read.stage : undefined;
      specs.set(name, read.layout);
    }
    const key = (node.output ?? []).find((name) => name !== "");
    if (key === undefined) continue;
    if (stage !== undefined) stages.set(key, stage);
    const taken = listed(node, "sbpc.inputs");
    const sides = (node.input ?? []).map((name, i) => taken?.[i] ?? specs.get(name) ?? null);
    if (sides.some((layout) => layout !== null)) inputs.set(key, sides);
    const left = listed(node, "sbpc.outputs");
    (node.output ?? []).forEach((name, i) => {
      const layout = left?.[i] ?? specs.get(name);
      if (name !== "" && layout !== undefined) layouts.set(name, layout);
    });
  }
  followUses(graph, inputs, layouts);
  return { mesh, layouts, inputs, outputs, stages, problems };
}

function placeOf(node: onnx.NodeProto.$Properties): string {
  return node.name || (node.output ?? []).find((name) => name !== "") || (node.opType ?? "");
}

/** Gives inputs and initializers without a layout the one in which all nodes take them. */
function followUses(
  graph: onnx.GraphProto.$Properties,
  inputs: ReadonlyMap<string, readonly (NdSbp | null)[]>,
  layouts: Map<string, NdSbp>,
): void {
  const free = new Set(
    [...(graph.input ?? []), ...(graph.initializer ?? [])].flatMap(({ name }) =>
      name == null || layouts.has(name) ? [] : [name],
    ),
  );
  const uses = new Map<string, NdSbp | null>();
  for (const node of graph.node ?? []) {
    const taken = inputs.get((node.output ?? []).find((name) => name !== "") ?? "");
    (node.input ?? []).forEach((name, i) => {
      if (!free.has(name)) return;
      const layout = taken?.[i] ?? null;
      const before = uses.get(name);
      const agrees = layout !== null && !layout.some((sbp) => sbp.kind === "P");
      uses.set(
        name,
        agrees && (before === undefined || (before !== null && ndSbpEqual(before, layout))) ? layout : null,
      );
    });
  }
  for (const [name, layout] of uses) if (layout !== null) layouts.set(name, layout);
}

/** Ranks of the values whose types the file states. */
function ranksOf(graph: onnx.GraphProto.$Properties): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const { name, type } of [
    ...(graph.input ?? []),
    ...(graph.output ?? []),
    ...(graph.valueInfo ?? []),
  ]) {
    const shape = type?.tensorType?.shape;
    if (name != null && shape != null) ranks.set(name, (shape.dim ?? []).length);
  }
  for (const { name, dims } of graph.initializer ?? [])
    if (name != null) ranks.set(name, (dims ?? []).length);
  return ranks;
}

/** Specs repeat: each is worked out once. */
function specReader(
  ranks: ReadonlyMap<string, number>,
  mesh: Mesh,
): (spec: onnx.ShardingSpecProto.$Properties) => ReturnType<typeof layoutOfSpec> {
  const known = new Map<string, ReturnType<typeof layoutOfSpec>>();
  return (spec) => {
    const rank = ranks.get(spec.tensorName ?? "");
    const { tensorName: _, ...rest } = spec;
    const key = `${rank} ${JSON.stringify(rest)}`;
    let read = known.get(key);
    if (read === undefined) known.set(key, (read = layoutOfSpec(spec, rank, mesh)));
    return read;
  };
}
