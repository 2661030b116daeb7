/** Every generated schedule is valid and survives its text forms; every damaged one is found out, at the right place. */
import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { partsOf, printAction, type PipelineAction } from "../../../src/schedule/action.ts";
import { execute } from "../../../src/schedule/execute.ts";
import { inFlight } from "../../../src/schedule/in-flight.ts";
import { lowerSchedule } from "../../../src/schedule/lower.ts";
import { createSchedule, scheduleFamilies, type Schedule } from "../../../src/schedule/schedule.ts";
import { simulate } from "../../../src/schedule/simulate.ts";
import { stepGrid } from "../../../src/schedule/step-grid.ts";
import { parseCsv, printCsv } from "../../../src/schedule/torch-csv.ts";
import { scheduleOf } from "../../../src/schedule/from-rows.ts";
import { findFaults } from "../../../src/schedule/validate.ts";
import { zeroBubbleCompute, zeroBubbleMessages } from "./golden.ts";

const duration = fc.integer({ min: 1, max: 20 });
const schedules = fc
  .record({
    family: fc.constantFrom(...scheduleFamilies),
    ranks: fc.integer({ min: 1, max: 8 }),
    microbatches: fc.integer({ min: 1, max: 24 }),
    chunks: fc.integer({ min: 1, max: 4 }),
    inputs: fc.record({
      times: fc.record({ F: duration, I: duration, W: duration }),
      latency: fc.nat(40),
      memory: fc.constant({ forward: 5, weight: 3 }),
    }),
  })
  .filter(
    ({ family, ranks, microbatches, chunks }) =>
      microbatches >= (family.leastMicrobatches?.(ranks) ?? 1) &&
      family.admits?.({ ranks, microbatches, chunks }) === undefined,
  )
  .map(({ family, ranks, microbatches, chunks, inputs }) => ({
    schedule: createSchedule(family.name, ranks, microbatches, family.chunks ?? chunks, inputs),
    inputs,
  }));
const runs = { numRuns: 300 };

describe("generated schedules", () => {
  it("have no fault, before and after lowering", () => {
    fc.assert(
      fc.property(schedules, ({ schedule }) => {
        const { order, stageRank, microbatches } = schedule;
        expect(findFaults(order, stageRank, microbatches)).toEqual([]);
        const plain = lowerSchedule(schedule);
        expect(findFaults(plain, stageRank, microbatches)).toEqual([]);
        const full = lowerSchedule(schedule, { maxActiveStages: 2, reduceGradients: true });
        expect(findFaults(full, stageRank, microbatches)).toEqual([]);
        expect(parametersAreGathered(full)).toBe(true);
      }),
      runs,
    );
  });

  it("receive between two ranks in the order of sending", () => {
    fc.assert(
      fc.property(schedules, ({ schedule }) => {
        const { sent, received } = messages(schedule);
        expect(received).toEqual(sent);
      }),
      runs,
    );
  });

  it("cost at least the work of a rank, and their timeline keeps to times and order", () => {
    fc.assert(
      fc.property(schedules, ({ schedule, inputs }) => {
        const { ranks, microbatches, chunks } = schedule;
        const { F, I, W } = inputs.times;
        const { cost, makespan, bubbleRate, timeline, ranks: perRank } = simulate(schedule, inputs);
        const work = microbatches * chunks * (F + I + W);
        expect(cost).toBeGreaterThanOrEqual(work);
        expect(makespan).toBeGreaterThanOrEqual(cost);
        expect(bubbleRate).toBeCloseTo(1 - work / cost, 10);
        expect(perRank.map(({ busy }) => busy)).toEqual(Array.from({ length: ranks }, () => work));
        const ends = new Map<string, { rank: number; end: number }>();
        for (const { rank, action, end } of timeline)
          for (const part of partsOf(action)) ends.set(printAction(part).replace("I", "B"), { rank, end });
        for (const { rank, action, start } of timeline) {
          for (const { kind, stage, microbatch } of partsOf(action)) {
            const before =
              kind === "F"
                ? ends.get(`${stage - 1}F${microbatch}`)
                : kind === "W"
                  ? undefined
                  : ends.get(`${stage + 1}B${microbatch}`);
            if (before !== undefined)
              expect(start).toBeGreaterThanOrEqual(before.end + (before.rank === rank ? 0 : inputs.latency));
          }
        }
      }),
      runs,
    );
  });

  it("keep no more in flight than micro-batches, and no more on a rank than on its stages", () => {
    fc.assert(
      fc.property(schedules, ({ schedule }) => {
        const { stages, ranks } = inFlight(schedule);
        stages.forEach(({ activations, forwards, weights }) => {
          expect(activations).toBeLessThanOrEqual(schedule.microbatches);
          expect(activations).toBeLessThanOrEqual(forwards + weights);
          expect(forwards).toBeGreaterThan(0);
          expect(weights > 0).toBe(weights > 0 && schedule.splitBackward);
        });
        ranks.forEach(({ activations }, rank) => {
          const own = stages.filter((_, stage) => schedule.stageRank[stage] === rank);
          expect(activations).toBeLessThanOrEqual(own.reduce((total, peak) => total + peak.activations, 0));
          expect(activations).toBeGreaterThanOrEqual(Math.max(...own.map((peak) => peak.activations)));
        });
      }),
      runs,
    );
  });
});

