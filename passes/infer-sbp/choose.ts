/** From the problem of choices to an assignment: blocks of mesh axes, limits on memory, and what to say where none fits. */
import { fail } from "../../src/diagnostics/diagnostic.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { pipelineRanks, printHint, printSbp, rankOf, type NdSbp, type Sbp } from "../../src/ir/layout.ts";
import { recompute } from "../../src/ops/recompute.ts";
import type { Signature } from "../../src/sbp/signature.ts";
import { solve } from "../../src/search/solve.ts";
import type { Solution } from "../../src/search/problem.ts";
import { range } from "../../src/support/collections.ts";
import type { PassContext } from "../pass.ts";
import { layoutsOf, type Assignment } from "./assignment.ts";
import { layoutCost, totalMemory, type StageMemory } from "./cost.ts";
import type { ResolvedHint } from "./hints.ts";
import { brokenHints, penalty } from "./hint-costs.ts";
import { LayoutProblem, type Request } from "./problem.ts";
import { TableCache } from "./boxing-tables.ts";
import type { Setting } from "./setting.ts";
import { printBytes } from "../../src/support/units.ts";

export interface Chosen {
  readonly assignment: Assignment;
  /** Seconds that no layout can be below, of the costs as the search counts them; 0 where mesh axes were chosen in turn. */
  readonly lowerBound: number;
  /** The problem that was solved last and the option of each of its variables. */
  readonly problem: LayoutProblem;
  readonly choice: readonly number[];
  /** Seconds as the search counts them, penalties of broken hints among them. */
  readonly cost: number;
  /** Layers' own hints that gave way, with the mesh axes concerned. */
  readonly broken: readonly { readonly hint: ResolvedHint; readonly axes: readonly number[] }[];
}

/** Above this many candidates of one node, mesh axes are chosen in pairs. */
const jointCandidates = 400;
/** Nodes of a training step up to which pairs of mesh axes are chosen at once. */
const jointTraining = 400;

/** Rounds of pricing what is alive at the peak. */
const memoryRounds = 10;

/** What is the same in the requests for all mesh axes. */
type Part = Pick<Request, "memory" | "obeying">;

/** With `options` "all" the problem that is returned has also the options that break what was asked. */
export function choose(
  setting: Setting,
  context: Pick<PassContext, "options" | "costModel" | "memoryBudget">,
  cache = new TableCache(),
  options: "all" | "best" = "best",
): Chosen {
  const part: Part = options === "all" ? { obeying: false } : {};
  const device = context.memoryBudget ?? context.options.memoryLimit ?? context.costModel.deviceMemory;
  // Where devices have several stages, each gets its part of the memory.
  const limit = (device * pipelineRanks(setting.mesh)) / setting.mesh.stages;
  let found = optimise(setting, cache, part);
  let memory = memoryOf(setting, found.assignment, context);
  if (!memory.every((stage) => totalMemory(stage) <= limit)) {
    found = fitMemory(setting, cache, part, memory, limit, context);
    memory = memoryOf(setting, found.assignment, context);
  }
  return {
    assignment: found.assignment,
    lowerBound: found.lowerBound,
    problem: found.problem,
    choice: found.choice,
    cost: found.cost,
    broken: brokenHints(setting, found.assignment),
  };
}

interface Found {
  readonly assignment: Assignment;
  readonly cost: number;
  readonly lowerBound: number;
  readonly fits: boolean;
  /** Bytes that were counted on each stage; empty where there was no limit. */
  readonly used: readonly number[];
  readonly problem: LayoutProblem;
  readonly choice: readonly number[];
}

/**
 * How many mesh axes are chosen at once. The backward pass of a training step ties every layer to its forward pass: choices that
 * must be made together are twice as many, and over two axes what they combine to is squared (ViT-Tiny on dp=2,tp=2: 110 s).
 */
