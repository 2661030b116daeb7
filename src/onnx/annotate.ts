/**
 * Writes a compiled logical graph as an ONNX model with multi-device annotations (IR version 11).
 *
 * Boxing leaves no node: a value whose consumer wants another layout than its maker leaves it in is resharded there, which is
 * what differing specs of the two mean. What specs cannot say stands in `metadata_props`:
 *
 *   model     sbpc.mesh            dp=2,tp=2,pp=2
 *             sbpc.microbatches    the graph is that of one of so many, where there is more than one
 *             sbpc.samples         samples of all of them, where they do not divide them
 *   node      sbpc.inputs          [S(0), B]; -; [B, S(1)]   all layouts of a node's inputs, where a spec lacks words for one
 *             sbpc.outputs         likewise
 *   inputs, outputs, initializers  sbpc.layout
 *
 * The result of a node that is partial, but wanted by all in one other layout, has that one in the node's spec: the backend
 * reduces it there.
 */
import { boxingOp } from "../sbp/boxing-node.ts";
import { normalizeLayout } from "../sbp/geometry.ts";
import { renameValues } from "../ir/rename.ts";
import { valueOf, type Graph, type Node } from "../ir/graph.ts";
import {
  deviceCount,
  devicesPerStage,
  ndSbpEqual,
  printMesh,
  printNdSbp,
  type Mesh,
  type NdSbp,
} from "../ir/layout.ts";
import { isStatic, knownShape } from "../ir/types.ts";
import { coordinatesOf, pipelineRank } from "../sbp/mesh.ts";
import { present } from "../support/assert.ts";
import { range } from "../support/collections.ts";
import type { onnx } from "./generated/onnx-ml.js";
import { hasSpec, specOf } from "./sharding.ts";
import type { WeightedModel } from "./weighted-model.ts";
import { wholeModel, type WholeOptions } from "./whole.ts";

/** Name of the device configuration. */
const configurationName = "sbpc";
/** The IR version that has device configurations. */
const annotationVersion = 11;

/** `graph` has layouts and stages, as a plan's has. */
export function annotatedModel(graph: Graph, mesh: Mesh, options: WholeOptions = {}): WeightedModel {
  const plain = withoutBoxing(graph);
  const metadata = { ...options.metadata, "sbpc.mesh": printMesh(mesh) };
  const { proto, weights } = wholeModel(plain, { ...options, metadata });
  const wanted = wantedLayouts(graph);
  const nodes = (proto.graph?.node ?? []).map((written, i) => {
    const node = plain.nodes[i];
    return node === undefined
      ? written
      : { ...written, ...annotationsOf(plain, node, written, mesh, wanted) };
  });
  const layouts = sourceLayouts(plain, proto, mesh);
  const annotateInfo = (info: onnx.ValueInfoProto.$Properties): onnx.ValueInfoProto.$Properties => {
    const layout = layouts.get(info.name ?? "");
    return layout === undefined ? info : { ...info, metadataProps: [layoutEntry(layout)] };
  };
  const output = (proto.graph?.output ?? []).map((info, i): onnx.ValueInfoProto.$Properties => {
    const { layout } = valueOf(graph, present(graph.outputs[i], "output is missing").value);
    return layout === undefined ? info : { ...info, metadataProps: [layoutEntry(layout)] };
  });
  const initializer = (proto.graph?.initializer ?? []).map((tensor) => {
    const layout = layouts.get(tensor.name ?? "");
    return layout === undefined ? tensor : { ...tensor, metadataProps: [layoutEntry(layout)] };
  });
  const input = (proto.graph?.input ?? []).map(annotateInfo);
  return {
    proto: {
      ...proto,
      irVersion: Math.max(annotationVersion, Number(proto.irVersion ?? 0)),
      graph: { ...proto.graph, node: nodes, input, output, initializer },
      configuration: [
        {
          name: configurationName,
          numDevices: deviceCount(mesh),
          device: range(deviceCount(mesh)).map((rank) => deviceName(mesh, rank)),
        },
      ],
    },
    weights,
  };
}

/** `pp=1,dp=0,tp=1`; `0` on a mesh of one device. */
function deviceName(mesh: Mesh, rank: number): string {
  const coordinates = coordinatesOf(mesh, rank % devicesPerStage(mesh));
  const parts = mesh.axes.map(({ name }, i) => `${name}=${coordinates[i]}`);
  return [...(mesh.stages > 1 ? [`pp=${pipelineRank(mesh, rank)}`] : []), ...parts].join(",") || "0";
}

function layoutEntry(layout: NdSbp): onnx.StringStringEntryProto.$Properties {
  return { key: "sbpc.layout", value: printNdSbp(layout) };
}

// --- the graph without boxing

/** The graph in which every user of a boxed value takes the value itself. Layouts of uses are in the signatures. */
function withoutBoxing(graph: Graph): Graph {
  const roots = boxedRoots(graph);
  const rootOf = (value: string) => roots.get(value) ?? value;
  const nodes = graph.nodes.filter((node) => node.op !== boxingOp).map((node) => renameValues(node, rootOf));
  return {
    ...graph,
    nodes,
    outputs: graph.outputs.map((output) => ({ ...output, value: rootOf(output.value) })),
    values: new Map([...graph.values].filter(([name]) => !roots.has(name))),
  };
}

