/** Collectives over shared memory and over sockets against their definition: every kind, element type and group, uneven shards. */
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { allocateShared, firstExchangeWord } from "../../../backends/local/shared.ts";
import { layOutExchange } from "../../../backends/local/exchange.ts";
import type { GroupJob } from "../../../backends/local/job.ts";
import { clearMeeting, makeMeeting, meetBySockets } from "../../../backends/local/socket-memory.ts";
import {
  broadcast,
  deviceCount,
  partial,
  printNdSbp,
  split,
  windowed,
  type Mesh,
  type NdSbp,
  type Reduction,
} from "../../../src/ir/layout.ts";
import {
  allocate,
  numberToBfloat,
  numberToHalf,
  readNumber,
  writeNumber,
} from "../../../src/ir/tensor-data.ts";
import { bytesOf, isFloat, type DataType } from "../../../src/ir/types.ts";
import type { HostTensor } from "../../../src/plan/backend.ts";
import { copyBox, wholeBox } from "../../../src/plan/box-copy.ts";
import type { BoxingPlan } from "../../../src/plan/plan.ts";
import { balancedPart, boxElements, intersectBoxes, shardOf } from "../../../src/sbp/geometry.ts";
import { coordinatesOf, groupsAlong } from "../../../src/sbp/mesh.ts";
import { groupBy, range, sum } from "../../../src/support/collections.ts";
import type { CollectiveData, CollectiveResult } from "./collective-worker.ts";
import { boxing, stage } from "./support.ts";

