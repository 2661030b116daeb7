/** Paths that leave out steps cost what paths over all steps do, and each space prices no step that another one has priced. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCostModel } from "../../../src/cost/alpha-beta.ts";
import { clusterPresets } from "../../../src/cost/cluster.ts";
import { broadcast, partial, printNdSbp, split, type NdSbp, type Sbp } from "../../../src/ir/layout.ts";
import { tensorType } from "../../../src/ir/types.ts";
import { stepBetween, type BoxingStep } from "../../../src/sbp/boxing.ts";
import { BoxingPaths } from "../../../src/sbp/boxing-path.ts";
import { isSplittable, normalizeLayout } from "../../../src/sbp/geometry.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { cartesian, range, uniqueBy } from "../../../src/support/collections.ts";

const presets = ["local", "a100-node", "a100-ethernet"] as const;
const setting = fc
  .record({
    cluster: fc.constantFrom(...presets),
    mesh: fc.constantFrom("a=4", "a=2,b=3", "a=3,b=2", "a=2,b=2,c=2", "a=2,b=3,c=2").map(parseMesh),
    shape: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
    scale: fc.constantFrom(1, 64, 4096),
    crosses: fc.boolean(),
  })
  .chain((one) => {
    const axis = fc.nat(one.shape.length - 1);
    const component = fc.oneof(
      fc.constant(broadcast),
      fc.constantFrom(partial("sum"), partial("max")),
      fc.tuple(axis, fc.constantFrom(1, 1, 2, 3)).map(([at, unit]) => split(at, unit)),
    );
    const layout = fc.tuple(...one.mesh.axes.map(() => component));
    return fc.record({ one: fc.constant(one), from: layout, to: layout });
  });

/** One kind of partials in a layout. */
const isPlain = (layout: NdSbp) =>
  new Set(layout.flatMap((sbp) => (sbp.kind === "P" ? [sbp.reduce] : []))).size < 2;

describe("cheapest paths", () => {
  it("cost what they cost over all steps between all layouts", () => {
    const property = fc.property(setting, ({ one, from: a, to: b }) => {
      const { mesh, crosses } = one;
      const shape = [one.shape[0]! * one.scale, ...one.shape.slice(1)];
      fc.pre(isPlain(a) && isPlain(b) && isSplittable(shape, a, mesh) && isSplittable(shape, b, mesh));
      const [from, to] = [normalizeLayout(shape, a, mesh), normalizeLayout(shape, b, mesh)];
      const model = createCostModel(clusterPresets[one.cluster]!);
      const type = tensorType("f32", shape);
      const named = [...from, ...to].filter((sbp) => sbp.kind === "P" || (sbp.kind === "S" && sbp.unit > 1));
      const components = (size: number): Sbp[] => [
        broadcast,
        ...shape.flatMap((n, i) => (n >= size ? [split(i)] : [])),
        ...named,
      ];
      const layouts = uniqueBy(
        cartesian(mesh.axes.map(({ size }) => components(size)))
          .filter((layout) => isPlain(layout) && isSplittable(shape, layout, mesh))
          .map((layout) => normalizeLayout(shape, layout, mesh)),
        printNdSbp,
      );
      const n = layouts.length;
      const price = (step: BoxingStep) => model.boxing(step, type, mesh).seconds;
      /** Cheapest seconds from `starts` within a stage: until nothing gets cheaper. */
      const spread = (starts: Float64Array, stage: number): Float64Array => {
        const steps = layouts.map((x) =>
          layouts.map((y) => {
            const step = stepBetween(x, y);
            return step === undefined
              ? Infinity
              : price({ ...step, from: x, to: y, fromStage: stage, toStage: stage });
          }),
        );
        const distance = Float64Array.from(starts);
        for (let changed = true; changed;) {
          changed = false;
          for (const x of range(n))
            for (const y of range(n))
              if (distance[x]! + steps[x]![y]! < distance[y]!) {
                distance[y] = distance[x]! + steps[x]![y]!;
                changed = true;
              }
        }
        return distance;
      };
      const index = new Map(layouts.map((layout, i) => [printNdSbp(layout), i]));
      const starts = new Float64Array(n).fill(Infinity);
      starts[index.get(printNdSbp(from))!] = 0;
      let distance = spread(starts, 0);
      if (crosses) {
        const sent = layouts.map(
          (x, i) =>
            distance[i]! + price({ kind: "send", axes: [], from: x, to: x, fromStage: 0, toStage: 1 }),
        );
        distance = spread(Float64Array.from(sent), 1);
      }
      const expected = distance[index.get(printNdSbp(to))!]!;
      const paths = new BoxingPaths(mesh, model);
      const found = paths.path(type, from, to, 0, crosses ? 1 : 0);
      expect(Math.abs(found.seconds - expected)).toBeLessThanOrEqual(1e-12 * expected);
      expect(paths.seconds(type, from, to, 0, crosses ? 1 : 0)).toBe(found.seconds);
    });
    fc.assert(property, { numRuns: 150 });
  });

  it("price a step once, whatever else stands in the layouts that are asked for", () => {
    const priced = new Map<string, number>();
    const model = createCostModel(clusterPresets["local"]!);
    const counting = {
      boxing: (
        step: BoxingStep,
        ...rest: [Parameters<typeof model.boxing>[1], Parameters<typeof model.boxing>[2]]
      ) => {
        const key = `${step.kind} ${printNdSbp(step.from)}>${printNdSbp(step.to)}`;
        priced.set(key, (priced.get(key) ?? 0) + 1);
        return model.boxing(step, ...rest);
      },
    };
    const mesh = parseMesh("a=2,b=2");
    const paths = new BoxingPaths(mesh, counting);
    const type = tensorType("f32", [12, 10]);
    for (const from of [
      [broadcast, split(0)],
      [split(0, 5), broadcast],
      [partial("sum"), split(1)],
    ])
      for (const to of [
        [split(1), split(0)],
        [split(1, 3), broadcast],
      ])
        paths.seconds(type, from, to);
    expect(priced.size).toBeGreaterThan(50);
    expect(Math.max(...priced.values())).toBe(1);
  });
});
