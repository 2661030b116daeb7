/**
 * Signatures: in which layouts an operator may take its inputs so that running it on the shards gives its outputs in
 * which layouts. A signature here is for one mesh axis; on a mesh of several the per-axis signatures combine freely,
 * as long as every axis can be split as deep as asked.
 *
 * Most follow from an axes rule, the einsum-like notation of Shardy's factors: `"... m k, ... k n -> ... m n"`. Every
 * tensor axis carries a factor; splitting a factor splits every tensor axis that carries it, leaves the tensors without
 * it whole, and makes an output without it partial (`reduce`).
 */
import { broadcast, partial, printSbp, split, type Reduction, type Sbp } from "../ir/layout.ts";
import { uniqueBy } from "../support/collections.ts";

/** Layouts on one mesh axis; null where an input is absent or not a tensor. */
export interface Signature {
  readonly inputs: readonly (Sbp | null)[];
  readonly outputs: readonly Sbp[];
  /** The distributed form that realises it; absent for plain local execution. */
  readonly form?: string;
}

/** A tensor axis under a rule: the factor it carries, or null where it may not be split (whole, or of size 1). */
export type AxisFactor = string | null;

/** An axes rule applied to the ranks of a call: factors per tensor axis; null for an absent input. */
export interface ResolvedRule {
  readonly inputs: readonly (readonly AxisFactor[] | null)[];
  readonly outputs: readonly (readonly AxisFactor[])[];
}

/**
 * Which partial inputs pass through. `linear`: sets of inputs that may be P(sum) together, the others B, giving P(sum)
 * outputs. `monotone`: sets of inputs that may be P(max) (or P(min)) together, the others B; "down" swaps max and min.
 */
export interface PartialRules {
  readonly linear?: readonly (readonly number[])[];
  readonly monotone?: readonly { readonly inputs: readonly number[]; readonly direction: "up" | "down" }[];
  /** What combines the parts of a factor that no output carries; "none": it cannot be split. Default "sum". */
  readonly reduce?: Reduction | "none";
  /** Inputs that are added after the reduction, e.g. Gemm's C: they must be partial where a factor is reduced. */
  readonly additive?: readonly number[];
}

/**
 * The block sizes worth trying for a split of tensor axis `axis` of input `input` (or output, see caller). 1 is always among
 * them.
 */
export type UnitsOf = (side: "input" | "output", tensor: number, axis: number) => readonly number[];

/** Every signature that the rule and its partial rules give, the all-broadcast one first. */
export function deriveSignatures(
  rule: ResolvedRule,
  partials: PartialRules,
  unitsOf: UnitsOf = () => [1],
): Signature[] {
  const found: Signature[] = [
    allBroadcast(
      rule.inputs.map((factors) => factors !== null),
      rule.outputs.length,
    ),
  ];
  const reduce = partials.reduce ?? "sum";
  for (const factor of factorsOf(rule)) {
    const reduced = rule.outputs.some((factors) => !factors.includes(factor));
    if (reduced && reduce === "none") continue;
    if (appearsTwice(rule, factor)) continue;
    for (const unit of unitsOfFactor(rule, factor, unitsOf)) {
      found.push({
        inputs: rule.inputs.map((factors, i) => {
          if (factors === null) return null;
          const axis = factors.indexOf(factor);
          if (axis >= 0) return split(axis, unit);
          return reduced && (partials.additive ?? []).includes(i) ? partial(reduce as Reduction) : broadcast;
        }),
        outputs: rule.outputs.map((factors) => {
          const axis = factors.indexOf(factor);
          return axis >= 0 ? split(axis, unit) : partial(reduce as Reduction);
        }),
      });
    }
  }
  const withPartial = (set: readonly number[], from: Sbp, to: Sbp): Signature => ({
    inputs: rule.inputs.map((factors, i) => (factors === null ? null : set.includes(i) ? from : broadcast)),
    outputs: rule.outputs.map(() => to),
  });
  for (const set of partials.linear ?? []) {
    if (set.every((i) => rule.inputs[i] != null))
      found.push(withPartial(set, partial("sum"), partial("sum")));
  }
  for (const { inputs, direction } of partials.monotone ?? []) {
    const [max, min] = [partial("max"), partial("min")];
    found.push(
      withPartial(inputs, max, direction === "up" ? max : min),
      withPartial(inputs, min, direction === "up" ? min : max),
    );
  }
  return uniqueBy(found, printSignature);
}

export function allBroadcast(presentInputs: readonly boolean[], outputs: number): Signature {
  return {
    inputs: presentInputs.map((there) => (there ? broadcast : null)),
    outputs: Array.from({ length: outputs }, () => broadcast),
  };
}

/** Factors in order of appearance, outputs first. */
export function factorsOf(rule: ResolvedRule): string[] {
  const all = [...rule.outputs, ...rule.inputs].flatMap((factors) => factors ?? []);
  return [...new Set(all.filter((factor): factor is string => factor !== null))];
}

/** A factor on two axes of one tensor (a diagonal) cannot be split. */
function appearsTwice(rule: ResolvedRule, factor: string): boolean {
  return [...rule.inputs, ...rule.outputs].some(
    (factors) => (factors ?? []).filter((f) => f === factor).length > 1,
  );
}

function unitsOfFactor(rule: ResolvedRule, factor: string, unitsOf: UnitsOf): number[] {
  const units = new Set<number>([1]);
  const collect = (side: "input" | "output", lists: readonly (readonly AxisFactor[] | null)[]) =>
    lists.forEach((factors, tensor) => {
      const axis = (factors ?? []).indexOf(factor);
      if (axis >= 0) for (const unit of unitsOf(side, tensor, axis)) units.add(unit);
    });
  collect("input", rule.inputs);
  collect("output", rule.outputs);
  return [...units];
}

/** `(S(0), B) -> P(sum)`, with the name of the form in braces where there is one. */
export function printSignature(signature: Signature): string {
  const inputs = signature.inputs.map((sbp) => (sbp === null ? "-" : printSbp(sbp))).join(", ");
  const form = signature.form === undefined ? "" : ` {${signature.form}}`;
  return `(${inputs}) -> ${signature.outputs.map(printSbp).join(", ")}${form}`;
}
