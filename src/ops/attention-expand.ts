/** ai.onnx's Attention as the composition of ordinary operators that its derivative is taken of. */
import { toNumbers } from "../ir/tensor-data.ts";
import { knownShape } from "../ir/types.ts";
import { range } from "../support/collections.ts";
import { addedMask, emitAttend, joinHeads, splitHeads, withPast } from "./attention-parts.ts";
import {
  column,
  isPositional,
  K,
  LENGTHS,
  MASK,
  PAST_K,
  PAST_V,
  Q,
  scaleOf,
  SCORES,
  sizesOf,
  V,
  visible,
  type Sizes,
} from "./attention-sizes.ts";
import type { Call } from "./call.ts";
import type { Emitter } from "./contract.ts";
import { castTo } from "./norm-gradient.ts";

export function expandAttention(
  g: Emitter,
  inputs: readonly (string | null)[],
  call: Call,
): readonly string[] {
  const z = sizesOf(call);
  const heads = (input: number, count: number) => {
    const value = inputs[input] as string;
    return z.apart ? value : splitHeads(g, value, count);
  };
  const q = heads(Q, z.queryHeads as number);
  const k = withPast(g, inputs[PAST_K], heads(K, z.keyHeads as number));
  const v = withPast(g, inputs[PAST_V], heads(V, z.keyHeads as number));
  const mask = maskOf(g, inputs[MASK], call, z);
  const seen = seenKeys(g, inputs[LENGTHS], call, z);
  const onlyCausal = call.int("left_window_size", -1) < 0 && !call.has(LENGTHS);
  const made = emitAttend(g, {
    q,
    k,
    v: castTo(g, v, call.dtype(Q)),
    scale: scaleOf(call),
    softcap: call.float("softcap", 0),
    biases: mask.bias === undefined ? [] : [mask.bias],
    visible: [...mask.visible, ...seen],
    blind: mask.visible.length > 0 || !onlyCausal,
  });
  const y = castTo(g, z.apart ? made.y : joinHeads(g, made.y), call.dtype(Q));
  if (call.outputCount <= SCORES) return [y, k, v];
  const mode = call.int("qk_matmul_output_mode", 0);
  const shown =
    mode === 2
      ? hidden(g, made.biased, [...mask.visible, ...seen])
      : [made.scores, made.capped, made.biased, made.probabilities][mode];
  return [y, k, v, shown as string];
}

/** Scores with -Infinity where a key is not seen. */
function hidden(g: Emitter, scores: string, seen: readonly string[]): string {
  return seen.reduce(
    (value, mask) => g.op("Where", [mask, value, g.scalar(g.type(value).dtype, -Infinity)]),
    scores,
  );
}

interface MaskParts {
  readonly bias?: string;
  readonly visible: readonly string[];
}

/** The call's own mask; keys past the end of a shorter one are not seen. */
function maskOf(g: Emitter, mask: string | null | undefined, call: Call, z: Sizes): MaskParts {
  if (mask == null) return { visible: [] };
  const { dtype, shape } = g.type(mask);
  const lacking = shape.length === 0 ? 0 : (z.total as number) - (shape.at(-1) as number);
  // One column stands for all only where there is one key.
  const whole = lacking > 0 ? paddedMask(g, mask, lacking) : mask;
  if (dtype === "bool") return { visible: [whole] };
  const data = call.constant(MASK);
  const isFinite = lacking <= 0 && data !== undefined && toNumbers(data).every(Number.isFinite);
  return addedMask(g, castTo(g, whole, call.dtype(Q)), isFinite);
}

function paddedMask(g: Emitter, mask: string, lacking: number): string {
  const { dtype } = g.type(mask);
  const shape = knownShape(g.type(mask));
  const pads = [...shape.map(() => 0), ...shape.map((_, axis) => (axis === shape.length - 1 ? lacking : 0))];
  return g.op("Pad", [mask, g.ints(pads), g.scalar(dtype, dtype === "bool" ? 0 : -Infinity)], {
    mode: "constant",
  });
}

/** What queries see by their positions, and by how many keys of a sample there are. */
function seenKeys(g: Emitter, lengths: string | null | undefined, call: Call, z: Sizes): string[] {
  const positional = isPositional(call);
  if (lengths == null && !positional) return [];
  const keys = z.total as number;
  const queries = positional ? column(g, z.queries as number) : "";
  if (lengths == null) {
    const past = z.past as number;
    return [visible(g, call, past === 0 ? queries : g.op("Add", [queries, g.ints(past)]), keys)];
  }
  const count = castTo(g, g.op("Reshape", [lengths, g.ints([-1, 1, 1, 1])]), "i64");
  const valid = g.op("Less", [g.ints(range(keys)), count]);
  if (!positional) return [valid];
  const position = g.op("Add", [queries, g.op("Sub", [count, g.ints(z.queries as number)])]);
  return [valid, visible(g, call, position, keys)];
}
