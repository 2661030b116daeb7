/**
 * Time of the passes per operator of the model as GPT-2 grows from 12 to 192 layers, or with `--train` of a step with AdamW from 12
 * to 96: the slowest size must be within 1.3 times of the fastest. Code that has just been loaded is several times slower,
 * whatever the size, so every size runs warm, in a process of its own.
 * `npm run bench:compile [-- --train] [mesh]`: bundled first, since a loader that keeps the names of functions slows small ones down.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile, findBatchAxes } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { table } from "../../src/inspect/text.ts";
import { buildModel } from "../../src/nn/model.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { sum } from "../../src/support/collections.ts";
import gpt from "../../examples/gpt.ts";
import { trainOptions } from "../support/train.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { train: { type: "boolean", default: false }, layers: { type: "string" } },
});
const { train, layers: oneSize } = flags;
const meshText = positionals[0] ?? "dp=2,tp=2";
const sizes = train ? [12, 24, 48, 96] : [12, 24, 48, 96, 192];
/** Rounds of all sizes, in turn, so that a drift of the machine's speed meets all of them. */
const rounds = train ? 1 : 3;
/** Of compiling, in one process: not counted, and counted. */
const warmUpSeconds = 6;
const repeats = train ? 3 : 7;

interface Run {
  readonly ops: number;
  readonly milliseconds: number;
  /** Of differentiate alone; 0 where nothing is trained. */
  readonly differentiate: number;
  readonly slowest: string;
}

function measure(layers: number): Run {
  const settings = { layers: String(layers), ...(train ? { training: "true" } : {}) };
  const build = (batch: number) => buildModel(gpt, { dims: { batch }, settings });
  const graph = build(8);
  const { phases } = compile({
    whole: graph,
    micro: graph,
    mesh: parseMesh(meshText),
    cluster: presetCluster("a100-node"),
    hints: true,
    microbatches: 1,
    dims: { batch: 8 },
    settings,
    check: false,
    ...(train ? { train: trainOptions(), batchAxes: findBatchAxes(build(16), graph, 2) } : {}),
  });
  const slowest = [...phases].sort((a, b) => b.milliseconds - a.milliseconds)[0];
  return {
    ops: graph.nodes.length,
    milliseconds: sum(phases.map((phase) => phase.milliseconds)),
    differentiate: phases.find(({ name }) => name === "differentiate")?.milliseconds ?? 0,
    slowest: `${slowest?.name} ${slowest?.milliseconds.toFixed(0)} ms`,
  };
}

function median(runs: readonly Run[]): Run {
  const sorted = [...runs].sort((a, b) => a.milliseconds - b.milliseconds);
  return sorted[Math.floor(sorted.length / 2)] as Run;
}

/** The median of warm runs in this process. */
function measureWarm(layers: number): Run {
  const warmAt = performance.now() + 1000 * warmUpSeconds;
  do measure(layers);
  while (performance.now() < warmAt);
  return median(Array.from({ length: repeats }, () => measure(layers)));
}

function inProcess(layers: number): Run {
  const args = [fileURLToPath(import.meta.url), meshText, "--layers", String(layers)];
  if (train) args.push("--train");
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Run;
}

function report(): string[] {
  const runs = new Map(sizes.map((layers) => [layers, [] as Run[]]));
  for (let i = 0; i < rounds; i++) for (const layers of sizes) runs.get(layers)?.push(inProcess(layers));
  const rows = sizes.map((layers) => {
    const run = median(runs.get(layers) ?? []);
    return { layers, ...run, perOp: (1000 * run.milliseconds) / run.ops };
  });
  const fastest = Math.min(...rows.map((row) => row.perOp));
  return table(
    ["layers", "ops", "passes (ms)", "per op (us)", "ratio", "differentiate per op (us)", "slowest pass"],
    rows.map((row) => [
      row.layers,
      row.ops,
      row.milliseconds.toFixed(0),
      row.perOp.toFixed(0),
      (row.perOp / fastest).toFixed(2),
      ((1000 * row.differentiate) / row.ops).toFixed(1),
      row.slowest,
    ]),
  );
}

process.stdout.write(
  oneSize === undefined ? `${report().join("\n")}\n` : JSON.stringify(measureWarm(Number(oneSize))),
);
