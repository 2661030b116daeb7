/**
 * Operators on strings. Strings are split like any elements, but neither exchanged between devices nor added up (`define.ts`
 * drops partial layouts, `boxing-path.ts` communication): what wants them in another layout makes them from numbers itself.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { isFloat, isInteger, tensorType, type DataType, type TensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { dense, mapBroadcast, mapDense } from "./dense.ts";
import { discreteResults } from "./gradients.ts";
import { dataDependentDim } from "./movement.ts";
import { numberOfText, textOfNumber } from "./texts.ts";

function textsOf(x: Dense): string[] {
  return Array.from(x.data, textOfNumber);
}

function takesStrings(call: Call): void {
  if (call.inputs.some((type) => type?.kind === "tensor" && type.dtype !== "string"))
    call.fail("dtype-mismatch", { problem: "takes strings", types: call.printShapes() });
}

// --- strings and numbers

/** A number as C writes it with so many significant digits (`%.8g`), which is what casts to strings give. */
function printGeneral(x: number, digits: number): string {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "INF" : "-INF";
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [mantissa = "", exponent = ""] = x.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  const trimmed = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (power >= -4 && power < digits) return trimmed(x.toFixed(Math.max(0, digits - 1 - power)));
  const size = String(Math.abs(power)).padStart(2, "0");
  return `${trimmed(mantissa)}e${power < 0 ? "-" : "+"}${size}`;
}

/** The text of a number of type `from`: eight digits of a float, whatever its type (as ONNX Runtime). */
export function textOfElement(from: DataType, x: number): string {
  return isFloat(from) ? printGeneral(x, 8) : String(x);
}

/** The number that a text says; NaN where it is none. */
export function elementOfText(text: string): number {
  const word = text.trim().toLowerCase();
  if (/^[+-]?inf(inity)?$/.test(word)) return word.startsWith("-") ? -Infinity : Infinity;
  return word === "" ? NaN : Number(word);
}

/** Elements cast from or to strings; `wrap` brings a number into the range of `to`. */
export function castTexts(x: Dense, to: DataType, wrap: (x: number) => number): Dense {
  if (to === "string") return mapDense(x, (v) => numberOfText(textOfElement(x.dtype, v)), "string");
  const numbers = mapDense(x, (v) => elementOfText(textOfNumber(v)), to);
  if (isInteger(to)) return mapDense(numbers, (v) => wrap(Math.trunc(v)), to);
  return to === "bool" ? mapDense(numbers, (v) => Number(v !== 0), to) : numbers;
}

// --- element by element

const stringConcat = defineOp({
  name: "StringConcat",
  doc: "The texts of both inputs one behind the other, element by element.",
  since: 20,
  inputs: [2, 2],
  gradient: discreteResults,
  axes: (call) => {
    takesStrings(call);
    return "..., ... -> ...";
  },
  evaluate: ({ inputs }) => [
    mapBroadcast(
      inputs as readonly Dense[],
      ([a, b]) => numberOfText(textOfNumber(a as number) + textOfNumber(b as number)),
      "string",
    ),
  ],
});

/** RE2's syntax as JavaScript's: named groups, and flags in front. */
function expressionOf(call: Call): RegExp {
  const pattern = call.string("pattern", "");
  const [, flags = "", rest = ""] = /^(?:\(\?([ims]+)\))?(.*)$/su.exec(pattern) ?? [];
  try {
    return new RegExp(`^(?:${rest.replaceAll("(?P<", "(?<")})$`, `u${flags}`);
  } catch (error) {
    const problem = `is no regular expression: ${error instanceof Error ? error.message : String(error)}`;
    return call.fail("bad-attribute", { name: "pattern", problem });
  }
}

const regexFullMatch = defineOp({
  name: "RegexFullMatch",
  doc: "Whether each text as a whole matches a regular expression.",
  since: 20,
  inputs: [1, 1],
  gradient: discreteResults,
  axes: (call) => {
    takesStrings(call);
    return "... -> ...";
  },
  dtypes: () => ["bool"],
  evaluate: ({ call, inputs: [x] }) => {
    const expression = expressionOf(call);
    return [mapDense(x as Dense, (v) => Number(expression.test(textOfNumber(v))), "bool")];
  },
});

