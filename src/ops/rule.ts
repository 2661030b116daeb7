/** Applies an axes rule to a call: expands `...`, binds factors to sizes, gives output shapes and shape errors. */
import type { Dim } from "../ir/dim.ts";
import { invariant } from "../support/assert.ts";
import type { AxisFactor, ResolvedRule } from "../sbp/signature.ts";
import type { Call } from "./call.ts";

/** A rule under one call. */
export interface BoundRule extends ResolvedRule {
  /** Every output axis's size, whole (`!`) ones included. */
  readonly outputShapes: readonly (readonly Dim[])[];
}

interface AxisToken {
  readonly factor: string;
  readonly whole: boolean;
}

/** The number of an axis that carries no factor: the token `1`. */
const none = -1;

/** The axes of one tensor: their factors' numbers, and their names where they may be split. */
interface Axes {
  readonly numbers: readonly number[];
  readonly factors: readonly AxisFactor[];
}

/** A rule for inputs of some ranks. */
interface RankedRule {
  /** Of the factors, in the order of their first axis among the inputs, then among the outputs. */
  readonly names: readonly string[];
  /** Per input; null for an absent one. */
  readonly inputs: readonly (Axes | null)[];
  readonly outputs: readonly Axes[];
}

/**
 * Reads `"... m k, ... k n -> ... m n"` for the call's ranks. Absent optional inputs take no part. Leading axes under `...`
 * are named `~1`, `~2`, … counted from the right, so that they align as NumPy broadcasting does.
 */
export function bindRule(text: string, call: Call): BoundRule {
  const rule = rankedRule(text, call);
  const sizes = factorSizes(rule, call);
  return {
    inputs: rule.inputs.map((axes, i) => (axes === null ? null : unlessRepeated(axes, sizes, call.shape(i)))),
    outputs: rule.outputs.map(({ factors }) => factors),
    outputShapes: rule.outputs.map(({ numbers }) =>
      numbers.map((number) => {
        if (number === none) return 1;
        const size = sizes[number];
        invariant(
          size !== undefined,
          "output factor without a size",
          () => `${rule.names[number]} in ${text}`,
        );
        return size;
      }),
    ),
  };
}

/** The sizes of the factors of a rule under a call. */
export function sizesUnder(text: string, call: Call): readonly Dim[] {
  return factorSizes(rankedRule(text, call), call);
}

/** By the factors' numbers. Error: shape-mismatch. */
function factorSizes({ names, inputs }: RankedRule, call: Call): readonly Dim[] {
  const sizes: Dim[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const axes = inputs[i];
    if (axes == null) continue;
    const shape = call.shape(i);
    const { numbers } = axes;
    for (let axis = 0; axis < numbers.length; axis++) {
      const number = numbers[axis] as number;
      if (number === none) continue;
      const size = shape[axis] as Dim;
      const known = sizes[number];
      if (known === size) continue;
      const broadcasts = isLeading(names[number] as string);
      if (known === undefined || (broadcasts && known === 1)) sizes[number] = size;
      else if (!(broadcasts && size === 1)) failSizes(names, inputs, number, i, axis, known, call);
    }
  }
  return sizes;
}

/** `left` is the size that the factor has in the inputs before. */
function failSizes(
  names: readonly string[],
  inputs: RankedRule["inputs"],
  number: number,
  input: number,
  axis: number,
  left: Dim,
  call: Call,
): never {
  const name = names[number] as string;
  const has = (i: number) => {
    const at = inputs[i]?.numbers.indexOf(number) ?? -1;
    return at >= 0 && call.shape(i)[at] === left;
  };
  const from = inputs.findIndex((_, i) => has(i));
  return call.fail("shape-mismatch", {
    axis: isLeading(name) ? `-${name.slice(1)}` : name,
    left,
    leftShape: `[${call.shape(from).join(", ")}]`,
    right: call.shape(input)[axis] as Dim,
    rightShape: `[${call.shape(input).join(", ")}]`,
  });
}

/** The factors of an input's axes; null for axes that are repeated along their factor. */
function unlessRepeated(axes: Axes, sizes: readonly Dim[], shape: readonly Dim[]): readonly AxisFactor[] {
  const { numbers, factors } = axes;
  const isRepeated = (number: number, axis: number) => shape[axis] === 1 && sizes[number] !== 1;
  return numbers.some(isRepeated)
    ? factors.map((factor, axis) => (isRepeated(numbers[axis] as number, axis) ? null : factor))
    : factors;
}

