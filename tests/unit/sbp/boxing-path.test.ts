/** Boxing steps, their bytes, and cheapest paths: executable, ending where asked, never above the pairwise table. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterPresets } from "../../../src/cost/cluster.ts";
import { createCostModel } from "../../../src/cost/alpha-beta.ts";
import {
  broadcast,
  partial,
  split,
  windowed,
  printNdSbp,
  parseNdSbp,
  type Mesh,
  type NdSbp,
  type Sbp,
} from "../../../src/ir/layout.ts";
import { tensorType } from "../../../src/ir/types.ts";
import { boxingBytes, isLocalBoxing, stepBetween, type BoxingStep } from "../../../src/sbp/boxing.ts";
import { BoxingPaths, type BoxingPath } from "../../../src/sbp/boxing-path.ts";
import {
  boxElements,
  intersectBoxes,
  isSplittable,
  normalizeLayout,
  shardOf,
} from "../../../src/sbp/geometry.ts";
import { groupsAlong, parseMesh } from "../../../src/sbp/mesh.ts";
import { sum } from "../../../src/support/collections.ts";

const model = createCostModel(clusterPresets["local"]!);
/** Prices a step by the bytes that all devices receive together, as OneFlow's table does. */
const byBytes = {
  boxing: (step: BoxingStep, type: { shape: readonly (number | string)[]; dtype: "f32" }, mesh: Mesh) => ({
    seconds: sum(boxingBytes(step, type.shape as number[], "f32", mesh)),
  }),
} as unknown as ConstructorParameters<typeof BoxingPaths>[1];

const nd = (text: string): NdSbp => parseNdSbp(text)!;
const shapeArbitrary = fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 1, maxLength: 3 });
const meshArbitrary = fc
  .constantFrom("a=2", "a=3", "a=4", "a=2,b=2", "a=2,b=3", "a=3,b=2", "a=2,b=2,c=2")
  .map(parseMesh);

function componentArbitrary(rank: number): fc.Arbitrary<Sbp> {
  return fc.oneof(
    fc.constant(broadcast),
    fc.constant(partial()),
    fc
      .tuple(fc.integer({ min: 0, max: rank - 1 }), fc.constantFrom(1, 1, 2))
      .map(([axis, unit]) => split(axis, unit)),
  );
}

const caseArbitrary = fc
  .tuple(shapeArbitrary, meshArbitrary)
  .chain(([shape, mesh]) => {
    const layout = fc.tuple(...mesh.axes.map(() => componentArbitrary(shape.length)));
    return fc.record({ shape: fc.constant(shape), mesh: fc.constant(mesh), from: layout, to: layout });
  })
  .filter(({ shape, mesh, from, to }) => isSplittable(shape, from, mesh) && isSplittable(shape, to, mesh))
  .map((c) => ({
    ...c,
    from: normalizeLayout(c.shape, c.from, c.mesh),
    to: normalizeLayout(c.shape, c.to, c.mesh),
  }));

/** What every device of its group can give covers what a device needs, partial components aside. */
function isExecutable(step: BoxingStep, shape: readonly number[], mesh: Mesh): boolean {
  if (step.kind === "send") return printNdSbp(step.from) === printNdSbp(step.to);
  for (const group of groupsAlong(mesh, isLocalBoxing(step.kind) ? [] : step.axes)) {
    for (const device of group) {
      const need = shardOf(shape, step.kind === "pad" ? step.from : step.to, mesh, device);
      const given = group.flatMap(
        (other) => intersectBoxes(shardOf(shape, step.from, mesh, other), need) ?? [],
      );
      const distinct = new Map(given.map((box) => [JSON.stringify(box), box]));
      if (sum([...distinct.values()].map(boxElements)) < boxElements(need)) return false;
    }
  }
  return true;
}

function checkPath(path: BoxingPath, from: NdSbp, to: NdSbp): void {
  let at = from;
  for (const step of path.steps) {
    expect(printNdSbp(step.from)).toBe(printNdSbp(at));
    at = step.to;
  }
  expect(printNdSbp(at)).toBe(printNdSbp(to));
}

/** The rows that a window of three reads, with one row of padding, at 8 positions of step 1. */
const rows = "W(0: 8 at 1/1 from -1 to 1)";