// --- StringNormalizer

function stopwordsOf(call: Call): readonly string[] {
  return call.strings("stopwords", []);
}

/** [C] or [1, C]. */
function normalizedType(call: Call): TensorType {
  takesStrings(call);
  const shape = call.shape(0);
  if (
    shape.length < 1 ||
    shape.length > 2 ||
    (shape.length === 2 && isKnown(shape[0] as Dim) && shape[0] !== 1)
  )
    call.failShape("the input must be [C] or [1, C]");
  if (stopwordsOf(call).length === 0) return tensorType("string", shape);
  return tensorType("string", [...shape.slice(0, -1), dataDependentDim(call, "kept")]);
}

const changes: Readonly<Record<string, (text: string, locale: string) => string>> = {
  NONE: (text) => text,
  LOWER: (text, locale) => text.toLocaleLowerCase(locale),
  UPPER: (text, locale) => text.toLocaleUpperCase(locale),
};

const stringNormalizer = defineOp({
  name: "StringNormalizer",
  doc: "The texts without stop words, in lower or upper case. Without stop words it works element by element.",
  since: 10,
  inputs: [1, 1],
  gradient: discreteResults,
  infer: (call) => [normalizedType(call)],
  // How many texts are left of a shard is not how many are left of the whole.
  axes: (call): ResolvedRule => {
    const factors = call.shape(0).map((_, i) => (stopwordsOf(call).length === 0 ? `a${i}` : null));
    return { inputs: [factors], outputs: [factors] };
  },
  evaluate: ({ call, inputs: [x] }) => {
    const input = x as Dense;
    // `en_US.UTF-8` is `en-US` here; C is nobody's language.
    const named = call.string("locale", "en_US").replace(/\..*/, "").replaceAll("_", "-");
    const locale = named === "C" || named === "POSIX" ? "en" : named;
    const action = call.string("case_change_action", "NONE");
    const change =
      changes[action] ?? call.fail("bad-attribute", { name: "case_change_action", problem: `is ${action}` });
    const exact = call.int("is_case_sensitive", 0) !== 0;
    const key = (text: string) => (exact ? text : text.toLocaleLowerCase(locale));
    const stopwords = new Set(stopwordsOf(call).map(key));
    const kept = textsOf(input).filter((text) => !stopwords.has(key(text)));
    const given = stopwords.size > 0 && kept.length === 0 ? [""] : kept;
    const numbers = given.map((text) => numberOfText(change(text, locale)));
    return [dense("string", [...input.shape.slice(0, -1), numbers.length], numbers)];
  },
});

// --- StringSplit

function pieces(text: string, delimiter: string, most: number): string[] {
  if (delimiter !== "") {
    const all = text === "" ? [] : text.split(delimiter);
    return all.length > most + 1 ? [...all.slice(0, most), all.slice(most).join(delimiter)] : all;
  }
  const found: string[] = [];
  let rest = text.trim();
  while (rest !== "" && found.length < most) {
    const word = /^\S+/u.exec(rest)?.[0] ?? "";
    found.push(word);
    rest = rest.slice(word.length).trimStart();
  }
  return rest === "" ? found : [...found, rest];
}

const stringSplit = defineOp({
  name: "StringSplit",
  doc: "The substrings of every text along a new last axis, and how many there are of each.",
  since: 20,
  inputs: [1, 1],
  gradient: discreteResults,
  outputs: 2,
  whole: "The longest list of substrings over all elements is the size of the new axis.",
  infer: (call: Call) => {
    takesStrings(call);
    return [
      tensorType("string", [...call.shape(0), dataDependentDim(call, "substrings")]),
      tensorType("i64", call.shape(0)),
    ];
  },
  evaluate: ({ call, inputs: [x] }) => {
    const input = x as Dense;
    const most = call.attributes["maxsplit"] === undefined ? Infinity : call.int("maxsplit");
    const lists = textsOf(input).map((text) => pieces(text, call.string("delimiter", ""), most));
    const width = Math.max(0, ...lists.map((list) => list.length));
    const numbers = lists.flatMap((list) => range(width).map((i) => numberOfText(list[i] ?? "")));
    return [
      dense("string", [...input.shape, width], numbers),
      dense(
        "i64",
        input.shape,
        lists.map((list) => list.length),
      ),
    ];
  },
});

