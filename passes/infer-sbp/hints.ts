/**
 * Hints on layouts, read for one mesh. A hard hint that can hold on no device mesh of this size is an error at the user's
 * line; a soft one loses the components that do not fit, with a note.
 */
import { fail, type DiagnosticSink } from "../../src/diagnostics/diagnostic.ts";
import type { Location } from "../../src/diagnostics/location.ts";
import { producers, sourcesByValue, type Graph } from "../../src/ir/graph.ts";
import {
  broadcast,
  printHint,
  printMesh,
  printSbp,
  type LayoutHint,
  type Mesh,
  type MeshAxis,
  type NdSbp,
  type Sbp,
} from "../../src/ir/layout.ts";
import { isSplittable, normalizeLayout } from "../../src/sbp/geometry.ts";
import { staticTensor } from "./calls.ts";

export interface ResolvedHint {
  readonly value: string;
  readonly hint: LayoutHint;
  readonly location: Location;
  readonly shape: readonly number[];
  /** Asked for on each mesh axis; undefined where it is free. */
  readonly components: readonly (Sbp | undefined)[];
  readonly like?: string;
  /** On a value of the backward pass: derived from what was asked in the forward pass. */
  readonly derived: boolean;
  /**
   * A layer that says how a parameter is held, or by its layouts how a gradient is, means it to be used so: gathering it for every
   * use, or splitting it further and gathering what is made of it, is not what was asked.
   */
  readonly takenAsHeld: boolean;
}

/** The hints of a graph by value. Hints that say nothing on this mesh are left out. */
export function resolveHints(graph: Graph, mesh: Mesh, sink: DiagnosticSink): Map<string, ResolvedHint> {
  const makers = producers(graph);
  const sources = sourcesByValue(graph);
  const resolved = new Map<string, ResolvedHint>();
  const gaveWay = new Set<string>();
  // Splits first: a layer's advice of partial sums stands or falls with the splits that make them.
  const hinted = [...graph.values].sort(
    ([, a], [, b]) => Number(asksPartial(a.hint)) - Number(asksPartial(b.hint)),
  );
  for (const [value, { hint }] of hinted) {
    const type = staticTensor(graph, value);
    if (hint === undefined || type === undefined) continue;
    const location = (makers.get(value) ?? sources.get(value))?.location ?? { kind: "unknown" };
    const shape = type.shape as readonly number[];
    const isSource = sources.has(value);
    const derived = hint.strength !== "hard" && makers.get(value)?.phase !== undefined;
    if (hint.strength === "hard") reportUnknownAxes(value, hint, mesh, location, sink);
    const components = hintComponents(hint, mesh);
    components.forEach((sbp, a) => {
      const axis = mesh.axes[a] as MeshAxis;
      if (sbp === undefined) return;
      const baseless =
        sbp.kind === "P" &&
        hint.strength === "soft" &&
        !derived &&
        makers.get(value)?.inputs.some((input) => gaveWay.has(`${input} ${a}`)) === true;
      if (!baseless && fits(sbp, shape, axis, components.slice(0, a), mesh, isSource)) return;
      if (hint.strength === "hard") refuse(value, sbp, shape, axis, location);
      giveWay(sink, { value, hint, location, shape, derived }, sbp, axis);
      gaveWay.add(`${value} ${a}`);
      components[a] = undefined;
    });
    const like = hint.like !== undefined && hint.like !== value ? hint.like : undefined;
    if (like !== undefined && !graph.values.has(like)) {
      if (hint.strength === "hard")
        fail(
          "hint-infeasible",
          { hint: printHint(hint), value, problem: `there is no value ${like}` },
          location,
        );
      continue;
    }
    if (like === undefined && components.every((sbp) => sbp === undefined)) continue;
    resolved.set(value, {
      value,
      hint,
      location,
      shape,
      components,
      derived,
      takenAsHeld: derived || (hint.strength === "soft" && sources.get(value)?.kind === "parameter"),
      ...(like === undefined ? {} : { like }),
    });
  }
  return resolved;
}

/** LiBai's axes: models name them whether or not a mesh has them. */
const customaryAxes = ["dp", "tp"];

/** Warns of axes in a user's hint that are most likely misspelt: neither the mesh's nor customary. */
function reportUnknownAxes(
  value: string,
  hint: LayoutHint,
  mesh: Mesh,
  location: Location,
  sink: DiagnosticSink,
): void {
  const names = mesh.axes.map(({ name }) => name);
  for (const { axis } of hint.sbp) {
    if (names.includes(axis) || customaryAxes.includes(axis)) continue;
    const axes = names.length === 0 ? "no axes" : `the axes ${names.join(", ")}`;
    sink.report(
      "unknown-mesh-axis",
      { hint: printHint(hint), value, axis, mesh: printMesh(mesh), axes },
      location,
    );
  }
}

