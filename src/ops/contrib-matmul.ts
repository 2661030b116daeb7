/**
 * Products of ONNX Runtime: FusedMatMul (transposed operands, scaled) and MatMulNBits (weights of a few bits in blocks).
 *
 * MatMulNBits: A [..., K], B [N, blocks, bytes of a block], scales and zero points per row and block.
 *
 *   columns   B, scales, zero points, bias S(0)                             -> S(last)
 *   blocks    A S(last/block size), B, scales, zero points S(1), bias P(sum) -> P(sum)
 *
 * Zero points that are packed several to a byte allow splits in as many blocks.
 */
import { isKnown } from "../ir/dim.ts";
import { broadcast, partial } from "../ir/layout.ts";
import { isInteger, tensorType } from "../ir/types.ts";
import type { ResolvedRule, Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import { blockAxis, jointSplits, type BlockAxis } from "./attention-core.ts";
import type { Call } from "./call.ts";
import type { AxisRange, Dense, LocalizeContext, Narrowing, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, rulePoints, type OpDefinition } from "./define.ts";
import { build, contract } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { partialSet } from "./movement.ts";

// --- FusedMatMul

/** `m` and `k` (or `k` and `n`) of an operand: last, or turned around, the first of them in front of the batch axes. */
function operandAxes(call: Call, input: number, names: readonly [string, string]): string {
  if (call.rank(input) < 2) return names[input === 0 ? 1 : 0];
  const side = input === 0 ? "A" : "B";
  const [first, second] = call.int(`trans${side}`, 0) !== 0 ? [names[1], names[0]] : names;
  return call.int(`transBatch${side}`, 0) !== 0 ? `${first} ... ${second}` : `... ${first} ${second}`;
}

function fusedRule(call: Call): string {
  if (call.rank(0) === 0 || call.rank(1) === 0) call.failShape("a scalar cannot be multiplied as a matrix");
  const output = ["...", ...(call.rank(0) > 1 ? ["m"] : []), ...(call.rank(1) > 1 ? ["n"] : [])];
  const dots = call.rank(0) > 1 || call.rank(1) > 1;
  return `${operandAxes(call, 0, ["m", "k"])}, ${operandAxes(call, 1, ["k", "n"])} -> ${(dots ? output : []).join(" ")}`;
}

/** The axes of an operand as MatMul has them: its matrix turned around, and an axis of the matrix behind the batch ones. */
function turned(rank: number, transposed: boolean, batched: boolean): number[] {
  if (rank < 2) return range(rank);
  const axes = batched ? [...range(rank - 1).slice(1), 0, rank - 1] : range(rank);
  return transposed ? [...axes.slice(0, -2), axes.at(-1) as number, axes.at(-2) as number] : axes;
}

/** The labels of an array's axes, batch axes named from the right. */
function labelsOf(rule: string, rank: number): string[] {
  const words = rule.trim().split(" ");
  const leading = rank - words.filter((word) => word !== "...").length;
  return words.flatMap((word) => (word === "..." ? range(leading).map((i) => `b${leading - i}`) : [word]));
}

const fusedMatMul = defineOp({
  name: "com.microsoft.FusedMatMul",
  doc: "alpha times the matrix product of operands that may be transposed.",
  since: 1,
  inputs: [2, 2],
  axes: fusedRule,
  dtypes: (call) => [commonDtype(call, "float")],
  partials: { linear: [[0], [1]] },
  flops: (call) => 2 * rulePoints(fusedRule(call), call),
  evaluate: ({ call, inputs }) => {
    const [a, b] = inputs as readonly [Dense, Dense];
    const [left = "", right = ""] = (fusedRule(call).split("->")[0] as string).split(",");
    const labels = [labelsOf(left, a.shape.length), labelsOf(right, b.shape.length)];
    const batch = Math.max(...labels.map((names) => names.filter((name) => name.startsWith("b")).length));
    const output = labelsOf(
      (fusedRule(call).split("->")[1] as string).trim(),
      batch + (a.shape.length > 1 ? 1 : 0) + (b.shape.length > 1 ? 1 : 0),
    );
    const product = contract([a, b], labels, output, a.dtype);
    const alpha = call.float("alpha", 1);
    return [{ ...product, data: product.data.map((x) => alpha * x) }];
  },
  gradient: {
    expand: (g, [a, b], call) => {
      const operand = (value: string, side: "A" | "B") => {
        const rank = g.type(value).shape.length;
        const perm = turned(rank, call.int(`trans${side}`, 0) !== 0, call.int(`transBatch${side}`, 0) !== 0);
        return perm.every((from, to) => from === to) ? value : g.op("Transpose", [value], { perm });
      };
      const product = g.op("MatMul", [operand(a as string, "A"), operand(b as string, "B")]);
      const alpha = call.float("alpha", 1);
      return [alpha === 1 ? product : g.op("Mul", [product, g.scalar(call.dtype(0), alpha)])];
    },
  },
});

// --- MatMulNBits

const [A, B, SCALES, ZEROS, GROUPS, BIAS] = [0, 1, 2, 3, 4, 5] as const;

interface Blocks {
  readonly n: number;
  readonly k: number;
  readonly size: number;
  readonly bits: number;
  readonly count: number;
  /** Zero points in one element of their tensor. */
  readonly zerosPacked: number;
}

function blocksOf(call: Call): Blocks {
  const [n, k, size, bits] = [call.int("N"), call.int("K"), call.int("block_size"), call.int("bits", 4)];
  if (![2, 4, 8].includes(bits))
    call.fail("bad-attribute", { name: "bits", problem: `must be 2, 4 or 8, not ${bits}` });
  const columns = call.shape(A).at(-1);
  if (columns === undefined || (isKnown(columns) && columns !== k))
    call.failShape(`A must have K = ${k} columns`);
  const count = Math.ceil(k / size);
  const weight = [n, count, (size * bits) / 8];
  if (call.shape(B).join() !== weight.join()) call.failShape(`B must be [${weight.join(", ")}]`);
  const zerosPacked = call.has(ZEROS) && call.dtype(ZEROS) === "u8" ? 8 / bits : 1;
  return { n, k, size, bits, count, zerosPacked };
}

/** Rows of scales or zero points: axis 0 of a matrix, or runs of a vector. */
function rowsOf(call: Call, input: number, perRow: number): BlockAxis[] {
  if (!call.has(input)) return [];
  return [blockAxis("input", input, 0, call.rank(input) === 1 ? perRow : 1)];
}

function nBitsSignatures(call: Call, context: SignatureContext, derived: readonly Signature[]): Signature[] {
  const { size, count, zerosPacked } = blocksOf(call);
  if (call.has(GROUPS) || call.int("weight_prepacked", 0) !== 0) return [...derived];
  const last = call.rank(A) - 1;
  const columns = jointSplits(
    call,
    context,
    [
      blockAxis("input", B, 0),
      ...rowsOf(call, SCALES, count),
      ...rowsOf(call, ZEROS, Math.ceil(count / zerosPacked)),
      blockAxis("input", BIAS, 0),
      blockAxis("output", 0, last),
    ],
    { outputs: broadcast },
  );
  const apart = call.rank(SCALES) === 2 && (!call.has(ZEROS) || call.rank(ZEROS) === 2);
  const sum = partial("sum");
  const blocks = apart
    ? jointSplits(
        call,
        context,
        [
          blockAxis("input", A, last, size * zerosPacked),
          blockAxis("input", B, 1, zerosPacked),
          blockAxis("input", SCALES, 1, zerosPacked),
          blockAxis("input", ZEROS, 1),
        ],
        { inputs: { [BIAS]: sum }, outputs: sum },
      )
    : [];
  const bias = call.has(BIAS);
  return [
    ...derived,
    ...columns,
    ...blocks,
    ...[A, SCALES].flatMap((input) => partialSet(call, bias ? [input, BIAS] : [input], ["sum"])),
    ...(bias ? partialSet(call, [BIAS], ["max", "min"]) : []),
  ];
}

function localizeNBits({ g, call, inputs }: LocalizeContext): readonly string[] {
  const shapeOf = (input: number) => g.type(inputs[input] as string).shape;
  const attributes = { ...call.attributes, N: shapeOf(B)[0] as number, K: shapeOf(A).at(-1) as number };
  return [g.op(call.op, inputs, attributes)];
}

/** Columns of the product out of rows of the weight. */
function narrowNBits(call: Call, range: AxisRange): Narrowing | undefined {
  if (range.axis !== call.rank(A) - 1 || call.has(GROUPS)) return undefined;
  const { count, zerosPacked } = blocksOf(call);
  const rows = (input: number, perRow: number): AxisRange => {
    const scale = call.rank(input) === 1 && input !== BIAS ? perRow : 1;
    return { axis: 0, start: range.start * scale, length: range.length * scale };
  };
  const inputs = call.inputs.map((type, input) => {
    if (type === null || input === A) return null;
    return rows(input, input === ZEROS ? Math.ceil(count / zerosPacked) : count);
  });
  return { inputs, emit: (g, values) => g.op(call.op, values, { ...call.attributes, N: range.length }) };
}

const matMulNBits = defineOp({
  name: "com.microsoft.MatMulNBits",
  doc: "Product with a transposed weight of 2, 4 or 8 bits, each block of which has its scale and zero point.",
  since: 1,
  inputs: [3, 6],
  axes: (call): ResolvedRule => {
    const leading: (string | null)[] = range(call.rank(A) - 1).map((axis) => `a${axis}`);
    const whole = (input: number) => (call.has(input) ? call.shape(input).map(() => null) : null);
    return {
      inputs: call.inputs.map((_, input) => (input === A ? [...leading, null] : whole(input))),
      outputs: [[...leading, null]],
    };
  },
  infer: (call) => {
    const { n } = blocksOf(call);
    return [tensorType(commonDtype(call, "float", [A, SCALES, BIAS]), [...call.shape(A).slice(0, -1), n])];
  },
  signatures: (call, derived, context) => nBitsSignatures(call, context, derived),
  localize: localizeNBits,
  narrow: narrowNBits,
  flops: (call) => {
    const rows = call.shape(B)[0];
    return 2 * inputElements(call, A) * (rows !== undefined && isKnown(rows) ? rows : 1);
  },
  evaluate: ({ call, inputs }) => {
    const { n, k, size, bits, count, zerosPacked } = blocksOf(call);
    if (call.has(GROUPS)) call.failShape("g_idx is not supported");
    const [a, b, scales, zeros, , bias] = inputs as readonly (Dense | null | undefined)[];
    const [x, w, scale] = [a as Dense, b as Dense, scales as Dense];
    const field = (data: Float64Array, byte: number, index: number) =>
      ((data[byte + Math.floor((index * bits) / 8)] as number) >> ((index * bits) % 8)) & (2 ** bits - 1);
    const blockBytes = (size * bits) / 8;
    const zeroAt = (row: number, block: number): number => {
      if (zeros == null) return 2 ** (bits - 1);
      if (!isInteger(zeros.dtype)) return zeros.data[row * count + block] as number;
      return field(zeros.data, row * Math.ceil(count / zerosPacked), block);
    };
    const weight = build(x.dtype, [n, k], ([row = 0, column = 0]) => {
      const block = Math.floor(column / size);
      const value = field(w.data, (row * count + block) * blockBytes, column % size);
      return (value - zeroAt(row, block)) * (scale.data[row * count + block] as number);
    });
    return [
      build(x.dtype, [...x.shape.slice(0, -1), n], (_, at) => {
        const [line, row] = [Math.floor(at / n), at % n];
        let total = bias?.data[row] ?? 0;
        for (let i = 0; i < k; i++)
          total += (x.data[line * k + i] as number) * (weight.data[row * k + i] as number);
        return total;
      }),
    ];
  },
  gradient: { none: "its weight is of a few bits, which no small step changes" },
});

export const contribMatmulOps: readonly OpDefinition[] = [fusedMatMul, matMulNBits];
