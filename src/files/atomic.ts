/**
 * Writes files and folders whole or not at all: under a temporary name beside the target, whose name it then takes. Missing
 * folders are made. Error: file-unwritable.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  writevSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fail, SbpcError } from "../diagnostics/diagnostic.ts";

/** Calls `write` with a function that appends bytes; what it throws leaves nothing behind. */
export async function writeAtomically(
  path: string,
  write: (append: (bytes: Uint8Array) => void) => void | Promise<void>,
): Promise<void> {
  const temporary = temporaryName(path);
  const file = openTemporary(path, temporary);
  let isOpen = true;
  try {
    await write((bytes) => appendAll(file, bytes));
    fsyncSync(file);
    closeSync(file);
    isOpen = false;
    renameSync(temporary, path);
  } catch (error) {
    giveUp(path, temporary, isOpen ? file : undefined, error);
  }
}

/** As `writeAtomically`, for bytes that are there or are made one part at a time. */
export function writeAtomicallySync(path: string, parts: Iterable<Uint8Array>): void {
  const temporary = temporaryName(path);
  const file = openTemporary(path, temporary);
  let isOpen = true;
  try {
    appendGathered(file, parts);
    fsyncSync(file);
    closeSync(file);
    isOpen = false;
    renameSync(temporary, path);
  } catch (error) {
    giveUp(path, temporary, isOpen ? file : undefined, error);
  }
}

/** A file and its bytes, which are asked for when it is written. */
export interface FileContent {
  readonly path: string;
  readonly chunks: Iterable<Uint8Array>;
}

/** Writes files that belong together: none takes its name before all are written. */
export function writeTogether(files: readonly FileContent[]): void {
  // What would keep a file from taking its name is found before the first one does.
  for (const { path } of files)
    if (existsSync(path) && statSync(path).isDirectory())
      fail("file-unwritable", { path, problem: "it is a folder" });
  const written: string[] = [];
  try {
    for (const { path, chunks } of files) {
      const temporary = temporaryName(path);
      const file = openTemporary(path, temporary);
      written.push(temporary);
      try {
        appendGathered(file, chunks);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    }
    files.forEach(({ path }) => renameSync(temporaryName(path), path));
  } catch (error) {
    for (const temporary of written) rmSync(temporary, { force: true });
    if (error instanceof SbpcError) throw error;
    fail("file-unwritable", {
      path: files.map(({ path }) => path).join(", "),
      problem: (error as Error).message,
    });
  }
}

/**
 * Writes a folder anew: `write` fills a temporary one, which then takes its place. A folder that holds anything but what
 * `isOurs` by name is left alone: file-unwritable, before anything is written.
 */
export function replaceFolder(
  path: string,
  isOurs: (name: string) => boolean,
  write: (folder: string) => void,
): void {
  const [temporary, old] = [temporaryName(path), `${temporaryName(path)}.old`];
  try {
    const strange = existsSync(path) ? readdirSync(path).find((name) => !isOurs(name)) : undefined;
    if (strange !== undefined)
      fail("file-unwritable", { path, problem: `it holds ${strange}, which is not of an export` });
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    write(temporary);
    if (existsSync(path)) renameSync(path, old);
    renameSync(temporary, path);
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (existsSync(old) && !existsSync(path)) renameSync(old, path);
    if (error instanceof SbpcError) throw error;
    fail("file-unwritable", { path, problem: (error as Error).message });
  }
}

/** What is written by one call: as many parts as systems take, and no more bytes than are worth holding. */
const gathered = { parts: 1024, bytes: 1 << 24 } as const;

/** Appends parts that are there or are made one at a time. */
function appendGathered(file: number, parts: Iterable<Uint8Array>): void {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const part of parts) {
    waiting.push(part);
    bytes += part.length;
    if (waiting.length < gathered.parts && bytes < gathered.bytes) continue;
    appendParts(file, waiting, bytes);
    waiting = [];
    bytes = 0;
  }
  appendParts(file, waiting, bytes);
}

function appendParts(file: number, parts: readonly Uint8Array[], bytes: number): void {
  // Longer parts are written in several calls anyway.
  let done = bytes <= 1 << 30 && parts.length > 1 ? writevSync(file, parts) : 0;
  for (const part of parts) {
    const skipped = Math.min(done, part.length);
    done -= skipped;
    if (skipped < part.length) appendAll(file, part.subarray(skipped));
  }
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
}

function openTemporary(path: string, temporary: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(temporary, "w");
  } catch (error) {
    return fail("file-unwritable", { path, problem: (error as Error).message });
  }
}

function appendAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30));
}

function giveUp(path: string, temporary: string, file: number | undefined, error: unknown): never {
  if (file !== undefined) closeSync(file);
  rmSync(temporary, { force: true });
  if (error instanceof SbpcError) throw error;
  fail("file-unwritable", { path, problem: error instanceof Error ? error.message : String(error) });
}
