/**
 * Real models, sharded against whole in ONNX Runtime: what `torch.onnx.export` makes of architectures of `transformers`
 * (`export_models.py`), and trained ones out of npm packages. Prints what was compared and how much of each model's work each
 * mesh axis divides. `SBPC_FULL=1` runs all; SBPC_REAL_MODELS=DIR keeps the exported files there and takes those that are there.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { compile, type CompileResult } from "../../src/compile.ts";
import { presetCluster, type Cluster } from "../../src/cost/cluster.ts";
import { table } from "../../src/inspect/text.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { load, type Loaded } from "../../src/load.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { verifyPlan } from "../../src/verify.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { present } from "../../src/support/assert.ts";
import { groupBy } from "../../src/support/collections.ts";
import { runCli } from "../support/cli.ts";
import { npmModels, npmModelTest } from "../support/npm-models.ts";
import { pythonTest, runPython } from "../support/python.ts";
import { splitShares, type AxisShare } from "../support/split-flops.ts";

const full = process.env["SBPC_FULL"] === "1";

/** Of max|a-b| / max|b|. */
const tolerance = 1e-4;
/** Of a model's FLOPs, on each mesh axis. */
const leastShare = 0.95;

/** Devices as much slower than real ones as these models are smaller: splitting the work pays as it does at full size. */
const cluster: Cluster = {
  ...presetCluster("local"),
  name: "small",
  device: { flops: { f32: 2e8 }, memoryBandwidth: 1e9, memory: 64e9, launchSeconds: 1e-6 },
  links: {
    intraNode: { alphaSeconds: 1e-5, bytesPerSecond: 5e8 },
    interNode: { alphaSeconds: 1e-5, bytesPerSecond: 5e8 },
  },
};

interface Model {
  readonly name: string;
  /** Sizes of symbolic dimensions for a batch of n. */
  readonly dims: (batch: number) => Readonly<Record<string, number>>;
  readonly values?: Readonly<Record<string, string>>;
  /** Inputs by name, for a batch of n; random ones otherwise. */
  readonly inputs?: (batch: number) => ReadonlyMap<string, HostTensor>;
  /** Has layers that can be pipelined and heads that can be split. */
  readonly transformer?: true;
}

interface Target {
  readonly mesh: string;
  readonly batch: number;
  readonly microbatches?: number;
  /** Part of the memory that one device alone needs: too little to hold all weights on each device. */
  readonly memory?: number;
}

const targets: readonly Target[] = [
  { mesh: "dp=2", batch: 2 },
  { mesh: "tp=2", batch: 1 },
  { mesh: "dp=2,tp=2", batch: 2 },
];
const transformerTargets: readonly Target[] = [
  ...targets,
  { mesh: "tp=2", batch: 1, memory: 0.7 },
  { mesh: "pp=2", batch: 2, microbatches: 2 },
];

/** The layouts that little memory forces are tried on one file of each model. */
function targetsOf({ transformer }: Model, exporter: string): readonly Target[] {
  if (transformer !== true) return targets;
  return transformerTargets.filter(({ memory }) => memory === undefined || exporter === "dynamo");
}

const images = (batch: number) => ({ batch });
const texts = (batch: number) => ({ batch, sequence: 10 });

const exported: readonly Model[] = [
  { name: "vit", dims: images, transformer: true },
  { name: "swin", dims: images, transformer: true },
  { name: "convnext", dims: images },
  { name: "resnet50", dims: images },
  { name: "bert", dims: texts, transformer: true },
  { name: "roberta", dims: texts, transformer: true },
  { name: "gpt2", dims: texts, transformer: true },
  { name: "llama", dims: texts, transformer: true },
  { name: "t5-encoder", dims: texts, transformer: true },
  { name: "t5-decoder", dims: (batch) => ({ batch, sequence: 7, source: 10 }), transformer: true },
  { name: "clip", dims: (batch) => ({ batch, texts: 2, sequence: 10 }), transformer: true },
  { name: "whisper-encoder", dims: images, transformer: true },
  { name: "whisper-decoder", dims: (batch) => ({ batch, past: 8 }), transformer: true },
];
const exporters = ["dynamo", "torchscript"] as const;
/** Models that an exporter refuses, as `model.exporter`. */
const refused: readonly string[] = [];
/** What runs without SBPC_FULL. */
const sample: readonly string[] = ["swin", "llama"];

