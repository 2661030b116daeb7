/** Reads and writes .npy files. */
import { readFileSync } from "node:fs";
import type { HostTensor } from "../plan/backend.ts";
import { decodeNpy, encodeNpy } from "../plan/npy.ts";
import { writeAtomicallySync } from "./atomic.ts";
import { formatted } from "./safetensors.ts";

export function readNpy(path: string): HostTensor {
  return formatted(path, () => decodeNpy(readFileSync(path)));
}

/** Writes the file whole or not at all. */
export function writeNpy(path: string, tensor: HostTensor): void {
  writeAtomicallySync(path, [formatted(path, () => encodeNpy(tensor))]);
}
