/**
 * Why a value has its layout: what every layout that it could have had costs beside the layouts chosen for everything else.
 *
 * The cost of an option is what the search counts of it: the node's own seconds, what hints add, and the boxing between it and
 * its neighbours. Boxing that several takers share is chosen anew for every option (a proxy has no choice of its own).
 */
import { printHint, printNdSbp, type NdSbp } from "../../src/ir/layout.ts";
import { typeOf, type NodeSignature } from "../../src/ir/graph.ts";
import type { Problem } from "../../src/search/problem.ts";
import type { PassContext } from "../pass.ts";
import { layoutsOf } from "./assignment.ts";
import { holdings } from "./candidates.ts";
import type { Chosen } from "./choose.ts";
import type { LayoutProblem } from "./problem.ts";
import type { Setting } from "./setting.ts";

export interface LayoutReason {
  readonly value: string;
  /** The layout that was chosen. */
  readonly layout: NdSbp;
  /** What the choice was made for: the node that makes the value, the source itself, or the only node that takes it. */
  readonly decides: string;
  readonly role: "made" | "held" | "taken";
  /** What the model asks of this value. */
  readonly hint?: string;
  /** One entry per layout, cheapest first; of several signatures with one layout, the cheapest. */
  readonly options: readonly LayoutOption[];
  /** Layouts that the shape allows and that no signature gives. */
  readonly without: readonly NdSbp[];
  /** Whether a limit on memory made the choice dearer than the cheapest. */
  readonly limited: boolean;
  /** Seconds of the whole choice as the search counts them, and those that no choice can be below (0: not known). */
  readonly cost: number;
  readonly lowerBound: number;
}

export interface LayoutOption {
  readonly layout: NdSbp;
  /** Of the node that decides; absent for a source that decides itself. */
  readonly signature?: NodeSignature;
  readonly chosen: boolean;
  /** Seconds that the node computes on the device with the largest shards. */
  readonly computeSeconds: number;
  /** Seconds that broken hints count; Infinity where a constraint rules it out. */
  readonly hintSeconds: number;
  /** What neighbours cost beside it, the dearest first; neighbours that cost nothing are left out. */
  readonly neighbours: readonly NeighbourCost[];
  /** All of them. */
  readonly seconds: number;
}

export interface NeighbourCost {
  /** The node or source at the other end, or the value whose boxing is shared. */
  readonly name: string;
  readonly seconds: number;
}

export function explainChoice(
  setting: Setting,
  { problem, choice, assignment, cost, lowerBound }: Chosen,
  context: Pick<PassContext, "options" | "memoryBudget">,
  value: string,
): LayoutReason | undefined {
  const decider = problem.decisions.decides(value);
  const layout = layoutsOf(setting.graph, assignment).get(value);
  if (decider === undefined || layout === undefined) return undefined;
  const { variable, layouts, taker } = decider;
  const chosen = choice[variable] as number;
  const around = new Neighbourhood(problem, choice, variable);
  const candidates = problem.decisions.candidatesOf(variable);
  const hints = problem.decisions.hintCosts(variable);
  const byLayout = new Map<string, LayoutOption>();
  layouts.forEach((one, x) => {
    const neighbours = around.costs(x);
    const own = problem.problem.variables[variable]?.costs[x] as number;
    const hintSeconds = hints?.[x] ?? 0;
    const computeSeconds = candidates?.[x]?.seconds ?? 0;
    // What is left of a node's own costs is boxing of constants and of sources that only it takes.
    const constants = own === Infinity ? 0 : own - hintSeconds - computeSeconds;
    const all = constants > 1e-15 ? [{ name: "constants", seconds: constants }, ...neighbours] : neighbours;
    const signature = candidates?.[x]?.signature;
    const option: LayoutOption = {
      layout: one,
      ...(signature === undefined ? {} : { signature }),
      chosen: x === chosen,
      computeSeconds,
      hintSeconds,
      neighbours: all.filter(({ seconds }) => seconds > 0).sort((a, b) => b.seconds - a.seconds),
      seconds: own + neighbours.reduce((total, { seconds }) => total + seconds, 0),
    };
    const key = printNdSbp(one);
    const known = byLayout.get(key);
    if (known === undefined || option.chosen || (!known.chosen && option.seconds < known.seconds))
      byLayout.set(key, option);
  });
  const options = [...byLayout.values()].sort(
    (a, b) => a.seconds - b.seconds || Number(b.chosen) - Number(a.chosen),
  );
  const hint = setting.hints.get(value);
  const [least, own] = [options[0]?.seconds ?? 0, options.find((option) => option.chosen)?.seconds ?? 0];
  return {
    value,
    layout,
    decides: problem.decisions.nameOf(variable),
    role: taker !== undefined ? "taken" : candidates === undefined ? "held" : "made",
    ...(hint === undefined ? {} : { hint: printHint(hint.hint) }),
    options,
    without: unlisted(setting, value, byLayout),
    limited: isLimited(context) && own > least * (1 + 1e-9) + 1e-12,
    cost,
    lowerBound,
  };
}

