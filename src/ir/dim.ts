/**
 * Dimensions: a size, or a symbolic expression of named sizes.
 *
 * A symbolic dimension is the text of a polynomial with integer coefficients in canonical form, e.g. `batch`,
 * `2*batch*seq+1`, `floor((n+1)/2)`. Canonical means: equal expressions are equal strings, so dimensions are
 * compared with `===`, printed as they are and parsed by `parseDim`.
 */
import { invariant } from "../support/assert.ts";

export type Dim = number | string;

/** Sizes of the symbols. */
export type DimBindings = ReadonlyMap<string, number>;

/** Monomial (its atoms sorted and joined by `*`, "" for the constant term) to coefficient. */
type Polynomial = ReadonlyMap<string, number>;

export function isKnown(dim: Dim): dim is number {
  return typeof dim === "number";
}

/** Whether two sizes may be the same once they are bound. */
export function mayBeEqual(a: Dim, b: Dim): boolean {
  return a === b || !isKnown(a) || !isKnown(b);
}

/** Whether two shapes may be the same once they are bound. */
export function shapesMayBeEqual(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((size, axis) => mayBeEqual(size, b[axis] as Dim));
}

/** -0 is the same size as 0, and is written as 0: products and quotients of negative numbers must not keep its sign. */
const unsignedZero = (value: number): number => (value === 0 ? 0 : value);

export function dimAdd(a: Dim, b: Dim): Dim {
  if (isKnown(a) && isKnown(b)) return a + b;
  return print(addScaled(parse(a), parse(b), 1));
}

export function dimSub(a: Dim, b: Dim): Dim {
  if (isKnown(a) && isKnown(b)) return a - b;
  return print(addScaled(parse(a), parse(b), -1));
}

export function dimMul(a: Dim, b: Dim): Dim {
  if (isKnown(a) && isKnown(b)) return unsignedZero(a * b);
  const out = new Map<string, number>();
  for (const [m1, c1] of parse(a)) {
    for (const [m2, c2] of parse(b)) {
      const atoms = [...splitAtoms(m1), ...splitAtoms(m2)].sort();
      const monomial = atoms.join("*");
      out.set(monomial, (out.get(monomial) ?? 0) + c1 * c2);
    }
  }
  return print(out);
}

export function dimProduct(dims: readonly Dim[]): Dim {
  return dims.reduce(dimMul, 1);
}

/** Quotient rounded down. Exact where the divisor is a factor of every term, else an opaque `floor(…)` atom. */
export function dimFloorDiv(a: Dim, b: Dim): Dim {
  if (isKnown(a) && isKnown(b)) return unsignedZero(Math.floor(a / b));
  if (a === b) return 1;
  const exact = divideExactly(parse(a), b);
  return exact === undefined ? `floor(${group(a)}/${group(b)})` : print(exact);
}

export function dimCeilDiv(a: Dim, b: number): Dim {
  return isKnown(a) ? unsignedZero(Math.ceil(a / b)) : dimFloorDiv(dimAdd(a, b - 1), b);
}

/** The size of `dim` under `bindings`; undefined where a symbol is unbound. */
export function evaluateDim(dim: Dim, bindings: DimBindings): number | undefined {
  if (isKnown(dim)) return dim;
  let total = 0;
  for (const [monomial, coefficient] of parse(dim)) {
    let term = coefficient;
    for (const atom of splitAtoms(monomial)) {
      const value = evaluateAtom(atom, bindings);
      if (value === undefined) return undefined;
      term *= value;
    }
    total += term;
  }
  return total;
}

/** `dim` with the bound symbols replaced, the others kept. */
export function bindDim(dim: Dim, bindings: DimBindings): Dim {
  if (isKnown(dim)) return dim;
  let total: Dim = 0;
  for (const [monomial, coefficient] of parse(dim)) {
    let term: Dim = coefficient;
    for (const atom of splitAtoms(monomial)) term = dimMul(term, bindAtom(atom, bindings));
    total = dimAdd(total, term);
  }
  return total;
}

/** The names of the symbols in `dim`. */
export function dimSymbols(dim: Dim): string[] {
  if (isKnown(dim)) return [];
  return [...new Set(dim.match(/[A-Za-z_][\w.]*/g) ?? [])].filter((name) => name !== "floor");
}

/** Reads a dimension, in canonical form or not. */
export function parseDim(text: string): Dim {
  return print(parse(text.replace(/\s+/g, "")));
}

