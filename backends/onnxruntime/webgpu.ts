/**
 * ONNX Runtime's WebGPU provider: one session per segment, tensors between segments in GPU buffers.
 *
 * A buffer comes to the host when something asks for its elements, through a session that copies: reading a GPU tensor of
 * onnxruntime-node 1.30 directly ends the process. What the host made goes to the GPU with the first run that takes it, and
 * stays there from the second on. Two devices in threads of one process crash the provider: each needs a process of its own.
 *
 * The provider takes the first adapter that the system offers; its options for that cannot be reached from Node. Which Vulkan
 * drivers there are to choose from is said by the environment of the process (VK_DRIVER_FILES, MESA_VK_DEVICE_SELECT).
 */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { diagnostic, fail, type Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { bytesOf, dataTypes, isInteger, type DataType } from "../../src/ir/types.ts";
import type { TypedArray } from "../../src/ir/tensor-data.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import type { Backend, HostTensor, LoadedSegment } from "../../src/plan/backend.ts";
import { present } from "../../src/support/assert.ts";
import { at, product, sum } from "../../src/support/collections.ts";
import { bindInputs, inputNames } from "./bind.ts";
import { copyModel } from "./copy-model.ts";
import { Lowering, type Lowered } from "./lower.ts";
import { dataTypeOf, toHostTensor, toRuntimeTensor, type Runtime } from "./tensors.ts";

/** A tensor on the host, in a GPU buffer, or in both. */
export interface GpuTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  host?: HostTensor;
  /** Its type is `dtype`, or i32 for i64. */
  buffer?: Tensor;
  /** Runs that took it from the host. */
  uploads: number;
}

/** Element types that GPU buffers of the runtime have; others are handed over on the host. */
const inBuffers: ReadonlySet<DataType> = new Set(["f32", "f16", "i32", "i64", "u32", "u8", "bool"]);

/** Models must stay below 2 GiB. */
const modelLimit = 1.9e9;

export async function createWebGpu(
  runtime: Runtime,
  report: (note: Diagnostic) => void,
): Promise<Backend<GpuTensor>> {
  const backend = new WebGpu(runtime, report);
  await backend.open();
  return backend;
}

class WebGpu implements Backend<GpuTensor> {
  readonly name = "onnxruntime on webgpu";
  readonly #runtime: Runtime;
  readonly #report: (note: Diagnostic) => void;
  readonly #lowering: Lowering;
  readonly #lowered = new Map<Uint8Array, Promise<Lowered>>();
  /** Sessions whose weights are inputs, by body. */
  readonly #shared = new Map<Uint8Array, Promise<InferenceSession>>();
  /** Sessions that copy, by type, rank and direction. */
  readonly #copiers = new Map<string, InferenceSession>();

  constructor(runtime: Runtime, report: (note: Diagnostic) => void) {
    this.#runtime = runtime;
    this.#report = report;
    this.#lowering = new Lowering((model) => this.#accepts(model));
  }

  /** Finds the adapter. Error: backend-missing. */
  async open(): Promise<void> {
    try {
      await this.#copier("f32", 1, "gpu-buffer");
    } catch (error) {
      const problem = (error as Error).message.replace(/^.*was false\. /s, "").split("\n")[0] as string;
      fail("backend-missing", {
        backend: this.name,
        problem,
        remedy:
          "Install a driver for the GPU (Vulkan's loader and driver on Linux), or point VK_DRIVER_FILES at one; or use --device cpu.",
      });
    }
  }

  async load(model: Uint8Array, bound: ReadonlyMap<string, HostTensor>): Promise<LoadedSegment<GpuTensor>> {
    let lowering = this.#lowered.get(model);
    if (lowering === undefined) this.#lowered.set(model, (lowering = this.#lower(model)));
    const lowered = await lowering;
    const bytes = sum([...bound.values()].map(({ data }) => data.byteLength));
    if (bytes + lowered.model.byteLength > modelLimit) return this.#loadShared(model, lowered, bound);
    const types = inputTypes(lowered.model);
    const weights = new Map(
      [...bound].map(([name, tensor]) => [name, convert(tensor, types.get(name) ?? tensor.dtype, this.name)]),
    );
    const session = await this.#create(bindInputs(lowered.model, weights), lowered);
    return {
      run: (inputs) => this.#run(session, session.inputNames, inputs, lowered.outputs),
      release: () => session.release(),
    };
  }