function axesTogether(setting: Setting): number {
  const trains = setting.calls.some(({ node }) => node.phase !== undefined);
  if (trains) return setting.calls.length > jointTraining ? 1 : 2;
  return LayoutProblem.isLarge(setting, jointCandidates) ? 2 : Infinity;
}

/** The best assignment, over all mesh axes at once, in pairs, or one by one. */
function optimise(setting: Setting, cache: TableCache, part: Part): Found {
  const axes = range(setting.mesh.axes.length);
  const together = axesTogether(setting);
  if (axes.length <= together) return attempt(setting, cache, { active: new Set(axes), ...part });
  const pairs =
    together === 1 ? axes.map((a) => [a]) : axes.flatMap((a) => axes.slice(a + 1).map((b) => [a, b]));
  // What is chosen for some axes follows from what is held on the others: none is worked out twice.
  const known = new Map<string, Found>();
  const given = fixedKeys(setting);
  const attemptOnce = (active: readonly number[], current: Assignment | undefined): Found => {
    const key = `${active.join()}: ${current === undefined ? "" : given(current, active)}`;
    let found = known.get(key);
    if (found === undefined) {
      const start = current === undefined ? {} : { current };
      known.set(key, (found = attempt(setting, cache, { active: new Set(active), ...start, ...part })));
    }
    return found;
  };
  let best: Found | undefined;
  for (const order of [pairs, pairs.toReversed()]) {
    let current: Found | undefined;
    let idle = 0;
    const visited = new Set<number>();
    for (let turn = 0; idle < pairs.length && turn < 4 * pairs.length; turn++) {
      const active = order[turn % pairs.length] as readonly number[];
      const next = attemptOnce(active, current?.assignment);
      const settled = axes.every((axis) => visited.has(axis));
      active.forEach((axis) => visited.add(axis));
      const better =
        current === undefined ||
        !settled ||
        (next.fits && !current.fits) ||
        (next.fits === current.fits && next.cost < current.cost * (1 - 1e-9));
      idle = better ? 0 : idle + 1;
      if (better) current = next;
    }
    if (
      current !== undefined &&
      (best === undefined ||
        (current.fits && !best.fits) ||
        (current.fits === best.fits && current.cost < best.cost))
    )
      best = current;
  }
  return { ...(best as Found), lowerBound: 0 };
}

/** Says what an assignment holds on the mesh axes that are not to be chosen; equal texts are equal parts of problems. */
function fixedKeys({ mesh }: Setting): (assignment: Assignment, active: readonly number[]) => string {
  const ids = new Map<Signature, number>();
  const id = (signature: Signature) => {
    if (!ids.has(signature)) ids.set(signature, ids.size);
    return ids.get(signature);
  };
  return ({ nodes, sources, outputs }, active) => {
    const fixed = range(mesh.axes.length).filter((axis) => !active.includes(axis));
    const signatures = nodes.map(({ parts }) => fixed.map((axis) => id(parts[axis] as Signature)).join("."));
    const held = [sources, outputs].map((layouts) =>
      [...layouts].map(
        ([name, layout]) => `${name}=${fixed.map((axis) => printSbp(layout[axis] as Sbp)).join()}`,
      ),
    );
    return [signatures, ...held].map((items) => items.join(" ")).join(";");
  };
}

/** Mostly what was asked can be obeyed, and what obeys it is much less to choose from. */
function attempt(setting: Setting, cache: TableCache, request: Request): Found {
  if (request.obeying !== false && setting.hints.size + setting.forced.size > 0) {
    const found = solved(setting, cache, { ...request, obeying: true });
    if (found !== undefined && found.fits && found.cost < penalty) return found;
  }
  return solved(setting, cache, { ...request, obeying: false }) ?? refuse(setting);
}