const paddle = (name: string, size: number) => `p2o.DynamicDimension.${name === "batch" ? 0 : size}`;
const trained: readonly (Model & { readonly file: string })[] = [
  {
    name: "OCR detector",
    file: "ch_PP-OCRv4_det_infer.onnx",
    dims: (batch) => ({ [paddle("batch", 0)]: batch, [paddle("", 1)]: 64, [paddle("", 2)]: 96 }),
    inputs: (batch) => new Map([["x", page([batch, 3, 64, 96])]]),
  },
  {
    name: "OCR recogniser",
    file: "ch_PP-OCRv4_rec_infer.onnx",
    dims: (batch) => ({ [paddle("batch", 0)]: batch, [paddle("", 1)]: 96 }),
  },
  {
    name: "OCR classifier",
    file: "ch_ppocr_mobile_v2.0_cls_infer.onnx",
    dims: (batch) => ({ [paddle("batch", 0)]: batch, [paddle("", 1)]: 48, [paddle("", 2)]: 96 }),
    inputs: (batch) => new Map([["x", page([batch, 3, 48, 96])]]),
  },
  {
    name: "silero VAD",
    file: "silero_vad_v5.onnx",
    dims: (batch) => ({ "input.0": batch, "input.1": 512, "state.1": batch }),
    values: { sr: "16000" },
  },
];

/** Dark strokes in lines on a bright page: in noise a detector finds nothing, and what it gives is rounding. */
function page(shape: readonly [number, number, number, number]): HostTensor {
  const [batch, channels, height, width] = shape;
  const data = new Float32Array(batch * channels * height * width);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    const image = Math.floor(i / (channels * height * width));
    const inLine = y % 24 >= 6 && y % 24 < 18;
    const stroke = (x * 5 + ((y >> 2) * 3 + image) * 2) % 9 < 3 || (x % 8 < 2 && y % 3 > 0);
    data[i] = inLine && stroke ? -0.9 : 0.9;
  }
  return { dtype: "f32", shape, data };
}

// --- what is found

interface Row {
  readonly model: string;
  readonly exporter: string;
  readonly target: Target;
  readonly error: number;
  readonly shares: readonly AxisShare[];
  readonly seconds: number;
}

const rows: Row[] = [];

function printTarget({ mesh, memory, microbatches }: Target): string {
  return `${mesh}${memory === undefined ? "" : ", little memory"}${microbatches === undefined ? "" : `, ${microbatches} micro-batches`}`;
}

function report(): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const lines = rows.map(({ model, exporter, target, error, shares, seconds }) => [
    model,
    exporter,
    printTarget(target),
    error.toExponential(1),
    shares.map(({ axis, share }) => `${axis} ${percent(share)}`).join(", "),
    `${seconds.toFixed(1)} s`,
  ]);
  const byModel = groupBy(rows, ({ model, exporter }) => `${model} ${exporter}`.trim());
  const whole = [...byModel].flatMap(([model, group]) => {
    const axes = group.flatMap(({ target, shares }) => shares.map((share) => ({ target, ...share })));
    const [worst] = axes.toSorted((a, b) => a.share - b.share);
    if (worst === undefined || worst.whole.length === 0) return [];
    const at = `${model}, on ${worst.axis} of ${printTarget(worst.target)}`;
    return worst.whole.map(({ share, text, reason }) => [at, percent(share), text, reason]);
  });
  return [
    ...table(["model", "exporter", "mesh", "max error", "FLOPs split", "time"], lines),
    "",
    "largest operators that are not split, where least of a model is:",
    ...table(["", "FLOPs", "operator", "why"], whole),
    "",
  ].join("\n");
}

afterAll(() => {
  if (rows.length > 0) process.stdout.write(`${report()}\n`);
});

// --- one model on one mesh

async function check(model: Model, exporter: string, file: string, target: Target): Promise<void> {
  const started = performance.now();
  const loaded = await load(file);
  expect(loaded.kind).toBe("model");
  const { plan, compilation } = compileFor(loaded as Loaded & { kind: "model" }, model, target);
  const inputs = model.inputs?.(target.batch);
  const verified = await verifyPlan(plan, {
    tolerance,
    base: present((loaded as { base?: string }).base, "a model file has a folder"),
    original: { path: file, fixed: Object.keys(model.values ?? {}) },
    ...(inputs === undefined ? {} : { inputs }),
  });
  const mesh = parseMesh(target.mesh);
  const row = {
    model: model.name,
    exporter,
    target,
    error: Math.max(...verified.outputs.map(({ maxRelative }) => maxRelative)),
    shares: splitShares(compilation, mesh),
    seconds: (performance.now() - started) / 1000,
  };
  rows.push(row);
  expect(verified.diagnostics).toEqual([]);
  expect(verified.outputs.filter(({ ok }) => !ok)).toEqual([]);
  expect(verified.outputs.length).toBeGreaterThan(0);
  expect(verified.ranks).toBe(mesh.stages * mesh.axes.reduce((n, { size }) => n * size, 1));
  for (const { axis, share } of row.shares) expect(share, axis).toBeGreaterThanOrEqual(leastShare);
  for (const { stage, segments } of plan.stages) expect(segments.length, `stage ${stage}`).toBeGreaterThan(0);
}

