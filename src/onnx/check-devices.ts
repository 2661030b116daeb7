/**
 * Checks the annotations for several devices (IR version 11): configurations, and how each node shards its tensors.
 *
 * A sharding lists the device of each shard, shards counted over its sharded axes with the last listed fastest. What the
 * sharding's own map has an entry for is no device but a group of them; negative ones always are.
 */
import { describeNode, has, quote, type CheckContext } from "./check-context.ts";
import type { onnx } from "./generated/onnx-ml.js";

type Node = onnx.NodeProto.$Properties;
type Sharding = onnx.ShardingSpecProto.$Properties;

/** First IR version that has these annotations. */
const sinceIrVersion = 11;

export function checkConfigurations(context: CheckContext): void {
  const { problems } = context;
  const names = new Set<string>();
  const configurations = context.model.proto.configuration ?? [];
  for (const [index, configuration] of configurations.entries()) {
    const name = configuration.name ?? "";
    const place = name === "" ? `Device configuration ${index}` : `The device configuration ${quote(name)}`;
    const refused = (problem: string): void =>
      problems.report("onnx-device-configuration", { place, problem });
    if (name === "") refused("it has no name");
    else if (names.has(name)) refused("there is another one of this name");
    names.add(name);
    const devices = configuration.numDevices ?? 0;
    const named = configuration.device?.length ?? 0;
    if (devices < 1) refused(`its number of devices is ${devices}`);
    else if (named > 0 && named !== devices) refused(`it names ${named} of its ${devices} devices`);
  }
  if (configurations.length > 0 && context.irVersion < sinceIrVersion)
    problems.report("onnx-annotations-early", { version: context.irVersion });
}

/** Checks the annotations of a graph's nodes. */
export function checkDevices(context: CheckContext, graph: onnx.GraphProto.$Properties): void {
  const nodes = graph.node ?? [];
  if (!nodes.some((node) => (node.deviceConfigurations?.length ?? 0) > 0)) return;
  const shapes = shapesOf(graph);
  const devices = new Map(
    (context.model.proto.configuration ?? []).map(({ name, numDevices }) => [name ?? "", numDevices ?? 0]),
  );
  /** Latest stage that a value is made on, by configuration and value. */
  const stages = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    const place = describeNode(node, index, context.within);
    const seen = new Set<string>();
    for (const annotation of node.deviceConfigurations ?? []) {
      const id = annotation.configurationId ?? "";
      if (!devices.has(id))
        context.problems.report("onnx-device-configuration", {
          place,
          problem: id === "" ? "it names no configuration" : `there is no configuration ${quote(id)}`,
        });
      if (seen.has(id))
        context.problems.report("onnx-device-configuration", {
          place,
          problem: `it is annotated twice for the configuration ${quote(id)}`,
        });
      seen.add(id);
      checkStage(context, node, annotation, place, stages);
      checkShardings(context, node, annotation.shardingSpec ?? [], place, devices.get(id), shapes);
    }
  }
}

function checkStage(
  context: CheckContext,
  node: Node,
  annotation: onnx.NodeDeviceConfigurationProto.$Properties,
  place: string,
  stages: Map<string, number>,
): void {
  if (!has(annotation, "pipelineStage")) return;
  const stage = annotation.pipelineStage ?? 0;
  const refused = (problem: string): void =>
    context.problems.report("onnx-pipeline-stage", { place, stage, problem });
  if (stage < 0) refused("stages count from 0");
  const key = (name: string): string => `${annotation.configurationId ?? ""}\n${name}`;
  for (const name of node.input ?? []) {
    const made = stages.get(key(name));
    if (made !== undefined && made > stage) {
      refused(`it uses ${quote(name)}, which is made on the later stage ${made}`);
      break;
    }
  }
  for (const name of node.output ?? []) if (name !== "") stages.set(key(name), stage);
}

function checkShardings(
  context: CheckContext,
  node: Node,
  shardings: readonly Sharding[],
  place: string,
  devices: number | undefined,
  shapes: ReadonlyMap<string, Shape>,
): void {
  const own = new Set([...(node.input ?? []), ...(node.output ?? [])].filter((name) => name !== ""));
  const seen = new Set<string>();
  for (const sharding of shardings) {
    const name = sharding.tensorName ?? "";
    const refused: Refuse = (problem, remedy) =>
      context.problems.report("onnx-sharding", { place, tensor: quote(name), problem, remedy });
    if (!own.has(name)) refused("is for no input or output of it", "Name a tensor of this very node.");
    if (seen.has(name)) refused("is there twice", "Keep one sharding per tensor and configuration.");
    seen.add(name);
    checkDeviceList(sharding, devices, refused);
    checkAxes(sharding, shapes.get(name), refused);
  }
}

