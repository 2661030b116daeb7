/**
 * The model that is being built. Layers and tensors reach it without being handed it: one model is built at a time, within
 * `building`. It keeps the graph so far and the scope: module path, layer and, inside the package's own layers, the
 * user's line that called them.
 */
import { fail, SbpcError, diagnostic } from "../diagnostics/diagnostic.ts";
import type { Location } from "../diagnostics/location.ts";
import { GraphBuilder } from "../ir/builder.ts";
import type { Attributes, Initializer, RandomRecipe } from "../ir/graph.ts";
import type { LayoutHint } from "../ir/layout.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { tensorType, type DataType, type TensorType } from "../ir/types.ts";
import { GraphEmitter } from "../ops/emitter.ts";
import { captureLine, locationOf, type SourceLine } from "./source-line.ts";

export interface Scope {
  /** Path of the module whose forward runs; "" at the top. */
  readonly module: string;
  readonly layer?: number;
  /** The user's line, where it is known without looking at the stack. */
  readonly location?: Location;
}

export interface BuildParts {
  readonly name: string;
  /** Folder of the model file; locations are given relative to it. */
  readonly folder: string;
  readonly training: boolean;
  /** Number of layers, where the model states it. */
  readonly layers?: number;
}

/** Where something is put that does not follow from the scope. */
export interface Place {
  readonly location?: Location;
  readonly layer?: number | undefined;
}

let current: ModelBuild | undefined;

/** The model being built; an error where none is. */
export function currentBuild(): ModelBuild {
  if (current === undefined) {
    throw new SbpcError([
      diagnostic(
        "model-threw",
        { file: "The model", problem: "layers and tensors are made inside `build` of defineModel" },
        locationOf(captureLine(), ""),
      ),
    ]);
  }
  return current;
}

/** Runs `f` with `build` as the model being built. */
export function building<T>(build: ModelBuild, f: () => T): T {
  const outer = current;
  current = build;
  try {
    return f();
  } finally {
    current = outer;
  }
}

export class ModelBuild {
  readonly builder: GraphBuilder;
  readonly training: boolean;
  readonly #emitter: GraphEmitter;
  readonly #folder: string;
  readonly #layers: number | undefined;
  #scope: Scope = { module: "" };
  #lastLayer = -1;

  constructor({ name, folder, training, layers }: BuildParts) {
    this.builder = new GraphBuilder(name);
    this.training = training;
    this.#folder = folder;
    this.#layers = layers;
    this.#emitter = new GraphEmitter(this.builder, { location: { kind: "unknown" } });
  }

  get scope(): Scope {
    return this.#scope;
  }

  /** Runs `f` in `scope`. */
  within<T>(scope: Scope, f: () => T): T {
    const outer = this.#scope;
    this.#scope = scope;
    try {
      return f();
    } finally {
      this.#scope = outer;
    }
  }

  /** The user's line being executed. */
  location(): Location {
    return this.#scope.location ?? this.locate(captureLine());
  }

  locate(line: SourceLine | undefined): Location {
    return locationOf(line, this.#folder);
  }

  /** Layers that the model has: as stated, else one more than the largest index met; undefined where none is met. */
  get layers(): number | undefined {
    return this.#layers ?? (this.#lastLayer < 0 ? undefined : this.#lastLayer + 1);
  }

  /** `layer`, which must be -1 or one of the model's. Error: layer-out-of-range. */
  checkedLayer(layer: number, location: () => Location): number {
    const bound = this.#layers ?? Infinity;
    if (!Number.isInteger(layer) || layer < -1 || layer >= bound) {
      const layers = this.#layers ?? "as many as are used";
      fail(
        "layer-out-of-range",
        { index: layer, layers, last: this.#layers === undefined ? "…" : this.#layers - 1 },
        location(),
      );
    }
    this.#lastLayer = Math.max(this.#lastLayer, layer);
    return layer;
  }

  /** Adds a node in the present scope; gives its outputs' names. */
  emit(
    op: string,
    inputs: readonly (string | null)[],
    attributes: Attributes,
    outputs: number,
    place: Place = {},
  ): string[] {
    const { module } = this.#scope;
    const layer = place.layer ?? this.#scope.layer;
    const location = place.location ?? this.location();
    const emitter = this.#emitter.at({
      location,
      module,
      prefix: module,
      ...(layer === undefined ? {} : { layer }),
    });
    return emitter.ops(op, inputs, attributes, outputs);
  }

  constant(data: TensorData, place: Place = {}): string {
    const { module } = this.#scope;
    return this.#emitter
      .at({ location: place.location ?? this.location(), module, prefix: module })
      .constant(data);
  }

  type(value: string): TensorType {
    return this.#emitter.type(value);
  }

  hint(value: string, hint: LayoutHint): void {
    this.builder.updateValue(value, { hint });
  }

  addInput(name: string, type: TensorType, location: Location, hint?: LayoutHint): string {
    return this.builder.addSource(
      { kind: "input", value: name, location },
      { name, type, ...(hint === undefined ? {} : { hint }) },
    );
  }

  addParameter(parts: {
    readonly name: string;
    readonly type: TensorType;
    readonly location: Location;
    readonly initializer: Initializer;
    readonly module: string;
    readonly layer: number | undefined;
    readonly hint: LayoutHint | undefined;
  }): string {
    const { type, location, initializer, module, layer, hint } = parts;
    const name = this.builder.freshName(parts.name);
    return this.builder.addSource(
      {
        kind: "parameter",
        value: name,
        location,
        initializer,
        module,
        ...(layer === undefined ? {} : { layer }),
      },
      { name, type, ...(hint === undefined ? {} : { hint }) },
    );
  }

  /** A bool tensor whose elements are true with probability `keep`; drawn from a stream of its own, named after the module. */
  addRandom(shape: readonly number[], keep: number, dtype: DataType = "bool"): string {
    const { module } = this.#scope;
    const name = this.builder.freshName(module === "" ? "mask" : `${module}.mask`);
    const recipe: RandomRecipe = { kind: "bernoulli", keep, key: name };
    return this.builder.addSource(
      { kind: "random", value: name, location: this.location(), recipe },
      { name, type: tensorType(dtype, shape) },
    );
  }
}
