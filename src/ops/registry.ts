/** Every operator that sbpc knows, by name. */
import { compilerOps } from "./compiler.ts";
import { updateOps } from "./update.ts";
import type { OpDefinition } from "./define.ts";
import { attentionOps } from "./attention.ts";
import { arithmeticOps } from "./arithmetic.ts";
import { convertOps } from "./convert.ts";
import { lossOps } from "./loss.ts";
import { matmulOps } from "./matmul.ts";
import { normOps } from "./norm.ts";
import { gridSampleOps } from "./grid-sample.ts";
import { deformConvOps } from "./deform-conv.ts";
import { regionOps } from "./roi-pool.ts";
import { resizeOps } from "./resize.ts";
import { reduceOps } from "./reduce.ts";
import { rotaryOps } from "./rotary.ts";
import { linearAttentionOps } from "./linear-attention.ts";
import { contribOps } from "./contrib.ts";
import { quantizeOps } from "./quantize.ts";
import { quantizedMatmulOps } from "./quantized-matmul.ts";
import { flexAttentionOps } from "./flex-attention.ts";
import { softmaxOps } from "./softmax.ts";
import { logicOps } from "./logic.ts";
import { concatSplitOps } from "./concat-split.ts";
import { reshapeOps } from "./reshape.ts";
import { sequenceOps } from "./sequence.ts";
import { sliceOps } from "./slice.ts";
import { textOps } from "./text.ts";
import { transposeOps } from "./transpose.ts";
import { convOps } from "./conv.ts";
import { convTransposeOps } from "./conv-transpose.ts";
import { quantisedConvOps } from "./quantised-conv.ts";
import { expandOps } from "./expand.ts";
import { gatherOps } from "./gather.ts";
import { orderOps } from "./order.ts";
import { poolOps } from "./pool.ts";
import { controlOps } from "./control.ts";
import { recurrentOps } from "./recurrent.ts";
import { lpPoolOps } from "./lp-pool.ts";
import { unpoolOps } from "./unpool.ts";
import { scatterOps } from "./scatter.ts";
import { unaryOps } from "./unary.ts";
import { affineGridOps } from "./affine-grid.ts";
import { bitCastOps } from "./bit-cast.ts";
import { channelNormOps } from "./channel-norm.ts";
import { col2ImOps } from "./col2im.ts";
import { cropOps } from "./crop.ts";
import { dataDependentOps } from "./data-dependent.ts";
import { detOps } from "./det.ts";
import { fourierOps } from "./fourier.ts";
import { imageDecoderOps } from "./image-decoder.ts";
import { lineNormOps } from "./line-norm.ts";
import { mlOps } from "./ml.ts";
import { optimizerOps } from "./optimizers.ts";
import { perSampleOps } from "./per-sample.ts";
import { randomOps } from "./random.ts";
import { signalOps } from "./signal.ts";

const families: readonly (readonly OpDefinition[])[] = [
  compilerOps,
  updateOps,
  arithmeticOps,
  attentionOps,
  convertOps,
  logicOps,
  lossOps,
  matmulOps,
  normOps,
  linearAttentionOps,
  contribOps,
  quantizeOps,
  quantizedMatmulOps,
  flexAttentionOps,
  reduceOps,
  deformConvOps,
  gridSampleOps,
  regionOps,
  resizeOps,
  rotaryOps,
  softmaxOps,
  unaryOps,
  concatSplitOps,
  controlOps,
  convOps,
  convTransposeOps,
  quantisedConvOps,
  expandOps,
  gatherOps,
  orderOps,
  poolOps,
  recurrentOps,
  lpPoolOps,
  unpoolOps,
  scatterOps,
  sequenceOps,
  reshapeOps,
  sliceOps,
  textOps,
  transposeOps,
  affineGridOps,
  bitCastOps,
  channelNormOps,
  col2ImOps,
  cropOps,
  dataDependentOps,
  detOps,
  fourierOps,
  imageDecoderOps,
  lineNormOps,
  mlOps,
  optimizerOps,
  perSampleOps,
  randomOps,
  signalOps,
];

export const registry: ReadonlyMap<string, OpDefinition> = new Map(
  families.flat().map((op) => [op.name, op]),
);

/** The declaration of an operator; undefined for one that sbpc does not know. */
export function findOp(name: string): OpDefinition | undefined {
  return registry.get(name);
}
