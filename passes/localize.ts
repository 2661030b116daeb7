/**
 * Gives every stage the graphs that its devices run: devices whose local shapes all agree form a class with one graph.
 *
 *   before   %y = MatMul(%x, %w) : f32[8, 6] signature ([B], [S(1)]) -> ([S(1)])             on mesh[tp=4]
 *   after    devices 0, 1:  %y = MatMul(%x, %w) : f32[8, 2]      devices 2, 3:  %y = MatMul(%x, %w) : f32[8, 1]
 *
 * Operators say in their declarations what one device runs; boxing that communicates stays as it is. What differs within
 * a class are integers (sources of kind "rank"). Operators without a declaration run whole, as do those with regions, and
 * those on sequences and optionals.
 *
 * Names: a value that a node of the class makes for a logical value has the logical name. A logical value may also be the
 * same thing as another one or as a constant, if it is in every class.
 */
import { GraphBuilder } from "../src/ir/builder.ts";
import {
  captures,
  sourcesByValue,
  tensorTypeOf,
  typeOf,
  valueOf,
  type Graph,
  type Node,
  type Source,
} from "../src/ir/graph.ts";
import { devicesPerStage, printNdSbp, type Mesh, type NdSbp } from "../src/ir/layout.ts";
import { stepActionOf } from "../src/ir/step-node.ts";
import { renameValues } from "../src/ir/rename.ts";
import type { TensorData } from "../src/ir/tensor-data.ts";
import { knownShape, type ValueType } from "../src/ir/types.ts";
import { Call } from "../src/ops/call.ts";
import type { OpDefinition } from "../src/ops/define.ts";
import { GraphEmitter } from "../src/ops/emitter.ts";
import { localizeNode, localTypeOf } from "../src/ops/localize.ts";
import { findOp } from "../src/ops/registry.ts";
import type { LocalClass, LocalStage } from "../src/plan/local-stage.ts";
import { shardOf } from "../src/sbp/geometry.ts";
import { communicationOf, isCommunication } from "../src/sbp/boxing-node.ts";
import { invariant, present } from "../src/support/assert.ts";
import { arraysEqual, groupBy, range } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

export const localize = definePass({
  name: "localize",
  summary: "Gives the devices of every stage the graphs that they run on their shards.",
  requires: ["static", "laid-out", "boxed", "no-forms", "staged"],
  ensures: ["localized"],
  run(compilation, { mesh }) {
    const { graph } = compilation;
    const byStage = groupBy(graph.nodes, (node) => node.stage ?? 0);
    const outputs = outputSourceStages(graph);
    const stages = range(mesh.stages).map((stage) =>
      localizeStage(graph, mesh, stage, byStage.get(stage) ?? [], (value) => outputs.get(value) === stage),
    );
    return { ...compilation, stages };
  },
});

/** Sources that the graph returns as they are, with the stage that returns them: the first that uses them. */
function outputSourceStages(graph: Graph): Map<string, number> {
  const sources = sourcesByValue(graph);
  const stages = new Map<string, number>();
  for (const { value } of graph.outputs) if (sources.has(value)) stages.set(value, 0);
  if (stages.size === 0) return stages;
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    for (const name of [...node.inputs, ...captures(node)]) {
      if (name === null || !stages.has(name) || seen.has(name)) continue;
      seen.add(name);
      stages.set(name, node.stage ?? 0);
    }
  }
  return stages;
}

/** The graph of one class while it is built. */
interface ClassBuild {
  readonly devices: readonly number[];
  readonly builder: GraphBuilder;
  readonly emitter: GraphEmitter;
  readonly origin: Map<string, string>;
  /** Logical value to local value, the latter under the name that it has in the builder. */
  readonly local: Map<string, string>;
  /** Local value (as in the builder) to the logical value that it was made for. */
  readonly logical: Map<string, string>;
}

function localizeStage(
  graph: Graph,
  mesh: Mesh,
  stage: number,
  nodes: readonly Node[],
  returns: (source: string) => boolean,
): LocalStage {
  const used = new Set<string>();
  for (const node of nodes)
    for (const name of [...node.inputs, ...captures(node)]) if (name !== null) used.add(name);
  const sources = graph.sources.filter(({ value }) => used.has(value) || returns(value));
  const { classes: groups, deviceClass } = deviceClasses(graph, mesh, nodes, sources);
  const classes = groups.map((devices) => startClass(graph, mesh, devices, sources));
  const constants = new Map<string, TensorData>();
  for (const source of sources) if (source.kind === "constant") constants.set(source.value, source.data);

  for (const node of nodes) {
    const definition = findOp(node.op);
    if (isCommunication(node)) for (const build of classes) keepCommunication(graph, mesh, node, build);
    else if (stepActionOf(node) !== undefined)
      for (const build of classes) keepAction(graph, mesh, node, build);
    else if (definition === undefined || runsWhole(graph, node))
      for (const build of classes) keepWhole(graph, node, build);
    else localizeOn(graph, mesh, node, definition, constants, classes);
  }
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const outputs = graph.outputs.filter(({ value }) => made.has(value) || returns(value));
  return { stage, deviceClass, classes: classes.map((build) => finishClass(build, outputs, graph.opsets)) };
}

