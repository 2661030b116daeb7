/**
 * Modules: parameters and other modules under names, with a `forward`.
 *
 * A module is called by `layer.call(x)`, which runs `forward` in the module's scope: nodes carry its path (`blocks.0.mlp`) and
 * its layer. Paths are the names of properties (elements of arrays by their index), found when they are first needed. The
 * first outermost module that has modules of its own has the path ""; any other is named after its class.
 */
import type { Initializer } from "../ir/graph.ts";
import type { LayoutHint } from "../ir/layout.ts";
import { tensorType, type DataType, type TensorType } from "../ir/types.ts";
import { invariant } from "../support/assert.ts";
import { currentBuild, type ModelBuild, type Scope } from "./build.ts";
import { layoutHint, type Placement, type SbpSpec } from "./distribution.ts";
import { xavierNormal, type InitMethod } from "./initializers.ts";
import { captureLine, type SourceLine } from "./source-line.ts";
import { Tensor } from "./tensor.ts";

export interface ParameterOptions {
  /** Default: xavierNormal(). */
  readonly init?: InitMethod;
  readonly dtype?: DataType;
  /** The layout it is held in. */
  readonly sbp?: SbpSpec;
  /** Whether `sbp` is advice that gives way where it does not fit, as in the package's own layers. Default: a constraint. */
  readonly soft?: boolean;
  readonly placement?: Placement;
}

/** A trained tensor. It enters the graph, under its module's path, when it is first used. */
export class Parameter extends Tensor {
  readonly #shape: readonly number[];
  readonly #options: ParameterOptions;
  readonly #line: SourceLine | undefined;
  #init: InitMethod;

  constructor(shape: readonly number[], options: ParameterOptions = {}) {
    super(undefined, options.placement?.layer);
    this.#shape = shape;
    this.#options = options;
    this.#line = captureLine();
    this.#init = options.init ?? xavierNormal();
  }

  /** Begins by another method; only before the parameter is used. */
  initialize(init: InitMethod): void {
    if (this.isMaterialized) throw new Error(`the parameter ${this.value} is in use already`);
    this.#init = init;
  }

