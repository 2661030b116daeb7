/** Plans run on tfjs equal the unsharded model in ONNX Runtime; `SBPC_FULL=1` runs every model on every mesh, and training. */
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

interface Verified {
  readonly ok: boolean;
  readonly backend: string;
  readonly outputs: readonly { readonly maxRelative: number; readonly allowed: number }[];
}

const models = {
  mlp: ["examples/mlp.ts", "--batch", "8"],
  gpt: ["examples/gpt.ts", "--batch", "2", "--dim", "seq=24", "--set", "layers=2", "--set", "vocabSize=256"],
  vit: ["examples/vit.ts", "--batch", "2", "--set", "size=tiny"],
} as const;

type ModelName = keyof typeof models;
type Case = readonly [model: ModelName, mesh: string, device: "cpu" | "wasm"];

const meshes = ["1", "dp=2", "tp=2", "pp=2", "dp=2,tp=2", "dp=2,tp=2,pp=2"];
const full = process.env["SBPC_FULL"] === "1";

const sample: readonly Case[] = [
  ["mlp", "dp=2,tp=2,pp=2", "wasm"],
  ["gpt", "pp=2", "cpu"],
  ["gpt", "dp=2,tp=2", "wasm"],
  ["vit", "tp=2", "wasm"],
];

/** The whole grid on wasm. On cpu, which computes convolutions element by element, the ViT runs whole and on all axes only. */
const grid = (Object.keys(models) as ModelName[]).flatMap((model) =>
  meshes.flatMap((mesh): Case[] => [
    [model, mesh, "wasm"],
    ...(model === "vit" && mesh.split(",").length % 3 !== 0 && mesh !== "1"
      ? []
      : [[model, mesh, "cpu"] as const]),
  ]),
);

const verify = (model: readonly string[], mesh: string, device: string, ...more: string[]) =>
  runCli(["verify", ...model, "--mesh", mesh, "--backend", "tfjs", "--device", device, "--json", ...more]);

describe("on tfjs", () => {
  test.each(full ? grid : sample)(
    "%s on %s, %s",
    async (model, mesh, device) => {
      const { code, stdout, stderr } = await verify(models[model], mesh, device);
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

  const steps: readonly (readonly [string, readonly string[], string, "cpu" | "wasm"])[] = [
    ["mlp", models.mlp, "dp=2,tp=2", "cpu"],
    [
      "gpt",
      [
        ...models.gpt.slice(0, 1),
        "--batch",
        "2",
        "--dim",
        "seq=16",
        "--set",
        "layers=2",
        "--set",
        "vocabSize=64",
      ],
      "tp=2,pp=2",
      "wasm",
    ],
    ["vit", [...models.vit, "--set", "imgSize=96"], "dp=2", "wasm"],
  ];
  test.each(full ? steps : steps.slice(0, 1))(
    "a training step of %s",
    async (_, model, mesh, device) => {
      const { code, stdout } = await verify(model, mesh, device, "--train", "--steps", "1");
      const result = JSON.parse(stdout) as { readonly checks: readonly { readonly ok: boolean }[] };
      expect(result.checks.length).toBeGreaterThanOrEqual(4);
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(code).toBe(0);
    },
    600_000,
  );
});
