/**
 * A model: inputs, settings and a function that builds the graph. `defineModel` states it, `buildModel` makes the graph for
 * bound dimensions and chosen settings.
 */
import { diagnostic, fail, SbpcError } from "../diagnostics/diagnostic.ts";
import type { Location } from "../diagnostics/location.ts";
import { bindDim, dimSymbols, isKnown, type Dim } from "../ir/dim.ts";
import type { Graph, GraphOutput } from "../ir/graph.ts";
import { tensorType, type DataType } from "../ir/types.ts";
import { InternalError } from "../support/assert.ts";
import { building, ModelBuild } from "./build.ts";
import { getHiddenSbp, layoutHint, type SbpSpec } from "./distribution.ts";
import { resolveSettings, type SettingSpecs, type SettingsOf, type SettingValue } from "./settings.ts";
import {
  captureLine,
  folderOf,
  forgetLines,
  lineOfError,
  locationOf,
  type SourceLine,
} from "./source-line.ts";
import { Tensor } from "./tensor.ts";

export interface InputSpec {
  readonly dtype: DataType;
  readonly shape: readonly Dim[];
  /** The layout it must come in; else the batch is advised to be split along dp. */
  readonly sbp?: SbpSpec;
  readonly line: SourceLine | undefined;
}

/**
 * An input of a model. A size that is a name is bound when the model is built; `batch` is the axis that data parallelism
 * splits.
 */
export function input(
  dtype: DataType,
  shape: readonly Dim[],
  options: { readonly sbp?: SbpSpec } = {},
): InputSpec {
  return { dtype, shape, line: captureLine(), ...options };
}

export type InputSpecs = Readonly<Record<string, InputSpec | undefined>>;

/** The tensors that stand for the inputs. */
export type InputsOf<I extends InputSpecs> = {
  readonly [K in keyof I]: I[K] extends InputSpec ? Tensor : Tensor | undefined;
};

export interface BuildArguments<S extends SettingSpecs> {
  readonly settings: SettingsOf<S>;
  readonly dims: Readonly<Record<string, number>>;
  readonly training: boolean;
}

/** The stage of every layer, LiBai's rule, or stages of balanced cost. */
export type PipelineStages = readonly number[] | "libai" | "balanced";

/** How a model trains unless flags say otherwise; named as the flags are. */
export interface TrainDefaults {
  /** The output that is minimised. */
  readonly loss?: string;
  readonly optimizer?: "sgd" | "adam" | "adamw";
  readonly lr?: number;
  readonly weightDecay?: number;
  /** Regular expression: parameters whose names match have no weight decay. */
  readonly decayExempt?: string;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly clipNorm?: number;
  readonly lrSchedule?: "constant" | "linear" | "cosine";
  /** Steps. */
  readonly warmup?: number;
  readonly totalSteps?: number;
  readonly minLr?: number;
  readonly zero?: 0 | 1 | 2 | 3;
  /** The pipeline schedule. */
  readonly schedule?: string;
  /** Activations that the backward pass computes again; `auto`: as memory asks. */
  readonly recompute?: "layer" | "selective" | "none" | "auto";
  /** What products are computed in, parameters and states being f32. */
  readonly precision?: "f32" | "fp16" | "bf16";
}

export interface ModelDefinition<S extends SettingSpecs, I extends InputSpecs> {
  readonly name: string;
  readonly settings?: S;
  /** Default sizes of named dimensions. */
  readonly dims?: Readonly<Record<string, number>>;
  readonly inputs: I | ((settings: SettingsOf<S>) => I);
  readonly train?: TrainDefaults;
  /** Number of layers that `layerIdx` counts. Default: one more than the largest used. */
  readonly layers?: number | ((settings: SettingsOf<S>) => number);
  /** Default: LiBai's rule. */
  readonly pipelineStages?: PipelineStages | ((settings: SettingsOf<S>) => PipelineStages);
  /** Gives the outputs: one tensor (named `output`), or tensors by name. */
  readonly build: (
    inputs: InputsOf<I>,
    context: BuildArguments<S>,
  ) => Tensor | Readonly<Record<string, Tensor>>;
}

const brand = Symbol.for("sbpc.model");

export interface Model {
  readonly name: string;
  readonly settings: SettingSpecs;
  readonly dims: Readonly<Record<string, number>>;
  readonly train: TrainDefaults;
  readonly [brand]: ModelInternals;
}

interface ModelInternals {
  /** Where defineModel was called. */
  readonly line: SourceLine | undefined;
  instantiate(settings: Record<string, SettingValue>): Instance;
}

/** A definition under chosen settings. */
interface Instance {
  readonly inputs: InputSpecs;
  readonly layers: number | undefined;
  readonly pipelineStages: PipelineStages | undefined;
  build(inputs: Record<string, Tensor>, dims: Record<string, number>, training: boolean): unknown;
}

export function defineModel<const S extends SettingSpecs, I extends InputSpecs>(
  definition: ModelDefinition<S, I>,
): Model {
  const { name, settings: specs = {} as S, dims = {}, train = {} } = definition;
  const line = captureLine();
  const instantiate = (values: Record<string, SettingValue>): Instance => {
    const settings = values as SettingsOf<S>;
    const chosen = <T>(value: T | ((settings: SettingsOf<S>) => T)): T =>
      typeof value === "function" ? (value as (settings: SettingsOf<S>) => T)(settings) : value;
    return {
      inputs: chosen(definition.inputs),
      layers: chosen(definition.layers),
      pipelineStages: chosen(definition.pipelineStages),
      build: (inputs, bound, training) =>
        definition.build(inputs as InputsOf<I>, { settings, dims: bound, training }),
    };
  };
  return { name, settings: specs, dims, train, [brand]: { line, instantiate } };
}

