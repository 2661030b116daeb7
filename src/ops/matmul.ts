/** Contractions: MatMul, Gemm, Einsum. All follow from their axes rule; linear in each operand alone. */
import { isFloat } from "../ir/types.ts";
import type { PartialRules } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, rulePoints, type OpDefinition } from "./define.ts";
import { contract, mapBroadcast, transpose, wrapInteger } from "./dense.ts";
import { commonDtype, down, up } from "./elementwise.ts";

// --- MatMul

/** NumPy's matmul: a vector on the left has no m, one on the right no n. */
function matMulRule(call: Call): string {
  const [a, b] = [call.rank(0), call.rank(1)];
  if (a === 0 || b === 0) call.failShape("a scalar cannot be multiplied as a matrix");
  const left = a === 1 ? "k" : "... m k";
  const right = b === 1 ? "k" : "... k n";
  return `${left}, ${right} -> ${a > 1 || b > 1 ? "..." : ""} ${a > 1 ? "m" : ""} ${b > 1 ? "n" : ""}`;
}

const matMul = defineOp({
  name: "MatMul",
  doc: "Matrix product over the last two axes; leading axes broadcast; vectors as in NumPy.",
  since: 13,
  inputs: [2, 2],
  axes: matMulRule,
  dtypes: (call) => [commonDtype(call, "number")],
  partials: { linear: [[0], [1]] },
  flops: (call) => 2 * rulePoints(matMulRule(call), call),
  evaluate: ({ inputs }) => {
    const [a, b] = inputs as readonly [Dense, Dense];
    const batch = Math.max(a.shape.length, b.shape.length) - 2;
    // Leading axes are labelled from the right, so that they broadcast.
    const leading = (rank: number) => range(Math.max(0, rank - 2)).map((i) => `b${rank - 2 - i}`);
    const labels = [
      [...leading(a.shape.length), ...(a.shape.length > 1 ? ["m"] : []), "k"],
      [...leading(b.shape.length), "k", ...(b.shape.length > 1 ? ["n"] : [])],
    ];
    const output = [
      ...leading(batch + 2),
      ...(a.shape.length > 1 ? ["m"] : []),
      ...(b.shape.length > 1 ? ["n"] : []),
    ];
    return [wrapped(contract([a, b], labels, output, a.dtype))];
  },
});

function wrapped(x: Dense): Dense {
  return { ...x, data: x.data.map((value) => wrapInteger(x.dtype, value)) };
}

// --- Gemm

/** C broadcasts to [m, n], never the other way around. */
function gemmRule(call: Call): string {
  const a = call.int("transA", 0) === 0 ? "m k" : "k m";
  const b = call.int("transB", 0) === 0 ? "k n" : "n k";
  if (!call.has(2)) return `${a}, ${b} -> m n`;
  const c = call.shape(2);
  if (c.length > 2) call.failShape("C must have at most 2 axes");
  const names = ["m", "n"].slice(2 - c.length).map((name, axis) => (c[axis] === 1 ? "1" : name));
  return `${a}, ${b}, ${names.join(" ")} -> m n`;
}

/** alpha A B + beta C is linear in A with C, and in B with C; of C alone it rises or falls. */
function gemmPartials(call: Call): PartialRules {
  const c = call.has(2) ? [2] : [];
  const beta = call.float("beta", 1);
  const monotone =
    c.length === 0 || !isFloat(call.dtype(0)) || beta === 0 ? [] : [beta > 0 ? up(2) : down(2)];
  return {
    linear: [
      [0, ...c],
      [1, ...c],
    ],
    monotone,
    additive: [2],
  };
}

