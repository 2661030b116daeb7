/** Plans run on tfjs equal the unsharded model in ONNX Runtime; `SBPC_FULL=1` runs every model on every mesh, and training. */
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { verifyOn } from "../support/verify-on.ts";
import { meshes } from "./grid.ts";

const models = {
  mlp: { file: "examples/mlp.ts", settings: {}, dims: {} },
  gpt: { file: "examples/gpt.ts", settings: { layers: "2", vocabSize: "256" }, dims: { seq: 24 } },
  vit: { file: "examples/vit.ts", settings: { size: "tiny" }, dims: {} },
} as const;

type ModelName = keyof typeof models;
type Case = readonly [model: ModelName, mesh: string, device: "cpu" | "wasm"];

const full = process.env["SBPC_FULL"] === "1";

const sample: readonly Case[] = [
  ["mlp", "dp=2,tp=2,pp=2", "wasm"],
  ["gpt", "pp=2", "cpu"],
  ["gpt", "dp=2,tp=2", "wasm"],
  ["vit", "tp=2", "wasm"],
];

const grid = (Object.keys(models) as ModelName[]).flatMap((model) =>
  meshes.flatMap((mesh): Case[] => [
    [model, mesh, "wasm"],
    [model, mesh, "cpu"],
  ]),
);

/** What cannot be split evenly over three devices, and what three axes can split. */
function batchOf(model: ModelName, mesh: string): number {
  if (mesh === "dp=3") return 4;
  return model === "mlp" || mesh === "a=2,b=2,c=2" ? 8 : 2;
}

/** GPT-2 has two layers, but where four stages need one each. */
function layersOf(model: ModelName, mesh: string): Readonly<Record<string, string>> {
  return model === "gpt" && mesh === "pp=4" ? { layers: "4" } : {};
}

/** The cpu device computes convolutions element by element: of images of 16 patches, but where one device has the whole. */
function imagesOf(model: ModelName, mesh: string, device: string): Readonly<Record<string, string>> {
  return model === "vit" && device === "cpu" && mesh !== "1" ? { imgSize: "64" } : {};
}

describe("on tfjs", () => {
  test.each(full ? grid : sample)(
    "%s on %s, %s",
    async (model, mesh, device) => {
      const { file, settings, dims } = models[model];
      const result = await verifyOn(
        {
          file,
          settings: { ...settings, ...layersOf(model, mesh), ...imagesOf(model, mesh, device) },
          dims: { ...dims, batch: batchOf(model, mesh) },
          mesh,
        },
        { backend: "tfjs", device },
      );
      expect(result.backend).toContain("tfjs");
      expect(result.outputs.length).toBeGreaterThan(0);
      for (const { maxRelative, allowed } of result.outputs) {
        expect(allowed).toBe(1e-4);
        expect(maxRelative).toBeLessThanOrEqual(1e-4);
      }
    },
    300_000,
  );

  const words = ["--dim", "seq=16", "--set", "layers=2", "--set", "vocabSize=64"];
  const steps: readonly (readonly [file: string, mesh: string, device: string, more: readonly string[]])[] = [
    ["examples/mlp.ts", "dp=2,tp=2", "cpu", ["--batch", "8"]],
    ["examples/gpt.ts", "tp=2,pp=2", "wasm", ["--batch", "2", ...words]],
    ["examples/vit.ts", "dp=2", "wasm", ["--batch", "2", "--set", "size=tiny", "--set", "imgSize=96"]],
  ];
  test.each(full ? steps : steps.slice(0, 1))(
    "a training step of %s",
    async (file, mesh, device, more) => {
      const place = ["--mesh", mesh, "--backend", "tfjs", "--device", device];
      const { code, stdout } = await runCli([
        "verify",
        file,
        ...place,
        ...more,
        "--json",
        "--train",
        "--steps",
        "1",
      ]);
      const result = JSON.parse(stdout) as { readonly checks: readonly { readonly ok: boolean }[] };
      expect(result.checks.length).toBeGreaterThanOrEqual(4);
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(code).toBe(0);
    },
    600_000,
  );
});
