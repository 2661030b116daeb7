/**
 * Choices with costs: the problem that layout search comes down to, without a word about layouts.
 *
 * Every variable takes one of its options. An option has a cost, and every pair of options of two variables joined by an
 * edge has one; Infinity forbids. Options may also use up a resource that belongs to a group with a limit. Sought is the
 * assignment of least total cost within the limits (a pairwise Markov random field with knapsack sides).
 */
import { invariant } from "../support/assert.ts";

export interface Variable {
  /** Cost of each option; at least one option. */
  readonly costs: Float64Array;
  /** What each option uses of the limit of `group`. */
  readonly resource?: Float64Array;
  /** Index into `Problem.limits`. */
  readonly group?: number;
}

export interface Edge {
  readonly a: number;
  readonly b: number;
  /** Row-major over (option of a, option of b). Equal tables are best given as the same array. */
  readonly costs: Float64Array;
}

export interface Problem {
  readonly variables: readonly Variable[];
  readonly edges: readonly Edge[];
  readonly limits?: readonly number[];
}

export interface SolveOptions {
  /** Cells of the largest table that may be built; beyond it the answer is a bounded approximation. Default 5e6. */
  readonly maxCells?: number;
}

export interface Solution {
  /** Option of every variable. */
  readonly choice: number[];
  /** Infinity where no assignment is allowed. */
  readonly cost: number;
  /** No assignment within the limits costs less. */
  readonly lowerBound: number;
  /** Use of each limit. */
  readonly used: readonly number[];
  /** Whether `used` is within the limits. */
  readonly fits: boolean;
}

/** Cost of an assignment. */
export function evaluate(problem: Problem, choice: readonly number[]): number {
  let cost = 0;
  problem.variables.forEach((variable, v) => (cost += variable.costs[choice[v] as number] as number));
  for (const { a, b, costs } of problem.edges) {
    cost += costs[(choice[a] as number) * optionCount(problem, b) + (choice[b] as number)] as number;
  }
  return cost;
}

/** What an assignment uses of each limit. */
export function resourceUse(problem: Problem, choice: readonly number[]): number[] {
  const used = (problem.limits ?? []).map(() => 0);
  problem.variables.forEach(({ resource, group }, v) => {
    if (resource === undefined || group === undefined || used[group] === undefined) return;
    used[group] += resource[choice[v] as number] as number;
  });
  return used;
}

export function optionCount(problem: Problem, v: number): number {
  const variable = problem.variables[v];
  invariant(variable !== undefined && variable.costs.length > 0, "variable without options", () => String(v));
  return variable.costs.length;
}
