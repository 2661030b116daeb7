/**
 * Devices in processes of their own: the same results to the last bit, and whatever ends one ends the run with its cause and
 * leaves nothing behind.
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mappingProblem } from "../../../backends/local/mapping.ts";
import { runGroup } from "../../../backends/local/supervisor.ts";
import type { Fault, GroupJob, ProcessExchange, RunnablePlan } from "../../../backends/local/job.ts";
import { SbpcError, type Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import { sourceLocation } from "../../../src/diagnostics/location.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { job, pipelinePlan, twoDevicePlan } from "./support.ts";

/** In the environment of every process that these tests start. */
const mark = `SBPC_TEST_MARK_${randomUUID().replaceAll("-", "")}`;

function processes(): { readonly pid: number; readonly entry: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const has = readFileSync(`/proc/${name}/environ`, "utf8").includes(mark);
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
        const entry = /backends\/local\/(\w+)\.[jt]s/.exec(command)?.[1];
        return has && entry !== undefined ? [{ pid: Number(name), entry }] : [];
      } catch {
        return [];
      }
    });
}

/** The folder for temporary files of these tests. */
const temporary = mkdtempSync(join(tmpdir(), "sbpc-tests-"));

/** Files of mapped memory among everyone's, and whatever lies in the own folder. */
const exchangeFiles = (): string[] => [
  ...readdirSync("/dev/shm").filter(
    (name) => /^sbpc-\w{6}$/.test(name) && filesIn(`/dev/shm/${name}`).includes("exchange"),
  ),
  ...readdirSync(temporary).filter((name) => name.startsWith("sbpc-")),
];

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function eventually(check: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !check(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(check()).toBe(true);
}

async function failure(of: GroupJob, onProgress?: (text: string) => void): Promise<readonly Diagnostic[]> {
  try {
    await runGroup(of, onProgress);
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    await eventually(() => processes().length === 0);
    expect(exchangeFiles()).toEqual([]);
    return error.diagnostics;
  }
  throw new Error("the run did not fail");
}

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

test("memory can be mapped here", () => expect(mappingProblem()).toBeUndefined());

test("without koffi processes exchange by sockets, with a note and the threads' bits", async () => {
  const child = fileURLToPath(new URL("./without-koffi-child.ts", import.meta.url));
  const hidden = fileURLToPath(new URL("./hide-koffi.cjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", child], {
    env: { ...process.env, NODE_OPTIONS: `--require "${hidden}"` },
  });
  const { out, notes } = JSON.parse(stdout) as { readonly out: unknown; readonly notes: unknown };
  const threads = await runGroup(job(twoDevicePlan()));
  expect(out).toEqual([...(threads.outputs.get("out")?.data ?? [])].map(Number));
  expect(notes).toEqual([["exchange-by-sockets", expect.stringMatching(/koffi/)]]);
});

const exchanges: readonly ProcessExchange[] = ["mapped", "sockets"];
describe.skipIf(process.platform !== "linux").each(exchanges)("process devices, exchange: %s", (exchange) => {
  beforeAll(() => {
    vi.stubEnv(mark, "1");
    vi.stubEnv("TMPDIR", temporary);
  });
  afterAll(() => void vi.unstubAllEnvs());

  const inProcesses = (plan: RunnablePlan, options: Partial<GroupJob> = {}): GroupJob =>
    job(plan, { processes: true, exchange, ...options });

  function withFault(kind: Fault["kind"], rank = 1, action = 0): GroupJob {
    return inProcesses(twoDevicePlan(), { faults: [{ rank, action, kind }], timeoutSeconds: 2 });
  }

  /** A run of which device 1 hangs; `loaded` is when both are at work, or soon will be. */
  function hanging(): { readonly loaded: Promise<void>; readonly running: Promise<readonly Diagnostic[]> } {
    let running: Promise<readonly Diagnostic[]> = Promise.resolve([]);
    const loaded = new Promise<void>((resolve) => {
      running = failure({ ...withFault("hang"), timeoutSeconds: 60 }, (text) => {
        if (text.startsWith("loaded 2 ")) setTimeout(resolve, 1000);
      });
    });
    return { loaded, running };
  }

  test.each([
    ["collectives", twoDevicePlan()],
    ["sends, micro-batches and masks", pipelinePlan(3)],
  ])("give the threads' bits: %s", async (_, plan) => {
    const [threads, own] = [
      await runGroup(job(plan, { steps: 3 })),
      await runGroup(inProcesses(plan, { steps: 3 })),
    ];
    expect(own.outputs.get("out")?.data).toEqual(threads.outputs.get("out")?.data);
    expect(own.devices.map(({ bytes }) => bytes)).toEqual(threads.devices.map(({ bytes }) => bytes));
    await eventually(() => processes().length === 0);
    expect(exchangeFiles()).toEqual([]);
  });

  test("take batches while they run, and hand over outputs that are larger than a pipe", async () => {
    const rows = 8192;
    const plan = twoDevicePlan();
    const wide = JSON.parse(JSON.stringify(plan), (_key, value: unknown) =>
      Array.isArray(value) && value.length === 2 && value[0] === 4 && value[1] === 8 ? [rows, 8] : value,
    ) as RunnablePlan;
    // Shapes of the bodies are in their bytes: open dimensions take any.
    const seen: number[] = [];
    const steps = 8;
    const result = await runGroup(
      inProcesses(
        { ...wide, bodies: openRows(plan.bodies) },
        {
          steps,
          givesEveryStep: true,
          inputs: new Map([["x", { kind: "fed", dtype: "f32", shape: [rows, 8] }]]),
        },
      ),
      undefined,
      {
        batchAt: async (step) => new Map([["x", new Float32Array(rows * 8).fill(step)]]),
        onStep: (_, outputs) => void seen.push(Number(outputs.get("out")?.data[0])),
      },
    );
    expect(seen.length).toBe(steps);
    expect(new Set(seen.map((x) => x.toFixed(3))).size).toBe(steps);
    expect(result.devices.length).toBe(2);
  });

  test("one that throws: its rank, action and line; the other is cancelled", async () => {
    const [cause, note] = await failure(withFault("throw"));
    expect(cause?.message).toBe("Device 1 failed at action 0 (segment 0: fc1 to fc2): fault on purpose.");
    expect(cause?.location).toEqual(sourceLocation("mlp.ts", 3));
    expect([note?.code, note?.message]).toEqual(["devices-cancelled", "Cancelled: device 0."]);
  });

  test("one that hangs: who waits for whom, and where", async () => {
    const [cause] = await failure(withFault("hang"));
    expect(cause?.code).toBe("worker-stuck");
    expect(cause?.message).toContain(
      "device 0 waits at action 1 (all-reduce of %y) at mlp.ts:7 for device 1; device 1 is in action 0",
    );
  });

  test("one that runs out of memory", async () => {
    const [cause] = await failure({ ...withFault("exhaust-memory"), timeoutSeconds: 60 });
    expect(cause?.code).toBe("device-crashed");
    expect(cause?.message).toMatch(
      /^The process of device 1 ended by SIG\w+ at action 0 .*heap out of memory/,
    );
  });

  test.each([
    ["abort", "SIGABRT"],
    ["kill-process", "SIGKILL"],
  ] as const)("one that ends by %s: the signal, and where it was", async (kind, signal) => {
    const [cause, note] = await failure(withFault(kind));
    expect(cause?.code).toBe("device-crashed");
    expect(cause?.message).toContain(`device 1 ended by ${signal} at action 0 (segment 0: fc1 to fc2)`);
    expect(cause?.location).toEqual(sourceLocation("mlp.ts", 3));
    expect(note?.message).toBe("Cancelled: device 0.");
  });

  test("the process above them is killed while one hangs: none survives", async () => {
    const { loaded, running } = hanging();
    await loaded;
    for (const { pid, entry } of processes()) if (entry === "group") process.kill(pid, "SIGKILL");
    const [cause] = await running;
    expect(cause?.code).toBe("worker-crashed");
    expect(cause?.message).toContain("SIGKILL");
  });

  test("the process above them is killed while they start: nothing survives", async () => {
    const running = failure(inProcesses(twoDevicePlan()));
    await eventually(() => processes().some(({ entry }) => entry === "process"));
    for (const { pid, entry } of processes()) if (entry === "group") process.kill(pid, "SIGKILL");
    expect((await running)[0]?.code).toBe("worker-crashed");
  });

  test("one is killed from outside while it waits for the other: the signal, and where it was", async () => {
    const { loaded, running } = hanging();
    await loaded;
    const first = processes().find(({ entry }) => entry === "process");
    if (first !== undefined) process.kill(first.pid, "SIGKILL");
    const [cause, note] = await running;
    expect(cause?.code).toBe("device-crashed");
    expect(cause?.message).toMatch(/^The process of device \d ended by SIGKILL at action \d/);
    expect(note?.code).toBe("devices-cancelled");
  });
});

/** Bodies whose axes of size 4 are open. */
function openRows(bodies: readonly Uint8Array[]): Uint8Array[] {
  return bodies.map((body) => {
    const model = onnx.ModelProto.decode(body);
    for (const { type } of [...(model.graph?.input ?? []), ...(model.graph?.output ?? [])])
      for (const dim of type?.tensorType?.shape?.dim ?? [])
        if (Number(dim.dimValue) === 4) {
          delete dim.dimValue;
          dim.dimParam = "rows";
        }
    return onnx.ModelProto.encode(model).finish();
  });
}
