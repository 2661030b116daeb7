/** Steps of random graphs that move numbers and leave them as they are: reshaping, cutting, joining, indexing. */
import { tensorData } from "../../src/ir/tensor-data.ts";
import { product, range } from "../../src/support/collections.ts";
import type { Known, Step } from "./graph-maker.ts";

export const movement = {
  merge(m, g) {
    const x = m.any(2);
    if (x === undefined) return;
    const shape = m.shape(x);
    const at = m.oneOf(m.axes(x).slice(0, -1));
    const length = 2 + m.pick(shape.length - at - 1);
    const target = [
      ...shape.slice(0, at),
      product(shape.slice(at, at + length)),
      ...shape.slice(at + length),
    ];
    if (m.pick(3) === 0) target[m.pick(target.length)] = -1;
    return m.emit("Reshape", [x.name, g.ints(target)], x, kept(x));
  },
  part(m, g) {
    const x = m.any(1);
    if (x === undefined) return;
    const shape = m.shape(x);
    const cuts = m.axes(x).flatMap((axis) =>
      range(shape[axis] as number)
        .filter((n) => n > 1 && (shape[axis] as number) % n === 0 && n < (shape[axis] as number))
        .map((n) => [axis, n] as const),
    );
    if (cuts.length === 0) return;
    const [axis, n] = m.oneOf(cuts);
    return m.emit(
      "Reshape",
      [x.name, g.ints([...shape.slice(0, axis), n, (shape[axis] as number) / n, ...shape.slice(axis + 1)])],
      x,
      kept(x),
    );
  },
  reshape(m, g) {
    const x = m.any(2);
    if (x === undefined) return;
    const shape = m.shape(x);
    const rest = m.axes(x).map((axis) => shape[axis] as number);
    const lead = x.batch ? [shape[0] as number] : [];
    return m.emit("Reshape", [x.name, g.ints([...lead, ...rest.toReversed()])], x, kept(x));
  },
  flatten(m) {
    const x = m.any(1);
    if (x === undefined) return;
    const axis = x.batch ? 1 : m.pick(m.shape(x).length + 1);
    return m.emit("Flatten", [x.name], x, kept(x), { axis });
  },
  transpose(m) {
    const x = m.any(2);
    if (x === undefined) return;
    const open = m.axes(x);
    const shuffled: number[] = [];
    while (open.length > 0) shuffled.push(...open.splice(m.pick(open.length), 1));
    return m.emit("Transpose", [x.name], x, kept(x), {
      perm: [...(x.batch ? [0] : []), ...shuffled],
    });
  },
  concat(m, g) {
    const x = m.any(1);
    if (x === undefined) return;
    const axis = m.oneOf(m.axes(x));
    const own = m.shape(x);
    const { dtype } = g.type(x.name);
    const mate = m.choose(
      (shape, type, known) =>
        type === dtype &&
        known.batch === x.batch &&
        shape.length === own.length &&
        shape.every((n, i) => i === axis || n === own[i]),
    );
    const exact = x.exact && (mate?.exact ?? true);
    return m.emit(
      "Concat",
      [x.name, (mate ?? x).name, ...(m.pick(3) === 0 ? [x.name] : [])],
      x,
      { exact },
      { axis },
    );
  },
  split(m, g) {
    const x = m.any(1);
    if (x === undefined) return;
    const axis = m.oneOf(m.axes(x));
    const n = m.shape(x)[axis] as number;
    if (n < 2) return;
    const first = 1 + m.pick(n - 1);
    if (n % 2 === 0 && m.pick(2) === 0)
      return m.emitAll("Split", [x.name], x, kept(x), { axis, num_outputs: 2 }, 2);
    return m.emitAll("Split", [x.name, g.ints([first, n - first])], x, kept(x), { axis }, 2);
  },
  slice(m, g) {
    const x = m.any(1);
    if (x === undefined) return;
    const axis = m.oneOf(m.axes(x));
    const n = m.shape(x)[axis] as number;
    const start = m.pick(n);
    const end = start + 1 + m.pick(n - start);
    switch (m.pick(4)) {
      case 0:
        return m.emit(
          "Slice",
          [x.name, g.ints([-1]), g.ints([-n - 1]), g.ints([axis]), g.ints([-1])],
          x,
          kept(x),
        );
      case 1:
        return m.emit(
          "Slice",
          [x.name, g.ints([start]), g.ints([9999]), g.ints([axis]), g.ints([1 + m.pick(3)])],
          x,
          kept(x),
        );
      default:
        return m.emit("Slice", [x.name, g.ints([start]), g.ints([end]), g.ints([axis])], x, kept(x));
    }
  },
  gather(m) {
    const index = m.choose((_, dtype, known) => dtype === "i64" && known.bounds !== undefined);
    if (index?.bounds === undefined) return;
    const rows = index.bounds[1] + 1 + m.pick(4);
    const table = m.weight([rows, 1 + m.pick(6)]);
    return m.emit("Gather", [table, index.name], index, {}, { axis: 0 });
  },
  "gather-constant"(m, g) {
    const x = m.any(1);
    if (x === undefined) return;
    const axis = m.oneOf(m.axes(x));
    const n = m.shape(x)[axis] as number;
    const index =
      m.pick(3) === 0 ? g.ints(m.pick(n)) : g.ints(range(1 + m.pick(4)).map(() => m.pick(2 * n) - n));
    return m.emit("Gather", [x.name, index], x, kept(x), { axis });
  },
  "one-hot"(m, g) {
    const index = m.choose((_, dtype, known) => dtype === "i64" && known.bounds !== undefined);
    if (index?.bounds === undefined || m.shape(index).length === 0) return;
    const values = g.constant(tensorData("f32", [2], [0, 1]));
    return m.emit("OneHot", [index.name, g.ints([index.bounds[1] + 1]), values], index, {
      exact: true,
    });
  },
  expand(m, g) {
    const x = m.any();
    if (x === undefined) return;
    const shape = m.shape(x).map((n, axis) => (n === 1 && !(x.batch && axis === 0) ? 1 + m.pick(4) : n));
    const lead = x.batch || m.pick(2) === 0 ? [] : [1 + m.pick(3)];
    return m.emit("Expand", [x.name, g.ints([...lead, ...shape])], x, kept(x));
  },
  tile(m, g) {
    const x = m.float();
    if (x === undefined) return;
    const repeats = m.shape(x).map((_, axis) => (x.batch && axis === 0 ? 1 : 1 + m.pick(2)));
    return m.emit("Tile", [x.name, g.ints(repeats)], x, kept(x));
  },
  pad(m, g) {
    const x = m.float();
    if (x === undefined) return;
    const amount = (axis: number) => (x.batch && axis === 0 ? 0 : m.pick(3));
    const axes = range(m.shape(x).length);
    const pads = [...axes.map(amount), ...axes.map(amount)];
    return m.emit(
      "Pad",
      [x.name, g.ints(pads), ...(m.pick(2) === 0 ? [] : [g.scalar("f32", 0.5)])],
      x,
      kept(x),
    );
  },
  unsqueeze(m, g) {
    const x = m.any();
    if (x === undefined) return;
    const rank = m.shape(x).length;
    const least = x.batch ? 1 : 0;
    return m.emit("Unsqueeze", [x.name, g.ints([least + m.pick(rank + 1 - least)])], x, kept(x));
  },
  squeeze(m, g) {
    const x = m.any();
    if (x === undefined) return;
    const ones = m.axes(x).filter((axis) => m.shape(x)[axis] === 1);
    if (ones.length === 0) return;
    return m.emit("Squeeze", [x.name, g.ints([m.oneOf(ones)])], x, kept(x));
  },
  trilu(m, g) {
    const x = m.float(2);
    if (x === undefined) return;
    return m.emit("Trilu", [x.name, g.ints(m.pick(3) - 1)], x, kept(x), { upper: m.pick(2) });
  },
} satisfies Record<string, Step>;

/** What movement leaves as it is. */
function kept(x: Known): Partial<Known> {
  return { exact: x.exact, ...(x.bounds === undefined ? {} : { bounds: x.bounds }) };
}
