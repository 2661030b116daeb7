/**
 * ONNX Runtime: one session per segment, on the CPU or (in this file too) on a CUDA GPU; `webgpu.ts` has WebGPU, and is loaded only
 * there: it knows every operator, which takes a device three times as long to load as all else.
 *
 * Weights are initializers (prepacked: 12 to 25 % faster) while there is memory for it: a session costs about six times its
 * weights while it is made (the array, the model's bytes, the runtime's copy, the packed copy). Beyond that, equal bodies
 * share one session and take their weights as inputs (12 equal layers of a transformer: 528 MB against 2,014 MB).
 * With several threads the pools must not spin: there is one per session, and spinning ones slow each other 2 to 13 times.
 */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { fail, type Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { TypedArray } from "../../src/ir/tensor-data.ts";
import type { Backend, BackendOptions, HostTensor, LoadedSegment } from "../../src/plan/backend.ts";
import { sum } from "../../src/support/collections.ts";
import { bindInputs, inputNames } from "./bind.ts";
import { copyModel } from "./copy-model.ts";
import { toHostTensor, toRuntimeTensor, type Runtime } from "./tensors.ts";

const name = "onnxruntime";

/** Bytes that a session takes per byte of weights, as initializers. */
const initializerCost = 6;
/** Serialised models must stay below 2 GiB. */
const modelLimit = 1.9e9;

export async function createBackend(
  options: BackendOptions,
  report: (note: Diagnostic) => void = () => undefined,
): Promise<Backend<unknown>> {
  switch (options.device) {
    case "cpu":
      return new OnnxRuntime(await importRuntime(), options, ["cpu"]);
    case "cuda":
      return createCuda(await importRuntime(), options);
    case "webgpu":
      return (await import("./webgpu.ts")).createWebGpu(await importRuntime(), report);
    default:
      return fail("backend-missing", {
        backend: `${name} on ${options.device}`,
        problem: "this backend runs segments on cpu, webgpu or cuda",
        remedy: "Use --device cpu.",
      });
  }
}

/** The GPU of the device's number. Segments take their tensors from the host, and give them there. */
async function createCuda(runtime: Runtime, options: BackendOptions): Promise<Backend<Tensor>> {
  const deviceId = options.rank ?? 0;
  const backend = new OnnxRuntime(runtime, options, [{ name: "cuda", deviceId }, "cpu"]);
  try {
    await backend.probe();
  } catch (error) {
    const problem = (error as Error).message.split("\n")[0] as string;
    const isMissing = /load (shared )?library/i.test(problem);
    fail("backend-missing", {
      backend: `${name} on cuda`,
      problem: `${problem} (GPU ${deviceId})`,
      remedy: isMissing
        ? "Install NVIDIA's driver, CUDA 12 and cuDNN 9, and ONNX Runtime's CUDA libraries, for Linux on x64: " +
          "npm install onnxruntime-node --onnxruntime-node-install=cuda12 --foreground-scripts (it downloads them); or use --device cpu."
        : "There is one GPU per device of the mesh: use a smaller mesh, or --device cpu.",
    });
  }
  return backend;
}

async function importRuntime(): Promise<Runtime> {
  try {
    const module = await import("onnxruntime-node");
    const runtime = (module as Runtime & { readonly default?: Runtime }).default ?? module;
    runtime.env.logLevel = "error";
    return runtime;
  } catch (error) {
    return fail("backend-missing", {
      backend: name,
      problem: (error as Error).message,
      remedy:
        "Run: npm install onnxruntime-node (ONNXRUNTIME_NODE_INSTALL=skip where the network is closed).",
    });
  }
}

class OnnxRuntime implements Backend<Tensor> {
  readonly name = name;
  readonly #runtime: Runtime;
  readonly #options: BackendOptions;
  /** Sessions whose weights are inputs, by body. */
  readonly #shared = new Map<Uint8Array, Promise<InferenceSession>>();
  readonly #providers: readonly InferenceSession.ExecutionProviderConfig[];
  #boundBytes = 0;

  constructor(
    runtime: Runtime,
    options: BackendOptions,
    providers: readonly InferenceSession.ExecutionProviderConfig[],
  ) {
    this.#runtime = runtime;
    this.#options = options;
    this.#providers = providers;
  }

  /** Makes a session, to find out whether the provider works. */
  async probe(): Promise<void> {
    await (await this.#create(copyModel("f32", 1))).release();
  }

  async load(model: Uint8Array, bound: ReadonlyMap<string, HostTensor>): Promise<LoadedSegment<Tensor>> {
    const bytes = sum([...bound.values()].map(({ data }) => data.byteLength));
    const { memoryBytes = Infinity } = this.#options;
    if (bytes + model.byteLength > modelLimit || (this.#boundBytes + bytes) * initializerCost > memoryBytes) {
      return this.#loadShared(model, bound);
    }
    this.#boundBytes += bytes;
    const session = await this.#create(bindInputs(model, bound));
    return { run: (inputs) => run(session, session.inputNames, inputs), release: () => session.release() };
  }

  async loadFile(path: string, inputs: readonly string[]): Promise<LoadedSegment<Tensor>> {
    const session = await this.#create(path);
    return { run: (tensors) => run(session, inputs, tensors), release: () => session.release() };
  }

  async #loadShared(
    model: Uint8Array,
    bound: ReadonlyMap<string, HostTensor>,
  ): Promise<LoadedSegment<Tensor>> {
    let making = this.#shared.get(model);
    if (making === undefined) {
      making = this.#create(bindInputs(model, new Map()));
      this.#shared.set(model, making);
    }
    const session = await making;
    const weights = new Map([...bound].map(([input, tensor]) => [input, this.upload(tensor)]));
    const names = inputNames(model);
    return {
      run: (inputs) => {
        let next = 0;
        const all = names.map((input) => weights.get(input) ?? (inputs[next++] as Tensor));
        return run(session, names, all);
      },
      // The session may serve other segments: `close` releases it.
      release: async () => weights.clear(),
    };
  }

  upload(tensor: HostTensor): Tensor {
    return toRuntimeTensor(this.#runtime, tensor, name);
  }

  async download(tensor: Tensor): Promise<HostTensor> {
    return toHostTensor(tensor, name);
  }

  byteLength(tensor: Tensor): number {
    return (tensor.data as TypedArray).byteLength;
  }

  free(tensor: Tensor): void {
    tensor.dispose();
  }

  async close(): Promise<void> {
    for (const session of this.#shared.values()) await (await session).release();
    this.#shared.clear();
  }

  #create(model: Uint8Array | string): Promise<InferenceSession> {
    const { threads } = this.#options;
    return this.#runtime.InferenceSession.create(model as string, {
      executionProviders: [...this.#providers],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
      ...(threads > 1 ? { extra: { session: { intra_op: { allow_spinning: "0" } } } } : {}),
    });
  }
}

async function run(
  session: InferenceSession,
  names: readonly string[],
  inputs: readonly Tensor[],
): Promise<readonly Tensor[]> {
  const feeds: Record<string, Tensor> = {};
  names.forEach((input, i) => (feeds[input] = inputs[i] as Tensor));
  const results = await session.run(feeds);
  return session.outputNames.map((output) => results[output] as Tensor);
}
