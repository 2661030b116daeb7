/** The boxing of one value to several layouts: every taker gets its own, and together never dearer than over any one hub. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCostModel } from "../../../src/cost/alpha-beta.ts";
import { clusterPresets } from "../../../src/cost/cluster.ts";
import {
  broadcast,
  parseNdSbp,
  partial,
  ndSbpEqual,
  printNdSbp,
  split,
  windowed,
  type NdSbp,
  type Sbp,
} from "../../../src/ir/layout.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { tensorType } from "../../../src/ir/types.ts";
import type { BoxingStep } from "../../../src/sbp/boxing.ts";
import { BoxingPaths } from "../../../src/sbp/boxing-path.ts";
import { GraphBoxing, newSteps } from "../../../src/sbp/boxing-tree.ts";
import { isSplittable, normalizeLayout } from "../../../src/sbp/geometry.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { present } from "../../../src/support/assert.ts";

const pricer = createCostModel(present(clusterPresets["local"], "no preset"));
const shape = [8, 12, 6];
const type = tensorType("f32", shape);

const component = (made: boolean): fc.Arbitrary<Sbp> =>
  fc.oneof(
    fc.constant(broadcast),
    fc.nat(shape.length - 1).map((axis) => split(axis)),
    // What is made may be partial; what is taken may be windows, each reaching one element past its own.
    made
      ? fc.constant(partial())
      : fc.constant(windowed(0, 1, { positions: 8, step: 1, per: 1, from: -1, to: 1 })),
  );

const cases = fc
  .constantFrom("a=2", "a=4", "a=2,b=2", "a=3,b=2")
  .map(parseMesh)
  .chain((mesh) => {
    const layout = (made: boolean) =>
      fc
        .tuple(...mesh.axes.map(() => component(made)))
        .filter((one) => isSplittable(shape, one, mesh))
        .map((one) => normalizeLayout(shape, one, mesh));
    return fc.record({
      mesh: fc.constant(mesh),
      made: layout(true),
      taken: fc.array(layout(false), { minLength: 2, maxLength: 4 }),
      /** Where it is taken; it is made on stage 0. */
      stage: fc.constantFrom(0, 1),
    });
  });

/** A value that nodes take in these layouts. */
function boxingOf(made: NdSbp, taken: readonly NdSbp[], paths: BoxingPaths, stage = 0) {
  const shaped = `f32[${shape.join(", ")}]`;
  const plain = parseGraph(
    [
      "graph g {",
      `  input %x : ${shaped}`,
      `  %y = Relu(%x) : ${shaped}`,
      ...taken.map((_, i) => `  %t${i} = Relu(%y) : ${shaped}`),
      `  return ${taken.map((_, i) => `t${i}=%t${i}`).join(", ")}`,
      "}",
    ].join("\n"),
    "test.graph",
  );
  const values = new Map(
    [...plain.values].map(([name, value]) => [name, name === "y" ? { ...value, layout: made } : value]),
  );
  const nodes = plain.nodes.map((node, i) => {
    const layout = taken[i - 1];
    return layout === undefined
      ? node
      : { ...node, stage, signature: { inputs: [layout], outputs: [layout] } };
  });
  const boxing = new GraphBoxing({ ...plain, mesh: paths.mesh, values, nodes }, paths);
  const takers = nodes.filter(({ signature }) => signature !== undefined);
  return takers.map((taker, i) => boxing.way("y", boxing.wish("y", taken[i] as NdSbp, taker)));
}

function together(ways: readonly (readonly BoxingStep[])[], paths: BoxingPaths): number {
  const places = new Set<string>();
  return ways
    .flatMap((steps) => newSteps(steps, "", places))
    .reduce((total, step) => total + paths.stepSeconds(type, step), 0);
}

describe("trees of boxing", () => {
  test("lead to every taker's layout, and are never dearer than over any one hub", () => {
    let overHub = 0;
    fc.assert(
      fc.property(cases, ({ mesh, made, taken, stage }) => {
        const paths = new BoxingPaths({ ...mesh, stages: 2 }, pricer);
        const ways = boxingOf(made, taken, paths, stage);
        ways.forEach((steps, i) => {
          let at = printNdSbp(made);
          for (const step of steps) {
            expect(printNdSbp(step.from)).toBe(at);
            at = printNdSbp(step.to);
          }
          expect(at).toBe(printNdSbp(taken[i] as NdSbp));
        });
        const total = together(ways, paths);
        // As the search's proxies count: one further layout once, and each taker from the nearer.
        for (const hub of taken) {
          const trunk = paths.seconds(type, made, hub, 0, stage);
          const rest = taken.map((one) =>
            Math.min(
              paths.seconds(type, made, one, 0, stage),
              // No path leads on from windows but to where they are already.
              hub.some(({ kind }) => kind === "W") && !ndSbpEqual(hub, one)
                ? Infinity
                : paths.seconds(type, hub, one, stage),
            ),
          );
          expect(total).toBeLessThanOrEqual(rest.reduce((a, b) => a + b, trunk) * (1 + 1e-9));
        }
        const separate = together(
          taken.map((one) => paths.path(type, made, one, 0, stage).steps),
          paths,
        );
        expect(total).toBeLessThanOrEqual(separate * (1 + 1e-9));
        if (total < separate * 0.999) overHub++;
      }),
      { numRuns: 400 },
    );
    expect(overHub).toBeGreaterThan(20);
  });

  test("a reduce-scatter, of which all gather the rest, for a reduce-scatter and an all-reduce", () => {
    const paths = new BoxingPaths(parseMesh("tp=2"), pricer);
    const nd = (text: string) => present(parseNdSbp(text), "no layout");
    const kinds = boxingOf(nd("[P(sum)]"), [nd("[S(0)]"), nd("[B]")], paths).map((steps) =>
      steps.map(({ kind }) => kind),
    );
    expect(kinds).toEqual([["reduce-scatter"], ["reduce-scatter", "all-gather"]]);
  });
});
