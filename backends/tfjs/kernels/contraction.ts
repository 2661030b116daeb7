/** Products of matrices, and sums of products over named axes. */
import type { Call } from "../../../src/ops/call.ts";
import { arraysEqual, product, range } from "../../../src/support/collections.ts";
import { floatsOnly, reshape, shapeOf, type Kernel, type Tensor, type Tf } from "../kernel.ts";

const needs = ["BatchMatMul", "Tile"];

/** Leading axes of both operands, which broadcast. */
function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return range(rank).map((i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return x === 1 ? y : x;
  });
}

/** The product of stacks of matrices of known shapes; vectors count as one row on the left, one column on the right. */
function matmul(tf: Tf, aShape: readonly number[], bShape: readonly number[]) {
  const rows = aShape.length === 1 ? [1, ...aShape] : [...aShape];
  const columns = bShape.length === 1 ? [...bShape, 1] : [...bShape];
  const [m, k, n] = [rows.at(-2), rows.at(-1), columns.at(-1)] as [number, number, number];
  const [aBatch, bBatch] = [rows.slice(0, -2), columns.slice(0, -2)];
  const batch = broadcastShape(aBatch, bBatch);
  const result = [...batch, ...(aShape.length === 1 ? [] : [m]), ...(bShape.length === 1 ? [] : [n])];
  // One matrix on the right: all rows at once.
  if (product(bBatch) === 1 && product(batch) === product(aBatch)) {
    const height = product(batch) * m;
    return (a: Tensor, b: Tensor) =>
      reshape(tf, tf.matMul(reshape(tf, a, [height, k]), reshape(tf, b, [k, n])), result);
  }
  const stacked = (x: Tensor, own: readonly number[], matrix: readonly [number, number]): Tensor => {
    if (arraysEqual(own, batch) || product(own) === 1) return reshape(tf, x, [product(own), ...matrix]);
    const ranked = reshape(tf, x, [...batch.slice(own.length).map(() => 1), ...own, ...matrix]);
    return reshape(tf, tf.broadcastTo(ranked, [...batch, ...matrix]), [product(batch), ...matrix]);
  };
  return (a: Tensor, b: Tensor) =>
    reshape(tf, tf.matMul(stacked(a, aBatch, [m, k]), stacked(b, bBatch, [k, n])), result);
}

/** Some adapters transpose before they multiply. */
const gemm: Kernel = {
  op: "Gemm",
  needs: ["BatchMatMul", "Transpose", "Multiply", "Add"],
  unless: floatsOnly,
  prepare: ({ tf, call }) => {
    const [alpha, beta] = [call.float("alpha", 1), call.float("beta", 1)];
    const [left, right] = [call.int("transA", 0) !== 0, call.int("transB", 0) !== 0];
    const scaled = (x: Tensor, factor: number) => (factor === 1 ? x : tf.mul(x, factor));
    return (a: Tensor, b: Tensor, c?: Tensor) => {
      const out = scaled(tf.matMul(a, b, left, right), alpha);
      return c === undefined ? out : tf.add(out, scaled(c, beta));
    };
  },
};

/** The labels of an equation's operands and of its result; an ellipsis becomes labels of its own. */
function equationOf(call: Call): { readonly operands: string[][]; readonly result: string[] } {
  const [left = "", right] = call.string("equation").replaceAll(" ", "").split("->");
  const ranks = call.inputs.map((_, i) => call.rank(i));
  const terms = left.split(",");
  const hidden = Math.max(
    0,
    ...terms.map((term, i) =>
      term.includes("...") ? (ranks[i] as number) - term.replace("...", "").length : 0,
    ),
  );
  const expand = (term: string, count: number): string[] => {
    const [before = "", after] = term.split("...");
    if (after === undefined) return [...before];
    return [...before, ...range(count).map((i) => `.${hidden - count + i}`), ...after];
  };
  const operands = terms.map((term, i) =>
    expand(term, (ranks[i] as number) - term.replace("...", "").length),
  );
  if (right !== undefined) return { operands, result: expand(right, hidden) };
  const count = new Map<string, number>();
  for (const label of operands.flat()) count.set(label, (count.get(label) ?? 0) + 1);
  const once = [...count.keys()].filter((label) => !label.startsWith(".") && count.get(label) === 1).sort();
  return { operands, result: [...range(hidden).map((i) => `.${i}`), ...once] };
}

