/**
 * Random well-typed graphs over many operators, small enough to interpret: what a fast-check property is stated about.
 *
 * A recipe is plain numbers, so that it shrinks: steps vanish, choices go to 0. `buildGraph` reads it the same way for every
 * batch size, so that a sample-wise recipe gives the whole batch's graph and a micro-batch's. Values stay of order one and
 * decisions (comparisons, maxima) are taken on exact numbers only: rounding in another order never flips a result.
 */
import * as fc from "fast-check";
import { unknownLocation as location } from "../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import { typeOf, type Attributes, type Graph, type GraphOutput } from "../../src/ir/graph.ts";
import {
  broadcast,
  partial,
  split,
  type LayoutHint,
  type Mesh,
  type NdSbp,
  type Sbp,
} from "../../src/ir/layout.ts";
import { tensorData } from "../../src/ir/tensor-data.ts";
import { dataTypes, knownShape, tensorType, type DataType, type TensorType } from "../../src/ir/types.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { GraphEmitter } from "../../src/ops/emitter.ts";
import { isSplittable } from "../../src/sbp/geometry.ts";
import { product, range } from "../../src/support/collections.ts";

export interface Recipe {
  /** Whether axis 0 of every input is a batch axis that no operator mixes. */
  readonly sampleWise: boolean;
  readonly sources: readonly (readonly number[])[];
  readonly steps: readonly { readonly op: number; readonly choices: readonly number[] }[];
  readonly outputs: readonly number[];
  /** 0: no layers; else steps per layer. */
  readonly layers: number;
  /** One entry per hint tried. */
  readonly hints: readonly (readonly number[])[];
}

export interface RecipeOptions {
  readonly steps?: readonly [number, number];
  readonly sampleWise?: boolean;
  readonly hints?: boolean;
}

const numbers = (length: number) => fc.array(fc.nat(999), { minLength: length, maxLength: length });

export function recipes(options: RecipeOptions = {}): fc.Arbitrary<Recipe> {
  const [minLength, maxLength] = options.steps ?? [5, 25];
  return fc.record({
    sampleWise: options.sampleWise === undefined ? fc.boolean() : fc.constant(options.sampleWise),
    sources: fc.array(numbers(6), { minLength: 2, maxLength: 5 }),
    steps: fc.array(fc.record({ op: fc.nat(999), choices: numbers(14) }), { minLength, maxLength }),
    outputs: fc.array(fc.nat(999), { maxLength: 3 }),
    layers: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 })),
    hints:
      options.hints === false
        ? fc.constant([])
        : fc.oneof(fc.constant([]), fc.array(numbers(5), { maxLength: 5 })),
  });
}

/** A graph with the values that its sources may have. */
export interface BuiltGraph {
  readonly graph: Graph;
  /** Integer inputs that are indices: [least, most]. */
  readonly bounds: ReadonlyMap<string, readonly [number, number]>;
}

/** What the generator knows of a value. */
interface Known {
  readonly name: string;
  /** Axis 0 is the batch. */
  readonly batch: boolean;
  /** A number of the inputs, moved, negated or clipped, or an integer: the same bits in any order of work. */
  readonly exact: boolean;
  readonly bounds?: readonly [number, number];
}

/** Of one sample, where there is a batch axis. */
const maximumElements = 300;
const maximumRank = 5;

/** `batch` is the length of the batch axis of a sample-wise recipe. */
export function buildGraph(recipe: Recipe, batch: number, mesh: Mesh): BuiltGraph {
  const made = new Making(recipe, batch, mesh);
  recipe.steps.forEach((step, i) => made.step(step.op, step.choices, layerAt(recipe, i)));
  return made.finish();
}

function layerAt({ layers }: Recipe, step: number): number | undefined {
  if (layers === 0) return undefined;
  // Some nodes stand outside layers, at the beginning, at the end and between.
  return step % 7 === 3 ? undefined : Math.floor(step / layers);
}

class Making {
  readonly #recipe: Recipe;
  readonly #batch: number;
  readonly #mesh: Mesh;
  readonly #builder = new GraphBuilder("random");
  readonly #known: Known[] = [];
  readonly #used = new Set<string>();
  readonly #bounds = new Map<string, readonly [number, number]>();
  #g: GraphEmitter;
  #choices: readonly number[] = [];
  #at = 0;
  #count = 0;

