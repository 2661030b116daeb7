/**
 * Symbolic tensors: every method adds operators to the model being built and gives their result.
 *
 * Axes count from 0, or from the end where they are negative. Shapes broadcast as NumPy's. Where a method takes a tensor or
 * a number, the number becomes a scalar of this tensor's element type. Shape and type errors name the line that asked.
 */
import { fail } from "../diagnostics/diagnostic.ts";
import type { Location } from "../diagnostics/location.ts";
import { scalar, tensorData } from "../ir/tensor-data.ts";
import { dataTypes, knownShape, type DataType, type TensorType } from "../ir/types.ts";
import type { Attributes } from "../ir/graph.ts";
import { at, product, range } from "../support/collections.ts";
import { invariant } from "../support/assert.ts";
import { currentBuild, type Place } from "./build.ts";
import { layoutHint, printSpec, type Placement, type SbpReference, type SbpSpec } from "./distribution.ts";

export type Operand = Tensor | number;

export interface ReduceOptions {
  /** Whether the reduced axes stay, with size 1. Default false. */
  readonly keepDims?: boolean;
}

export interface ToGlobalOptions {
  /** The layout asked for: a constraint on the compiler's choice. */
  readonly sbp?: SbpSpec;
  /** The stage to go to. */
  readonly placement?: Placement;
  /** The layout of the gradient, where the graph is differentiated. */
  readonly gradSbp?: SbpSpec;
}

export class Tensor {
  #value: string | undefined;
  readonly #layer: number | undefined;

  /** `value` names a value of the graph being built; undefined where a subclass names it later. */
  constructor(value: string | undefined, layer?: number) {
    this.#value = value;
    this.#layer = layer;
  }

  /** Name of the value in the graph. */
  get value(): string {
    this.#value ??= this.materialize();
    return this.#value;
  }

  /** Makes the value where it was not given; overridden by tensors that appear in the graph when they are first used. */
  protected materialize(): string {
    invariant(false, "tensor without a value");
  }

  protected get isMaterialized(): boolean {
    return this.#value !== undefined;
  }

  get type(): TensorType {
    return currentBuild().type(this.value);
  }

  get dtype(): DataType {
    return this.type.dtype;
  }

  get shape(): readonly number[] {
    return knownShape(this.type);
  }

  get rank(): number {
    return this.type.shape.length;
  }

  /** The size of an axis. */
  size(axis: number): number {
    return at(this.shape, this.axis(axis));
  }

  /** Stands for the layout that this tensor will have, for `toGlobal({ sbp: x.sbp })`. */
  get sbp(): SbpReference {
    return { like: this.value };
  }

  get placement(): Placement {
    return this.#layer === undefined ? {} : { layer: this.#layer };
  }

  // --- layout

  /** The same tensor in the layout and on the stage asked for. Errors: bad-sbp, hint-axis-out-of-range, layer-out-of-range. */
  toGlobal({ sbp, placement, gradSbp }: ToGlobalOptions): Tensor {
    const build = currentBuild();
    const location = build.location();
    const target = { name: this.value, shape: this.shape, location };
    const hint = sbp === undefined ? undefined : layoutHint(sbp, "hard", target);
    const attributes: Attributes =
      gradSbp === undefined ? {} : { grad_sbp: printSpec(layoutHint(gradSbp, "hard", target)) };
    const layer =
      placement?.layer === undefined ? undefined : build.checkedLayer(placement.layer, () => location);
    const result = this.apply("sbpc.ToGlobal", [], attributes, { location, layer });
    if (hint !== undefined) build.hint(result.value, hint);
    return result;
  }

  // --- arithmetic

  add(other: Operand): Tensor {
    return this.apply("Add", [other]);
  }

  sub(other: Operand): Tensor {
    return this.apply("Sub", [other]);
  }

  mul(other: Operand): Tensor {
    return this.apply("Mul", [other]);
  }

  div(other: Operand): Tensor {
    return this.apply("Div", [other]);
  }

  pow(exponent: Operand): Tensor {
    return this.apply("Pow", [exponent]);
  }

  neg(): Tensor {
    return this.apply("Neg");
  }

  abs(): Tensor {
    return this.apply("Abs");
  }

  sqrt(): Tensor {
    return this.apply("Sqrt");
  }

  exp(): Tensor {
    return this.apply("Exp");
  }

