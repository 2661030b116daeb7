/**
 * All-reduce of f32 on two devices, by threads in shared memory, by processes on a mapped file and by processes on sockets: milliseconds of
 * one, copies in and out included. `npm run bench:exchange`.
 */
import { runGroup } from "../../backends/local/supervisor.ts";
import type { GroupJob } from "../../backends/local/job.ts";
import { table } from "../../src/inspect/text.ts";
import { broadcast, partial, type Mesh } from "../../src/ir/layout.ts";
import { at, range } from "../../src/support/collections.ts";
import { boxing, job, slot, stage } from "../unit/run/support.ts";

const ways: readonly (readonly [string, Partial<GroupJob>])[] = [
  ["threads, shared memory", {}],
  ["processes, mapped file", { processes: true, exchange: "mapped" }],
  ["processes, sockets", { processes: true, exchange: "sockets" }],
];
const sizes: readonly (readonly [string, number])[] = [
  ["64 bytes", 64],
  ["1 MB", 1 << 20],
  ["16 MB", 1 << 24],
];
/** All-reduces in a step; the least of the steps counts. */
const repeats = 20;
const steps = 12;

function allReduce(elements: number, options: Partial<GroupJob>): GroupJob {
  const mesh: Mesh = { axes: [{ name: "tp", size: 2 }], stages: 1 };
  const shape = [elements];
  const slots = [
    slot(mesh, "w", "parameter", shape, [partial()]),
    slot(mesh, "y", "value", shape, [broadcast]),
  ];
  const plan: GroupJob["plan"] = {
    mesh,
    microbatches: 1,
    bodies: [],
    boxing: [boxing("all-reduce", "w", shape, [partial()], [broadcast])],
    stages: [
      stage(mesh, 0, {
        slots,
        segments: [],
        actions: range(repeats).map(() => ({ kind: "collective", boxing: 0, input: 0, output: 1 })),
      }),
    ],
    inputs: [],
    parameters: [
      {
        name: "w",
        type: { kind: "tensor", dtype: "f32", shape },
        initializer: { kind: "normal", mean: 0, std: 1 },
        placements: [{ stage: 0, layout: [partial()] }],
      },
    ],
    randoms: [],
    outputs: [],
    provenance: [],
  };
  return job(plan, { steps, ...options });
}

const rows: string[][] = [];
for (const [way, options] of ways) {
  const row = [way];
  for (const [, bytes] of sizes) {
    const { devices } = await runGroup(allReduce(bytes / 4, options));
    const least = Math.min(
      ...range(steps).map((step) => Math.max(...devices.map((one) => spent(at(one.steps, step))))),
    );
    row.push(((1000 * least) / repeats).toFixed(3));
  }
  rows.push(row);
}

function spent(times: {
  readonly collectives: number;
  readonly copies: number;
  readonly waiting: number;
}): number {
  return times.collectives + times.copies + times.waiting;
}

process.stdout.write(
  `${table(["all-reduce, 2 devices", ...sizes.map(([name]) => name)], rows).join("\n")}\n`,
);
