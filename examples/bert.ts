/**
 * BERT (Devlin et al. 2018): words, positions and token types, post-norm transformer layers, a pooler on the first token and
 * the masked-word head tied to the word embeddings. `npx sbpc verify examples/bert.ts --set layers=4 --mesh dp=2,tp=2`.
 */
import {
  arange,
  CrossEntropyLoss,
  defineModel,
  Dropout,
  Embedding,
  init,
  type InitMethod,
  input,
  LayerNorm,
  Linear,
  LMLogits,
  Module,
  oneOf,
  optionalNumber,
  type Tensor,
  TransformerLayer,
  VocabEmbedding,
} from "sbpc";

const sizes = {
  base: { hiddenSize: 768, layers: 12, heads: 12 },
  large: { hiddenSize: 1024, layers: 24, heads: 16 },
};

interface Options {
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly tokenTypes: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly dropRate: number;
}

class BertEmbeddings extends Module {
  word: VocabEmbedding;
  position: Embedding;
  tokenType: Embedding;

  constructor({ vocabSize, maxPositions, tokenTypes, hiddenSize }: Options, initMethod: InitMethod) {
    super({ layerIdx: 0 });
    this.word = new VocabEmbedding(vocabSize, hiddenSize, { initMethod });
    this.position = new Embedding(maxPositions, hiddenSize, { initMethod });
    this.tokenType = new Embedding(tokenTypes, hiddenSize, { initMethod });
  }

  forward(inputIds: Tensor, tokenTypeIds: Tensor): Tensor {
    const positions = arange(inputIds.size(1)).unsqueeze(0);
    return this.word.call(inputIds).add(this.position.call(positions)).add(this.tokenType.call(tokenTypeIds));
  }
}

/** Scores of every word at every position. */
class MaskedWordHead extends Module {
  dense: Linear;
  layernorm: LayerNorm;
  logits: LMLogits;

  constructor({ hiddenSize, vocabSize }: Options, initMethod: InitMethod) {
    super({ layerIdx: -1 });
    this.dense = new Linear(hiddenSize, hiddenSize, { initMethod });
    this.layernorm = new LayerNorm(hiddenSize, { eps: 1e-12 });
    this.logits = new LMLogits(vocabSize, { bias: true });
  }

  forward(states: Tensor, wordEmbeddings: Tensor): Tensor {
    return this.logits.call(this.layernorm.call(this.dense.call(states).gelu()), wordEmbeddings);
  }
}

class BertModel extends Module {
  embeddings: BertEmbeddings;
  dropout: Dropout;
  encoders: TransformerLayer[];
  finalLayernorm: LayerNorm;
  pooler: Linear;
  head: MaskedWordHead;
  lossFunc = new CrossEntropyLoss({ layerIdx: -1, ignoreIndex: -100 });

  constructor(options: Options) {
    super();
    const { hiddenSize, layers, heads, dropRate } = options;
    const initMethod = init.truncNormal({ std: 0.02 });
    this.embeddings = new BertEmbeddings(options, initMethod);
    this.dropout = new Dropout(dropRate, { layerIdx: 0 });
    this.encoders = Array.from({ length: layers }, (_, layerIdx) => {
      return new TransformerLayer({
        hiddenSize,
        ffnHiddenSize: 4 * hiddenSize,
        numAttentionHeads: heads,
        attentionDropoutProb: dropRate,
        outputDropoutProb: dropRate,
        layernormEpsilon: 1e-12,
        applyResidualPostLayernorm: true,
        initMethod,
        layerIdx,
      });
    });
    this.finalLayernorm = new LayerNorm(hiddenSize, { eps: 1e-12, layerIdx: -1 });
    this.pooler = new Linear(hiddenSize, hiddenSize, { initMethod, layerIdx: -1 });
    this.head = new MaskedWordHead(options, initMethod);
  }

  forward(
    inputIds: Tensor,
    attentionMask: Tensor,
    tokenTypeIds: Tensor,
    labels?: Tensor,
  ): Record<string, Tensor> {
    const mask = attentionMask.cast("bool").unsqueeze(1).unsqueeze(1);
    let x = this.dropout.call(this.embeddings.call(inputIds, tokenTypeIds));
    for (const encoder of this.encoders) x = encoder.call(x, mask);
    x = this.finalLayernorm.call(x);
    const scores = this.head.call(x, this.embeddings.word.weight);
    if (labels !== undefined) return { losses: this.lossFunc.call(scores, labels) };
    return { prediction_scores: scores, pooled: this.pooler.call(x.select(1, 0)).tanh() };
  }
}

export default defineModel({
  name: "bert",
  settings: {
    size: oneOf("base", "large"),
    layers: optionalNumber,
    hiddenSize: optionalNumber,
    heads: optionalNumber,
    vocabSize: 30522,
    maxPositions: 512,
    tokenTypes: 2,
    dropRate: 0,
    training: false,
  },
  dims: { batch: 8, seq: 128 },
  layers: ({ size, layers }) => layers ?? sizes[size].layers,
  inputs: ({ training }) => ({
    input_ids: input("i64", ["batch", "seq"]),
    attention_mask: input("bool", ["batch", "seq"]),
    token_type_ids: input("i64", ["batch", "seq"]),
    ...(training ? { labels: input("i64", ["batch", "seq"]) } : {}),
  }),
  build({ input_ids, attention_mask, token_type_ids, labels }, { settings }) {
    const size = sizes[settings.size];
    const model = new BertModel({
      ...settings,
      layers: settings.layers ?? size.layers,
      hiddenSize: settings.hiddenSize ?? size.hiddenSize,
      heads: settings.heads ?? size.heads,
    });
    return model.call(input_ids, attention_mask, token_type_ids, labels);
  },
});
