/** The ecosystem's own tools on exported files: onnx's checker, ONNX Runtime, onnx-ir. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import gpt from "../../examples/gpt.ts";
import mlp from "../../examples/mlp.ts";
import vit from "../../examples/vit.ts";
import { exportOnnx, writeModel, writeRanks } from "../../src/export.ts";
import { valueOf, type Graph } from "../../src/ir/graph.ts";
import { deviceCount, devicesPerStage, type NdSbp } from "../../src/ir/layout.ts";
import { parseGraph } from "../../src/ir/text/parse.ts";
import { knownShape } from "../../src/ir/types.ts";
import type { DialectName } from "../../src/plan/export/dialect.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { boxingOp } from "../../src/sbp/boxing-node.ts";
import { shardOf } from "../../src/sbp/geometry.ts";
import { present } from "../../src/support/assert.ts";
import { range } from "../../src/support/collections.ts";
import { compileGraph, compileModel, type ModelCase } from "../support/exported.ts";
import { pythonTest, runPython } from "../support/python.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-export-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cases: Readonly<Record<string, ModelCase & { readonly meshes: readonly string[] }>> = {
  mlp: { model: mlp, batch: 8, meshes: ["dp=2,tp=2,pp=2", "tp=3"] },
  vit: { model: vit, settings: { size: "tiny" }, batch: 4, meshes: ["dp=2,tp=2", "tp=2,pp=2"] },
  gpt: {
    model: gpt,
    settings: { layers: 2, vocabSize: 1000, training: true, dropRate: 0.1 },
    dims: { seq: 12 },
    batch: 4,
    meshes: ["dp=2,tp=2", "tp=3"],
  },
};

/** Every form that any tool can load. */
function writeAll(plan: Plan, name: string): string[] {
  const path = (form: string) => join(folder, `${name}-${form}.onnx`);
  // Both with tensors inside and in data files.
  writeModel(plan, "whole", path("whole"));
  writeModel(plan, "annotated", path("annotated"), { externalBytes: 1000 });
  writeModel(plan, "merged", path("merged"), { externalBytes: 1000 });
  const ranks = join(folder, `${name}-ranks`);
  writeRanks(plan, "sbpc", ranks, { externalBytes: 1000 });
  const files = readdirSync(ranks).filter((file) => file.endsWith(".onnx"));
  expect(files).toHaveLength(deviceCount(plan.mesh));
  return [...["whole", "annotated", "merged"].map(path), ...files.map((file) => join(ranks, file))];
}

/** All kinds of collectives on one world, in com.microsoft's words. */
function worldPlan(): Plan {
  const t = "f32[8, 12, 4]";
  const graph = `graph world {
  input %x : ${t}
  parameter %w : f32[4, 12] = normal(0, 1)
  parameter %v : f32[12, 4] = normal(0, 1)
  %a = sbpc.ToGlobal(%x) : ${t} hint hard tp:S(0)
  %r = Neg(%a) : ${t} hint hard tp:S(0)
  %b = sbpc.ToGlobal(%r) : ${t} hint hard tp:S(1)
  %s = Tanh(%b) : ${t} hint hard tp:S(1)
  %c = sbpc.ToGlobal(%s) : ${t} hint hard tp:B
  %m = MatMul(%c, %w) : f32[8, 12, 12] hint hard tp:S(2)
  %n = MatMul(%m, %v) : ${t} hint hard tp:P(sum)
  %d = sbpc.ToGlobal(%n) : ${t} hint hard tp:B
  return y=%d
}
`;
  const { plan } = compileGraph(parseGraph(graph, "world.graph"), "tp=4");
  expect(plan.boxing.map(({ kind }) => kind)).toEqual(["all-to-all", "all-gather", "all-reduce"]);
  return plan;
}

function worldFiles(dialect: DialectName): string[] {
  const ranks = join(folder, `world-${dialect}`);
  writeRanks(worldPlan(), dialect, ranks);
  return readdirSync(ranks).map((file) => join(ranks, file));
}

