/** Training of models that PyTorch's exporters write: a loss is added, and steps on several devices equal those on one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { verifyTraining } from "../../src/train-verify.ts";
import { pythonTest, runPython } from "../support/python.ts";
import { slowCluster, trainingPlan } from "../support/train.ts";

const full = process.env["SBPC_FULL"] === "1";
const targets = [
  { exporter: "torchscript", mesh: "pp=2", microbatches: 2 },
  { exporter: "dynamo", mesh: "dp=2", microbatches: 1 },
  { exporter: "dynamo", mesh: "tp=2", microbatches: 1 },
];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-onnx-training-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("an exported BERT trains", () => {
  pythonTest(
    "on several devices as on one",
    async () => {
      await runPython("export_models.py", { folder, names: ["bert"] }, 200);
      for (const { exporter, mesh, microbatches } of full ? targets : targets.slice(0, 1)) {
        const plan = await trainingPlan({
          file: join(folder, `bert.${exporter}.onnx`),
          mesh,
          microbatches,
          dims: { batch: 4, sequence: 10 },
          cluster: slowCluster,
          loss: { kind: "cross-entropy", target: "labels", ignoreIndex: 3 },
        });
        const trained = plan.parameters.filter(({ stateOf }) => stateOf === "").length;
        expect(trained, "the step").toBe(1);
        const names = plan.parameters.flatMap(({ name, stateOf }) => (stateOf === undefined ? [name] : []));
        expect(names.filter((name) => !/^model\.|MatMul|^onnx::|^val_\d+$/.test(name))).toEqual([]);
        const result = await verifyTraining(plan, { steps: full ? 3 : 1, base: folder });
        expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
        expect(result.checks.length).toBeGreaterThanOrEqual(4);
        // Key biases, whose gradient is zero: the softmax does not see them.
        expect(result.zeroGradients.filter((name) => !name.endsWith("key.bias"))).toEqual([]);
        expect(result.zeroGradients.length).toBe(2);
      }
    },
    400_000,
  );
});
