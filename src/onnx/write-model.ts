/**
 * Serialises a decoded model as a list of pieces: bytes, and ranges of files that are passed through.
 *
 * Lengths are computed, payloads are neither read nor copied, and the pieces one after another are what protobuf writes for
 * the whole model: fields in the order of their numbers, unknown ones last in their message.
 */
import { fail } from "../diagnostics/diagnostic.ts";
import { printBytes } from "../support/units.ts";
import type { onnx } from "./generated/onnx-ml.js";
import type { DecodedModel, TensorPayload } from "./model-file.ts";
import { payloadFields, spineFields, spineTypes, type SpineField, type SpineKind } from "./spine.ts";

export type Piece = Uint8Array | TensorPayload;

type Message = Readonly<Record<string, unknown>> & { readonly $unknowns?: Uint8Array[] };

/** A message: whole where it holds no payload, else its pieces. */
interface Written {
  readonly pieces: readonly Piece[];
  readonly length: number;
}

/** The file's bytes in pieces. Errors: onnx-too-large; file-unreadable, later, where a file that a piece names has gone. */
export function modelPieces(model: DecodedModel): readonly Piece[] {
  const way = messagesOnTheWay(model);
  const { pieces, length } = write("model", model.proto as unknown as Message, way, model);
  if (length >= 2 ** 31) fail("onnx-too-large", { path: model.path, size: printBytes(length) });
  return pieces;
}

/** The pieces' bytes in order, each at most `most` bytes long; ranges are read when their turn comes. */
export function* readPieces(
  model: Pick<DecodedModel, "files">,
  pieces: readonly Piece[],
  most = 1 << 20,
): Generator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece;
    else
      for (let done = 0; done < piece.length; done += most)
        yield model.files.read(piece.path, piece.offset + done, Math.min(most, piece.length - done));
  }
}

/** The whole file in memory. */
export function encodeDecoded(model: DecodedModel): Uint8Array {
  const pieces = modelPieces(model);
  const bytes = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const part of readPieces(model, pieces)) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Every message that holds, directly or further down, a tensor with a payload in the model's file. */
function messagesOnTheWay(model: DecodedModel): ReadonlySet<object> {
  const way = new Set<object>();
  interface Visit {
    readonly kind: SpineKind;
    readonly message: Message;
    readonly parent: Visit | undefined;
  }
  const pending: Visit[] = [{ kind: "model", message: model.proto as unknown as Message, parent: undefined }];
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const { kind, message } = visit;
    if (kind === "tensor") {
      if (payloadOf(model, message) === undefined) continue;
      for (let at: Visit | undefined = visit; at !== undefined && !way.has(at.message); at = at.parent)
        way.add(at.message);
      continue;
    }
    for (const field of spineFields[kind]) {
      if (field.kind === undefined) continue;
      for (const child of childrenOf(message, field))
        pending.push({ kind: field.kind, message: child, parent: visit });
    }
  }
  return way;
}

function payloadOf(model: DecodedModel, message: Message): TensorPayload | undefined {
  const tensor = message as onnx.TensorProto.$Properties;
  if (model.leftOut(tensor).length === 0) return undefined;
  const payload = model.payload(tensor);
  return payload?.field === undefined ? undefined : payload;
}

function childrenOf(message: Message, field: SpineField): readonly Message[] {
  const value = message[field.property];
  if (value === undefined || value === null) return [];
  return field.repeated ? (value as readonly Message[]) : [value as Message];
}

function write(kind: SpineKind, message: Message, way: ReadonlySet<object>, model: DecodedModel): Written {
  if (!way.has(message)) return whole(kind, message);
  const parts: Written[] = [];
  /** Fields since the last one that was written in pieces. */
  let plain: Record<string, unknown> = {};
  const flush = () => {
    if (Object.keys(plain).length > 0) parts.push(whole(kind, plain));
    plain = {};
  };
  const payload = kind === "tensor" ? payloadOf(model, message) : undefined;
  for (const field of spineFields[kind]) {
    if (payload !== undefined && payloadFields.get(field.number)?.field === payload.field) {
      flush();
      const head = header(field.number, payload.length);
      parts.push({ pieces: [head, payload], length: head.length + payload.length });
      continue;
    }
    if (!Object.hasOwn(message, field.property)) continue;
    const children = field.kind === undefined ? [] : childrenOf(message, field);
    if (!children.some((child) => way.has(child))) {
      plain[field.property] = message[field.property];
      continue;
    }
    let run: Message[] = [];
    for (const child of children) {
      if (!way.has(child)) {
        run.push(child);
        continue;
      }
      if (run.length > 0) plain[field.property] = run;
      run = [];
      flush();
      const written = write(field.kind as SpineKind, child, way, model);
      const head = header(field.number, written.length);
      parts.push({ pieces: [head], length: head.length }, written);
    }
    if (run.length > 0) plain[field.property] = run;
  }
  if (message.$unknowns !== undefined) plain["$unknowns"] = message.$unknowns;
  flush();
  return {
    pieces: parts.flatMap(({ pieces }) => pieces),
    length: parts.reduce((total, { length }) => total + length, 0),
  };
}

function whole(kind: SpineKind, message: Message): Written {
  const type = spineTypes[kind] as { encode(message: object): { finish(): Uint8Array } };
  const bytes = type.encode(message).finish();
  return { pieces: bytes.length === 0 ? [] : [bytes], length: bytes.length };
}

/** Tag and length of a field that holds `length` bytes. */
function header(number: number, length: number): Uint8Array {
  const bytes: number[] = [];
  for (const value of [number * 8 + 2, length]) {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}
