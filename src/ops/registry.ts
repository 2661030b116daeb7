/** Every operator that sbpc knows, by name. */
import { compilerOps } from "./compiler.ts";
import type { OpDefinition } from "./define.ts";
import { arithmeticOps } from "./arithmetic.ts";
import { convertOps } from "./convert.ts";
import { lossOps } from "./loss.ts";
import { matmulOps } from "./matmul.ts";
import { normOps } from "./norm.ts";
import { reduceOps } from "./reduce.ts";
import { softmaxOps } from "./softmax.ts";
import { logicOps } from "./logic.ts";
import { concatSplitOps } from "./concat-split.ts";
import { reshapeOps } from "./reshape.ts";
import { sequenceOps } from "./sequence.ts";
import { sliceOps } from "./slice.ts";
import { transposeOps } from "./transpose.ts";
import { convOps } from "./conv.ts";
import { expandOps } from "./expand.ts";
import { gatherOps } from "./gather.ts";
import { orderOps } from "./order.ts";
import { poolOps } from "./pool.ts";
import { controlOps } from "./control.ts";
import { recurrentOps } from "./recurrent.ts";
import { scatterOps } from "./scatter.ts";
import { unaryOps } from "./unary.ts";

const families: readonly (readonly OpDefinition[])[] = [
  compilerOps,
  arithmeticOps,
  convertOps,
  logicOps,
  lossOps,
  matmulOps,
  normOps,
  reduceOps,
  softmaxOps,
  unaryOps,
  concatSplitOps,
  controlOps,
  convOps,
  expandOps,
  gatherOps,
  orderOps,
  poolOps,
  recurrentOps,
  scatterOps,
  sequenceOps,
  reshapeOps,
  sliceOps,
  transposeOps,
];

export const registry: ReadonlyMap<string, OpDefinition> = new Map(
  families.flat().map((op) => [op.name, op]),
);

/** The declaration of an operator; undefined for one that sbpc does not know. */
export function findOp(name: string): OpDefinition | undefined {
  return registry.get(name);
}