describe("steps", () => {
  it.each([
    ["[P(sum), B]", "[B, B]", "all-reduce", [0]],
    ["[P(sum), P(sum)]", "[B, B]", "all-reduce", [0, 1]],
    ["[P(sum), P(sum)]", "[S(0), S(1)]", "reduce-scatter", [0, 1]],
    ["[S(0), P(sum)]", "[S(0), S(0)]", "reduce-scatter", [1]],
    ["[S(0), S(0)]", "[B, B]", "all-gather", [0, 1]],
    ["[S(0), S(0)]", "[S(0), B]", "all-gather", [1]],
    ["[S(0), S(0)]", "[B, S(0)]", "all-to-all", [0, 1]],
    ["[S(0), B]", "[S(1), B]", "all-to-all", [0]],
    ["[B, S(0)]", "[S(0), S(0)]", "all-to-all", [0, 1]],
    ["[B, B]", "[S(0), B]", "slice", [0]],
    ["[B, S(1)]", "[S(0), S(1)]", "slice", [0]],
    ["[B, B]", "[P(sum), B]", "mask", [0]],
    ["[S(0), S(1)]", "[P(sum), S(1)]", "pad", [0]],
    ["[S(0), B]", `[${rows}, B]`, "halo", [0]],
    ["[S(1), S(0)]", `[S(1), ${rows}]`, "halo", [1]],
    ["[S(0), S(0)]", `[${rows}, ${rows}]`, "halo", [0, 1]],
    ["[S(0), P(sum)]", `[${rows}, P(sum)]`, "halo", [0]],
    ["[S(1), B]", `[${rows}, B]`, "all-to-all", [0]],
    ["[S(0), B]", `[${rows}, ${rows}]`, "all-to-all", [0, 1]],
    ["[B, S(1)]", `[${rows}, S(1)]`, "slice", [0]],
  ])("%s to %s is %s", (from, to, kind, axes) => {
    expect(stepBetween(nd(from), nd(to))).toEqual({ kind, axes });
  });

  it("has no step that reduces one axis into the outside of another split, nor two changes of different kinds with partials", () => {
    expect(stepBetween(nd("[P(sum), S(0)]"), nd("[S(0), S(0)]"))).toBeUndefined();
    expect(stepBetween(nd("[P(sum), S(0)]"), nd("[B, B]"))).toBeUndefined();
    expect(stepBetween(nd("[P(sum)]"), nd("[P(max)]"))).toBeUndefined();
    // Windows may leave elements out, so nothing is made of them, and sums are formed before they are cut.
    expect(stepBetween(nd(`[${rows}]`), nd("[S(0)]"))).toBeUndefined();
    expect(stepBetween(nd(`[${rows}]`), nd("[B]"))).toBeUndefined();
    expect(stepBetween(nd("[P(sum)]"), nd(`[${rows}]`))).toBeUndefined();
  });

  const mesh2 = parseMesh("a=2");
  const mesh3 = parseMesh("a=3");
  const bytes = (from: string, to: string, shape: number[], mesh: Mesh) => {
    const step = stepBetween(nd(from), nd(to))!;
    return boxingBytes({ ...step, from: nd(from), to: nd(to), fromStage: 0, toStage: 0 }, shape, "f32", mesh);
  };
  it("counts what every device receives, uneven shards exactly", () => {
    expect(bytes("[P(sum)]", "[B]", [7], mesh2)).toEqual([4 * (4 + 3), 4 * (3 + 4)]);
    expect(bytes("[P(sum)]", "[B]", [7], mesh3)).toEqual([4 * (6 + 4), 4 * (4 + 5), 4 * (4 + 5)]);
    expect(bytes("[P(sum)]", "[S(0)]", [7], mesh3)).toEqual([4 * 6, 4 * 4, 4 * 4]);
    expect(bytes("[S(0)]", "[B]", [7], mesh3)).toEqual([4 * 4, 4 * 5, 4 * 5]);
    expect(bytes("[S(0)]", "[S(1)]", [3, 4], mesh2)).toEqual([4 * (6 - 4), 4 * (6 - 2)]);
    expect(bytes("[B]", "[S(0)]", [7], mesh3)).toEqual([0, 0, 0]);
  });
  it("counts of a halo what the window has beside the shard, also from several neighbours", () => {
    expect(bytes("[S(0)]", `[${rows}]`, [8, 5], mesh3)).toEqual([4 * 5, 4 * 10, 4 * 5]);
    // Positions of step 2 are cut elsewhere than rows: 7 rows are dealt 4 and 3, read 0-4 and 3-6.
    expect(bytes("[S(0)]", "[W(0: 4 at 2/1 from -1 to 0)]", [7], mesh2)).toEqual([0, 4]);
    expect(bytes("[S(0)]", "[W(0: 6 at 1/1 from -3 to 3)]", [6], mesh3)).toEqual([4 * 3, 4 * 4, 4 * 3]);
    expect(bytes("[S(0), S(0)]", `[${rows}, ${rows}]`, [8], parseMesh("a=2,b=2"))).toEqual([4, 8, 8, 4]);
  });
  it("has no windows where a device would read nothing, nor two kinds of parts of one axis", () => {
    const mesh = parseMesh("a=2,b=2");
    expect(isSplittable([8], nd("[W(0: 8 at 1/1 from 0 to 0)]"), mesh2)).toBe(true);
    expect(isSplittable([8], nd("[W(0: 8 at 1/1 from 5 to 5)]"), mesh2)).toBe(false);
    expect(isSplittable([8], nd("[W(0: 1 at 8/1 from 0 to 0)]"), mesh2)).toBe(false);
    expect(isSplittable([8], nd(`[${rows}, S(0)]`), mesh)).toBe(false);
    expect(isSplittable([8, 8], nd(`[${rows}, S(1)]`), mesh)).toBe(true);
    expect(isSplittable([8], nd(`[${rows}, W(0: 8 at 1/1 from -2 to 2)]`), mesh)).toBe(false);
  });
  it("counts a reduced block of a split tensor per group", () => {
    const mesh = parseMesh("a=2,b=2");
    const step = stepBetween(nd("[S(0), P(sum)]"), nd("[S(0), B]"))!;
    const full: BoxingStep = {
      ...step,
      from: nd("[S(0), P(sum)]"),
      to: nd("[S(0), B]"),
      fromStage: 0,
      toStage: 0,
    };
    expect(boxingBytes(full, [3, 5], "f32", mesh)).toEqual([
      4 * (5 + 5),
      4 * (5 + 5),
      4 * (3 + 2),
      4 * (2 + 3),
    ]);
  });
});

