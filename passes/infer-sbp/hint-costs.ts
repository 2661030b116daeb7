/**
 * Hints and forced layouts as costs in the problem of choices: what a hard one does not allow is infinitely dear, what a layer's
 * own one does not is so dear that fewest are broken; a layout that is to be like another is an edge between the two.
 */
import { printNdSbp, type NdSbp } from "../../src/ir/layout.ts";
import { layoutsOf, type Assignment } from "./assignment.ts";
import type { LayoutList } from "./candidates.ts";
import { alike, violations, type ResolvedHint } from "./hints.ts";
import { activeViolations, breaches, isAsForced } from "./obeying.ts";
import type { ProblemDraft } from "./problem-draft.ts";
import type { Setting } from "./setting.ts";

/** Seconds that a layout costs which a layer's own hint does not allow: more than any plan takes, so that fewest are broken. */
export const penalty = 1e4;

/** Adds all hints and forced layouts of the setting to a problem. */
export function addHints(draft: ProblemDraft): void {
  const { setting, active } = draft;
  const { hints, forced } = setting;
  for (const [value, layout] of forced) force(draft, value, layout);
  for (const hint of hints.values()) {
    const maker = draft.makers.get(hint.value);
    if (maker === undefined) continue;
    const weight = hint.hint.strength === "hard" ? Infinity : penalty;
    const perLayout = maker.list.layouts.map((layout) => {
      const count = breaches(setting, active, hint, layout);
      return count === 0 ? 0 : weight * count;
    });
    draft.addHintCosts(
      maker.variable,
      Float64Array.from(maker.list.of, (layout) => perLayout[layout] as number),
    );
    if (hint.takenAsHeld) takeAsHeld(draft, hint);
    if (hint.like === undefined) continue;
    const other = draft.makers.get(hint.like);
    if (other === undefined) continue;
    draft.addEdge(other.variable, maker.variable, likeness(draft, hint, other.list, maker.list, weight));
  }
}

function force(draft: ProblemDraft, value: string, asked: NdSbp): void {
  const maker = draft.makers.get(value);
  if (maker === undefined) return;
  const allowed = maker.list.layouts.map((layout) => isAsForced(draft.active, layout, asked));
  draft.addHintCosts(
    maker.variable,
    Float64Array.from(maker.list.of, (layout) => (allowed[layout] === true ? 0 : Infinity)),
  );
}

function takeAsHeld(draft: ProblemDraft, hint: ResolvedHint): void {
  for (const { variable, list } of draft.takers.get(hint.value) ?? []) {
    const perLayout = list.layouts.map(
      (layout) => activeViolations(draft.setting, draft.active, hint, layout) * penalty,
    );
    draft.addHintCosts(
      variable,
      Float64Array.from(list.of, (layout) => perLayout[layout] as number),
    );
  }
}

function likeness(
  draft: ProblemDraft,
  hint: ResolvedHint,
  other: LayoutList,
  own: LayoutList,
  weight: number,
): Float64Array {
  const isSource = draft.sources.has(hint.value);
  const prints = own.layouts.map(printNdSbp);
  const table = new Float64Array(other.of.length * own.of.length);
  const equal = other.layouts.map((layout) => {
    const asked = printNdSbp(alike(layout, hint.shape, draft.setting.mesh, isSource));
    return prints.map((print) => print === asked);
  });
  other.of.forEach((a, x) =>
    own.of.forEach((b, y) => (table[x * own.of.length + y] = equal[a]?.[b] === true ? 0 : weight)),
  );
  return table;
}

/** Values whose layer's own hint the choice does not keep, with the mesh axes concerned. */
export function brokenHints(
  setting: Setting,
  assignment: Assignment,
): { hint: ResolvedHint; axes: readonly number[] }[] {
  const layouts = layoutsOf(setting.graph, assignment);
  const broken: { hint: ResolvedHint; axes: readonly number[] }[] = [];
  for (const hint of setting.hints.values()) {
    const layout = layouts.get(hint.value);
    if (hint.hint.strength === "hard" || layout === undefined) continue;
    const axes = violations(hint, layout, setting.mesh);
    if (axes.length > 0) broken.push({ hint, axes });
  }
  return broken;
}