// --- TfIdfVectorizer

interface Vocabulary {
  /** Output position and weight of an n-gram, by its elements. */
  readonly grams: ReadonlyMap<string, { readonly at: number; readonly weight: number }>;
  readonly size: number;
}

function vocabularySize(call: Call): number {
  return Math.max(-1, ...call.ints("ngram_indexes")) + 1;
}

function vocabularyOf(call: Call): Vocabulary {
  const pool: readonly (string | number)[] =
    call.attributes["pool_strings"] === undefined
      ? call.ints("pool_int64s")
      : call.strings("pool_strings").map(numberOfText);
  const [starts, indexes] = [call.ints("ngram_counts"), call.ints("ngram_indexes")];
  const weights = call.floats("weights", []);
  const grams = new Map<string, { at: number; weight: number }>();
  let id = 0;
  starts.forEach((start, k) => {
    const length = k + 1;
    for (let i = start; i + length <= (starts[k + 1] ?? pool.length); i += length, id++)
      grams.set(pool.slice(i, i + length).join(), { at: indexes[id] as number, weight: weights[id] ?? 1 });
  });
  return { grams, size: vocabularySize(call) };
}

/** Weighted counts of the n-grams of one line. */
function countGrams(call: Call, line: Float64Array, { grams, size }: Vocabulary): Float64Array {
  const [least, most] = [call.int("min_gram_length"), call.int("max_gram_length")];
  const counts = new Float64Array(size);
  const scale = new Float64Array(size).fill(1);
  for (const { at, weight } of grams.values()) scale[at] = weight;
  for (let length = least; length <= most; length++) {
    // A single element has nothing to skip.
    for (let step = 1; step <= (length === 1 ? 1 : call.int("max_skip_count") + 1); step++) {
      for (let i = 0; i + (length - 1) * step < line.length; i++) {
        const gram = grams.get(
          range(length)
            .map((k) => line[i + k * step] as number)
            .join(),
        );
        if (gram !== undefined) counts[gram.at] = (counts[gram.at] as number) + 1;
      }
    }
  }
  const mode = call.string("mode");
  return counts.map((count, i) =>
    mode === "TF" ? count : (mode === "IDF" ? Math.min(count, 1) : count) * (scale[i] as number),
  );
}

const tfIdf = defineOp({
  name: "TfIdfVectorizer",
  doc: "How often each n-gram of a vocabulary occurs in a line, weighted. Lines are split; n-grams reach over a line.",
  since: 9,
  inputs: [1, 1],
  gradient: { none: "it counts words or whole numbers, which do not change by small steps" },
  axes: (call): ResolvedRule =>
    call.rank(0) === 2
      ? { inputs: [["n", null]], outputs: [["n", null]] }
      : { inputs: [[null]], outputs: [[null]] },
  partials: { reduce: "none" },
  infer: (call: Call) => {
    if (call.rank(0) < 1 || call.rank(0) > 2) call.failShape("the input must be [C] or [N, C]");
    return [tensorType("f32", [...call.shape(0).slice(0, -1), vocabularySize(call)])];
  },
  flops: (call) => call.shape(0).reduce<number>((n, dim) => n * (isKnown(dim) ? dim : 1), 1),
  evaluate: ({ call, inputs: [x] }) => {
    const input = x as Dense;
    const vocabulary = vocabularyOf(call);
    const width = input.shape.at(-1) as number;
    const lines = input.shape.length === 1 ? 1 : (input.shape[0] as number);
    const rows = range(lines).map((n) =>
      countGrams(call, input.data.slice(n * width, (n + 1) * width), vocabulary),
    );
    return [
      dense(
        "f32",
        [...input.shape.slice(0, -1), vocabulary.size],
        rows.flatMap((row) => [...row]),
      ),
    ];
  },
});

export const textOps: readonly OpDefinition[] = [
  stringConcat,
  regexFullMatch,
  stringNormalizer,
  stringSplit,
  tfIdf,
];