describe("paths", () => {
  it("end where asked and every step can be executed", () => {
    fc.assert(
      fc.property(caseArbitrary, ({ shape, mesh, from, to }) => {
        const path = new BoxingPaths(mesh, model).path(tensorType("f32", shape), from, to);
        checkPath(path, from, to);
        for (const step of path.steps) expect(isExecutable(step, shape, mesh)).toBe(true);
        expect(path.seconds).toBeCloseTo(
          sum(path.steps.map((s) => model.boxing(s, tensorType("f32", shape), mesh).seconds)),
          12,
        );
      }),
      { numRuns: 150 },
    );
  });

  it("lead to windows from every layout", () => {
    const windows = fc.record({
      positions: fc.integer({ min: 2, max: 13 }),
      step: fc.integer({ min: 1, max: 3 }),
      per: fc.integer({ min: 1, max: 3 }),
      from: fc.integer({ min: -4, max: 1 }),
      to: fc.integer({ min: -1, max: 4 }),
    });
    const property = fc.property(caseArbitrary, windows, fc.nat(), ({ shape, mesh, from }, reads, at) => {
      const wanted: NdSbp = mesh.axes.map((_, i) =>
        i === at % mesh.axes.length ? windowed(0, 1, reads) : broadcast,
      );
      fc.pre(isSplittable(shape, wanted, mesh));
      const to = normalizeLayout(shape, wanted, mesh);
      for (const toStage of [0, 1]) {
        const paths = new BoxingPaths(mesh, model);
        const path = paths.path(tensorType("f32", shape), from, to, 0, toStage);
        checkPath(path, from, to);
        for (const step of path.steps) expect(isExecutable(step, shape, mesh)).toBe(true);
        expect(path.steps.filter((step) => step.kind === "send")).toHaveLength(toStage);
        const seconds = path.steps.map((s) => model.boxing(s, tensorType("f32", shape), mesh).seconds);
        expect(path.seconds).toBeCloseTo(sum(seconds), 12);
        expect(paths.seconds(tensorType("f32", shape), from, to, 0, toStage)).toBe(path.seconds);
        expect(paths.secondsTable(tensorType("f32", shape), [from], [to], 0, toStage)).toEqual([
          [path.seconds],
        ]);
      }
    });
    fc.assert(property, { numRuns: 150 });
  });

  it("cross stages with every layout, sending once", () => {
    fc.assert(
      fc.property(caseArbitrary, ({ shape, mesh, from, to }) => {
        const path = new BoxingPaths(mesh, model).path(tensorType("f32", shape), from, to, 0, 1);
        checkPath(path, from, to);
        expect(path.steps.filter((s) => s.kind === "send").length).toBe(1);
        let stage = 0;
        for (const step of path.steps) {
          expect(step.fromStage).toBe(stage);
          stage = step.toStage;
          expect(isExecutable(step, shape, mesh)).toBe(true);
        }
        expect(stage).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  it("never move more bytes than OneFlow's pairwise table", () => {
    const table = (from: Sbp, to: Sbp, p: number, T: number): number => {
      if (from.kind === to.kind && (from.kind !== "S" || (to.kind === "S" && from.axis === to.axis)))
        return 0;
      if (from.kind === "B") return to.kind === "S" ? 1 : Infinity;
      if (from.kind === "S")
        return to.kind === "B" ? T * (p - 1) : to.kind === "S" ? (T * (p - 1)) / p : Infinity;
      return to.kind === "B" ? 2 * T * (p - 1) : T * (p - 1);
    };
    const all = (rank: number): Sbp[] => [
      broadcast,
      partial(),
      ...Array.from({ length: rank }, (_, i) => split(i)),
    ];
    for (const [text, shape] of [
      ["a=2", [8, 4]],
      ["a=4", [8, 4]],
      ["a=2,b=2", [8, 4]],
      ["a=2,b=4", [8, 8]],
    ] as const) {
      const mesh = parseMesh(text);
      const paths = new BoxingPaths(mesh, byBytes);
      const type = tensorType("f32", shape);
      const T = 4 * shape[0] * shape[1];
      const layouts =
        mesh.axes.length === 1 ? all(2).map((c) => [c]) : all(2).flatMap((a) => all(2).map((b) => [a, b]));
      for (const from of layouts) {
        for (const to of layouts) {
          const differing = mesh.axes
            .map((_, i) => i)
            .filter((i) => printNdSbp([from[i]!]) !== printNdSbp([to[i]!]));
          if (differing.length !== 1 || !isSplittable(shape, from, mesh) || !isSplittable(shape, to, mesh))
            continue;
          const i = differing[0]!;
          const rest =
            mesh.axes.length === 1 ? undefined : { sbp: from[1 - i]!, size: mesh.axes[1 - i]!.size };
          // OneFlow does not support a change outside an equal split of the same tensor axis.
          if (
            i === 0 &&
            rest?.sbp.kind === "S" &&
            [from[0]!, to[0]!].some((c) => c.kind === "S" && c.axis === (rest.sbp as { axis: number }).axis)
          )
            continue;
          const bound = table(
            from[i]!,
            to[i]!,
            mesh.axes[i]!.size,
            T * (rest === undefined || rest.sbp.kind === "S" ? 1 : rest.size),
          );
          if (bound === Infinity) continue;
          expect(
            paths.seconds(type, from, to),
            `${printNdSbp(from)} to ${printNdSbp(to)} on ${text}`,
          ).toBeLessThanOrEqual(bound + 1e-9);
        }
      }
    }
  });

  it("reach what OneFlow refuses: S to P, and (S0, P) to (S0, S0)", () => {
    const mesh = parseMesh("a=2,b=2");
    const paths = new BoxingPaths(mesh, model);
    const type = tensorType("f32", [8, 4]);
    expect(paths.path(type, nd("[S(0), S(1)]"), nd("[P(sum), S(1)]"))!.steps.map((s) => s.kind)).toEqual([
      "pad",
    ]);
    expect(paths.path(type, nd("[S(0), P(sum)]"), nd("[S(0), S(0)]"))!.steps.map((s) => s.kind)).toEqual([
      "reduce-scatter",
    ]);
    expect(paths.path(type, nd("[P(sum), S(0)]"), nd("[S(0), S(0)]")).steps.length).toBeGreaterThan(1);
    expect(paths.path(type, nd("[P(sum), B]"), nd("[P(max), B]")).steps.map((s) => s.kind)).toEqual([
      "reduce-scatter",
      "pad",
    ]);
  });

  it("scatter, send and gather a large replicated tensor where links inside a node are faster", () => {
    const cluster = { ...clusterPresets["a100-node"]!, devicesPerNode: 4 };
    const mesh = parseMesh("t=4,pp=2");
    const path = new BoxingPaths(mesh, createCostModel(cluster)).path(
      tensorType("f32", [4096, 4096]),
      nd("[B]"),
      nd("[B]"),
      0,
      1,
    )!;
    expect(path.steps.map((s) => s.kind)).toEqual(["slice", "send", "all-gather"]);
  });

  it("share their beginning: the path to an intermediate layout is the start of the path through it", () => {
    const mesh = parseMesh("a=2,b=2");
    const paths = new BoxingPaths(mesh, model);
    const type = tensorType("f32", [8, 6]);
    const long = paths.path(type, nd("[P(sum), B]"), nd("[S(0), S(1)]"))!;
    const start = paths.path(type, nd("[P(sum), B]"), long.steps[0]!.to)!;
    expect(start.steps).toEqual(long.steps.slice(0, 1));
  });
});
