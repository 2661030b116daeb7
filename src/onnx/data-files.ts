/**
 * Puts the large tensors of models into data files beside them (ONNX's external data).
 *
 * A weight of which some model takes a contiguous part (a split along axis 0) is stored whole, once, in the shared file, and
 * every such part is a place in it. A part that is not contiguous is stored by itself, once, in the file of the first model
 * that takes it. Tensors start at multiples of 4096 bytes, as the format advises.
 */
import { bytesOf } from "../ir/types.ts";
import { boxElements, type Box } from "../sbp/geometry.ts";
import { present } from "../support/assert.ts";
import { product, sum } from "../support/collections.ts";
import { onnx } from "./generated/onnx-ml.js";
import { weightBytes, type Weight, type WeightedModel } from "./weighted-model.ts";

export interface ExternalOptions {
  /** Bytes from which a tensor goes into a data file. */
  readonly threshold: number;
  /** Name of the file that all models share, relative to theirs. */
  readonly shared: string;
  /** Name of the file for what model `index` does not share. */
  readonly own: (index: number) => string;
}

/** A tensor in a data file. */
export interface DataPiece {
  readonly offset: number;
  readonly content: Weight | Uint8Array;
}

export interface DataFile {
  readonly name: string;
  /** In ascending order of their offsets. */
  readonly pieces: readonly DataPiece[];
}

export interface ExternalLayout {
  /** The models, their large tensors marked as external. */
  readonly models: readonly WeightedModel[];
  readonly data: readonly DataFile[];
}

export const dataAlignment = 4096;
/** A model with more bytes inside is no valid protobuf message for most readers. */
const inlineLimit = 1.9e9;
/** Where that would be exceeded, tensors from so many bytes on go into data files whatever was asked for. */
const forcedThreshold = 1024;

interface Place {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export function layOutExternal(models: readonly WeightedModel[], options: ExternalOptions): ExternalLayout {
  const thresholds = models.map((model) => thresholdOf(model, options.threshold));
  const files = new DataFiles();
  const isLarge = (bytes: number, index: number) => bytes > 0 && bytes >= (thresholds[index] as number);
  /** Parameters that are stored whole. */
  const shared = new Set<string>();
  models.forEach(({ weights }, index) => {
    for (const weight of weights.values()) {
      if (isLarge(weightBytes(weight), index) && isContiguous(weight)) shared.add(weight.parameter.name);
    }
  });
  const placed = models.map(({ proto, weights }, index): WeightedModel => {
    const initializer = (proto.graph?.initializer ?? []).map((tensor) => {
      const weight = weights.get(tensor.name ?? "");
      if (weight !== undefined) {
        return isLarge(weightBytes(weight), index)
          ? external(tensor, placeWeight(files, weight, shared, options, index))
          : tensor;
      }
      const raw = tensor.rawData;
      if (raw == null || !isLarge(raw.length, index)) return tensor;
      const { rawData: _, ...rest } = tensor;
      return external(rest, { ...files.place(options.shared, raw, raw, raw.length), length: raw.length });
    });
    return { proto: { ...proto, graph: { ...proto.graph, initializer } }, weights };
  });
  return { models: placed, data: files.all() };
}

/** What the model may keep inside. */
function thresholdOf({ proto, weights }: WeightedModel, threshold: number): number {
  const inside = (proto.graph?.initializer ?? []).map((tensor) => {
    const weight = weights.get(tensor.name ?? "");
    const bytes = weight === undefined ? (tensor.rawData?.length ?? 0) : weightBytes(weight);
    return bytes < threshold ? bytes : 0;
  });
  return sum(inside) > inlineLimit ? Math.min(threshold, forcedThreshold) : threshold;
}

function placeWeight(
  files: DataFiles,
  weight: Weight,
  shared: ReadonlySet<string>,
  options: ExternalOptions,
  index: number,
): Place {
  const { parameter, box } = weight;
  const length = weightBytes(weight);
  if (!shared.has(parameter.name) || !isContiguous(weight)) {
    const key = `${parameter.name} ${box.start.join()} ${box.size.join()}`;
    return { ...files.place(options.own(index), key, weight, length), length };
  }
  const whole: Weight = { parameter, box: { start: parameter.shape.map(() => 0), size: parameter.shape } };
  const place = files.place(options.shared, parameter.name, whole, weightBytes(whole));
  return {
    ...place,
    offset: place.offset + bytesOf(parameter.dtype, firstElement(box, parameter.shape)),
    length,
  };
}

/** Whether the box is one run of elements of the row-major tensor. */
function isContiguous({ parameter: { shape }, box }: Weight): boolean {
  const first = box.size.findIndex((size) => size !== 1);
  return first < 0 || box.size.every((size, axis) => axis <= first || size === shape[axis]);
}

function firstElement(box: Box, shape: readonly number[]): number {
  return sum(box.start.map((start, axis) => start * product(shape.slice(axis + 1))));
}

function external(
  tensor: onnx.TensorProto.$Properties,
  { location, offset, length }: Place,
): onnx.TensorProto.$Properties {
  const entries = { location, offset: String(offset), length: String(length) };
  return {
    ...tensor,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
  };
}

/** Data files that grow. */
class DataFiles {
  readonly #files = new Map<string, { readonly pieces: DataPiece[]; bytes: number }>();
  readonly #places = new Map<string | Uint8Array, { readonly location: string; readonly offset: number }>();

  /** Where the content of this key lies; at the end of `location` where it is new. */
  place(
    location: string,
    key: string | Uint8Array,
    content: Weight | Uint8Array,
    length: number,
  ): { readonly location: string; readonly offset: number } {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    if (!this.#files.has(location)) this.#files.set(location, { pieces: [], bytes: 0 });
    const file = present(this.#files.get(location), "data file is missing");
    const offset = Math.ceil(file.bytes / dataAlignment) * dataAlignment;
    file.pieces.push({ offset, content });
    file.bytes = offset + length;
    const place = { location, offset };
    this.#places.set(key, place);
    return place;
  }

  all(): DataFile[] {
    return [...this.#files].map(([name, { pieces }]) => ({ name, pieces }));
  }
}

/** The bytes of a data file, in pieces. */
export function* dataChunks(file: DataFile, read: (weight: Weight) => Uint8Array): Generator<Uint8Array> {
  let at = 0;
  for (const { offset, content } of file.pieces) {
    if (offset > at) yield new Uint8Array(offset - at);
    const bytes = content instanceof Uint8Array ? content : read(content);
    yield bytes;
    at = offset + bytes.length;
  }
}

/** Bytes of a data file. */
export function dataBytes(file: DataFile): number {
  const last = file.pieces.at(-1);
  if (last === undefined) return 0;
  const { content, offset } = last;
  return (
    offset +
    (content instanceof Uint8Array
      ? content.length
      : bytesOf(content.parameter.dtype, boxElements(content.box)))
  );
}
