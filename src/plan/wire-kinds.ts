/** The numbers that plan.proto gives to kinds of slots and of boxing. */
import { sbpc } from "./generated/plan.js";
import type { CollectiveKind, Slot } from "./plan.ts";

export const slotKinds = {
  value: sbpc.Slot.Kind.VALUE,
  input: sbpc.Slot.Kind.INPUT,
  parameter: sbpc.Slot.Kind.PARAMETER,
  random: sbpc.Slot.Kind.RANDOM,
  rank: sbpc.Slot.Kind.RANK,
} as const satisfies Record<Slot["kind"], sbpc.Slot.Kind>;

export const boxingKinds = {
  "all-reduce": sbpc.Boxing.Kind.ALL_REDUCE,
  "reduce-scatter": sbpc.Boxing.Kind.REDUCE_SCATTER,
  "all-gather": sbpc.Boxing.Kind.ALL_GATHER,
  "all-to-all": sbpc.Boxing.Kind.ALL_TO_ALL,
  halo: sbpc.Boxing.Kind.HALO,
  send: sbpc.Boxing.Kind.SEND,
} as const satisfies Record<CollectiveKind, sbpc.Boxing.Kind>;
