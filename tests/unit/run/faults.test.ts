/** Devices that fail: every fault ends the run soon, with its code and place, and says who was cancelled. */
import { describe, expect, test } from "vitest";
import { runGroup } from "../../../backends/local/supervisor.ts";
import type { Fault, GroupJob } from "../../../backends/local/job.ts";
import { SbpcError, type Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import { sourceLocation } from "../../../src/diagnostics/location.ts";
import { job, pipelinePlan, twoDevicePlan } from "./support.ts";

async function failure(of: GroupJob): Promise<readonly Diagnostic[]> {
  try {
    await runGroup(of);
  } catch (error) {
    if (error instanceof SbpcError) return error.diagnostics;
    throw error;
  }
  throw new Error("the run did not fail");
}

function withFault(kind: Fault["kind"], rank = 1, action = 0): GroupJob {
  return job(twoDevicePlan(), { faults: [{ rank, action, kind }], timeoutSeconds: 2 });
}

describe("faults", () => {
  test("a device that throws: its rank, action and line; the other is cancelled", async () => {
    const [cause, note] = await failure(withFault("throw"));
    expect(cause?.code).toBe("worker-failed");
    expect(cause?.message).toBe("Device 1 failed at action 0 (segment 0: fc1 to fc2): fault on purpose.");
    expect(cause?.location).toEqual(sourceLocation("mlp.ts", 3));
    expect([note?.code, note?.message]).toEqual(["devices-cancelled", "Cancelled: device 0."]);
  });

  test("a device that hangs: who waits for whom, and where", async () => {
    const [cause] = await failure(withFault("hang"));
    expect(cause?.code).toBe("worker-stuck");
    expect(cause?.message).toContain(
      "device 0 waits at action 1 (all-reduce of %y) at mlp.ts:7 for device 1",
    );
    expect(cause?.message).toContain("device 1 is in action 0 (segment 0: fc1 to fc2) at mlp.ts:3");
  });

  test("a stage that hangs: the next one waits for it", async () => {
    const [cause] = await failure(
      job(pipelinePlan(2), { faults: [{ rank: 1, action: 1, kind: "hang" }], timeoutSeconds: 2 }),
    );
    expect(cause?.code).toBe("worker-stuck");
    expect(cause?.message).toContain(
      "device 3 waits at action 0 (receive of %y from stage 0) at mlp.ts:7 for device 1",
    );
    expect(cause?.message).toContain("device 2 has finished");
  });

  test("a device that runs out of memory", async () => {
    const [cause] = await failure({ ...withFault("exhaust-memory"), timeoutSeconds: 60 });
    expect(cause?.code).toBe("worker-failed");
    expect(cause?.message).toMatch(/^Device 1 failed at action 0 .*memory/);
  });

  test("a native abort: the signal, and what the devices were doing", async () => {
    const [cause] = await failure(withFault("abort"));
    expect(cause?.code).toBe("worker-crashed");
    expect(cause?.message).toContain("SIGABRT");
  });

  test("the process killed from outside", async () => {
    const [cause] = await failure(withFault("kill-process"));
    expect(cause?.code).toBe("worker-crashed");
    expect(cause?.message).toContain("SIGKILL");
  });

  test("a body that is no model, a type that the backend lacks, a backend that is not there", async () => {
    const plan = twoDevicePlan();
    const [broken] = await failure(
      job({ ...plan, bodies: [Uint8Array.from([255, 255, 255]), ...plan.bodies.slice(1)] }),
    );
    expect(broken?.code).toBe("worker-failed");
    const slots =
      plan.stages[0]?.slots.map((slot) => (slot.name === "x" ? { ...slot, dtype: "bf16" as const } : slot)) ??
      [];
    const [bf16] = await failure(job({ ...plan, stages: plan.stages.map((stage) => ({ ...stage, slots })) }));
    expect(bf16?.code).toBe("unsupported-dtype");
    const [device] = await failure(job(plan, { backendOptions: { device: "toaster", threads: 1 } }));
    expect(device?.code).toBe("backend-missing");
    // No CUDA on the machines that run this; where there is, the run does not fail.
    if (process.env["SBPC_GPU"] === "system") return;
    const [cuda] = await failure(
      job(plan, { processes: true, backendOptions: { device: "cuda", threads: 1 } }),
    );
    expect(cuda?.code).toBe("backend-missing");
    expect(cuda?.message).toMatch(/onnxruntime on cuda is not available: .*library \(GPU [01]\)/);
    expect(cuda?.remedy).toMatch(/NVIDIA's driver, CUDA 12 and cuDNN 9.*--onnxruntime-node-install=cuda12/);
  });

  test("weights that are missing or of another size", async () => {
    const plan = twoDevicePlan();
    const file = (path: string, length: number): GroupJob =>
      job({
        ...plan,
        parameters: plan.parameters.map((p) =>
          p.name === "w1" ? { ...p, initializer: { kind: "file", path, offset: 0, length } } : p,
        ),
      });
    expect((await failure(file("/nowhere/weights.bin", 192)))[0]?.code).toBe("file-not-found");
    expect((await failure(file("/nowhere/weights.bin", 191)))[0]?.code).toBe("weights-mismatch");
  });
});
