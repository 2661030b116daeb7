/** A communication as box arithmetic: which parts of a device's new shard come from which members of its group. */
import { intersectBoxes, type Box } from "../sbp/geometry.ts";
import { coordinatesOf } from "../sbp/mesh.ts";
import { at } from "../support/collections.ts";
import type { Mesh, NdSbp } from "../ir/layout.ts";

/** A part of a new shard and the members (positions in the group) that hold it, or its terms, in rank order. */
export interface Part {
  readonly region: Box;
  readonly terms: readonly number[];
}

export interface Relayout {
  readonly from: NdSbp;
  readonly to: NdSbp;
  /** Mesh axes along which the group extends. */
  readonly axes: readonly number[];
}

/**
 * Cuts the new box `after` of `device` by who holds it: every element lies in one part. `members` are the devices of its
 * group and `before` their old boxes. The parts lie on a grid: they differ in intervals per tensor axis.
 */
export function partsOf(
  { from, to, axes }: Relayout,
  mesh: Mesh,
  device: number,
  members: readonly number[],
  before: readonly Box[],
  after: Box,
): Part[] {
  const own = coordinatesOf(mesh, device);
  const parts = new Map<string, { region: Box; terms: number[] }>();
  members.forEach((other, member) => {
    const coordinates = coordinatesOf(mesh, other);
    // Of equal copies, and of terms that stay apart, the one with the receiver's own coordinate is taken.
    const chosen = axes.every((axis) => {
      const old = at(from, axis);
      const stays = old.kind === "B" || (old.kind === "P" && at(to, axis).kind === "P");
      return !stays || coordinates[axis] === own[axis];
    });
    const region = intersectBoxes(at(before, member), after);
    if (!chosen || region === undefined) return;
    const key = axes
      .filter((axis) => at(from, axis).kind === "S")
      .map((axis) => coordinates[axis])
      .join();
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { region, terms: [member] });
    else part.terms.push(member);
  });
  return [...parts.values()];
}
