/** Steps of random graphs that make new numbers: arithmetic, products, reductions, convolutions, comparisons, losses. */
import { dataTypes } from "../../src/ir/types.ts";
import { range } from "../../src/support/collections.ts";
import type { Step } from "./graph-maker.ts";

export const compute = {
  unary(m) {
    const x = m.float();
    if (x === undefined) return;
    const op = m.oneOf([
      "Tanh",
      "Sigmoid",
      "Gelu",
      "Erf",
      "Sin",
      "Softsign",
      "Softplus",
      "Swish",
      "Elu",
      "HardSwish",
      "Identity",
    ]);
    return m.emit(op, [x.name], x, op === "Identity" ? { exact: x.exact } : {});
  },
  "exact-unary"(m) {
    const x = m.float();
    if (x === undefined) return;
    const op = m.oneOf(["Relu", "Neg", "Abs"]);
    return m.emit(op, [x.name], x, { exact: x.exact });
  },
  clip(m, g) {
    const x = m.float();
    if (x === undefined) return;
    return m.emit("Clip", [x.name, g.scalar("f32", -0.75), g.scalar("f32", 0.5)], x, {
      exact: x.exact,
    });
  },
  binary(m) {
    const x = m.float();
    const y = x && m.partner(x, "f32");
    if (x === undefined || y === undefined) return;
    const inputs = m.pick(2) === 0 ? [x.name, y.name] : [y.name, x.name];
    return m.emit(m.oneOf(["Add", "Mul", "Sub", "Max", "Min", "Add", "Mul"]), inputs, x, {});
  },
  twice(m) {
    const x = m.float();
    if (x === undefined) return;
    return m.emit(m.oneOf(["Add", "Mul", "Sub"]), [x.name, x.name], x);
  },
  variadic(m) {
    const x = m.float();
    const y = x && m.partner(x, "f32");
    const z = x && m.partner(x, "f32");
    if (x === undefined || y === undefined || z === undefined) return;
    return m.emit(m.oneOf(["Sum", "Mean", "Max"]), [x.name, y.name, z.name], x);
  },
  divide(m, g) {
    const x = m.float();
    const y = x && m.partner(x, "f32");
    if (x === undefined || y === undefined) return;
    const below = g.op("Add", [g.op("Abs", [y.name]), g.scalar("f32", 1)]);
    return m.emit("Div", [x.name, m.pick(2) === 0 ? below : g.op("Sqrt", [below])], x);
  },
  scale(m, g) {
    const x = m.float();
    if (x === undefined) return;
    return m.emit(m.oneOf(["Mul", "Div"]), [x.name, g.scalar("f32", 2)], x);
  },
  "matmul-weight"(m) {
    const x = m.float(1);
    if (x === undefined) return;
    const shape = m.shape(x);
    const k = shape.at(-1) as number;
    const out = 1 + m.pick(7);
    const stacked = shape.length >= 3 && m.pick(3) === 0;
    const lead = stacked ? [x.batch && shape.length === 3 ? 1 : (shape.at(-3) as number)] : [];
    const weight = m.pick(8) === 7 && shape.length > 1 ? [k] : [...lead, k, out];
    return m.emit("MatMul", [x.name, m.weight(weight)], x);
  },
  matmul(m, g) {
    const x = m.float(2);
    if (x === undefined) return;
    const own = m.shape(x);
    // The same leading axes: transposed partner or itself.
    const rank = own.length;
    const perm = [...range(rank - 2), rank - 1, rank - 2];
    const y = m.float(
      2,
      (shape, known) =>
        known.batch === x.batch &&
        shape.length === rank &&
        shape.slice(0, -2).join() === own.slice(0, -2).join() &&
        (shape.at(-1) === own.at(-1) || shape.at(-2) === own.at(-1)),
    );
    if (y === undefined) return;
    const direct = m.shape(y).at(-2) === own.at(-1);
    return m.emit("MatMul", [x.name, direct ? y.name : g.op("Transpose", [y.name], { perm })], x);
  },
  "vector-matmul"(m) {
    const x = m.float(1, (shape, known) => shape.length === 1 && !known.batch);
    if (x === undefined) return;
    const n = m.shape(x)[0] as number;
    return m.emit("MatMul", [x.name, m.weight(m.pick(2) === 0 ? [n] : [n, 1 + m.pick(6)])], x);
  },
  gemm(m) {
    const x = m.float(0, (shape) => shape.length === 2);
    if (x === undefined) return;
    const [height, width] = m.shape(x) as [number, number];
    const n = 1 + m.pick(7);
    const transA = x.batch ? 0 : m.pick(2);
    const [rows, inner] = transA === 1 ? [width, height] : [height, width];
    const transB = m.pick(2);
    const b = m.weight(transB === 1 ? [n, inner] : [inner, n]);
    const c = m.oneOf<readonly number[] | null>([
      [n],
      null,
      [1, n],
      x.batch ? [1] : [rows, 1],
      [],
      x.batch ? [n] : [rows, n],
    ]);
    return m.emit(
      "Gemm",
      [x.name, b, ...(c === null ? [] : [m.weight(c)])],
      x,
      {},
      { transA, transB, alpha: { float: 0.5 }, beta: { float: 2 } },
    );
  },
  einsum(m) {
    const x = m.float(0, (shape) => shape.length === 3);
    if (x === undefined) return;
    const [, b, c] = m.shape(x) as [number, number, number];
    const n = 1 + m.pick(5);
    const equation = m.oneOf(["abc,cbn->an", "abc,cn->abn", "abc,bn->anc"]);
    const shape = equation.includes("cbn") ? [c, b, n] : equation.includes("cn") ? [c, n] : [b, n];
    return m.emit("Einsum", [x.name, m.weight(shape)], x, {}, { equation });
  },
  reduce(m, g) {
    const x = m.float();
    if (x === undefined) return;
    const open = m.axes(x);
    const axes = open.filter(() => m.pick(2) === 0);
    if (axes.length === 0 && (open.length === 0 || x.batch)) return;
    const op = m.oneOf([
      "ReduceSum",
      "ReduceMean",
      "ReduceMax",
      "ReduceMin",
      "ReduceL1",
      "ReduceSumSquare",
      "ReduceLogSumExp",
      "ReduceMean",
    ]);
    const rank = m.shape(x).length;
    const named = axes.length === 0 ? [] : [g.ints(m.pick(2) === 0 ? axes : axes.map((axis) => axis - rank))];
    const exact = x.exact && (op === "ReduceMax" || op === "ReduceMin");
    return m.emit(op, [x.name, ...named], x, { exact }, { keepdims: m.pick(2) });
  },
  softmax(m) {
    const x = m.float(1);
    if (x === undefined) return;
    const axis = m.oneOf(m.axes(x));
    const op = m.oneOf(["Softmax", "LogSoftmax"]);
    return m.emit(op, [m.splitAlong(x, axis).name], x, {}, { axis });
  },
  norm(m) {
    const x = m.float(1);
    if (x === undefined) return;
    const shape = m.shape(x);
    const axis = m.oneOf(m.axes(x));
    const weight = m.weight(shape.slice(axis));
    const input = m.splitAlong(x, axis + m.pick(shape.length - axis)).name;
    const attributes = {
      axis: m.pick(2) === 0 ? axis : axis - shape.length,
      epsilon: { float: 0.125 },
    };
    if (m.pick(3) === 0) return m.emit("RMSNormalization", [input, weight], x, {}, attributes);
    const bias = m.pick(2) === 0 ? [m.weight(shape.slice(axis))] : [];
    return m.emit("LayerNormalization", [input, weight, ...bias], x, {}, attributes);
  },
  where(m) {
    const x = m.float();
    const y = x && m.partner(x, "f32");
    if (x === undefined || y === undefined) return;
    const condition = m.partner(x, "bool")?.name ?? m.source("random", "bool", m.shape(x));
    const swapped = m.pick(2) === 0;
    return m.emit("Where", [condition, swapped ? y.name : x.name, swapped ? x.name : y.name], x, {
      exact: x.exact && y.exact,
    });
  },
  dropout(m, g) {
    const x = m.float();
    if (x === undefined) return;
    const mask = m.source("random", "bool", m.shape(x));
    const kept = g.op("Where", [mask, x.name, g.scalar("f32", 0)]);
    return m.emit("Mul", [kept, g.scalar("f32", 2)], x);
  },
  compare(m) {
    const x = m.float(0, (_, known) => known.exact);
    const y = x && m.partner(x, "f32");
    if (x === undefined || y?.exact !== true) return;
    return m.emit(m.oneOf(["Less", "GreaterOrEqual", "Equal"]), [x.name, y.name], x);
  },
  logic(m) {
    const x = m.choose((_, dtype) => dtype === "bool");
    if (x === undefined) return;
    const y = m.partner(x, "bool");
    if (y === undefined) return m.emit("Not", [x.name], x);
    return m.emit(m.oneOf(["And", "Or", "Xor"]), [x.name, y.name], x);
  },
  integer(m, g) {
    const x = m.choose((_, dtype) => dtype === "i64");
    if (x === undefined) return;
    const y = m.partner(x, "i64");
    return m.emit(m.oneOf(["Add", "Sub", "Max", "Mul"]), [x.name, y?.name ?? g.ints(2)], x);
  },
  "integer-reduce"(m, g) {
    const x = m.choose((shape, dtype, known) => dtype === "i64" && shape.length > (known.batch ? 1 : 0));
    if (x === undefined) return;
    return m.emit(
      m.oneOf(["ReduceSum", "ReduceMax"]),
      [x.name, g.ints([m.oneOf(m.axes(x))])],
      x,
      {},
      { keepdims: m.pick(2) },
    );
  },
  cast(m, g) {
    const x = m.choose((_, dtype, known) => dtype !== "f32" || known.exact);
    if (x === undefined) return;
    const { dtype } = g.type(x.name);
    const to = dtype === "f32" ? m.oneOf(["i32", "i64", "bool"] as const) : "f32";
    return m.emit("Cast", [x.name], x, { exact: true }, { to: dataTypes[to][0] });
  },
  topk(m, g) {
    const x = m.float(1, (_, known) => known.exact);
    if (x === undefined) return;
    const axis = m.oneOf(m.axes(x));
    const n = m.shape(x)[axis] as number;
    return m.emitAll(
      "TopK",
      [x.name, g.ints([1 + m.pick(n)])],
      x,
      { exact: true },
      { axis, largest: m.pick(2) },
      2,
    );
  },
  arg(m) {
    const x = m.float(1, (_, known) => known.exact);
    if (x === undefined) return;
    const axis = m.oneOf(m.axes(x));
    const n = m.shape(x)[axis] as number;
    return m.emit(
      m.oneOf(["ArgMax", "ArgMin"]),
      [x.name],
      x,
      { bounds: [0, n - 1] },
      { axis, keepdims: m.pick(2) },
    );
  },
  cumsum(m, g) {
    const x = m.float(1);
    if (x === undefined) return;
    return m.emit(
      "CumSum",
      [x.name, g.ints(m.oneOf(m.axes(x)))],
      x,
      {},
      { exclusive: m.pick(2), reverse: m.pick(2) },
    );
  },
  conv(m) {
    const x = m.float(0, (shape) => shape.length === 3 || shape.length === 4);
    if (x === undefined) return;
    const [, channels, ...space] = m.shape(x) as [number, number, ...number[]];
    const group = channels % 2 === 0 ? 1 + m.pick(2) : 1;
    const out = group * (1 + m.pick(3));
    const kernel = space.map((n) => 1 + m.pick(Math.min(n, 3)));
    const strides = space.map(() => 1 + m.pick(2));
    const pads = [...space, ...space].map((_, i) =>
      m.pick(3) === 0 ? Math.min(1, (kernel[i % space.length] as number) - 1) : 0,
    );
    const bias = m.pick(2) === 0 ? [m.weight([out])] : [];
    return m.emit(
      "Conv",
      [x.name, m.weight([out, channels / group, ...kernel]), ...bias],
      x,
      {},
      { kernel_shape: kernel, strides, pads, group },
    );
  },
  pool(m) {
    const x = m.float(0, (shape) => shape.length === 4);
    if (x === undefined) return;
    const space = m.shape(x).slice(2);
    const kernel = space.map((n) => 1 + m.pick(Math.min(n, 3)));
    const op = m.oneOf(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"]);
    const exact = x.exact && op.includes("Max");
    const attributes = op.startsWith("Global")
      ? {}
      : { kernel_shape: kernel, strides: space.map(() => 1 + m.pick(2)) };
    return m.emit(op, [x.name], x, { exact }, attributes);
  },
  loss(m, g) {
    const x = m.float(2);
    if (x === undefined) return;
    const shape = m.shape(x);
    const classes = shape[1] as number;
    const scores = m.splitAlong(x, 1).name;
    const expected = [shape[0], ...shape.slice(2)].join();
    const labels = m.choose(
      (own, dtype, known) =>
        dtype === "i64" &&
        known.bounds !== undefined &&
        known.bounds[1] < classes &&
        known.bounds[0] >= 0 &&
        own.join() === expected &&
        known.batch === x.batch,
    )?.name;
    const name = labels ?? m.labels([shape[0] as number, ...shape.slice(2)], classes, x.batch);
    const reduction = x.batch ? m.oneOf(["mean", "none"]) : m.oneOf(["mean", "none", "sum"]);
    const weight = x.batch ? 1 : m.pick(3);
    const ignored = !x.batch && m.pick(3) === 0 ? { ignore_index: 0 } : {};
    if (weight === 0 || "ignore_index" in ignored) {
      // All labels may be ignored, and the mean of nothing is no number: these are summed.
      return m.emit(
        "SoftmaxCrossEntropyLoss",
        [scores, name, ...(weight === 0 ? [g.op("Abs", [m.weight([classes])])] : [])],
        x,
        { batch: false },
        { reduction: reduction === "mean" ? "sum" : reduction, ...ignored },
      );
    }
    const scalar = reduction !== "none";
    // A mean over the batch is no value to go on with sample by sample: it is returned.
    if (x.batch && scalar) {
      g.op("SoftmaxCrossEntropyLoss", [scores, name], { reduction });
      return;
    }
    return m.emit("SoftmaxCrossEntropyLoss", [scores, name], x, {}, { reduction });
  },
} satisfies Record<string, Step>;