export function isModel(value: unknown): value is Model {
  return typeof value === "object" && value !== null && brand in value;
}

export interface BuildOptions {
  readonly dims?: Readonly<Record<string, number>>;
  /** Values, or their text. */
  readonly settings?: Readonly<Record<string, SettingValue>>;
}

/**
 * The graph of a model, all its dimensions bound. Errors: model-setting, unknown-dimension, unbound-dimension, model-threw,
 * bad-stage-list, and what operators report of their calls, at the user's line.
 */
export function buildModel(model: Model, options: BuildOptions = {}): Graph {
  const { line, instantiate } = model[brand];
  const folder = folderOf(line?.file ?? "");
  const settings = resolveSettings(model.settings, options.settings ?? {});
  const training = settings["training"] === true;
  return located(model, folder, () => {
    const instance = instantiate(settings);
    const dims = boundDims(model, instance.inputs, options.dims ?? {});
    const { layers } = instance;
    const build = new ModelBuild({
      name: model.name,
      folder,
      training,
      ...(layers === undefined ? {} : { layers }),
    });
    return building(build, () => {
      const inputs = addInputs(build, instance.inputs, dims);
      const outputs = outputsOf(instance.build(inputs, dims, training));
      const layerStages = checkedStages(instance.pipelineStages, build.layers, locationOf(line, folder));
      return build.builder.finish(outputs, {
        ...(build.layers === undefined ? {} : { layers: build.layers }),
        ...(layerStages === undefined ? {} : { layerStages }),
      });
    });
  });
}

/** Runs what a user wrote; what it throws becomes model-threw at the line that threw. */
function located(model: Model, folder: string, f: () => Graph): Graph {
  forgetLines();
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  try {
    return f();
  } catch (error) {
    if (error instanceof SbpcError || error instanceof InternalError) throw error;
    const location = locationOf(lineOfError(error), folder);
    const file = location.kind === "source" ? location.file : model.name;
    const problem = error instanceof Error ? error.message : String(error);
    throw new SbpcError([diagnostic("model-threw", { file, problem }, location)], { cause: error });
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The model's default sizes and those given; only names that the model has. */
function boundDims(
  model: Model,
  inputs: InputSpecs,
  given: Readonly<Record<string, number>>,
): Record<string, number> {
  const known = new Set([
    ...Object.keys(model.dims),
    ...Object.values(inputs).flatMap((spec) => spec?.shape.flatMap(dimSymbols) ?? []),
  ]);
  for (const [dim, size] of Object.entries(given)) {
    if (!known.has(dim))
      fail("unknown-dimension", { model: model.name, dim, dims: [...known].join(", ") || "none" });
    if (!Number.isSafeInteger(size) || size < 1)
      fail("model-setting", { setting: dim, problem: `is ${size}; it must be a whole number of at least 1` });
  }
  return { ...model.dims, ...given };
}

function addInputs(
  build: ModelBuild,
  specs: InputSpecs,
  dims: Record<string, number>,
): Record<string, Tensor> {
  const bindings = new Map(Object.entries(dims));
  const tensors: Record<string, Tensor> = {};
  for (const [name, spec] of Object.entries(specs)) {
    if (spec === undefined) continue;
    const location = build.locate(spec.line);
    const shape = spec.shape.map((dim) => {
      const size = bindDim(dim, bindings);
      return isKnown(size)
        ? size
        : fail("unbound-dimension", { dim: dimSymbols(size).join(", "), value: name }, location);
    });
    const batched = dimSymbols(spec.shape[0] ?? 0).includes("batch") && shape[0] !== 1;
    const layout = spec.sbp ?? (batched ? getHiddenSbp() : undefined);
    const target = { name, shape, location };
    const hint =
      layout === undefined ? undefined : layoutHint(layout, spec.sbp === undefined ? "soft" : "hard", target);
    tensors[name] = new Tensor(build.addInput(name, tensorType(spec.dtype, shape), location, hint));
  }
  return tensors;
}

function outputsOf(result: unknown): GraphOutput[] {
  if (result instanceof Tensor) return [{ name: "output", value: result.value }];
  const entries = typeof result === "object" && result !== null ? Object.entries(result) : [];
  if (entries.length === 0) throw new Error("`build` must give a tensor or a record of named tensors");
  return entries.map(([name, tensor]: [string, unknown]) => {
    if (!(tensor instanceof Tensor)) throw new Error(`\`build\` must give tensors; ${name} is none`);
    return { name, value: tensor.value };
  });
}

function checkedStages(
  stages: PipelineStages | undefined,
  layers: number | undefined,
  location: Location,
): PipelineStages | undefined {
  if (stages === undefined || typeof stages === "string") return stages;
  const wrong = (problem: string): never => fail("bad-stage-list", { problem }, location);
  if (stages.length !== (layers ?? 0))
    wrong(`it names ${stages.length} layers, the model has ${layers ?? 0}`);
  stages.forEach((stage, i) => {
    const before = stages[i - 1] ?? 0;
    if (!Number.isInteger(stage) || stage < 0 || (i === 0 && stage !== 0))
      wrong(`stages count from 0, layer ${i} has ${stage}`);
    if (stage < before || stage > before + 1)
      wrong(`layer ${i} is on stage ${stage} after one on stage ${before}`);
  });
  return stages;
}
