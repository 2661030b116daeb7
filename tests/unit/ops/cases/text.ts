/** Strings: joined, matched, normalised, split, counted, and cast from and to numbers. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const words = ["", "a", "B", "ab cd", "Straße", "x,y,,z", " lead and trail ", "100", "naïve"];
const texts = (...shape: number[]): CaseInput => ({ dtype: "string", shape, texts: words });
/** For the locale that every system has. */
const plain = (...shape: number[]): CaseInput => ({
  dtype: "string",
  shape,
  texts: ["", "a", "B", "Ab Cd", "100", "É", "xY"],
});
const locale = "C.utf8";

const numerals = (...shape: number[]): CaseInput => ({
  dtype: "string",
  shape,
  texts: ["0", "-3", "12", "7"],
});
const decimals = (...shape: number[]): CaseInput => ({
  dtype: "string",
  shape,
  texts: ["0.5", "-3.25e2", "1e-3", "NaN", "-INF", "INF", "42"],
});

const numbersOf: Readonly<Record<string, number>> = { f32: 1, i32: 6, i64: 7, string: 8, f64: 11 };
const cast = (input: CaseInput, to: string): OpCase => ({
  op: "Cast",
  attributes: { to: numbersOf[to] ?? 0 },
  inputs: [input],
});

const tokens = (...shape: number[]): CaseInput => ({ dtype: "i64", shape, low: 1, high: 4 });
const wordTokens = (...shape: number[]): CaseInput => ({ dtype: "string", shape, texts: ["p", "q", "r"] });
const counted: Attributes = {
  mode: "TF",
  min_gram_length: 1,
  max_gram_length: 2,
  max_skip_count: 1,
  ngram_counts: [0, 3],
  ngram_indexes: [0, 2, 1, 4, 3],
  pool_int64s: [2, 3, 4, 2, 3, 4, 1],
};
const weights = { floats: [0.5, 1.5, 2, 3, 0.25] };
const { pool_int64s: _, ...byWords } = counted;

const ints = (...values: number[]): CaseInput => ({ dtype: "i64", shape: [values.length], constant: values });
const indices = (high: number, ...shape: number[]): CaseInput => ({ dtype: "i64", shape, low: 0, high });

/** Operators that move or compare elements of any type. */
const moved: readonly OpCase[] = [
  { op: "Identity", inputs: [texts(5, 3)] },
  { op: "Transpose", inputs: [texts(5, 3)] },
  { op: "Reshape", inputs: [texts(4, 3), ints(2, 6)] },
  { op: "Unsqueeze", inputs: [texts(5, 3), ints(1)] },
  { op: "Concat", attributes: { axis: 1 }, inputs: [texts(5, 3), texts(5, 4)] },
  { op: "Split", attributes: { axis: 0, num_outputs: 2 }, inputs: [texts(6, 3)], outputs: 2 },
  { op: "Slice", inputs: [texts(6, 4), ints(1), ints(6), ints(0), ints(2)] },
  { op: "Gather", attributes: { axis: 1 }, inputs: [texts(5, 4), indices(3, 3)] },
  { op: "GatherElements", attributes: { axis: 0 }, inputs: [texts(5, 3), indices(4, 4, 3)] },
  { op: "GatherND", inputs: [texts(5, 3), indices(2, 4, 2)] },
  { op: "Expand", inputs: [texts(3, 1), ints(3, 4)] },
  { op: "Where", inputs: [{ dtype: "bool", shape: [5, 3] }, texts(5, 3), texts(3)] },
  { op: "Equal", inputs: [texts(5, 3), texts(5, 3)] },
  { op: "Shape", inputs: [texts(5, 3)] },
];

export const textCases: readonly OpCase[] = [
  { op: "StringConcat", inputs: [texts(5, 3), texts(5, 3)] },
  { op: "StringConcat", inputs: [texts(5, 3), texts(3)] },
  { op: "StringConcat", inputs: [texts(5, 1), texts()] },
  { op: "RegexFullMatch", attributes: { pattern: "[a-z ]*" }, inputs: [texts(5, 3)] },
  { op: "RegexFullMatch", attributes: { pattern: "(?i)a?b?( .*)?" }, inputs: [texts(3, 2, 5)] },
  ...(
    [
      [{ case_change_action: "NONE" }, [5]],
      [{ case_change_action: "UPPER" }, [1, 5]],
      [{ case_change_action: "LOWER" }, [5]],
      [{ case_change_action: "LOWER", stopwords: ["b", "100"], is_case_sensitive: 1 }, [7]],
      [{ stopwords: ["b", "100"] }, [1, 7]],
      [{ stopwords: ["", "a", "b", "ab cd", "100", "é", "xy"] }, [1, 4]],
    ] as const
  ).map(([attributes, shape]): OpCase => ({
    op: "StringNormalizer",
    attributes: { ...attributes, locale },
    inputs: [plain(...shape)],
  })),
  { op: "StringSplit", inputs: [texts(5, 3)], outputs: 2 },
  { op: "StringSplit", attributes: { delimiter: "," }, inputs: [texts(5)], outputs: 2 },
  { op: "StringSplit", attributes: { delimiter: ",", maxsplit: 2 }, inputs: [texts(7)], outputs: 2 },
  { op: "StringSplit", attributes: { maxsplit: 1 }, inputs: [texts(7)], outputs: 2 },
  { op: "TfIdfVectorizer", attributes: counted, inputs: [tokens(5, 6)] },
  { op: "TfIdfVectorizer", attributes: counted, inputs: [tokens(12)] },
  { op: "TfIdfVectorizer", attributes: { ...counted, mode: "IDF", weights }, inputs: [tokens(5, 6)] },
  {
    op: "TfIdfVectorizer",
    attributes: { ...counted, mode: "TFIDF", weights, min_gram_length: 2, max_skip_count: 3 },
    inputs: [tokens(5, 6)],
  },
  {
    op: "TfIdfVectorizer",
    attributes: { ...byWords, pool_strings: ["p", "q", "r", "p", "q", "r", "r"] },
    inputs: [wordTokens(3, 6)],
  },
  cast({ dtype: "f32", shape: [5, 3] }, "string"),
  cast(
    { dtype: "f32", shape: [5, 3], special: [NaN, Infinity, -Infinity, 1e9, 123456789, 1e-7, 0.5, -0] },
    "string",
  ),
  cast({ dtype: "f64", shape: [5, 3], special: [1e20, 0.1] }, "string"),
  cast({ dtype: "i64", shape: [5, 3], low: -99, high: 99 }, "string"),
  cast(numerals(5, 3), "i64"),
  cast(decimals(5, 3), "f32"),
  cast(decimals(5, 3), "f64"),
  ...moved,
];
