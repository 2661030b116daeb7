/** Tables of integers that differ per device: one for all devices of a stage out of those of its classes. */
import type { RankTable } from "../ir/graph.ts";
import { devicesPerStage, type Mesh } from "../ir/layout.ts";
import { rankValues, tableIndex } from "../ops/localize.ts";
import { coordinatesOf, groupSize } from "../sbp/mesh.ts";
import { arraysEqual, range } from "../support/collections.ts";

/**
 * The table that gives every device what the table of its class gives it, over as few axes as can be. A class without a
 * table (undefined) does not use the integers: its devices get zeros.
 */
export function mergeTables(
  tables: readonly (RankTable | undefined)[],
  deviceClass: readonly number[],
  length: number,
  mesh: Mesh,
): RankTable {
  if (tables.length === 1 && tables[0] !== undefined) return tables[0];
  const coordinates = range(devicesPerStage(mesh)).map((device) => coordinatesOf(mesh, device));
  const lists = coordinates.map((at, device) => {
    const table = tables[deviceClass[device] ?? 0];
    return table === undefined ? Array.from({ length }, () => 0) : rankValues(mesh, table, at);
  });
  let axes = range(mesh.axes.length);
  for (const axis of range(mesh.axes.length)) {
    const fewer = axes.filter((other) => other !== axis);
    if (dependsOnlyOn(fewer, lists, coordinates, mesh)) axes = fewer;
  }
  const entries: (readonly number[])[] = Array.from({ length: groupSize(mesh, axes) }, () => []);
  lists.forEach((list, device) => {
    entries[tableIndex(mesh, axes, coordinates[device] ?? [])] = list;
  });
  return { axes, entries };
}

function dependsOnlyOn(
  axes: readonly number[],
  lists: readonly (readonly number[])[],
  coordinates: readonly (readonly number[])[],
  mesh: Mesh,
): boolean {
  const seen = new Map<number, readonly number[]>();
  return lists.every((list, device) => {
    const index = tableIndex(mesh, axes, coordinates[device] ?? []);
    const before = seen.get(index);
    if (before === undefined) seen.set(index, list);
    return before === undefined || arraysEqual(before, list);
  });
}
