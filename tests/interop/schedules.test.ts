/** Pipeline schedules against torch.distributed.pipelining: the same orders and lowerings, and ours pass its checks. */
import { describe, expect } from "vitest";
import { lowerSchedule } from "../../src/schedule/lower.ts";
import { createSchedule } from "../../src/schedule/schedule.ts";
import { stepGrid } from "../../src/schedule/step-grid.ts";
import { printCsv } from "../../src/schedule/torch-csv.ts";
import { pythonTest, runPython } from "../support/python.ts";

/** Our name; torch's class, null where it has none or its order is not one to compare with; the sizes. */
const families: readonly (readonly [
  name: string,
  torchName: string | null,
  sizes: readonly (readonly [ranks: number, microbatches: number, chunks: number])[],
])[] = [
  [
    "gpipe",
    "GPipe",
    [
      [4, 4, 1],
      [3, 5, 1],
    ],
  ],
  // torch's order of 1F1B has a slip on the last rank; its runtime does not use it.
  [
    "1f1b",
    null,
    [
      [4, 8, 1],
      [4, 4, 1],
      [1, 3, 1],
    ],
  ],
  [
    "looped-bfs",
    "LoopedBFS",
    [
      [2, 4, 2],
      [4, 8, 3],
    ],
  ],
  [
    "interleaved-1f1b",
    "Interleaved1F1B",
    [
      [2, 4, 2],
      [4, 8, 2],
      [4, 12, 3],
      [3, 6, 4],
      [5, 10, 4],
      [4, 10, 2],
      [4, 15, 2],
      [8, 8, 2],
    ],
  ],
  [
    "interleaved-zb",
    "InterleavedZeroBubble",
    [
      [2, 8, 2],
      [4, 8, 2],
      [4, 12, 3],
      [3, 6, 4],
      [5, 10, 4],
      [4, 10, 2],
    ],
  ],
  [
    "zb-h1",
    null,
    [
      [4, 8, 1],
      [3, 2, 1],
    ],
  ],
  ["zb-h2", null, [[4, 8, 1]]],
  ["zb-1p", null, [[4, 8, 1]]],
  ["zb-2p", null, [[4, 8, 1]]],
  [
    "zb-v",
    "ZBVZeroBubble",
    [
      [2, 4, 2],
      [4, 8, 2],
      [4, 3, 2],
      [3, 9, 2],
      [8, 20, 2],
    ],
  ],
  [
    "dualpipe-v",
    "DualPipeV",
    [
      [4, 10, 2],
      [2, 4, 2],
      [3, 8, 2],
      [8, 17, 2],
    ],
  ],
];

describe("torch.distributed.pipelining", () => {
  pythonTest("makes the same orders, lowers ours to the same actions and finds no fault", async () => {
    const cases = families.flatMap(([name, torchName, sizes]) =>
      sizes.map(([ranks, microbatches, chunks]) => {
        const schedule = createSchedule(name, ranks, microbatches, chunks);
        return {
          name,
          torchName,
          ranks,
          microbatches,
          stageRank: schedule.stageRank,
          compute: printCsv(stepGrid(schedule)),
          order: printCsv(schedule.order),
          messages: printCsv(lowerSchedule(schedule)),
          lowered: printCsv(lowerSchedule(schedule, { maxActiveStages: 3, reduceGradients: true })),
        };
      }),
    );
    const theirs = (await runPython("pipeline_schedules.py", cases, 300)) as readonly {
      readonly lowered: string;
      readonly order: string | null;
    }[];
    expect(theirs).toHaveLength(cases.length);
    cases.forEach((ours, i) => {
      const { lowered, order } = theirs[i] as (typeof theirs)[number];
      const label = `${ours.name} ${ours.ranks} ${ours.microbatches}\n`;
      expect(label + ours.lowered).toBe(label + lowered);
      if (order !== null) expect(label + ours.order).toBe(label + order);
    });
  });
});
