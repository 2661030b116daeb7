/**
 * Vision Transformer (Dosovitskiy et al. 2020), as LiBai builds it: patch embedding, transformer layers, a linear head on the
 * class token. `npx sbpc verify examples/vit.ts --mesh dp=2,tp=2,pp=2`; `--set size=base`, `--set training=true`.
 */
import {
  cat,
  CrossEntropyLoss,
  defineModel,
  Dropout,
  getLayerPlacement,
  getNdSbp,
  init,
  input,
  LayerNorm,
  Linear,
  Module,
  oneOf,
  optionalNumber,
  Parameter,
  PatchEmbedding,
  sbp,
  Sequential,
  type Tensor,
  TransformerLayer,
} from "sbpc";

/** Features, layers, heads, ratio of the MLP's width to the features, patch size. */
const sizes = {
  tiny: { embedDim: 192, depth: 12, numHeads: 3, mlpRatio: 4, patchSize: 16 },
  small: { embedDim: 384, depth: 12, numHeads: 6, mlpRatio: 4, patchSize: 16 },
  base: { embedDim: 768, depth: 12, numHeads: 12, mlpRatio: 4, patchSize: 16 },
  large: { embedDim: 1024, depth: 24, numHeads: 16, mlpRatio: 4, patchSize: 16 },
  huge: { embedDim: 1280, depth: 32, numHeads: 16, mlpRatio: 4, patchSize: 16 },
  giant: { embedDim: 1408, depth: 40, numHeads: 16, mlpRatio: 48 / 11, patchSize: 14 },
  gigantic: { embedDim: 1664, depth: 48, numHeads: 16, mlpRatio: 64 / 13, patchSize: 14 },
};

interface Options {
  readonly imgSize: number;
  readonly patchSize: number;
  readonly embedDim: number;
  readonly depth: number;
  readonly numHeads: number;
  readonly mlpRatio: number;
  readonly numClasses: number;
  readonly dropRate: number;
  readonly attnDropRate: number;
  readonly dropPathRate: number;
}

class VisionTransformer extends Module {
  patchEmbed: PatchEmbedding;
  clsToken: Parameter;
  posEmbed: Parameter;
  posDrop: Dropout;
  blocks: Sequential;
  norm: LayerNorm;
  head: Linear;
  lossFunc = new CrossEntropyLoss({ layerIdx: -1 });

  constructor({ imgSize, patchSize, embedDim, depth, numHeads, mlpRatio, numClasses, ...rates }: Options) {
    super();
    this.patchEmbed = new PatchEmbedding({ imgSize, patchSize, embedDim });
    const onFirstStage = { sbp: getNdSbp([sbp.broadcast, sbp.broadcast]), placement: getLayerPlacement(0) };
    this.clsToken = new Parameter([1, 1, embedDim], {
      init: init.truncNormal({ std: 0.02 }),
      ...onFirstStage,
    });
    this.posEmbed = new Parameter([1, this.patchEmbed.numPatches + 1, embedDim], {
      init: init.truncNormal({ std: 0.02 }),
      ...onFirstStage,
    });
    this.posDrop = new Dropout(rates.dropRate, { layerIdx: 0 });
    this.blocks = new Sequential(
      Array.from({ length: depth }, (_, i) => {
        return new TransformerLayer({
          hiddenSize: embedDim,
          ffnHiddenSize: Math.floor(embedDim * mlpRatio),
          numAttentionHeads: numHeads,
          attentionDropoutProb: rates.attnDropRate,
          outputDropoutProb: rates.dropRate,
          dropPathProb: depth > 1 ? (rates.dropPathRate * i) / (depth - 1) : 0,
          layerIdx: i,
        });
      }),
    );
    this.norm = new LayerNorm(embedDim, { layerIdx: -1 });
    this.head = new Linear(embedDim, numClasses, { layerIdx: -1 });
    this.apply((module) => {
      if (module instanceof Linear) module.weight.initialize(init.truncNormal({ std: 0.02 }));
    });
  }

  forwardFeatures(images: Tensor): Tensor {
    let x = this.patchEmbed.call(images);
    const clsToken = this.clsToken
      .expand(x.size(0), -1, -1)
      .toGlobal({ sbp: x.sbp, placement: this.clsToken.placement });
    x = cat([clsToken, x], 1);
    const posEmbed = this.posEmbed
      .expand(x.size(0), -1, -1)
      .toGlobal({ sbp: x.sbp, placement: this.posEmbed.placement });
    x = this.posDrop.call(x.add(posEmbed));
    return this.blocks.call(x);
  }

  forwardHead(x: Tensor): Tensor {
    x = this.norm.call(x);
    return this.head.call(x.select(1, 0));
  }

  forward(images: Tensor, labels?: Tensor): Record<string, Tensor> {
    const x = this.forwardHead(this.forwardFeatures(images));
    if (labels !== undefined && this.training) return { losses: this.lossFunc.call(x, labels) };
    return { prediction_scores: x };
  }
}

export default defineModel({
  name: "vit",
  settings: {
    size: oneOf("tiny", "small", "base", "large", "huge", "giant", "gigantic"),
    imgSize: 224,
    patchSize: optionalNumber,
    depth: optionalNumber,
    numClasses: 1000,
    dropRate: 0,
    attnDropRate: 0,
    dropPathRate: 0,
    training: false,
  },
  dims: { batch: 8 },
  layers: ({ size, depth }) => depth ?? sizes[size].depth,
  inputs: ({ imgSize, training }) => ({
    images: input("f32", ["batch", 3, imgSize, imgSize]),
    ...(training ? { labels: input("i64", ["batch"]) } : {}),
  }),
  build({ images, labels }, { settings }) {
    const size = sizes[settings.size];
    return new VisionTransformer({
      ...size,
      ...settings,
      patchSize: settings.patchSize ?? size.patchSize,
      depth: settings.depth ?? size.depth,
    }).call(images, labels);
  },
});
