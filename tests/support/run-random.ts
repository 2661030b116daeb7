/**
 * Compiles a random graph, runs the plan on simulated devices micro-batch by micro-batch, and compares what comes out, and what
 * was received on the way, with the whole graph and with the plan's own figures.
 */
import { pipeline } from "../../passes/pipeline.ts";
import { runPasses } from "../../passes/runner.ts";
import type { Compilation } from "../../passes/pass.ts";
import { createCostModel } from "../../src/cost/alpha-beta.ts";
import { presetCluster, type Cluster } from "../../src/cost/cluster.ts";
import type { CostModel } from "../../src/cost/model.ts";
import { compile, findBatchAxes, type CompileResult } from "../../src/compile.ts";
import { DiagnosticSink } from "../../src/diagnostics/diagnostic.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { printNdSbp, type Mesh } from "../../src/ir/layout.ts";
import { printGraph } from "../../src/ir/text/print.ts";
import { bytesOf, isFloat } from "../../src/ir/types.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { takeBox } from "../../src/ops/shards.ts";
import type { BoxingPlan, Plan } from "../../src/plan/plan.ts";
import { balancedPart, intersectBoxes, boxElements, shardOf } from "../../src/sbp/geometry.ts";
import { groupsAlong } from "../../src/sbp/mesh.ts";
import { present } from "../../src/support/assert.ts";
import { product, range } from "../../src/support/collections.ts";
import { exchangeShards, simulatePlan, type SegmentRunner } from "./simulate.ts";

// --- costs

const fastLink = { alphaSeconds: 0, bytesPerSecond: 1e12 };

/** Devices so slow that every split pays. */
export const slowDevices: Cluster = {
  name: "slow-devices",
  device: { flops: { f32: 1e3 }, memoryBandwidth: 1e3, memory: 1e12, launchSeconds: 0 },
  devicesPerNode: Infinity,
  links: { intraNode: fastLink, interNode: fastLink },
};

/** Prices drawn from a hash: layouts and paths that no sensible cluster asks for, but which are right all the same. */
export function randomPrices(seed: number): CostModel {
  const real = createCostModel(presetCluster("local"));
  const draw = (text: string) => {
    let h = seed | 0;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
  };
  // With the moving of shards so dear, softmax and norms over a split axis pay in their distributed forms.
  const moving = seed % 3 === 0 ? 50 : 1;
  const work = seed % 2 === 0 ? 0.01 : 3;
  return {
    ...real,
    cluster: "random-prices",
    boxing(step, type, mesh) {
      const text = `${step.kind} ${printNdSbp(step.from)} ${printNdSbp(step.to)} ${type.shape.join()}`;
      const factor = step.kind === "all-gather" || step.kind === "all-to-all" ? moving : 1;
      return { ...real.boxing(step, type, mesh), seconds: factor * (0.01 + draw(text)) };
    },
    compute: (flops, bytes, dtype) => 0.01 + work * (draw(`${flops} ${bytes} ${dtype}`) + bytes / 1e3),
  };
}

export interface RandomCompile {
  readonly whole: Graph;
  readonly micro: Graph;
  readonly mesh: Mesh;
  readonly microbatches: number;
  readonly prices: Cluster | CostModel;
  readonly hints?: boolean;
}

export type Compiled = Pick<CompileResult, "plan"> & {
  readonly compilation: Compilation;
  /** Text of the graph before the first pass and after every pass that changed it. */
  readonly dumps: readonly { readonly pass: string; readonly text: string }[];
};

/** Every property is checked after every pass. */
export function compileRandom(options: RandomCompile): Compiled {
  const { whole, micro, mesh, microbatches, prices, hints = true } = options;
  const dumps: { pass: string; text: string }[] = [];
  const dump = (_: number, pass: string, text: string) => void dumps.push({ pass, text });
  if ("device" in prices) {
    const common = { whole, micro, mesh, hints, microbatches, dims: {}, settings: {}, dump };
    return { ...compile({ ...common, cluster: prices }), dumps };
  }
  const { compilation } = runPasses(
    pipeline,
    { graph: { ...micro, mesh } },
    {
      mesh,
      options: { microbatches, hints, cluster: prices.cluster, dims: {}, settings: {} },
      costModel: prices,
      sink: new DiagnosticSink(),
      source: printGraph(whole),
      batchAxes: findBatchAxes(whole, micro, microbatches),
    },
    { dump },
  );
  return { compilation, plan: present(compilation.plan, "no plan"), dumps };
}

// --- running

