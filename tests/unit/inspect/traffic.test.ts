/** Who sends to whom: what a device receives from all others together is what the plan says that it receives. */
import { describe, expect, test } from "vitest";
import { deviceCount } from "../../../src/ir/layout.ts";
import { parseNdSbp, type NdSbp } from "../../../src/ir/layout.ts";
import { forEachTransfer, trafficMatrix } from "../../../src/inspect/traffic.ts";
import { planFigures } from "../../../src/inspect/figures.ts";
import type { BoxingPlan } from "../../../src/plan/plan.ts";
import { unknownLocation } from "../../../src/diagnostics/location.ts";
import { boxingBytes, isLocalBoxing, stepBetween } from "../../../src/sbp/boxing.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { range, sum } from "../../../src/support/collections.ts";
import { planOf } from "../../support/plans.ts";

const layouts = ["S(0)", "S(1)", "S(1/4)", "B", "P(sum)"].flatMap((a) =>
  ["S(0)", "S(1)", "S(1/4)", "B", "P(sum)"].map((b) => parseNdSbp(`[${a}, ${b}]`) as NdSbp),
);

function communication(from: NdSbp, to: NdSbp, shape: readonly number[]): BoxingPlan | undefined {
  const mesh = parseMesh("a=2,b=3");
  const step = stepBetween(from, to);
  if (step === undefined || isLocalBoxing(step.kind)) return undefined;
  const bytes = boxingBytes({ ...step, from, to, fromStage: 0, toStage: 0 }, shape, "f32", mesh);
  const rest = { input: "x", output: "y", predictedSeconds: 0, latencySeconds: 0, location: unknownLocation };
  return {
    ...rest,
    kind: step.kind,
    axes: step.axes,
    from,
    to,
    shape,
    dtype: "f32",
    fromStage: 0,
    toStage: 0,
    bytes,
  };
}

describe("transfers", () => {
  test("of every step between layouts, even and uneven, sum up to the bytes that each device receives", () => {
    const mesh = parseMesh("a=2,b=3");
    const kinds = new Set<string>();
    for (const shape of [
      [12, 24],
      [7, 13],
    ]) {
      for (const from of layouts) {
        for (const to of layouts) {
          const boxing = communication(from, to, shape);
          if (boxing === undefined) continue;
          kinds.add(boxing.kind);
          const received = range(6).map(() => 0);
          forEachTransfer(boxing, mesh, (sender, receiver, bytes) => {
            expect(sender).not.toBe(receiver);
            received[receiver] = (received[receiver] ?? 0) + bytes;
          });
          expect(received).toEqual(boxing.bytes);
        }
      }
    }
    expect([...kinds].sort()).toEqual(["all-gather", "all-reduce", "all-to-all", "reduce-scatter"]);
  });

  test("make a matrix whose cells sum up to the plan's bytes, whatever stands together", () => {
    for (const mesh of ["dp=2,tp=2,pp=2", "tp=3", "dp=2,tp=3,pp=2"]) {
      const plan = planOf({
        model: "vit",
        mesh,
        microbatches: 2,
        hints: mesh !== "tp=3",
        settings: { size: "tiny" },
      });
      const { bytes } = planFigures(plan);
      const devices = deviceCount(plan.mesh);
      const fine = trafficMatrix(plan, devices, (rank) => rank);
      expect(sum(fine.bytes)).toBe(bytes);
      expect(bytes).toBeGreaterThan(0);
      const coarse = trafficMatrix(plan, plan.mesh.stages, (rank) =>
        Math.floor((rank * plan.mesh.stages) / devices),
      );
      expect(sum(coarse.bytes)).toBe(bytes);
      const columns = range(devices).map((to) =>
        sum(range(devices).map((from) => fine.bytes[from * devices + to] ?? 0)),
      );
      const received = range(devices).map((rank) => {
        const perStage = devices / plan.mesh.stages;
        return sum(
          plan.boxing
            .filter(({ toStage }) => toStage === Math.floor(rank / perStage))
            .map((boxing) => 2 * (boxing.bytes[rank % perStage] ?? 0)),
        );
      });
      expect(columns).toEqual(received);
    }
  });
});
