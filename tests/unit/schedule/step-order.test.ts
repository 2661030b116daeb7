/** The order of a step's phases on every rank. */
import { describe, expect, it } from "vitest";
import { meshOfSchedule, splitsBackward, stepOrder } from "../../../src/schedule/step-order.ts";

function printed(schedule: string | undefined, ranks: number, microbatches: number): string[] {
  const mesh = { axes: [], stages: ranks };
  const pipeline = schedule === undefined ? mesh : meshOfSchedule(mesh, schedule, microbatches);
  return stepOrder(schedule, pipeline, microbatches).map((runs) =>
    runs.map(({ stage, kind, microbatch }) => `${stage}${kind}${kind === "U" ? "" : microbatch}`).join(" "),
  );
}

describe("stepOrder", () => {
  it("runs one micro-batch after another where nothing is trained", () => {
    expect(printed(undefined, 2, 2)).toEqual(["0F0 0F1 0U", "1F0 1F1 1U"]);
  });

  it("follows 1F1B, the update last", () => {
    expect(printed("1f1b", 2, 3)).toEqual(["0F0 0F1 0B0 0F2 0B1 0B2 0U", "1F0 1B0 1F1 1B1 1F2 1B2 1U"]);
  });

  it("parts the backward pass where the schedule does", () => {
    expect(splitsBackward("zb-h1")).toBe(true);
    expect(splitsBackward("gpipe")).toBe(false);
    expect(printed("zb-h1", 2, 2)[1]).toBe("1F0 1I0 1F1 1I1 1W0 1W1 1U");
  });

  it("runs the stages that a schedule has on every rank, and updates them all", () => {
    expect(printed("interleaved-1f1b", 2, 2)).toEqual([
      "0F0 0F1 2F0 2F1 2B0 2B1 0B0 0B1 0U 2U",
      "1F0 1F1 3F0 3B0 3F1 3B1 1B0 1B1 1U 3U",
    ]);
    expect(printed("zb-v", 2, 1)[1]).toBe("1F0 2F0 2I0 2W0 1I0 1W0 1U 2U");
  });

  it("places stages on ranks as the schedule does, as many as are asked for", () => {
    const hosts = (schedule: string, chunks?: number) =>
      meshOfSchedule({ axes: [], stages: 2 }, schedule, 4, chunks).hosts;
    expect(hosts("interleaved-1f1b", 3)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(hosts("dualpipe-v")).toEqual([0, 1, 1, 0]);
    expect(hosts("interleaved-1f1b", 1)).toBeUndefined();
    expect(hosts("1f1b")).toBeUndefined();
    for (const [schedule, chunks] of [
      ["1f1b", 2],
      ["zb-v", 3],
    ] as const)
      expect(() => hosts(schedule, chunks)).toThrow(expect.objectContaining({ code: "schedule-misfit" }));
  });
});
