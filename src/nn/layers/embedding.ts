/** From ids to vectors and back to scores over the vocabulary. */
import { split } from "../../ir/layout.ts";
import { xavierNormal, zeros, type InitMethod } from "../initializers.ts";
import { Module, Parameter, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";
import { adviseFeatures, adviseHidden, advisePartial, adviseReduced, held } from "./advice.ts";

export interface EmbeddingOptions extends LayerOptions {
  /** Default xavierNormal(). */
  readonly initMethod?: InitMethod;
}

/** Ids [...] to vectors [..., dim]; the table [count, dim] is whole everywhere. */
export class Embedding extends Module {
  static readonly packaged = true;
  readonly weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super(options);
    this.weight = new Parameter([numEmbeddings, embeddingDim], {
      init: options.initMethod ?? xavierNormal(),
      ...held(),
    });
  }

  forward(ids: Tensor): Tensor {
    return adviseHidden(this.weight.gather(ids));
  }
}

/** As `Embedding`, with the table split by ids over the tensor-parallel axis. Layer 0 unless said otherwise. */
export class VocabEmbedding extends Module {
  static readonly packaged = true;
  readonly weight: Parameter;

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    { initMethod = xavierNormal(), layerIdx = 0 }: EmbeddingOptions = {},
  ) {
    super({ layerIdx });
    this.weight = new Parameter([numEmbeddings, embeddingDim], { init: initMethod, ...held(split(0)) });
  }

  forward(ids: Tensor): Tensor {
    return adviseReduced(advisePartial(this.weight.gather(ids)));
  }
}

export interface LMLogitsOptions extends LayerOptions {
  /** Default false. */
  readonly bias?: boolean;
}

/**
 * Hidden states [..., dim] to scores [..., vocabulary] by the word embeddings [vocabulary, dim]. On the last stage unless said
 * otherwise.
 */
export class LMLogits extends Module {
  static readonly packaged = true;
  readonly bias?: Parameter;

  constructor(vocabSize: number, { bias = false, layerIdx = -1 }: LMLogitsOptions = {}) {
    super({ layerIdx });
    if (bias) this.bias = new Parameter([vocabSize], { init: zeros, ...held(split(0)) });
  }

  forward(hidden: Tensor, wordEmbeddings: Tensor): Tensor {
    const logits = adviseFeatures(hidden.matmul(wordEmbeddings.transpose(0, 1)), 1);
    return this.bias === undefined ? logits : adviseFeatures(logits.add(this.bias), 1);
  }
}
