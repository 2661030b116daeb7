/**
 * Golden files: a graph, what a pass makes of it, and the proof that both compute the same.
 *
 *   # pass: eliminate-common        the pass (or `# verifier`), then settings: mesh, hints, not executed
 *   graph g { … }                   input
 *   # -----
 *   graph g { … }                   expected text, or one line `# error CODE at LINE` per diagnostic
 *
 * parse -> verify -> pass -> verify -> print -> compare; then both graphs run on the same seeded values and must agree.
 * BLESS=1 rewrites what stands below the line.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { createCostModel } from "../../src/cost/alpha-beta.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { DiagnosticSink, SbpcError, type Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { tensorTypeOf, typeOf, type Graph } from "../../src/ir/graph.ts";
import { parseGraph } from "../../src/ir/text/parse.ts";
import { printGraph } from "../../src/ir/text/print.ts";
import { elementCount, isFloat, knownShape, type TensorType } from "../../src/ir/types.ts";
import { verifyGraph } from "../../src/ir/verify.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { interpretGraph } from "../../src/ops/interpret.ts";
import { takeBox } from "../../src/ops/shards.ts";
import { validSource } from "../../src/plan/micro-batches.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import type { PassContext } from "../../passes/pass.ts";
import type { TrainOptions } from "../../src/plan/plan.ts";
import { trainOptions } from "../support/train.ts";
import { pipeline } from "../../passes/pipeline.ts";
import { runPasses } from "../../passes/runner.ts";

const folder = import.meta.dirname;
const rule = "# -----";

const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".graph"))
  .sort();

describe("golden files", () => {
  it.each(files)("%s", (name) => {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const [input = "", expected = ""] = text.split(`${rule}\n`);
    const settings = headerOf(input);
    const actual = outcome(input, basename(path), settings);
    if (process.env["BLESS"] === "1") writeFileSync(path, `${input}${rule}\n${actual.text}`);
    else expect(actual.text).toBe(expected);
    if (actual.before !== undefined && actual.after !== undefined && !settings.has("not executed"))
      compare(actual.before, actual.after);
  });

  it("exist for every pass that works on graphs alone", () => {
    const covered = new Set(
      files.map((name) => headerOf(readFileSync(join(folder, name), "utf8")).get("pass")),
    );
    const local = new Set(["localized", "partitioned", "bucketed", "memory-planned", "planned"]);
    const missing = pipeline.filter(
      (pass) => !covered.has(pass.name) && !pass.ensures.some((property) => local.has(property)),
    );
    expect(missing.map((pass) => pass.name)).toEqual([]);
  });

  it("lie in the folder of their pass", () => {
    for (const name of files) {
      const pass = headerOf(readFileSync(join(folder, name), "utf8")).get("pass") ?? "verifier";
      expect(relative(folder, join(folder, name)).split("/")[0]).toBe(pass);
    }
  });
});

/** `key: value` of the remarks above the graph. */
function headerOf(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line.startsWith("graph")) break;
    const match = /^# ([a-z ]+?)(?:: (.*))?$/.exec(line);
    if (match !== null) settings.set(match[1] as string, match[2] ?? "");
  }
  return settings;
}

interface Outcome {
  readonly text: string;
  readonly before?: Graph;
  readonly after?: Graph;
}

function outcome(input: string, file: string, settings: ReadonlyMap<string, string>): Outcome {
  try {
    // Errors carry the lines of the golden file; what is printed carries the locations that stand in it.
    const located = parseGraph(input, file);
    const before = parseGraph(input);
    expect(parseGraph(printGraph(before))).toEqual(before);
    const problems = verifyGraph(located);
    if (settings.has("verifier")) return { text: printErrors(problems) };
    expect(problems).toEqual([]);
    // A pass may stand in the pipeline again where a step is trained.
    const pass = pipeline.filter((one) => one.name === settings.get("pass")).slice(0, 1);
    expect(pass).toHaveLength(1);
    runPasses(pass, { graph: located }, contextOf(located, settings));
    const after = runPasses(pass, { graph: before }, contextOf(before, settings)).compilation.graph;
    return { text: printGraph(after), before, after };
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    return { text: printErrors(error.diagnostics) };
  }
}

function printErrors(found: readonly Diagnostic[]): string {
  return found
    .map(
      ({ code, location }) =>
        `# error ${code} at ${location.kind === "source" ? location.line : "no line"}\n`,
    )
    .join("");
}

