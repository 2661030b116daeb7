/**
 * The alpha-beta cost model: collectives as rings, compute as a roofline.
 *
 * A ring over p devices whose busiest device receives n bytes takes
 *   all-reduce                  2 (p - 1) alpha + n / beta      (n = 2 (p - 1) / p of the block)
 *   reduce-scatter, all-gather    (p - 1) alpha + n / beta
 *   all-to-all                    (p - 1) alpha + n / beta
 *   halo                              senders alpha + n / beta    (senders: most devices that one receives from)
 *   send                                  alpha + n / beta
 * with the slowest link of the ring. A group of N nodes with G > 1 devices each may go in levels instead: an all-reduce
 * scatters inside the nodes, reduces 1/G of the block between them and gathers inside; the cheaper of the two counts.
 * Local steps are one pass over memory: they read the old shard and write the new one.
 */
import type { Mesh } from "../ir/layout.ts";
import { devicesPerStage, hostOf, rankOf } from "../ir/layout.ts";
import { bytesOf, knownShape, type DataType, type TensorType } from "../ir/types.ts";
import { boxingBytes, haloSenders, isLocalBoxing, mostElements, type BoxingStep } from "../sbp/boxing.ts";
import { groupsAlong } from "../sbp/mesh.ts";
import { range } from "../support/collections.ts";
import type { Cluster } from "./cluster.ts";
import type { BoxingCost, CostModel } from "./model.ts";

/** How a group of devices lies over the nodes. */
interface Spread {
  readonly devices: number;
  readonly nodes: number;
  /** Most devices of the group in one node. */
  readonly perNode: number;
}

type Seconds = Omit<BoxingCost, "bytes">;

function over(latencySeconds: number, transferSeconds: number): Seconds {
  return { seconds: latencySeconds + transferSeconds, latencySeconds };
}

export function createCostModel(cluster: Cluster): CostModel {
  const { device, links } = cluster;
  const nodeOf = (rank: number) => Math.floor(rank / cluster.devicesPerNode);
  const spreads = new WeakMap<Mesh, WeakMap<readonly number[], Map<number, readonly Spread[]>>>();

  /** The differing ways in which the groups of a step lie over the nodes. */
  function spreadsOf(step: BoxingStep, mesh: Mesh): readonly Spread[] {
    const byAxes = spreads.get(mesh) ?? new WeakMap<readonly number[], Map<number, readonly Spread[]>>();
    spreads.set(mesh, byAxes);
    const byStage = byAxes.get(step.axes) ?? new Map<number, readonly Spread[]>();
    byAxes.set(step.axes, byStage);
    let found = byStage.get(step.toStage);
    if (found === undefined) {
      const offset = rankOf(mesh, step.toStage, 0);
      const distinct = new Map<string, Spread>();
      for (const group of groupsAlong(mesh, step.axes)) {
        const counts = new Map<number, number>();
        for (const d of group) counts.set(nodeOf(offset + d), (counts.get(nodeOf(offset + d)) ?? 0) + 1);
        const spread = { devices: group.length, nodes: counts.size, perNode: Math.max(...counts.values()) };
        distinct.set(JSON.stringify(spread), spread);
      }
      found = [...distinct.values()];
      byStage.set(step.toStage, found);
    }
    return found;
  }

  function haloSeconds(step: BoxingStep, shape: readonly number[], mesh: Mesh, bytes: number): Seconds {
    const between = spreadsOf(step, mesh).some(({ nodes }) => nodes > 1);
    const link = between ? links.interNode : links.intraNode;
    return over(haloSenders(step, shape, mesh) * link.alphaSeconds, bytes / link.bytesPerSecond);
  }

  function collectiveSeconds(step: BoxingStep, spread: Spread, bytes: number): Seconds {
    const rounds = step.kind === "all-reduce" ? 2 : 1;
    const { devices, nodes, perNode } = spread;
    const { intraNode, interNode } = links;
    const link = nodes > 1 ? interNode : intraNode;
    const ring = over(rounds * (devices - 1) * link.alphaSeconds, bytes / link.bytesPerSecond);
    if (nodes === 1 || perNode === 1 || perNode * nodes !== devices || step.kind === "all-to-all")
      return ring;
    // `bytes` is (p - 1) / p of what passes per round; a level moves its own share of it.
    const whole = (bytes * devices) / (devices - 1);
    const levels = over(
      rounds * ((perNode - 1) * intraNode.alphaSeconds + (nodes - 1) * interNode.alphaSeconds),
      (whole * (perNode - 1)) / perNode / intraNode.bytesPerSecond +
        (whole * (nodes - 1)) / nodes / perNode / interNode.bytesPerSecond,
    );
    return levels.seconds < ring.seconds ? levels : ring;
  }

  function sendSeconds(step: BoxingStep, mesh: Mesh, bytes: number): Seconds {
    if (hostOf(mesh, step.fromStage) === hostOf(mesh, step.toStage)) return over(0, 0);
    const between = range(devicesPerStage(mesh)).some(
      (d) => nodeOf(rankOf(mesh, step.fromStage, d)) !== nodeOf(rankOf(mesh, step.toStage, d)),
    );
    const link = between ? links.interNode : links.intraNode;
    return over(link.alphaSeconds, bytes / link.bytesPerSecond);
  }

  return {
    cluster: cluster.name,
    deviceMemory: device.memory,
    boxing(step: BoxingStep, type: TensorType, mesh: Mesh): BoxingCost {
      const shape = knownShape(type);
      const bytes = boxingBytes(step, shape, type.dtype, mesh);
      if (isLocalBoxing(step.kind)) {
        const written = mostElements(shape, step.to, mesh);
        const touched = written + Math.min(mostElements(shape, step.from, mesh), written);
        return {
          bytes,
          ...over(device.launchSeconds, bytesOf(type.dtype, touched) / device.memoryBandwidth),
        };
      }
      const most = bytes.reduce((a, b) => Math.max(a, b), 0);
      if (step.kind === "send") return { bytes, ...sendSeconds(step, mesh, most) };
      if (step.kind === "halo") return { bytes, ...haloSeconds(step, shape, mesh, most) };
      let slowest = over(0, 0);
      for (const spread of spreadsOf(step, mesh)) {
        const found = collectiveSeconds(step, spread, most);
        if (found.seconds > slowest.seconds) slowest = found;
      }
      return { bytes, ...slowest };
    },
    compute(flops: number, bytes: number, dtype: DataType): number {
      const peak = device.flops[dtype] ?? device.flops.f32;
      return Math.max(flops / peak, bytes / device.memoryBandwidth) + device.launchSeconds;
    },
  };
}
