/** The emitter over a graph builder: adds nodes by operator, inferring types with the registry. */
import { generatedLocation, type Location } from "../diagnostics/location.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Attributes, NodePhase, RankTable } from "../ir/graph.ts";
import { scalar, tensorData, type TensorData } from "../ir/tensor-data.ts";
import { dataTypeOf } from "../ir/tensor-data.ts";
import { opTypeOf } from "../ir/graph.ts";
import type { DataType, TensorType, ValueType } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { Call } from "./call.ts";
import type { Emitter } from "./contract.ts";
import { findOp } from "./registry.ts";

export interface EmitterOptions {
  /** Location of the nodes that are emitted. */
  readonly location: Location;
  readonly module?: string;
  /** Prefix of the names of nodes and values. */
  readonly prefix?: string;
  readonly layer?: number;
  readonly stage?: number;
  readonly phase?: NodePhase;
}

/** What is known of a builder's sources; shared by all emitters over it. */
interface KnownValues {
  readonly constants: Map<string, TensorData>;
  /** Rank sources by the text of their table. */
  readonly ranks: Map<string, string>;
  /** Sources looked at so far. */
  scanned: number;
}

const knownValues = new WeakMap<GraphBuilder, KnownValues>();

export class GraphEmitter implements Emitter {
  readonly builder: GraphBuilder;
  readonly #known: KnownValues;
  readonly #options: EmitterOptions;

  constructor(builder: GraphBuilder, options: EmitterOptions) {
    this.builder = builder;
    this.#options = options;
    this.#known = knownValues.get(builder) ?? { constants: new Map(), ranks: new Map(), scanned: 0 };
    knownValues.set(builder, this.#known);
  }

  /** An emitter into the same graph with other options. */
  at(options: EmitterOptions): GraphEmitter {
    return new GraphEmitter(this.builder, options);
  }

  /** An emitter whose nodes say that pass `by` made them out of something at `from`. */
  static forPass(
    builder: GraphBuilder,
    by: string,
    from: Location,
    options: Omit<EmitterOptions, "location"> = {},
  ): GraphEmitter {
    return new GraphEmitter(builder, { ...options, location: generatedLocation(by, [from]) });
  }

  op(op: string, inputs: readonly (string | null)[], attributes: Attributes = {}): string {
    return present(this.ops(op, inputs, attributes, 1)[0], "operator without output", () => op);
  }

  ops(op: string, inputs: readonly (string | null)[], attributes: Attributes, outputs: number): string[] {
    const definition = findOp(op);
    invariant(definition !== undefined, "emitted operator is not declared", () => op);
    const { prefix = "", module = "", layer, stage, phase, location } = this.#options;
    const name = this.builder.freshNodeName(`${prefix}${prefix === "" ? "" : "."}${opTypeOf(op)}`);
    const call = new Call({
      op,
      name,
      location,
      attributes,
      inputs: inputs.map((input) => (input === null ? null : this.builder.value(input).type)),
      constants: (index) => {
        const input = inputs[index];
        return input == null ? undefined : this.constantOf(input);
      },
      outputs,
    });
    const types = definition.infer(call);
    invariant(
      types.length >= outputs,
      "operator has fewer outputs",
      () => `${op}: ${types.length} < ${outputs}`,
    );
    const names = Array.from({ length: outputs }, (_, i) =>
      this.builder.freshName(i === 0 ? name : `${name}.${i}`),
    );
    // Reserve all names before the node is added: freshName does not see names that are not yet taken.
    this.builder.addNode(
      {
        name,
        op,
        inputs,
        outputs: names,
        attributes,
        location,
        module,
        ...(layer === undefined ? {} : { layer }),
        ...(stage === undefined ? {} : { stage }),
        ...(phase === undefined ? {} : { phase }),
      },
      names.map((output, i) => ({ name: output, type: types[i] as ValueType })),
    );
    return names;
  }

  constant(data: TensorData): string {
    const { prefix = "", location } = this.#options;
    const name = this.builder.freshName(`${prefix}${prefix === "" ? "" : "."}constant`);
    this.builder.addSource(
      { kind: "constant", value: name, location, data },
      { name, type: dataTypeOf(data) },
    );
    this.#known.constants.set(name, data);
    return name;
  }

  /**
   * Integers that differ per device; equal tables are one source. `representative` is what one device of the class has: it
   * stands for the value wherever a type depends on it.
   */
  rank(table: RankTable, representative: TensorData): string {
    const key = JSON.stringify([table, representative.shape]);
    const known = this.#known.ranks.get(key);
    if (known !== undefined) return known;
    const { prefix = "", location } = this.#options;
    const name = this.builder.freshName(`${prefix}${prefix === "" ? "" : "."}rank`);
    this.builder.addSource(
      { kind: "rank", value: name, location, table },
      { name, type: dataTypeOf(representative) },
    );
    this.#known.constants.set(name, representative);
    this.#known.ranks.set(key, name);
    return name;
  }

  /** The value of a constant; of a rank source, its representative. */
  constantOf(value: string): TensorData | undefined {
    const { sources } = this.builder;
    for (; this.#known.scanned < sources.length; this.#known.scanned++) {
      const source = sources[this.#known.scanned];
      if (source?.kind === "constant") this.#known.constants.set(source.value, source.data);
    }
    return this.#known.constants.get(value);
  }

  ints(values: readonly number[] | number): string {
    return this.constant(
      typeof values === "number" ? scalar("i64", values) : tensorData("i64", [values.length], values),
    );
  }

  scalar(dtype: DataType, value: number): string {
    return this.constant(scalar(dtype, value));
  }

  type(value: string): TensorType {
    const type = this.builder.value(value).type;
    invariant(type.kind === "tensor", "value is not a tensor", () => value);
    return type;
  }
}
