/**
 * Training steps by threads, by processes on a mapped file and by processes on sockets: the same plan gives the same outputs, gradients,
 * parameters and states to the last bit, and the same counted bytes.
 */
import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import type { ProcessExchange } from "../../backends/local/job.ts";
import { runGroup, type GroupResult } from "../../backends/local/supervisor.ts";
import { bytesView } from "../../src/ir/tensor-data.ts";
import { groupJob, sourceGraph } from "../../src/run-job.ts";
import { trainingPlan } from "../support/train.ts";

const exchanges: readonly ProcessExchange[] =
  process.platform === "win32" ? ["sockets"] : ["mapped", "sockets"];

test.each([
  ["dp=2,tp=2", 1],
  ["pp=2", 4],
] as const)(
  "a training step on %s",
  async (mesh, microbatches) => {
    const plan = await trainingPlan({ file: "examples/mlp.ts", mesh, microbatches });
    const job = {
      ...groupJob(plan, sourceGraph(plan), { steps: 2, threads: 1 }, false),
      collects: "last" as const,
    };
    const wanted = comparable(await runGroup(job));
    for (const exchange of exchanges)
      expect(comparable(await runGroup({ ...job, processes: true, exchange }))).toEqual(wanted);
  },
  300_000,
);

/** By name, a digest of every tensor; and the bytes. */
function comparable({ outputs, parameters, gradients, devices }: GroupResult) {
  const digests = [outputs, parameters, gradients].map((tensors) =>
    Object.fromEntries(
      [...tensors].map(([name, { data }]) => [
        name,
        createHash("sha256").update(bytesView(data)).digest("hex"),
      ]),
    ),
  );
  return { digests, bytes: devices.map(({ bytes }) => bytes) };
}

test("the environment says which; another word for it is an error", async () => {
  const plan = await trainingPlan({ file: "examples/mlp.ts", mesh: "dp=2", microbatches: 1 });
  const exchangeWhere = (chosen: string, device = "webgpu") => {
    vi.stubEnv("SBPC_EXCHANGE", chosen);
    try {
      return groupJob(plan, sourceGraph(plan), { device }, false).exchange;
    } finally {
      vi.unstubAllEnvs();
    }
  };
  expect([exchangeWhere(""), exchangeWhere("sockets"), exchangeWhere("mapped")]).toEqual([
    undefined,
    "sockets",
    "mapped",
  ]);
  // Threads have no choice; a wrong word is one for them too.
  expect(exchangeWhere("sockets", "cpu")).toBeUndefined();
  for (const device of ["webgpu", "cpu"])
    expect(() => exchangeWhere("pigeons", device)).toThrow(/SBPC_EXCHANGE=pigeons: use mapped or sockets/);
});