  log(): Tensor {
    return this.apply("Log");
  }

  erf(): Tensor {
    return this.apply("Erf");
  }

  tanh(): Tensor {
    return this.apply("Tanh");
  }

  sigmoid(): Tensor {
    return this.apply("Sigmoid");
  }

  relu(): Tensor {
    return this.apply("Relu");
  }

  /** x Φ(x), with the error function or its tanh approximation. */
  gelu(approximate: "none" | "tanh" = "none"): Tensor {
    return this.apply("Gelu", [], { approximate });
  }

  /** [..., m, k] times [..., k, n]; leading axes broadcast. */
  matmul(other: Tensor): Tensor {
    return this.apply("MatMul", [other]);
  }

  softmax(axis = -1): Tensor {
    return this.apply("Softmax", [], { axis: this.axis(axis) });
  }

  logSoftmax(axis = -1): Tensor {
    return this.apply("LogSoftmax", [], { axis: this.axis(axis) });
  }

  // --- reductions, over the axes given or over all

  sum(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return this.reduce("ReduceSum", axes, options);
  }

  mean(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return this.reduce("ReduceMean", axes, options);
  }

  max(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return this.reduce("ReduceMax", axes, options);
  }

  min(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return this.reduce("ReduceMin", axes, options);
  }

  // --- comparison and logic: bool results

  eq(other: Operand): Tensor {
    return this.apply("Equal", [other]);
  }

  ne(other: Operand): Tensor {
    return this.eq(other).not();
  }

  lt(other: Operand): Tensor {
    return this.apply("Less", [other]);
  }

  le(other: Operand): Tensor {
    return this.apply("LessOrEqual", [other]);
  }

  gt(other: Operand): Tensor {
    return this.apply("Greater", [other]);
  }

  ge(other: Operand): Tensor {
    return this.apply("GreaterOrEqual", [other]);
  }

  and(other: Tensor): Tensor {
    return this.apply("And", [other]);
  }

  or(other: Tensor): Tensor {
    return this.apply("Or", [other]);
  }

  not(): Tensor {
    return this.apply("Not");
  }

  /** `value` where `mask` is true, this elsewhere. */
  maskedFill(mask: Tensor, value: number): Tensor {
    return mask.apply("Where", [this.scalar(value), this]);
  }

  cast(dtype: DataType): Tensor {
    return dtype === this.dtype ? this : this.apply("Cast", [], { to: dataTypes[dtype][0] });
  }

  // --- shape

  /** One size may be -1: what is left. */
  reshape(...sizes: number[]): Tensor {
    return this.apply("Reshape", [this.ints(this.resolve(sizes))]);
  }

  view(...sizes: number[]): Tensor {
    return this.reshape(...sizes);
  }

  /** Axes `start` to `end`, both included, become one. */
  flatten(start = 0, end = -1): Tensor {
    const [first, last] = [this.axis(start), this.axis(end)];
    const { shape } = this;
    return this.reshape(
      ...shape.slice(0, first),
      product(shape.slice(first, last + 1)),
      ...shape.slice(last + 1),
    );
  }

  /** Two axes change places. */
  transpose(a: number, b: number): Tensor {
    const [first, second] = [this.axis(a), this.axis(b)];
    return this.permute(
      ...range(this.rank).map((axis) => (axis === first ? second : axis === second ? first : axis)),
    );
  }

  /** Axis i of the result is axis `axes[i]` of this. */
  permute(...axes: number[]): Tensor {
    return this.apply("Transpose", [], { perm: axes.map((axis) => this.axis(axis)) });
  }

  /** Repeats axes of size 1; -1 keeps an axis; further leading axes are new. */
  expand(...sizes: number[]): Tensor {
    const { shape } = this;
    const added = sizes.length - shape.length;
    const target = sizes.map((size, i) =>
      size === -1 ? (shape[i - added] ?? this.fail(`axis ${i} is new and needs a size`)) : size,
    );
    return this.apply("Expand", [this.ints(target)]);
  }

  unsqueeze(axis: number): Tensor {
    return this.apply("Unsqueeze", [this.ints([axis < 0 ? axis + this.rank + 1 : axis])]);
  }

  /** Takes away an axis of size 1. */
  squeeze(axis: number): Tensor {
    return this.apply("Squeeze", [this.ints([this.axis(axis)])]);
  }