/** A tensor whose axes have labels, each once. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** Sums away what nobody asks for, takes diagonals, and drops axes of size 1 that broadcast. */
function simplified(
  tf: Tf,
  { x, labels }: Labelled,
  wanted: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): Labelled {
  let [value, names] = [x, [...labels]];
  for (let axis = names.length - 1; axis >= 0; axis--) {
    const first = names.indexOf(names[axis] as string);
    if (first < axis) {
      // The diagonal: both axes side by side and flat, every (size + 1)-th element.
      const size = value.shape[axis] as number;
      const rest = range(names.length).filter((i) => i !== first && i !== axis);
      const front = tf.transpose(value, [first, axis, ...rest]);
      const outer = rest.map((i) => value.shape[i] as number);
      const flat = reshape(tf, front, [size * size, product(outer)]);
      const places = tf.tensor1d(
        range(size).map((i) => i * (size + 1)),
        "int32",
      );
      const picked = reshape(tf, tf.gather(flat, places), [size, ...outer]);
      const kept = names.filter((_, i) => i !== axis);
      const target = [names[first] as string, ...kept.filter((_, i) => i !== first)];
      value = tf.transpose(
        picked,
        kept.map((name) => target.indexOf(name)),
      );
      names = kept;
    }
  }
  const summed = names.flatMap((name, axis) =>
    !wanted.has(name) || (value.shape[axis] === 1 && sizes.get(name) !== 1) ? [axis] : [],
  );
  if (summed.length === 0) return { x: value, labels: names };
  return { x: tf.sum(value, summed), labels: names.filter((_, axis) => !summed.includes(axis)) };
}

/** Two operands multiplied and summed over the labels that nobody asks for afterwards: one product of matrices. */
function contractPair(
  tf: Tf,
  a: Labelled,
  b: Labelled,
  wanted: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): Labelled {
  const batch = a.labels.filter((l) => b.labels.includes(l) && wanted.has(l));
  const inner = a.labels.filter((l) => b.labels.includes(l) && !wanted.has(l));
  const left = a.labels.filter((l) => !b.labels.includes(l));
  const right = b.labels.filter((l) => !a.labels.includes(l));
  const sizeOf = (labels: readonly string[]) => labels.map((l) => sizes.get(l) ?? 1);
  const arranged = ({ x, labels }: Labelled, order: readonly string[], shape: number[]) =>
    reshape(
      tf,
      tf.transpose(
        x,
        order.map((l) => labels.indexOf(l)),
      ),
      shape,
    );
  const [p, m, k, n] = [batch, left, inner, right].map((labels) => product(sizeOf(labels))) as [
    number,
    number,
    number,
    number,
  ];
  const out = tf.matMul(
    arranged(a, [...batch, ...left, ...inner], [p, m, k]),
    arranged(b, [...batch, ...inner, ...right], [p, k, n]),
  );
  const labels = [...batch, ...left, ...right];
  return { x: reshape(tf, out, sizeOf(labels)), labels };
}

const einsum: Kernel = {
  op: "Einsum",
  needs: ["BatchMatMul", "Transpose", "Sum", "GatherV2"],
  unless: floatsOnly,
  prepare: ({ tf, call }) => {
    const { operands, result } = equationOf(call);
    const sizes = new Map<string, number>();
    operands.forEach((labels, i) =>
      labels.forEach((label, axis) =>
        sizes.set(label, Math.max(sizes.get(label) ?? 1, shapeOf(call, i)[axis] as number)),
      ),
    );
    return (...inputs: Tensor[]) => {
      const wantedFrom = (i: number) => new Set([...result, ...operands.slice(i).flat()]);
      const prepared = inputs.map((x, i) => {
        const others = new Set([...result, ...operands.filter((_, j) => j !== i).flat()]);
        return simplified(tf, { x, labels: operands[i] as string[] }, others, sizes);
      });
      const total = prepared.reduce((a, b, i) => contractPair(tf, a, b, wantedFrom(i + 1), sizes));
      const missing = result.filter((label) => !total.labels.includes(label));
      const ordered = tf.transpose(
        total.x,
        result.filter((label) => !missing.includes(label)).map((label) => total.labels.indexOf(label)),
      );
      return reshape(
        tf,
        ordered,
        result.map((label) => sizes.get(label) ?? 1),
      );
    };
  },
};

export const contractionKernels: readonly Kernel[] = [
  {
    op: "MatMul",
    needs,
    unless: floatsOnly,
    prepare: ({ tf, call }) => matmul(tf, shapeOf(call, 0), shapeOf(call, 1)),
  },
  gemm,
  einsum,
];