/** Boxed values, each with the one that was boxed. */
function boxedRoots(graph: Graph): Map<string, string> {
  const roots = new Map<string, string>();
  for (const node of graph.nodes) {
    if (node.op !== boxingOp) continue;
    const from = present(node.inputs[0], "boxing without an input");
    roots.set(present(node.outputs[0], "boxing without an output"), roots.get(from) ?? from);
  }
  return roots;
}

/** Per value, the one layout in which all take it; null where they differ. */
function wantedLayouts(graph: Graph): Map<string, NdSbp | null> {
  const roots = boxedRoots(graph);
  const wanted = new Map<string, NdSbp | null>();
  const want = (value: string, layout: NdSbp | null | undefined) => {
    const root = roots.get(value) ?? value;
    const known = wanted.get(root);
    if (layout == null || known === null || (known !== undefined && !ndSbpEqual(known, layout)))
      wanted.set(root, null);
    else wanted.set(root, layout);
  };
  for (const node of graph.nodes) {
    if (node.op === boxingOp) continue;
    node.inputs.forEach((name, i) => name !== null && want(name, node.signature?.inputs[i]));
  }
  for (const { value } of graph.outputs) want(value, valueOf(graph, value).layout);
  return wanted;
}

// --- nodes

function annotationsOf(
  graph: Graph,
  node: Node,
  written: onnx.NodeProto.$Properties,
  mesh: Mesh,
  wanted: ReadonlyMap<string, NdSbp | null>,
): Pick<onnx.NodeProto.$Properties, "deviceConfigurations" | "metadataProps"> {
  const stage = node.stage ?? 0;
  const specs = new Map<string, onnx.ShardingSpecProto.$Properties>();
  const metadataProps: onnx.StringStringEntryProto.$Properties[] = [];
  const side = (
    key: string,
    values: readonly (string | null)[],
    names: readonly string[],
    layouts: readonly (NdSbp | null)[],
    isOutput: boolean,
  ) => {
    let isComplete = true;
    const seen = new Map<string, NdSbp>();
    values.forEach((value, i) => {
      const layout = layouts[i];
      if (value === null || layout == null) return;
      const name = present(names[i], "value without a name");
      const shape = shapeOf(graph, value);
      const normal = shape === undefined ? layout : normalizeLayout(shape, layout, mesh);
      const before = seen.get(name);
      seen.set(name, normal);
      // A tensor that a node takes twice has one spec.
      const isSaid =
        shape !== undefined && hasSpec(normal, shape) && (before === undefined || ndSbpEqual(before, normal));
      if (!isSaid) isComplete = false;
      const resolved = isOutput && !isSaid ? wanted.get(value) : normal;
      if (shape === undefined || resolved == null || !hasSpec(resolved, shape)) return;
      if (!specs.has(name)) specs.set(name, specOf(name, resolved, shape, mesh, stage));
    });
    if (isComplete) return;
    const text = layouts.map((layout) => (layout === null ? "-" : printNdSbp(layout))).join("; ");
    metadataProps.push({ key, value: text });
  };
  side("sbpc.inputs", node.inputs, written.input ?? [], node.signature?.inputs ?? [], false);
  side("sbpc.outputs", node.outputs, written.output ?? [], node.signature?.outputs ?? [], true);
  return {
    deviceConfigurations: [
      {
        configurationId: configurationName,
        shardingSpec: [...specs.values()],
        ...(mesh.stages > 1 ? { pipelineStage: stage } : {}),
      },
    ],
    ...(metadataProps.length === 0 ? {} : { metadataProps }),
  };
}

function shapeOf(graph: Graph, value: string): readonly number[] | undefined {
  const type = graph.values.get(value)?.type;
  return type?.kind === "tensor" && isStatic(type) ? knownShape(type) : undefined;
}

/** Layouts of sources by their names in the file. */
function sourceLayouts(graph: Graph, proto: onnx.ModelProto.$Properties, mesh: Mesh): Map<string, NdSbp> {
  const layouts = new Map<string, NdSbp>();
  const named = (names: readonly string[], kinds: readonly string[]) => {
    graph.sources
      .filter(({ kind }) => kinds.includes(kind))
      .forEach(({ value }, i) => {
        const { layout } = valueOf(graph, value);
        const name = names[i];
        if (layout !== undefined && name !== undefined && mesh.axes.length > 0) layouts.set(name, layout);
      });
  };
  const initializers = (proto.graph?.initializer ?? []).map(({ name }) => name ?? "");
  const parameters = graph.sources.filter(({ kind }) => kind === "parameter").length;
  named(
    (proto.graph?.input ?? []).map(({ name }) => name ?? ""),
    ["input", "random"],
  );
  named(initializers.slice(0, parameters), ["parameter"]);
  named(initializers.slice(parameters), ["constant"]);
  return layouts;
}