interface ParsedRule {
  readonly inputs: readonly (readonly AxisToken[])[];
  readonly outputs: readonly (readonly AxisToken[])[];
  /** By the ranks of the inputs. */
  readonly ranked: Map<string, RankedRule>;
}

/** Rules as read, by their text: the registry has a few dozen, a search binds them a thousand times. */
const parsed = new Map<string, ParsedRule>();

/** Rules that are kept, and ranks per rule: what a model writes (Einsum) must not add up. */
const mostKept = 1000;

function parseRule(text: string): ParsedRule {
  let rule = parsed.get(text);
  if (rule === undefined) {
    const [left, right, ...rest] = text.split("->");
    invariant(
      left !== undefined && right !== undefined && rest.length === 0,
      "malformed axes rule",
      () => text,
    );
    rule = {
      inputs: left.split(",").map(tokenize),
      outputs: right.split(",").map(tokenize),
      ranked: new Map(),
    };
    if (parsed.size >= mostKept) parsed.clear();
    parsed.set(text, rule);
  }
  return rule;
}

function rankedRule(text: string, call: Call): RankedRule {
  const parsedRule = parseRule(text);
  let key = "";
  for (let i = 0; i < parsedRule.inputs.length; i++) key += call.has(i) ? `${call.rank(i)},` : "-,";
  const { ranked } = parsedRule;
  let rule = ranked.get(key);
  if (rule === undefined) {
    if (ranked.size >= mostKept) ranked.clear();
    ranked.set(key, (rule = rankRule(text, parsedRule, call)));
  }
  return rule;
}

function rankRule(text: string, rule: ParsedRule, call: Call): RankedRule {
  const inputs = rule.inputs.map((written, i) =>
    call.has(i) ? expand(written, call.rank(i), text, call, i) : null,
  );
  const leading = Math.max(
    0,
    ...inputs.map((tokens) => (tokens ?? []).filter(({ factor }) => isLeading(factor)).length),
  );
  const outputs = rule.outputs.map((written) => expandOutput(written, leading));
  const tokens = [...inputs, ...outputs].flatMap((list) => list ?? []);
  const names = [...new Set(tokens.map(({ factor }) => factor).filter((factor) => factor !== "1"))];
  const whole = new Set(tokens.filter((token) => token.whole).map(({ factor }) => factor));
  const axesOf = (list: readonly AxisToken[]): Axes => ({
    numbers: list.map(({ factor }) => names.indexOf(factor)),
    factors: list.map(({ factor }) => (factor === "1" || whole.has(factor) ? null : factor)),
  });
  return {
    names,
    inputs: inputs.map((list) => (list === null ? null : axesOf(list))),
    outputs: outputs.map(axesOf),
  };
}

/** Whether a factor is one of those that `...` stands for. */
function isLeading(factor: string): boolean {
  return factor.startsWith("~");
}

function tokenize(text: string): readonly AxisToken[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) =>
      word.startsWith("!") ? { factor: word.slice(1), whole: true } : { factor: word, whole: false },
    );
}

function expand(
  tokens: readonly AxisToken[],
  rank: number,
  rule: string,
  call: Call,
  input: number,
): readonly AxisToken[] {
  const dots = tokens.findIndex((token) => token.factor === "...");
  const named = dots < 0 ? tokens.length : tokens.length - 1;
  if (dots < 0 ? rank !== named : rank < named) {
    call.failShape(`input ${input} must have ${dots < 0 ? "" : "at least "}${named} axes (${rule})`);
  }
  if (dots < 0) return tokens;
  const leading = Array.from({ length: rank - named }, (_, i) => ({
    factor: `~${rank - named - i}`,
    whole: tokens[dots]?.whole ?? false,
  }));
  return [...tokens.slice(0, dots), ...leading, ...tokens.slice(dots + 1)];
}

function expandOutput(tokens: readonly AxisToken[], leading: number): AxisToken[] {
  return tokens.flatMap((token) =>
    token.factor === "..."
      ? Array.from({ length: leading }, (_, i) => ({ factor: `~${leading - i}`, whole: token.whole }))
      : [token],
  );
}