function asksPartial(hint: LayoutHint | undefined): boolean {
  return hint?.sbp.some(({ sbp }) => sbp.kind === "P") === true;
}

function hintComponents(hint: LayoutHint, mesh: Mesh): (Sbp | undefined)[] {
  return mesh.axes.map(({ name }) => hint.sbp.find((entry) => entry.axis === name)?.sbp);
}

function fits(
  sbp: Sbp,
  shape: readonly number[],
  axis: MeshAxis,
  before: readonly (Sbp | undefined)[],
  mesh: Mesh,
  isSource: boolean,
): boolean {
  if (sbp.kind === "P") return !isSource;
  if (sbp.kind === "B") return true;
  const size = shape[sbp.axis];
  if (size === undefined || Math.ceil(size / sbp.unit) < axis.size) return false;
  const layout = mesh.axes.map((_, i) =>
    i < before.length ? (before[i] ?? broadcast) : i === before.length ? sbp : broadcast,
  );
  return isSplittable(shape, layout, mesh);
}

function refuse(
  value: string,
  sbp: Sbp,
  shape: readonly number[],
  axis: MeshAxis,
  location: Location,
): never {
  const hint = printSbp(sbp);
  const mesh = `${axis.name}=${axis.size}`;
  if (sbp.kind !== "S") {
    fail(
      "hint-infeasible",
      { hint, value, problem: "inputs, parameters and constants are never partial" },
      location,
    );
  }
  const size = shape[sbp.axis];
  if (size === undefined)
    fail(
      "hint-axis-out-of-range",
      { hint, value, shape: `[${shape.join(", ")}]`, last: shape.length - 1 },
      location,
    );
  fail("hint-too-small", { hint, value, axis: sbp.axis, size, devices: axis.size, mesh }, location);
}

/** Reports that one component of a layer's own hint is not obeyed; what is derived from such hints gives way in silence. */
export function giveWay(
  sink: DiagnosticSink,
  {
    value,
    hint,
    location,
    shape,
    derived,
  }: Pick<ResolvedHint, "value" | "hint" | "location" | "shape" | "derived">,
  sbp: Sbp | undefined,
  axis: MeshAxis | undefined,
): void {
  if (derived) return;
  const what = sbp === undefined || axis === undefined ? printHint(hint) : `${axis.name}:${printSbp(sbp)}`;
  const mesh = axis === undefined ? "this mesh" : `${axis.name}=${axis.size}`;
  sink.report(
    "hint-gave-way",
    { hint: what, value, shape: `[${shape.join(", ")}]`, devices: axis?.size ?? 0, mesh },
    location,
  );
}

/** Mesh axes on which a layout is not what the hint asks. A split without a unit allows any unit. */
export function violations(hint: ResolvedHint, layout: NdSbp, mesh: Mesh): number[] {
  const found: number[] = [];
  hint.components.forEach((asked, a) => {
    const has = layout[a];
    if (asked === undefined || has === undefined) return;
    if (asked.kind === "S" && has.kind === "S") {
      if (
        asked.axis === has.axis &&
        (asked.unit === 1 || unitOf(asked, a, layout, hint.shape, mesh) === has.unit)
      )
        return;
    } else if (hint.hint.strength === "dual" && asked.kind === "P" && has.kind === "B") {
      return;
    } else if (
      asked.kind === "P" && has.kind === "P" ? asked.reduce === has.reduce : asked.kind === has.kind
    ) {
      return;
    }
    found.push(a);
  });
  return found;
}

function unitOf(asked: Sbp, a: number, layout: NdSbp, shape: readonly number[], mesh: Mesh): number {
  const normal = normalizeLayout(shape, layout.with(a, asked), mesh)[a];
  return normal?.kind === "S" ? normal.unit : 1;
}

/** The layout that a value of `shape` has if it is to be like `other`: splits that it cannot have become broadcast. */
export function alike(other: NdSbp, shape: readonly number[], mesh: Mesh, isSource: boolean): NdSbp {
  const layout: Sbp[] = mesh.axes.map(() => broadcast);
  other.forEach((sbp, a) => {
    const axis = mesh.axes[a] as MeshAxis;
    if (sbp.kind === "B" || !fits(sbp, shape, axis, layout.slice(0, a), mesh, isSource)) return;
    layout[a] = sbp;
  });
  return normalizeLayout(shape, layout, mesh);
}
