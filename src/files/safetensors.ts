/** Reads and writes .safetensors files; a tensor's bytes are read only when asked for. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { bytesView, viewBytes } from "../ir/tensor-data.ts";
import type { HostTensor } from "../plan/backend.ts";
import {
  headerLengthBytes,
  layOutSafetensors,
  parseSafetensorsHeader,
  safetensorsHeaderLength,
  type TensorEntry,
} from "../plan/safetensors.ts";
import { writeAtomicallySync } from "./atomic.ts";

/** What the file holds, without reading it. */
export function listSafetensors(path: string): TensorEntry[] {
  return withFile(path, (file, size) => entriesOf(file, size));
}

/** All tensors of a file, or those that `wanted` accepts. */
export function readSafetensors(
  path: string,
  wanted: (entry: TensorEntry) => boolean = () => true,
): Map<string, HostTensor> {
  return withFile(path, (file, size) => {
    const tensors = new Map<string, HostTensor>();
    for (const entry of entriesOf(file, size)) {
      if (!wanted(entry)) continue;
      const data = viewBytes(entry.dtype, readAt(file, entry.offset, entry.length));
      tensors.set(entry.name, { dtype: entry.dtype, shape: entry.shape, data });
    }
    return tensors;
  });
}

/** Writes the tensors in their order, whole or not at all. */
export function writeSafetensors(path: string, tensors: ReadonlyMap<string, HostTensor>): void {
  const parts = formatted(path, () => {
    const { head } = layOutSafetensors(
      [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    );
    return [head, ...[...tensors.values()].map(({ data }) => bytesView(data))];
  });
  writeAtomicallySync(path, parts);
}

function entriesOf(file: number, size: number): TensorEntry[] {
  const length = safetensorsHeaderLength(readAt(file, 0, Math.min(headerLengthBytes, size)), size);
  return parseSafetensorsHeader(readAt(file, headerLengthBytes, length), size);
}

function readAt(file: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const n = readSync(file, bytes, done, Math.min(length - done, 1 << 30), position + done);
    if (n === 0) throw new Error("it became shorter while it was read");
    done += n;
  }
  return bytes;
}

function withFile<T>(path: string, use: (file: number, size: number) => T): T {
  return formatted(path, () => {
    const file = openSync(path, "r");
    try {
      return use(file, fstatSync(file).size);
    } finally {
      closeSync(file);
    }
  });
}

/** Does `work`; what goes wrong is reported with the file's name. */
export function formatted<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SbpcError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return fail("file-not-found", { path });
    return fail("file-unreadable", { path, problem: (error as Error).message });
  }
}
