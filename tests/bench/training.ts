/**
 * A training step of ViT-Tiny (batch 16, AdamW) on two worker devices of one thread each, dp=2, against PyTorch on the CPU with
 * two threads: medians, measured in turn. `npm run bench:training [-- rounds]`; the Python of the PATH needs torch.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { trainOptions } from "../../src/cli/train-options.ts";
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { table } from "../../src/inspect/text.ts";
import { buildModel } from "../../src/nn/model.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { runPlan, type RunResult } from "../../src/run.ts";
import vit from "../../examples/vit.ts";

const rounds = Number(process.argv[2] ?? 5);
const batch = 16;
/** Steps of one turn; the first three warm up. */
const steps = 8;
const warmUp = 3;

const graph = buildModel(vit, { dims: { batch }, settings: { size: "tiny", training: true } });
const { plan } = compile({
  whole: graph,
  micro: graph,
  mesh: parseMesh("dp=2"),
  cluster: presetCluster("local"),
  hints: true,
  microbatches: 1,
  train: trainOptions(graph, { optimizer: "adamw" }),
  dims: { batch },
  settings: {},
});

/** PyTorch in a process of its own: runs the steps of a turn whenever it is asked to, and gives the seconds of each. */
function torch(): { turn(): Promise<readonly number[]>; end(): void } {
  const script = fileURLToPath(new URL("training_torch.py", import.meta.url));
  const child = spawn("python3", [script, `${batch}`, `${steps}`], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    turn: async () => {
      child.stdin.write("go\n");
      const { value, done } = await lines.next();
      if (done === true) throw new Error("python3 ended: it needs torch");
      return JSON.parse(value) as readonly number[];
    },
    end: () => child.kill(),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

const other = torch();
try {
  const [ours, theirs]: [number[], number[]] = [[], []];
  let last: RunResult | undefined;
  for (let round = 0; round < rounds; round++) {
    theirs.push(median((await other.turn()).slice(warmUp)));
    last = await runPlan(plan, { steps, threads: 1 });
    ours.push(last.stepSeconds);
  }
  const milliseconds = (seconds: number) => (1000 * seconds).toFixed(1);
  const part = (pick: (device: RunResult["devices"][number]) => number) => {
    const devices = last?.devices ?? [];
    return milliseconds(devices.reduce((n, device) => n + pick(device), 0) / devices.length);
  };
  const [own, reference] = [median(ours), median(theirs)];
  const rows = [
    ["PyTorch, 2 threads", milliseconds(reference), "1", "-", "-", "-", "-"],
    [
      "dp=2, 2 devices of 1 thread",
      milliseconds(own),
      (reference / own).toFixed(3),
      part((device) => device.segmentSeconds),
      part((device) => device.collectiveSeconds),
      part((device) => device.copySeconds),
      part((device) => device.waitSeconds),
    ],
  ];
  process.stdout.write(
    `ViT-tiny, batch ${batch}, a step of training, ${rounds} rounds in turn; milliseconds\n`,
  );
  process.stdout.write(
    `${table(["", "step", "throughput", "segments", "reducing", "copies", "waiting"], rows).join("\n")}\n`,
  );
} finally {
  other.end();
}
process.exit(0);
