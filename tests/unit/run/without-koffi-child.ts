/** Runs a plan on devices in processes of their own, and prints what came out and what was noted. */
import { runGroup } from "../../../backends/local/supervisor.ts";
import { job, twoDevicePlan } from "./support.ts";

const { outputs, notes } = await runGroup(job(twoDevicePlan(), { processes: true }));
const out = [...(outputs.get("out")?.data ?? [])].map(Number);
process.stdout.write(JSON.stringify({ out, notes: notes.map(({ code, message }) => [code, message]) }));
