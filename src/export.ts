/** Exports models and plans as ONNX: as messages in memory, and as files with their weights beside them. */
import { basename, dirname, join } from "node:path";
import { parameterShard } from "../backends/local/weights.ts";
import { writeTogether, replaceFolder, type FileContent } from "./files/atomic.ts";
import { fail } from "./diagnostics/diagnostic.ts";
import { bindGraph } from "./ir/bind.ts";
import type { Graph } from "./ir/graph.ts";
import { deviceCount } from "./ir/layout.ts";
import { bytesView } from "./ir/tensor-data.ts";
import { parseGraph } from "./ir/text/parse.ts";
import { annotatedModel } from "./onnx/annotate.ts";
import { dataBytes, dataChunks, layOutExternal, type ExternalLayout } from "./onnx/data-files.ts";
import type { onnx } from "./onnx/generated/onnx-ml.js";
import { materialize, modelChunks, type WeightedModel, type WeightReader } from "./onnx/weighted-model.ts";
import { wholeModel } from "./onnx/whole.ts";
import { Bodies } from "./plan/export/bodies.ts";
import type { DialectName } from "./plan/export/dialect.ts";
import { mergedModel } from "./plan/export/merged-model.ts";
import { checkDialect, rankModel } from "./plan/export/rank-model.ts";
import type { Plan } from "./plan/plan.ts";
import { at, range, sum } from "./support/collections.ts";
import { baseFolder } from "./weights.ts";

export interface ExportWeights {
  /** Of parameters that are random. Default 0. */
  readonly seed?: number;
  /** Folder or file that relative paths of weights start from; default: the working directory. */
  readonly base?: string;
}

export interface ExportOnnxOptions extends ExportWeights {
  /**
   * `whole` is the model as it was built; `annotated` the compiled graph with multi-device annotations, that of one
   * micro-batch; `merged` all devices in one graph of standard operators; a rank the program of that device.
   */
  readonly form?:
    "whole" | "annotated" | "merged" | { readonly rank: number; readonly collectives?: DialectName };
}

/**
 * The ONNX model of a graph (form `whole` only) or a plan, weights inside: an object that `ModelProto.encode` of the package
 * onnx-proto takes. Errors: collective-missing, training-export, step-export, and what weights lack.
 */
export function exportOnnx(
  source: Graph | Plan,
  options: ExportOnnxOptions = {},
): onnx.ModelProto.$Properties {
  const { form = "whole" } = options;
  const read = weightReader(options);
  if (!isPlan(source)) {
    if (form !== "whole")
      fail("usage", { problem: "A graph can be exported whole; other forms need its plan." });
    return materialize(wholeModel(source), read);
  }
  if (typeof form === "string") return materialize(modelOfPlan(source, form), read);
  const { rank, collectives = "sbpc" } = form;
  const ranks = deviceCount(source.mesh);
  if (!Number.isInteger(rank) || rank < 0 || rank >= ranks)
    fail("usage", { problem: `There is no rank ${rank}: the plan has ${ranks} devices.` });
  checkMicrobatch(source, `rank ${rank}`);
  checkDialect(source, collectives);
  return materialize(rankModel(source, rank, collectives), read);
}

/** A file that other runtimes run has no place for the optimizer's steps, or for what is kept from one to the next. */
function checkForward(plan: Plan, form: string): void {
  if (plan.options.train !== undefined) fail("training-export", { form });
}

/** Nor has the model of one micro-batch a place for what is made of all. */
function checkMicrobatch(plan: Plan, form: string): void {
  checkForward(plan, form);
  const { microbatches } = plan.options;
  for (const { name, perStep } of plan.outputs)
    if (perStep === true) fail("step-export", { form, name, microbatches });
}

function isPlan(source: Graph | Plan): source is Plan {
  return "boxing" in source;
}

/** A plan as one model. */
export type OneModelForm = "whole" | "annotated" | "merged";

