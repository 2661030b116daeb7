/** Tensors as a command line names them: one .safetensors file, or .npy files by tensor. */
import { extname } from "node:path";
import { fail } from "./diagnostics/diagnostic.ts";
import { readNpy, writeNpy } from "./files/npy.ts";
import { readSafetensors, writeSafetensors } from "./files/safetensors.ts";
import type { HostTensor } from "./plan/backend.ts";

/** Reads `weights.safetensors`, or `x=x.npy,ids=ids.npy`. */
export function readTensors(spec: string): Map<string, HostTensor> {
  if (extname(spec) === ".safetensors") return readSafetensors(spec);
  const tensors = new Map<string, HostTensor>();
  for (const part of spec.split(",")) {
    const at = part.indexOf("=");
    const [name, path] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (at < 1 || extname(path) !== ".npy") {
      fail("usage", { problem: `"${part.trim()}" is neither a .safetensors file nor name=file.npy.` });
    }
    tensors.set(name, readNpy(path));
  }
  return tensors;
}

/** Writes a .safetensors file, or a single tensor as .npy. */
export function writeTensors(path: string, tensors: ReadonlyMap<string, HostTensor>): void {
  switch (extname(path)) {
    case ".safetensors":
      writeSafetensors(path, tensors);
      return;
    case ".npy": {
      const [only, ...more] = tensors.values();
      if (only === undefined || more.length > 0) {
        fail("usage", {
          problem: `A .npy file holds one tensor, here are ${tensors.size}: use .safetensors.`,
        });
      }
      writeNpy(path, only);
      return;
    }
    default:
      fail("usage", { problem: `${path} is neither a .safetensors nor a .npy file.` });
  }
}
