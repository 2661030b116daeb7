/** Loads what a command is given: a model file (.ts, .js, .onnx), a graph in text form, or a plan directory. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, relative, resolve, sep } from "node:path";
import { createJiti } from "jiti";
import { fail, SbpcError, type Diagnostic } from "./diagnostics/diagnostic.ts";
import { sourceLocation } from "./diagnostics/location.ts";
import { openModel } from "./files/model-folder.ts";
import type { Graph, Source } from "./ir/graph.ts";
import { bindGraph } from "./ir/bind.ts";
import { parseGraph } from "./ir/text/parse.ts";
import { attachLoss, type LossRequest } from "./nn/attach-loss.ts";
import { isDataset, type Dataset } from "./nn/dataset.ts";
import { buildModel, isModel, type BuildOptions, type Model, type TrainDefaults } from "./nn/model.ts";
import { importModel } from "./onnx/import/import.ts";
import type { Plan } from "./plan/plan.ts";
import { loadPlan } from "./plan-files.ts";

export type Loaded =
  /** Something that gives a graph for bound dimensions and settings. */
  | {
      readonly kind: "model";
      readonly name: string;
      readonly build: (options: LoadOptions) => Graph;
      readonly batch: number | undefined;
      /** Names of the settings that it has. */
      readonly settings?: readonly string[];
      /** How it trains unless flags say otherwise. */
      readonly train?: TrainDefaults;
      /** What the file exports beside the model. */
      readonly dataset?: Dataset;
      /** Where the paths of its weights start, unless `weightsFrom` moves that. */
      readonly base?: string;
      /** The ONNX file that it is: what runs unsharded is that. */
      readonly original?: string;
    }
  | { readonly kind: "plan"; readonly path: string; readonly plan: Plan };

export interface LoadOptions extends BuildOptions {
  /** ONNX: inputs that become constants, as text. */
  readonly values?: Readonly<Record<string, string>>;
  /** The folder that the paths of weights in files start from; default: that of the model. */
  readonly weightsFrom?: string;
  /** The loss that is added to the model. */
  readonly loss?: LossRequest;
  /** Whether symbolic dimensions may stay without a size. */
  readonly symbolic?: boolean;
  /** Gets warnings and notes. */
  readonly report?: (diagnostics: readonly Diagnostic[]) => void;
}

/** Loads `path`; relative to the working directory. */
export async function load(path: string): Promise<Loaded> {
  const file = resolve(path);
  if (!existsSync(file)) fail("file-not-found", { path });
  if (statSync(file).isDirectory()) return { kind: "plan", path: file, plan: loadPlan(file) };
  switch (extname(file)) {
    case ".ts":
    case ".mts":
    case ".js":
    case ".mjs": {
      const { model, dataset } = await loadModel(file, path);
      const base = dirname(file);
      return {
        kind: "model",
        name: model.name,
        build: (options) => {
          refuseValues(options);
          const graph = withLoss(buildModel(model, options), options);
          return moveWeights(graph, base, options.weightsFrom ?? base);
        },
        base,
        batch: model.dims?.["batch"],
        settings: Object.keys(model.settings),
        train: model.train,
        ...(dataset === undefined ? {} : { dataset }),
      };
    }
    case ".graph": {
      const graph = parseGraph(readText(file, path), basename(file));
      const base = dirname(file);
      const build = (options: LoadOptions) => {
        refuseValues(options);
        const bound = bindGraph(graph, new Map(Object.entries(options.dims ?? {})));
        return moveWeights(withLoss(bound, options), base, options.weightsFrom ?? base);
      };
      return { kind: "model", name: graph.name, build, batch: undefined, base };
    }
    case ".onnx":
      return loadOnnx(file);
    case ".pb":
    case ".sbpc":
      return { kind: "plan", path: file, plan: loadPlan(file) };
    default:
      return fail("model-kind", {
        file: path,
        remedy:
          "Give a .ts or .js file that exports defineModel(…), an .onnx or .graph file, or a plan directory.",
      });
  }
}

function loadOnnx(file: string): Loaded {
  const decoded = openModel(file);
  const base = dirname(file);
  const name = basename(file, extname(file));
  const build = (options: LoadOptions): Graph => {
    const { dims, settings, values, weightsFrom, symbolic, report } = options;
    for (const setting of Object.keys(settings ?? {}))
      fail("model-setting", { setting, problem: "is one of a .ts model; an ONNX model has none" });
    const imported = importModel(decoded, {
      ...(dims === undefined ? {} : { dims }),
      ...(values === undefined ? {} : { values }),
      bound: symbolic !== true,
      trainable: options.loss !== undefined,
    });
    report?.(imported.diagnostics);
    return moveWeights(withLoss({ ...imported.graph, name }, options), base, weightsFrom ?? base);
  };
  return { kind: "model", name, build, batch: undefined, base, original: file };
}

function withLoss(graph: Graph, { loss }: LoadOptions): Graph {
  return loss === undefined ? graph : attachLoss(graph, loss);
}

function refuseValues({ values }: LoadOptions): void {
  const [name] = Object.keys(values ?? {});
  if (name !== undefined)
    fail("usage", { problem: `--value ${name} fixes an input of an .onnx file; this model is none.` });
}

/** The graph whose weights' relative paths start from another folder. */
function moveWeights(graph: Graph, from: string, to: string): Graph {
  const move = (source: Source): Source => {
    if (source.kind !== "parameter" || source.initializer.kind !== "file") return source;
    if (from === to && !isAbsolute(source.initializer.path)) return source;
    const path = relative(to, resolve(from, source.initializer.path)).replaceAll(sep, "/");
    return { ...source, initializer: { ...source.initializer, path } };
  };
  return { ...graph, sources: graph.sources.map(move) };
}

function readText(file: string, path: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return fail("file-unreadable", { path, problem: (error as Error).message });
  }
}

/** Loads the model that a file exports by default, and its dataset where it exports one. The file sees this very instance of sbpc under the name `sbpc`. */
async function loadModel(
  file: string,
  path: string,
): Promise<{ readonly model: Model; readonly dataset?: Dataset }> {
  const self = await import("./index.ts");
  const jiti = createJiti(import.meta.url, {
    virtualModules: { sbpc: self },
    fsCache: false,
    interopDefault: false,
  });
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await jiti.import(file);
  } catch (error) {
    if (error instanceof SbpcError) throw error;
    const problem = error instanceof Error ? firstLine(error.message) : String(error);
    const location = sourceLocation(relative(process.cwd(), file), lineOf(error, file) ?? 1);
    if (
      error instanceof Error &&
      error.name !== "SyntaxError" &&
      !/ParseError|SyntaxError/.test(`${error.name} ${error.message}`)
    ) {
      return fail("model-threw", { file: path, problem }, location);
    }
    return fail("model-unparsable", { file: path, problem }, location);
  }
  const model = module["default"];
  if (!isModel(model))
    fail("model-missing", { file: path }, sourceLocation(relative(process.cwd(), file), 1));
  const dataset = Object.values(module).find(isDataset);
  return dataset === undefined ? { model } : { model, dataset };
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

/** The line of `file` that an error's message or stack names first. */
function lineOf(error: unknown, file: string): number | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const text of [error.message, error.stack ?? ""]) {
    const at = text.indexOf(file);
    const match = at < 0 ? null : /^:(\d+)/.exec(text.slice(at + file.length));
    if (match !== null) return Number(match[1]);
  }
  const babel = /\((\d+):\d+\)/.exec(error.message);
  return babel === null ? undefined : Number(babel[1]);
}
