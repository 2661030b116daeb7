/** Contractions: MatMul, Gemm, Einsum. All follow from their axes rule; linear in each operand alone. */
import { tensorData } from "../ir/tensor-data.ts";
import { isFloat, knownShape } from "../ir/types.ts";
import type { PartialRules } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, Emitter, GradientContext } from "./contract.ts";
import { defineOp, rulePoints, type OpDefinition } from "./define.ts";
import { contract, mapBroadcast, transpose, wrapInteger } from "./dense.ts";
import { commonDtype, down, up } from "./elementwise.ts";
import { expandedTo, reshapedTo, sumToLike, sumToShape } from "./gradients.ts";

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
  mixed: "half",
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
  gradient: matMulGradient,
});

/**
 * dA = dY Bᵀ and dB = Aᵀ dY, vectors taken as the matrices that they stand for. Where B has no leading axes, dB is one product
 * over all rows of A: no product of every sample is ever summed.
 */
function matMulGradient({ g, inputs, gradients, wanted }: GradientContext): (string | null)[] {
  const [a, b] = inputs as readonly [string, string];
  const [rankA, rankB] = [g.type(a).shape.length, g.type(b).shape.length];
  let dy = gradients[0] as string;
  if (rankB === 1) dy = g.op("Unsqueeze", [dy, g.ints([-1])]);
  if (rankA === 1) dy = g.op("Unsqueeze", [dy, g.ints([-2])]);
  const [shapeA, shapeB] = [knownShape(g.type(a)), knownShape(g.type(b))];
  const [matrixA, matrixB] = [rankA === 1 ? [1, ...shapeA] : shapeA, rankB === 1 ? [...shapeB, 1] : shapeB];
  const dA = () => {
    const turned = rankB === 1 ? g.op("Unsqueeze", [b, g.ints([0])]) : transposed(g, b);
    return reshapedTo(g, sumToShape(g, g.op("MatMul", [dy, turned]), matrixA), shapeA);
  };
  const dB = () => {
    if (matrixB.length > 2 || matrixA.length === 2) {
      const turned = rankA === 1 ? g.op("Unsqueeze", [a, g.ints([1])]) : transposed(g, a);
      return reshapedTo(g, sumToShape(g, g.op("MatMul", [turned, dy]), matrixB), shapeB);
    }
    const rows = (value: string) =>
      g.op("Reshape", [value, g.ints([-1, g.type(value).shape.at(-1) as number])]);
    return reshapedTo(g, g.op("Gemm", [rows(a), rows(dy)], { transA: 1 }), shapeB);
  };
  return [wanted[0] === true ? dA() : null, wanted[1] === true ? dB() : null];
}

function transposed(g: Emitter, value: string): string {
  const rank = g.type(value).shape.length;
  return g.op("Transpose", [value], { perm: [...range(rank - 2), rank - 1, rank - 2] });
}

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

/** Products of the gradient with the other matrix, transposed so that no transpose is run on its own. */
function gemmGradient({ g, call, inputs, gradients, wanted }: GradientContext): (string | null)[] {
  const [a, b, c] = inputs as readonly [string, string, string | null | undefined];
  const dy = gradients[0] as string;
  const [transA, transB] = [call.int("transA", 0) === 0 ? 0 : 1, call.int("transB", 0) === 0 ? 0 : 1];
  const alpha = { float: call.float("alpha", 1) };
  const beta = call.float("beta", 1);
  const product = (left: string, right: string, turnLeft: number, turnRight: number) =>
    g.op("Gemm", [left, right], { alpha, transA: turnLeft, transB: turnRight });
  const dA = () => (transA === 0 ? product(dy, b, 0, 1 - transB) : product(b, dy, transB, 1));
  const dB = () => (transB === 0 ? product(a, dy, 1 - transA, 0) : product(dy, a, 1, transA));
  const dC = (like: string) => {
    const total = sumToLike(g, dy, like);
    return beta === 1 ? total : g.op("Mul", [total, g.scalar(g.type(dy).dtype, beta)]);
  };
  return [
    wanted[0] === true ? dA() : null,
    wanted[1] === true ? dB() : null,
    ...(c === undefined ? [] : [wanted[2] === true && c !== null ? dC(c) : null]),
  ];
}

