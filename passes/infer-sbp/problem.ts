/**
 * The choice of layouts as a problem of choices (`src/search`).
 *
 * Variables: every node, with its candidate signatures; every source that several nodes take or that somebody asked a layout
 * of; every graph output that may be made partial; and a proxy for every value that several nodes of a stage take. A source
 * with one taker and no hint has the layout its taker wants, so it is no variable. Edges: the seconds of the cheapest boxing
 * between what the maker of a value gives and what a taker wants.
 *
 * `problem-draft` holds it while it is put together, `boxing-edges` and `hint-costs` add their parts, `decisions` says what the
 * variables stand for.
 */
import { captures, typeOf } from "../../src/ir/graph.ts";
import { broadcast, type NdSbp, type Sbp } from "../../src/ir/layout.ts";
import { frequencyOf, sharingGroup } from "../../src/sbp/sharing.ts";
import type { Signature } from "../../src/sbp/signature.ts";
import type { Problem } from "../../src/search/problem.ts";
import { present } from "../../src/support/assert.ts";
import { heldFor, type Assignment } from "./assignment.ts";
import { addBoxing } from "./boxing-edges.ts";
import type { TableCache } from "./boxing-tables.ts";
import { staticTensor, type NodeCall } from "./calls.ts";
import { holdings, type CandidateSet, type LayoutList } from "./candidates.ts";
import { Decisions } from "./decisions.ts";
import { addHints } from "./hint-costs.ts";
import { allows, obeyingChoices } from "./obeying.ts";
import { ProblemDraft } from "./problem-draft.ts";
import type { Setting } from "./setting.ts";
import { localBytes } from "./work.ts";

/** What is asked of one problem. */
export interface Request {
  /** Mesh axes whose components are to be chosen; the others stay as in `current` (broadcast where it is absent). */
  readonly active: ReadonlySet<number>;
  readonly current?: Assignment;
  /**
   * Whether options that break what was asked are left out where others are left: an optimum that costs less than `penalty` is one
   * of all options.
   */
  readonly obeying?: boolean;
  /** Bytes left for each stage, and the values that count towards them beside parameters and inputs. */
  readonly memory?: { readonly limits: readonly number[]; readonly live: readonly ReadonlySet<string>[] };
}

export class LayoutProblem {
  readonly problem: Problem;
  readonly decisions: Decisions;
  readonly #setting: Setting;
  readonly #request: Request;
  readonly #draft: ProblemDraft;

  constructor(setting: Setting, request: Request, cache: TableCache) {
    this.#setting = setting;
    this.#request = request;
    const sets = setting.calls.map((call, i) => {
      const set = setting.candidates.set(call, setting.units, setting.partials, this.#fixedParts(i));
      return request.obeying === true ? obeyingChoices(setting, request.active, call, set) : set;
    });
    const draft = new ProblemDraft(setting, request.active, cache, sets);
    this.#draft = draft;
    this.#addNodes();
    this.#addSources();
    this.#addOutputs();
    addBoxing(draft);
    addHints(draft);
    this.decisions = new Decisions(draft);
    const limits = request.memory?.limits;
    this.problem = {
      variables: draft.variables,
      edges: draft.edges,
      ...(limits === undefined ? {} : { limits }),
    };
  }

  /** The first node that has no option, if any. */
  get impossible(): NodeCall | undefined {
    return this.#setting.calls[this.#draft.sets.findIndex((set) => set.candidates.length === 0)];
  }

  /** Whether some node has more options than `most`. */
  static isLarge(setting: Setting, most: number): boolean {
    return setting.calls.some((call) => {
      const counts = setting.mesh.axes.map(
        (axis) => setting.candidates.signatures(call, axis.size, setting.units).length,
      );
      return counts.reduce((n, count) => n * count, 1) > most;
    });
  }

  decode(choice: readonly number[]): Assignment {
    const nodes = this.#draft.sets.map((set, i) =>
      present(set.candidates[choice[i] as number], "choice out of range"),
    );
    const sources = new Map<string, NdSbp>();
    const whole = this.#setting.mesh.axes.map(() => broadcast);
    for (const { value } of this.#setting.graph.sources) {
      const held = this.#draft.heldSources.get(value);
      sources.set(
        value,
        held === undefined ? whole : (held.layouts[choice[held.variable] as number] as NdSbp),
      );
    }
    this.#setting.calls.forEach(({ node }, i) => {
      node.inputs.forEach((name, k) => {
        const wanted = nodes[i]?.signature.inputs[k];
        if (name !== null && wanted != null && this.#draft.isFree(name)) sources.set(name, heldFor(wanted));
      });
    });
    const outputs = new Map<string, NdSbp>();
    for (const [value, { variable, layouts }] of this.#draft.heldOutputs)
      outputs.set(value, layouts[choice[variable] as number] as NdSbp);
    return { nodes, sources, outputs };
  }

