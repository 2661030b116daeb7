/** Convolution of images, and the patch embedding made of it. */
import { fail } from "../../diagnostics/diagnostic.ts";
import { currentBuild } from "../build.ts";
import { fanInUniform, type InitMethod } from "../initializers.ts";
import { Module, Parameter, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";
import { adviseHidden, held } from "./advice.ts";

export interface Conv2dOptions extends LayerOptions {
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Of weight and bias; default uniform on ±1/√(fan in). */
  readonly initMethod?: InitMethod;
}

/** [batch, in, height, width] to [batch, out, height', width']; the weight is [out, in / groups, kernel, kernel]. */
export class Conv2d extends Module {
  static readonly packaged = true;
  readonly weight: Parameter;
  readonly bias?: Parameter;
  readonly #options: Conv2dOptions;
  readonly #kernel: number;

  constructor(inChannels: number, outChannels: number, kernelSize: number, options: Conv2dOptions = {}) {
    super(options);
    const { groups = 1, bias = true, initMethod = fanInUniform } = options;
    const shape = [outChannels, inChannels / groups, kernelSize, kernelSize];
    this.#options = options;
    this.#kernel = kernelSize;
    this.weight = new Parameter(shape, { init: initMethod, ...held() });
    if (bias) this.bias = new Parameter([outChannels], { init: () => initMethod(shape), ...held() });
  }

  forward(x: Tensor): Tensor {
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = this.#options;
    const kernel = this.#kernel;
    const convolved = x.apply("Conv", this.bias === undefined ? [this.weight] : [this.weight, this.bias], {
      dilations: [dilation, dilation],
      group: groups,
      kernel_shape: [kernel, kernel],
      pads: [padding, padding, padding, padding],
      strides: [stride, stride],
    });
    return adviseHidden(convolved);
  }
}

export interface PatchEmbeddingOptions extends LayerOptions {
  /** Height and width of the images. Default 224. */
  readonly imgSize?: number;
  /** Default 16. */
  readonly patchSize?: number;
  /** Default 3. */
  readonly inChans?: number;
  /** Default 768. */
  readonly embedDim?: number;
}

/** Images [batch, channels, size, size] as sequences of patches [batch, patches, features]. Layer 0 unless said otherwise. */
export class PatchEmbedding extends Module {
  static readonly packaged = true;
  readonly imgSize: number;
  readonly numPatches: number;
  readonly proj: Conv2d;

  constructor({
    imgSize = 224,
    patchSize = 16,
    inChans = 3,
    embedDim = 768,
    layerIdx = 0,
  }: PatchEmbeddingOptions = {}) {
    super({ layerIdx });
    this.imgSize = imgSize;
    this.numPatches = Math.floor(imgSize / patchSize) ** 2;
    this.proj = new Conv2d(inChans, embedDim, patchSize, { stride: patchSize });
  }

  forward(images: Tensor): Tensor {
    const { shape, dtype } = images;
    const size = this.imgSize;
    if (shape[2] !== size || shape[3] !== size) {
      const shapes = `${dtype}[${shape.join(", ")}]`;
      fail(
        "shape-invalid",
        { op: "PatchEmbedding", problem: `images must be ${size} by ${size}`, shapes },
        currentBuild().location(),
      );
    }
    return adviseHidden(this.proj.call(images).flatten(2).transpose(1, 2));
  }
}
