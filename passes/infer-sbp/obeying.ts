/**
 * What obeys: whether a layout is what hints and forced layouts ask on the mesh axes that are to be chosen (`active`), and the
 * choices of a node that are.
 */
import { broadcast, sbpEqual, type NdSbp } from "../../src/ir/layout.ts";
import { isSplittable } from "../../src/sbp/geometry.ts";
import type { NodeCall } from "./calls.ts";
import type { CandidateSet, LayoutList } from "./candidates.ts";
import { violations, type ResolvedHint } from "./hints.ts";
import type { Setting } from "./setting.ts";

type Active = ReadonlySet<number>;

/** On how many of the active mesh axes a layout is not what a hint asks. */
export function activeViolations(
  { mesh }: Setting,
  active: Active,
  hint: ResolvedHint,
  layout: NdSbp,
): number {
  return violations(hint, layout, mesh).filter((axis) => active.has(axis)).length;
}

/** In how many ways a layout of its value is not what a hint asks. */
export function breaches(setting: Setting, active: Active, hint: ResolvedHint, layout: NdSbp): number {
  // What is asked on the axes that are not to be chosen now must still be had beside what is chosen on the others.
  const asked = layout.map((sbp, a) => (active.has(a) ? sbp : (hint.components[a] ?? sbp)));
  const leavesRoom = isSplittable(hint.shape, asked, setting.mesh);
  return activeViolations(setting, active, hint, layout) + (leavesRoom ? 0 : 1);
}

export function isAsForced(active: Active, layout: NdSbp, asked: NdSbp): boolean {
  return layout.every((sbp, a) => !active.has(a) || sbpEqual(sbp, asked[a] ?? broadcast));
}

/** Whether a layout in which a value is made or held breaks nothing that was asked of it. */
export function allows(setting: Setting, active: Active, value: string, layout: NdSbp): boolean {
  const [hint, asked] = [setting.hints.get(value), setting.forced.get(value)];
  if (asked !== undefined && !isAsForced(active, layout, asked)) return false;
  return hint === undefined || breaches(setting, active, hint, layout) === 0;
}

/**
 * The choices of a node that break nothing that was asked of its outputs, nor of inputs that are taken as they are held; all of
 * them where none does.
 */
export function obeyingChoices(
  setting: Setting,
  active: Active,
  { node }: NodeCall,
  set: CandidateSet,
): CandidateSet {
  const { hints, forced, candidates } = setting;
  const lists: { of: readonly number[]; allowed: readonly boolean[] }[] = [];
  const restrict = ({ layouts, of }: LayoutList, isAllowed: (layout: NdSbp) => boolean) => {
    const allowed = layouts.map(isAllowed);
    if (allowed.includes(false)) lists.push({ of, allowed });
  };
  node.outputs.forEach((name, k) => {
    if (hints.has(name) || forced.has(name))
      restrict(set.outputs[k] as LayoutList, (layout) => allows(setting, active, name, layout));
  });
  node.inputs.forEach((name, k) => {
    const hint = name === null ? undefined : hints.get(name);
    const list = set.inputs[k];
    if (hint !== undefined && list != null && hint.takenAsHeld)
      restrict(list, (layout) => activeViolations(setting, active, hint, layout) === 0);
  });
  if (lists.length === 0) return set;
  const kept = [...set.candidates.keys()].filter((x) =>
    lists.every(({ of, allowed }) => allowed[of[x] as number] === true),
  );
  return kept.length === 0 ? set : candidates.part(set, kept);
}
