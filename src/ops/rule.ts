/** Applies an axes rule to a call: expands `...`, binds factors to sizes, gives output shapes and shape errors. */
import type { Dim } from "../ir/dim.ts";
import { invariant } from "../support/assert.ts";
import type { AxisFactor, ResolvedRule } from "../sbp/signature.ts";
import type { Call } from "./call.ts";

/** A rule with the size of every factor under one call. */
export interface BoundRule extends ResolvedRule {
  /** Every tensor axis's factor, whole (`!`) ones included, for shapes. */
  readonly outputShapes: readonly (readonly Dim[])[];
  readonly sizes: ReadonlyMap<string, Dim>;
}

interface AxisToken {
  readonly factor: string;
  readonly whole: boolean;
}

/**
 * Reads `"... m k, ... k n -> ... m n"` for the call's ranks. Absent optional inputs take no part. Leading axes under `...`
 * are named `~1`, `~2`, … counted from the right, so that they align as NumPy broadcasting does.
 */
export function bindRule(text: string, call: Call): BoundRule {
  const rule = parseRule(text);
  const sizes = new Map<string, Dim>();
  const sizeFrom = new Map<string, number>();
  let leading = 0;

  const inputTokens = rule.inputs.map((written, i) => {
    if (!call.has(i)) return null;
    const rank = call.rank(i);
    const tokens = expand(written, rank, text, call, i);
    leading = Math.max(leading, tokens.filter((token) => token.factor.startsWith("~")).length);
    tokens.forEach((token, axis) => {
      if (token.factor === "1") return;
      const size = call.shape(i)[axis] as Dim;
      const known = sizes.get(token.factor);
      const broadcasts = token.factor.startsWith("~");
      if (known === undefined || (broadcasts && known === 1)) {
        sizes.set(token.factor, size);
        sizeFrom.set(token.factor, i);
      } else if (size !== known && !(broadcasts && size === 1)) {
        call.fail("shape-mismatch", {
          axis: broadcasts ? `-${token.factor.slice(1)}` : token.factor,
          left: known,
          leftShape: `[${call.shape(sizeFrom.get(token.factor) as number).join(", ")}]`,
          right: size,
          rightShape: `[${call.shape(i).join(", ")}]`,
        });
      }
    });
    return tokens;
  });

  const factorOf = (token: AxisToken): AxisFactor =>
    token.factor === "1" || token.whole ? null : token.factor;
  const whole = new Set(
    (inputTokens.flat().filter((token) => token?.whole) as AxisToken[]).map((token) => token.factor),
  );
  const outputTokens = rule.outputs.map((written) => expandOutput(written, leading));
  for (const token of outputTokens.flat()) if (token.whole) whole.add(token.factor);
  return {
    sizes,
    inputs: inputTokens.map((tokens, i) =>
      tokens === null
        ? null
        : tokens.map((token, axis) => {
            const broadcasts = call.shape(i)[axis] === 1 && sizes.get(token.factor) !== 1;
            return broadcasts || whole.has(token.factor) ? null : factorOf(token);
          }),
    ),
    outputs: outputTokens.map((tokens) =>
      tokens.map((token) => (whole.has(token.factor) ? null : factorOf(token))),
    ),
    outputShapes: outputTokens.map((tokens) =>
      tokens.map((token) => {
        if (token.factor === "1") return 1;
        const size = sizes.get(token.factor);
        invariant(size !== undefined, "output factor without a size", () => `${token.factor} in ${text}`);
        return size;
      }),
    ),
  };
}

interface ParsedRule {
  readonly inputs: readonly (readonly AxisToken[])[];
  readonly outputs: readonly (readonly AxisToken[])[];
}

/** Rules as read, by their text: the registry has a few dozen, a search binds them a thousand times. */
const parsed = new Map<string, ParsedRule>();

function parseRule(text: string): ParsedRule {
  let rule = parsed.get(text);
  if (rule === undefined) {
    const [left, right, ...rest] = text.split("->");
    invariant(
      left !== undefined && right !== undefined && rest.length === 0,
      "malformed axes rule",
      () => text,
    );
    rule = { inputs: left.split(",").map(tokenize), outputs: right.split(",").map(tokenize) };
    parsed.set(text, rule);
  }
  return rule;
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
