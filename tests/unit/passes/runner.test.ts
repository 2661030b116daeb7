import { describe, expect, it } from "vitest";
import { createCostModel } from "../../../src/cost/alpha-beta.ts";
import { presetCluster } from "../../../src/cost/cluster.ts";
import { DiagnosticSink } from "../../../src/diagnostics/diagnostic.ts";
import type { Graph } from "../../../src/ir/graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import { InternalError } from "../../../src/support/assert.ts";
import { definePass, type Pass, type PassContext } from "../../../passes/pass.ts";
import { pipeline } from "../../../passes/pipeline.ts";
import { checks, type Property } from "../../../passes/properties.ts";
import { runPasses, type RunOptions } from "../../../passes/runner.ts";

const mesh = { axes: [], stages: 1 };
const context: PassContext = {
  mesh,
  options: { microbatches: 1, hints: true, cluster: "local", dims: {}, settings: {} },
  costModel: createCostModel(presetCluster("local")),
  sink: new DiagnosticSink(),
  source: "",
  batchAxes: new Map(),
};

const start = parseGraph(`graph g {
  input %x : f32[2, 3]
  %a = Exp(%x) : f32[2, 3]
  %b = Neg(%x) : f32[2, 3]
  return b=%b
}`);

function pass(name: string, change: (graph: Graph) => Graph, promise: Partial<Pass> = {}): Pass {
  return definePass({
    name,
    summary: "A pass of this test.",
    requires: [],
    ensures: [],
    run: (compilation) => ({ ...compilation, graph: change(compilation.graph) }),
    ...promise,
  });
}
const nothing = (name: string, promise: Partial<Pass> = {}) =>
  pass(name, (graph) => graph, { run: (compilation) => compilation, ...promise });
const dropDead = pass(
  "drop-dead",
  (graph) => ({
    ...graph,
    nodes: graph.nodes.slice(1),
    values: new Map([...graph.values].filter(([name]) => name !== "a")),
  }),
  {
    ensures: ["no-dead-nodes"],
  },
);
const addDead = pass("add-dead", () => start);

function failure(passes: readonly Pass[], options?: RunOptions): string {
  try {
    runPasses(passes, { graph: start }, context, options);
  } catch (error) {
    expect(error).toBeInstanceOf(InternalError);
    return (error as Error).message;
  }
  throw new Error("nothing failed");
}