/** Outputs of a whole step, of all micro-batches joined; feeds are for the whole batch. */
export async function runRandom(
  plan: Plan,
  feeds: ReadonlyMap<string, Dense>,
  run: SegmentRunner,
  tolerance: number,
): Promise<Map<string, Dense>> {
  const { microbatches } = plan.options;
  const axes = new Map([...plan.inputs, ...plan.randoms].map(({ name, batchAxis }) => [name, batchAxis]));
  const parts: Map<string, Dense>[] = [];
  for (const part of range(microbatches)) {
    const received = new Map<BoxingPlan, readonly number[]>();
    const own = new Map(
      [...feeds].map(([name, x]) => [name, partOf(x, axes.get(name) ?? null, microbatches, part)]),
    );
    const exchange: typeof exchangeShards = (boxing, shards, mesh) => {
      const result = exchangeShards(boxing, shards, mesh);
      received.set(boxing, receivedBytes(boxing, shards, result, mesh));
      return result;
    };
    parts.push(await simulatePlan(plan, own, run, { tolerance, exchange }));
    checkBytes(plan, received);
  }
  return new Map(
    plan.outputs.map(({ name, batchAxis }) => [
      name,
      join(
        parts.map((outputs) => present(outputs.get(name), "output is missing")),
        batchAxis,
      ),
    ]),
  );
}

function partOf(x: Dense, axis: number | null, parts: number, part: number): Dense {
  if (axis === null || parts === 1) return x;
  const length = (x.shape[axis] as number) / parts;
  return takeBox(x, {
    start: x.shape.map((_, i) => (i === axis ? part * length : 0)),
    size: x.shape.map((n, i) => (i === axis ? length : n)),
  });
}

/** Along the batch axis, or (null) the mean. */
function join(parts: readonly Dense[], axis: number | null): Dense {
  const [first] = parts as readonly [Dense];
  if (parts.length === 1) return first;
  if (axis === null) {
    const mean = first.data.map(
      (_, i) => parts.reduce((sum, { data }) => sum + (data[i] as number), 0) / parts.length,
    );
    return { ...first, data: mean };
  }
  const outer = product(first.shape.slice(0, axis));
  const inner = product(first.shape.slice(axis));
  const data = new Float64Array(outer * inner * parts.length);
  parts.forEach((part, p) => {
    for (let i = 0; i < outer; i++)
      data.set(part.data.subarray(i * inner, (i + 1) * inner), (i * parts.length + p) * inner);
  });
  return { dtype: first.dtype, shape: first.shape.map((n, i) => (i === axis ? n * parts.length : n)), data };
}

// --- bytes

/** What each device takes from the others, from the lengths of what they hold. */
function receivedBytes(
  boxing: BoxingPlan,
  before: readonly Dense[],
  after: readonly Dense[],
  mesh: Mesh,
): number[] {
  const { kind, axes, shape, from, to, dtype } = boxing;
  const bytes: number[] = [];
  for (const group of groupsAlong(mesh, axes)) {
    const p = group.length;
    group.forEach((device, i) => {
      const n = after[device]?.data.length as number;
      if (kind === "all-reduce") {
        const chunk = balancedPart(n, p, i).size;
        bytes[device] = bytesOf(dtype, chunk * (p - 1)) + bytesOf(dtype, n - chunk);
      } else if (kind === "reduce-scatter") {
        bytes[device] = bytesOf(dtype, n * (p - 1));
      } else {
        const common = intersectBoxes(shardOf(shape, from, mesh, device), shardOf(shape, to, mesh, device));
        bytes[device] = bytesOf(dtype, n - (common === undefined ? 0 : boxElements(common)));
      }
      if (before[device] === undefined) throw new Error(`device ${device} holds nothing of ${boxing.input}`);
    });
  }
  return bytes;
}

function checkBytes(plan: Plan, received: ReadonlyMap<BoxingPlan, readonly number[]>): void {
  const shards = new Map<number, readonly number[]>();
  const { stages } = plan;
  for (const { actions, slots, deviceClass } of stages) {
    for (const action of actions) {
      if (action.kind !== "receive") continue;
      const slot = present(slots[action.output], "no such slot");
      const sizes = deviceClass.map((c) => bytesOf(slot.dtype, product(slot.localShapes[c] ?? [])));
      shards.set(action.boxing, sizes);
    }
  }
  plan.boxing.forEach((boxing, i) => {
    const counted = boxing.kind === "send" ? shards.get(i) : received.get(boxing);
    if (counted?.join() !== boxing.bytes.join())
      throw new Error(
        `${boxing.kind} of ${boxing.input}: received ${counted?.join()}, predicted ${boxing.bytes.join()}`,
      );
  });
}

// --- comparing

/** The largest difference of any output from what is expected, relative to its largest element or 1; integers count whole. */
export function largestDifference(
  expected: ReadonlyMap<string, Dense>,
  actual: ReadonlyMap<string, Dense>,
): number {
  let worst = 0;
  for (const [name, want] of expected) {
    const got = present(actual.get(name), "output is missing", () => name);
    if (got.dtype !== want.dtype || got.shape.join() !== want.shape.join()) return Infinity;
    const scale = isFloat(want.dtype) ? want.data.reduce((m, x) => Math.max(m, Math.abs(x)), 1) : 1;
    want.data.forEach((x, i) => {
      const y = got.data[i] as number;
      if (Object.is(x, y) || x === y) return;
      const difference = Math.abs(x - y) / scale;
      worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
    });
  }
  return worst;
}