// --- classes

interface DeviceClasses {
  readonly classes: readonly (readonly number[])[];
  readonly deviceClass: readonly number[];
}

/** Devices by the local shapes of all tensors, in all layouts, that the stage meets. */
function deviceClasses(
  graph: Graph,
  mesh: Mesh,
  nodes: readonly Node[],
  sources: readonly Source[],
): DeviceClasses {
  const pairs = new Map<string, { shape: readonly number[]; layout: NdSbp }>();
  const meet = (value: string, layout: NdSbp | null | undefined) => {
    const type = typeOf(graph, value);
    if (layout == null || type.kind !== "tensor") return;
    pairs.set(`${type.shape.join()} ${printNdSbp(layout)}`, { shape: knownShape(type), layout });
  };
  for (const { value } of sources) meet(value, valueOf(graph, value).layout);
  for (const node of nodes) {
    node.inputs.forEach((name, i) => name !== null && meet(name, node.signature?.inputs[i]));
    node.outputs.forEach((name, i) => meet(name, node.signature?.outputs[i]));
  }
  const last = devicesPerStage(mesh) - 1;
  // The first device has the largest shard of every layout and the last one the smallest; windows are cut off at both ends.
  const uneven = [...pairs.values()].filter(
    ({ shape, layout }) =>
      layout.some((sbp) => sbp.kind === "W") ||
      !arraysEqual(shardOf(shape, layout, mesh, 0).size, shardOf(shape, layout, mesh, last).size),
  );
  const key = (device: number) =>
    uneven.map(({ shape, layout }) => shardOf(shape, layout, mesh, device).size.join()).join(" ");
  const classes = [...groupBy(range(last + 1), key).values()];
  const deviceClass: number[] = [];
  classes.forEach((devices, index) => {
    for (const device of devices) deviceClass[device] = index;
  });
  return { classes, deviceClass };
}

function startClass(
  graph: Graph,
  mesh: Mesh,
  devices: readonly number[],
  sources: readonly Source[],
): ClassBuild {
  const builder = new GraphBuilder(graph.name);
  const local = new Map<string, string>();
  const logical = new Map<string, string>();
  for (const source of sources) {
    const { name, type, layout } = valueOf(graph, source.value);
    builder.addSource(source, { name, type: localType(type, layout, mesh, devices[0] as number) });
    local.set(name, name);
    logical.set(name, name);
  }
  const emitter = new GraphEmitter(builder, { location: { kind: "unknown" } });
  return { devices, builder, emitter, origin: new Map(), local, logical };
}

function localType(type: ValueType, layout: NdSbp | undefined, mesh: Mesh, device: number): ValueType {
  return type.kind === "tensor" && layout !== undefined ? localTypeOf(type, layout, mesh, device) : type;
}

function localOf(build: ClassBuild, value: string): string {
  return present(build.local.get(value), "value is not on this stage", () => value);
}

/** Puts the nodes of the class under their final names: what was made for a logical value takes its name. */
function finishClass(build: ClassBuild, outputs: Graph["outputs"], opsets: Graph["opsets"]): LocalClass {
  const { builder, logical, origin, devices } = build;
  const nameOf = (name: string) => logical.get(name) ?? name;
  const values = new Map(
    [...builder.sources.map((source) => source.value), ...builder.nodes.flatMap((node) => node.outputs)].map(
      (name) => {
        const value = { ...builder.value(name), name: nameOf(name) };
        return [value.name, value] as const;
      },
    ),
  );
  const local = new Map([...build.local].map(([value, name]) => [value, nameOf(name)]));
  const graph: Graph = {
    name: builder.name,
    sources: builder.sources,
    nodes: builder.nodes.map((node) => renameValues(node, nameOf)),
    outputs: outputs.map(({ name, value }) => ({
      name,
      value: present(local.get(value), "output is not on its stage", () => value),
    })),
    values,
    ...(opsets === undefined ? {} : { opsets }),
  };
  return { devices, graph, origin, local };
}

// --- nodes

/** A communication, as it is: its result is what later nodes of the stage use. */
function keepCommunication(graph: Graph, mesh: Mesh, node: Node, build: ClassBuild): void {
  const { kind, input, output, to } = present(communicationOf(node), "not a communication");
  const inputs = kind === "send" ? [] : [localOf(build, input)];
  const type = localTypeOf(tensorTypeOf(graph, output), to, mesh, build.devices[0] as number);
  const { signature: _, stage: __, ...rest } = node;
  build.builder.addNode({ ...rest, inputs }, [{ name: output, type }]);
  build.origin.set(node.name, node.name);
  build.local.set(output, output);
  build.logical.set(output, output);
}