function isLimited({ memoryBudget, options }: Pick<PassContext, "options" | "memoryBudget">): boolean {
  return (memoryBudget ?? options.memoryLimit ?? Infinity) < Infinity;
}

/** Layouts without partial components that the value's shape allows and that are no option. */
function unlisted(
  { graph, mesh, units }: Setting,
  value: string,
  options: ReadonlyMap<string, LayoutOption>,
): NdSbp[] {
  const whole = mesh.axes.map(() => undefined);
  return holdings(typeOf(graph, value), units.get(value), mesh, whole).filter(
    (layout) => !options.has(printNdSbp(layout)),
  );
}

/** What is around one variable while everything else stays as chosen. */
class Neighbourhood {
  readonly #problem: LayoutProblem;
  readonly #choice: readonly number[];
  readonly #variable: number;
  /** Edges of the variable, by the variable at the other end. */
  readonly #ends = new Map<number, Problem["edges"][number][]>();
  /** By proxy next to the variable, the edges to all others. */
  readonly #others = new Map<number, Problem["edges"][number][]>();

  constructor(problem: LayoutProblem, choice: readonly number[], variable: number) {
    this.#problem = problem;
    this.#choice = choice;
    this.#variable = variable;
    const { edges } = problem.problem;
    for (const edge of edges) {
      if (edge.a !== variable && edge.b !== variable) continue;
      const other = edge.a === variable ? edge.b : edge.a;
      this.#ends.set(other, [...(this.#ends.get(other) ?? []), edge]);
      if (problem.decisions.proxied(other) !== undefined) this.#others.set(other, []);
    }
    for (const edge of edges) {
      if (edge.a === variable || edge.b === variable) continue;
      this.#others.get(edge.a)?.push(edge);
      this.#others.get(edge.b)?.push(edge);
    }
  }

  /** Per neighbour, the seconds beside option `x`. */
  costs(x: number): NeighbourCost[] {
    return [...this.#ends].map(([other, edges]): NeighbourCost => {
      const proxied = this.#problem.decisions.proxied(other);
      if (proxied === undefined) {
        const seconds = edges.reduce((total, edge) => total + this.#between(edge, x, this.#chosen(other)), 0);
        return { name: this.#problem.decisions.nameOf(other), seconds };
      }
      const costs = this.#problem.problem.variables[other]?.costs ?? new Float64Array();
      let least = Infinity;
      costs.forEach((cost, p) => {
        let total = cost;
        for (const edge of edges) total += this.#between(edge, x, p);
        for (const edge of this.#others.get(other) ?? []) {
          const far = edge.a === other ? edge.b : edge.a;
          total += tableAt(this.#problem.problem, edge, other, p, this.#chosen(far));
        }
        least = Math.min(least, total);
      });
      return { name: `boxing of ${proxied}`, seconds: least };
    });
  }

  #chosen(variable: number): number {
    return this.#choice[variable] as number;
  }

  #between(edge: Problem["edges"][number], x: number, y: number): number {
    return tableAt(this.#problem.problem, edge, this.#variable, x, y);
  }
}

/** The cost of an edge between option `x` of its end `u` and option `y` of its other end. */
function tableAt(
  { variables }: Problem,
  { a, b, costs }: Problem["edges"][number],
  u: number,
  x: number,
  y: number,
): number {
  const [row, column] = a === u ? [x, y] : [y, x];
  const width = variables[b]?.costs.length ?? 0;
  return costs[row * width + column] as number;
}
