/** tfjs on WebGPU, which the package `webgpu` (Dawn) brings to Node: on Vulkan, Metal or Direct3D 12. */
import { fail } from "../../../src/diagnostics/diagnostic.ts";
import type { Tf } from "../kernel.ts";
import { choose, importPackage, type Adapter } from "./adapter.ts";
import { withoutFaults } from "./webgpu-faults.ts";

const backend = "tfjs on webgpu";

/** What the package `webgpu` exports. */
export interface Dawn {
  create(options: readonly string[]): { requestAdapter(): Promise<unknown> };
  readonly globals: Readonly<Record<string, unknown>>;
}

/** How its parts are had. */
export interface WebGpuPackages {
  readonly dawn: () => Promise<Dawn>;
  readonly core: () => Promise<Tf>;
  readonly backend: () => Promise<unknown>;
}

const packages: WebGpuPackages = {
  dawn: () => import("webgpu") as unknown as Promise<Dawn>,
  core: () => import("@tensorflow/tfjs-core"),
  backend: () => import("@tensorflow/tfjs-backend-webgpu"),
};

/** Options of Dawn, e.g. `adapter=llvmpipe`, separated by blanks. */
const optionsVariable = "SBPC_DAWN_OPTIONS";

/**
 * `navigator.gpu` stays reachable from the global object: a Dawn instance that is collected takes the process with it. It
 * must be there before tfjs's backend is imported, which registers itself only where it is.
 */
export async function openWebGpuWith(load: WebGpuPackages): ReturnType<Adapter> {
  const dawn = await importPackage("webgpu", backend, load.dawn);
  const tf = await importPackage("@tensorflow/tfjs-core", backend, load.core);
  Object.assign(globalThis, dawn.globals);
  const options = (process.env[optionsVariable] ?? "").split(" ").filter((option) => option !== "");
  const gpu = dawn.create(options);
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true, writable: true });
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter == null) {
    return fail("backend-missing", {
      backend,
      problem: "no GPU adapter was found",
      remedy: "Install a driver of Vulkan, Metal or Direct3D 12 (Mesa's lavapipe is one in software).",
    });
  }
  await importPackage("@tensorflow/tfjs-backend-webgpu", backend, load.backend);
  await choose(tf, "webgpu", backend);
  return { tf: withoutFaults(tf), kernelsOf: "webgpu", sharesMemory: false };
}

export const openWebGpu: Adapter = () => openWebGpuWith(packages);