function contextOf(graph: Graph, settings: ReadonlyMap<string, string>): PassContext {
  const batchAxes = new Map<string, number | null>();
  for (const source of graph.sources) if (source.kind === "input") batchAxes.set(source.value, 0);
  for (const { name, value } of graph.outputs) {
    const type = typeOf(graph, value);
    batchAxes.set(name, type.kind === "tensor" && type.shape.length === 0 ? null : 0);
  }
  return {
    mesh: graph.mesh ?? parseMesh(settings.get("mesh") ?? "1"),
    options: {
      microbatches: Number(settings.get("microbatches") ?? 1),
      ...samplesOf(settings),
      hints: settings.get("hints") !== "false",
      cluster: "local",
      dims: {},
      settings: {},
      ...(settings.has("train") ? { train: trainOptionsOf(settings.get("train") ?? "") } : {}),
    },
    costModel: createCostModel(presetCluster("local")),
    sink: new DiagnosticSink(),
    source: printGraph(graph),
    batchAxes,
  };
}

/** `samples: 3 in 2`: of a step of two micro-batches. */
function samplesOf(settings: ReadonlyMap<string, string>) {
  const [samples, microbatches] = (settings.get("samples") ?? "").split(" in ").map(Number);
  return samples === undefined || microbatches === undefined ? {} : { samples, microbatches };
}

/** `train: zero=1 clip=1 recompute=layer` changes options. */
function trainOptionsOf(text: string): TrainOptions {
  const given = new Map(text.split(" ").map((part) => part.split("=") as [string, string]));
  const clip = given.get("clip");
  const recompute = given.get("recompute");
  const precision = given.get("precision");
  return trainOptions({
    loss: given.get("loss") ?? "loss",
    ...(clip === undefined ? {} : { clipNorm: Number(clip) }),
    zero: Number(given.get("zero") ?? 0) as TrainOptions["zero"],
    ...(recompute === "layer" || recompute === "selective" ? { recompute } : {}),
    ...(precision === "fp16" || precision === "bf16" ? { precision } : {}),
  });
}

// --- execution

function compare(before: Graph, after: Graph): void {
  const [a, b] = [interpretGraph(before, feedsOf(before)), interpretGraph(after, feedsOf(after))];
  expect([...b.keys()]).toEqual([...a.keys()]);
  for (const [name, value] of a) {
    const other = b.get(name) as Dense;
    expect(other.shape).toEqual(value.shape);
    // The interpreter keeps f64 where folding rounds to the type.
    const largest = value.data.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
    const allowed = isFloat(value.dtype) ? 1e-6 * largest : 0;
    value.data.forEach((x, i) => {
      const y = other.data[i] as number;
      if (!Object.is(x, y) && !(Math.abs(x - y) <= allowed))
        throw new Error(`${name}[${i}] is ${y} instead of ${x}`);
    });
  }
}

/** The same numbers for the same name; of a part of a parameter, those that the whole has there. */
function feedsOf(graph: Graph): Map<string, Dense> {
  const feeds = new Map<string, Dense>();
  for (const source of graph.sources) {
    if (source.kind === "constant" || source.kind === "rank") continue;
    const type = tensorTypeOf(graph, source.value);
    if (source.kind !== "parameter" || source.initializer.kind !== "part") {
      feeds.set(source.value, numbersOf(source.value, type));
      continue;
    }
    const { name, shape, start } = source.initializer;
    feeds.set(source.value, takeBox(numbersOf(name, { ...type, shape }), { start, size: knownShape(type) }));
  }
  return feeds;
}

function numbersOf(name: string, type: TensorType): Dense {
  // Where every sample counts, what keeps out the others changes nothing.
  if (name === validSource)
    return { dtype: type.dtype, shape: knownShape(type), data: new Float64Array(elementCount(type)).fill(1) };
  let state = [...name].reduce((hash, c) => (Math.imul(hash, 31) + c.charCodeAt(0)) >>> 0, 7);
  const data = Float64Array.from({ length: elementCount(type) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const x = state / 2 ** 32;
    if (type.dtype === "bool") return x < 0.5 ? 1 : 0;
    return isFloat(type.dtype) ? 2 * x - 1 : Math.floor(4 * x);
  });
  return { dtype: type.dtype, shape: knownShape(type), data };
}
