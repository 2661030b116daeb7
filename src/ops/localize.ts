/**
 * What the devices of one class run for one node: drives an operator's `localize` and checks what it emits.
 *
 * A class is a set of devices of one stage whose local shapes are all equal; what else differs between them are integers.
 * `perDevice` puts these into a table over the mesh axes that they depend on (source kind "rank"). For the types of what
 * is computed from such integers, the class's first device speaks for all.
 */
import type { Mesh, NdSbp } from "../ir/layout.ts";
import type { Node, RankTable } from "../ir/graph.ts";
import { knownShape, printType, tensorType, typesEqual, type TensorType } from "../ir/types.ts";
import { scalar, tensorData } from "../ir/tensor-data.ts";
import { shardOf, type Box } from "../sbp/geometry.ts";
import { coordinatesOf, groupSize } from "../sbp/mesh.ts";
import { invariant, present } from "../support/assert.ts";
import { arraysEqual, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { DeviceView } from "./contract.ts";
import type { OpDefinition } from "./define.ts";
import type { GraphEmitter } from "./emitter.ts";

export interface LocalizeRequest {
  /** Emits into the class's graph. */
  readonly emitter: GraphEmitter;
  /** The logical node, with its signature. */
  readonly node: Pick<Node, "name" | "op" | "signature">;
  /** Its call, with global types and constants. */
  readonly call: Call;
  readonly definition: OpDefinition;
  readonly mesh: Mesh;
  /** The devices of the class (indices within the stage). */
  readonly devices: readonly number[];
  /** Local values, in the layouts of the node's signature. */
  readonly inputs: readonly (string | null)[];
  /** Global types. */
  readonly inputTypes: readonly (TensorType | null)[];
  readonly outputTypes: readonly TensorType[];
}

/** Emits what the class runs for a node; gives the local values of its outputs. */
export function localizeNode(request: LocalizeRequest): string[] {
  const { emitter, node, call, definition, mesh, devices, inputs, inputTypes, outputTypes } = request;
  const signature = present(node.signature, "node without a signature", () => node.name);
  const first = present(devices[0], "class without devices");
  const localOutputs = outputTypes.map((type, i) =>
    localTypeOf(type, layoutAt(signature.outputs, i), mesh, first),
  );
  const view = (device: number): DeviceView => ({
    coordinates: coordinatesOf(mesh, device),
    inputs: inputTypes.map((type, i) => {
      const layout = signature.inputs[i];
      return type === null || layout == null ? null : boxOf(type, layout, mesh, device);
    }),
    outputs: outputTypes.map((type, i) => boxOf(type, layoutAt(signature.outputs, i), mesh, device)),
  });
  const results = definition.localize({
    g: emitter,
    call,
    mesh,
    signature,
    inputs,
    outputTypes: localOutputs,
    globalOutputTypes: outputTypes,
    devices: () => devices.map(view),
    perDevice: (compute) => emitPerDevice(emitter, mesh, devices, (device) => compute(view(device))),
  });
  invariant(results.length === outputTypes.length, "localize gives another number of outputs", () => node.op);
  results.forEach((name, i) => {
    const [actual, expected] = [emitter.type(name), localOutputs[i] as TensorType];
    invariant(
      typesEqual(actual, expected),
      "localize gives another type than the layout says",
      () => `${node.op} ${node.name}: ${printType(actual)} instead of ${printType(expected)}`,
    );
  });
  return [...results];
}

/** The type of the shard that a device holds. */
export function localTypeOf(type: TensorType, layout: NdSbp, mesh: Mesh, device: number): TensorType {
  return tensorType(type.dtype, boxOf(type, layout, mesh, device).size);
}

function boxOf(type: TensorType, layout: NdSbp, mesh: Mesh, device: number): Box {
  return shardOf(knownShape(type), layout, mesh, device);
}

function layoutAt(layouts: readonly NdSbp[], index: number): NdSbp {
  return present(layouts[index], "signature with too few layouts");
}

function emitPerDevice(
  emitter: GraphEmitter,
  mesh: Mesh,
  devices: readonly number[],
  compute: (device: number) => readonly number[] | number,
): string {
  const results = devices.map(compute);
  const isScalar = typeof results[0] === "number";
  const lists = results.map((result) => (typeof result === "number" ? [result] : result));
  const first = present(lists[0], "class without devices");
  invariant(
    results.every(
      (result, i) =>
        (typeof result === "number") === isScalar && (lists[i] as readonly number[]).length === first.length,
    ),
    "per-device integers of different shapes within a class",
  );
  const representative = isScalar
    ? scalar("i64", first[0] as number)
    : tensorData("i64", [first.length], first);
  if (lists.every((list) => arraysEqual(list, first))) return emitter.constant(representative);
  return emitter.rank(rankTable(mesh, devices, lists), representative);
}

/** The lists as a table over as few mesh axes as tell them apart. Entries of devices outside the class repeat the first list. */
function rankTable(mesh: Mesh, devices: readonly number[], lists: readonly (readonly number[])[]): RankTable {
  const coordinates = devices.map((device) => coordinatesOf(mesh, device));
  const key = (axes: readonly number[], i: number) => axes.map((axis) => coordinates[i]?.[axis]).join();
  const tellsApart = (axes: readonly number[]) => {
    const seen = new Map<string, readonly number[]>();
    return lists.every((list, i) => {
      const before = seen.get(key(axes, i));
      if (before === undefined) seen.set(key(axes, i), list);
      return before === undefined || arraysEqual(before, list);
    });
  };
  let axes = range(mesh.axes.length);
  for (const axis of range(mesh.axes.length)) {
    const fewer = axes.filter((other) => other !== axis);
    if (tellsApart(fewer)) axes = fewer;
  }
  const entries = Array.from({ length: groupSize(mesh, axes) }, () => lists[0] as readonly number[]);
  lists.forEach((list, i) => {
    entries[tableIndex(mesh, axes, coordinates[i] as readonly number[])] = list;
  });
  return { axes, entries };
}

/** Which entry of a table over `axes` is that of the device at `coordinates`. */
export function tableIndex(mesh: Mesh, axes: readonly number[], coordinates: readonly number[]): number {
  return axes.reduce(
    (index, axis) => index * (mesh.axes[axis]?.size ?? 1) + (coordinates[axis] as number),
    0,
  );
}

/** The integers that a table gives the device at `coordinates`. */
export function rankValues(mesh: Mesh, table: RankTable, coordinates: readonly number[]): readonly number[] {
  return present(
    table.entries[tableIndex(mesh, table.axes, coordinates)],
    "rank table without an entry",
    () => coordinates.join(),
  );
}
