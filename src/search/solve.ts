/**
 * Solves a problem of choices: exactly by elimination where its tables stay small, else by bounded elimination and local
 * search; limits by Lagrangian relaxation.
 *
 * With limits, a price per unit of resource is added to the costs and found by bisection, group by group at once. Every
 * price gives a lower bound; every assignment within the limits is a candidate. What the prices leave unused is then
 * filled with parts of cheaper assignments that are beyond the limits (`blend`), and by single changes.
 */
import { blend } from "./blend.ts";
import { cheapest, descend, incidenceOf } from "./descend.ts";
import { undominated } from "./dominance.ts";
import { Eliminator, type Elimination } from "./eliminate.ts";
import {
  evaluate,
  resourceUse,
  type Problem,
  type Solution,
  type SolveOptions,
  type Variable,
} from "./problem.ts";
import { Tables } from "./tables.ts";

export function solve(problem: Problem, options: SolveOptions = {}): Solution {
  const tables = new Tables();
  const free = unlimited(problem, options, tables);
  const limits = problem.limits ?? [];
  const used = resourceUse(problem, free.choice);
  const within = (use: readonly number[]) => use.every((amount, g) => amount <= (limits[g] as number));
  if (within(used) || free.cost === Infinity) return { ...free, used, fits: within(used) };

  let lowerBound = free.lowerBound;
  const candidates: number[][] = [];
  const beyond: number[][] = [free.choice];
  const attempt = (prices: readonly number[]): readonly number[] => {
    const { choice, lowerBound: bound } = unlimited(priced(problem, prices), options, tables);
    const rent = prices.reduce((total, price, g) => total + price * (limits[g] as number), 0);
    lowerBound = Math.max(lowerBound, bound - rent);
    const use = resourceUse(problem, choice);
    if (within(use)) {
      candidates.push(choice);
    } else {
      beyond.push(choice);
      leastUse = least(leastUse, use, choice, limits);
    }
    return use;
  };
  let leastUse: Overuse | undefined;

  // Prices that are high enough, then bisection between those and the highest that is not.
  const low = limits.map(() => 0);
  const high = limits.map((limit) => (Math.abs(free.cost) + 1e-9) / (Math.max(limit, 1) * 1024));
  const enough = used.map((amount, g) => amount <= (limits[g] as number));
  for (let round = 0; round < 40 && enough.includes(false); round++) {
    const use = attempt(
      high.map((price, g) =>
        enough[g] === true && low[g] === 0 && (used[g] as number) <= (limits[g] as number) ? 0 : price,
      ),
    );
    use.forEach((amount, g) => {
      enough[g] = amount <= (limits[g] as number);
      if (enough[g] === false) {
        low[g] = high[g] as number;
        high[g] = (high[g] as number) * 4;
      }
    });
  }
  if (candidates.length === 0) {
    const choice = leastUse?.choice ?? free.choice;
    return {
      choice,
      cost: evaluate(problem, choice),
      lowerBound,
      used: resourceUse(problem, choice),
      fits: false,
    };
  }
  const needed = used.map((amount, g) => amount > (limits[g] as number) || (low[g] as number) > 0);
  for (let round = 0; round < 16; round++) {
    const middle = low.map((l, g) => (needed[g] === true ? (l + (high[g] as number)) / 2 : 0));
    attempt(middle).forEach((amount, g) => {
      if (amount <= (limits[g] as number)) high[g] = middle[g] as number;
      else low[g] = middle[g] as number;
    });
  }
  const incidence = incidenceOf(problem);
  const starts = candidates.slice(-6).concat(candidates.slice(0, 2));
  const nearest = beyond.slice(-6).concat(beyond.slice(0, 1));
  const mixed = starts.map((start) =>
    nearest.reduce((choice, cheaper) => blend(problem, choice, cheaper, incidence), start),
  );
  const choice = [
    ...(cheapest(
      problem,
      mixed.map((start) => descend(problem, start, incidence)),
    ) as readonly number[]),
  ];
  const cost = evaluate(problem, choice);
  return {
    choice,
    cost,
    lowerBound: Math.min(lowerBound, cost),
    used: resourceUse(problem, choice),
    fits: true,
  };
}

interface Overuse {
  readonly choice: number[];
  readonly excess: number;
}

function least(
  known: Overuse | undefined,
  use: readonly number[],
  choice: number[],
  limits: readonly number[],
): Overuse {
  const excess = Math.max(...use.map((amount, g) => amount / Math.max(limits[g] as number, 1)));
  return known !== undefined && known.excess <= excess ? known : { choice, excess };
}

/** The problem with resources paid for at these prices. */
function priced(problem: Problem, prices: readonly number[]): Problem {
  const variables = problem.variables.map((variable): Variable => {
    const { resource, group } = variable;
    const price = group === undefined ? 0 : (prices[group] ?? 0);
    if (resource === undefined || price === 0) return variable;
    return { ...variable, costs: variable.costs.map((cost, x) => cost + price * (resource[x] as number)) };
  });
  return { variables, edges: problem.edges };
}

function unlimited(
  problem: Problem,
  options: SolveOptions,
  tables: Tables,
): { choice: number[]; cost: number; lowerBound: number } {
  const maxCells = options.maxCells ?? 5e6;
  const { problem: reduced, kept } = undominated(problem, tables);
  const first = new Eliminator(reduced, maxCells, tables).run();
  const found = first.relaxed.length === 0 ? first.choice : improve(reduced, first, maxCells);
  const choice = found.map((x, v) => kept[v]?.[x] as number);
  const cost = evaluate(problem, choice);
  const isExact = first.relaxed.length === 0;
  return {
    choice,
    cost,
    lowerBound: !isExact ? first.bound : cost === Infinity ? cost : Math.min(first.bound, cost),
  };
}

/** Single changes, then all variables but the relaxed ones at once (exact again once those are fixed), in turn until neither helps. */
function improve(problem: Problem, first: Elimination, maxCells: number): readonly number[] {
  const incidence = incidenceOf(problem);
  let choice = descend(problem, first.choice, incidence);
  let cost = evaluate(problem, choice);
  for (let round = 0; round < 8; round++) {
    const next = descend(problem, withFixed(problem, choice, first.relaxed, maxCells), incidence);
    const nextCost = evaluate(problem, next);
    if (!(nextCost < cost * (1 - 1e-9))) break;
    choice = next;
    cost = nextCost;
  }
  return choice;
}

/** The best assignment that keeps the options of `fixed`. */
function withFixed(
  problem: Problem,
  choice: readonly number[],
  fixed: readonly number[],
  maxCells: number,
): number[] {
  const held = new Set(fixed);
  const variables = problem.variables.map((variable, v) =>
    held.has(v) ? { costs: Float64Array.of(variable.costs[choice[v] as number] as number) } : variable,
  );
  const edges = problem.edges.map((edge) => {
    if (!held.has(edge.a) && !held.has(edge.b)) return edge;
    const width = (problem.variables[edge.b] as Variable).costs.length;
    const rows = held.has(edge.a)
      ? [choice[edge.a] as number]
      : [...(problem.variables[edge.a] as Variable).costs.keys()];
    const columns = held.has(edge.b)
      ? [choice[edge.b] as number]
      : [...(problem.variables[edge.b] as Variable).costs.keys()];
    const costs = Float64Array.from(
      rows.flatMap((row) => columns.map((column) => edge.costs[row * width + column] as number)),
    );
    return { ...edge, costs };
  });
  const result = new Eliminator({ variables, edges }, maxCells, new Tables()).run().choice;
  return result.map((x, v) => (held.has(v) ? (choice[v] as number) : x));
}