function compileFor(loaded: Loaded & { kind: "model" }, model: Model, target: Target): CompileResult {
  const { batch, microbatches = 1, memory } = target;
  const build = (n: number): Graph =>
    loaded.build({ dims: model.dims(n), settings: {}, values: model.values ?? {} });
  const whole = build(batch);
  const options = {
    whole,
    micro: microbatches === 1 ? whole : build(batch / microbatches),
    mesh: parseMesh(target.mesh),
    cluster,
    hints: true,
    microbatches,
    dims: model.dims(batch),
    settings: {},
  };
  if (memory === undefined) return compile(options);
  const alone = compile({ ...options, mesh: parseMesh("alone=1") }).plan.prediction;
  const memoryLimit = Math.floor(memory * peakOf(alone));
  const tight = compile({ ...options, memoryLimit });
  expect(peakOf(tight.plan.prediction)).toBeLessThanOrEqual(memoryLimit);
  const held = (prediction: Plan["prediction"]) => Math.max(...prediction.parameterBytes);
  expect(held(tight.plan.prediction)).toBeLessThan(0.8 * held(alone));
  return tight;
}

function peakOf({ peakMemoryBytes }: Plan["prediction"]): number {
  return Math.max(...peakMemoryBytes);
}

// --- architectures of transformers

interface Exported {
  readonly model: string;
  readonly exporter: string;
  readonly file?: string;
  readonly refused?: string;
}

describe("what torch.onnx.export makes of transformers", () => {
  const kept = process.env["SBPC_REAL_MODELS"];
  const chosen = exported.filter(({ name }) => full || sample.includes(name));
  const folder = kept ?? mkdtempSync(join(tmpdir(), "sbpc-real-models-"));
  let asked: Promise<readonly Exported[]> | undefined;

  /** The files, made once, where they are not kept from before. */
  function exportAll(): Promise<readonly Exported[]> {
    asked ??= (async () => {
      mkdirSync(folder, { recursive: true });
      const list = join(folder, "exported.json");
      const known = existsSync(list) ? (JSON.parse(readFileSync(list, "utf8")) as Exported[]) : [];
      const names = chosen
        .map(({ name }) => name)
        .filter((name) => !known.some(({ model }) => model === name));
      if (names.length === 0) return known;
      const made = (await runPython("export_models.py", { folder, names }, 900)) as Exported[];
      writeFileSync(list, JSON.stringify([...known, ...made]));
      return [...known, ...made];
    })();
    return asked;
  }

  async function fileOf(model: string, exporter: string): Promise<string> {
    const made = (await exportAll()).find((one) => one.model === model && one.exporter === exporter);
    return join(folder, present(made?.file, "the model was not exported"));
  }

  pythonTest("is made, for all that the exporters take", { timeout: 1_000_000 }, async () => {
    const not = (await exportAll()).filter((one) => one.refused !== undefined);
    for (const one of not)
      process.stdout.write(`${one.exporter} refuses ${one.model}: ${one.refused ?? ""}\n`);
    expect(not.map(({ model, exporter }) => `${model}.${exporter}`)).toEqual(refused);
  });

  afterAll(() => {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  });

  for (const model of chosen) {
    for (const exporter of exporters) {
      if (refused.includes(`${model.name}.${exporter}`)) continue;
      for (const target of targetsOf(model, exporter)) {
        const title = `${model.name}, ${exporter}, on ${printTarget(target)}`;
        pythonTest(title, { timeout: 1_000_000 }, async () =>
          check(model, exporter, await fileOf(model.name, exporter), target),
        );
      }
    }
  }

  pythonTest("passes on the command line", { timeout: 300_000 }, async () => {
    const file = await fileOf(sample[0] as string, "dynamo");
    const { code, stdout } = await runCli([
      "verify",
      file,
      "--mesh",
      "dp=2,tp=2",
      "--dim",
      "batch=2",
      "--json",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, ranks: 4 });
    expect(code).toBe(0);
  });
});

describe("trained models of npm packages", () => {
  let paths: ReadonlyMap<string, string> = new Map();
  beforeAll(() => {
    paths = npmModels();
  });

  for (const model of trained) {
    for (const target of full ? targets : targets.slice(2)) {
      npmModelTest(`${model.name} on ${printTarget(target)}`, { timeout: 300_000 }, () =>
        check(
          model,
          "",
          present(paths.get(model.file), "the package lacks the model", () => model.file),
          target,
        ),
      );
    }
  }
});