/** An action of a training step, as it is. */
function keepAction(graph: Graph, mesh: Mesh, node: Node, build: ClassBuild): void {
  const [output] = node.outputs;
  const made = present(output, "action without a result", () => node.name);
  const layout = present(node.signature?.outputs[0], "action without a layout", () => node.name);
  const inputs = node.inputs.map((name) => (name === null ? null : localOf(build, name)));
  const type = localTypeOf(tensorTypeOf(graph, made), layout, mesh, build.devices[0] as number);
  const { signature: _, stage: __, ...rest } = node;
  build.builder.addNode({ ...rest, inputs }, [{ name: made, type }]);
  build.origin.set(node.name, node.name);
  build.local.set(made, made);
  build.logical.set(made, made);
}

/** Whether a node has regions, or handles sequences or optionals: these have no shards. */
function runsWhole(graph: Graph, node: Node): boolean {
  return (
    node.regions !== undefined ||
    [...node.inputs, ...node.outputs].some((name) => name !== null && typeOf(graph, name).kind !== "tensor")
  );
}

/** A node that every device runs on whole values: one without a declaration, with regions, or with sequences. */
function keepWhole(graph: Graph, node: Node, build: ClassBuild): void {
  const whole = [...(node.signature?.inputs ?? []), ...(node.signature?.outputs ?? [])];
  invariant(
    whole.every((layout) => layout === null || layout.every((sbp) => sbp.kind === "B")),
    "an operator without shards runs on whole tensors",
    () => node.name,
  );
  const made = new Set(node.outputs);
  const nameOf = (name: string) => (made.has(name) ? name : (build.local.get(name) ?? name));
  const { signature: _, stage: __, ...rest } = renameValues(node, nameOf);
  build.builder.addNode(
    rest,
    node.outputs.map((name) => ({ name, type: typeOf(graph, name) })),
  );
  build.origin.set(node.name, node.name);
  for (const name of node.outputs) {
    build.local.set(name, name);
    build.logical.set(name, name);
  }
}

function localizeOn(
  graph: Graph,
  mesh: Mesh,
  node: Node,
  definition: OpDefinition,
  constants: ReadonlyMap<string, TensorData>,
  classes: readonly ClassBuild[],
): void {
  const call = Call.of(
    node,
    (value) => typeOf(graph, value),
    (value) => constants.get(value),
  );
  const inputTypes = node.inputs.map((name) => (name === null ? null : tensorTypeOf(graph, name)));
  const outputTypes = node.outputs.map((name) => tensorTypeOf(graph, name));
  const { location, module, layer } = node;
  const options = {
    location,
    module,
    prefix: `local/${node.name}`,
    ...(layer === undefined ? {} : { layer }),
  };
  const results = classes.map((build) => {
    const emitter = build.emitter.at(options);
    const before = build.builder.nodes.length;
    const inputs = node.inputs.map((name) => (name === null ? null : localOf(build, name)));
    const names = localizeNode({
      emitter,
      node,
      call,
      definition,
      mesh,
      devices: build.devices,
      inputs,
      inputTypes,
      outputTypes,
    });
    return { build, emitter, before, names };
  });

  node.outputs.forEach((output, i) => {
    const kinds = results.map(({ build, before, names }) => standing(build, before, names, i));
    const same = kinds.every((kind) => kind === kinds[0] && kind !== "other");
    results.forEach(({ build, emitter, names }, c) => {
      const name = names[i] as string;
      if (kinds[c] === "made") {
        build.logical.set(name, output);
        build.local.set(output, name);
      } else if (same) {
        build.local.set(output, name);
      } else {
        const copy = emitter.op("Identity", [name]);
        build.logical.set(copy, output);
        build.local.set(output, copy);
      }
    });
  });
  for (const { build, before } of results) {
    for (let i = before; i < build.builder.nodes.length; i++)
      build.origin.set((build.builder.nodes[i] as Node).name, node.name);
  }
}

/** What stands for output `i`: a value made for it, a constant, another logical value (`= name`), or something else. */
function standing(build: ClassBuild, before: number, names: readonly string[], i: number): string {
  const name = names[i] as string;
  const logical = build.logical.get(name);
  if (names.indexOf(name) < i) return "other";
  if (logical !== undefined) return `= ${logical}`;
  for (let k = build.builder.nodes.length - 1; k >= before; k--) {
    if ((build.builder.nodes[k] as Node).outputs.includes(name)) return "made";
  }
  return build.emitter.constantOf(name) !== undefined && !isRank(build, name) ? "constant" : "other";
}

function isRank(build: ClassBuild, name: string): boolean {
  return build.builder.sources.some((source) => source.kind === "rank" && source.value === name);
}
