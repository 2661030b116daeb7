/** Loads what a command is given: a model file (.ts, .js), a graph in text form, or a plan directory. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname, relative, resolve } from "node:path";
import { createJiti } from "jiti";
import { fail, SbpcError } from "./diagnostics/diagnostic.ts";
import { sourceLocation } from "./diagnostics/location.ts";
import type { Graph } from "./ir/graph.ts";
import { bindGraph } from "./ir/bind.ts";
import { parseGraph } from "./ir/text/parse.ts";
import { buildModel, isModel, type BuildOptions, type Model } from "./nn/model.ts";
import type { Plan } from "./plan/plan.ts";
import { loadPlan } from "./plan-files.ts";

export type Loaded =
  /** Something that gives a graph for bound dimensions and settings. */
  | {
      readonly kind: "model";
      readonly name: string;
      readonly build: (options: BuildOptions) => Graph;
      readonly batch: number | undefined;
    }
  | { readonly kind: "plan"; readonly path: string; readonly plan: Plan };

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
      const model = await loadModel(file, path);
      return {
        kind: "model",
        name: model.name,
        build: (options) => buildModel(model, options),
        batch: model.dims?.["batch"],
      };
    }
    case ".graph": {
      const graph = parseGraph(readText(file, path), basename(file));
      const build = ({ dims }: BuildOptions) => bindGraph(graph, new Map(Object.entries(dims ?? {})));
      return { kind: "model", name: graph.name, build, batch: undefined };
    }
    case ".pb":
    case ".sbpc":
      return { kind: "plan", path: file, plan: loadPlan(file) };
    default:
      return fail("model-kind", {
        file: path,
        remedy: "Give a .ts or .js file that exports defineModel(…), a .graph file, or a plan directory.",
      });
  }
}

function readText(file: string, path: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return fail("file-unreadable", { path, problem: (error as Error).message });
  }
}

/** Loads the model that a file exports by default. The file sees this very instance of sbpc under the name `sbpc`. */
async function loadModel(file: string, path: string): Promise<Model> {
  const self = await import("./index.ts");
  const jiti = createJiti(import.meta.url, {
    virtualModules: { sbpc: self },
    fsCache: false,
    interopDefault: false,
  });
  let module: { readonly default?: unknown };
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
  const model = module.default;
  if (!isModel(model))
    fail("model-missing", { file: path }, sourceLocation(relative(process.cwd(), file), 1));
  return model;
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
