/** What the variables of a problem stand for, for those who explain a choice. */
import type { NdSbp } from "../../src/ir/layout.ts";
import { heldFor } from "./assignment.ts";
import type { CandidateSet } from "./candidates.ts";
import type { ProblemDraft } from "./problem-draft.ts";

/** The variable that decides the layout of a value. */
interface Decider {
  readonly variable: number;
  /** Layout of the value under every option. */
  readonly layouts: readonly NdSbp[];
  /** The only node that takes a source which is held as that node wants it. */
  readonly taker?: string;
}

export class Decisions {
  readonly #draft: ProblemDraft;

  constructor(draft: ProblemDraft) {
    this.#draft = draft;
  }

  /** The variable that decides a value's layout, with the layout under each option; undefined for constants. */
  decides(value: string): Decider | undefined {
    const maker = this.#draft.makers.get(value);
    if (maker !== undefined) {
      const { variable, list } = maker;
      return { variable, layouts: list.of.map((i) => list.layouts[i] as NdSbp) };
    }
    for (const [i, { node }] of this.#draft.setting.calls.entries()) {
      const k = node.inputs.indexOf(value);
      const list = k < 0 ? null : this.#draft.sets[i]?.inputs[k];
      if (list == null || !this.#draft.isFree(value)) continue;
      return {
        variable: i,
        layouts: list.of.map((at) => heldFor(list.layouts[at] as NdSbp)),
        taker: node.name,
      };
    }
    return undefined;
  }

  /** The candidates of a variable that is a node; undefined for any other. */
  candidatesOf(variable: number): CandidateSet["candidates"] | undefined {
    return this.#draft.sets[variable]?.candidates;
  }

  /** What hints add to the costs of a variable's options. */
  hintCosts(variable: number): Float64Array | undefined {
    return this.#draft.hintCosts.get(variable);
  }

  /** The value whose boxing a variable shares among its takers; undefined for what is no proxy. */
  proxied(variable: number): string | undefined {
    return this.#draft.proxied.get(variable);
  }

  /** Node, source or output that a variable chooses for. */
  nameOf(variable: number): string {
    const { calls } = this.#draft.setting;
    if (variable < calls.length) return calls[variable]?.node.name ?? "";
    for (const [value, held] of this.#draft.heldSources) if (held.variable === variable) return value;
    for (const [value, held] of this.#draft.heldOutputs)
      if (held.variable === variable) return `output ${value}`;
    return this.#draft.proxied.get(variable) ?? "";
  }
}
