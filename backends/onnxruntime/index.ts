/**
 * ONNX Runtime on the CPU: one session per segment.
 *
 * Weights are initializers (prepacked: 12 to 25 % faster) while there is memory for it: a session costs about six times its
 * weights while it is made (the array, the model's bytes, the runtime's copy, the packed copy). Beyond that, equal bodies
 * share one session and take their weights as inputs (12 equal layers of a transformer: 528 MB against 2,014 MB).
 * With several threads the pools must not spin: there is one per session, and spinning ones slow each other 2 to 13 times.
 */
import type * as OnnxRuntimeNode from "onnxruntime-node";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { fail } from "../../src/diagnostics/diagnostic.ts";
import type { TypedArray } from "../../src/ir/tensor-data.ts";
import type { DataType } from "../../src/ir/types.ts";
import type { Backend, BackendOptions, HostTensor, LoadedSegment } from "../../src/plan/backend.ts";
import { sum } from "../../src/support/collections.ts";
import { bindInputs, inputNames } from "./bind.ts";

type Runtime = typeof OnnxRuntimeNode;

const name = "onnxruntime";

/** Our element types under ONNX Runtime's names; others have no tensors there. */
const typeNames: Partial<Record<DataType, Tensor.Type>> = {
  f32: "float32",
  f64: "float64",
  f16: "float16",
  i8: "int8",
  u8: "uint8",
  i16: "int16",
  u16: "uint16",
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  u64: "uint64",
  bool: "bool",
};
const dataTypesByName = new Map(Object.entries(typeNames).map(([dtype, type]) => [type, dtype as DataType]));

/** Bytes that a session takes per byte of weights, as initializers. */
const initializerCost = 6;
/** Serialised models must stay below 2 GiB. */
const modelLimit = 1.9e9;

export async function createBackend(options: BackendOptions): Promise<Backend<Tensor>> {
  if (options.device !== "cpu") {
    fail("backend-missing", {
      backend: `${name} on ${options.device}`,
      problem: "this backend runs segments on the CPU",
      remedy: "Use --device cpu.",
    });
  }
  return new OnnxRuntime(await importRuntime(), options);
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
  #boundBytes = 0;

  constructor(runtime: Runtime, options: BackendOptions) {
    this.#runtime = runtime;
    this.#options = options;
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

  upload({ dtype, shape, data }: HostTensor): Tensor {
    const type = typeNames[dtype];
    if (type === undefined)
      return fail("unsupported-dtype", {
        backend: name,
        dtype,
        value: `a tensor of shape [${shape.join(", ")}]`,
      });
    return new this.#runtime.Tensor(type, (dtype === "f16" ? asFloat16(data) : data) as never, shape);
  }

  async download(tensor: Tensor): Promise<HostTensor> {
    const dtype = dataTypesByName.get(tensor.type);
    if (dtype === undefined)
      return fail("unsupported-dtype", {
        backend: name,
        dtype: tensor.type,
        value: "an output of a segment",
      });
    const data = tensor.data as TypedArray;
    const plain = dtype === "f16" ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
    return { dtype, shape: tensor.dims, data: plain };
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
      executionProviders: ["cpu"],
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

/** Newer engines have a Float16Array, which ONNX Runtime then asks for. */
function asFloat16(data: TypedArray): unknown {
  const { Float16Array } = globalThis as {
    readonly Float16Array?: new (buffer: ArrayBufferLike, offset: number, length: number) => unknown;
  };
  return Float16Array === undefined ? data : new Float16Array(data.buffer, data.byteOffset, data.length);
}