const loader = new URL("../../../node_modules/tsx/dist/esm/api/index.mjs", import.meta.url).href;
const entry = new URL("./collective-worker.ts", import.meta.url).href;
const code = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}); })`;

interface ExchangeOptions {
  readonly bySockets?: boolean;
  /** Collectives that run together; else each by itself. */
  readonly buckets?: readonly (readonly number[])[];
}

async function exchange(
  mesh: Mesh,
  plans: readonly BoxingPlan[],
  shards: readonly (readonly HostTensor[])[],
  rounds: number,
  { bySockets = false, buckets = range(plans.length).map((i) => [i]) }: ExchangeOptions = {},
): Promise<CollectiveResult[]> {
  const actions = buckets.flatMap((bucket) =>
    bucket.map((index) => ({ kind: "collective", boxing: index, input: 0, output: 0 }) as const),
  );
  let next = 0;
  const ranges = buckets.map(({ length: count }) => ({ first: (next += count) - count, count }));
  const stages = [{ ...stage(mesh, 0, { slots: [], segments: [], actions }), buckets: ranges }];
  const plan = { mesh, boxing: plans, stages };
  const ranks = deviceCount(mesh);
  const meeting = makeMeeting(ranks);
  const job = { plan: { ...plan, microbatches: 1 }, inputs: new Map() } as unknown as GroupJob;
  const met = bySockets ? meetBySockets(job, meeting) : undefined;
  const memory =
    met === undefined ? allocateShared(layOutExchange(plan, 1, firstExchangeWord(ranks)), ranks) : meeting;
  const results = await Promise.all(
    range(ranks).map(
      (rank) =>
        new Promise<CollectiveResult>((resolve, reject) => {
          const data: CollectiveData = {
            plan,
            memory,
            rank,
            shards: shards.map((list) => list[rank] as HostTensor),
            rounds,
            buckets,
          };
          const worker = new Worker(code, { eval: true, execArgv: [], workerData: data });
          worker.once("message", resolve);
          worker.once("error", reject);
        }),
    ),
  );
  met?.close();
  clearMeeting(meeting);
  return results;
}

/** Whole tensors with values of all signs and sizes, one term per combination of partial coordinates. */
function term(plan: BoxingPlan, key: number): HostTensor {
  const data = allocate(
    plan.dtype,
    plan.shape.reduce((n, s) => n * s, 1),
  );
  for (let i = 0; i < data.length; i++) {
    const x = Math.sin(12.9898 * (i + 1) + 78.233 * (key + 1)) * 43758.5453;
    const value = (x - Math.floor(x) - 0.5) * 10 ** ((i + key) % 5);
    writeNumber(
      plan.dtype,
      data,
      i,
      isFloat(plan.dtype) ? value : plan.dtype === "bool" ? Number(value > 0) : Math.trunc(value * 1000),
    );
  }
  return { dtype: plan.dtype, shape: plan.shape, data };
}

function termKey(plan: BoxingPlan, mesh: Mesh, device: number): number {
  return coordinatesOf(mesh, device).reduce(
    (key, c, axis) => (plan.from[axis]?.kind === "P" ? key * 8 + c + 1 : key),
    0,
  );
}

function shardFor(plan: BoxingPlan, mesh: Mesh, device: number): HostTensor {
  const whole = term(plan, termKey(plan, mesh, device));
  const box = shardOf(plan.shape, plan.from, mesh, device);
  const data = allocate(plan.dtype, boxElements(box));
  copyBox(whole.data, wholeBox(plan.shape), data, box, box);
  return { dtype: plan.dtype, shape: box.size, data };
}

function combine(dtype: DataType, reduce: Reduction, values: readonly (number | bigint)[]): number | bigint {
  if (dtype === "i64") {
    const list = values.map(BigInt);
    return list.reduce((a, b) =>
      reduce === "sum" ? a + b : reduce === "max" ? (a > b ? a : b) : a < b ? a : b,
    );
  }
  const round = isFloat(dtype) ? Math.fround : (x: number) => x;
  const x = values
    .map(Number)
    .reduce((a, b) => (reduce === "sum" ? round(a + b) : reduce === "max" ? Math.max(a, b) : Math.min(a, b)));
  return dtype === "bool" ? Math.min(1, x) : x;
}

/** What `device` must hold afterwards: the terms of its group's partial coordinates in rank order, cut to its new box. */
function expected(plan: BoxingPlan, mesh: Mesh, device: number): (number | bigint)[] {
  const group = groupsAlong(mesh, plan.axes).find((members) => members.includes(device)) ?? [];
  const keys = [...new Set(group.map((member) => termKey(plan, mesh, member)))];
  const terms = keys.map((key) => term(plan, key).data);
  const reduce = plan.from.find((sbp) => sbp.kind === "P")?.reduce ?? "sum";
  const whole = term(plan, 0);
  const n = whole.data.length;
  const box = shardOf(plan.shape, plan.to, mesh, device);
  const indices = new BigInt64Array(n).map((_, i) => BigInt(i));
  const picked = new BigInt64Array(boxElements(box));
  copyBox(indices, wholeBox(plan.shape), picked, box, box);
  return [...picked].map((index) => {
    const i = Number(index);
    const values = terms.map((data) =>
      plan.dtype === "i64" ? (data[i] as bigint) : readNumber(plan.dtype, data, i),
    );
    const x = values.length === 1 ? (values[0] ?? NaN) : combine(plan.dtype, reduce, values);
    if (plan.dtype === "f16") return numberToHalf(Number(x));
    return plan.dtype === "bf16" ? numberToBfloat(Number(x)) : x;
  });
}

function expectedBytes(plan: BoxingPlan, mesh: Mesh, device: number): number {
  const group = groupsAlong(mesh, plan.axes).find((members) => members.includes(device)) ?? [];
  const p = group.length;
  const before = shardOf(plan.shape, plan.from, mesh, device);
  const after = shardOf(plan.shape, plan.to, mesh, device);
  const overlap = intersectBoxes(before, after);
  switch (plan.kind) {
    case "all-reduce": {
      const n = boxElements(before);
      const chunk = balancedPart(n, p, group.indexOf(device)).size;
      return bytesOf(plan.dtype, (p - 1) * chunk + n - chunk);
    }
    case "reduce-scatter":
      return bytesOf(plan.dtype, (p - 1) * boxElements(after));
    case "all-gather":
      return bytesOf(plan.dtype, boxElements(after) - boxElements(before));
    default:
      return bytesOf(plan.dtype, boxElements(after) - (overlap === undefined ? 0 : boxElements(overlap)));
  }
}

const B = broadcast;
const P = partial();
const S = (axis: number, unit = 1) => split(axis, unit);
const W = (axis: number, positions: number, step: number, from: number, to: number) =>
  windowed(axis, 1, { positions, step, per: 1, from, to });
type Step = readonly [kind: BoxingPlan["kind"], from: NdSbp, to: NdSbp];

const oneAxis: readonly Step[] = [
  ["all-reduce", [P], [B]],
  ["all-reduce", [partial("max")], [B]],
  ["all-reduce", [partial("min")], [B]],
  ["reduce-scatter", [P], [S(0)]],
  ["reduce-scatter", [P], [S(2)]],
  ["reduce-scatter", [partial("max")], [S(1)]],
  ["all-gather", [S(0)], [B]],
  ["all-gather", [S(2)], [B]],
  ["all-gather", [S(1, 2)], [B]],
  ["all-to-all", [S(0)], [S(1)]],
  ["all-to-all", [S(2)], [S(0)]],
  ["all-to-all", [S(1, 2)], [S(1)]],
  ["halo", [S(1)], [W(1, 5, 1, -1, 1)]],
  ["halo", [S(1)], [W(1, 3, 2, -1, 0)]],
  ["halo", [S(1)], [W(1, 5, 1, -4, 4)]],
  ["all-to-all", [S(2)], [W(1, 5, 1, -1, 1)]],
];
const twoAxes: readonly Step[] = [
  ["all-reduce", [P, P], [B, B]],
  ["all-reduce", [P, S(0)], [B, S(0)]],
  ["all-reduce", [S(1), P], [S(1), B]],
  ["reduce-scatter", [P, S(0)], [S(1), S(0)]],
  ["reduce-scatter", [S(0), P], [S(0), S(0)]],
  ["reduce-scatter", [P, P], [S(0), S(1)]],
  ["all-gather", [S(0), S(0)], [B, B]],
  ["all-gather", [S(0), S(0)], [S(0), B]],
  ["all-gather", [P, S(1)], [P, B]],
  ["all-to-all", [S(0), S(0)], [S(1), S(1)]],
  ["all-to-all", [S(0), S(1)], [S(1), S(0)]],
  ["all-to-all", [S(0), B], [S(1), B]],
  ["halo", [S(1), S(1)], [W(1, 7, 1, -1, 1), W(1, 7, 1, -1, 1)]],
  ["halo", [S(1), S(0)], [W(1, 7, 1, -2, 1), S(0)]],
  ["halo", [S(1), S(2)], [W(1, 7, 1, -2, 1), W(2, 5, 1, -1, 2)]],
];
const dtypes: readonly DataType[] = ["f32", "f16", "bf16", "i32", "i64", "bool"];
const meshes: readonly (readonly [string, Mesh, readonly Step[], readonly number[]])[] = [
  ["a=2", { axes: [{ name: "a", size: 2 }], stages: 1 }, oneAxis, [5, 7, 9]],
  ["a=3", { axes: [{ name: "a", size: 3 }], stages: 1 }, oneAxis, [7, 6, 50]],
  [
    "a=2,b=2",
    {
      axes: [
        { name: "a", size: 2 },
        { name: "b", size: 2 },
      ],
      stages: 1,
    },
    twoAxes,
    [5, 7, 9],
  ],
  [
    "a=2,b=3",
    {
      axes: [
        { name: "a", size: 2 },
        { name: "b", size: 3 },
      ],
      stages: 1,
    },
    twoAxes,
    [7, 11, 6],
  ],
];

describe("collectives", () => {
  const cases = [false, true].flatMap((bySockets) =>
    meshes.map(
      ([name, ...rest]) => [bySockets ? "by sockets" : "in shared memory", name, bySockets, ...rest] as const,
    ),
  );
  test.each(cases)(
    "%s, %s: every kind and element type, exactly",
    async (_, __, bySockets, mesh, steps, shape) => {
      const plans = dtypes.flatMap((dtype) =>
        steps.map(([kind, from, to]) => boxing(kind, "x", shape, from, to, { dtype })),
      );
      const devices = range(deviceCount(mesh));
      const shards = plans.map((plan) => devices.map((device) => shardFor(plan, mesh, device)));
      const results = await exchange(mesh, plans, shards, 3, { bySockets });
      // What is counted is what is sent, by all devices together.
      const counted = sum(results.map(({ bytes }) => sum(bytes)));
      expect(sum(results.map(({ sent }) => sent))).toBe(bySockets ? counted : 0);
      for (const { rank, outputs, bytes } of results) {
        plans.forEach((plan, i) => {
          const what = `${plan.kind} ${plan.dtype} ${printNdSbp(plan.from)} -> ${printNdSbp(plan.to)} on device ${rank}`;
          expect([what, ...(outputs[i]?.data ?? [])]).toEqual([what, ...expected(plan, mesh, rank)]);
          expect([what, bytes[i]]).toEqual([what, expectedBytes(plan, mesh, rank)]);
        });
      }
    },
  );

  test.each([false, true])(
    "those within the same groups, together, give what each gives and wait once (by sockets: %s)",
    async (bySockets) => {
      const [, mesh, steps] = meshes[3]!;
      const shape = [7, 11, 6];
      const plans = dtypes.flatMap((dtype) =>
        steps.map(([kind, from, to]) => boxing(kind, "x", shape, from, to, { dtype })),
      );
      const shards = plans.map((plan) => range(6).map((device) => shardFor(plan, mesh, device)));
      const buckets = [...groupBy([...plans.keys()], (i) => plans[i]!.axes.join()).values()];
      expect(buckets.map(({ length }) => length)).toEqual([42, 24, 24]);
      const together = await exchange(mesh, plans, shards, 3, { bySockets, buckets });
      const alone = await exchange(mesh, plans, shards, 3, { bySockets });
      for (const [rank, { outputs, bytes, sent, barriers }] of together.entries()) {
        const one = alone[rank]!;
        expect([outputs, bytes, sent]).toEqual([one.outputs, one.bytes, one.sent]);
        // Where something is reduced by chunks they wait once more, for the chunks.
        expect([barriers, one.barriers]).toEqual([6, plans.length + 3 * dtypes.length]);
      }
    },
  );

  test("NaN wins in a maximum, and large shards go through the SIMD kernels and their tails alike", async () => {
    const mesh: Mesh = { axes: [{ name: "a", size: 2 }], stages: 1 };
    const shape = [1, 1, 4099];
    const plans = [
      boxing("all-reduce", "x", shape, [P], [B]),
      boxing("all-reduce", "x", shape, [partial("max")], [B]),
    ];
    const shards = plans.map((plan) => [0, 1].map((device) => shardFor(plan, mesh, device)));
    for (const list of shards) (list[1] as HostTensor).data[40] = NaN;
    const results = await exchange(mesh, plans, shards, 1);
    for (const { outputs, rank } of results) {
      plans.forEach((plan, i) => {
        const wanted = expected(plan, mesh, rank);
        wanted[40] = NaN;
        expect([...(outputs[i]?.data ?? [])]).toEqual(wanted);
      });
    }
  });

  test("a 4 MB all-reduce on two devices takes milliseconds, not more", async () => {
    const mesh: Mesh = { axes: [{ name: "a", size: 2 }], stages: 1 };
    const plans = [boxing("all-reduce", "x", [1 << 20], [P], [B])];
    const shards = plans.map((plan) => [0, 1].map((device) => shardFor(plan, mesh, device)));
    const results = await exchange(mesh, plans, shards, 60);
    const milliseconds = Math.max(...results.map((result) => result.milliseconds[0] ?? Infinity));
    console.log(`4 MB all-reduce on two devices: ${milliseconds.toFixed(2)} ms with both copies`);
    expect(milliseconds).toBeLessThan(50);
  });
});
