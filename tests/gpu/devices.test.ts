/**
 * Plans on a GPU (a software one), devices in processes of their own: the same plan gives there what it gives on the CPU, to 1e-3,
 * and nothing but what is named is left to the CPU.
 */
import { delimiter } from "node:path";
import { describe, expect, test } from "vitest";
import { runGroup, type GroupResult } from "../../backends/local/supervisor.ts";
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { load } from "../../src/load.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { compareTensors } from "../../src/plan/compare.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { placeOf } from "../../src/backends.ts";
import { groupJob, sourceGraph } from "../../src/run-job.ts";
import { runPlan } from "../../src/run.ts";
import { verifyPlan } from "../../src/verify.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { trainingPlan } from "../support/train.ts";
import { gpuMissing } from "./adapter.ts";

const gpuTolerance = placeOf("onnxruntime", "webgpu").tolerance;

interface Case {
  readonly name: string;
  readonly file: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly dims: Readonly<Record<string, number>>;
}

const vit: Case = {
  name: "ViT-Tiny",
  file: "examples/vit.ts",
  settings: { size: "tiny" },
  dims: { batch: 2 },
};
const gpt: Case = {
  name: "GPT-2, 2 layers",
  file: "examples/gpt.ts",
  settings: { layers: "2", vocabSize: "1024" },
  dims: { batch: 2, seq: 16 },
};
/** In a training step: images of 36 patches, whose backward pass a software GPU does in seconds. */
function stepOf(model: Case): Case {
  return model === vit ? { ...vit, settings: { ...vit.settings, imgSize: "96" } } : model;
}

const isFull = process.env["SBPC_FULL"] === "1";
const meshes = ["1", "dp=2", "tp=2", "pp=2"];
const all = [vit, gpt].flatMap((model) => meshes.map((mesh) => [model.name, mesh, model] as const));
const timeout = 600_000;

async function forwardPlan({ file, settings, dims }: Case, mesh: string): Promise<Plan> {
  const loaded = await load(file);
  if (loaded.kind !== "model") throw new Error("not a model");
  const graph = loaded.build({ dims, settings });
  return compile({
    whole: graph,
    micro: graph,
    mesh: parseMesh(mesh),
    cluster: presetCluster("local"),
    hints: true,
    microbatches: 1,
    dims,
    settings,
    check: false,
  }).plan;
}

/** One step from random parameters: loss, gradients, new parameters and states. */
function trainOnce(plan: Plan, device: string): Promise<GroupResult> {
  const job = groupJob(plan, sourceGraph(plan), { device, steps: 1, timeoutSeconds: 300 }, true);
  return runGroup({ ...job, collects: "last" });
}

function differences(
  actual: ReadonlyMap<string, HostTensor>,
  expected: ReadonlyMap<string, HostTensor>,
): string[] {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  return [...expected].flatMap(([name, tensor]) => {
    const { ok, maxRelative } = compareTensors(actual.get(name) as HostTensor, tensor, gpuTolerance);
    return ok ? [] : [`${name}: ${maxRelative}`];
  });
}

describe.skipIf(gpuMissing)("a software GPU", () => {
  test.each(isFull ? all : [all[6] as (typeof all)[number]])(
    "forward: %s on %s",
    async (_name, mesh, model) => {
      const plan = await forwardPlan(model, mesh);
      const result = await verifyPlan(plan, { device: "webgpu", timeoutSeconds: 300 });
      expect(result.outputs.map(({ maxRelative }) => maxRelative < gpuTolerance)).toEqual([true]);
      expect(result.ok).toBe(true);
      // Not one operator is left to the CPU.
      expect(result.diagnostics).toEqual([]);
    },
    timeout,
  );

  test.each(isFull ? all : [all[7] as (typeof all)[number]])(
    "a training step: %s on %s",
    async (_name, mesh, model) => {
      const microbatches = mesh === "pp=2" ? 2 : 1;
      const plan = await trainingPlan({ ...stepOf(model), mesh, microbatches });
      const [gpu, cpu] = [await trainOnce(plan, "webgpu"), await trainOnce(plan, "cpu")];
      expect(differences(gpu.outputs, cpu.outputs)).toEqual([]);
      expect(differences(gpu.gradients, cpu.gradients)).toEqual([]);
      expect(gpu.parameters.size).toBe(cpu.parameters.size);
      // The optimizer counts steps in f64, which GPUs lack: scalars.
      const left = gpu.notes.map(({ message }) => /leaves to the CPU: (\w+) f64\[\]/.exec(message)?.[1]);
      expect(left.sort()).toEqual(["Add", "Cast", "Div", "Pow", "Sqrt", "Sub"]);
    },
    timeout,
  );

  test("each process has the adapter that is named for it; one that has none says what to install", async () => {
    const drivers = process.env["VK_DRIVER_FILES"] as string;
    process.env["SBPC_WEBGPU_ADAPTERS"] = [drivers, "/nowhere.json"].join(delimiter);
    try {
      const mlp: Case = { name: "MLP", file: "examples/mlp.ts", settings: {}, dims: { batch: 8 } };
      const first = await runPlan(await forwardPlan(mlp, "1"), { device: "webgpu" });
      expect(first.outputs.size).toBe(1);
      const second = runPlan(await forwardPlan(mlp, "tp=2"), { device: "webgpu" });
      await expect(second).rejects.toThrow(/onnxruntime on webgpu is not available: .*adapter/);
      await expect(second).rejects.toThrow(/Install a driver for the GPU/);
    } finally {
      delete process.env["SBPC_WEBGPU_ADAPTERS"];
    }
  });
});
