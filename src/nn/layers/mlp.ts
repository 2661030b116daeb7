/** The feed-forward half of a transformer layer. */
import type { InitMethod } from "../initializers.ts";
import { Module, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";
import { activations, type Activation } from "./activation.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";

export interface MLPOptions extends LayerOptions {
  /** Default "gelu". */
  readonly hiddenAct?: Activation;
  readonly outputDropoutProb?: number;
  readonly initMethod?: InitMethod;
  /** Of the second weight; default initMethod. */
  readonly outputLayerInitMethod?: InitMethod;
  /** Default true. */
  readonly bias?: boolean;
}

/** [..., hidden] to [..., ffn] by columns, an activation, and back by rows. */
export class MLP extends Module {
  static readonly packaged = true;
  readonly denseHTo4h: Linear;
  readonly dense4hToH: Linear;
  readonly dropout: Dropout;
  readonly #act: Activation;

  constructor(hiddenSize: number, ffnHiddenSize: number, options: MLPOptions = {}) {
    super(options);
    const {
      hiddenAct = "gelu",
      outputDropoutProb = 0,
      initMethod,
      outputLayerInitMethod = initMethod,
      bias = true,
    } = options;
    this.#act = hiddenAct;
    this.denseHTo4h = new Linear(hiddenSize, ffnHiddenSize, {
      parallel: "col",
      bias,
      ...initialized(initMethod),
    });
    this.dense4hToH = new Linear(ffnHiddenSize, hiddenSize, {
      parallel: "row",
      bias,
      ...initialized(outputLayerInitMethod),
    });
    this.dropout = new Dropout(outputDropoutProb);
  }

  forward(x: Tensor): Tensor {
    const hidden = activations[this.#act](this.denseHTo4h.call(x));
    return this.dropout.call(this.dense4hToH.call(hidden));
  }
}

/** The option `initMethod`, where there is one. */
export function initialized(initMethod: InitMethod | undefined): { initMethod?: InitMethod } {
  return initMethod === undefined ? {} : { initMethod };
}
