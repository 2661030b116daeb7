/**
 * Turns graph inputs of a serialised ONNX model into initializers, without decoding it: the top level of ModelProto and
 * GraphProto is walked, the inputs are left out, and initializers are appended to the graph's bytes. (An input that is
 * also an initializer would count as a default that a caller may override: ONNX Runtime would not fold or prepack it.)
 */
import { bytesView } from "../../src/ir/tensor-data.ts";
import { dataTypes } from "../../src/ir/types.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { invariant } from "../../src/support/assert.ts";

/** Field numbers of ONNX's protobuf messages. */
const modelGraph = 7;
const graphInitializer = 5;
const graphInput = 11;
const valueInfoName = 1;

interface Field {
  readonly number: number;
  /** The field with its tag. */
  readonly whole: Uint8Array;
  /** The content of a length-delimited field. */
  readonly content: Uint8Array;
}

/** Names of the graph inputs of a model, in order. */
export function inputNames(model: Uint8Array): string[] {
  return [...fields(graphOf(model))]
    .filter(({ number }) => number === graphInput)
    .map(({ content }) => nameOf(content));
}

/** The model with the inputs named by `bound` as initializers. */
export function bindInputs(model: Uint8Array, bound: ReadonlyMap<string, HostTensor>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of fields(model)) {
    if (field.number !== modelGraph) {
      parts.push(field.whole);
      continue;
    }
    const graph: Uint8Array[] = [];
    for (const inner of fields(field.content)) {
      if (inner.number !== graphInput || !bound.has(nameOf(inner.content))) graph.push(inner.whole);
    }
    for (const [name, tensor] of bound) graph.push(...delimited(graphInitializer, initializer(name, tensor)));
    parts.push(...delimited(modelGraph, graph));
  }
  return concatenate(parts);
}

/** TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9. */
function initializer(name: string, { dtype, shape, data }: HostTensor): Uint8Array[] {
  const head = [...shape.flatMap((size) => [0x08, ...varint(size)]), 0x10, ...varint(dataTypes[dtype][0])];
  return [
    Uint8Array.from(head),
    ...delimited(8, [new TextEncoder().encode(name)]),
    ...delimited(9, [bytesView(data)]),
  ];
}

function graphOf(model: Uint8Array): Uint8Array {
  for (const { number, content } of fields(model)) if (number === modelGraph) return content;
  throw new Error("the model holds no graph");
}

function nameOf(valueInfo: Uint8Array): string {
  for (const { number, content } of fields(valueInfo)) {
    if (number === valueInfoName) return new TextDecoder().decode(content);
  }
  return "";
}

function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      invariant(byte !== undefined, "serialised model ends within a field");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = readVarint();
    let content = bytes.subarray(at, at);
    switch (tag & 7) {
      case 0:
        readVarint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = readVarint();
        content = bytes.subarray(at, at + length);
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`unknown wire type ${tag & 7}`);
    }
    yield { number: Math.floor(tag / 8), whole: bytes.subarray(start, at), content };
  }
}

function delimited(number: number, content: readonly Uint8Array[]): Uint8Array[] {
  const length = content.reduce((n, part) => n + part.byteLength, 0);
  return [Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]), ...content];
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return out;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}
