/**
 * Descriptions of clusters: what one device can do, and what the links between devices carry.
 *
 * The JSON form (`--cluster FILE`), every figure per device and per direction:
 *
 *   { "name": "my-cluster",
 *     "device": { "flops": { "f32": 19.5e12, "f16": 312e12 },  peak floating-point operations per second; "f32" is needed
 *                 "memoryBandwidth": 2.0e12,                    bytes per second
 *                 "memory": 80e9,                               bytes
 *                 "launchSeconds": 4e-6 },                      fixed cost of starting one operator
 *     "devicesPerNode": 8,                                      absent: all devices are in one node
 *     "links": { "intraNode": { "alphaSeconds": 3e-6, "bytesPerSecond": 235e9 },
 *                "interNode": { "alphaSeconds": 1.2e-5, "bytesPerSecond": 22e9 } } }
 *
 * Devices are dealt to nodes in the order of their global ranks.
 */
import { diagnostic, fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { isDataType, type DataType } from "../ir/types.ts";

/** A link in the alpha-beta model: a message of n bytes takes `alphaSeconds + n / bytesPerSecond`. */
export interface Link {
  readonly alphaSeconds: number;
  readonly bytesPerSecond: number;
}

export interface Device {
  /** Peak floating-point operations per second by element type; f32 stands in for what is absent. */
  readonly flops: { readonly f32: number } & Readonly<Partial<Record<DataType, number>>>;
  readonly memoryBandwidth: number;
  readonly memory: number;
  readonly launchSeconds: number;
}

export interface Cluster {
  readonly name: string;
  readonly device: Device;
  /** Infinity where all devices are in one node. */
  readonly devicesPerNode: number;
  readonly links: { readonly intraNode: Link; readonly interNode: Link };
}

const a100: Device = {
  flops: { f32: 19.5e12, f16: 312e12, bf16: 312e12, f64: 9.7e12 },
  memoryBandwidth: 2.0e12,
  memory: 80e9,
  launchSeconds: 4e-6,
};

const h100: Device = {
  flops: { f32: 67e12, f16: 989e12, bf16: 989e12, f64: 34e12, f8e4m3fn: 1979e12, f8e5m2: 1979e12 },
  memoryBandwidth: 3.35e12,
  memory: 80e9,
  launchSeconds: 4e-6,
};

const nvlink3: Link = { alphaSeconds: 3e-6, bytesPerSecond: 235e9 };
const nvlink4: Link = { alphaSeconds: 3e-6, bytesPerSecond: 370e9 };
const infiniband200: Link = { alphaSeconds: 1.2e-5, bytesPerSecond: 22e9 };
const infiniband400: Link = { alphaSeconds: 1.2e-5, bytesPerSecond: 45e9 };

/**
 * `local`: worker threads of one machine over shared memory. A collective ends a segment, waits at barriers, and every byte
 * passes through memory several times (copied out, reduced, copied in), shared with the other devices.
 * The GPU figures are the vendors' peaks for compute and what NCCL reaches of the links' peaks.
 */
export const clusterPresets: Readonly<Record<string, Cluster>> = {
  local: {
    name: "local",
    device: { flops: { f32: 5e10 }, memoryBandwidth: 1.2e10, memory: 64e9, launchSeconds: 4e-6 },
    devicesPerNode: Infinity,
    links: {
      intraNode: { alphaSeconds: 1.5e-4, bytesPerSecond: 2.5e9 },
      interNode: { alphaSeconds: 1.5e-4, bytesPerSecond: 2.5e9 },
    },
  },
  "a100-node": {
    name: "a100-node",
    device: a100,
    devicesPerNode: 8,
    links: { intraNode: nvlink3, interNode: infiniband200 },
  },
  "h100-node": {
    name: "h100-node",
    device: h100,
    devicesPerNode: 8,
    links: { intraNode: nvlink4, interNode: infiniband400 },
  },
  "a100-ethernet": {
    name: "a100-ethernet",
    device: a100,
    devicesPerNode: 8,
    links: { intraNode: nvlink3, interNode: { alphaSeconds: 3e-5, bytesPerSecond: 2.8e9 } },
  },
};

/** The preset of that name; `bad-cluster` where there is none. */
export function presetCluster(name: string): Cluster {
  const preset = Object.hasOwn(clusterPresets, name) ? clusterPresets[name] : undefined;
  if (preset !== undefined) return preset;
  return fail("bad-cluster", {
    place: name,
    problem: `the presets are ${Object.keys(clusterPresets).join(", ")}`,
  });
}

/** What `clusterOf` reads: a preset's name where it is one, else the JSON form. */
export function clusterText(cluster: Cluster): string {
  if (clusterPresets[cluster.name] === cluster) return cluster.name;
  // Infinity, all devices in one node, is an absent field.
  const { devicesPerNode, ...rest } = cluster;
  return JSON.stringify(Number.isFinite(devicesPerNode) ? { ...rest, devicesPerNode } : rest);
}

/** The cluster that `clusterText` wrote; `bad-cluster` where it is none. */
export function clusterOf(text: string): Cluster {
  return text.startsWith("{") ? parseCluster(text, "the plan's cluster") : presetCluster(text);
}

/** The name in `clusterText`'s text. */
export function clusterName(text: string): string {
  return text.startsWith("{") ? clusterOf(text).name : text;
}

/** Reads the JSON form; `place` names its file in errors (`bad-cluster`). */
export function parseCluster(text: string, place: string): Cluster {
  const bad = (problem: string): never => {
    throw new SbpcError([diagnostic("bad-cluster", { place, problem })]);
  };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return bad(error instanceof Error ? error.message : String(error));
  }
  const record = (value: unknown, path: string): Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : bad(`${path} is not an object`);
  const positive = (value: unknown, path: string): number =>
    typeof value === "number" && value > 0 ? value : bad(`${path} must be a positive number`);
  const notNegative = (value: unknown, path: string): number =>
    typeof value === "number" && value >= 0 ? value : bad(`${path} must be a number, 0 or more`);
  const link = (value: unknown, path: string): Link => {
    const fields = record(value, path);
    return {
      alphaSeconds: notNegative(fields["alphaSeconds"], `${path}.alphaSeconds`),
      bytesPerSecond: positive(fields["bytesPerSecond"], `${path}.bytesPerSecond`),
    };
  };

  const root = record(document, "the cluster");
  const device = record(root["device"], "device");
  const rates = record(device["flops"], "device.flops");
  const flops: Partial<Record<DataType, number>> = {};
  for (const [dtype, rate] of Object.entries(rates)) {
    if (!isDataType(dtype)) bad(`device.flops.${dtype} is not an element type`);
    else flops[dtype] = positive(rate, `device.flops.${dtype}`);
  }
  const links = record(root["links"], "links");
  const intraNode = link(links["intraNode"], "links.intraNode");
  return {
    name: typeof root["name"] === "string" ? root["name"] : place,
    device: {
      flops: { ...flops, f32: positive(rates["f32"], "device.flops.f32") },
      memoryBandwidth: positive(device["memoryBandwidth"], "device.memoryBandwidth"),
      memory: positive(device["memory"], "device.memory"),
      launchSeconds: notNegative(device["launchSeconds"], "device.launchSeconds"),
    },
    devicesPerNode:
      root["devicesPerNode"] === undefined ? Infinity : positive(root["devicesPerNode"], "devicesPerNode"),
    links: {
      intraNode,
      interNode: links["interNode"] === undefined ? intraNode : link(links["interNode"], "links.interNode"),
    },
  };
}
