/** What cannot be trained is said when it is compiled: with its code, its place in the model, and what to do. */
import { describe, expect, test } from "vitest";
import { defineModel, buildModel, input, Linear, MSELoss, type Tensor } from "sbpc";
import { compile } from "../../../src/compile.ts";
import { presetCluster } from "../../../src/cost/cluster.ts";
import { SbpcError, type Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import { printLocation } from "../../../src/diagnostics/location.ts";
import type { TrainOptions } from "../../../src/plan/plan.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { present } from "../../../src/support/assert.ts";
import { trainOptions } from "../../support/train.ts";

interface Try {
  readonly train?: Partial<TrainOptions>;
  readonly mesh?: string;
  readonly microbatches?: number;
}

type Build = (x: Tensor, batch: number) => Record<string, Tensor>;

/** The first error of compiling a model of `x` [8, 4, 4] for training. */
function errorOf(outputs: Build, { train = {}, mesh = "dp=2", microbatches = 1 }: Try = {}): Diagnostic {
  const graphOf = (batch: number) =>
    buildModel(
      defineModel({
        name: "m",
        inputs: { x: input("f32", [batch, 4, 4]) },
        build: ({ x }) => outputs(x, batch),
      }),
    );
  try {
    compile({
      whole: graphOf(8),
      micro: graphOf(8 / microbatches),
      mesh: parseMesh(mesh),
      cluster: presetCluster("local"),
      hints: true,
      microbatches,
      train: trainOptions({ loss: "loss", ...train }),
      dims: {},
      settings: {},
    });
  } catch (error) {
    if (error instanceof SbpcError) return present(error.diagnostics[0], "an error without a diagnostic");
    throw error;
  }
  throw new Error("it compiles");
}

const here = /training-errors\.test\.ts:\d+/;

/** Two layers, of which the first is on the first stage. */
const trainable: Build = (x) => {
  const first = new Linear(4, 4, { layerIdx: 0 }).call(x);
  const second = new Linear(4, 4, { layerIdx: 1 }).call(first.relu());
  return { loss: second.mul(second).mean() };
};

describe("training refuses", () => {
  test("a loss that is no scalar, at the line that makes it", () => {
    const { code, message, location } = errorOf((x) => ({ loss: new Linear(4, 2).call(x).relu() }));
    expect([code, printLocation(location)]).toEqual(["loss-not-scalar", expect.stringMatching(here)]);
    expect(message).toContain("f32[8, 4, 2]");
  });

  test("a loss that is none of the outputs", () => {
    const { code, message } = errorOf((x) => ({ scores: new Linear(4, 2).call(x).mean() }));
    expect(code).toBe("loss-missing");
    expect(message).toContain("scores");
  });

  test("a loss that no parameter leads to", () => {
    expect(errorOf((x) => ({ loss: x.mean(), y: new Linear(4, 4).call(x) })).code).toBe(
      "loss-without-parameters",
    );
  });

  test("an operator without a gradient between parameters and loss: named, with its line and the way from it", () => {
    const { code, message, location } = errorOf((x, batch) => {
      const sizes = new Linear(4, 4).call(x).apply("Det").sigmoid();
      return { loss: new MSELoss().call(sizes, sizes.mul(0)).mul(batch) };
    });
    expect([code, printLocation(location)]).toEqual(["no-gradient", expect.stringMatching(here)]);
    expect(message).toMatch(/\(Det\) has no gradient: .*matrix.* loss loss: Sigmoid .* -> .*Sub.* -> .*Mul/);
  });

  test("but not one that no parameter is in front of", () => {
    const attempt = () => errorOf((x) => ({ loss: new Linear(8, 1).call(x.apply("Det")).mean() }));
    expect(attempt).toThrow("it compiles");
  });

  test("fewer micro-batches than the schedule needs, and stages that it does not have", () => {
    const few = errorOf(trainable, { mesh: "pp=2", microbatches: 2, train: { schedule: "zb-h2" } });
    expect([few.code, few.message]).toEqual([
      "too-few-microbatches",
      expect.stringMatching(/zb-h2.*at least 3 micro-batches, here 2/),
    ]);
    expect(() => errorOf(trainable, { mesh: "pp=2", microbatches: 4, train: { schedule: "zb-h2" } })).toThrow(
      "it compiles",
    );
  });
});
