/** Plans, and every operator, on tfjs over WebGPU, on a software GPU; `SBPC_FULL=1` runs every mesh and training steps. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { gpuMissing } from "./adapter.ts";

const models = {
  vit: ["examples/vit.ts", "--batch", "2", "--set", "size=tiny"],
  gpt: ["examples/gpt.ts", "--batch", "2", "--dim", "seq=16", "--set", "layers=2", "--set", "vocabSize=64"],
} as const;
type Name = keyof typeof models;

/** Of a training step: images of 36 patches, and layers as wide as ViT-Tiny's, whose backward pass a software GPU does in seconds. */
const inStep: Readonly<Record<Name, readonly string[]>> = {
  vit: ["--set", "imgSize=96"],
  gpt: ["--set", "hiddenSize=192", "--set", "heads=3"],
};

const full = process.env["SBPC_FULL"] === "1";
const meshes = ["1", "dp=2", "tp=2", "pp=2"];
const all = (Object.keys(models) as Name[]).flatMap((name) => meshes.map((mesh) => [name, mesh] as const));
const timeout = 600_000;

const verify = (model: Name, mesh: string, ...more: string[]) =>
  runCli(
    [
      "verify",
      ...models[model],
      "--mesh",
      mesh,
      "--backend",
      "tfjs",
      "--device",
      "webgpu",
      "--timeout",
      "300",
      "--json",
      ...more,
    ],
    { timeoutMilliseconds: timeout },
  );

describe.skipIf(gpuMissing)("tfjs on a software GPU", () => {
  test.each(full ? all : [["gpt", "tp=2"] as const])(
    "%s on %s",
    async (model, mesh) => {
      const { code, stdout, stderr } = await verify(model, mesh);
      expect(stderr).not.toContain("error");
      const { backend, outputs } = JSON.parse(stdout) as {
        readonly backend: string;
        readonly outputs: readonly { readonly maxRelative: number }[];
      };
      expect(backend).toBe("tfjs on webgpu");
      expect(outputs.length).toBeGreaterThan(0);
      for (const { maxRelative } of outputs) expect(maxRelative).toBeLessThanOrEqual(1e-3);
      expect(code).toBe(0);
    },
    timeout,
  );

  test.skipIf(!full).each(all)(
    "a training step of %s on %s",
    async (model, mesh) => {
      const { code, stdout } = await verify(model, mesh, "--train", "--steps", "1", ...inStep[model]);
      const { checks } = JSON.parse(stdout) as { readonly checks: readonly { readonly ok: boolean }[] };
      expect(checks.length).toBeGreaterThanOrEqual(4);
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(code).toBe(0);
    },
    timeout,
  );

  test(
    "every operator does what the README says",
    async () => {
      const run = promisify(execFile);
      // From the sources alone: its errors are told by class.
      const { SBPC_BUILT: _, ...env } = process.env;
      const { stdout } = await run(
        process.execPath,
        ["--import", "tsx", "tests/bench/ops-by-backend.ts", "--check", "tfjs:webgpu"],
        { env },
      );
      expect(stdout).toMatch(/tfjs:webgpu: \d{3} operators/);
    },
    timeout,
  );
});