const gemm = defineOp({
  name: "Gemm",
  doc: "alpha A B + beta C, with A or B transposed where asked.",
  since: 13,
  inputs: [2, 3],
  axes: gemmRule,
  dtypes: (call) => [commonDtype(call, "number")],
  partials: gemmPartials,
  flops: (call) => 2 * rulePoints(gemmRule(call), call),
  evaluate: ({ call, inputs: [a, b, c] }) => {
    const left = call.int("transA", 0) === 0 ? (a as Dense) : transpose(a as Dense, [1, 0]);
    const right = call.int("transB", 0) === 0 ? (b as Dense) : transpose(b as Dense, [1, 0]);
    const [alpha, beta] = [call.float("alpha", 1), call.float("beta", 1)];
    const matrix = contract(
      [left, right],
      [
        ["m", "k"],
        ["k", "n"],
      ],
      ["m", "n"],
      left.dtype,
    );
    if (c == null) return [{ ...matrix, data: matrix.data.map((x) => alpha * x) }];
    return [mapBroadcast([matrix, c], ([x, y]) => alpha * (x as number) + beta * (y as number), left.dtype)];
  },
});

// --- Einsum

interface Equation {
  /** Labels per axis; "..." stands for any number of axes. */
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Reads `bij, bjk -> bik`; without an arrow the output has the ellipsis and the labels that stand once, sorted. */
function parseEquation(call: Call): Equation {
  const text = call.string("equation").replace(/\s+/g, "");
  const malformed = (problem: string): never =>
    call.fail("bad-attribute", { name: "equation", problem: `"${text}" ${problem}` });
  const parts = text.split("->");
  if (parts.length > 2) malformed("has more than one arrow");
  const labels = (part: string) => {
    const tokens = part.match(/\.\.\.|[A-Za-z]/g) ?? [];
    if (tokens.join("") !== part) malformed("has something other than letters and ellipses");
    if (tokens.filter((token) => token === "...").length > 1) malformed("has two ellipses in one term");
    return tokens;
  };
  const inputs = (parts[0] as string).split(",").map(labels);
  if (inputs.length !== call.inputs.length)
    malformed(`has ${inputs.length} terms for ${call.inputs.length} inputs`);
  const all = inputs.flat();
  const once = [...new Set(all)]
    .filter((label) => label !== "..." && all.filter((other) => other === label).length === 1)
    .sort();
  const output =
    parts.length === 2 ? labels(parts[1] as string) : [...(all.includes("...") ? ["..."] : []), ...once];
  if (new Set(output).size !== output.length) malformed("repeats a label in its output");
  for (const label of output) if (!all.includes(label)) malformed(`has ${label} only in its output`);
  return { inputs, output };
}

function einsumRule(call: Call): string {
  const { inputs, output } = parseEquation(call);
  return `${inputs.map((labels) => labels.join(" ")).join(", ")} -> ${output.join(" ")}`;
}

/** One operand whose labels all stay is only moved, so that every reduction passes. */
function einsumPartials(call: Call): PartialRules {
  const { inputs, output } = parseEquation(call);
  const linear = inputs.map((_, i) => [i]);
  const moves =
    inputs.length === 1 && (inputs[0] as readonly string[]).every((label) => output.includes(label));
  return moves ? { linear, monotone: [up(0)] } : { linear };
}

/** The labels of an array's axes, the ellipsis spelled out from the right. */
function expandLabels(labels: readonly string[], rank: number): string[] {
  const leading = rank - labels.filter((label) => label !== "...").length;
  return labels.flatMap((label) =>
    label === "..." ? range(leading).map((i) => `~${leading - i}`) : [label],
  );
}

const einsum = defineOp({
  name: "Einsum",
  doc: "Sums of products over labelled axes.",
  since: 12,
  inputs: [1, Infinity],
  axes: einsumRule,
  dtypes: (call) => [commonDtype(call, "number")],
  partials: einsumPartials,
  flops: (call) => Math.max(1, call.inputs.length) * rulePoints(einsumRule(call), call),
  evaluate: ({ call, inputs }) => {
    const operands = inputs as readonly Dense[];
    const equation = parseEquation(call);
    const labels = equation.inputs.map((names, i) =>
      expandLabels(names, (operands[i] as Dense).shape.length),
    );
    const leading = Math.max(
      0,
      ...labels.map((names) => names.filter((name) => name.startsWith("~")).length),
    );
    const output = equation.output.flatMap((label) =>
      label === "..." ? range(leading).map((i) => `~${leading - i}`) : [label],
    );
    return [wrapped(contract(operands, labels, output, (operands[0] as Dense).dtype))];
  },
});

export const matmulOps: readonly OpDefinition[] = [matMul, gemm, einsum];