const gemm = defineOp({
  name: "Gemm",
  mixed: "half",
  doc: "alpha A B + beta C, with A or B transposed where asked.",
  since: 13,
  inputs: [2, 3],
  axes: gemmRule,
  dtypes: (call) => [commonDtype(call, "number")],
  partials: gemmPartials,
  gradient: gemmGradient,
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

/**
 * The gradient of one operand: the gradient of the result and the other operands contracted to its labels. Axes that only it has,
 * which were summed, are alike along them; what was no diagonal that it took has none. Axes of an ellipsis get letters; an operand's that broadcast are left out.
 */
function einsumGradient({ g, call, inputs, gradients, wanted }: GradientContext): (string | null)[] {
  const { inputs: terms, output } = parseEquation(call);
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const unused = letters.filter((letter) => ![...terms, output].flat().includes(letter));
  const spelled = (labels: readonly string[], rank: number) =>
    expandLabels(labels, rank).map((label) =>
      label.startsWith("~") ? (unused[Number(label.slice(1))] as string) : label,
    );
  const dy = gradients[0] as string;
  const result = spelled(output, g.type(dy).shape.length);
  const operands = terms.map((labels, i) => {
    const shape = knownShape(call.tensor(i));
    const all = spelled(labels, shape.length);
    const stays = (axis: number) => shape[axis] !== 1 || !unused.includes(all[axis] as string);
    const axes = range(shape.length).filter(stays);
    return { labels: all, axes, shape, kept: axes.map((axis) => all[axis] as string) };
  });
  return operands.map(({ labels, axes, shape }, i) => {
    if (wanted[i] !== true) return null;
    const others = operands.filter((_, k) => k !== i);
    const known = new Set([...result, ...others.flatMap(({ kept }) => kept)]);
    const made = axes.filter(
      (axis) => known.has(labels[axis] as string) && labels.indexOf(labels[axis] as string) === axis,
    );
    const from = [result, ...others.map(({ kept }) => kept)].map((term) => term.join("")).join(",");
    const equation = `${from}->${made.map((axis) => labels[axis]).join("")}`;
    const values = operands.flatMap((other, k) =>
      k === i
        ? []
        : [
            reshapedTo(
              g,
              inputs[k] as string,
              other.axes.map((axis) => other.shape[axis] as number),
            ),
          ],
    );
    const contracted = g.op("Einsum", [dy, ...values], { equation });
    const line = shape.map((size, axis) => (made.includes(axis) ? size : 1));
    const placed = labels.reduce(
      (value, label, axis) => {
        const first = labels.indexOf(label);
        return first === axis ? value : g.op("Mul", [value, diagonal(g, value, first, axis, shape)]);
      },
      reshapedTo(g, contracted, line),
    );
    return expandedTo(g, placed, shape);
  });
}

/** Ones where the positions on two axes of equal size are equal, zeros elsewhere, as a factor for a tensor of `shape`. */
function diagonal(g: Emitter, like: string, a: number, b: number, shape: readonly number[]): string {
  const size = shape[a] as number;
  const line = shape.map((_, axis) => (axis === a || axis === b ? size : 1));
  const ones = range(size * size).map((i) => Number(Math.floor(i / size) === i % size));
  return g.constant(tensorData(g.type(like).dtype, line, ones));
}

const einsum = defineOp({
  name: "Einsum",
  mixed: "half",
  doc: "Sums of products over labelled axes.",
  since: 12,
  inputs: [1, Infinity],
  axes: einsumRule,
  dtypes: (call) => [commonDtype(call, "number")],
  partials: einsumPartials,
  flops: (call) => Math.max(1, call.inputs.length) * rulePoints(einsumRule(call), call),
  gradient: einsumGradient,
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