  async #loadShared(
    model: Uint8Array,
    lowered: Lowered,
    bound: ReadonlyMap<string, HostTensor>,
  ): Promise<LoadedSegment<GpuTensor>> {
    let making = this.#shared.get(model);
    if (making === undefined)
      this.#shared.set(model, (making = this.#create(bindInputs(lowered.model, new Map()), lowered)));
    const session = await making;
    const weights = new Map([...bound].map(([name, tensor]) => [name, this.upload(tensor)]));
    const names = inputNames(lowered.model);
    return {
      run: (inputs) => {
        let next = 0;
        const all = names.map((name) => weights.get(name) ?? at(inputs, next++));
        return this.#run(session, names, all, lowered.outputs);
      },
      // The session may serve other segments: `close` releases it.
      release: async () => weights.forEach((tensor) => this.free(tensor)),
    };
  }

  async loadFile(path: string, inputs: readonly string[]): Promise<LoadedSegment<GpuTensor>> {
    const session = await this.#runtime.InferenceSession.create(path, this.#options({ strict: false }));
    return {
      run: (tensors) => this.#run(session, inputs, tensors, undefined),
      release: () => session.release(),
    };
  }

  upload(tensor: HostTensor): GpuTensor {
    return { dtype: tensor.dtype, shape: tensor.shape, host: tensor, uploads: 0 };
  }

  async download(tensor: GpuTensor): Promise<HostTensor> {
    if (tensor.host !== undefined) return tensor.host;
    const buffer = present(tensor.buffer, "tensor is nowhere");
    const session = await this.#copier(dataTypeOf(buffer.type, this.name), buffer.dims.length, "cpu");
    const { y } = await session.run({ x: buffer });
    tensor.host = convert(toHostTensor(y as Tensor, this.name), tensor.dtype, this.name);
    return tensor.host;
  }

  byteLength({ dtype, shape }: GpuTensor): number {
    return bytesOf(dtype, product(shape));
  }

  free(tensor: GpuTensor): void {
    tensor.buffer?.dispose();
    delete tensor.buffer;
  }

  async close(): Promise<void> {
    for (const session of this.#shared.values()) await (await session).release();
    for (const session of this.#copiers.values()) await session.release();
    this.#shared.clear();
    this.#copiers.clear();
  }

  async #lower(model: Uint8Array): Promise<Lowered> {
    const lowered = await this.#lowering.lower(model);
    for (const call of lowered.onHost) this.#report(diagnostic("runs-on-host", { backend: this.name, call }));
    return lowered;
  }

  async #run(
    session: InferenceSession,
    names: readonly string[],
    inputs: readonly GpuTensor[],
    outputs: readonly DataType[] | undefined,
  ): Promise<readonly GpuTensor[]> {
    const feeds: Record<string, Tensor> = {};
    for (const [i, name] of names.entries()) {
      const metadata = session.inputMetadata.find((one) => one.name === name);
      const type = metadata?.isTensor === true ? dataTypeOf(metadata.type, this.name) : undefined;
      feeds[name] = await this.#feed(at(inputs, i), type);
    }
    const results = await session.run(feeds);
    return session.outputNames.map((name, i): GpuTensor => {
      const result = results[name] as Tensor;
      const dtype = outputs?.[i] ?? dataTypeOf(result.type, this.name);
      const shape = result.dims;
      if (result.location === "gpu-buffer") return { dtype, shape, buffer: result, uploads: 0 };
      return this.upload(convert(toHostTensor(result, this.name), dtype, this.name));
    });
  }

  /** The tensor in the type that a session takes: its buffer where it has one, from the host otherwise. */
  async #feed(tensor: GpuTensor, type = tensor.dtype): Promise<Tensor> {
    const { buffer } = tensor;
    if (buffer !== undefined && dataTypeOf(buffer.type, this.name) === type) return buffer;
    const host = convert(await this.download(tensor), type, this.name);
    const given = toRuntimeTensor(this.#runtime, host, this.name);
    tensor.uploads++;
    if (tensor.uploads < 2 || buffer !== undefined || !inBuffers.has(type)) return given;
    const session = await this.#copier(type, host.shape.length, "gpu-buffer");
    const { y } = await session.run({ x: given });
    tensor.buffer = y as Tensor;
    return tensor.buffer;
  }

  /** A session whose output `y` is its input `x`, at a location. */
  async #copier(dtype: DataType, rank: number, location: "cpu" | "gpu-buffer"): Promise<InferenceSession> {
    const key = `${dtype} ${rank} ${location}`;
    let session = this.#copiers.get(key);
    if (session === undefined) {
      session = await this.#runtime.InferenceSession.create(
        copyModel(dtype, rank),
        this.#options({ strict: false, locations: { y: location } }),
      );
      this.#copiers.set(key, session);
    }
    return session;
  }

  #create(model: Uint8Array, { onHost, kept, results }: Lowered): Promise<InferenceSession> {
    const locations = Object.fromEntries(
      results.map(({ name, dtype }) => [
        name,
        inBuffers.has(dtype) ? ("gpu-buffer" as const) : ("cpu" as const),
      ]),
    );
    return this.#runtime.InferenceSession.create(
      model,
      this.#options({ strict: onHost.length === 0, locations, kept }),
    );
  }

  /** Whether the provider takes every node of a model. */
  async #accepts(model: Uint8Array): Promise<boolean> {
    try {
      const session = await this.#runtime.InferenceSession.create(model, this.#options({ strict: true }));
      await session.release();
      return true;
    } catch {
      return false;
    }
  }

  /** `strict`: nothing may be left to the CPU. `kept`: names of nodes that must be. */
  #options({
    strict,
    locations,
    kept = [],
  }: {
    readonly strict: boolean;
    readonly kept?: readonly string[];
    readonly locations?: Readonly<Record<string, "cpu" | "gpu-buffer">>;
  }): InferenceSession.SessionOptions {
    return {
      executionProviders: [kept.length === 0 ? "webgpu" : { name: "webgpu", forceCpuNodeNames: kept }],
      graphOptimizationLevel: "all",
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      extra: { session: { disable_cpu_ep_fallback: strict ? "1" : "0" } },
      ...(locations === undefined ? {} : { preferredOutputLocation: locations }),
    };
  }
}

