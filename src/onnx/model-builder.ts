/** Puts an ONNX model together node by node: names are made unique, equal constants kept once, opsets joined. */
import type { Attributes } from "../ir/graph.ts";
import { scalar, tensorData, type TensorData } from "../ir/tensor-data.ts";
import { tensorType, type DataType } from "../ir/types.ts";
import type { onnx } from "./generated/onnx-ml.js";
import { weightInitializer, type Weight, type WeightedModel } from "./weighted-model.ts";
import { encodeAttribute, encodeTensor, encodeType } from "./write.ts";

/** IR version 8 has functions; later ones only what the models here may need by their opset. */
const baseIrVersion = 8;

export class ModelBuilder {
  readonly #taken = new Set<string>();
  readonly #nodes: onnx.NodeProto.$Properties[] = [];
  readonly #inputs: onnx.ValueInfoProto.$Properties[] = [];
  readonly #outputs: onnx.ValueInfoProto.$Properties[] = [];
  readonly #infos: onnx.ValueInfoProto.$Properties[] = [];
  readonly #initializers: onnx.TensorProto.$Properties[] = [];
  readonly #weights = new Map<string, Weight>();
  readonly #constants = new Map<string, string>();
  readonly #opsets = new Map<string, number>([["", 13]]);
  readonly #functions = new Map<string, onnx.FunctionProto.$Properties>();
  #irVersion = baseIrVersion;

  /** `wanted`, or a name like it that is free. */
  name(wanted: string): string {
    let free = wanted;
    for (let i = 1; this.#taken.has(free); i++) free = `${wanted}_${i}`;
    this.#taken.add(free);
    return free;
  }

  /** Asks for an opset of at least `version`. */
  requireOpset(domain: string, version: number): void {
    this.#opsets.set(domain, Math.max(this.#opsets.get(domain) ?? 1, version));
  }

  requireIr(version: number): void {
    this.#irVersion = Math.max(this.#irVersion, version);
  }

  addNodes(nodes: readonly onnx.NodeProto.$Properties[]): void {
    this.#nodes.push(...nodes);
  }

  /** A node with one output; gives the output's name, which is `output` or one like it. */
  op(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes: Attributes = {},
    domain = "",
  ): string {
    const made = this.name(output);
    this.#nodes.push({
      input: [...inputs],
      output: [made],
      name: made,
      opType,
      ...(domain === "" ? {} : { domain }),
      attribute: Object.entries(attributes).map(([key, value]) => encodeAttribute(key, value)),
    });
    return made;
  }

  /** Gives `value` the name of an output. The name is reserved already. */
  copy(value: string, output: string): void {
    this.#nodes.push({ input: [value], output: [output], name: `${output}.copy`, opType: "Identity" });
  }

  /** A constant; equal ones are one initializer. */
  constant(data: TensorData, wanted: string): string {
    const key = `${data.dtype} ${data.shape.join()} ${data.data.join()}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const made = this.name(wanted);
    this.#constants.set(key, made);
    this.#initializers.push(encodeTensor(data, made));
    return made;
  }

  /** A vector of i64, or a scalar. */
  ints(values: readonly number[] | number): string {
    return typeof values === "number"
      ? this.constant(scalar("i64", values), `int.${values}`)
      : this.constant(tensorData("i64", [values.length], values), `ints.${values.join(".")}`);
  }

  addInitializer(tensor: onnx.TensorProto.$Properties): void {
    this.#initializers.push(tensor);
  }

  /** An initializer whose elements are read when the model is written. Its name is reserved already. */
  addWeight(name: string, weight: Weight): void {
    this.#weights.set(name, weight);
    this.#initializers.push(weightInitializer(name, weight));
  }

  addInput(name: string, dtype: DataType, shape: readonly number[], metadata: Metadata = {}): void {
    this.#inputs.push(info(name, dtype, shape, metadata));
  }

  addOutput(name: string, dtype: DataType, shape: readonly number[], metadata: Metadata = {}): void {
    this.#outputs.push(info(name, dtype, shape, metadata));
  }

  /** States the type of a value inside, for readers that do not know the operator that makes it. */
  addInfo(name: string, dtype: DataType, shape: readonly number[]): void {
    this.#infos.push(info(name, dtype, shape, {}));
  }

  /** A function that nodes of its domain call; kept once. */
  addFunction(definition: onnx.FunctionProto.$Properties): void {
    this.#functions.set(`${definition.domain}.${definition.name}`, definition);
  }

  finish(name: string, metadata: Metadata): WeightedModel {
    const opsetImport = [...this.#opsets]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([domain, version]) => ({ domain, version }));
    return {
      proto: {
        irVersion: this.#irVersion,
        producerName: "sbpc",
        graph: {
          node: this.#nodes,
          name,
          initializer: this.#initializers,
          input: this.#inputs,
          output: this.#outputs,
          valueInfo: this.#infos,
        },
        opsetImport,
        metadataProps: entries(metadata),
        functions: [...this.#functions.values()].map((definition) => ({
          ...definition,
          opsetImport: opsetImport.filter(({ domain }) => domain === ""),
        })),
      },
      weights: this.#weights,
    };
  }
}

type Metadata = Readonly<Record<string, string>>;

function entries(metadata: Metadata): onnx.StringStringEntryProto.$Properties[] {
  return Object.entries(metadata)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, value }));
}

function info(
  name: string,
  dtype: DataType,
  shape: readonly number[],
  metadata: Metadata,
): onnx.ValueInfoProto.$Properties {
  const metadataProps = entries(metadata);
  return {
    name,
    type: encodeType(tensorType(dtype, shape)),
    ...(metadataProps.length === 0 ? {} : { metadataProps }),
  };
}
