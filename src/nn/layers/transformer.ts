/** The transformer layer: attention, optionally cross-attention, and MLP, each with normalisation and a residual. */
import { fail } from "../../diagnostics/diagnostic.ts";
import { currentBuild } from "../build.ts";
import type { InitMethod } from "../initializers.ts";
import { Module, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";
import type { Activation } from "./activation.ts";
import { adviseHidden } from "./advice.ts";
import { MultiheadAttention } from "./attention.ts";
import { DropPath } from "./dropout.ts";
import { initialized, MLP } from "./mlp.ts";
import { LayerNorm } from "./norm.ts";

export interface TransformerLayerOptions extends LayerOptions {
  readonly hiddenSize: number;
  readonly ffnHiddenSize: number;
  readonly numAttentionHeads: number;
  /** Attends to encoder states as well, after itself; and to itself causally. Default false. */
  readonly isDecoder?: boolean;
  /** Self-attention sees earlier positions only. Default: as `isDecoder`. */
  readonly causal?: boolean;
  readonly attentionDropoutProb?: number;
  readonly outputDropoutProb?: number;
  readonly dropPathProb?: number;
  /** Default 1e-5. */
  readonly layernormEpsilon?: number;
  readonly initMethod?: InitMethod;
  /** Of the projections in front of the residuals; default initMethod. */
  readonly outputLayerInitMethod?: InitMethod;
  /**
   * The residual starts behind the normalisation instead of in front of it. A stack of such layers closed by one more
   * normalisation is the post-norm transformer (Vaswani et al. 2017), whose norms stand at the ends of the layers.
   */
  readonly applyResidualPostLayernorm?: boolean;
  /** Default "gelu". */
  readonly hiddenAct?: Activation;
}

export class TransformerLayer extends Module {
  static readonly packaged = true;
  readonly inputLayernorm: LayerNorm;
  readonly selfAttention: MultiheadAttention;
  readonly postAttentionLayernorm: LayerNorm;
  readonly crossAttention?: MultiheadAttention;
  readonly postCrossAttentionLayernorm?: LayerNorm;
  readonly mlp: MLP;
  readonly dropPath: DropPath;
  readonly #postNorm: boolean;

  constructor(options: TransformerLayerOptions) {
    super(options);
    const {
      hiddenSize,
      ffnHiddenSize,
      numAttentionHeads,
      isDecoder = false,
      causal = isDecoder,
      layernormEpsilon: eps = 1e-5,
    } = options;
    const {
      attentionDropoutProb = 0,
      outputDropoutProb = 0,
      initMethod,
      outputLayerInitMethod = initMethod,
    } = options;
    const init = {
      ...initialized(initMethod),
      ...(outputLayerInitMethod === undefined ? {} : { outputLayerInitMethod }),
    };
    const attention = { attentionDropoutProb, outputDropoutProb, ...init };
    this.#postNorm = options.applyResidualPostLayernorm ?? false;
    this.inputLayernorm = new LayerNorm(hiddenSize, { eps });
    this.selfAttention = new MultiheadAttention(hiddenSize, numAttentionHeads, { ...attention, causal });
    this.postAttentionLayernorm = new LayerNorm(hiddenSize, { eps });
    if (isDecoder) {
      this.crossAttention = new MultiheadAttention(hiddenSize, numAttentionHeads, {
        ...attention,
        isCrossAttention: true,
      });
      this.postCrossAttentionLayernorm = new LayerNorm(hiddenSize, { eps });
    }
    this.mlp = new MLP(hiddenSize, ffnHiddenSize, {
      hiddenAct: options.hiddenAct ?? "gelu",
      outputDropoutProb,
      ...init,
    });
    this.dropPath = new DropPath(options.dropPathProb ?? 0);
  }

  /** States [b, s, hidden] to the same shape; masks as in `MultiheadAttention`. A decoder needs `encoderStates`. */
  forward(
    states: Tensor,
    attentionMask?: Tensor,
    encoderStates?: Tensor,
    encoderAttentionMask?: Tensor,
  ): Tensor {
    let x = this.residual(adviseHidden(states), this.inputLayernorm, (normed) =>
      this.selfAttention.call(normed, attentionMask),
    );
    if (this.crossAttention !== undefined) {
      const cross = this.crossAttention;
      if (encoderStates === undefined) {
        fail(
          "bad-arity",
          { op: "a decoder layer", expected: "encoder states besides its", actual: "none" },
          currentBuild().location(),
        );
      }
      x = this.residual(x, this.postAttentionLayernorm, (normed) =>
        cross.call(normed, encoderAttentionMask, encoderStates),
      );
    }
    return this.residual(x, this.postCrossAttentionLayernorm ?? this.postAttentionLayernorm, (normed) =>
      this.mlp.call(normed),
    );
  }

  private residual(x: Tensor, norm: LayerNorm, branch: (normed: Tensor) => Tensor): Tensor {
    const normed = norm.call(x);
    return adviseHidden((this.#postNorm ? normed : x).add(this.dropPath.call(branch(normed))));
  }
}
