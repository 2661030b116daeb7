/** Costs, bubbles and memory of the schedules against their closed forms, on random sizes and times. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActionTimes } from "../../../src/schedule/family.ts";
import { createSchedule } from "../../../src/schedule/schedule.ts";
import { simulate, type Simulation } from "../../../src/schedule/simulate.ts";

// Whole numbers: sums are exact.
const duration = fc.integer({ min: 1, max: 20 });
const times = fc.record({ F: duration, I: duration, W: duration });
const latencies = fc.integer({ min: 0, max: 60 });
const memory = { forward: 5, weight: 3 };

function run(name: string, p: number, m: number, v: number, t: ActionTimes, latency: number): Simulation {
  const inputs = { times: t, latency, memory };
  return simulate(createSchedule(name, p, m, v, inputs), inputs);
}

const whole = ({ F, I, W }: ActionTimes) => F + I + W;
const perRank = (p: number, f: (rank: number) => number) => Array.from({ length: p }, (_, rank) => f(rank));
const peaks = ({ ranks }: Simulation) => ranks.map(({ peak }) => peak.activations);
const memories = ({ ranks }: Simulation) => ranks.map(({ peakMemory }) => peakMemory);

const sizes = fc.record({ p: fc.integer({ min: 1, max: 12 }), m: fc.integer({ min: 1, max: 40 }) });
const runs = { numRuns: 200 };

describe("GPipe and 1F1B", () => {
  it("GPipe costs (m + p - 1)(F + B) + 2(p - 1)Tc and keeps m micro-batches", () => {
    fc.assert(
      fc.property(sizes, times, latencies, ({ p, m }, t, latency) => {
        const result = run("gpipe", p, m, 1, t, latency);
        expect(result.makespan).toBe((m + p - 1) * whole(t) + 2 * (p - 1) * latency);
        expect(result.cost).toBe(result.makespan);
        expect(peaks(result)).toEqual(perRank(p, () => m));
      }),
      runs,
    );
  });

  it("1F1B pays a hop up and down more often the more micro-batches there are, and keeps p - r", () => {
    fc.assert(
      fc.property(sizes, times, latencies, ({ p, m }, t, latency) => {
        const result = run("1f1b", p, m, 1, t, latency);
        const hops = 2 * (p - 1) + 2 * Math.floor(((m - 1) * (p - 1)) / p);
        expect(result.cost).toBe((m + p - 1) * whole(t) + hops * latency);
        expect(peaks(result)).toEqual(perRank(p, (rank) => Math.min(m, p - rank)));
      }),
      runs,
    );
  });

  it("without latency the bubble rate is (p - 1) / (m + p - 1)", () => {
    fc.assert(
      fc.property(sizes, times, ({ p, m }, t) => {
        for (const name of ["gpipe", "1f1b"])
          expect(run(name, p, m, 1, t, 0).bubbleRate).toBeCloseTo((p - 1) / (m + p - 1), 10);
      }),
      runs,
    );
  });
});

describe("interleaved 1F1B", () => {
  const grouped = fc
    .record({
      p: fc.integer({ min: 1, max: 8 }),
      v: fc.integer({ min: 1, max: 4 }),
      m: fc.integer({ min: 1, max: 32 }),
    })
    .filter(({ p, m }) => m >= p && m % Math.floor(m / p) === 0);

  it("costs mS + (p - 1)S / v", () => {
    fc.assert(
      fc.property(grouped, times, ({ p, v, m }, t) => {
        // Times are of one chunk: S is v times as much.
        expect(run("interleaved-1f1b", p, m, v, t, 0).cost).toBe(m * v * whole(t) + (p - 1) * whole(t));
      }),
      runs,
    );
  });

  it("pays 2(pv - 1) hops no longer than a forward or a backward, and keeps (v - 1)p + 2(p - 1 - r) + 1 chunks, where p divides m", () => {
    fc.assert(
      fc.property(
        fc.record({
          p: fc.integer({ min: 2, max: 6 }),
          v: fc.integer({ min: 2, max: 4 }),
          rounds: fc.integer({ min: 1, max: 5 }),
        }),
        times,
        fc.nat(),
        ({ p, v, rounds }, t, seed) => {
          const m = rounds * p;
          const latency = seed % (Math.min(t.F, t.I + t.W) + 1);
          const result = run("interleaved-1f1b", p, m, v, t, latency);
          expect(peaks(result)).toEqual(
            perRank(p, (rank) => Math.min(m * v, (v - 1) * p + 2 * (p - 1 - rank) + 1)),
          );
          expect(result.cost).toBe(m * v * whole(t) + (p - 1) * whole(t) + 2 * (p * v - 1) * latency);
        },
      ),
      runs,
    );
  });

  it("of one chunk costs what 1F1B does, with more in flight", () => {
    fc.assert(
      fc.property(sizes, times, ({ p, m }, t) => {
        fc.pre(m >= p && m % Math.floor(m / p) === 0);
        const result = run("interleaved-1f1b", p, m, 1, t, 0);
        expect(result.cost).toBe(run("1f1b", p, m, 1, t, 0).cost);
        expect(peaks(result)).toEqual(perRank(p, (rank) => Math.min(m, 2 * (p - 1 - rank) + 1)));
      }),
      runs,
    );
  });
});

describe("ZB-H1 and ZB-H2", () => {
  const long = fc
    .record({ p: fc.integer({ min: 2, max: 8 }), more: fc.integer({ min: 0, max: 24 }) })
    .map(({ p, more }) => ({ p, m: 2 * p + more }));

  it("H1 costs m(F + I + W) + (p - 1)(F + I - W) if and only if W <= F", () => {
    fc.assert(
      fc.property(long, times, ({ p, m }, t) => {
        const form = m * whole(t) + (p - 1) * (t.F + t.I - t.W);
        const { cost } = run("zb-h1", p, m, 1, t, 0);
        if (t.W <= t.F) expect(cost).toBe(form);
        else expect(cost).toBeGreaterThan(form);
      }),
      runs,
    );
  });

  it("H1 pays 4(p - 1) hops of at most half a W", () => {
    fc.assert(
      fc.property(long, times, fc.nat(), ({ p, m }, t, seed) => {
        fc.pre(t.W <= t.F);
        const latency = seed % (Math.floor(t.W / 2) + 1);
        expect(run("zb-h1", p, m, 1, t, latency).cost).toBe(
          m * whole(t) + (p - 1) * (t.F + t.I - t.W) + 4 * (p - 1) * latency,
        );
      }),
      runs,
    );
  });

  it("H2 costs m(F + I + W) + (p - 1)(F + I - 2W) if and only if W <= F and 2W <= F + I", () => {
    fc.assert(
      fc.property(long, times, ({ p, m }, t) => {
        const form = m * whole(t) + (p - 1) * (t.F + t.I - 2 * t.W);
        const { cost } = run("zb-h2", p, m, 1, t, 0);
        if (t.W <= t.F && 2 * t.W <= t.F + t.I) expect(cost).toBe(form);
        else expect(cost).toBeGreaterThan(form);
      }),
      runs,
    );
  });

  it("keep (p - r)M_B + rM_W and (2p - 2r - 1)M_B + 2rM_W", () => {
    fc.assert(
      fc.property(long, ({ p, m }) => {
        const [mB, mW] = [memory.forward, memory.weight];
        const ones = { F: 1, I: 1, W: 1 };
        expect(memories(run("zb-h1", p, m, 1, ones, 0))).toEqual(
          perRank(p, (rank) => (p - rank) * mB + rank * mW),
        );
        expect(memories(run("zb-h2", p, m, 1, ones, 0))).toEqual(
          perRank(p, (rank) => (2 * p - 2 * rank - 1) * mB + 2 * rank * mW),
        );
      }),
      runs,
    );
  });
});

describe("ZB-1p and ZB-2p", () => {
  it("keep within their memory, and cost at least the work", () => {
    fc.assert(
      fc.property(sizes, times, latencies, ({ p, m }, t, latency) => {
        for (const [name, limit] of [
          ["zb-1p", p * memory.forward],
          ["zb-2p", 2 * p * memory.forward],
        ] as const) {
          const result = run(name, p, m, 1, t, latency);
          expect(Math.max(...memories(result))).toBeLessThanOrEqual(limit);
          expect(result.cost).toBeGreaterThanOrEqual(m * whole(t));
        }
      }),
      runs,
    );
  });

  it("have no bubble with 2p where F = I = W and there are micro-batches enough", () => {
    for (const p of [2, 4, 8]) expect(run("zb-2p", p, 4 * p, 1, { F: 1, I: 1, W: 1 }, 0).bubbleRate).toBe(0);
  });
});

describe("V-shaped schedules", () => {
  const equal = fc.record({
    p: fc.integer({ min: 1, max: 10 }),
    more: fc.integer({ min: 0, max: 20 }),
    t: duration,
  });

  it("ZB-V is idle nowhere between a rank's start and end where F = I = W, and keeps 2p chunks", () => {
    fc.assert(
      fc.property(equal, ({ p, more, t }) => {
        const m = 2 * p - 1 + more;
        const result = run("zb-v", p, m, 2, { F: t, I: t, W: t }, 0);
        expect(result.ranks.map(({ span }) => span)).toEqual(perRank(p, () => 6 * m * t));
        expect(result.makespan).toBe((6 * m + p - 1) * t);
        expect(peaks(result)).toEqual(perRank(p, () => Math.min(2 * m, 2 * p)));
      }),
      runs,
    );
  });

  it("DualPipeV has a bubble of (p - 1)(F&B + B - 3W) where F = I, and keeps 2p + 1 chunks", () => {
    fc.assert(
      fc.property(equal, duration, ({ p, more, t }, W) => {
        fc.pre(W <= t);
        const m = 2 * p + more;
        const result = run("dualpipe-v", p, m, 2, { F: t, I: t, W }, 0);
        const B = t + W;
        expect(result.cost).toBe(2 * m * (t + B) + (p - 1) * (t + B + B - 3 * W));
        expect(peaks(result)).toEqual(perRank(p, () => 2 * p + 1));
      }),
      runs,
    );
  });
});

describe("times", () => {
  it("may differ by stage, and a whole backward or a pair may have its own", () => {
    const schedule = createSchedule("1f1b", 2, 1);
    const by = [
      { F: 1, I: 2, W: 3 },
      { F: 10, I: 20, W: 30, B: 40 },
    ] as const;
    expect(simulate(schedule, { times: (stage) => by[stage] ?? by[0] }).makespan).toBe(1 + 10 + 40 + 5);
    const pairs = createSchedule("dualpipe-v", 2, 4);
    const plain = simulate(pairs, { times: { F: 1, I: 1, W: 1 } });
    const overlapped = simulate(pairs, { times: { F: 1, I: 1, W: 1, overlap: 2 } });
    expect(overlapped.cost).toBeLessThan(plain.cost);
  });
});