/** The same numbers in another integer type. Error: unsupported-dtype, where one does not fit 32 bits. */
function convert(tensor: HostTensor, dtype: DataType, backend: string): HostTensor {
  if (tensor.dtype === dtype || !isInteger(tensor.dtype) || !isInteger(dtype)) return tensor;
  const { shape } = tensor;
  if (dtype === "i64")
    return { dtype, shape, data: BigInt64Array.from(tensor.data as Int32Array, BigInt) as TypedArray };
  const wide = tensor.data as BigInt64Array;
  const data = new Int32Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    data[i] = Number(wide[i]);
    if (BigInt(data[i] as number) !== wide[i])
      fail("unsupported-dtype", {
        backend,
        dtype: "integer beyond 32 bits",
        value: `element ${i}: ${wide[i]}`,
      });
  }
  return { dtype, shape, data };
}

/** Element types of the graph inputs of a model, by name. */
function inputTypes(model: Uint8Array): Map<string, DataType> {
  const { graph } = onnx.ModelProto.decode(model);
  return new Map(
    (graph?.input ?? []).flatMap(({ name, type }) => {
      const found = Object.entries(dataTypes).find(([, [number]]) => number === type?.tensorType?.elemType);
      return found === undefined ? [] : [[name ?? "", found[0] as DataType]];
    }),
  );
}