  // --- variables

  #fixedParts(node: number): (Signature | undefined)[] {
    const { active, current } = this.#request;
    return this.#setting.mesh.axes.map((axis, a) => {
      if (active.has(a)) return undefined;
      const call = this.#setting.calls[node] as NodeCall;
      return (
        current?.nodes[node]?.parts[a] ??
        this.#setting.candidates.signatures(call, axis.size, this.#setting.units)[0]
      );
    });
  }

  #fixedComponents(layout: NdSbp | undefined): (Sbp | undefined)[] {
    return this.#setting.mesh.axes.map((_, a) =>
      this.#request.active.has(a) ? undefined : (layout?.[a] ?? broadcast),
    );
  }

  #addNodes(): void {
    const { calls, mesh } = this.#setting;
    const memory = this.#request.memory;
    calls.forEach(({ node, outputs }, i) => {
      const set = this.#draft.sets[i] as CandidateSet;
      const stage = node.stage ?? 0;
      const frequency = frequencyOf(node, this.#setting.microbatches);
      const costs = Float64Array.from(set.candidates, (candidate) => candidate.seconds * frequency);
      const resource = memory === undefined ? undefined : new Float64Array(costs.length);
      node.inputs.forEach((name, k) => {
        const list = set.inputs[k];
        if (name === null || list == null) return;
        const source = this.#draft.sources.get(name);
        const type = staticTensor(this.#setting.graph, name);
        if (
          source !== undefined &&
          type !== undefined &&
          (source.kind === "constant" || this.#draft.isFree(name))
        ) {
          const seconds = list.layouts.map((wanted) =>
            this.#setting.paths.seconds(
              type,
              source.kind === "constant" ? wanted.map(() => broadcast) : heldFor(wanted),
              wanted,
              stage,
              stage,
            ),
          );
          for (let x = 0; x < costs.length; x++)
            costs[x] = (costs[x] as number) + frequency * (seconds[list.of[x] as number] as number);
          if (resource === undefined || source.kind === "constant") return;
          const bytes = list.layouts.map((wanted) => localBytes(type, heldFor(wanted), mesh));
          for (let x = 0; x < costs.length; x++)
            resource[x] = (resource[x] as number) + (bytes[list.of[x] as number] as number);
          return;
        }
        this.#draft.addTaker(name, {
          variable: i,
          list,
          stage,
          group: sharingGroup(node, source !== undefined),
          frequency,
          asHeld: this.#setting.calls[i]?.definition?.asHeld?.includes(k) === true,
        });
      });
      // Regions take what they capture whole.
      for (const name of captures(node)) {
        const layouts = [mesh.axes.map(() => broadcast)];
        const list = this.#draft.cache.sharedList({ layouts, of: set.candidates.map(() => 0) });
        const group = sharingGroup(node, this.#draft.sources.has(name));
        this.#draft.addTaker(name, { variable: i, list, stage, group, frequency, asHeld: false });
      }
      node.outputs.forEach((name, k) => {
        const list = set.outputs[k] as LayoutList;
        this.#draft.makers.set(name, { variable: i, list, stage });
        if (resource === undefined || memory?.live[stage]?.has(name) !== true) return;
        const bytes = list.layouts.map((layout) => localBytes(outputs[k] ?? null, layout, mesh));
        for (let x = 0; x < costs.length; x++)
          resource[x] = (resource[x] as number) + (bytes[list.of[x] as number] as number);
      });
      this.#draft.addVariable(resource === undefined ? { costs } : { costs, resource, group: stage });
    });
  }

  #addSources(): void {
    const { graph, mesh, units } = this.#setting;
    for (const source of graph.sources) {
      if (source.kind === "constant" || this.#draft.isFree(source.value)) continue;
      const type = typeOf(graph, source.value);
      const all = holdings(
        type,
        units.get(source.value),
        mesh,
        this.#fixedComponents(this.#request.current?.sources.get(source.value)),
      );
      const { active, obeying } = this.#request;
      const allowed =
        obeying === true ? all.filter((layout) => allows(this.#setting, active, source.value, layout)) : all;
      const layouts = allowed.length === 0 ? all : allowed;
      const costs = new Float64Array(layouts.length);
      const list: LayoutList = { layouts, of: layouts.map((_, i) => i) };
      const stages = [...new Set((this.#draft.takers.get(source.value) ?? []).map((taker) => taker.stage))];
      const resource = Float64Array.from(layouts, (layout) => localBytes(type, layout, mesh));
      const holders = this.#request.memory === undefined ? [] : stages;
      const [first, ...others] = holders;
      const variable = this.#draft.addVariable(
        first === undefined ? { costs } : { costs, resource, group: first },
      );
      // Every stage that takes it holds it: a variable counts towards one, so each further one gets a copy that is bound to it.
      for (const group of others) {
        const copy = this.#draft.addVariable({ costs, resource, group });
        this.#draft.addEdge(variable, copy, same(layouts.length));
      }
      this.#draft.makers.set(source.value, {
        variable,
        list: this.#draft.cache.sharedList(list),
        stage: undefined,
      });
      this.#draft.heldSources.set(source.value, { variable, layouts });
    }
  }

  /** An output that may be made partial is wanted in some layout without partial components. */
  #addOutputs(): void {
    const { graph, mesh, units } = this.#setting;
    for (const { value } of graph.outputs) {
      const maker = this.#draft.makers.get(value);
      if (maker?.stage === undefined || this.#draft.heldOutputs.has(value)) continue;
      if (!maker.list.layouts.some((layout) => layout.some((sbp) => sbp.kind === "P"))) continue;
      const layouts = holdings(
        typeOf(graph, value),
        units.get(value),
        mesh,
        this.#fixedComponents(this.#request.current?.outputs.get(value)),
      );
      const variable = this.#draft.addVariable({ costs: new Float64Array(layouts.length) });
      // The variables of nodes are the first.
      const { node } = this.#setting.calls[maker.variable] as NodeCall;
      const frequency = frequencyOf(node, this.#setting.microbatches);
      const request = this.#requestSeconds(value, maker.list, layouts).map((seconds) => seconds * frequency);
      this.#draft.addEdge(maker.variable, variable, request);
      this.#draft.addTaker(value, {
        variable,
        list: this.#draft.cache.sharedList({ layouts, of: layouts.map((_, i) => i) }),
        stage: maker.stage,
        group: "",
        frequency,
        asHeld: false,
      });
      this.#draft.heldOutputs.set(value, { variable, layouts });
    }
  }

  /** What the request for the layout of an output takes, an operator of its own, by option of the maker: only what is partial needs one. */
  #requestSeconds(value: string, { layouts: made, of }: LayoutList, wanted: readonly NdSbp[]): Float64Array {
    const { graph, candidates } = this.#setting;
    const type = present(staticTensor(graph, value), "partial value of unknown shape", () => value);
    const seconds = wanted.map((layout) => candidates.passSeconds(type, layout));
    const isPartial = made.map((layout) => layout.some((sbp) => sbp.kind === "P"));
    return Float64Array.from(
      of.flatMap((layout) => seconds.map((cost) => (isPartial[layout] === true ? cost : 0))),
    );
  }
}

/** Allows only equal options of two variables of `count` options. */
function same(count: number): Float64Array {
  return Float64Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 0 : Infinity));
}
