/**
 * Random data for a case, and what every device holds of it in a layout.
 *
 * Partial operands come in two kinds. `terms`: every device holds something, of differing sign and size (about 60/40 for
 * two devices; for max and min the others lie beside the owner by about 1). `owners`: for every element one device holds
 * it and the others hold the identity element, which is what masking and padding make.
 */
import { broadcast, devicesPerStage, type Mesh, type NdSbp, type Reduction } from "../../../src/ir/layout.ts";
import { tensorData, toNumbers } from "../../../src/ir/tensor-data.ts";
import { isFloat, isInteger, type DataType } from "../../../src/ir/types.ts";
import { identityElement } from "../../../src/ops/compiler.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { wrapInteger } from "../../../src/ops/dense.ts";
import { numberOfText } from "../../../src/ops/texts.ts";
import { takeShard } from "../../../src/ops/shards.ts";
import { coordinatesOf } from "../../../src/sbp/mesh.ts";
import { product, range } from "../../../src/support/collections.ts";
import type { Shards } from "../../support/sharded.ts";
import type { CaseInput, OpCase } from "./case.ts";

export type TermKind = "terms" | "owners";

type Random = () => number;

/** Numbers in [0, 1), the same for the same text. */
export function randomFrom(text: string): Random {
  let state = 2166136261;
  for (const c of text) state = Math.imul(state ^ (c.codePointAt(0) as number), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole inputs; constants are what the case says. `wide`: floats from -3 to 3 whatever range the case gives. */
export function drawInputs(
  { opCase }: { readonly opCase: OpCase },
  random: Random,
  wide = false,
): (Dense | null)[] {
  return opCase.inputs.map((input) => {
    if (input === null) return null;
    if (input.constant !== undefined)
      return {
        dtype: input.dtype,
        shape: input.shape,
        data: toNumbers(tensorData(input.dtype, input.shape, input.constant)),
      };
    const drawn = wide && isFloat(input.dtype) ? { ...input, low: -3, high: 3 } : input;
    return {
      dtype: input.dtype,
      shape: input.shape,
      data: Float64Array.from(range(product(input.shape)), () => draw(drawn, random)),
    };
  });
}

function draw({ dtype, low, high, special, texts }: CaseInput, random: Random): number {
  if (texts !== undefined) return numberOfText(texts[Math.floor(random() * texts.length)] as string);
  if (special !== undefined && random() < 0.3)
    return special[Math.floor(random() * special.length)] as number;
  if (dtype === "bool") return random() < 0.5 ? 0 : 1;
  if (!isInteger(dtype)) {
    const [from, to] = [low ?? -2, high ?? 2];
    return from + (to - from) * random();
  }
  const [from, to] = [low ?? (dtype.startsWith("u") ? 0 : -2), high ?? (dtype.startsWith("u") ? 4 : 2)];
  return from + Math.floor((to - from + 1) * random());
}

/** `count` terms whose sum, maximum or minimum is `whole`. */
function termsOf(whole: Dense, reduce: Reduction, count: number, kind: TermKind, random: Random): Dense[] {
  const identity = Math.min(
    toNumbers(identityElement(reduce, whole.dtype))[0] as number,
    highestOf(whole.dtype),
  );
  const terms = range(count).map(() => new Float64Array(whole.data.length));
  whole.data.forEach((x, i) => {
    const owner = Math.floor(random() * count);
    const others = kind === "owners" || (reduce === "sum" && (whole.dtype === "bool" || !Number.isFinite(x)));
    if (others) terms.forEach((term, t) => (term[i] = t === owner ? x : identity));
    else if (reduce === "sum") spread(x, terms, i, whole, random);
    else terms.forEach((term, t) => (term[i] = t === owner ? x : beside(x, reduce, whole, random)));
  });
  return terms.map((data) => ({ dtype: whole.dtype, shape: whole.shape, data }));
}

/** The largest number of f64 that an element type holds. */
function highestOf(dtype: DataType): number {
  return dtype === "i64" ? 2 ** 63 - 1024 : dtype === "u64" ? 2 ** 64 - 2048 : Infinity;
}

/** Terms of a sum: the first about 0.6 of it, all shifted by offsets of both signs that cancel. */
function spread(
  x: number,
  terms: readonly Float64Array[],
  i: number,
  { dtype }: Dense,
  random: Random,
): void {
  let rest = x;
  terms.forEach((term, t) => {
    const last = t === terms.length - 1;
    let part: number;
    if (last) part = rest;
    else if (!isInteger(dtype)) part = 0.6 * rest + (random() < 0.5 ? -1 : 1) * (0.2 + random());
    else if (dtype.startsWith("u")) part = Math.floor(random() * (rest + 1));
    else part = Math.round(0.6 * rest) + Math.floor(random() * 7) - 3;
    term[i] = part;
    rest -= part;
  });
}

/** What a device that does not own an element may hold of it under max (at most `x`) or min (at least `x`). */
function beside(x: number, reduce: Reduction, { dtype }: Dense, random: Random): number {
  if (dtype === "bool") return x === (reduce === "max" ? 0 : 1) ? x : Number(random() < 0.5);
  // Infinite in the direction of the reduction: the others may hold any number.
  if (x === (reduce === "max" ? Infinity : -Infinity)) return 4 * random() - 2;
  const distance = isInteger(dtype)
    ? Math.floor(random() * 4)
    : reduce === "max"
      ? 0.4 + 1.8 * random()
      : 0.2 + random();
  const value = reduce === "max" ? x - distance : x + distance;
  // Past an end of the type there is nothing.
  return wrapInteger(dtype, value) === value ? value : x;
}

/** What every device holds of a whole tensor in `layout`. */
export function place(whole: Dense, layout: NdSbp, mesh: Mesh, kind: TermKind, random: Random): Shards {
  const reduces = layout.flatMap((sbp) => (sbp.kind === "P" ? [sbp.reduce] : []));
  const boxes = layout.map((sbp) => (sbp.kind === "P" ? broadcast : sbp));
  const partialAxes = range(layout.length).filter((axis) => layout[axis]?.kind === "P");
  const terms =
    reduces[0] === undefined
      ? [whole]
      : termsOf(
          whole,
          reduces[0],
          product(partialAxes.map((axis) => mesh.axes[axis]?.size ?? 1)),
          kind,
          random,
        );
  return range(devicesPerStage(mesh)).map((device) => {
    const coordinates = coordinatesOf(mesh, device);
    const term = partialAxes.reduce(
      (index, axis) => index * (mesh.axes[axis]?.size ?? 1) + (coordinates[axis] as number),
      0,
    );
    return takeShard(terms[term] as Dense, boxes, mesh, device);
  });
}
