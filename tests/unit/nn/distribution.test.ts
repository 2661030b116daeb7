/** Layouts as models write them, and LiBai's rule for the stages of layers. */
import { expect, test } from "vitest";
import {
  buildModel,
  defineModel,
  getHiddenSbp,
  getLayerStageId,
  getNdSbp,
  input,
  sbp,
  SbpcError,
  split,
} from "sbpc";
import type { Graph, SbpSpec, Tensor } from "sbpc";
import { printHint } from "../../../src/ir/layout.ts";
import { libaiStages } from "../../../src/schedule/stages.ts";

function built(build: (x: Tensor) => Tensor): Graph {
  const inputs = { x: input("f32", ["batch", 6]) };
  return buildModel(defineModel({ name: "m", dims: { batch: 4 }, inputs, build: ({ x }) => build(x) }));
}

function hintOf(spec: SbpSpec): string {
  const graph = built((x) => x.toGlobal({ sbp: spec }).relu());
  const node = graph.nodes[0];
  const hint = graph.values.get(node?.outputs[0] ?? "")?.hint;
  return `${node?.op} ${hint === undefined ? "" : printHint(hint)}`;
}

test("a hint is a list for dp and tp, a record by mesh axis, or another tensor's layout", () => {
  expect(hintOf([sbp.split(0), sbp.broadcast])).toBe("sbpc.ToGlobal hard dp:S(0) tp:B");
  expect(hintOf(getNdSbp([sbp.partialSum, split(1, 3)]))).toBe("sbpc.ToGlobal hard dp:P(sum) tp:S(1/3)");
  expect(hintOf(getHiddenSbp())).toBe("sbpc.ToGlobal hard dp:S(0) tp:B");
  expect(hintOf({ a: split(-1), c: sbp.broadcast })).toBe("sbpc.ToGlobal hard a:S(1) c:B");
  expect(hintOf({ like: "x" })).toBe("sbpc.ToGlobal hard like %x");
});

test("x.sbp names x, also where x is made later in the same expression", () => {
  const graph = built((x) => {
    const y = x.relu();
    return x.neg().toGlobal({ sbp: y.sbp }).add(y);
  });
  const node = graph.nodes.find((n) => n.op === "sbpc.ToGlobal");
  expect(graph.values.get(node?.outputs[0] ?? "")?.hint).toEqual({ strength: "hard", sbp: [], like: "Relu" });
});

test("the gradient's layout is kept with the request, the placement as the node's layer", () => {
  const graph = built((x) =>
    x.toGlobal({ gradSbp: [sbp.split(0), sbp.broadcast], placement: { layer: -1 } }),
  );
  expect(graph.nodes[0]).toMatchObject({ attributes: { grad_sbp: "dp:S(0) tp:B" }, layer: -1 });
});

test("a split of an axis that is not there is refused at the user's line", () => {
  expect(() => hintOf([split(2), sbp.broadcast])).toThrow(
    /distribution\.test\.ts:\d+: error hint-axis-out-of-range/,
  );
  expect(() => hintOf({ dp: split(-3) })).toThrow(/hint-axis-out-of-range/);
});

test("a list that is not for dp and tp is refused", () => {
  const short = [sbp.broadcast] as unknown as SbpSpec;
  expect(() => hintOf(short)).toThrow(/bad-sbp/);
});

test.each([
  [12, 2, [6, 6]],
  [12, 4, [3, 4, 4, 1]],
  [24, 4, [6, 7, 7, 4]],
  [24, 8, [3, 3, 3, 3, 3, 4, 4, 1]],
  [32, 8, [4, 4, 4, 4, 5, 5, 5, 1]],
  [13, 4, [3, 3, 3, 4]],
  [10, 4, [2, 2, 3, 3]],
  [3, 1, [3]],
])("%i layers on %i stages: %j", (layers, stages, counts) => {
  const ids = libaiStages(layers, stages);
  expect(Array.from({ length: stages }, (_, s) => ids.filter((id) => id === s).length)).toEqual(counts);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
});

test("no stage is empty up to 64 layers and 16 stages", () => {
  for (let layers = 1; layers <= 64; layers++) {
    for (let stages = 1; stages <= Math.min(layers, 16); stages++) {
      const ids = libaiStages(layers, stages);
      expect([ids.length, new Set(ids).size], `${layers} on ${stages}`).toEqual([layers, stages]);
    }
  }
});

test("the stage of a layer", () => {
  expect([0, 2, 3, 11, -1].map((layer) => getLayerStageId(layer, 12, 4))).toEqual([0, 0, 1, 3, 3]);
  expect(() => getLayerStageId(12, 12, 4)).toThrow(SbpcError);
});
