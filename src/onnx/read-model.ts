/**
 * Reads ONNX models: the skeleton is decoded, the payloads of large tensors stay in the file until they are asked for.
 *
 * Fields that this version does not know are kept and written back.
 */
import protobuf from "protobufjs/minimal.js";
import { fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { present } from "../support/assert.ts";
import { printBytes } from "../support/units.ts";
import { externalPayload, isExternal } from "./external-data.ts";
import { onnx } from "./generated/onnx-ml.js";
import { internStrings } from "./interned-strings.ts";
import type { DecodedModel, ModelFiles, TensorPayload } from "./model-file.ts";
import { readSkeleton, type Step } from "./skeleton.ts";

/** Protobuf's own limit for one message, in bytes. */
const largestMessage = 2 ** 31 - 1;

/** Reads the file `path` of the model's folder. Errors: file-not-found, onnx-too-large, onnx-malformed. */
export function readModel(files: ModelFiles, path: string): DecodedModel {
  const size = files.size(path);
  if (size === undefined) return fail("file-not-found", { path });
  if (size > largestMessage) fail("onnx-too-large", { path, size: printBytes(size) });
  const { bytes, leftOut } = readSkeleton(files, path, size);
  const proto = decode(bytes, path);
  const payloads = new Map<object, TensorPayload[]>();
  for (const { tensor, field, offset, length } of leftOut) {
    const message = resolve(proto, tensor);
    const known = payloads.get(message);
    const payload = { path, offset, length, field };
    if (known === undefined) payloads.set(message, [payload]);
    else known.push(payload);
  }
  const none: readonly TensorPayload[] = [];
  return {
    path,
    files,
    proto,
    payload(tensor) {
      if (isExternal(tensor)) return externalPayload(files, tensor);
      const own = payloads.get(tensor);
      return own === undefined || holdsElements(tensor) ? undefined : own[0];
    },
    leftOut: (tensor) => payloads.get(tensor) ?? none,
  };
}

/** Reads a model that is in memory. Payloads are views of `bytes`. External data needs the folder that holds it. */
export function decodeModel(bytes: Uint8Array, path = "model.onnx", folder?: ModelFiles): DecodedModel {
  // No Buffer of Node, whose views and copies behave differently.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return readModel(
    {
      size: (name) => (name === path ? plain.length : folder?.size(name)),
      read: (name, offset, length) => {
        if (name !== path) return present(folder, "a file without a folder").read(name, offset, length);
        return plain.subarray(offset, offset + length);
      },
      refusal: (name) => folder?.refusal?.(name) ?? "the model has no folder",
    },
    path,
  );
}

/**
 * Takes a message that is whole in memory: of this module's types, or as the `onnx-proto` package decodes it. The message is
 * copied.
 */
export function modelOfMessage(message: onnx.ModelProto.$Properties, folder?: ModelFiles): DecodedModel {
  const path = "model.onnx";
  return decodeModel(
    guarded(path, () => onnx.ModelProto.encode(message).finish()),
    path,
    folder,
  );
}

function decode(skeleton: Uint8Array, path: string): onnx.ModelProto {
  const reader = protobuf.Reader.create(skeleton);
  reader.discardUnknown = false;
  internStrings(reader);
  return guarded(path, () => onnx.ModelProto.decode(reader));
}

/** What protobufjs throws of a message, as onnx-malformed. */
function guarded<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof SbpcError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    return fail("onnx-malformed", {
      path,
      problem: problem === "max depth exceeded" ? "its graphs are nested too deep" : problem,
    });
  }
}

function holdsElements(tensor: onnx.TensorProto.$Properties): boolean {
  return [
    tensor.rawData,
    tensor.floatData,
    tensor.doubleData,
    tensor.int32Data,
    tensor.int64Data,
    tensor.uint64Data,
    tensor.stringData,
  ].some((data) => (data?.length ?? 0) > 0);
}

function resolve(proto: onnx.ModelProto, way: Step | undefined): object {
  const steps: Step[] = [];
  for (let step = way; step !== undefined; step = step.parent) steps.push(step);
  let message: unknown = proto;
  for (const { property, index } of steps.toReversed()) {
    const value = (message as Readonly<Record<string, unknown>>)[property];
    message = index < 0 ? value : (value as readonly unknown[])[index];
  }
  return present(message as object | undefined, "a tensor that was walked is not in the message");
}
