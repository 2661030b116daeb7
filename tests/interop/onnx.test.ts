/** Every ONNX file that is made of a model passes ONNX's own checker and loads in Python's ONNX Runtime. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { buildModel, type Graph, type Model } from "sbpc";
import bert from "../../examples/bert.ts";
import gpt from "../../examples/gpt.ts";
import mlp from "../../examples/mlp.ts";
import vit from "../../examples/vit.ts";
import { compile } from "../../src/compile.ts";
import { loadCluster } from "../../src/cluster-files.ts";
import { encodeModel } from "../../src/onnx/write.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { pythonTest, runPython } from "../support/python.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-onnx-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Complaints by file name. */
async function complaints(files: ReadonlyMap<string, Uint8Array>): Promise<Record<string, string>> {
  const paths = [...files].map(([name, bytes]) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  });
  return (await runPython("check_onnx.py", { paths })) as Record<string, string>;
}

interface Case {
  readonly name: string;
  readonly model: Model;
  readonly settings: Readonly<Record<string, string | number>>;
  /** In training besides: the rates that put random masks into the graph. */
  readonly rates: Readonly<Record<string, number>>;
}

const cases: readonly Case[] = [
  {
    name: "ViT-Tiny",
    model: vit,
    settings: { size: "tiny" },
    rates: { dropRate: 0.1, attnDropRate: 0.1, dropPathRate: 0.1 },
  },
  { name: "GPT-2", model: gpt, settings: { layers: 2 }, rates: { dropRate: 0.1 } },
  { name: "BERT", model: bert, settings: { layers: 2 }, rates: { dropRate: 0.1 } },
  { name: "MLP", model: mlp, settings: {}, rates: {} },
];

function build({ model, settings, rates }: Case, training: boolean): Graph {
  return buildModel(model, {
    settings: { ...settings, ...(training ? { training: "true", ...rates } : {}) },
    dims: { batch: 3 },
  });
}

describe("ONNX", () => {
  for (const each of cases) {
    for (const training of [false, true]) {
      pythonTest(`${each.name}${training ? ", training" : ""}: source and segments`, async () => {
        const graph = build(each, training);
        const files = new Map([["source.onnx", encodeModel(graph)]]);
        for (const hints of [true, false]) {
          const { plan } = compile({
            whole: graph,
            micro: graph,
            mesh: parseMesh("dp=2,tp=2"),
            cluster: loadCluster("local"),
            hints,
            microbatches: 1,
            dims: { batch: 3 },
            settings: {},
          });
          // With hints the batch of 3 is split unevenly: two classes of devices, bodies of their own for each.
          if (hints) expect(new Set(plan.stages[0]?.deviceClass).size).toBeGreaterThan(1);
          expect(plan.bodies.length).toBeGreaterThan(0);
          plan.bodies.forEach((body, i) => files.set(`${hints ? "hinted" : "free"}-${i}.onnx`, body));
        }
        expect(await complaints(files)).toEqual({});
      });
    }
  }

  pythonTest("a file with a wrong type is complained about", async () => {
    const graph = build(cases[3] as Case, false);
    const values = new Map(graph.values);
    const output = graph.outputs[0]?.value ?? "";
    values.set(output, { name: output, type: { kind: "tensor", dtype: "f32", shape: [3, 11] } });
    const found = await complaints(new Map([["wrong.onnx", encodeModel({ ...graph, values })]]));
    expect(Object.values(found)).toEqual([expect.stringMatching(/^checker: .*10.*11|^checker: .*11.*10/s)]);
  });
});