  /** Elements start, start + step, … before `end` of one axis; negative bounds count from the end. */
  slice(axis: number, start: number, end = this.size(axis), step = 1): Tensor {
    return this.apply("Slice", [
      this.ints([start]),
      this.ints([end]),
      this.ints([this.axis(axis)]),
      this.ints([step]),
    ]);
  }

  /** Element `index` of one axis, which goes away: `x.select(1, 0)` is `x[:, 0]`. */
  select(axis: number, index: number): Tensor {
    const resolved = index < 0 ? index + this.size(axis) : index;
    if (resolved < 0 || resolved >= this.size(axis)) this.fail(`index ${index} of axis ${axis}`);
    return this.gather(this.ints(resolved), axis);
  }

  /** Replaces axis `axis` by the axes of `indices`: element [i] is the slice that `indices[i]` names. */
  gather(indices: Tensor, axis = 0): Tensor {
    return this.apply("Gather", [indices], { axis: this.axis(axis) });
  }

  /** Equal parts of one axis. */
  chunk(parts: number, axis = 0): Tensor[] {
    const size = this.size(axis);
    if (size % parts !== 0) this.fail(`axis ${axis} of size ${size} has no ${parts} equal parts`);
    return this.split(
      range(parts).map(() => size / parts),
      axis,
    );
  }

  /** Parts of these sizes of one axis. */
  split(sizes: readonly number[], axis = 0): Tensor[] {
    return applyMany("Split", [this, this.ints(sizes)], { axis: this.axis(axis) }, sizes.length);
  }

  // --- plumbing

  /** Operator `op` with this as its first input. */
  apply(
    op: string,
    rest: readonly (Operand | null)[] = [],
    attributes: Attributes = {},
    place: Place = {},
  ): Tensor {
    const location = place.location ?? currentBuild().location();
    const inputs = [
      this,
      ...rest.map((item) => (typeof item === "number" ? this.scalar(item, location) : item)),
    ];
    return at(applyMany(op, inputs, attributes, 1, { ...place, location }), 0);
  }

  /** A scalar of this tensor's element type. */
  scalar(value: number, location?: Location): Tensor {
    return new Tensor(
      currentBuild().constant(scalar(this.dtype, value), location === undefined ? {} : { location }),
    );
  }

  private ints(values: readonly number[] | number): Tensor {
    const data =
      typeof values === "number" ? scalar("i64", values) : tensorData("i64", [values.length], values);
    return new Tensor(currentBuild().constant(data));
  }

  private reduce(
    op: string,
    axes: number | readonly number[] | undefined,
    { keepDims = false }: ReduceOptions = {},
  ): Tensor {
    const list = axes === undefined ? range(this.rank) : typeof axes === "number" ? [axes] : axes;
    return this.apply(op, [this.ints(list.map((axis) => this.axis(axis)))], { keepdims: keepDims ? 1 : 0 });
  }

  private axis(axis: number): number {
    const { rank } = this;
    const resolved = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank)
      this.fail(`axis ${axis} of a tensor of rank ${rank}`);
    return resolved;
  }

  private resolve(sizes: readonly number[]): readonly number[] {
    const free = sizes.indexOf(-1);
    const given = product(sizes.filter((size) => size !== -1));
    const elements = product(this.shape);
    const fits = free < 0 ? given === elements : given > 0 && elements % given === 0;
    if (!fits || sizes.lastIndexOf(-1) !== free)
      this.fail(`${elements} elements do not fill [${sizes.join(", ")}]`);
    return sizes.map((size) => (size === -1 ? elements / given : size));
  }

  private fail(problem: string): never {
    const { shape, dtype } = this;
    fail(
      "shape-invalid",
      { op: this.value, problem, shapes: `${dtype}[${shape.join(", ")}]` },
      currentBuild().location(),
    );
  }
}

/** Adds one node to the model being built; gives its outputs. */
export function applyMany(
  op: string,
  inputs: readonly (Tensor | null)[],
  attributes: Attributes,
  outputs: number,
  place: Place = {},
): Tensor[] {
  const build = currentBuild();
  const values = build.emit(
    op,
    inputs.map((input) => input?.value ?? null),
    attributes,
    outputs,
    place,
  );
  const layer = place.layer ?? build.scope.layer;
  return values.map((value) => new Tensor(value, layer));
}
