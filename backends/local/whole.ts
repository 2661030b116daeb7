/**
 * Entry of the process that runs a whole, unsharded model in one session: what a plan is verified against. It makes the
 * model's inputs by the same recipes as the devices make their shards.
 */
import { diagnostic, SbpcError, type Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { Initializer, RandomRecipe } from "../../src/ir/graph.ts";
import type { DataType } from "../../src/ir/types.ts";
import type { BackendOptions, CreateBackend, HostTensor } from "../../src/plan/backend.ts";
import { holdsNaN } from "../../src/plan/compare.ts";
import { wholeBox } from "../../src/plan/box-copy.ts";
import { fillInput, fillRandom, type InputRecipe } from "../../src/plan/random.ts";
import { parameterShard } from "./weights.ts";

/** A graph input of the model, and where its elements come from. */
export interface Feed {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly source:
    | { readonly kind: "tensor"; readonly tensor: HostTensor }
    | { readonly kind: "parameter"; readonly initializer: Initializer }
    | { readonly kind: "input"; readonly recipe: InputRecipe; readonly batchAxis: number | null }
    | { readonly kind: "random"; readonly recipe: RandomRecipe; readonly batchAxis: number | null };
}

export interface WholeJob {
  /** ONNX bytes whose graph inputs are the feeds, in order; or the path of an ONNX file, whose inputs are found by name. */
  readonly model: Uint8Array | string;
  readonly feeds: readonly Feed[];
  readonly backend: string;
  readonly backendOptions: BackendOptions;
  readonly seed: number;
  readonly step: number;
  readonly randomized: boolean;
  readonly base: string;
  /** Whether only to say which outputs hold a NaN. */
  readonly probe: boolean;
}

export type WholeMessage =
  | { readonly kind: "output"; readonly index: number; readonly tensor: HostTensor }
  | { readonly kind: "done"; readonly nans: readonly boolean[]; readonly inputNans: readonly boolean[] }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };

function tell(message: WholeMessage): void {
  if (process.send === undefined || !process.connected) process.exit(1);
  process.send(message);
}

function make(feed: Feed, job: WholeJob): HostTensor {
  const { name, dtype, shape, source } = feed;
  const box = wholeBox(shape);
  switch (source.kind) {
    case "tensor":
      return source.tensor;
    case "parameter":
      return {
        dtype,
        shape,
        data: parameterShard({ name, dtype, shape, initializer: source.initializer }, box, job),
      };
    case "input": {
      const range = { seed: job.seed, batchAxis: source.batchAxis, sampleOffset: 0 };
      return { dtype, shape, data: fillInput(source.recipe, name, shape, box, dtype, range) };
    }
    case "random": {
      const range = { seed: job.seed, step: job.step, batchAxis: source.batchAxis, sampleOffset: 0 };
      return { dtype, shape, data: fillRandom(source.recipe, shape, box, dtype, range) };
    }
  }
}

async function run(job: WholeJob): Promise<void> {
  const { createBackend } = (await import(job.backend)) as { readonly createBackend: CreateBackend };
  const backend = await createBackend(job.backendOptions);
  const segment =
    typeof job.model === "string"
      ? await backend.loadFile(
          job.model,
          job.feeds.map((feed) => feed.name),
        )
      : await backend.load(job.model, new Map());
  const inputNans: boolean[] = [];
  const inputs = job.feeds.map((feed) => {
    const tensor = make(feed, job);
    inputNans.push(job.probe && holdsNaN(tensor));
    return backend.upload(tensor);
  });
  const outputs = await segment.run(inputs);
  const nans: boolean[] = [];
  for (const [index, output] of outputs.entries()) {
    const tensor = await backend.download(output);
    nans.push(holdsNaN(tensor));
    if (!job.probe) tell({ kind: "output", index, tensor });
  }
  tell({ kind: "done", nans, inputNans });
}

function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof SbpcError) return error.diagnostics;
  const problem = error instanceof Error ? error.message : String(error);
  return [diagnostic("worker-failed", { rank: "of the unsharded model", action: "running it", problem })];
}

process.once("disconnect", () => process.exit(1));
process.once("message", (job) => {
  run(job as WholeJob).catch((error: unknown) => tell({ kind: "failed", diagnostics: diagnosticsOf(error) }));
});
