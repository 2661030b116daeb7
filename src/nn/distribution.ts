/**
 * Layouts and placements as models write them, by the names of LiBai's helpers.
 *
 * A layout is a list [dp, tp] as `getNdSbp` takes it, a record by mesh axis name, or the layout of another tensor (`x.sbp`).
 * Mesh axes that are not named stay free; named ones that the mesh lacks are dropped.
 */
import { fail } from "../diagnostics/diagnostic.ts";
import type { Location } from "../diagnostics/location.ts";
import { broadcast, partial, printHint, printSbp, split, type LayoutHint, type Sbp } from "../ir/layout.ts";
import { libaiStages } from "../schedule/stages.ts";

export { broadcast, split };

/** Every device holds a term; the tensor is their sum. */
export const partialSum: Sbp = partial("sum");

export const sbp = { split, broadcast, partialSum } as const;

/** The layout that the value named `like` turns out to have. */
export interface SbpReference {
  readonly like: string;
}

export type AxisSbp = Readonly<Record<string, Sbp>>;

export type SbpSpec = readonly [dp: Sbp, tp: Sbp] | AxisSbp | SbpReference;

/** Where a value lives: on the stage of layer `layer` (-1: the last stage); anywhere, where it names none. */
export interface Placement {
  readonly layer?: number;
}

/** The layout `dataParallel` along mesh axis dp and `tensorParallel` along tp. */
export function getNdSbp([dp, tp]: readonly [dp: Sbp, tp: Sbp]): AxisSbp {
  return { dp, tp };
}

/** Hidden states: split over dp along the batch axis, whole over tp. */
export function getHiddenSbp(): AxisSbp {
  return getNdSbp([split(0), broadcast]);
}

export function getLayerPlacement(layerIdx: number): Placement {
  return { layer: layerIdx };
}

/** The stage (from 0) of layer `layerIdx` of `layers` on `stages` stages by LiBai's rule; -1 is the last stage. */
export function getLayerStageId(layerIdx: number, layers: number, stages: number): number {
  const ids = libaiStages(layers, stages);
  const stage = layerIdx === -1 ? stages - 1 : ids[layerIdx];
  if (stage === undefined) fail("layer-out-of-range", { index: layerIdx, layers, last: layers - 1 });
  return stage;
}

/** What a hint is for: the messages about a wrong one name it. */
export interface HintTarget {
  readonly name: string;
  readonly shape: readonly number[];
  readonly location: Location;
}

/** The hint that `spec` asks for. Axes count from the end where they are negative. Errors: bad-sbp, hint-axis-out-of-range. */
export function layoutHint(spec: SbpSpec, strength: LayoutHint["strength"], target: HintTarget): LayoutHint {
  if (isReference(spec)) return { strength, sbp: [], like: spec.like };
  const parts: readonly (readonly [string, Sbp])[] = isPair(spec)
    ? [
        ["dp", spec[0]],
        ["tp", spec[1]],
      ]
    : Object.entries(spec);
  return {
    strength,
    sbp: parts.map(([axis, component]) => ({ axis, sbp: checked(axis, component, target) })),
  };
}

function isReference(spec: SbpSpec): spec is SbpReference {
  return "like" in spec && typeof spec.like === "string";
}

function isPair(spec: SbpSpec): spec is readonly [Sbp, Sbp] {
  return Array.isArray(spec);
}

function checked(meshAxis: string, component: Sbp | undefined, { name, shape, location }: HintTarget): Sbp {
  if (component === undefined || !["S", "B", "P"].includes(component.kind)) {
    fail(
      "bad-sbp",
      {
        text: `The layout of ${name}`,
        problem: `${meshAxis} has none; a list gives one for dp and one for tp`,
      },
      location,
    );
  }
  if (component.kind !== "S") return component;
  const rank = shape.length;
  const axis = component.axis < 0 ? component.axis + rank : component.axis;
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
    const hint = printSbp(component);
    fail(
      "hint-axis-out-of-range",
      { hint, value: name, shape: `[${shape.join(", ")}]`, last: rank - 1 },
      location,
    );
  }
  return split(axis, component.unit);
}

/** `dp:S(0) tp:B` or `like %x`, as it is kept in attributes. */
export function printSpec(hint: LayoutHint): string {
  return printHint(hint).replace(/^(?:hard|soft) ?/, "");
}
