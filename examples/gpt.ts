/**
 * GPT-2 (Radford et al. 2019): words and learned positions, causal pre-norm transformer layers, scores by the tied word
 * embeddings. `npx sbpc verify examples/gpt.ts --set layers=4 --mesh tp=2,pp=2`. Labels are the next words.
 * It trains on the bytes of this project's LICENSE:
 * `npx sbpc run examples/gpt.ts --set layers=2 --set vocabSize=256 --mesh tp=2,pp=2 --batch 4 --steps 20`.
 */
import { readFileSync } from "node:fs";
import {
  arange,
  CrossEntropyLoss,
  defineDataset,
  defineModel,
  Dropout,
  Embedding,
  init,
  input,
  LayerNorm,
  LMLogits,
  Module,
  oneOf,
  optionalNumber,
  Sequential,
  type Tensor,
  TransformerLayer,
  VocabEmbedding,
} from "sbpc";

const sizes = {
  small: { hiddenSize: 768, layers: 12, heads: 12 },
  medium: { hiddenSize: 1024, layers: 24, heads: 16 },
  large: { hiddenSize: 1280, layers: 36, heads: 20 },
  xl: { hiddenSize: 1600, layers: 48, heads: 25 },
  "175b": { hiddenSize: 12288, layers: 96, heads: 96 },
};

interface Options {
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly dropRate: number;
}

class GPTModel extends Module {
  wordEmbeddings: VocabEmbedding;
  positionEmbeddings: Embedding;
  dropout: Dropout;
  transformer: Sequential;
  layernormF: LayerNorm;
  lmHead: LMLogits;
  lossFunc = new CrossEntropyLoss({ layerIdx: -1 });

  constructor({ vocabSize, maxPositions, hiddenSize, layers, heads, dropRate }: Options) {
    super();
    const initMethod = init.normal({ std: 0.02 });
    this.wordEmbeddings = new VocabEmbedding(vocabSize, hiddenSize, { initMethod });
    this.positionEmbeddings = new Embedding(maxPositions, hiddenSize, { initMethod, layerIdx: 0 });
    this.dropout = new Dropout(dropRate, { layerIdx: 0 });
    this.transformer = new Sequential(
      Array.from({ length: layers }, (_, layerIdx) => {
        return new TransformerLayer({
          hiddenSize,
          ffnHiddenSize: 4 * hiddenSize,
          numAttentionHeads: heads,
          attentionDropoutProb: dropRate,
          outputDropoutProb: dropRate,
          hiddenAct: "gelu_tanh",
          causal: true,
          initMethod,
          outputLayerInitMethod: init.normal({ std: 0.02 / Math.sqrt(2 * layers) }),
          layerIdx,
        });
      }),
    );
    this.layernormF = new LayerNorm(hiddenSize, { layerIdx: -1 });
    this.lmHead = new LMLogits(vocabSize);
  }

  forward(inputIds: Tensor, labels?: Tensor): Record<string, Tensor> {
    const positions = arange(inputIds.size(1)).unsqueeze(0);
    let x = this.wordEmbeddings.call(inputIds).add(this.positionEmbeddings.call(positions));
    x = this.transformer.call(this.dropout.call(x));
    const logits = this.lmHead.call(this.layernormF.call(x), this.wordEmbeddings.weight);
    return labels === undefined
      ? { prediction_scores: logits }
      : { losses: this.lossFunc.call(logits, labels) };
  }
}

export default defineModel({
  name: "gpt",
  settings: {
    size: oneOf("small", "medium", "large", "xl", "175b"),
    layers: optionalNumber,
    hiddenSize: optionalNumber,
    heads: optionalNumber,
    vocabSize: 50257,
    maxPositions: 1024,
    dropRate: 0,
    training: false,
  },
  dims: { batch: 8, seq: 128 },
  layers: ({ size, layers }) => layers ?? sizes[size].layers,
  inputs: ({ training }) => ({
    input_ids: input("i64", ["batch", "seq"]),
    ...(training ? { labels: input("i64", ["batch", "seq"]) } : {}),
  }),
  build({ input_ids, labels }, { settings }) {
    const size = sizes[settings.size];
    return new GPTModel({
      ...settings,
      layers: settings.layers ?? size.layers,
      hiddenSize: settings.hiddenSize ?? size.hiddenSize,
      heads: settings.heads ?? size.heads,
    }).call(input_ids, labels);
  },
});

/** Windows of a text, a byte a word: inputs are its first bytes, labels those one further. The last tenth is for tests. */
export const dataset = defineDataset({
  train: ({ shapes }) => windows(shapes, 0, 0.9),
  test: ({ shapes }) => windows(shapes, 0.9, 1),
});

function windows(shapes: Readonly<Record<string, readonly number[]>>, from: number, to: number) {
  const text = readFileSync(new URL("../LICENSE", import.meta.url));
  const bytes = text.subarray(Math.floor(from * text.length), Math.floor(to * text.length));
  const length = shapes["input_ids"]?.[1] ?? 1;
  return {
    size: bytes.length - length,
    batch(examples: readonly number[]) {
      const at = (shift: number) =>
        examples.flatMap((start) => [...bytes.subarray(start + shift, start + shift + length)]);
      return { input_ids: at(0), labels: at(1) };
    },
  };
}
