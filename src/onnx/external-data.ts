/**
 * Tensors whose elements are in another file of the model's folder.
 *
 * A location is a relative path that stays inside the folder; what the file is (a link, a second name of another file)
 * is up to `ModelFiles`. Sizes are checked against the tensor's type and the file before anything is read.
 */
import { diagnostic, SbpcError, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { onnx } from "./generated/onnx-ml.js";
import type { ModelFiles, TensorPayload } from "./model-file.ts";
import { nameOfTensor, tensorBytes } from "./tensor-type.ts";

export function isExternal(tensor: onnx.TensorProto.$Properties): boolean {
  return tensor.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL;
}

/** What to do about data that may not be read where it is, and about data that is there but is not the tensor's. */
const [moveFile, writeAgain] = [
  "Keep the data as a plain file in the model's folder, and name it by a relative path.",
  "Write where the tensor's elements lie in that file, or export the model again together with its data.",
];

/** Where an external tensor's elements lie. Error: onnx-external-data. */
export function externalPayload(files: ModelFiles, tensor: onnx.TensorProto.$Properties): TensorPayload {
  const found = locateExternal(files, tensor);
  if ("problem" in found) throw new SbpcError([found.problem]);
  return found.payload;
}

/** What is wrong with where a tensor has its data; `location` is as the tensor states it. */
export function externalProblem(
  tensor: onnx.TensorProto.$Properties,
  location: string | undefined,
  problem: string,
  remedy = writeAgain,
): Diagnostic {
  const where = location === undefined ? "another file" : JSON.stringify(location);
  return diagnostic("onnx-external-data", { tensor: nameOfTensor(tensor), location: where, problem, remedy });
}

/** As `externalPayload`, with what is wrong as a value. */
export function locateExternal(
  files: ModelFiles,
  tensor: onnx.TensorProto.$Properties,
): { readonly payload: TensorPayload; readonly checksum?: string } | { readonly problem: Diagnostic } {
  const reference = readReference(tensor);
  const refused = (problem: string, remedy?: string) => ({
    problem: externalProblem(tensor, reference.location, problem, remedy),
  });
  if (reference.location === undefined) return refused("it does not say in which", moveFile);
  const path = safePath(reference.location);
  if (typeof path !== "string") return refused(path.problem, moveFile);
  const size = files.size(path);
  if (size === undefined) return refused(files.refusal?.(path) ?? "there is no such plain file", moveFile);
  const offset = wholeNumber(reference.offset);
  if (reference.offset !== undefined && offset === undefined)
    return refused(`the offset ${JSON.stringify(reference.offset)} is no whole number of bytes`);
  const given = wholeNumber(reference.length);
  if (reference.length !== undefined && given === undefined)
    return refused(`the length ${JSON.stringify(reference.length)} is no whole number of bytes`);
  const needed = tensorBytes(tensor);
  if (given !== undefined && needed !== undefined && given !== needed)
    return refused(`it says ${given} bytes, its type takes ${needed}`);
  const length = needed ?? given;
  if (length === undefined) return refused("neither its length nor its type says how many bytes it has");
  const from = offset ?? 0;
  if (from + length > size)
    return refused(`bytes ${from} to ${from + length} pass the end of the file, which has ${size}`);
  return {
    payload: { path, offset: from, length },
    ...(reference.checksum === undefined ? {} : { checksum: reference.checksum }),
  };
}

interface Reference {
  readonly location?: string;
  readonly offset?: string;
  /** Missing: what the tensor's type takes. */
  readonly length?: string;
  /** SHA-1 of the whole file, in hexadecimal. */
  readonly checksum?: string;
}

function readReference(tensor: onnx.TensorProto.$Properties): Reference {
  // The last one of a key counts, as in a map.
  const entries = (tensor.externalData ?? []).map(({ key, value }) => [key ?? "", value ?? ""] as const);
  return Object.fromEntries(
    entries.filter(([key]) => ["location", "offset", "length", "checksum"].includes(key)),
  );
}

/** The path from the model's folder, without `.` and `..`; or what is wrong with it. */
export function safePath(location: string): string | { readonly problem: string } {
  if (location === "") return { problem: "the path is empty" };
  if (/^([/\\]|[A-Za-z]:)/.test(location)) return { problem: "the path is absolute" };
  if (/[\\\0]/.test(location)) return { problem: "the path has characters that are not allowed in it" };
  const parts: string[] = [];
  for (const part of location.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return { problem: "the path leaves the model's folder" };
  }
  // ONNX's own tools refuse every path with two dots in it.
  if (parts.some((part) => part.includes(".."))) return { problem: "the path has .. in it" };
  return parts.length === 0 ? { problem: "the path names the model's folder itself" } : parts.join("/");
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d{1,18}\s*$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
