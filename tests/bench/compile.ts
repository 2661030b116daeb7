/**
 * Time of the passes per operator of the model as GPT-2 grows from 12 to 192 layers, or with `--train` of a step with AdamW from 12
 * to 96: the slowest size must be within 1.3 times of the fastest. Code that has just been loaded is several times slower,
 * whatever the size, so every size runs in a process of its own and warm: after compiling as many operators as the others.
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
/** Layers of the model that every size is timed beside, in turn: what the machine's speed does meets both. */
const besideLayers = 24;
/** Operators that a process compiles before it counts, and pairs of times that it counts. */
const warmUpOps = train ? 3_000 : 25_000;
const repeats = train ? 3 : 7;

interface Run {
  readonly ops: number;
  readonly milliseconds: number;
  /** Time per operator over that of the model beside. */
  readonly ratio: number;
  /** Of differentiate alone; 0 where nothing is trained. */
  readonly differentiate: number;
  readonly slowest: string;
}

function measure(layers: number): Omit<Run, "ratio"> {
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

/** Compiles until so many operators have been; gives the last compilation, and milliseconds per operator. */
function measureOps(
  layers: number,
  most: number,
): { readonly last: Omit<Run, "ratio">; readonly perOp: number } {
  let [ops, milliseconds] = [0, 0];
  for (;;) {
    const last = measure(layers);
    ops += last.ops;
    milliseconds += last.milliseconds;
    if (ops >= most) return { last, perOp: milliseconds / ops };
  }
}

/** The median of warm pairs in this process. */
function measureWarm(layers: number): Run {
  measureOps(layers, warmUpOps / 2);
  measureOps(besideLayers, warmUpOps / 2);
  const { ops } = measure(Math.max(layers, besideLayers));
  const runs = Array.from({ length: repeats }, (): Run => {
    const [own, beside] = [measureOps(layers, ops), measureOps(besideLayers, ops)];
    return { ...own.last, milliseconds: own.perOp * own.last.ops, ratio: own.perOp / beside.perOp };
  });
  const sorted = runs.sort((a, b) => a.ratio - b.ratio);
  return sorted[Math.floor(sorted.length / 2)] as Run;
}

function inProcess(layers: number): Run {
  const args = [fileURLToPath(import.meta.url), meshText, "--layers", String(layers)];
  if (train) args.push("--train");
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Run;
}

function report(): string[] {
  const rows = sizes.map((layers) => ({ layers, ...inProcess(layers) }));
  const fastest = Math.min(...rows.map(({ ratio }) => ratio));
  return table(
    ["layers", "ops", "passes (ms)", "per op, of the fastest", "differentiate per op (us)", "slowest pass"],
    rows.map((row) => [
      row.layers,
      row.ops,
      row.milliseconds.toFixed(0),
      (row.ratio / fastest).toFixed(2),
      ((1000 * row.differentiate) / row.ops).toFixed(1),
      row.slowest,
    ]),
  );
}

process.stdout.write(
  oneSize === undefined ? `${report().join("\n")}\n` : JSON.stringify(measureWarm(Number(oneSize))),
);
