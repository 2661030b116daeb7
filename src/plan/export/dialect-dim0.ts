/** Collectives that act on dimension 0 only, made to act on other axes by transposing. */
import type { ModelBuilder } from "../../onnx/model-builder.ts";
import { range } from "../../support/collections.ts";

/** Adds an operator between two values of one name each. */
type Inner = (input: string, output: string) => string;

/** `inner`, which acts on dimension 0, along `axis` of a tensor of `rank` axes. */
export function alongAxis(
  builder: ModelBuilder,
  axis: number,
  rank: number,
  input: string,
  output: string,
  inner: Inner,
): string {
  if (axis === 0) return inner(input, output);
  const others = range(rank).filter((i) => i !== axis);
  const perm = [axis, ...others];
  const back = range(rank).map((i) => perm.indexOf(i));
  const front = builder.op("Transpose", [input], `${output}/front`, { perm });
  return builder.op("Transpose", [inner(front, `${output}/result`)], output, { perm: back });
}

/**
 * An all-to-all of `parts` blocks of dimension 0, from equal shards along axis `from` to equal shards along axis `to`; `after`
 * is the local shape that comes out, `before` the one that goes in.
 */
export function exchangeAxes(
  builder: ModelBuilder,
  { from, to, parts }: { readonly from: number; readonly to: number; readonly parts: number },
  { before, after }: { readonly before: readonly number[]; readonly after: readonly number[] },
  input: string,
  output: string,
  inner: Inner,
): string {
  const rank = before.length;
  // The axis that gets split becomes (parts, rest), and its parts go to the front: one block for each device.
  const cut = before.flatMap((size, axis) => (axis === to ? [parts, size / parts] : [size]));
  const blocks = builder.op("Reshape", [input, builder.ints(cut)], `${output}/cut`);
  const toFront = [to, ...range(rank + 1).filter((i) => i !== to)];
  const sent = builder.op("Transpose", [blocks], `${output}/blocks`, { perm: toFront });
  const received = inner(sent, `${output}/received`);
  // What came from each device stands before the axis that its parts make whole.
  const perm = [...range(from).map((i) => i + 1), 0, ...range(rank - from).map((i) => from + 1 + i)];
  const ordered = builder.op("Transpose", [received], `${output}/ordered`, { perm });
  return builder.op("Reshape", [ordered, builder.ints(after)], output);
}
