/** Local search: improves an assignment one variable at a time, never leaving the limits once it is within them. */
import { evaluate, optionCount, resourceUse, type Edge, type Problem } from "./problem.ts";

/** Edges by variable. */
type Incidence = readonly (readonly Edge[])[];

export function incidenceOf(problem: Problem): Incidence {
  const lists: Edge[][] = problem.variables.map(() => []);
  for (const edge of problem.edges) {
    lists[edge.a]?.push(edge);
    if (edge.a !== edge.b) lists[edge.b]?.push(edge);
  }
  return lists;
}

/** Cost of every option of `v` with the others as chosen. */
function conditionalCosts(
  problem: Problem,
  incidence: Incidence,
  choice: readonly number[],
  v: number,
): Float64Array {
  const costs = (problem.variables[v] as Problem["variables"][number]).costs.slice();
  for (const edge of incidence[v] ?? []) {
    const width = optionCount(problem, edge.b);
    for (let x = 0; x < costs.length; x++) {
      const row = edge.a === v ? x : (choice[edge.a] as number);
      const column = edge.b === v ? x : (choice[edge.b] as number);
      costs[x] = (costs[x] as number) + (edge.costs[row * width + column] as number);
    }
  }
  return costs;
}

/** Changes single options while that lowers the cost and respects the limits. At most `sweeps` rounds over all variables. */
export function descend(
  problem: Problem,
  start: readonly number[],
  incidence = incidenceOf(problem),
  sweeps = 20,
): number[] {
  const choice = [...start];
  const used = resourceUse(problem, choice);
  const limits = problem.limits ?? [];
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let changed = false;
    for (let v = 0; v < choice.length; v++) {
      if (optionCount(problem, v) === 1) continue;
      const { resource, group } = problem.variables[v] as Problem["variables"][number];
      const costs = conditionalCosts(problem, incidence, choice, v);
      const now = choice[v] as number;
      let best = now;
      for (let x = 0; x < costs.length; x++) {
        if (!((costs[x] as number) < (costs[best] as number) * (1 - 1e-12))) continue;
        if (resource !== undefined && group !== undefined && limits[group] !== undefined) {
          const change = (resource[x] as number) - (resource[now] as number);
          if (change > 0 && (used[group] as number) + change > (limits[group] as number)) continue;
        }
        best = x;
      }
      if (best === now) continue;
      if (resource !== undefined && group !== undefined && used[group] !== undefined) {
        used[group] += (resource[best] as number) - (resource[now] as number);
      }
      choice[v] = best;
      changed = true;
    }
    if (!changed) break;
  }
  return choice;
}

/** The assignment of least cost; undefined for none. */
export function cheapest(
  problem: Problem,
  choices: readonly (readonly number[])[],
): readonly number[] | undefined {
  let best: readonly number[] | undefined;
  let least = Infinity;
  for (const choice of choices) {
    const cost = evaluate(problem, choice);
    if (best === undefined || cost < least) {
      best = choice;
      least = cost;
    }
  }
  return best;
}
