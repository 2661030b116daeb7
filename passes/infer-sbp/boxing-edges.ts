/**
 * What boxing costs, as edges of the problem of choices: between the maker of a value and each of its takers, or through a proxy.
 *
 * A proxy is what makes a boxing that several takers share cost once. Its options are pairs (layout as made, one further
 * layout that is had by boxing, or none); it pays for that boxing, and every taker uses the cheaper of the two.
 */
import { groupBy } from "../../src/support/collections.ts";
import { staticTensor } from "./calls.ts";
import type { ProblemDraft, Taker } from "./problem-draft.ts";

export function addBoxing(draft: ProblemDraft): void {
  for (const [name, takers] of draft.takers) {
    const type = staticTensor(draft.setting.graph, name);
    const maker = draft.makers.get(name);
    if (type === undefined || maker === undefined) continue;
    for (const taker of takers) {
      if (taker.asHeld)
        draft.addEdge(maker.variable, taker.variable, draft.cache.asHeld(maker.list, taker.list));
    }
    const boxed = takers.filter((taker) => !taker.asHeld);
    const groups = groupBy(boxed, ({ stage, group }) => `${stage} ${group}`);
    for (const group of groups.values()) {
      const { stage, frequency } = group[0] as Taker;
      const from = maker.stage ?? stage;
      const proxy =
        group.length < 2
          ? undefined
          : draft.cache.proxy(
              draft.setting,
              type,
              maker.list,
              group.map((taker) => taker.list),
              from,
              stage,
            );
      if (proxy === undefined) {
        for (const taker of group) {
          draft.addEdge(
            maker.variable,
            taker.variable,
            draft.cache.scaled(
              draft.cache.boxing(draft.setting, type, maker.list, taker.list, from, stage),
              frequency,
            ),
          );
        }
        continue;
      }
      const variable = draft.addVariable({ costs: draft.cache.scaled(proxy.costs, frequency) });
      draft.proxied.set(variable, name);
      draft.addEdge(maker.variable, variable, draft.cache.madeAs(maker.list, proxy));
      for (const taker of group) {
        draft.addEdge(
          variable,
          taker.variable,
          draft.cache.scaled(
            draft.cache.fromProxy(draft.setting, type, maker.list, proxy, taker.list, from, stage),
            frequency,
          ),
        );
      }
    }
  }
}
