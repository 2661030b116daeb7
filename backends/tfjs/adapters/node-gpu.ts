/**
 * tfjs on an NVIDIA GPU: `@tensorflow/tfjs-node-gpu`, whose native addon is bound to libtensorflow 2.9.1, CUDA 11.2 and cuDNN
 * 8.1. One process uses one GPU: the one that CUDA_VISIBLE_DEVICES shows, and the last where it shows several.
 *
 * It is missing in four ways, each with its own message: the Node version is one that it cannot run on (it calls functions
 * that Node 23 took away), the package is not there, its native addon or a library of that is not, or it runs on the CPU
 * because TensorFlow found no GPU, which it tells nobody.
 */
import { fail } from "../../../src/diagnostics/diagnostic.ts";
import type { Tf } from "../kernel.ts";
import { importPackage, type Adapter } from "./adapter.ts";

const backend = "tfjs on cuda";
const name = "@tensorflow/tfjs-node-gpu";

/** The first version of Node without `util.isArray` and `util.isNullOrUndefined`. */
const firstWithout = 23;

/** What of the package's backend object is looked at. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
}

export interface NodeGpuHost {
  /** As `process.versions.node`. */
  readonly node: string;
  readonly load: () => Promise<Tf>;
}

export async function openNodeGpuOn(host: NodeGpuHost): ReturnType<Adapter> {
  if (Number(host.node.split(".")[0]) >= firstWithout) {
    return fail("backend-missing", {
      backend,
      problem: `${name} does not run on Node ${host.node}: it calls util.isNullOrUndefined, which Node ${firstWithout} took away`,
      remedy: "Use Node 20 or 22.",
    });
  }
  let tf: Tf;
  try {
    tf = await importPackage(name, backend, host.load);
  } catch (error) {
    const problem = nativeProblem(error);
    if (problem === undefined) throw error;
    return fail("backend-missing", {
      backend,
      problem: `the native addon of ${name} cannot be loaded: ${problem}`,
      remedy: `Run: npm rebuild ${name} (it downloads libtensorflow); it needs CUDA 11.2 and cuDNN 8.1.`,
    });
  }
  await tf.ready();
  if (tf.getBackend() !== "tensorflow" || (tf.backend() as NodeBackend).isUsingGpuDevice !== true) {
    return fail("backend-missing", {
      backend,
      problem: `TensorFlow found no GPU and would run on the CPU (CUDA_VISIBLE_DEVICES is ${shown()})`,
      remedy:
        "Look at what TensorFlow wrote to standard error: it needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1, e.g. libcudart.so.11.0.",
    });
  }
  tf.enableProdMode();
  return { tf, kernelsOf: "tensorflow", sharesMemory: false };
}

function shown(): string {
  const visible = process.env["CUDA_VISIBLE_DEVICES"];
  return visible === undefined ? "not set" : `"${visible}"`;
}

/** The first line of what says that the addon, or a library that it is bound to, is not there; undefined for other errors. */
function nativeProblem(error: unknown): string | undefined {
  const { code = "", message = "" } = error as { readonly code?: string; readonly message?: string };
  const isNative =
    code === "ERR_DLOPEN_FAILED" || /tfjs_binding\.node|native addon|cannot open shared object/.test(message);
  return isNative ? (message.split("\n")[0] ?? message).trim() : undefined;
}

export const openNodeGpu: Adapter = () =>
  openNodeGpuOn({
    node: process.versions.node,
    // Not installed in development: nothing knows its types.
    load: () => import(name as string) as Promise<Tf>,
  });