/** Undefined where no assignment is allowed. */
function solved(setting: Setting, cache: TableCache, request: Request): Found | undefined {
  const problem = new LayoutProblem(setting, request, cache);
  const { impossible } = problem;
  if (impossible !== undefined)
    fail("ill-formed-graph", { what: `${impossible.node.name} has no layout` }, impossible.node.location);
  const solution: Solution = solve(problem.problem);
  if (solution.cost === Infinity) return undefined;
  const { cost, lowerBound, fits, used } = solution;
  const { choice } = solution;
  return { assignment: problem.decode(choice), cost, lowerBound, fits, used, problem, choice };
}

/** No assignment keeps all hard hints: names one of them. */
function refuse(setting: Setting): never {
  for (const { value, hint, location, components } of setting.hints.values()) {
    if (hint.strength !== "hard") continue;
    const partial = components.some((sbp) => sbp?.kind === "P");
    const problem = partial
      ? "what makes it cannot leave it partial"
      : "it contradicts another layout that was asked for";
    fail("hint-infeasible", { hint: printHint(hint), value, problem }, location);
  }
  fail("ill-formed-graph", { what: "no layout of the graph exists" });
}

function memoryOf(
  setting: Setting,
  assignment: Assignment,
  context: Pick<PassContext, "costModel" | "options">,
): readonly StageMemory[] {
  const graph = laidOut(setting.graph, assignment);
  const mode = context.options.train?.recompute ?? "none";
  const held = mode === "none" ? graph : recompute(graph, mode).graph;
  return layoutCost(held, setting.mesh, context.costModel, setting.paths).memory;
}

function laidOut(graph: Graph, assignment: Assignment): Graph {
  const layouts = layoutsOf(graph, assignment);
  const values = new Map(
    [...graph.values].map(([name, value]) => [name, { ...value, layout: layouts.get(name) as NdSbp }]),
  );
  return {
    ...graph,
    values,
    nodes: graph.nodes.map((node, i) => ({
      ...node,
      signature: assignment.nodes[i]?.signature as NonNullable<Node["signature"]>,
    })),
  };
}

/**
 * Solves again with limits until what is alive at the peak fits too: parameters, inputs and the values alive at the peaks found
 * so far count; the rest (constants, boxed copies, values alive at other times) is taken off the limit as it was measured.
 */
function fitMemory(
  setting: Setting,
  cache: TableCache,
  part: Part,
  first: readonly StageMemory[],
  limit: number,
  context: Pick<PassContext, "costModel" | "options">,
): Found {
  let measured = first;
  let live: readonly ReadonlySet<string>[] = first.map((stage) => new Set(stage.live));
  let slack = first.map(() => 0);
  // What is still too much after pricing is asked for on top in the next round.
  let margin = first.map(() => 0);
  let best: Found | undefined;
  let need = Infinity;
  let where = 0;
  for (let round = 0; round < memoryRounds; round++) {
    const limits = slack.map((extra, s) => Math.max(limit - extra - (margin[s] ?? 0), 0));
    const found = optimise(setting, cache, { ...part, memory: { limits, live } });
    measured = memoryOf(setting, found.assignment, context);
    const totals = measured.map(totalMemory);
    const worst = Math.max(...totals);
    if (worst < need) {
      need = worst;
      where = totals.indexOf(worst);
    }
    if (worst <= limit && (best === undefined || found.cost < best.cost)) best = found;
    if (worst <= limit) break;
    if (round > 0) margin = margin.map((more, s) => more + Math.max(0, (totals[s] ?? 0) - limit));
    // What is counted stands for what is measured: the difference is taken off (or given to) the limit.
    slack = totals.map((total, s) => total - (found.used[s] ?? 0));
    live = live.map((names, s) => new Set([...names, ...(measured[s]?.live ?? [])]));
  }
  return best ?? outOfMemory(where, need, limit, setting);
}

function outOfMemory(stage: number, need: number, limit: number, { mesh }: Setting): never {
  const device = rankOf(mesh, stage, 0);
  fail("out-of-memory", { device, needed: printBytes(need), limit: printBytes(limit) });
}
