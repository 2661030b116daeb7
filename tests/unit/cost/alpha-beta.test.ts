/** The alpha-beta formulas, the roofline and the reading of cluster files. */
import { describe, expect, it } from "vitest";
import { createCostModel } from "../../../src/cost/alpha-beta.ts";
import { clusterPresets, parseCluster, type Cluster } from "../../../src/cost/cluster.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { parseNdSbp, type NdSbp } from "../../../src/ir/layout.ts";
import { tensorType } from "../../../src/ir/types.ts";
import { stepBetween, type BoxingStep } from "../../../src/sbp/boxing.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";

const nd = (text: string): NdSbp => parseNdSbp(text)!;
const step = (from: string, to: string): BoxingStep => ({
  ...stepBetween(nd(from), nd(to))!,
  from: nd(from),
  to: nd(to),
  fromStage: 0,
  toStage: 0,
});
const [alpha, beta, slowAlpha, slowBeta] = [1e-5, 1e9, 1e-4, 1e8];
const cluster: Cluster = {
  name: "test",
  device: { flops: { f32: 1e12, f16: 4e12 }, memoryBandwidth: 1e11, memory: 1e9, launchSeconds: 1e-6 },
  devicesPerNode: 4,
  links: {
    intraNode: { alphaSeconds: alpha, bytesPerSecond: beta },
    interNode: { alphaSeconds: slowAlpha, bytesPerSecond: slowBeta },
  },
};
const model = createCostModel(cluster);
const type = tensorType("f32", [1000, 8]);
const T = 32_000;

describe("collectives as rings", () => {
  const mesh = parseMesh("a=4");
  it.each([
    ["[P(sum)]", "[B]", 6 * alpha + (2 * 3 * T) / 4 / beta],
    ["[P(sum)]", "[S(0)]", 3 * alpha + (3 * T) / 4 / beta],
    ["[S(0)]", "[B]", 3 * alpha + (3 * T) / 4 / beta],
    ["[S(0)]", "[S(1)]", 3 * alpha + (3 * T) / 16 / beta],
    // A halo of one row from either neighbour, and of 300 rows from two on either side.
    ["[S(0)]", "[W(0: 1000 at 1/1 from -1 to 1)]", 2 * alpha + (2 * 32) / beta],
    ["[S(0)]", "[W(0: 1000 at 1/1 from -300 to 300)]", 3 * alpha + (550 * 32) / beta],
  ])("%s to %s", (from, to, seconds) => {
    expect(model.boxing(step(from, to), type, mesh).seconds).toBeCloseTo(seconds, 12);
  });

  it("takes the busiest device where shards are uneven", () => {
    const cost = model.boxing(step("[S(0)]", "[B]"), tensorType("f32", [5]), mesh);
    expect(cost.bytes).toEqual([12, 16, 16, 16]);
    expect(cost.seconds).toBeCloseTo(3 * alpha + 16 / beta, 12);
  });

  it("goes over the slow link, in levels where that is cheaper", () => {
    const two = parseMesh("a=2,b=4");
    const across = model.boxing(step("[P(sum), B]", "[B, B]"), type, two).seconds;
    expect(across).toBeCloseTo(2 * slowAlpha + T / slowBeta, 12);
    const all = model.boxing(step("[P(sum), P(sum)]", "[B, B]"), type, two).seconds;
    const levels = 6 * alpha + (1.5 * T) / beta + 2 * slowAlpha + T / 4 / slowBeta;
    expect(all).toBeCloseTo(levels, 12);
  });

  it("sends over the link between the stages, and counts a local step as one pass over memory", () => {
    const send: BoxingStep = {
      kind: "send",
      axes: [],
      from: nd("[B]"),
      to: nd("[B]"),
      fromStage: 0,
      toStage: 1,
    };
    expect(model.boxing(send, type, parseMesh("a=2,pp=2")).seconds).toBeCloseTo(alpha + T / beta, 12);
    expect(model.boxing(send, type, parseMesh("a=4,pp=2")).seconds).toBeCloseTo(slowAlpha + T / slowBeta, 12);
    const slice = model.boxing(step("[B]", "[S(0)]"), type, mesh);
    expect(slice.bytes).toEqual([0, 0, 0, 0]);
    expect(slice.seconds).toBeCloseTo(1e-6 + (2 * T) / 4 / 1e11, 12);
  });
});

it("computes at the roofline", () => {
  expect(model.compute(1e12, 1, "f32")).toBeCloseTo(1 + 1e-6, 12);
  expect(model.compute(1e12, 1, "f16")).toBeCloseTo(0.25 + 1e-6, 12);
  expect(model.compute(1, 1e11, "i64")).toBeCloseTo(1 + 1e-6, 12);
});

describe("cluster files", () => {
  const good = {
    name: "x",
    device: { flops: { f32: 1 }, memoryBandwidth: 2, memory: 3, launchSeconds: 0 },
    links: { intraNode: { alphaSeconds: 0, bytesPerSecond: 4 } },
  };
  it("are read, one link standing for both", () => {
    const read = parseCluster(JSON.stringify(good), "c.json");
    expect(read.devicesPerNode).toBe(Infinity);
    expect(read.links.interNode.bytesPerSecond).toBe(4);
    expect(parseCluster(JSON.stringify({ ...clusterPresets["a100-node"] }), "p")).toEqual(
      clusterPresets["a100-node"],
    );
  });
  it.each([
    ["{", "JSON"],
    [JSON.stringify({ ...good, device: { ...good.device, flops: {} } }), "device.flops.f32"],
    [JSON.stringify({ ...good, device: { ...good.device, flops: { f32: 1, f99: 1 } } }), "f99"],
    [JSON.stringify({ ...good, links: {} }), "links.intraNode"],
    [JSON.stringify({ ...good, device: { ...good.device, memory: -1 } }), "device.memory"],
  ])("that are wrong say where: %s", (text, problem) => {
    const error = (() => {
      try {
        parseCluster(text, "c.json");
      } catch (e) {
        return e;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(SbpcError);
    expect((error as SbpcError).code).toBe("bad-cluster");
    expect((error as SbpcError).message).toContain(problem);
  });
});
