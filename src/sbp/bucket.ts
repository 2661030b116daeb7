/** Which collectives can run together, as one exchange. */
import { tensorTypeOf, type Graph, type Node } from "../ir/graph.ts";
import { byteSize } from "../ir/types.ts";
import { communicationOf } from "./boxing-node.ts";

/** Bytes that the members of a bucket put in on one device, at most: `bucket_cap_mb` of PyTorch's DistributedDataParallel. */
export const bucketBytes = 25 * 2 ** 20;

/**
 * Equal for collectives of one stage that can be in one bucket: of one kind, along the same axes, with one reduction, of one element
 * type. Undefined for what is no collective, and for a value that fills a bucket by itself.
 */
export function bucketKey(graph: Graph, node: Node): string | undefined {
  const communication = communicationOf(node);
  if (communication === undefined || communication.kind === "send") return undefined;
  const { kind, axes, from, output } = communication;
  const type = tensorTypeOf(graph, output);
  if (byteSize(type) > bucketBytes) return undefined;
  const partial = from.find((sbp) => sbp.kind === "P");
  return [kind, axes.join(), type.dtype, partial?.kind === "P" ? partial.reduce : ""].join(" ");
}
