/** Segment bodies of a plan, put into a model under the names of the plan's values. */
import { onnx } from "../../onnx/generated/onnx-ml.js";
import type { ModelBuilder } from "../../onnx/model-builder.ts";
import { spliceNodes } from "../../onnx/splice.ts";
import { present } from "../../support/assert.ts";
import { at } from "../../support/collections.ts";

/** Decodes every body once, for one or several models. */
export class Bodies {
  readonly #bytes: readonly Uint8Array[];
  readonly #decoded = new Map<number, onnx.ModelProto>();

  constructor(bytes: readonly Uint8Array[]) {
    this.#bytes = bytes;
  }

  get(index: number): onnx.ModelProto {
    let body = this.#decoded.get(index);
    if (body === undefined) this.#decoded.set(index, (body = onnx.ModelProto.decode(at(this.#bytes, index))));
    return body;
  }
}

/** Puts segments into one model. Equal bodies share their constants. */
export class SegmentWriter {
  readonly #builder: ModelBuilder;
  readonly #bodies: Bodies;
  /** Per body, its constants' names in the model. */
  readonly #constants = new Map<number, ReadonlyMap<string, string>>();

  constructor(builder: ModelBuilder, bodies: Bodies) {
    this.#builder = builder;
    this.#bodies = bodies;
  }

  /**
   * The nodes of body `index` with `inputs` for `i0, i1, …` and `outputs`, which are reserved names, for `o0, o1, …`;
   * `prefix` begins the names of all else that it makes.
   */
  add(index: number, inputs: readonly string[], outputs: readonly string[], prefix: string): void {
    const body = this.#bodies.get(index);
    const graph = present(body.graph, "body without a graph");
    for (const { domain, version } of body.opsetImport ?? [])
      this.#builder.requireOpset(domain ?? "", Number(version ?? 1));
    this.#builder.requireIr(Number(body.irVersion ?? 0));
    const names = new Map(this.#constantsOf(index, graph));
    inputs.forEach((name, i) => names.set(`i${i}`, name));
    outputs.forEach((name, i) => names.set(`o${i}`, name));
    const nameOf = (name: string): string => {
      let known = names.get(name);
      if (known === undefined) names.set(name, (known = this.#builder.name(`${prefix}/${name}`)));
      return known;
    };
    this.#builder.addNodes(spliceNodes(graph.node ?? [], nameOf, (name) => `${prefix}/${name}`));
  }

  #constantsOf(index: number, graph: onnx.GraphProto.$Properties): ReadonlyMap<string, string> {
    const known = this.#constants.get(index);
    if (known !== undefined) return known;
    const names = new Map<string, string>();
    for (const tensor of graph.initializer ?? []) {
      const name = this.#builder.name(`body${index}/${tensor.name}`);
      names.set(tensor.name ?? "", name);
      this.#builder.addInitializer({ ...tensor, name });
    }
    this.#constants.set(index, names);
    return names;
  }
}
