/**
 * Multi-head attention, to itself or to another sequence.
 *
 * Axes: b batch, s query positions, t key positions, h heads, d features per head. The columns of the joint projection are
 * grouped by head, each head's query, key and value side by side (as in LiBai), so that splitting the columns in units of a
 * head splits the heads; a number of heads that the devices do not divide gives shards of whole heads.
 */
import { fail } from "../../diagnostics/diagnostic.ts";
import { currentBuild } from "../build.ts";
import { arange } from "../functional.ts";
import type { InitMethod } from "../initializers.ts";
import { Module, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";
import { adviseFeatures, adviseHeads } from "./advice.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { initialized } from "./mlp.ts";

export interface MultiheadAttentionOptions extends LayerOptions {
  /** Keys and values come from other states than queries. Default false. */
  readonly isCrossAttention?: boolean;
  /** Position i attends to positions up to i only. Default false. */
  readonly causal?: boolean;
  readonly attentionDropoutProb?: number;
  readonly outputDropoutProb?: number;
  readonly initMethod?: InitMethod;
  /** Of the output projection; default initMethod. */
  readonly outputLayerInitMethod?: InitMethod;
  /** Default true. */
  readonly bias?: boolean;
}

/** What a masked score becomes before softmax: its exponential is 0 in every float type, yet finite. */
const masked = -10000;

export class MultiheadAttention extends Module {
  static readonly packaged = true;
  readonly queryKeyValue?: Linear;
  readonly query?: Linear;
  readonly keyValue?: Linear;
  readonly dense: Linear;
  readonly attentionDropout: Dropout;
  readonly outputDropout: Dropout;
  readonly #heads: number;
  readonly #headSize: number;
  readonly #causal: boolean;

  constructor(hiddenSize: number, numAttentionHeads: number, options: MultiheadAttentionOptions = {}) {
    super(options);
    const {
      isCrossAttention = false,
      causal = false,
      initMethod,
      outputLayerInitMethod = initMethod,
      bias = true,
    } = options;
    if (hiddenSize % numAttentionHeads !== 0) {
      const problem = `${hiddenSize} features do not divide into ${numAttentionHeads} heads`;
      fail("shape-invalid", { op: "MultiheadAttention", problem, shapes: "-" }, currentBuild().location());
    }
    const d = hiddenSize / numAttentionHeads;
    this.#heads = numAttentionHeads;
    this.#headSize = d;
    this.#causal = causal;
    const col = { parallel: "col", bias, ...initialized(initMethod) } as const;
    if (isCrossAttention) {
      this.query = new Linear(hiddenSize, hiddenSize, { ...col, unit: d });
      this.keyValue = new Linear(hiddenSize, 2 * hiddenSize, { ...col, unit: 2 * d });
    } else {
      this.queryKeyValue = new Linear(hiddenSize, 3 * hiddenSize, { ...col, unit: 3 * d });
    }
    this.dense = new Linear(hiddenSize, hiddenSize, {
      parallel: "row",
      unit: d,
      bias,
      ...initialized(outputLayerInitMethod),
    });
    this.attentionDropout = new Dropout(options.attentionDropoutProb ?? 0);
    this.outputDropout = new Dropout(options.outputDropoutProb ?? 0);
  }

  /**
   * States [b, s, h d] to [b, s, h d]. `attentionMask` is bool, true where a key is attended to, and broadcasts to
   * [b, h, s, t]. `encoderStates` [b, t, h d] are there in cross-attention.
   */
  forward(states: Tensor, attentionMask?: Tensor, encoderStates?: Tensor): Tensor {
    const [q, k, v] = this.project(states, encoderStates);
    let scores = q.mul(1 / Math.sqrt(this.#headSize)).matmul(k.transpose(-1, -2));
    if (this.#causal) scores = scores.maskedFill(causalMask(q.size(2), k.size(2)).not(), masked);
    if (attentionMask !== undefined) scores = scores.maskedFill(attentionMask.not(), masked);
    const weights = this.attentionDropout.call(adviseHeads(adviseHeads(scores).softmax(-1)));
    const context = adviseHeads(weights.matmul(v)).transpose(1, 2).flatten(2);
    return this.outputDropout.call(this.dense.call(adviseFeatures(context, this.#headSize)));
  }

  /** Queries [b, h, s, d], keys and values [b, h, t, d]. */
  private project(states: Tensor, encoderStates: Tensor | undefined): readonly [Tensor, Tensor, Tensor] {
    if (this.queryKeyValue !== undefined)
      return this.perHead(this.queryKeyValue.call(states), 3) as [Tensor, Tensor, Tensor];
    if (this.query === undefined || this.keyValue === undefined || encoderStates === undefined) {
      return fail(
        "bad-arity",
        { op: "cross-attention", expected: "encoder states besides its", actual: "none" },
        currentBuild().location(),
      );
    }
    const [q] = this.perHead(this.query.call(states), 1) as [Tensor];
    const [k, v] = this.perHead(this.keyValue.call(encoderStates), 2) as [Tensor, Tensor];
    return [q, k, v];
  }

  /** [b, s, h parts d] to `parts` tensors [b, h, s, d]. */
  private perHead(x: Tensor, parts: number): Tensor[] {
    const heads = x.view(x.size(0), x.size(1), this.#heads, parts * this.#headSize).permute(0, 2, 1, 3);
    adviseHeads(heads);
    return parts === 1 ? [heads] : heads.chunk(parts, -1).map(adviseHeads);
  }
}

/** Bool [s, t], true where key position j may be seen from query position i, the last of each being the same position. */
function causalMask(queries: number, keys: number): Tensor {
  const last = keys - queries;
  const i = arange(queries).unsqueeze(1);
  return (last === 0 ? i : i.add(last)).ge(arange(keys));
}
