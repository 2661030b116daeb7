/**
 * Time of the passes per operator as GPT-2 grows from 12 to 192 layers: the slowest size must be within 1.3 times of the fastest.
 * Code that has not run for some seconds yet is up to three times slower, whatever the size: all sizes run warm.
 * `npx tsx tests/bench/compile.ts [mesh]`
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { table } from "../../src/inspect/text.ts";
import { buildModel } from "../../src/nn/model.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { sum } from "../../src/support/collections.ts";
import gpt from "../../examples/gpt.ts";

const mesh = parseMesh(process.argv[2] ?? "dp=2,tp=2");
const sizes = [12, 24, 48, 96, 192];
const repeats = 5;
/** Rounds of all sizes that are not counted. */
const warmUp = 3;

/** Collects what the run before left behind, which would else be collected in the next one's time. */
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function measure(layers: number): { ops: number; milliseconds: number; slowest: string } {
  const settings = { layers: String(layers) };
  const graph = buildModel(gpt, { dims: { batch: 8 }, settings });
  collectGarbage();
  const { phases } = compile({
    whole: graph,
    micro: graph,
    mesh,
    cluster: presetCluster("a100-node"),
    hints: true,
    microbatches: 1,
    dims: { batch: 8 },
    settings,
    check: false,
  });
  const slowest = [...phases].sort((a, b) => b.milliseconds - a.milliseconds)[0];
  return {
    ops: graph.nodes.length,
    milliseconds: sum(phases.map((phase) => phase.milliseconds)),
    slowest: `${slowest?.name} ${slowest?.milliseconds.toFixed(0)} ms`,
  };
}

// Sizes in turn, so that a drift of the machine's speed meets all of them.
const runs = new Map(sizes.map((layers) => [layers, [] as ReturnType<typeof measure>[]]));
for (let i = 0; i < warmUp + repeats; i++) {
  for (const layers of sizes) {
    const run = measure(layers);
    if (i >= warmUp) runs.get(layers)?.push(run);
  }
}

const rows = sizes.map((layers) => {
  const sorted = (runs.get(layers) ?? []).sort((a, b) => a.milliseconds - b.milliseconds);
  const median = sorted[Math.floor(sorted.length / 2)] as ReturnType<typeof measure>;
  return { layers, ...median, perOp: (1000 * median.milliseconds) / median.ops };
});
const fastest = Math.min(...rows.map((row) => row.perOp));
const lines = table(
  ["layers", "ops", "passes (ms)", "per op (us)", "ratio", "slowest pass"],
  rows.map((row) => [
    row.layers,
    row.ops,
    row.milliseconds.toFixed(0),
    row.perOp.toFixed(0),
    (row.perOp / fastest).toFixed(2),
    row.slowest,
  ]),
);
process.stdout.write(`${lines.join("\n")}\n`);
