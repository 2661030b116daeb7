/**
 * Throughput of ViT-Base (batch 8) on two worker devices of one thread each, dp=2 and tp=2, against one ONNX Runtime session
 * with two threads: medians, measured in turn; time in segments, in collectives and in copies told apart.
 * `npx tsx tests/bench/throughput.ts [rounds] [size]`
 */
import { createBackend } from "../../backends/onnxruntime/index.ts";
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { table } from "../../src/inspect/text.ts";
import { tensorTypeOf, type Graph } from "../../src/ir/graph.ts";
import { knownShape } from "../../src/ir/types.ts";
import { buildModel } from "../../src/nn/model.ts";
import { encodeModel } from "../../src/onnx/write.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { fillInput, fillParameter } from "../../src/plan/random.ts";
import { runPlan, type RunResult } from "../../src/run.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import vit from "../../examples/vit.ts";

const rounds = Number(process.argv[2] ?? 5);
const settings = { size: process.argv[3] ?? "base" };
const batch = 8;
/** Steps of one turn; the first three warm up. */
const steps = 8;
const warmUp = 3;

const graph = buildModel(vit, { dims: { batch }, settings });

function plan(mesh: string): Plan {
  const options = {
    cluster: presetCluster("local"),
    hints: true,
    microbatches: 1,
    dims: { batch },
    settings,
  };
  return compile({ whole: graph, micro: graph, mesh: parseMesh(mesh), ...options }).plan;
}

function whole(
  graph: Graph,
  name: string,
): { dtype: HostTensor["dtype"]; shape: readonly number[]; box: { start: number[]; size: number[] } } {
  const type = tensorTypeOf(graph, name);
  const shape = knownShape(type);
  return { dtype: type.dtype, shape, box: { start: shape.map(() => 0), size: [...shape] } };
}

/** One session of two threads, weights as initializers. */
async function session(): Promise<() => Promise<number>> {
  const backend = await createBackend({ device: "cpu", threads: 2 });
  const bound = new Map<string, HostTensor>();
  const inputs: HostTensor[] = [];
  for (const source of graph.sources) {
    if (source.kind !== "parameter" && source.kind !== "input") continue;
    const { dtype, shape, box } = whole(graph, source.value);
    if (source.kind === "parameter") {
      bound.set(source.value, {
        dtype,
        shape,
        data: fillParameter(source.initializer, shape, box, dtype, 0, source.value),
      });
    } else {
      inputs.push({
        dtype,
        shape,
        data: fillInput({ kind: "normal" }, source.value, shape, box, dtype, {
          seed: 0,
          batchAxis: 0,
          sampleOffset: 0,
        }),
      });
    }
  }
  const segment = await backend.load(encodeModel(graph), bound);
  const feeds = inputs.map((input) => backend.upload(input));
  return async () => {
    const seconds: number[] = [];
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      await segment.run(feeds);
      seconds.push((performance.now() - start) / 1000);
    }
    return median(seconds.slice(warmUp));
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

const baseline = await session();
const contenders = new Map(["dp=2", "tp=2"].map((mesh) => [mesh, plan(mesh)]));
const times = new Map<string, number[]>([
  ["session", []],
  ...[...contenders.keys()].map((mesh) => [mesh, []] as [string, number[]]),
]);
const details = new Map<string, RunResult>();
for (let round = 0; round < rounds; round++) {
  times.get("session")?.push(await baseline());
  for (const [mesh, contender] of contenders) {
    const result = await runPlan(contender, { steps, threads: 1 });
    times.get(mesh)?.push(result.stepSeconds);
    details.set(mesh, result);
  }
}

const reference = median(times.get("session") ?? []);
const milliseconds = (seconds: number) => (1000 * seconds).toFixed(1);
const rows = [...times].map(([name, seconds]) => {
  const devices = details.get(name)?.devices ?? [];
  const part = (pick: (device: RunResult["devices"][number]) => number) =>
    devices.length === 0 ? "-" : milliseconds(mean(devices.map(pick)));
  return [
    name === "session" ? "one session, 2 threads" : `${name}, 2 devices of 1 thread`,
    milliseconds(median(seconds)),
    (reference / median(seconds)).toFixed(3),
    part((device) => device.segmentSeconds),
    part((device) => device.collectiveSeconds),
    part((device) => device.copySeconds),
    part((device) => device.waitSeconds),
  ];
});
process.stdout.write(
  `ViT-${settings.size}, batch ${batch}, ${rounds} rounds in turn; milliseconds per step\n`,
);
process.stdout.write(
  `${table(["", "step", "throughput", "segments", "reducing", "copies", "waiting"], rows).join("\n")}\n`,
);
process.exit(0);
