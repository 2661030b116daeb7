/** Plans run on tfjs equal the unsharded model in ONNX Runtime; `SBPC_FULL=1` runs every model on every mesh, and training. */
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { meshes } from "./grid.ts";

interface Verified {
  readonly ok: boolean;
  readonly backend: string;
  readonly outputs: readonly { readonly maxRelative: number; readonly allowed: number }[];
}

const models = {
  mlp: ["examples/mlp.ts"],
  gpt: ["examples/gpt.ts", "--dim", "seq=24", "--set", "layers=2", "--set", "vocabSize=256"],
  vit: ["examples/vit.ts", "--set", "size=tiny"],
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
function batchOf(model: ModelName, mesh: string): string {
  if (mesh === "dp=3") return "4";
  return model === "mlp" || mesh === "a=2,b=2,c=2" ? "8" : "2";
}

/** The cpu device computes convolutions element by element: of images of 36 patches, but where one device has the whole. */
function imagesOf(model: ModelName, mesh: string, device: string): readonly string[] {
  return model === "vit" && device === "cpu" && mesh !== "1" ? ["--set", "imgSize=96"] : [];
}

const verify = (model: ModelName, mesh: string, device: string, ...more: string[]) =>
  runCli([
    "verify",
    ...models[model],
    "--batch",
    batchOf(model, mesh),
    "--mesh",
    mesh,
    "--backend",
    "tfjs",
    "--device",
    device,
    "--json",
    ...imagesOf(model, mesh, device),
    ...more,
  ]);

describe("on tfjs", () => {
  test.each(full ? grid : sample)(
    "%s on %s, %s",
    async (model, mesh, device) => {
      const { code, stdout, stderr } = await verify(model, mesh, device);
      expect(stderr).not.toContain("error");
      const result = JSON.parse(stdout) as Verified;
      expect(result.backend).toContain("tfjs");
      expect(result.outputs.length).toBeGreaterThan(0);
      for (const { maxRelative, allowed } of result.outputs) {
        expect(allowed).toBe(1e-4);
        expect(maxRelative).toBeLessThanOrEqual(1e-4);
      }
      expect(code).toBe(0);
    },
    300_000,
  );

  const steps: readonly (readonly [...Case, more: readonly string[]])[] = [
    ["mlp", "dp=2,tp=2", "cpu", []],
    ["gpt", "tp=2,pp=2", "wasm", ["--dim", "seq=16", "--set", "vocabSize=64"]],
    ["vit", "dp=2", "wasm", ["--set", "imgSize=96"]],
  ];
  test.each(full ? steps : steps.slice(0, 1))(
    "a training step of %s",
    async (model, mesh, device, more) => {
      const { code, stdout } = await verify(model, mesh, device, "--train", "--steps", "1", ...more);
      const result = JSON.parse(stdout) as { readonly checks: readonly { readonly ok: boolean }[] };
      expect(result.checks.length).toBeGreaterThanOrEqual(4);
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(code).toBe(0);
    },
    600_000,
  );
});