describe("onnx's checker and ONNX Runtime accept", () => {
  for (const [name, each] of Object.entries(cases)) {
    for (const mesh of each.meshes) {
      pythonTest(`every form of ${name} on ${mesh}`, async () => {
        const paths = writeAll(compileModel(each, mesh).plan, `${name}-${mesh}`);
        expect(await runPython("check_onnx.py", { paths })).toEqual({});
      });
    }
  }

  pythonTest(
    "com.microsoft's collectives (the checker alone: no published ONNX Runtime has them)",
    async () => {
      const ranks = join(folder, "microsoft");
      writeRanks(worldPlan(), "com.microsoft", ranks);
      const paths = readdirSync(ranks).map((file) => join(ranks, file));
      expect(paths).toHaveLength(4);
      expect(await runPython("check_onnx.py", { paths, run: false })).toEqual({});
    },
  );

  pythonTest("shapes of communications, which it infers from their functions", async () => {
    const { plan } = compileModel({ ...present(cases["mlp"], "no case"), batch: 7 }, "dp=2,tp=3");
    const paths = [...writeAll(plan, "shapes"), ...worldFiles("sbpc")].filter((path) =>
      /rank_\d+\.onnx$/.test(path),
    );
    let seen = 0;
    for (const path of paths) {
      const shapes = (await runPython("function_shapes.py", { path })) as Record<string, (number[] | null)[]>;
      for (const [told, inferred] of Object.values(shapes)) {
        expect(inferred).toEqual(told);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(paths.length);
  });

  pythonTest("but not a model whose data file is gone", async () => {
    const { plan } = compileModel(present(cases["mlp"], "no case"), "tp=3");
    const path = join(folder, "gone.onnx");
    writeModel(plan, "whole", path, { externalBytes: 1000 });
    rmSync(`${path}.data`);
    expect(Object.values((await runPython("check_onnx.py", { paths: [path] })) as object)).toHaveLength(1);
  });
});

interface Seen {
  readonly devices: readonly string[];
  readonly count: number;
  readonly nodes: readonly {
    readonly output: string;
    readonly stage: number | null;
    readonly specs: Readonly<
      Record<string, Readonly<Record<string, readonly (readonly [number, number, number])[]>>>
    >;
  }[];
}

describe("onnx-ir", () => {
  for (const [name, mesh] of [
    ["gpt", "dp=2,tp=2"],
    ["mlp", "dp=2,tp=2,pp=2"],
  ] as const) {
    pythonTest(`reads the layout of ${name} on ${mesh} as it was meant`, async () => {
      const { plan } = compileModel(present(cases[name], "no case"), mesh);
      const path = join(folder, `${name}-ir.onnx`);
      writeModel(plan, "annotated", path);
      const seen = (await runPython("sharding.py", { path })) as Seen;
      expect(seen.count).toBe(deviceCount(plan.mesh));
      expect(new Set(seen.devices).size).toBe(seen.count);
      const graph = parseGraph(plan.graph, "plan.graph");
      const nodes = graph.nodes.filter(({ op }) => op !== boxingOp);
      const file = exportOnnx(plan, { form: "annotated" });
      let compared = 0;
      nodes.forEach((node, i) => {
        const written = present(file.graph?.node?.[i], "no node");
        const { stage, specs, output } = present(seen.nodes[i], "no node");
        expect(output).toBe(written.output?.[0]);
        expect(stage).toBe(plan.mesh.stages > 1 ? node.stage : null);
        const compare = (
          value: string | null,
          layout: NdSbp | null | undefined,
          written: string | undefined,
        ) => {
          if (value === null || layout == null || layout.some((sbp) => sbp.kind === "P")) return;
          const boxes = expectedBoxes(graph, plan, value, layout, node.stage ?? 0);
          expect(
            seenBoxes(
              graph,
              value,
              present(specs[written ?? ""], "no spec", () => value),
            ),
          ).toEqual(boxes);
          compared++;
        };
        node.inputs.forEach((value, j) => compare(value, node.signature?.inputs[j], written.input?.[j]));
        node.outputs.forEach((value, j) => compare(value, node.signature?.outputs[j], written.output?.[j]));
      });
      expect(compared).toBeGreaterThan(2 * nodes.length);
    });
  }
});

function shapeOf(graph: Graph, value: string): readonly number[] {
  const { type } = valueOf(graph, value);
  if (type.kind !== "tensor") throw new Error(`${value} is no tensor`);
  return knownShape(type);
}

/** Start and size per axis, by global rank. */
function expectedBoxes(graph: Graph, plan: Plan, value: string, layout: NdSbp, stage: number): object {
  const perStage = devicesPerStage(plan.mesh);
  return Object.fromEntries(
    range(perStage).map((device) => {
      const { start, size } = shardOf(shapeOf(graph, value), layout, plan.mesh, device);
      return [stage * perStage + device, { start, size }];
    }),
  );
}

function seenBoxes(
  graph: Graph,
  value: string,
  held: Readonly<Record<string, readonly (readonly [number, number, number])[]>>,
): object {
  const shape = shapeOf(graph, value);
  return Object.fromEntries(
    Object.entries(held).map(([device, cuts]) => {
      const start = shape.map(() => 0);
      const size = [...shape];
      for (const [axis, index, count] of cuts) {
        size[axis] = (shape[axis] as number) / count;
        start[axis] = index * (size[axis] as number);
      }
      return [device, { start, size }];
    }),
  );
}
