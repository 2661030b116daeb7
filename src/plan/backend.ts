/**
 * What a backend is: something that runs segments. Devices, collectives and the order of work are not its business:
 * `backends/local` (or another runtime) walks a stage's actions and hands it one segment at a time.
 *
 * `T` is the backend's own tensor: it may live on a GPU and comes to the host only where a communication asks for it.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { DataType } from "../ir/types.ts";
import type { TypedArray } from "../ir/tensor-data.ts";

/** A tensor in host memory: row-major elements, see `ir/tensor-data.ts`. */
export interface HostTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

export interface BackendOptions {
  /** `cpu`, `wasm`, `webgpu`, `cuda`. */
  readonly device: string;
  /** Threads that one device may use inside an operator. */
  readonly threads: number;
  /** Number of the device that the backend is created for, where it is one of several. */
  readonly rank?: number;
  /** Memory that this device may count on, in bytes: lets the backend choose between speed and memory. */
  readonly memoryBytes?: number;
}

/** A segment ready to run. */
export interface LoadedSegment<T> {
  /** Gives the outputs `o0, o1, …` for the inputs `i0, i1, …` that were not bound at loading. */
  run(inputs: readonly T[]): Promise<readonly T[]>;
  release(): Promise<void>;
}

export interface Backend<T> {
  readonly name: string;
  /**
   * Loads an ONNX model. `bound` gives inputs that never change (parameters) by name: the backend may prepare them as
   * it likes; they are not passed to `run` again, whose inputs are the remaining ones in order.
   */
  load(model: Uint8Array, bound: ReadonlyMap<string, HostTensor>): Promise<LoadedSegment<T>>;
  /** Loads an ONNX file, with its external data, as it is. Its inputs are those named, its outputs all of the file's in order. */
  loadFile(path: string, inputs: readonly string[]): Promise<LoadedSegment<T>>;
  upload(tensor: HostTensor): T;
  download(tensor: T): Promise<HostTensor>;
  /** Bytes that the elements of a tensor take. */
  byteLength(tensor: T): number;
  /** Says that a tensor is not used any more. */
  free(tensor: T): void;
  close(): Promise<void>;
}

/** What a backend module exports as `createBackend`. Throws `backend-missing` where it cannot run here. */
export type CreateBackend = (
  options: BackendOptions,
  /** Takes notes on how segments will run. */
  report?: (note: Diagnostic) => void,
) => Promise<Backend<unknown>>;

/** What a device uses to exchange data with the others; handed to what walks through its actions. */
export interface Communicator {
  /** Runs boxings of the plan together, all within the same groups: gives this device's shards in their new layouts. */
  collective(indices: readonly number[], shards: readonly HostTensor[]): Promise<readonly HostTensor[]>;
  send(index: number, microbatch: number, shard: HostTensor): Promise<void>;
  receive(index: number, microbatch: number): Promise<HostTensor>;
  /** Bytes received from other devices so far, per boxing index. */
  readonly bytes: readonly number[];
}
