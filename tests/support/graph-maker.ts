/** A graph in the making from the choices of a recipe: picking values, adding sources and nodes, placing hints. */
import { unknownLocation as location } from "../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import type { Attributes, Graph, GraphOutput } from "../../src/ir/graph.ts";
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
import { knownShape, tensorType, type DataType } from "../../src/ir/types.ts";
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

/** A graph with the values that its sources may have. */
export interface BuiltGraph {
  readonly graph: Graph;
  /** Integer inputs that are indices: [least, most]. */
  readonly bounds: ReadonlyMap<string, readonly [number, number]>;
}

/** What the generator knows of a value. */
export interface Known {
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

/** Adds nodes that compute one thing, or nothing where no value fits. */
export type Step = (m: GraphMaker, g: GraphEmitter) => void;

export class GraphMaker {
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
      const integer = this.pick(5) === 4;
      const rank = 1 + this.pick(4);
      const own = range(rank).map(() => 1 + this.pick(rank > 2 ? 4 : 7));
      const shape = recipe.sampleWise ? [batch, ...own.slice(0, 3)] : own;
      const name = this.source("input", integer ? "i64" : "f32", shape);
      this.#add(name, {
        batch: recipe.sampleWise,
        exact: true,
        ...(integer ? { bounds: [0, 3] as const } : {}),
      });
      if (integer) this.#bounds.set(name, [0, 3]);
    }
  }

  step(run: Step, choices: readonly number[], layer: number | undefined): void {
    this.#begin(choices);
    this.#g = this.#g.at({ location, module: "m", ...(layer === undefined ? {} : { layer }) });
    run(this, this.#g);
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

  pick(n: number): number {
    return (this.#choices[this.#at++ % this.#choices.length] as number) % n;
  }

  oneOf<T>(list: readonly T[]): T {
    return list[this.pick(list.length)] as T;
  }

  /** A known value that `fits`, late ones first. */
  choose(fits: (shape: readonly number[], dtype: DataType, known: Known) => boolean): Known | undefined {
    const open = this.#known
      .filter((known) => fits(this.shape(known), this.#g.type(known.name).dtype, known))
      .toReversed();
    if (open.length === 0) return undefined;
    // The latest value that nobody uses yet makes chains; any value makes diamonds and long skips.
    const loose = open.filter(({ name }) => !this.#used.has(name));
    if (loose.length > 0 && this.pick(3) > 0) return loose[this.pick(Math.min(loose.length, 2))];
    return open[this.pick(open.length)];
  }

  float(
    minRank = 0,
    more: (shape: readonly number[], known: Known) => boolean = () => true,
  ): Known | undefined {
    return this.choose(
      (shape, dtype, known) =>
        dtype === "f32" && shape.length >= minRank + (known.batch ? 1 : 0) && more(shape, known),
    );
  }

  any(minRank = 0): Known | undefined {
    return this.choose((shape, _, known) => shape.length >= minRank + (known.batch ? 1 : 0));
  }

  /** Axes that may be cut, reduced, mixed. */
  axes(x: Known): number[] {
    return range(this.shape(x).length).slice(x.batch ? 1 : 0);
  }

  shape(x: Known): readonly number[] {
    return knownShape(this.#g.type(x.name));
  }

  // --- making

  #add(name: string, rest: Omit<Known, "name">): void {
    this.#known.push({ name, ...rest });
  }

  source(kind: "input" | "parameter" | "random", dtype: DataType, shape: readonly number[]): string {
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
  weight(shape: readonly number[]): string {
    if (this.pick(4) !== 3) return this.source("parameter", "f32", shape);
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
  emit(
    op: string,
    inputs: readonly (string | null)[],
    x: Known,
    change: Partial<Known> = {},
    attributes: Attributes = {},
  ): void {
    this.emitAll(op, inputs, x, change, attributes, 1);
  }

  emitAll(
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
    const shape = this.shape(x).map((n, axis) => ((x.batch && axis === 0) || this.pick(3) === 0 ? 1 : n));
    return shape.slice(this.pick(4) === 3 ? this.pick(shape.length + 1) : 0);
  }

  /** Another value of the same shape (or one that broadcasts), else a weight. */
  partner(x: Known, dtype: DataType): { readonly name: string; readonly exact: boolean } | undefined {
    const own = this.shape(x);
    const mate = this.choose((shape, type, known) => {
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
    if (mate !== undefined && this.pick(3) > 0) return mate;
    return dtype === "f32" ? { name: this.weight(this.#broadcastable(x)), exact: true } : undefined;
  }

  /** `x` split along `axis` by a hard hint, sometimes: distributed forms pay where the axis comes split. */
  splitAlong(x: Known, axis: number): Known {
    const [along] = this.#mesh.axes;
    const length = this.shape(x)[axis] as number;
    if (along === undefined || this.#recipe.hints.length === 0 || length < along.size || this.pick(3) === 0)
      return x;
    const name = this.#g.op("sbpc.ToGlobal", [x.name]);
    const hint: LayoutHint = { strength: "hard", sbp: [{ axis: along.name, sbp: split(axis) }] };
    this.#builder.updateValue(name, { hint });
    return { ...x, name };
  }

  labels(shape: readonly number[], classes: number, batch: boolean): string {
    const name = this.source("input", "i64", shape);
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
      const x = this.#known[this.pick(this.#known.length)] as Known;
      const { dtype } = this.#g.type(x.name);
      const shape = this.shape(x);
      const strength = this.pick(2) === 0 ? "soft" : "hard";
      const wanted = mesh.axes.map((): Sbp | undefined => {
        const kind = this.pick(4);
        if (kind === 0) return undefined;
        if (kind === 1 || shape.length === 0) return broadcast;
        if (kind === 2 && dtype === "f32" && strength === "soft") return partial();
        return split(this.pick(shape.length));
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
        this.emit("Identity", [moved], x);
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
