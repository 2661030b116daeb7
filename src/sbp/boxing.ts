/**
 * Boxing: the steps that change one layout into another, and what each costs.
 *
 *   from \ to     B                S(j)                        P
 *   B             -                slice (local)               mask: kept on coordinate 0 (local)
 *   S(i)          all-gather       all-to-all, or nothing      pad with the identity element (local)
 *   P             all-reduce       reduce-scatter              -
 */
import type { NdSbp } from "../ir/layout.ts";

/** Steps that communicate, and steps that every device does alone. */
export type CommunicationKind = "all-reduce" | "reduce-scatter" | "all-gather" | "all-to-all" | "send";
export type LocalBoxingKind = "slice" | "mask" | "pad";
export type BoxingKind = CommunicationKind | LocalBoxingKind;

export interface BoxingStep {
  readonly kind: BoxingKind;
  /** Indices of the mesh axes whose components change; devices that differ only there form a group. Empty for send. */
  readonly axes: readonly number[];
  readonly from: NdSbp;
  readonly to: NdSbp;
  readonly fromStage: number;
  readonly toStage: number;
}

export function isLocalBoxing(kind: BoxingKind): kind is LocalBoxingKind {
  return kind === "slice" || kind === "mask" || kind === "pad";
}