function modelOfPlan(plan: Plan, form: OneModelForm): WeightedModel {
  const initializers = new Map(plan.parameters.map(({ name, initializer }) => [name, initializer]));
  const { microbatches, samples, dims } = plan.options;
  if (form === "annotated") checkMicrobatch(plan, form);
  if (form === "merged") checkForward(plan, form);
  switch (form) {
    case "whole": {
      const graph = parseGraph(plan.source, `${plan.model}.graph`);
      return wholeModel(bindGraph(graph, new Map(Object.entries(dims))), { initializers });
    }
    case "annotated": {
      const metadata = {
        ...(microbatches === 1 ? {} : { "sbpc.microbatches": String(microbatches) }),
        ...(samples === undefined ? {} : { "sbpc.samples": String(samples) }),
      };
      return annotatedModel(parseGraph(plan.graph, `${plan.model}.graph`), plan.mesh, {
        initializers,
        metadata,
      });
    }
    case "merged":
      return mergedModel(plan);
  }
}

function weightReader({ seed = 0, base }: ExportWeights): WeightReader {
  const options = { seed, randomized: false, base: baseFolder(base) };
  return ({ parameter, box }) => bytesView(parameterShard(parameter, box, options));
}

// --- files

export interface FileOptions extends ExportWeights {
  /** Bytes from which a tensor goes into a data file. Default 1 MB. */
  readonly externalBytes?: number;
}

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
}

const defaultExternalBytes = 1_000_000;

/** Writes `path`, and `path.data` where tensors are large. Errors: file-unwritable, and what weights lack. */
export function writeModel(
  plan: Plan,
  form: OneModelForm,
  path: string,
  options: FileOptions = {},
): WrittenFile[] {
  const dataName = `${basename(path)}.data`;
  const layout = layOutExternal([modelOfPlan(plan, form)], {
    threshold: options.externalBytes ?? defaultExternalBytes,
    shared: dataName,
    own: () => dataName,
  });
  return writeLayout(layout, [path], (name) => join(dirname(path), name), options);
}

const sharedData = "weights.bin";

/** Whether a folder's file is one that `writeRanks` writes. */
function isRankFile(name: string): boolean {
  return name === sharedData || /^rank_\d+\.(?:onnx|bin)$/.test(name);
}

/**
 * Writes `rank_0.onnx, rank_1.onnx, …` into a folder: contiguous shards are parts of one `weights.bin`, others of the
 * `rank_R.bin` of the first rank that holds them. Errors: collective-missing, file-unwritable, and what weights lack.
 */
export function writeRanks(
  plan: Plan,
  collectives: DialectName,
  folder: string,
  options: FileOptions = {},
): WrittenFile[] {
  checkMicrobatch(plan, "per-rank");
  checkDialect(plan, collectives);
  const ranks = range(deviceCount(plan.mesh));
  const bodies = new Bodies(plan.bodies);
  const layout = layOutExternal(
    ranks.map((rank) => rankModel(plan, rank, collectives, bodies)),
    {
      threshold: options.externalBytes ?? defaultExternalBytes,
      shared: sharedData,
      own: (rank) => `rank_${rank}.bin`,
    },
  );
  let written: WrittenFile[] = [];
  replaceFolder(folder, isRankFile, (temporary) => {
    const paths = ranks.map((rank) => join(temporary, `rank_${rank}.onnx`));
    written = writeLayout(layout, paths, (name) => join(temporary, name), options);
  });
  return written.map(({ path, bytes }) => ({ path: join(folder, basename(path)), bytes }));
}

/** Data first: a model that is there has its weights. */
function writeLayout(
  { models, data }: ExternalLayout,
  paths: readonly string[],
  dataPath: (name: string) => string,
  options: FileOptions,
): WrittenFile[] {
  const read = weightReader(options);
  const sizes = new Map<string, number>();
  const files = [
    ...data.map((file): FileContent => {
      sizes.set(dataPath(file.name), dataBytes(file));
      return { path: dataPath(file.name), chunks: dataChunks(file, read) };
    }),
    ...models.map((model, i): FileContent => {
      const path = at(paths, i);
      return { path, chunks: counted(modelChunks(model, read), (bytes) => sizes.set(path, bytes)) };
    }),
  ];
  writeTogether(files);
  return files.map(({ path }) => ({ path, bytes: sizes.get(path) ?? 0 }));
}

function* counted(chunks: Iterable<Uint8Array>, tell: (bytes: number) => void): Generator<Uint8Array> {
  const lengths: number[] = [];
  for (const chunk of chunks) {
    lengths.push(chunk.length);
    yield chunk;
  }
  tell(sum(lengths));
}
