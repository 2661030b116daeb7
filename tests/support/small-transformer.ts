/** A transformer that is small beside its activations, with every kind of dropout: what tests of memory train. */
import {
  CrossEntropyLoss,
  defineModel,
  input,
  LayerNorm,
  Linear,
  Module,
  Sequential,
  type Tensor,
  TransformerLayer,
} from "sbpc";

const hidden = 16;

class SmallTransformer extends Module {
  blocks: Sequential;
  norm = new LayerNorm(hidden, { layerIdx: -1 });
  head = new Linear(hidden, 5, { layerIdx: -1 });
  lossFunc = new CrossEntropyLoss({ layerIdx: -1 });

  constructor(layers: number) {
    super();
    this.blocks = new Sequential(
      Array.from({ length: layers }, (_, layerIdx) => {
        return new TransformerLayer({
          hiddenSize: hidden,
          ffnHiddenSize: 2 * hidden,
          numAttentionHeads: 2,
          attentionDropoutProb: 0.1,
          outputDropoutProb: 0.1,
          dropPathProb: 0.1,
          layerIdx,
        });
      }),
    );
  }

  forward(x: Tensor, labels: Tensor): Record<string, Tensor> {
    const scores = this.head.call(this.norm.call(this.blocks.call(x)).mean([1]));
    return { losses: this.lossFunc.call(scores, labels) };
  }
}

export default defineModel({
  name: "small-transformer",
  settings: { layers: 4, seq: 32, training: false },
  dims: { batch: 8 },
  layers: ({ layers }) => layers,
  inputs: ({ seq }) => ({ x: input("f32", ["batch", seq, hidden]), labels: input("i64", ["batch"]) }),
  build: ({ x, labels }, { settings }) => new SmallTransformer(settings.layers).call(x, labels),
});
