/**
 * Between two assignments: a dearer one within the limits and a cheaper one beyond them.
 *
 * Where they differ falls into parts that no edge joins. What a part costs and uses does not depend on the options of the
 * others, so the best mixture is a knapsack over the parts; it is filled greedily, by what a part saves per unit of the
 * limits that it uses. Networks of equal layers have many such parts, which one price per unit can only change together.
 */
import { evaluate, resourceUse, type Edge, type Problem } from "./problem.ts";

interface Part {
  readonly variables: readonly number[];
  /** What taking the cheaper assignment's options saves. */
  readonly gain: number;
  /** What it uses more of each limit. */
  readonly use: readonly number[];
}

/** `within` with as much of `beyond` as the limits allow; never dearer than `within`. */
export function blend(
  problem: Problem,
  within: readonly number[],
  beyond: readonly number[],
  incidence: readonly (readonly Edge[])[],
): number[] {
  const limits = problem.limits ?? [];
  const free = resourceUse(problem, within).map((used, g) => (limits[g] as number) - used);
  const weight = ({ use }: Part) =>
    use.reduce((total, amount, g) => total + Math.max(amount, 0) / Math.max(limits[g] as number, 1), 0);
  const parts = differences(within, beyond, incidence)
    .map((variables) => partOf(problem, within, beyond, variables, incidence))
    .filter((part) => part.gain > 0)
    .sort((a, b) => b.gain / (weight(b) + 1e-12) - a.gain / (weight(a) + 1e-12));
  const choice = [...within];
  for (const { variables, use } of parts) {
    if (use.some((amount, g) => amount > 0 && amount > (free[g] as number))) continue;
    use.forEach((amount, g) => (free[g] = (free[g] as number) - amount));
    for (const v of variables) choice[v] = beyond[v] as number;
  }
  return evaluate(problem, choice) <= evaluate(problem, within) ? choice : [...within];
}

/** The variables in which two assignments differ, in parts that edges join. */
function differences(
  a: readonly number[],
  b: readonly number[],
  incidence: readonly (readonly Edge[])[],
): number[][] {
  const seen = new Set<number>();
  const parts: number[][] = [];
  for (let start = 0; start < a.length; start++) {
    if (a[start] === b[start] || seen.has(start)) continue;
    const part = [start];
    seen.add(start);
    for (let at = 0; at < part.length; at++) {
      for (const edge of incidence[part[at] as number] ?? []) {
        for (const v of [edge.a, edge.b]) {
          if (a[v] === b[v] || seen.has(v)) continue;
          seen.add(v);
          part.push(v);
        }
      }
    }
    parts.push(part);
  }
  return parts;
}

function partOf(
  problem: Problem,
  within: readonly number[],
  beyond: readonly number[],
  variables: readonly number[],
  incidence: readonly (readonly Edge[])[],
): Part {
  const use = (problem.limits ?? []).map(() => 0);
  const edges = new Set<Edge>();
  let gain = 0;
  for (const v of variables) {
    const { costs, resource, group } = problem.variables[v] as Problem["variables"][number];
    const [from, to] = [within[v] as number, beyond[v] as number];
    gain += (costs[from] as number) - (costs[to] as number);
    if (resource !== undefined && group !== undefined && use[group] !== undefined)
      use[group] += (resource[to] as number) - (resource[from] as number);
    for (const edge of incidence[v] ?? []) edges.add(edge);
  }
  for (const { a, b, costs } of edges) {
    const width = (problem.variables[b] as Problem["variables"][number]).costs.length;
    const cost = (choice: readonly number[]) =>
      costs[(choice[a] as number) * width + (choice[b] as number)] as number;
    gain += cost(within) - cost(beyond);
  }
  return { variables, gain, use };
}
