/**
 * Elements of segments as tfjs holds them, and back: f32 and bool as they are, integers as i32. A few numbers of f64 (step
 * counts, learning rates) stay on the host, where they are computed with too: tfjs has no such elements.
 */
import { fail } from "../../src/diagnostics/diagnostic.ts";
import { allocate } from "../../src/ir/tensor-data.ts";
import { bytesOf, type DataType } from "../../src/ir/types.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { toDense, toTensorData } from "../../src/ops/interpret.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { product } from "../../src/support/collections.ts";
import { heldAs, type Tensor, type Tf } from "./kernel.ts";

/** A value while a segment runs: on tfjs, or on the host. */
export type Value = Tensor | Dense;

/** A value with the type that its elements have in the plan. */
export interface Held {
  readonly value: Value;
  readonly dtype: DataType;
}

/** Most elements of f64 that a tensor on the host has. */
export const mostOnHost = 1024;

export function isOnHost(dtype: DataType, shape: readonly number[]): boolean {
  return dtype === "f64" && product(shape) <= mostOnHost;
}

export function isTensor(value: Value): value is Tensor {
  return "dataSync" in value;
}

/** Bytes that the elements take in the plan's type. */
export function heldBytes({ value, dtype }: Held): number {
  return bytesOf(dtype, isTensor(value) ? value.size : value.data.length);
}

/** A copy: tfjs may keep the array that it is given. Error: unsupported-dtype, also for an integer beyond 32 bits. */
export function toValue(tf: Tf, backend: string, tensor: HostTensor): Value {
  const { dtype, shape, data } = tensor;
  if (isOnHost(dtype, shape)) return toDense(tensor);
  const type = heldAs(dtype);
  const value = `a tensor of shape [${shape.join(", ")}]`;
  switch (type) {
    case undefined:
      return fail("unsupported-dtype", { backend, dtype, value });
    case "float32":
      return tf.tensor(new Float32Array(data as Float32Array), [...shape], type);
    case "bool":
      return tf.tensor(new Uint8Array(data as Uint8Array), [...shape], type);
    case "int32": {
      const elements = Int32Array.from(data as Int32Array, Number);
      if (dtype === "i64" && elements.some((x, i) => BigInt(x) !== (data as unknown as BigInt64Array)[i]))
        return fail("unsupported-dtype", { backend, dtype: "i64 beyond 32 bits", value });
      return tf.tensor(elements, [...shape], type);
    }
  }
}

/** `shares`: what tfjs gives is the memory that the tensor lives in. */
export async function toHost({ value, dtype }: Held, shares: boolean): Promise<HostTensor> {
  if (!isTensor(value)) return toTensorData(value) as HostTensor;
  const elements = await value.data();
  const { shape } = value;
  if (dtype === "f32") return { dtype, shape, data: (shares ? elements.slice() : elements) as Float32Array };
  const data = allocate(dtype, elements.length);
  if (dtype === "i64") {
    const wide = data as BigInt64Array;
    for (let i = 0; i < elements.length; i++) wide[i] = BigInt(elements[i] as number);
  } else (data as Int32Array).set(elements as Int32Array);
  return { dtype, shape, data };
}