describe("text forms", () => {
  it("round-trip: with idle steps, and with messages", () => {
    fc.assert(
      fc.property(schedules, ({ schedule }) => {
        const grid = stepGrid(schedule);
        expect(parseCsv(printCsv(grid), "s.csv")).toEqual(grid);
        const full = lowerSchedule(schedule, { maxActiveStages: 3, reduceGradients: true });
        expect(parseCsv(printCsv(full), "s.csv")).toEqual(full);
        const { order, stageRank, microbatches, ranks, chunks } = scheduleOf(grid, "read");
        expect({ order, stageRank, microbatches, ranks, chunks }).toEqual({
          order: schedule.order,
          stageRank: schedule.stageRank,
          microbatches: schedule.microbatches,
          ranks: schedule.ranks,
          chunks: schedule.chunks,
        });
      }),
      runs,
    );
  });

  test("published files come back byte by byte, and lower to each other", () => {
    const compute = parseCsv(zeroBubbleCompute, "c.csv");
    expect(printCsv(compute)).toBe(zeroBubbleCompute);
    const read = scheduleOf(compute, "zb1p");
    expect(read).toMatchObject({
      ranks: 2,
      microbatches: 8,
      chunks: 2,
      placement: "loop",
      splitBackward: true,
    });
    expect(printCsv(lowerSchedule(read))).toBe(zeroBubbleMessages);
    const messages = parseCsv(zeroBubbleMessages, "m.csv");
    expect(printCsv(messages)).toBe(zeroBubbleMessages);
    expect(
      scheduleOf(messages, "zb1p")
        .order.flat()
        .some(({ kind }) => kind === "B"),
    ).toBe(true);
  });

  test("old spellings: B of the input, BW of both", () => {
    expect(printCsv(parseCsv("0F0,0B0,0W0,0F1,0BW1\n", "old.csv"))).toBe("0F0,0I0,0W0,0F1,0B1\n");
    expect(printCsv(parseCsv("0F0,0B0,0W0\n", "old.csv"))).toBe("0F0,0I0,0W0\n");
    expect(printCsv(parseCsv("0F0,0B0\n", "new.csv"))).toBe("0F0,0B0\n");
  });

  test("a placement that is neither", () => {
    expect(scheduleOf(parseCsv("1F0,1B0\n0F0,0B0", "s.csv"), "s")).toMatchObject({
      placement: "other",
      stageRank: [1, 0],
    });
  });

  it.each([
    ["", 1, "empty"],
    ["0F0,0B0\n1F0,1X0", 2, "1X0 (cell 2)"],
    ["0F0,0UNSHARD1", 1, "0UNSHARD1 (cell 2)"],
    ["0F", 1, "0F (cell 1)"],
    ["(0F0;0UNSHARD)OVERLAP_F_B", 1, "(cell 1)"],
    ["<html>", 1, "<html> (cell 1)"],
  ])("%j is no schedule", (text, line, problem) => {
    const error = failure(() => parseCsv(text, "s.csv"));
    expect(error.code).toBe("bad-schedule-file");
    expect(error.message).toContain(`s.csv:${line}: `);
    expect(error.message).toContain(problem);
  });
});

