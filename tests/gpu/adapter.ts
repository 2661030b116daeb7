/**
 * The adapter that the tests of this folder run on: importing this puts a software one into the environment of child processes.
 * SBPC_GPU=system leaves the choice to the machine; SBPC_REQUIRE_GPU=1 fails where none can be had, instead of skipping.
 */
import { softwareAdapter } from "./software-adapter.ts";

const required = process.env["SBPC_REQUIRE_GPU"] === "1";
const adapter = process.env["SBPC_GPU"] === "system" ? undefined : softwareAdapter();

if (adapter !== undefined && "lacking" in adapter) {
  const problem = `no software GPU: ${adapter.lacking}`;
  if (required) throw new Error(problem);
  console.warn(`${problem}: the GPU tests are skipped.`);
} else if (adapter !== undefined) Object.assign(process.env, adapter.environment);

export const gpuMissing = adapter !== undefined && "lacking" in adapter;
