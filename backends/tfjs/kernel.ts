/**
 * What a kernel is: how one operator of a segment is run by functions of tfjs-core.
 *
 * A call is prepared once, when its segment is loaded: types, shapes and constant inputs are known then, and what can be
 * computed of them is. tfjs has three types of elements: f32, i32 and bool; the integers of a segment are held as i32.
 */
import type * as TfCore from "@tensorflow/tfjs-core";
import { isFloat, type DataType, type TensorType } from "../../src/ir/types.ts";
import type { Call } from "../../src/ops/call.ts";

export type Tf = typeof TfCore;
export type Tensor = TfCore.Tensor;

/** A call as it is prepared. Shapes are known. */
export interface KernelContext {
  readonly tf: Tf;
  readonly call: Call;
  readonly outputs: readonly TensorType[];
  /** A tensor of whole numbers (of floats) that lives as long as the segment. */
  ints(values: readonly number[], shape?: readonly number[]): Tensor;
  floats(values: readonly number[], shape?: readonly number[]): Tensor;
}

/**
 * Runs a prepared call. An optional input that is absent is undefined. Tensors that it makes on the way are freed by the
 * caller; what it returns may be an input itself.
 */
export type Run = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

export interface Kernel {
  readonly op: string;
  /** The kernels of tfjs that its calls use besides `basicKernels`, by the names under which a backend registers them. */
  readonly needs: readonly string[];
  /** Whether it takes integers of less than 32 bits: it computes nothing that could pass their bounds. */
  readonly narrow?: true;
  /** Inputs that it reads when a call is prepared: they must be known then, and are not handed to `Run`. */
  readonly known?: readonly number[];
  /** Why it cannot run this call, other than others of the operator. */
  readonly unless?: (call: Call) => string | undefined;
  readonly prepare: (context: KernelContext) => Run;
}

/** Kernels that any call may use. */
export const basicKernels: readonly string[] = ["Identity", "Reshape", "Cast"];

/** The type in which tfjs holds elements; undefined for those that it has no room for. */
export function heldAs(dtype: DataType): "float32" | "int32" | "bool" | undefined {
  switch (dtype) {
    case "f32":
      return "float32";
    case "bool":
      return "bool";
    case "i8":
    case "u8":
    case "i16":
    case "u16":
    case "i32":
    case "i64":
      return "int32";
    default:
      return undefined;
  }
}

export function isNarrow(dtype: DataType): boolean {
  return dtype === "i8" || dtype === "u8" || dtype === "i16" || dtype === "u16";
}

/** For kernels that compute on floats alone. */
export function floatsOnly(call: Call): string | undefined {
  const dtype = call.dtype(0);
  return isFloat(dtype) ? undefined : `its kernel takes floats, not ${dtype}`;
}

/** The shape of an input, known as all shapes are. */
export function shapeOf(call: Call, index: number): number[] {
  return call.shape(index) as number[];
}

/** The tensor in another shape, which may have any number of axes. */
export function reshape(tf: Tf, x: Tensor, shape: readonly number[]): Tensor {
  return tf.reshape(x, [...shape]);
}
