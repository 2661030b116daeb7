/** Every adapter by the device that it runs on. */
import type { Adapter } from "./adapter.ts";
import { openCpu, openWasm } from "./javascript.ts";
import { openNodeGpu } from "./node-gpu.ts";
import { openWebGpu } from "./webgpu.ts";

export const adapters: Readonly<Record<string, Adapter>> = {
  cpu: openCpu,
  wasm: openWasm,
  webgpu: openWebGpu,
  cuda: openNodeGpu,
};