// --- polynomials

function parse(dim: Dim): Polynomial {
  if (isKnown(dim)) return dim === 0 ? new Map() : new Map([["", dim]]);
  const out = new Map<string, number>();
  for (const term of splitTop(dim, /[+-]/)) {
    let coefficient = term.startsWith("-") ? -1 : 1;
    const atoms: string[] = [];
    for (const factor of splitTop(term.replace(/^[+-]/, ""), /\*/)) {
      const bare = factor.replace(/^\*/, "");
      if (/^\d+$/.test(bare)) coefficient *= Number(bare);
      else atoms.push(bare);
    }
    const monomial = atoms.sort().join("*");
    out.set(monomial, (out.get(monomial) ?? 0) + coefficient);
  }
  return out;
}

/** Splits before each top-level (outside parentheses) separator. */
function splitTop(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (c === "(") depth++;
    else if (c === ")") depth--;
    else if (depth === 0 && i > start && separator.test(c)) {
      parts.push(text.slice(start, i));
      start = i;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function splitAtoms(monomial: string): string[] {
  return monomial === "" ? [] : splitTop(monomial, /\*/).map((atom) => atom.replace(/^\*/, ""));
}

function addScaled(a: Polynomial, b: Polynomial, scale: number): Polynomial {
  const out = new Map(a);
  for (const [monomial, coefficient] of b) out.set(monomial, (out.get(monomial) ?? 0) + scale * coefficient);
  return out;
}

function divideExactly(a: Polynomial, b: Dim): Polynomial | undefined {
  const divisor = [...parse(b)];
  if (divisor.length !== 1) return undefined;
  const [monomial, coefficient] = divisor[0] as [string, number];
  const out = new Map<string, number>();
  for (const [m, c] of a) {
    const atoms = splitAtoms(m);
    for (const atom of splitAtoms(monomial)) {
      const i = atoms.indexOf(atom);
      if (i < 0) return undefined;
      atoms.splice(i, 1);
    }
    if (c % coefficient !== 0) return undefined;
    out.set(atoms.join("*"), c / coefficient);
  }
  return out;
}

function print(p: Polynomial): Dim {
  const terms = [...p].filter(([, c]) => c !== 0).sort(([a], [b]) => order(a, b));
  if (terms.length === 0) return 0;
  if (terms.length === 1 && terms[0]?.[0] === "") return terms[0][1];
  let text = "";
  for (const [monomial, c] of terms) {
    const magnitude = Math.abs(c);
    const body = monomial === "" ? `${magnitude}` : magnitude === 1 ? monomial : `${magnitude}*${monomial}`;
    text += c < 0 ? `-${body}` : text === "" ? body : `+${body}`;
  }
  return text;
}

/** Longer monomials first, the constant last. */
function order(a: string, b: string): number {
  const difference = splitAtoms(b).length - splitAtoms(a).length;
  return difference !== 0 ? difference : a < b ? -1 : a > b ? 1 : 0;
}

function group(dim: Dim): string {
  return isKnown(dim) || /^[\w.]+$/.test(dim) ? String(dim) : `(${dim})`;
}

function quotientOf(atom: string): [string, string] | undefined {
  if (!atom.startsWith("floor(")) return undefined;
  const parts = splitTop(atom.slice("floor(".length, -1), /\//);
  invariant(parts.length === 2, "malformed dimension", () => atom);
  const bare = (text: string) => (text.startsWith("(") ? text.slice(1, -1) : text);
  return [bare(parts[0] as string), bare((parts[1] as string).slice(1))];
}

function evaluateAtom(atom: string, bindings: DimBindings): number | undefined {
  const quotient = quotientOf(atom);
  if (quotient === undefined)
    return atom.startsWith("(") ? evaluateDim(parseDim(atom.slice(1, -1)), bindings) : bindings.get(atom);
  const [a, b] = quotient.map((part) => evaluateDim(parseDim(part), bindings));
  return a === undefined || b === undefined ? undefined : Math.floor(a / b);
}

function bindAtom(atom: string, bindings: DimBindings): Dim {
  const quotient = quotientOf(atom);
  if (quotient === undefined) return bindings.get(atom) ?? atom;
  const [a, b] = quotient.map((part) => bindDim(parseDim(part), bindings));
  return dimFloorDiv(a as Dim, b as Dim);
}