describe("the pass runner", () => {
  it("tells what changed, how long it took, and shows it", () => {
    const seen: string[] = [];
    const { compilation, phases } = runPasses([nothing("look"), dropDead], { graph: start }, context, {
      onPass: ({ name }, i) => seen.push(`${i} ${name}`),
      dump: (i, name, text) => seen.push(`${i} ${name} ${text.split("\n").length}`),
    });
    expect(compilation.graph.nodes).toHaveLength(1);
    expect(phases.map(({ name, changed }) => [name, changed])).toEqual([
      ["look", false],
      ["drop-dead", true],
    ]);
    expect(phases.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
    expect(seen).toEqual(["0 model 7", "0 look", "1 drop-dead", "2 drop-dead 6"]);
  });

  it("blames the pass that was run without what it requires", () => {
    expect(failure([nothing("needy", { requires: ["no-dead-nodes"] })])).toContain(
      "pass needy was run without no-dead-nodes",
    );
    expect(() =>
      runPasses([dropDead, nothing("needy", { requires: ["no-dead-nodes"] })], { graph: start }, context),
    ).not.toThrow();
  });

  it("blames the pass that does not ensure what it says, whether it changed something or not", () => {
    expect(failure([nothing("liar", { ensures: ["no-dead-nodes"] })])).toContain(
      "pass liar did not ensure no-dead-nodes",
    );
  });

  it("blames the pass that breaks what held, with the lines that it changed", () => {
    const message = failure([dropDead, addDead]);
    expect(message).toContain("pass add-dead broke no-dead-nodes");
    expect(message).toContain("+   %a = Exp(%x) : f32[2, 3]");
    const honest = pass("add-dead", () => start, { breaks: ["no-dead-nodes"] });
    expect(() => runPasses([dropDead, honest], { graph: start }, context)).not.toThrow();
  });

  it("blames the pass that gives a graph that is not well formed", () => {
    const message = failure([pass("cut", (graph) => ({ ...graph, sources: [] }))]);
    expect(message).toContain("pass cut gave a graph that is not well formed");
    expect(message).toContain("undefined-value");
    expect(message).toContain("-   input %x : f32[2, 3]");
  });

  it("checks nothing where time is measured", () => {
    expect(() => runPasses([dropDead, addDead], { graph: start }, context, { check: false })).not.toThrow();
  });
});

describe("properties", () => {
  const problems = (property: Property, text: string) =>
    checks[property]({ graph: parseGraph(text) }, { axes: [{ name: "tp", size: 2 }], stages: 2 });
  const graph = (body: string) => `graph g on mesh[tp=2, pp=2] {\n  input %x : f32[4, 4] @ [B]\n${body}\n}`;

  it.each<[Property, string, string]>([
    ["typed", "%a = Neg(%x) : f32[4, 5]\n  return a=%a", "f32[4, 4]"],
    ["static", "%a = com.example.F(%x) : f32[n]\n  return a=%a", "f32[n]"],
    ["canonical", "%b = Identity(%x) : f32[4, 4]\n  %a = Neg(%b) : f32[4, 4]\n  return a=%a", "Identity"],
    ["canonical", "%b = Softmax(%x) : f32[4, 4]\n  %a = Neg(%b) : f32[4, 4]\n  return a=%a", "Softmax"],
    ["no-dead-nodes", "%a = Neg(%x) : f32[4, 4]\n  return x=%x", "Neg"],
    ["staged", "%a = Neg(%x) : f32[4, 4] stage 0\n  return a=%a", "stage 1 has no node"],
    ["staged", "%a = Neg(%x) : f32[4, 4]\n  %b = Neg(%a) : f32[4, 4] stage 1\n  return b=%b", "%a = Neg"],
    ["laid-out", "%a = Neg(%x) : f32[4, 4] signature ([B]) -> ([B])\n  return a=%a", "%a has no layout"],
    ["laid-out", "%a = Neg(%x) : f32[4, 4] @ [B]\n  return a=%a", "no signature"],
    [
      "laid-out",
      "%a = Neg(%x) : f32[4, 4] @ [P(sum)] signature ([B]) -> ([B])\n  return a=%a",
      "returned partial",
    ],
    ["no-forms", "%a = Neg(%x) : f32[4, 4] @ [B] signature ([B]) -> ([B]) form f\n  return a=%a", "form f"],
    [
      "boxed",
      "%a = Neg(%x) : f32[4, 4] @ [S(0)] signature ([S(0)]) -> ([S(0)])\n  return a=%a",
      "%x is made in [B]",
    ],
    [
      "boxed",
      "%a = Neg(%x) : f32[4, 4] @ [B] signature ([B]) -> ([B]) stage 0\n  %b = Neg(%a) : f32[4, 4] @ [B] signature ([B]) -> ([B]) stage 1\n  return b=%b",
      "%a is made on stage 0",
    ],
    ["localized", "return x=%x", "no local stages"],
    ["planned", "return x=%x", "no plan"],
  ])("%s finds what violates it", (property, body, expected) => {
    expect(problems(property, graph(`  ${body}`)).join("\n")).toContain(expected);
  });

  it("hold of a graph that has them", () => {
    const good = graph(`  %a = Neg(%x) : f32[4, 4] @ [B] signature ([B]) -> ([B]) stage 0
  %s = sbpc.Boxing(%a) {kind="send", axes=[], from_stage=0} : f32[4, 4] @ [B] signature ([B]) -> ([B]) stage 1
  %b = Exp(%s) : f32[4, 4] @ [B] signature ([B]) -> ([B]) stage 1
  return b=%b`);
    for (const property of [
      "typed",
      "static",
      "canonical",
      "no-dead-nodes",
      "staged",
      "laid-out",
      "no-forms",
      "boxed",
    ] as const) {
      expect(problems(property, good)).toEqual([]);
    }
  });
});

describe("the pipeline", () => {
  it("requires of a pass only what passes before it ensure", () => {
    const ensured = new Set<Property>();
    for (const { name, requires, ensures, breaks = [] } of pipeline) {
      expect(
        requires
          .filter((property) => !ensured.has(property))
          .map((property) => `${name} requires ${property}`),
      ).toEqual([]);
      for (const property of breaks) ensured.delete(property);
      for (const property of ensures) ensured.add(property);
    }
    expect([...ensured]).toEqual(
      expect.arrayContaining(Object.keys(checks).filter((property) => property !== "canonical")),
    );
  });

  it("leaves text alone that it has printed", () => {
    const front = pipeline.slice(
      0,
      pipeline.findIndex(({ name }) => name === "infer-sbp"),
    );
    const once = runPasses(front, { graph: start }, context).compilation.graph;
    const again = runPasses(front, { graph: parseGraph(printGraph(once)) }, context);
    expect(printGraph(again.compilation.graph)).toBe(printGraph(once));
  });
});
