/**
 * Time of the passes per operator as GPT-2 grows from 12 to 192 layers: it must not grow (1.3 times at most).
 * `npx tsx tests/bench/compile.ts [mesh]`
 */
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { table } from "../../src/inspect/text.ts";
import { buildModel } from "../../src/nn/model.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { sum } from "../../src/support/collections.ts";
import gpt from "../../examples/gpt.ts";

const mesh = parseMesh(process.argv[2] ?? "dp=2,tp=2");
const sizes = [12, 24, 48, 96, 192];
const repeats = 3;

function measure(layers: number): { ops: number; milliseconds: number; slowest: string } {
  const settings = { layers: String(layers) };
  const graph = buildModel(gpt, { dims: { batch: 8 }, settings });
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

measure(12); // Warms the JIT up.
// Sizes in turn, so that a drift of the machine's speed meets all of them.
const runs = new Map(sizes.map((layers) => [layers, [] as ReturnType<typeof measure>[]]));
for (let i = 0; i < repeats; i++) for (const layers of sizes) runs.get(layers)?.push(measure(layers));

const rows = sizes.map((layers) => {
  const sorted = (runs.get(layers) ?? []).sort((a, b) => a.milliseconds - b.milliseconds);
  const median = sorted[Math.floor(sorted.length / 2)] as ReturnType<typeof measure>;
  return { layers, ...median, perOp: (1000 * median.milliseconds) / median.ops };
});
const first = rows[0]?.perOp ?? 1;
const lines = table(
  ["layers", "ops", "passes (ms)", "per op (us)", "ratio", "slowest pass"],
  rows.map((row) => [
    row.layers,
    row.ops,
    row.milliseconds.toFixed(0),
    row.perOp.toFixed(0),
    (row.perOp / first).toFixed(2),
    row.slowest,
  ]),
);
process.stdout.write(`${lines.join("\n")}\n`);