describe("damaged schedules", () => {
  it("that lack an action, or have one twice, are found out", () => {
    fc.assert(
      fc.property(schedules, fc.nat(), fc.boolean(), fc.boolean(), ({ schedule }, seed, twice, lowered) => {
        const rows: PipelineAction[][] = (lowered ? lowerSchedule(schedule) : schedule.order).map((row) => [
          ...row,
        ]);
        const places = rows.flatMap((row, rank) => row.map((_, step) => [rank, step] as const));
        const [rank, step] = places[seed % places.length] as readonly [number, number];
        const row = rows[rank] as PipelineAction[];
        row.splice(step, twice ? 0 : 1, ...(twice ? [row[step] as PipelineAction] : []));
        const faults = findFaults(rows, schedule.stageRank, schedule.microbatches);
        expect(faults.length).toBeGreaterThan(0);
        if (twice) expect(faults).toContainEqual(expect.objectContaining({ rank, step: step + 1 }));
      }),
      runs,
    );
  });

  it("in another order either run to their end or name a rank that stops", () => {
    fc.assert(
      fc.property(schedules, fc.nat(), fc.nat(), ({ schedule }, from, to) => {
        const rows = schedule.order.map((row) => [...row]);
        const row = rows[from % rows.length] as (typeof rows)[number];
        const [a, b] = [from % row.length, to % row.length];
        [row[a], row[b]] = [row[b], row[a]] as [never, never];
        const faults = findFaults(rows, schedule.stageRank, schedule.microbatches);
        if (faults.length > 0) return;
        const { stuck } = execute(rows, schedule.stageRank, schedule.microbatches, () => 1, 0);
        expect(stuck.every((place) => place === undefined)).toBe(true);
      }),
      runs,
    );
  });

  it.each([
    ["0F0,0B0,0F1\n1F0,1B0,1F1,1B1", [[0, 3, "0B1 is missing"]]],
    ["0B0,0F0\n1F0,1B0", [[0, 0, "0B0 comes before 0F0"]]],
    ["0F0,,0B0,0F0\n1F0,1B0", [[0, 3, "0F0 is there twice"]]],
    ["0F0,0I0,0W0\n1F0,1W0,1I0", [[1, 1, "1W0 comes before 1I0"]]],
    ["0F0,0I0\n1F0,1B0", [[0, 2, "0W0 is missing"]]],
    ["0F0,0I0,0W0\n1F0,1I0,1B0,1W0", [[1, 2, "1B0 repeats the backward of 1I0"]]],
    ["0F0,1F0,0B0\n1B0", [[1, 0, "1B0 is on stage 1, which rank 0 holds"]]],
    ["0F0,0B0\n2F0,2B0", [[0, 0, "no rank computes stage 1"]]],
    [
      "0F0,0B0,1F0,1B0,2F0,2B0\n3F0,3B0",
      [
        [0, 6, "holds 3 of 4"],
        [1, 2, "holds 1 of 4"],
      ],
    ],
    [
      "0F0,0B0,0F1,0B1\n1F1,1B1,1F0,1B0",
      [
        [0, 1, "0B0 waits for ever"],
        [1, 0, "1F1 waits for ever"],
      ],
    ],
    ["0F0,0B4000000", [[0, 1, "only 2 actions"]]],
    ["0F4000000,0B0", [[0, 0, "only 2 actions"]]],
    ["9000000F0,0B0", [[0, 0, "only 2 actions"]]],
    [",,", [[0, 0, "nothing is computed"]]],
    [
      "0F0,0SEND_F0,0RECV_B0,0B0\n1RECV_F0,1F0,1B0",
      [
        [0, 2, "0RECV_B0 has no 1SEND_B0"],
        [1, 3, "1SEND_B0 is missing"],
      ],
    ],
    [
      "0F0,0SEND_F0,0RECV_B0,0B0\n1F0,1RECV_F0,1B0,1SEND_B0",
      [
        [0, 2, "0RECV_B0 waits for ever"],
        [1, 0, "1F0 waits for ever"],
      ],
    ],
    [
      "0RECV_B0,0F0,0SEND_F0,0B0\n1RECV_F0,1F0,1B0,1SEND_B0",
      [
        [0, 0, "0RECV_B0 waits for ever"],
        [1, 0, "1RECV_F0 waits for ever"],
      ],
    ],
    ["0F0,0SEND_F0,0SEND_B0,0RECV_B0,0B0\n1RECV_F0,1F0,1B0,1SEND_B0", [[0, 2, "0SEND_B0"]]],
    ["(0F0;0F1)OVERLAP_F_B,0B0,0B1", [[0, 0, "a pair is one forward and one backward"]]],
  ] as const)("%s", (text, places) => {
    const error = failure(() => scheduleOf(parseCsv(text, "s.csv"), "s", "s.csv"));
    expect(error.code).toBe("bad-schedule");
    for (const [rank, step, problem] of places) {
      const found = error.diagnostics.find(({ message }) =>
        message.startsWith(`Rank ${rank}, step ${step}: `),
      );
      expect(found?.message).toContain(problem);
      expect(found?.location).toEqual({ kind: "source", file: "s.csv", line: rank + 1 });
      expect(found?.remedy).toMatch(/\[.+\]/);
    }
  });
});