  override get type(): TensorType {
    return tensorType(this.#options.dtype ?? "f32", this.#shape);
  }

  protected override materialize(): string {
    const build = currentBuild();
    const { sbp, soft = false, placement } = this.#options;
    const owner = registryOf(build).ownerOf(this);
    const name =
      owner === undefined ? "parameter" : owner.path === "" ? owner.name : `${owner.path}.${owner.name}`;
    const location = build.locate(this.#line);
    const layer = placement?.layer ?? owner?.layer;
    const initializer: Initializer = this.#init(this.#shape);
    const hint: LayoutHint | undefined =
      sbp === undefined
        ? undefined
        : layoutHint(sbp, soft ? "soft" : "hard", { name, shape: this.#shape, location });
    return build.addParameter({
      name,
      type: this.type,
      location,
      initializer,
      module: owner?.path ?? "",
      layer: layer === undefined ? undefined : build.checkedLayer(layer, () => location),
      hint,
    });
  }
}

export interface LayerOptions {
  /**
   * The layer it belongs to, which decides its stage: from 0, or -1 for the last stage. Default: that of the module around it.
   */
  readonly layerIdx?: number;
}

export abstract class Module {
  /** The layer that this module and what is in it belong to. */
  readonly layerIdx?: number;
  readonly #build: ModelBuild;
  readonly #line: SourceLine | undefined;

  constructor({ layerIdx }: LayerOptions = {}) {
    if (layerIdx !== undefined) {
      this.layerIdx = layerIdx;
      this.#line = captureLine();
    }
    this.#build = currentBuild();
    registryOf(this.#build).register(this);
  }

  abstract forward(...args: never[]): unknown;

  /** Whether the model is built for training; drop-out acts only then. */
  get training(): boolean {
    return this.#build.training;
  }

  /** Runs `forward` in this module's scope. Errors: layer-out-of-range. */
  call<M extends Module>(this: M, ...args: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    const build = currentBuild();
    const outer = build.scope;
    const own = registryOf(build).placeOf(this);
    const location = isPackaged(this) ? build.location() : undefined;
    const layer = this.layerIdx ?? outer.layer;
    if (this.layerIdx !== undefined)
      build.checkedLayer(this.layerIdx, () => build.locate(this.constructionLine()));
    const scope = {
      module: own.path,
      ...(layer === undefined ? {} : { layer }),
      ...(location === undefined ? {} : { location }),
    };
    return build.within(scope, () => this.forward(...(args as never[]))) as ReturnType<M["forward"]>;
  }

  /** What it holds, by name: properties that are modules or parameters, and elements of arrays of them. */
  children(): [name: string, child: Module | Parameter][] {
    return Object.entries(this).flatMap(([name, value]): [string, Module | Parameter][] => {
      if (isChild(value)) return [[name, value]];
      if (!Array.isArray(value)) return [];
      return value.flatMap((item: unknown, i): [string, Module | Parameter][] =>
        isChild(item) ? [[`${name}.${i}`, item]] : [],
      );
    });
  }

  /** Calls `f` on this module and every module within, outermost first. */
  apply(f: (module: Module) => void): this {
    const queue: Module[] = [this];
    for (let i = 0; i < queue.length; i++) {
      const module = queue[i] as Module;
      f(module);
      for (const [, child] of module.children()) if (child instanceof Module) queue.push(child);
    }
    return this;
  }

  /** Every parameter within, once. */
  parameters(): Parameter[] {
    const found = new Set<Parameter>();
    this.apply((module) => {
      for (const [, child] of module.children()) if (child instanceof Parameter) found.add(child);
    });
    return [...found];
  }

  private constructionLine(): SourceLine | undefined {
    return this.#line;
  }
}

/** Modules one after another. */
export class Sequential extends Module {
  static readonly packaged = true;
  readonly modules: readonly Module[];

  constructor(modules: readonly Module[], options: LayerOptions = {}) {
    super(options);
    this.modules = modules;
  }

  override children(): [name: string, child: Module | Parameter][] {
    return this.modules.map((module, i) => [String(i), module]);
  }

  forward(x: Tensor): Tensor {
    return this.modules.reduce<Tensor>(
      (input, module) => (module as Module & { forward(x: Tensor): Tensor }).call(input),
      x,
    );
  }
}

function isChild(value: unknown): value is Module | Parameter {
  return value instanceof Module || value instanceof Parameter;
}

/**
 * Whether the module's class is the package's own, so that the line which called it stands for all that happens inside. Such a
 * class says `static readonly packaged = true`; classes that users derive from it do not inherit this.
 */
function isPackaged(module: Module): boolean {
  return Object.hasOwn(module.constructor, "packaged");
}

/** Where a module or a parameter is in the tree of modules; `layer` is that of the innermost module around it that has one. */
interface TreePlace {
  /** Of a module: its own path. Of a parameter: its module's. */
  readonly path: string;
  readonly name: string;
  readonly layer: number | undefined;
}

/** The modules of one model: who holds whom, worked out when a name is first asked for. */
class ModuleRegistry {
  readonly #build: ModelBuild;
  readonly #places = new Map<Module | Parameter, TreePlace>();
  /** Modules without a place yet, with the scope in which they were made. */
  #waiting: { readonly module: Module; readonly scope: Scope }[] = [];
  readonly #rootNames = new Map<string, number>();
  #hasRoot = false;

  constructor(build: ModelBuild) {
    this.#build = build;
  }

  register(module: Module): void {
    this.#waiting.push({ module, scope: this.#build.scope });
  }

  ownerOf(parameter: Parameter): TreePlace | undefined {
    this.#placeWaiting();
    return this.#places.get(parameter);
  }

  placeOf(module: Module): TreePlace {
    if (!this.#places.has(module)) this.#placeWaiting();
    const place = this.#places.get(module);
    invariant(place !== undefined, "module is not registered with the model being built");
    return place;
  }

  /** Gives a place to all modules made since the last time; those that no other holds are outermost. */
  #placeWaiting(): void {
    if (this.#waiting.length === 0) return;
    const fresh = this.#waiting;
    this.#waiting = [];
    const held = new Set<Module | Parameter>();
    for (const { module } of fresh) for (const [, child] of module.children()) held.add(child);
    for (const { module, scope } of fresh) {
      if (!held.has(module) && !this.#places.has(module)) this.#placeTree(module, scope);
    }
  }

  #placeTree(root: Module, scope: Scope): void {
    const queue: Module[] = [root];
    const path = this.#rootPath(root, scope.module);
    this.#places.set(root, { path, name: path, layer: root.layerIdx ?? scope.layer });
    for (let i = 0; i < queue.length; i++) {
      const module = queue[i] as Module;
      const { path: here, layer } = this.#places.get(module) as TreePlace;
      for (const [name, child] of module.children()) {
        if (this.#places.has(child)) continue;
        if (child instanceof Parameter) {
          this.#places.set(child, { path: here, name, layer });
        } else {
          this.#places.set(child, {
            path: here === "" ? name : `${here}.${name}`,
            name,
            layer: child.layerIdx ?? layer,
          });
          queue.push(child);
        }
      }
    }
  }

  #rootPath(module: Module, outer: string): string {
    if (!this.#hasRoot && outer === "" && module.children().some(([, child]) => child instanceof Module)) {
      this.#hasRoot = true;
      return "";
    }
    const base = `${outer === "" ? "" : `${outer}.`}${propertyName(module.constructor.name)}`;
    const count = this.#rootNames.get(base) ?? 0;
    this.#rootNames.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  }
}

/** `mlp` for MLP, `lmLogits` for LMLogits, `linear` for Linear. */
function propertyName(className: string): string {
  return className.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, (capitals) => capitals.toLowerCase());
}

const registries = new WeakMap<ModelBuild, ModuleRegistry>();

function registryOf(build: ModelBuild): ModuleRegistry {
  let registry = registries.get(build);
  if (registry === undefined) {
    registry = new ModuleRegistry(build);
    registries.set(build, registry);
  }
  return registry;
}
