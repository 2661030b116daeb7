/**
 * The folder of an ONNX model, and writing model files.
 *
 * Only the model itself may be a link. Every other path must name a plain file inside the folder that has no second name and
 * is reached through no link: so a model that comes from anywhere can read nothing but what came with it.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fail } from "../diagnostics/diagnostic.ts";
import { readModel } from "../onnx/read-model.ts";
import type { DecodedModel, ModelFiles } from "../onnx/model-file.ts";
import { modelPieces, readPieces } from "../onnx/write-model.ts";
import { writeAtomicallySync } from "./atomic.ts";
import { formatted } from "./safetensors.ts";

/** Decodes the model in a file; its payloads and external data stay where they are. Errors: as `readModel`, file-unreadable. */
export function openModel(path: string): DecodedModel {
  return formatted(path, () => {
    if (!statSync(path).isFile()) return fail("file-unreadable", { path, problem: "it is no plain file" });
    const name = basename(path);
    return readModel(modelFolder(dirname(path), name), name);
  });
}

/** Writes a decoded model whole or not at all; it may be the file that it was read from. */
export function saveModel(path: string, model: DecodedModel): void {
  writeAtomicallySync(path, readPieces(model, modelPieces(model)));
}

/** The files of a folder; `model` is the one that the user named. */
export function modelFolder(folder: string, model: string): ModelFiles {
  const found = new Map<string, Stats | string>();
  const lookUp = (path: string): Stats | string => {
    const known = found.get(path);
    if (known !== undefined) return known;
    const result = path === model ? statSync(join(folder, path)) : inspectPath(folder, path);
    found.set(path, result);
    return result;
  };
  return {
    size(path) {
      const stats = lookUp(path);
      return typeof stats === "string" ? undefined : stats.size;
    },
    refusal(path) {
      const stats = lookUp(path);
      return typeof stats === "string" ? stats : "it can be read";
    },
    read(path, offset, length) {
      const stats = lookUp(path);
      if (typeof stats === "string") return fail("file-unreadable", { path, problem: stats });
      return formatted(path, () => readSame(join(folder, path), path === model, stats, offset, length));
    },
  };
}

/** Reads from a file that is still the one with `stats`. */
function readSame(
  path: string,
  mayBeLink: boolean,
  stats: Stats,
  offset: number,
  length: number,
): Uint8Array {
  const file = openSync(path, mayBeLink ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const now = fstatSync(file);
    if (now.ino !== stats.ino || now.dev !== stats.dev || now.size !== stats.size)
      return fail("file-unreadable", { path, problem: "it was changed while it was read" });
    return readAt(file, path, offset, length);
  } finally {
    closeSync(file);
  }
}

function inspectPath(folder: string, path: string): Stats | string {
  const parts = path.split("/");
  let at = folder;
  for (const [i, part] of parts.entries()) {
    at = join(at, part);
    const stats = statsOf(at);
    if (stats === undefined) return "there is no such file";
    if (stats.isSymbolicLink())
      return i + 1 === parts.length ? "it is a symbolic link" : `${part} is a symbolic link`;
    if (i + 1 < parts.length) continue;
    if (!stats.isFile()) return "it is no plain file";
    if (stats.nlink > 1) return "it is a hard link to a file that has other names";
    return stats;
  }
  return "there is no such file";
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // A name that is too long, or a folder that may not be read.
    return undefined;
  }
}

function readAt(file: number, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const n = readSync(file, bytes, done, Math.min(length - done, 1 << 30), offset + done);
    if (n === 0) return fail("file-unreadable", { path, problem: `it ends before byte ${offset + length}` });
    done += n;
  }
  return bytes;
}
