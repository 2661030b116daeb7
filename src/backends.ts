/** Where segments can run: every backend with its devices, and what is allowed of a difference there. */
import { delimiter } from "node:path";
import { moduleUrl } from "../backends/local/module-url.ts";
import { fail } from "./diagnostics/diagnostic.ts";
import { defaultTolerance } from "./plan/compare.ts";
import { range } from "./support/collections.ts";

type Environment = Readonly<Record<string, string>>;

export interface DeviceKind {
  /** Largest allowed max|a-b| / max|b| of f32 against the reference. */
  readonly tolerance: number;
  /**
   * Whether every device has a process of its own: GPUs of a provider of ONNX Runtime do not bear another thread's beside them, and
   * a process of tfjs has one GPU.
   */
  readonly processes?: true;
  /** Environments that the processes of `ranks` devices take in turn. */
  readonly environments?: (ranks: number) => readonly Environment[];
}

interface BackendKind {
  /** Its module, beside this one in the sources and in the built package; it exports `createBackend`. */
  readonly module: string;
  readonly devices: Readonly<Record<string, DeviceKind>>;
}

const exact: DeviceKind = { tolerance: defaultTolerance("f32") };

/** What a GPU gives may differ by, which adds up in other orders. */
const gpuTolerance = 1e-3;

/** SBPC_WEBGPU_ADAPTERS names Vulkan drivers (ICD files) that the devices take in turn. */
const webgpu: DeviceKind = {
  tolerance: gpuTolerance,
  processes: true,
  environments: () =>
    listed(process.env["SBPC_WEBGPU_ADAPTERS"], delimiter).map((path) => ({
      VK_DRIVER_FILES: path,
      VK_ICD_FILENAMES: path,
    })),
};

const cuda: DeviceKind = { tolerance: gpuTolerance, processes: true };

/** TensorFlow in a process takes the one GPU that it is shown: device `rank` of those that are visible here. */
const cudaByEnvironment: DeviceKind = {
  ...cuda,
  environments: (ranks) => {
    const visible = listed(process.env["CUDA_VISIBLE_DEVICES"], ",");
    return range(ranks).map((rank) => ({
      CUDA_VISIBLE_DEVICES: visible[rank] ?? (visible.length > 0 ? "" : String(rank)),
    }));
  },
};

function listed(text: string | undefined, separator: string): string[] {
  return (text ?? "").split(separator).filter((part) => part !== "");
}

/** The first backend and its first device are the defaults, and what others are compared with. */
const table: Readonly<Record<string, BackendKind>> = {
  onnxruntime: { module: "../backends/onnxruntime/index", devices: { cpu: exact, webgpu, cuda } },
  tfjs: {
    module: "../backends/tfjs/index",
    devices: {
      cpu: { tolerance: 1e-4 },
      wasm: { tolerance: 1e-4 },
      webgpu,
      cuda: cudaByEnvironment,
    },
  },
};

export const backendNames: readonly string[] = Object.keys(table);
export const deviceNames: readonly string[] = [
  ...new Set(Object.values(table).flatMap(({ devices }) => Object.keys(devices))),
];

/** What runs the unsharded model that others are compared with. */
export const reference = { backend: "onnxruntime", device: "cpu" } as const;

export interface Place extends DeviceKind {
  readonly backend: string;
  readonly device: string;
  /** URL of the backend's module. */
  readonly url: string;
}

/** Error: backend-missing, where there is no such backend or it does not run there. */
export function placeOf(backend: string = reference.backend, device: string = reference.device): Place {
  const kind = table[backend];
  if (kind === undefined) {
    return fail("backend-missing", {
      backend,
      problem: "there is none of this name",
      remedy: `Use ${backendNames.join(" or ")}.`,
    });
  }
  const found = kind.devices[device];
  if (found === undefined) {
    return fail("backend-missing", {
      backend: `${backend} on ${device}`,
      problem: "this backend does not run there",
      remedy: `Use --device ${Object.keys(kind.devices).join(" or ")}.`,
    });
  }
  return { ...found, backend, device, url: moduleUrl(kind.module, import.meta.url).href };
}

/** How the place is called in results. */
export function printPlace({ backend, device }: Pick<Place, "backend" | "device">): string {
  return device === reference.device ? backend : `${backend} on ${device}`;
}
