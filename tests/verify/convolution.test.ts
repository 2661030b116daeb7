/**
 * A convolution network on one large image: its rows are split, neighbours exchange halos and nothing else, and the result is
 * the unsharded model's, run in ONNX Runtime.
 */
import { describe, expect, test } from "vitest";
import { compile, type CompileResult } from "../../src/compile.ts";
import { parseCluster, type Cluster } from "../../src/cost/cluster.ts";
import { planFigures } from "../../src/inspect/figures.ts";
import { planText } from "../../src/inspect/plan-text.ts";
import { graphOf } from "../../src/inspect/plan-graph.ts";
import { decodePlan, encodePlan } from "../../src/plan/codec.ts";
import { summarize } from "../../src/inspect/summary.ts";
import type { Attributes } from "../../src/ir/graph.ts";
import { buildModel, defineModel, input } from "../../src/nn/model.ts";
import { cat, tensor } from "../../src/nn/functional.ts";
import { fanInUniform } from "../../src/nn/initializers.ts";
import { Module, Parameter } from "../../src/nn/module.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { runPlan } from "../../src/run.ts";
import { verifyPlan } from "../../src/verify.ts";
import { intersectBoxes, boxElements, shardOf } from "../../src/sbp/geometry.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { sum } from "../../src/support/collections.ts";

/** An operator with parameters of these shapes as its further inputs. */
class Layer extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #op: string;
  readonly #attributes: Attributes;

  constructor(op: string, shape: readonly number[], channels: number, attributes: Attributes = {}) {
    super({});
    this.#op = op;
    this.#attributes = attributes;
    this.weight = new Parameter(shape, { init: fanInUniform });
    this.bias = new Parameter([channels], { init: () => fanInUniform(shape) });
  }

  forward(x: Tensor): Tensor {
    return x.apply(this.#op, [this.weight, this.bias], this.#attributes);
  }
}

class BatchNorm extends Module {
  readonly scale: Parameter;
  readonly shift: Parameter;
  readonly mean: Parameter;
  readonly variance: Parameter;

  constructor(channels: number) {
    super({});
    const init = () => ({ kind: "uniform", low: 0.5, high: 1.5 }) as const;
    this.scale = new Parameter([channels], { init });
    this.shift = new Parameter([channels], { init });
    this.mean = new Parameter([channels], { init });
    this.variance = new Parameter([channels], { init });
  }

  forward(x: Tensor): Tensor {
    return x.apply("BatchNormalization", [this.scale, this.shift, this.mean, this.variance.abs()]);
  }
}

const padded = { pads: [1, 1, 1, 1] };

/** Stem, pool, a residual block, down and up again with a skip connection, a head that averages. */
class Network extends Module {
  stem = new Layer("Conv", [8, 3, 7, 7], 8, { strides: [2, 2], pads: [3, 3, 3, 3] });
  norm = new BatchNorm(8);
  first = new Layer("Conv", [8, 8, 3, 3], 8, padded);
  second = new Layer("Conv", [8, 8, 3, 3], 8, { pads: [2, 2, 2, 2], dilations: [2, 2] });
  down = new Layer("Conv", [8, 8, 3, 3], 8, { strides: [2, 2], ...padded });
  up = new Layer("ConvTranspose", [8, 8, 4, 4], 8, { strides: [2, 2], ...padded });
  last = new Layer("Conv", [4, 24, 3, 3], 4, padded);

  forward(image: Tensor): Record<string, Tensor> {
    const x = this.norm
      .call(this.stem.call(image))
      .relu()
      .apply("MaxPool", [], { kernel_shape: [3, 3], strides: [2, 2], ...padded });
    const block = this.second.call(this.first.call(x).relu()).add(x).relu();
    const low = this.down.call(block).relu();
    const wide = low.apply("Resize", [null, tensor([1, 1, 2, 2])], { mode: "linear" });
    const smooth = block.apply("AveragePool", [], { kernel_shape: [3, 3], ...padded });
    const map = this.last.call(cat([wide, this.up.call(low), smooth], 1));
    return { map, mean: map.apply("GlobalAveragePool") };
  }
}

const model = defineModel({
  name: "convolution",
  settings: { height: 256, width: 96 },
  dims: {},
  inputs: ({ height, width }) => ({ image: input("f32", [1, 3, height, width]) }),
  build: ({ image }) => new Network().call(image),
});

/** Devices slow enough, and links slow enough, for the work to be split and the big tensors to stay where they are. */
const cluster: Cluster = parseCluster(
  JSON.stringify({
    name: "slow",
    device: { flops: { f32: 1e9 }, memoryBandwidth: 1e10, memory: 1e10, launchSeconds: 1e-7 },
    links: { intraNode: { alphaSeconds: 1e-5, bytesPerSecond: 1e8 } },
  }),
  "slow",
);

function planFor(mesh: string, settings: Record<string, string> = {}): CompileResult {
  const graph = buildModel(model, { dims: {}, settings });
  const options = { mesh: parseMesh(mesh), cluster, hints: true, microbatches: 1, dims: {}, settings };
  return compile({ whole: graph, micro: graph, ...options });
}

describe("a convolution network on one image", () => {
  test.each([
    ["tp=2", { height: "256" }],
    ["tp=3", { height: "304", width: "64" }],
    ["a=2,b=2", { height: "256", width: "128" }],
  ])("splits rows on %s, moves halos alone, and is right", { timeout: 120_000 }, async (mesh, settings) => {
    const { plan } = planFor(mesh, settings);
    const summary = summarize(plan);
    expect(summary.boxing.halo).toBeGreaterThanOrEqual(5);
    expect(summary.boxing["all-gather"] + summary.boxing["all-reduce"]).toBe(0);
    // Besides, the means over the rows are added up, and rows dealt in pairs are dealt singly.
    expect(summary.bytes["reduce-scatter"] + summary.bytes["all-to-all"]).toBeLessThan(
      0.05 * summary.bytes.halo,
    );
    for (const boxing of plan.boxing) {
      if (boxing.kind !== "halo") continue;
      // Each device gets what its window has beside its shard: rows of the neighbours.
      const missing = boxing.bytes.map((_, device) => {
        const to = shardOf(boxing.shape, boxing.to, plan.mesh, device);
        const own = intersectBoxes(shardOf(boxing.shape, boxing.from, plan.mesh, device), to);
        return 4 * (boxElements(to) - (own === undefined ? 0 : boxElements(own)));
      });
      expect(boxing.bytes).toEqual(missing);
      expect(sum(boxing.bytes)).toBeLessThan(0.5 * 4 * boxing.shape.reduce((n, size) => n * size, 1));
    }
    // The work is dealt evenly, and no device computes what another does.
    const whole = sum(planFor("1", settings).plan.prediction.flops);
    expect(sum(plan.prediction.flops)).toBeLessThan(1.02 * whole);

    expect(decodePlan(encodePlan(plan), "plan")).toEqual(plan);
    const view = { plan, graph: graphOf(plan), figures: planFigures(plan) };
    expect(planText(view, { boxing: true })).toMatch(/ halo .*S\(2\).*W\(2: \d+ at /);

    const verified = await verifyPlan(plan, { seed: 5 });
    expect(verified.diagnostics).toEqual([]);
    expect(verified.ok).toBe(true);
    for (const output of verified.outputs) expect(output.maxRelative).toBeLessThan(1e-5);
    const { bytes } = await runPlan(plan, { steps: 1, seed: 5 });
    expect(bytes).toEqual(plan.boxing.map((boxing) => boxing.bytes));
  });
});