  constructor(recipe: Recipe, batch: number, mesh: Mesh) {
    this.#mesh = mesh;
    this.#recipe = recipe;
    this.#batch = batch;
    this.#g = new GraphEmitter(this.#builder, { location, module: "m" });
    for (const choices of recipe.sources) {
      this.#begin(choices);
      const integer = this.#pick(5) === 4;
      const rank = 1 + this.#pick(4);
      const own = range(rank).map(() => 1 + this.#pick(rank > 2 ? 4 : 7));
      const shape = recipe.sampleWise ? [batch, ...own.slice(0, 3)] : own;
      const name = this.#source("input", integer ? "i64" : "f32", shape);
      this.#add(name, {
        batch: recipe.sampleWise,
        exact: true,
        ...(integer ? { bounds: [0, 3] as const } : {}),
      });
      if (integer) this.#bounds.set(name, [0, 3]);
    }
  }

  step(op: number, choices: readonly number[], layer: number | undefined): void {
    this.#begin(choices);
    this.#g = this.#g.at({ location, module: "m", ...(layer === undefined ? {} : { layer }) });
    const kind = kinds[op % kinds.length] as Kind;
    this.#run(kind);
  }

  finish(): BuiltGraph {
    const builder = this.#builder;
    this.#hints();
    const used = new Set(builder.nodes.flatMap((node) => node.inputs));
    const ends = builder.nodes.flatMap((node) => node.outputs).filter((value) => !used.has(value));
    const asked = this.#recipe.outputs.map((n) => this.#known[n % this.#known.length]?.name as string);
    const constants = builder.sources
      .filter((source) => source.kind === "constant")
      .map(({ value }) => value);
    const [first] = this.#recipe.outputs;
    // A constant may hold the length of the batch, which micro-batches do not share.
    if (first !== undefined && first % 5 === 0 && constants.length > 0 && !this.#recipe.sampleWise)
      asked.push(constants[first % constants.length] as string);
    if (asked.length === 0 && ends.length === 0) asked.push(this.#known[0]?.name as string);
    // Some ends are dead.
    const returned = ends.filter((_, i) => i === ends.length - 1 || (this.#recipe.steps[i]?.op ?? 1) % 3 > 0);
    const outputs: GraphOutput[] = [...returned, ...asked].map((value, i) => ({ name: `y${i}`, value }));
    const layers = builder.nodes.reduce((most, node) => Math.max(most, (node.layer ?? -1) + 1), 0);
    return { graph: builder.finish(outputs, layers > 0 ? { layers } : {}), bounds: this.#bounds };
  }

  // --- choices

  #begin(choices: readonly number[]): void {
    this.#choices = choices;
    this.#at = 0;
  }

  #pick(n: number): number {
    return (this.#choices[this.#at++ % this.#choices.length] as number) % n;
  }

  #oneOf<T>(list: readonly T[]): T {
    return list[this.#pick(list.length)] as T;
  }

  /** A known value that `fits`, late ones first. */
  #choose(fits: (shape: readonly number[], dtype: DataType, known: Known) => boolean): Known | undefined {
    const open = this.#known
      .filter((known) => fits(this.#shape(known), this.#g.type(known.name).dtype, known))
      .toReversed();
    if (open.length === 0) return undefined;
    // The latest value that nobody uses yet makes chains; any value makes diamonds and long skips.
    const loose = open.filter(({ name }) => !this.#used.has(name));
    if (loose.length > 0 && this.#pick(3) > 0) return loose[this.#pick(Math.min(loose.length, 2))];
    return open[this.#pick(open.length)];
  }

  #float(
    minRank = 0,
    more: (shape: readonly number[], known: Known) => boolean = () => true,
  ): Known | undefined {
    return this.#choose(
      (shape, dtype, known) =>
        dtype === "f32" && shape.length >= minRank + (known.batch ? 1 : 0) && more(shape, known),
    );
  }

  #any(minRank = 0): Known | undefined {
    return this.#choose((shape, _, known) => shape.length >= minRank + (known.batch ? 1 : 0));
  }

  /** Axes that may be cut, reduced, mixed. */
  #axes(x: Known): number[] {
    return range(this.#shape(x).length).slice(x.batch ? 1 : 0);
  }

  #shape(x: Known): readonly number[] {
    return knownShape(this.#g.type(x.name));
  }

  // --- making

  #add(name: string, rest: Omit<Known, "name">): void {
    this.#known.push({ name, ...rest });
  }

  #source(kind: "input" | "parameter" | "random", dtype: DataType, shape: readonly number[]): string {
    const name = `${{ input: "x", parameter: "w", random: "mask" }[kind]}${this.#count++}`;
    const value = { name, type: tensorType(dtype, shape) };
    const common = { value: name, location };
    switch (kind) {
      case "input":
        this.#builder.addSource({ kind, ...common }, value);
        break;
      case "parameter":
        this.#builder.addSource(
          { kind, ...common, initializer: { kind: "normal", mean: 0, std: 1 }, module: "m" },
          value,
        );
        break;
      case "random":
        this.#builder.addSource(
          { kind, ...common, recipe: { kind: "bernoulli", keep: 0.5, key: name } },
          value,
        );
        break;
    }
    return name;
  }

  /** A parameter, or a constant, of this shape. */
  #weight(shape: readonly number[]): string {
    if (this.#pick(4) !== 3) return this.#source("parameter", "f32", shape);
    const n = product(shape);
    return this.#g.constant(
      tensorData(
        "f32",
        shape,
        range(n).map((i) => ((i * 37 + 11) % 19) / 8 - 1),
      ),
    );
  }

  /** Emits and keeps the result unless it is too big. */
  #emit(
    op: string,
    inputs: readonly (string | null)[],
    x: Known,
    change: Partial<Known> = {},
    attributes: Attributes = {},
  ): void {
    this.#emitAll(op, inputs, x, change, attributes, 1);
  }

  #emitAll(
    op: string,
    inputs: readonly (string | null)[],
    x: Known,
    change: Partial<Known>,
    attributes: Attributes,
    outputs: number,
  ): void {
    for (const name of inputs) if (name !== null) this.#used.add(name);
    for (const name of this.#g.ops(op, inputs, attributes, outputs)) {
      const { dtype, shape } = this.#g.type(name);
      const size = product(knownShape({ kind: "tensor", dtype, shape }));
      if (size > maximumElements * (x.batch ? this.#batch : 1) || shape.length > maximumRank) continue;
      const integer = dtype !== "f32";
      this.#add(name, { batch: x.batch, exact: integer, ...change });
    }
  }

  /** A shape that broadcasts against `x` without changing it. */
  #broadcastable(x: Known): number[] {
    const shape = this.#shape(x).map((n, axis) => ((x.batch && axis === 0) || this.#pick(3) === 0 ? 1 : n));
    return shape.slice(this.#pick(4) === 3 ? this.#pick(shape.length + 1) : 0);
  }

  /** Another value of the same shape (or one that broadcasts), else a weight. */
  #partner(x: Known, dtype: DataType): { readonly name: string; readonly exact: boolean } | undefined {
    const own = this.#shape(x);
    const mate = this.#choose((shape, type, known) => {
      if (type !== dtype || known.name === x.name || shape.length > own.length) return false;
      if (known.batch && shape.length !== own.length) return false;
      const aligned = own.slice(own.length - shape.length);
      // A value that does not carry the batch must be of size 1 along it.
      return (
        shape.every(
          (n, i) =>
            (n === aligned[i] && (known.batch || !x.batch || i + own.length - shape.length > 0)) || n === 1,
        ) &&
        (x.batch || !known.batch)
      );
    });
    if (mate !== undefined && this.#pick(3) > 0) return mate;
    return dtype === "f32" ? { name: this.#weight(this.#broadcastable(x)), exact: true } : undefined;
  }

  #run(kind: Kind): void {
    const g = this.#g;
    switch (kind) {
      case "unary": {
        const x = this.#float();
        if (x === undefined) return;
        const op = this.#oneOf([
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
        return this.#emit(op, [x.name], x, op === "Identity" ? { exact: x.exact } : {});
      }
      case "exact-unary": {
        const x = this.#float();
        if (x === undefined) return;
        const op = this.#oneOf(["Relu", "Neg", "Abs"]);
        return this.#emit(op, [x.name], x, { exact: x.exact });
      }
      case "clip": {
        const x = this.#float();
        if (x === undefined) return;
        return this.#emit("Clip", [x.name, g.scalar("f32", -0.75), g.scalar("f32", 0.5)], x, {
          exact: x.exact,
        });
      }
      case "binary": {
        const x = this.#float();
        const y = x && this.#partner(x, "f32");
        if (x === undefined || y === undefined) return;
        const inputs = this.#pick(2) === 0 ? [x.name, y.name] : [y.name, x.name];
        return this.#emit(this.#oneOf(["Add", "Mul", "Sub", "Max", "Min", "Add", "Mul"]), inputs, x, {});
      }
      case "twice": {
        const x = this.#float();
        if (x === undefined) return;
        return this.#emit(this.#oneOf(["Add", "Mul", "Sub"]), [x.name, x.name], x);
      }
      case "variadic": {
        const x = this.#float();
        const y = x && this.#partner(x, "f32");
        const z = x && this.#partner(x, "f32");
        if (x === undefined || y === undefined || z === undefined) return;
        return this.#emit(this.#oneOf(["Sum", "Mean", "Max"]), [x.name, y.name, z.name], x);
      }
      case "divide": {
        const x = this.#float();
        const y = x && this.#partner(x, "f32");
        if (x === undefined || y === undefined) return;
        const below = g.op("Add", [g.op("Abs", [y.name]), g.scalar("f32", 1)]);
        return this.#emit("Div", [x.name, this.#pick(2) === 0 ? below : g.op("Sqrt", [below])], x);
      }
      case "scale": {
        const x = this.#float();
        if (x === undefined) return;
        return this.#emit(this.#oneOf(["Mul", "Div"]), [x.name, g.scalar("f32", 2)], x);
      }
      case "matmul-weight": {
        const x = this.#float(1);
        if (x === undefined) return;
        const shape = this.#shape(x);
        const k = shape.at(-1) as number;
        const out = 1 + this.#pick(7);
        const stacked = shape.length >= 3 && this.#pick(3) === 0;
        const lead = stacked ? [x.batch && shape.length === 3 ? 1 : (shape.at(-3) as number)] : [];
        const weight = this.#pick(8) === 7 && shape.length > 1 ? [k] : [...lead, k, out];
        return this.#emit("MatMul", [x.name, this.#weight(weight)], x);
      }
      case "matmul": {
        const x = this.#float(2);
        if (x === undefined) return;
        const own = this.#shape(x);
        // The same leading axes: transposed partner or itself.
        const rank = own.length;
        const perm = [...range(rank - 2), rank - 1, rank - 2];
        const y = this.#float(
          2,
          (shape, known) =>
            known.batch === x.batch &&
            shape.length === rank &&
            shape.slice(0, -2).join() === own.slice(0, -2).join() &&
            (shape.at(-1) === own.at(-1) || shape.at(-2) === own.at(-1)),
        );
        if (y === undefined) return;
        const direct = this.#shape(y).at(-2) === own.at(-1);
        return this.#emit("MatMul", [x.name, direct ? y.name : g.op("Transpose", [y.name], { perm })], x);
      }
      case "vector-matmul": {
        const x = this.#float(1, (shape, known) => shape.length === 1 && !known.batch);
        if (x === undefined) return;
        const n = this.#shape(x)[0] as number;
        return this.#emit(
          "MatMul",
          [x.name, this.#weight(this.#pick(2) === 0 ? [n] : [n, 1 + this.#pick(6)])],
          x,
        );
      }
      case "gemm": {
        const x = this.#float(0, (shape) => shape.length === 2);
        if (x === undefined) return;
        const [m, k] = this.#shape(x) as [number, number];
        const n = 1 + this.#pick(7);
        const transA = x.batch ? 0 : this.#pick(2);
        const [rows, inner] = transA === 1 ? [k, m] : [m, k];
        const transB = this.#pick(2);
        const b = this.#weight(transB === 1 ? [n, inner] : [inner, n]);
        const c = this.#oneOf<readonly number[] | null>([
          [n],
          null,
          [1, n],
          x.batch ? [1] : [rows, 1],
          [],
          x.batch ? [n] : [rows, n],
        ]);
        return this.#emit(
          "Gemm",
          [x.name, b, ...(c === null ? [] : [this.#weight(c)])],
          x,
          {},
          { transA, transB, alpha: { float: 0.5 }, beta: { float: 2 } },
        );
      }
      case "einsum": {
        const x = this.#float(0, (shape) => shape.length === 3);
        if (x === undefined) return;
        const [, b, c] = this.#shape(x) as [number, number, number];
        const n = 1 + this.#pick(5);
        const equation = this.#oneOf(["abc,cbn->an", "abc,cn->abn", "abc,bn->anc"]);
        const shape = equation.includes("cbn") ? [c, b, n] : equation.includes("cn") ? [c, n] : [b, n];
        return this.#emit("Einsum", [x.name, this.#weight(shape)], x, {}, { equation });
      }
      case "reduce": {
        const x = this.#float();
        if (x === undefined) return;
        const open = this.#axes(x);
        const axes = open.filter(() => this.#pick(2) === 0);
        if (axes.length === 0 && (open.length === 0 || x.batch)) return;
        const op = this.#oneOf([
          "ReduceSum",
          "ReduceMean",
          "ReduceMax",
          "ReduceMin",
          "ReduceL1",
          "ReduceSumSquare",
          "ReduceLogSumExp",
          "ReduceMean",
        ]);
        const rank = this.#shape(x).length;
        const named =
          axes.length === 0 ? [] : [g.ints(this.#pick(2) === 0 ? axes : axes.map((axis) => axis - rank))];
        const exact = x.exact && (op === "ReduceMax" || op === "ReduceMin");
        return this.#emit(op, [x.name, ...named], x, { exact }, { keepdims: this.#pick(2) });
      }
      case "softmax": {
        const x = this.#float(1);
        if (x === undefined) return;
        const axis = this.#oneOf(this.#axes(x));
        const op = this.#oneOf(["Softmax", "LogSoftmax"]);
        return this.#emit(op, [this.#splitAlong(x, axis).name], x, {}, { axis });
      }
      case "norm": {
        const x = this.#float(1);
        if (x === undefined) return;
        const shape = this.#shape(x);
        const axis = this.#oneOf(this.#axes(x));
        const weight = this.#weight(shape.slice(axis));
        const input = this.#splitAlong(x, axis + this.#pick(shape.length - axis)).name;
        const attributes = {
          axis: this.#pick(2) === 0 ? axis : axis - shape.length,
          epsilon: { float: 0.125 },
        };
        if (this.#pick(3) === 0) return this.#emit("RMSNormalization", [input, weight], x, {}, attributes);
        const bias = this.#pick(2) === 0 ? [this.#weight(shape.slice(axis))] : [];
        return this.#emit("LayerNormalization", [input, weight, ...bias], x, {}, attributes);
      }
      case "merge": {
        const x = this.#any(2);
        if (x === undefined) return;
        const shape = this.#shape(x);
        const at = this.#oneOf(this.#axes(x).slice(0, -1));
        const length = 2 + this.#pick(shape.length - at - 1);
        const target = [
          ...shape.slice(0, at),
          product(shape.slice(at, at + length)),
          ...shape.slice(at + length),
        ];
        if (this.#pick(3) === 0) target[this.#pick(target.length)] = -1;
        return this.#emit("Reshape", [x.name, g.ints(target)], x, kept(x));
      }
      case "part": {
        const x = this.#any(1);
        if (x === undefined) return;
        const shape = this.#shape(x);
        const cuts = this.#axes(x).flatMap((axis) =>
          range(shape[axis] as number)
            .filter((n) => n > 1 && (shape[axis] as number) % n === 0 && n < (shape[axis] as number))
            .map((n) => [axis, n] as const),
        );
        if (cuts.length === 0) return;
        const [axis, n] = this.#oneOf(cuts);
        return this.#emit(
          "Reshape",
          [
            x.name,
            g.ints([...shape.slice(0, axis), n, (shape[axis] as number) / n, ...shape.slice(axis + 1)]),
          ],
          x,
          kept(x),
        );
      }
      case "reshape": {
        const x = this.#any(2);
        if (x === undefined) return;
        const shape = this.#shape(x);
        const rest = this.#axes(x).map((axis) => shape[axis] as number);
        const lead = x.batch ? [shape[0] as number] : [];
        return this.#emit("Reshape", [x.name, g.ints([...lead, ...rest.toReversed()])], x, kept(x));
      }
      case "flatten": {
        const x = this.#any(1);
        if (x === undefined) return;
        const axis = x.batch ? 1 : this.#pick(this.#shape(x).length + 1);
        return this.#emit("Flatten", [x.name], x, kept(x), { axis });
      }
      case "transpose": {
        const x = this.#any(2);
        if (x === undefined) return;
        const open = this.#axes(x);
        const shuffled: number[] = [];
        while (open.length > 0) shuffled.push(...open.splice(this.#pick(open.length), 1));
        return this.#emit("Transpose", [x.name], x, kept(x), {
          perm: [...(x.batch ? [0] : []), ...shuffled],
        });
      }
      case "concat": {
        const x = this.#any(1);
        if (x === undefined) return;
        const axis = this.#oneOf(this.#axes(x));
        const own = this.#shape(x);
        const { dtype } = this.#g.type(x.name);
        const mate = this.#choose(
          (shape, type, known) =>
            type === dtype &&
            known.batch === x.batch &&
            shape.length === own.length &&
            shape.every((n, i) => i === axis || n === own[i]),
        );
        const exact = x.exact && (mate?.exact ?? true);
        return this.#emit(
          "Concat",
          [x.name, (mate ?? x).name, ...(this.#pick(3) === 0 ? [x.name] : [])],
          x,
          { exact },
          { axis },
        );
      }
      case "split": {
        const x = this.#any(1);
        if (x === undefined) return;
        const axis = this.#oneOf(this.#axes(x));
        const n = this.#shape(x)[axis] as number;
        if (n < 2) return;
        const first = 1 + this.#pick(n - 1);
        if (n % 2 === 0 && this.#pick(2) === 0)
          return this.#emitAll("Split", [x.name], x, kept(x), { axis, num_outputs: 2 }, 2);
        return this.#emitAll("Split", [x.name, g.ints([first, n - first])], x, kept(x), { axis }, 2);
      }
      case "slice": {
        const x = this.#any(1);
        if (x === undefined) return;
        const axis = this.#oneOf(this.#axes(x));
        const n = this.#shape(x)[axis] as number;
        const start = this.#pick(n);
        const end = start + 1 + this.#pick(n - start);
        switch (this.#pick(4)) {
          case 0:
            return this.#emit(
              "Slice",
              [x.name, g.ints([-1]), g.ints([-n - 1]), g.ints([axis]), g.ints([-1])],
              x,
              kept(x),
            );
          case 1:
            return this.#emit(
              "Slice",
              [x.name, g.ints([start]), g.ints([9999]), g.ints([axis]), g.ints([1 + this.#pick(3)])],
              x,
              kept(x),
            );
          default:
            return this.#emit("Slice", [x.name, g.ints([start]), g.ints([end]), g.ints([axis])], x, kept(x));
        }
      }
      case "gather": {
        const index = this.#choose((_, dtype, known) => dtype === "i64" && known.bounds !== undefined);
        if (index?.bounds === undefined) return;
        const rows = index.bounds[1] + 1 + this.#pick(4);
        const table = this.#weight([rows, 1 + this.#pick(6)]);
        return this.#emit("Gather", [table, index.name], index, {}, { axis: 0 });
      }
      case "gather-constant": {
        const x = this.#any(1);
        if (x === undefined) return;
        const axis = this.#oneOf(this.#axes(x));
        const n = this.#shape(x)[axis] as number;
        const index =
          this.#pick(3) === 0
            ? g.ints(this.#pick(n))
            : g.ints(range(1 + this.#pick(4)).map(() => this.#pick(2 * n) - n));
        return this.#emit("Gather", [x.name, index], x, kept(x), { axis });
      }
      case "one-hot": {
        const index = this.#choose((_, dtype, known) => dtype === "i64" && known.bounds !== undefined);
        if (index?.bounds === undefined) return;
        const values = g.constant(tensorData("f32", [2], [0, 1]));
        return this.#emit("OneHot", [index.name, g.ints([index.bounds[1] + 1]), values], index, {
          exact: true,
        });
      }
      case "where": {
        const x = this.#float();
        const y = x && this.#partner(x, "f32");
        if (x === undefined || y === undefined) return;
        const condition = this.#partner(x, "bool")?.name ?? this.#source("random", "bool", this.#shape(x));
        const swapped = this.#pick(2) === 0;
        return this.#emit("Where", [condition, swapped ? y.name : x.name, swapped ? x.name : y.name], x, {
          exact: x.exact && y.exact,
        });
      }
      case "dropout": {
        const x = this.#float();
        if (x === undefined) return;
        const mask = this.#source("random", "bool", this.#shape(x));
        const kept = g.op("Where", [mask, x.name, g.scalar("f32", 0)]);
        return this.#emit("Mul", [kept, g.scalar("f32", 2)], x);
      }
      case "compare": {
        const x = this.#float(0, (_, known) => known.exact);
        const y = x && this.#partner(x, "f32");
        if (x === undefined || y?.exact !== true) return;
        return this.#emit(this.#oneOf(["Less", "GreaterOrEqual", "Equal"]), [x.name, y.name], x);
      }
      case "logic": {
        const x = this.#choose((_, dtype) => dtype === "bool");
        if (x === undefined) return;
        const y = this.#partner(x, "bool");
        if (y === undefined) return this.#emit("Not", [x.name], x);
        return this.#emit(this.#oneOf(["And", "Or", "Xor"]), [x.name, y.name], x);
      }
      case "integer": {
        const x = this.#choose((_, dtype) => dtype === "i64");
        if (x === undefined) return;
        const y = this.#partner(x, "i64");
        return this.#emit(this.#oneOf(["Add", "Sub", "Max", "Mul"]), [x.name, y?.name ?? g.ints(2)], x);
      }
      case "integer-reduce": {
        const x = this.#choose(
          (shape, dtype, known) => dtype === "i64" && shape.length > (known.batch ? 1 : 0),
        );
        if (x === undefined) return;
        return this.#emit(
          this.#oneOf(["ReduceSum", "ReduceMax"]),
          [x.name, g.ints([this.#oneOf(this.#axes(x))])],
          x,
          {},
          { keepdims: this.#pick(2) },
        );
      }
      case "cast": {
        const x = this.#choose((_, dtype, known) => dtype !== "f32" || known.exact);
        if (x === undefined) return;
        const { dtype } = this.#g.type(x.name);
        const to = dtype === "f32" ? this.#oneOf(["i32", "i64", "bool"] as const) : "f32";
        return this.#emit("Cast", [x.name], x, { exact: true }, { to: dataTypes[to][0] });
      }
      case "expand": {
        const x = this.#any();
        if (x === undefined) return;
        const shape = this.#shape(x).map((n, axis) =>
          n === 1 && !(x.batch && axis === 0) ? 1 + this.#pick(4) : n,
        );
        const lead = x.batch || this.#pick(2) === 0 ? [] : [1 + this.#pick(3)];
        return this.#emit("Expand", [x.name, g.ints([...lead, ...shape])], x, kept(x));
      }
      case "tile": {
        const x = this.#float();
        if (x === undefined) return;
        const repeats = this.#shape(x).map((_, axis) => (x.batch && axis === 0 ? 1 : 1 + this.#pick(2)));
        return this.#emit("Tile", [x.name, g.ints(repeats)], x, kept(x));
      }
      case "pad": {
        const x = this.#float();
        if (x === undefined) return;
        const amount = (axis: number) => (x.batch && axis === 0 ? 0 : this.#pick(3));
        const axes = range(this.#shape(x).length);
        const pads = [...axes.map(amount), ...axes.map(amount)];
        return this.#emit(
          "Pad",
          [x.name, g.ints(pads), ...(this.#pick(2) === 0 ? [] : [g.scalar("f32", 0.5)])],
          x,
          kept(x),
        );
      }
      case "unsqueeze": {
        const x = this.#any();
        if (x === undefined) return;
        const rank = this.#shape(x).length;
        const least = x.batch ? 1 : 0;
        return this.#emit("Unsqueeze", [x.name, g.ints([least + this.#pick(rank + 1 - least)])], x, kept(x));
      }
      case "squeeze": {
        const x = this.#any();
        if (x === undefined) return;
        const ones = this.#axes(x).filter((axis) => this.#shape(x)[axis] === 1);
        if (ones.length === 0) return;
        return this.#emit("Squeeze", [x.name, g.ints([this.#oneOf(ones)])], x, kept(x));
      }
      case "topk": {
        const x = this.#float(1, (_, known) => known.exact);
        if (x === undefined) return;
        const axis = this.#oneOf(this.#axes(x));
        const n = this.#shape(x)[axis] as number;
        return this.#emitAll(
          "TopK",
          [x.name, g.ints([1 + this.#pick(n)])],
          x,
          { exact: true },
          { axis, largest: this.#pick(2) },
          2,
        );
      }
      case "arg": {
        const x = this.#float(1, (_, known) => known.exact);
        if (x === undefined) return;
        const axis = this.#oneOf(this.#axes(x));
        const n = this.#shape(x)[axis] as number;
        return this.#emit(
          this.#oneOf(["ArgMax", "ArgMin"]),
          [x.name],
          x,
          { bounds: [0, n - 1] },
          { axis, keepdims: this.#pick(2) },
        );
      }
      case "cumsum": {
        const x = this.#float(1);
        if (x === undefined) return;
        return this.#emit(
          "CumSum",
          [x.name, g.ints(this.#oneOf(this.#axes(x)))],
          x,
          {},
          { exclusive: this.#pick(2), reverse: this.#pick(2) },
        );
      }
      case "trilu": {
        const x = this.#float(2);
        if (x === undefined) return;
        return this.#emit("Trilu", [x.name, g.ints(this.#pick(3) - 1)], x, kept(x), { upper: this.#pick(2) });
      }
      case "conv": {
        const x = this.#float(0, (shape) => shape.length === 3 || shape.length === 4);
        if (x === undefined) return;
        const [, channels, ...space] = this.#shape(x) as [number, number, ...number[]];
        const group = channels % 2 === 0 ? 1 + this.#pick(2) : 1;
        const out = group * (1 + this.#pick(3));
        const kernel = space.map((n) => 1 + this.#pick(Math.min(n, 3)));
        const strides = space.map(() => 1 + this.#pick(2));
        const pads = [...space, ...space].map((_, i) =>
          this.#pick(3) === 0 ? Math.min(1, (kernel[i % space.length] as number) - 1) : 0,
        );
        const bias = this.#pick(2) === 0 ? [this.#weight([out])] : [];
        return this.#emit(
          "Conv",
          [x.name, this.#weight([out, channels / group, ...kernel]), ...bias],
          x,
          {},
          { kernel_shape: kernel, strides, pads, group },
        );
      }
      case "pool": {
        const x = this.#float(0, (shape) => shape.length === 4);
        if (x === undefined) return;
        const space = this.#shape(x).slice(2);
        const kernel = space.map((n) => 1 + this.#pick(Math.min(n, 3)));
        const op = this.#oneOf(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"]);
        const exact = x.exact && op.includes("Max");
        const attributes = op.startsWith("Global")
          ? {}
          : { kernel_shape: kernel, strides: space.map(() => 1 + this.#pick(2)) };
        return this.#emit(op, [x.name], x, { exact }, attributes);
      }
      case "loss": {
        const x = this.#float(2);
        if (x === undefined) return;
        const shape = this.#shape(x);
        const classes = shape[1] as number;
        const scores = this.#splitAlong(x, 1).name;
        const expected = [shape[0], ...shape.slice(2)].join();
        const labels = this.#choose(
          (own, dtype, known) =>
            dtype === "i64" &&
            known.bounds !== undefined &&
            known.bounds[1] < classes &&
            known.bounds[0] >= 0 &&
            own.join() === expected &&
            known.batch === x.batch,
        )?.name;
        const name = labels ?? this.#labels([shape[0] as number, ...shape.slice(2)], classes, x.batch);
        const reduction = x.batch ? this.#oneOf(["mean", "none"]) : this.#oneOf(["mean", "none", "sum"]);
        const weight = x.batch ? 1 : this.#pick(3);
        const ignored = !x.batch && this.#pick(3) === 0 ? { ignore_index: 0 } : {};
        if (weight === 0 || "ignore_index" in ignored) {
          // All labels may be ignored, and the mean of nothing is no number: these are summed.
          return this.#emit(
            "SoftmaxCrossEntropyLoss",
            [scores, name, ...(weight === 0 ? [g.op("Abs", [this.#weight([classes])])] : [])],
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
        return this.#emit("SoftmaxCrossEntropyLoss", [scores, name], x, {}, { reduction });
      }
    }
  }

  /** `x` split along `axis` by a hard hint, sometimes: distributed forms pay where the axis comes split. */
  #splitAlong(x: Known, axis: number): Known {
    const [along] = this.#mesh.axes;
    const length = this.#shape(x)[axis] as number;
    if (along === undefined || this.#recipe.hints.length === 0 || length < along.size || this.#pick(3) === 0)
      return x;
    const name = this.#g.op("sbpc.ToGlobal", [x.name]);
    const hint: LayoutHint = { strength: "hard", sbp: [{ axis: along.name, sbp: split(axis) }] };
    this.#builder.updateValue(name, { hint });
    return { ...x, name };
  }

  #labels(shape: readonly number[], classes: number, batch: boolean): string {
    const name = this.#source("input", "i64", shape);
    this.#bounds.set(name, [0, classes - 1]);
    this.#add(name, { batch, exact: true, bounds: [0, classes - 1] });
    return name;
  }

  // --- hints

  #hints(): void {
    const mesh = this.#mesh;
    if (mesh.axes.length === 0) return;
    for (const choices of this.#recipe.hints) {
      this.#begin(choices);
      const x = this.#known[this.#pick(this.#known.length)] as Known;
      const { dtype } = this.#g.type(x.name);
      const shape = this.#shape(x);
      const strength = this.#pick(2) === 0 ? "soft" : "hard";
      const wanted = mesh.axes.map((): Sbp | undefined => {
        const kind = this.#pick(4);
        if (kind === 0) return undefined;
        if (kind === 1 || shape.length === 0) return broadcast;
        if (kind === 2 && dtype === "f32" && strength === "soft") return partial();
        return split(this.#pick(shape.length));
      });
      const feasible = feasiblePart(wanted, shape, mesh);
      const sbp = feasible.flatMap((one, i) =>
        one === undefined ? [] : [{ axis: mesh.axes[i]?.name as string, sbp: one }],
      );
      const hint: LayoutHint = { strength, sbp };
      if (strength === "soft") this.#builder.updateValue(x.name, { hint });
      else {
        const moved = this.#g.op("sbpc.ToGlobal", [x.name]);
        this.#builder.updateValue(moved, { hint });
        this.#add(moved, { batch: x.batch, exact: x.exact });
        this.#emit("Identity", [moved], x);
      }
    }
  }
}

/** Components that a tensor can be split by together; the others are left free. */
function feasiblePart(
  wanted: readonly (Sbp | undefined)[],
  shape: readonly number[],
  mesh: Mesh,
): (Sbp | undefined)[] {
  const taken: (Sbp | undefined)[] = wanted.map(() => undefined);
  wanted.forEach((sbp, i) => {
    const tried: NdSbp = taken.map((other, j) => (j === i ? sbp : other) ?? broadcast);
    if (isSplittable(shape, tried, mesh)) taken[i] = sbp;
  });
  return taken;
}

/** What movement leaves as it is. */
function kept(x: Known): Partial<Known> {
  return { exact: x.exact, ...(x.bounds === undefined ? {} : { bounds: x.bounds }) };
}

const kinds = [
  "unary",
  "exact-unary",
  "clip",
  "binary",
  "binary",
  "twice",
  "variadic",
  "divide",
  "scale",
  "matmul-weight",
  "matmul-weight",
  "matmul",
  "vector-matmul",
  "gemm",
  "einsum",
  "reduce",
  "reduce",
  "softmax",
  "norm",
  "merge",
  "part",
  "reshape",
  "flatten",
  "transpose",
  "concat",
  "split",
  "slice",
  "gather",
  "gather-constant",
  "one-hot",
  "where",
  "dropout",
  "compare",
  "logic",
  "integer",
  "integer-reduce",
  "cast",
  "expand",
  "tile",
  "pad",
  "unsqueeze",
  "squeeze",
  "topk",
  "arg",
  "cumsum",
  "trilu",
  "conv",
  "pool",
  "loss",
] as const;

type Kind = (typeof kinds)[number];

/** Values for inputs, parameters and masks: f32 numbers in [-1, 1], indices within their bounds; different in every element. */
export function feedsFor({ graph, bounds }: BuiltGraph, seed = 1): Map<string, Dense> {
  const feeds = new Map<string, Dense>();
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (const source of graph.sources) {
    if (source.kind === "constant" || source.kind === "rank") continue;
    const { dtype, shape } = typeOf(graph, source.value) as TensorType;
    const [low, high] = bounds.get(source.value) ?? (dtype === "bool" ? [0, 1] : [-3, 3]);
    const draw =
      dtype === "f32" ? () => Math.fround(2 * next() - 1) : () => low + Math.floor(next() * (high - low + 1));
    const known = shape as readonly number[];
    feeds.set(source.value, {
      dtype,
      shape: known,
      data: Float64Array.from({ length: product(known) }, draw),
    });
  }
  return feeds;
}