function failure(run: () => unknown): SbpcError {
  try {
    run();
  } catch (error) {
    if (error instanceof SbpcError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** What each rank sends to each other one, and what that one receives, in order. */
function messages({ stageRank, ...schedule }: Schedule) {
  const sent: Record<string, string[]> = {};
  const received: Record<string, string[]> = {};
  lowerSchedule({ ...schedule, stageRank }).forEach((row, rank) => {
    for (const action of row) {
      const match = /^(SEND|RECV)_([FB])$/.exec(action.kind);
      if (match === null || !("microbatch" in action)) continue;
      const isSend = match[1] === "SEND";
      const other = action.stage + ((match[2] === "F") === isSend ? 1 : -1);
      const [from, to] = isSend ? [action.stage, other] : [other, action.stage];
      const key = `${stageRank[from]} to ${stageRank[to]}`;
      expect(stageRank[action.stage]).toBe(rank);
      ((isSend ? sent : received)[key] ??= []).push(`${from}${match[2]}${action.microbatch}`);
    }
  });
  return { sent, received };
}

/** Every stage's parameters are there when it computes, gathered before and let go of after. */
function parametersAreGathered(rows: readonly (readonly PipelineAction[])[]): boolean {
  return rows.every((row) => {
    const active = new Set<number>();
    for (const action of row) {
      if (action.kind === "UNSHARD" && (active.has(action.stage) || active.size >= 2)) return false;
      if (action.kind === "UNSHARD") active.add(action.stage);
      if (action.kind === "RESHARD" && !active.delete(action.stage)) return false;
      if (action.kind === "F" || action.kind === "B" || action.kind === "I")
        if (!active.has(action.stage)) return false;
    }
    return active.size === 0;
  });
}
