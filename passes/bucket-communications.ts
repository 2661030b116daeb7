/**
 * Puts collectives that stand next to one another in buckets: devices run a bucket in one exchange, which pays once for what every
 * exchange costs beside its bytes. Gradients of biases and scales are many and small; alone, each would pay for itself.
 *
 *   before   4 all-reduce %g1 -> %a;   5 all-reduce %g2 -> %b;   6 all-gather %w -> %v
 *   after    4, 5 together;            6
 *
 * Members of a bucket are of one kind, within the same groups, of one element type, and none takes what another makes. Their inputs
 * live until the last has run, and their outputs from the first on, so a bucket holds no more than `bucketBytes`.
 * `order-nodes` has put those that can go together next to one another. Linear.
 */
import type { Graph, Node } from "../src/ir/graph.ts";
import { bytesOf } from "../src/ir/types.ts";
import type { LocalStage, StageProgram } from "../src/plan/local-stage.ts";
import type { Action, Bucket, Slot } from "../src/plan/plan.ts";
import { isCommunication } from "../src/sbp/boxing-node.ts";
import { bucketBytes, bucketKey } from "../src/sbp/bucket.ts";
import { present } from "../src/support/assert.ts";
import { at, product } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

export const bucketCommunications = definePass({
  name: "bucket-communications",
  summary: "Joins neighbouring collectives of one kind and group into buckets that run as one exchange.",
  requires: ["partitioned"],
  ensures: ["bucketed"],
  run(compilation) {
    const { graph } = compilation;
    const nodes = graph.nodes.filter(isCommunication);
    const stages = present(compilation.stages, "nothing is localized").map((stage): LocalStage => {
      const program = present(stage.program, "stage without a program");
      return { ...stage, program: { ...program, buckets: bucketsOf(graph, nodes, program) } };
    });
    return { ...compilation, stages };
  },
});

/** `nodes`: the communications, by their number in the plan. */
function bucketsOf(graph: Graph, nodes: readonly Node[], { slots, actions, phases }: StageProgram): Bucket[] {
  const starts = new Set(phases.map(({ first }) => first));
  const buckets: Bucket[] = [];
  let open: { first: number; count: number; bytes: number; key: string; outputs: Set<number> } | undefined;
  const close = () => {
    if (open !== undefined && open.count > 1) buckets.push({ first: open.first, count: open.count });
    open = undefined;
  };
  actions.forEach((action: Action, index) => {
    if (action.kind !== "collective") return close();
    const key = bucketKey(graph, at(nodes, action.boxing));
    if (key === undefined) return close();
    const bytes = largestShard(at(slots, action.input));
    const joins =
      open !== undefined &&
      !starts.has(index) &&
      open.key === key &&
      open.bytes + bytes <= bucketBytes &&
      !open.outputs.has(action.input);
    if (!joins) close();
    open ??= { first: index, count: 0, bytes: 0, key, outputs: new Set() };
    open.count++;
    open.bytes += bytes;
    open.outputs.add(action.output);
  });
  close();
  return buckets;
}

/** Bytes on the device that has most. */
function largestShard({ dtype, localShapes }: Slot): number {
  return localShapes.reduce((most, shape) => Math.max(most, bytesOf(dtype, product(shape))), 0);
}
