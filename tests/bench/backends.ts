/**
 * One step of ViT-Tiny on every backend that can be had here, on the same plans: time per step, in segments, in communication
 * (reducing and waiting for others) and in copies, and how many values pass between host and backend.
 * `npm run bench:backends [-- place …]`, a place being e.g. `tfjs:webgpu`; default: those that need no GPU.
 */
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { table } from "../../src/inspect/text.ts";
import { buildModel } from "../../src/nn/model.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { runPlan, type RunResult } from "../../src/run.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import vit from "../../examples/vit.ts";

const given = process.argv.slice(2);
const places = given.length > 0 ? given : ["onnxruntime:cpu", "tfjs:wasm", "tfjs:cpu"];
const meshes = ["1", "dp=2", "tp=2"];
const batch = 2;
const settings = { size: "tiny" };
/** The first ones warm up: `stepSeconds` leaves out three. */
const steps = 5;

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

const plans = meshes.map((mesh) => [mesh, plan(mesh)] as const);
const milliseconds = (seconds: number) => (1000 * seconds).toFixed(1);

const rows: string[][] = [];
for (const place of places) {
  const [backend = "", device = ""] = place.split(":");
  for (const [mesh, contender] of plans) {
    const result = await runPlan(contender, { backend, device, steps, threads: 1, timeoutSeconds: 300 });
    const mean = (pick: (one: RunResult["devices"][number]) => number) =>
      result.devices.reduce((sum, one) => sum + pick(one), 0) / result.devices.length;
    rows.push([
      place,
      mesh,
      milliseconds(result.stepSeconds),
      milliseconds(mean((one) => one.segmentSeconds)),
      milliseconds(mean((one) => one.collectiveSeconds + one.waitSeconds)),
      milliseconds(mean((one) => one.copySeconds)),
      mean((one) => one.toHost).toFixed(0),
      mean((one) => one.toDevice).toFixed(0),
    ]);
  }
}
process.stdout.write(`ViT-${settings.size}, batch ${batch}; milliseconds and values per step and device\n`);
process.stdout.write(
  `${table(["place", "mesh", "step", "segments", "communication", "copies", "to host", "to backend"], rows).join("\n")}\n`,
);
