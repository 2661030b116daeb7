/** What things cost on a cluster: seconds of compute and of communication, bytes of memory. */
import type { Mesh } from "../ir/layout.ts";
import type { TensorType } from "../ir/types.ts";
import type { BoxingStep } from "../sbp/boxing.ts";

export interface BoxingCost {
  readonly seconds: number;
  /** The part of `seconds` that no number of bytes changes. */
  readonly latencySeconds: number;
  /** Bytes that each device (of the destination stage) receives from others. */
  readonly bytes: readonly number[];
}

export interface CostModel {
  /** Name or text of the cluster description it was made from. */
  readonly cluster: string;
  /** Seconds for one boxing step of a tensor of global type `type`. */
  boxing(step: BoxingStep, type: TensorType, mesh: Mesh): BoxingCost;
  /** Seconds of one operator on one device: the longer of `flops` at peak and `bytes` read and written, plus a launch. */
  compute(flops: number, bytes: number, dtype: TensorType["dtype"]): number;
  /** Memory of one device in bytes. */
  readonly deviceMemory: number;
}
