/** The orders that the rules give, against published ones, and what does not fit. */
import { describe, expect, it, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { printAction } from "../../../src/schedule/action.ts";
import { inFlight } from "../../../src/schedule/in-flight.ts";
import { lowerSchedule } from "../../../src/schedule/lower.ts";
import { createSchedule, scheduleFamilies, type Schedule } from "../../../src/schedule/schedule.ts";
import { stepGrid } from "../../../src/schedule/step-grid.ts";
import { printCsv } from "../../../src/schedule/torch-csv.ts";
import { findFaults } from "../../../src/schedule/validate.ts";
import { interleaved, oneChunk, zeroBubbleCompute, zeroBubbleMessages } from "./golden.ts";

const orderText = (schedule: Schedule, rank: number) => schedule.order[rank]?.map(printAction).join(" ");
const faultsOf = ({ order, stageRank, microbatches }: Schedule) => findFaults(order, stageRank, microbatches);

describe("published orders", () => {
  it.each(oneChunk)("%s on %i ranks, %i micro-batches", (name, ranks, microbatches, orders) => {
    const schedule = createSchedule(name, ranks, microbatches);
    for (const [rank, order] of Object.entries(orders)) {
      const text = order
        .split(" ")
        .map((action) => `${rank}${action}`)
        .join(" ");
      expect(orderText(schedule, Number(rank))).toBe(text);
    }
    expect(Object.keys(orders)).toHaveLength(4);
  });

  it.each(interleaved)("interleaved 1F1B on %i ranks, %i micro-batches", (ranks, microbatches, orders) => {
    const schedule = createSchedule("Interleaved1F1B", ranks, microbatches, 2);
    for (const [rank, order] of Object.entries(orders)) expect(orderText(schedule, Number(rank))).toBe(order);
  });

  test("interleaved zero bubble with its idle steps, and lowered to messages", () => {
    const schedule = createSchedule("InterleavedZeroBubble", 2, 8, 2);
    // The published grid has one idle step elsewhere: it waits before 2F1, not after it.
    const grid = stepGrid(schedule);
    const published = zeroBubbleCompute
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    expect(printCsv(schedule.order).trim().split("\n")).toEqual(
      published.map((cells) => cells.filter((cell) => cell !== "").join(",")),
    );
    expect(grid.map((row) => row.length)).toEqual(published.map((cells) => cells.length));
    expect(printCsv(lowerSchedule(schedule))).toBe(zeroBubbleMessages);
  });

  test("gathering and letting go of sharded parameters", () => {
    const schedule = createSchedule("gpipe", 1, 2);
    expect(printCsv(lowerSchedule(schedule, { maxActiveStages: 3, reduceGradients: true }))).toBe(
      "0UNSHARD,0F0,0F1,0B0,0B1,0REDUCE_GRAD,0RESHARD\n",
    );
  });
});

/** Sizes that torch's own runtime is tested on: chunks, micro-batches, ranks. */
const runtimeGrid: readonly (readonly [number, number, number])[] = [
  [2, 2, 2],
  [2, 4, 4],
  [2, 8, 2],
  [2, 8, 4],
  [2, 8, 8],
  [4, 4, 4],
  [4, 8, 4],
  [4, 8, 8],
  [4, 16, 4],
  [4, 32, 4],
  [4, 64, 4],
  [4, 16, 16],
  [4, 32, 32],
  [4, 128, 64],
  [3, 2, 2],
  [3, 8, 2],
  [3, 12, 4],
  [4, 6, 3],
  [4, 10, 5],
  [2, 3, 4],
  [2, 10, 4],
  [2, 15, 4],
];

describe("torch's grid of sizes", () => {
  it.each(runtimeGrid)("%i chunks, %i micro-batches, %i ranks", (chunks, microbatches, ranks) => {
    for (const { name, chunks: fixed, leastMicrobatches } of scheduleFamilies) {
      if (microbatches < (leastMicrobatches?.(ranks) ?? 1)) continue;
      const schedule = createSchedule(name, ranks, microbatches, fixed ?? chunks);
      expect(faultsOf(schedule)).toEqual([]);
      if (ranks <= 16)
        expect(findFaults(lowerSchedule(schedule), schedule.stageRank, microbatches)).toEqual([]);
    }
  });
});

describe("names", () => {
  it("takes the field's and torch's in any case", () => {
    for (const [spelled, name] of [
      ["GPipe", "gpipe"],
      ["1F1B", "1f1b"],
      ["LoopedBFS", "looped-bfs"],
      ["interleaved1f1b", "interleaved-1f1b"],
      ["INTERLEAVED-1F1B", "interleaved-1f1b"],
      ["InterleavedZeroBubble", "interleaved-zb"],
      ["ZBVZeroBubble", "zb-v"],
      ["ZB-H1", "zb-h1"],
      ["ZB-H2", "zb-h2"],
      ["ZB-1p", "zb-1p"],
      ["ZB-2P", "zb-2p"],
      ["DualPipeV", "dualpipe-v"],
    ] as const)
      expect(createSchedule(spelled, 2, 4).name).toBe(name);
  });
});

describe("what does not fit", () => {
  it.each([
    ["no-such", 2, 4, undefined, "unknown-schedule", /gpipe, .*dualpipe-v/],
    ["1f1b", 2, 4, 2, "schedule-misfit", /1 on each rank/],
    ["zb-v", 2, 4, 3, "schedule-misfit", /2 on each rank/],
    ["1f1b", 0, 4, undefined, "schedule-misfit", /at least 1/],
    ["1f1b", 2, 1.5, undefined, "schedule-misfit", /at least 1/],
    ["zb-h2", 4, 6, undefined, "too-few-microbatches", /at least 7 micro-batches, here 6/],
    ["dualpipe-v", 4, 7, undefined, "too-few-microbatches", /at least 8 micro-batches, here 7/],
    ["interleaved-1f1b", 4, 9, 2, "schedule-misfit", /Use 8 or 10 micro-batches, or a multiple of 4/],
    ["interleaved-zb", 4, 13, 2, "schedule-misfit", /Use 12 or 14|Use 12 or 15/],
  ] as const)(
    "%s on %s ranks, %s micro-batches, %s chunks",
    (name, ranks, microbatches, chunks, code, text) => {
      let error: unknown;
      try {
        createSchedule(name, ranks, microbatches, chunks);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(SbpcError);
      expect((error as SbpcError).code).toBe(code);
      expect((error as SbpcError).message).toMatch(text);
    },
  );
});

describe("buffers", () => {
  it("are as many as stages follow under 1F1B, and all micro-batches under GPipe", () => {
    for (const [ranks, microbatches] of [
      [4, 8],
      [4, 2],
      [1, 3],
    ] as const) {
      const peaks = (name: string) =>
        inFlight(createSchedule(name, ranks, microbatches)).stages.map(({ activations }) => activations);
      const ofRank = (f: (rank: number) => number) => Array.from({ length: ranks }, (_, rank) => f(rank));
      expect(peaks("1f1b")).toEqual(ofRank((rank) => Math.min(microbatches, ranks - rank)));
      expect(peaks("gpipe")).toEqual(ofRank(() => microbatches));
    }
  });

  it("hold both halves of a backward under ZB-H1", () => {
    const { ranks } = inFlight(createSchedule("zb-h1", 4, 8));
    expect(ranks.map(({ forwards }) => forwards)).toEqual([4, 3, 2, 1]);
    expect(ranks.map(({ weights }) => weights)).toEqual([1, 2, 3, 4]);
    expect(ranks.map(({ activations }) => activations)).toEqual([4, 4, 4, 4]);
  });
});