type Refuse = (problem: string, remedy: string) => void;

function checkDeviceList(sharding: Sharding, devices: number | undefined, refused: Refuse): void {
  const groups = new Set<number>();
  const inRange = (device: number): boolean => device >= 0 && (devices === undefined || device < devices);
  const range = devices === undefined ? "Devices count from 0." : `Devices count from 0 to ${devices - 1}.`;
  for (const { key, value } of sharding.indexToDeviceGroupMap ?? []) {
    const group = Number(key ?? 0);
    if (groups.has(group)) refused(`has the group ${group} twice`, "Keep one of them.");
    groups.add(group);
    const members = (value ?? []).map(Number);
    if (members.length === 0) refused(`has an empty group ${group}`, range);
    for (const device of members)
      if (!inRange(device)) refused(`has the device ${device} in the group ${group}`, range);
    if (new Set(members).size < members.length)
      refused(`has a device twice in the group ${group}`, "Keep one of them.");
  }
  const listed = (sharding.device ?? []).map(Number);
  for (const device of listed) {
    if (groups.has(device)) continue;
    if (device < 0) refused(`names the group ${device}, which its map does not have`, "Add it to the map.");
    else if (!inRange(device)) refused(`names the device ${device}`, range);
  }
}

function checkAxes(sharding: Sharding, shape: Shape | undefined, refused: Refuse): void {
  const axes = new Set<number>();
  let shards = 1;
  for (const { axis, simpleSharding } of sharding.shardedDim ?? []) {
    const written = Number(axis ?? 0);
    const rank = shape?.length;
    if (rank !== undefined && (written < -rank || written >= rank))
      refused(`splits axis ${written}`, `The tensor has ${rank} axes.`);
    const normal = rank !== undefined && written < 0 ? written + rank : written;
    if (axes.has(normal)) refused(`splits axis ${written} twice`, "Keep one entry per axis.");
    axes.add(normal);
    const parts = simpleSharding ?? [];
    if (parts.length === 0) refused(`does not say how axis ${written} is split`, "Add its number of shards.");
    for (const part of parts) {
      const count = Number(part.numShards ?? 0);
      if (count < 1) refused(`splits axis ${written} into ${count} shards`, "Write 1 or more.");
      shards *= Math.max(1, count);
    }
    checkSize(parts, shape?.[normal], written, refused);
  }
  const listed = sharding.device?.length ?? 0;
  if (listed !== shards)
    refused(
      `has ${shards} shards and lists ${listed} devices`,
      "List one device, or one group, for each shard.",
    );
}

/** The sizes that are given along one axis, against the tensor's. */
function checkSize(
  parts: readonly onnx.SimpleShardedDimProto.$Properties[],
  size: number | undefined,
  axis: number,
  refused: Refuse,
): void {
  const sizes = parts.map((part) =>
    has(part, "dimValue") && part.dimValue !== undefined ? Number(part.dimValue) : undefined,
  );
  let total = 1;
  for (const part of sizes) {
    if (part === undefined) return;
    total *= part;
  }
  if (parts.length > 0 && size !== undefined && total !== size)
    refused(`says that axis ${axis} has the size ${total}`, `The tensor's is ${size}.`);
}

/** Sizes of a tensor's axes; undefined for those that are not numbers. */
type Shape = readonly (number | undefined)[];

/** Shapes that the graph states: of inputs, outputs, values and initializers. */
function shapesOf(graph: onnx.GraphProto.$Properties): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const { name, type } of [
    ...(graph.valueInfo ?? []),
    ...(graph.output ?? []),
    ...(graph.input ?? []),
  ]) {
    const shape = type?.tensorType?.shape;
    if (name === undefined || name === null || shape === undefined || shape === null) continue;
    shapes.set(
      name,
      (shape.dim ?? []).map((dim) => (has(dim, "dimValue") ? Number(dim.dimValue) : undefined)),
    );
  }
  for (const { name, dims } of graph.initializer ?? [])
    if (name !== undefined && name !== null) shapes.set(name, (dims ?? []).map(Number));
  return shapes;
}
