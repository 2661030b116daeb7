/** Reads how the sources of a graph come about: what stands behind their `=`. */
import type { Initializer, Source, WholeInitializer } from "../graph.ts";
import type { ValueType } from "../types.ts";
import { readTensor, readTensorInBrackets } from "./parse-tensor.ts";
import type { Scanner } from "./scan.ts";

export type SourceBody = BodyOf<Source>;
type BodyOf<S> = S extends Source ? Omit<S, "value" | "location" | "module" | "layer" | "stage"> : never;

/** By the kind of a source. */
export const sourceForms: ReadonlyMap<string, (s: Scanner, type: ValueType) => SourceBody> = new Map([
  ["input", (s: Scanner): SourceBody => s.fail("no =, for an input is given from outside")],
  ["parameter", (s: Scanner): SourceBody => ({ kind: "parameter", initializer: readInitializer(s) })],
  [
    "constant",
    (s: Scanner, type: ValueType): SourceBody => ({ kind: "constant", data: readTensor(s, type) }),
  ],
  ["random", readRecipe],
  ["rank", readTable],
]);

function readInitializer(s: Scanner): Initializer {
  if (!s.takeWord("part")) return readWholeInitializer(s);
  s.expect("(");
  const name = s.string();
  s.expect(",");
  const shape = s.list("[", "]", () => s.int());
  s.expect(",");
  const start = s.list("[", "]", () => s.int());
  s.expect(",");
  const of = readWholeInitializer(s);
  s.expect(")");
  return { kind: "part", of, name, shape, start };
}

function readWholeInitializer(s: Scanner): WholeInitializer {
  const kind = s.word("an initializer");
  if (kind === "file") {
    s.expect("(");
    const path = s.string();
    s.expect(",");
    const offset = s.int();
    s.expect(",");
    const length = s.int();
    s.expect(")");
    return { kind, path, offset, length };
  }
  if (kind === "tensor") return { kind: "inline", data: readTensorInBrackets(s) };
  const numbers = s.list("(", ")", () => s.number());
  const [a, b] = numbers;
  if (kind === "constant" && a !== undefined && numbers.length === 1) return { kind, value: a };
  if (a === undefined || b === undefined || numbers.length !== 2) s.fail(`the numbers of ${kind}`);
  if (kind === "normal" || kind === "trunc-normal") return { kind, mean: a, std: b };
  if (kind === "uniform") return { kind, low: a, high: b };
  return s.fail(`an initializer instead of ${kind}`);
}

function readRecipe(s: Scanner): SourceBody {
  const kind = (["bernoulli", "normal", "uniform"] as const).find((word) => s.takeWord(word));
  if (kind === undefined) s.fail('"bernoulli(", "normal(" or "uniform("');
  s.expect("(");
  const number = () => {
    const value = s.number();
    s.expect(",");
    return value;
  };
  const [a, b] = [number(), kind === "bernoulli" ? 0 : number()];
  const key = s.string();
  s.expect(")");
  if (kind === "bernoulli") return { kind: "random", recipe: { kind, keep: a, key } };
  const recipe = kind === "normal" ? { kind, mean: a, std: b, key } : { kind, low: a, high: b, key };
  return { kind: "random", recipe };
}

function readTable(s: Scanner): SourceBody {
  if (!s.takeWord("table")) s.fail('"table"');
  const axes = s.list("[", "]", () => s.int());
  const entries = s.list("[", "]", () => s.list("[", "]", () => s.int()));
  return { kind: "rank", table: { axes, entries } };
}
