/**
 * Distributed forms expanded: the operator rebuilt from others, every one with a plain signature.
 *
 * The layouts follow from those of the operator's inputs: on every mesh axis an emitted operator has the first of its plain
 * signatures whose inputs are laid out exactly so. `gather` emits an `sbpc.ToGlobal` whose signature takes its input with every
 * partial component reduced; the value in front of it is still partial, and that edge becomes a boxing.
 */
import { unknownLocation } from "../diagnostics/location.ts";
import { GraphBuilder } from "../ir/builder.ts";
import type { Attributes, Graph, NodeSignature } from "../ir/graph.ts";
import { broadcast, ndSbpEqual, printMesh, printNdSbp, type Mesh, type NdSbp } from "../ir/layout.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import type { DataType, TensorType, ValueType } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { Call } from "./call.ts";
import type { DistributedForm, FormEmitter } from "./contract.ts";
import type { OpDefinition } from "./define.ts";
import { GraphEmitter } from "./emitter.ts";
import { CallKeys, PlainSignatures, unitsIn } from "./plain-signatures.ts";
import { findOp } from "./registry.ts";

export interface FormRequest {
  readonly call: Call;
  readonly definition: OpDefinition;
  /** Names the form; on every mesh axis its layouts are those of the form or of a plain signature. */
  readonly signature: NodeSignature;
  readonly mesh: Mesh;
}

export interface FormExpansion {
  /**
   * The rebuilt operator on its own. Every node has its signature, every value the layout it is made in; where a node takes a
   * value in another layout than it is made in, a boxing belongs. Sources: the inputs and the constants of the form.
   */
  readonly graph: Graph;
  /** The sources that stand for the operator's inputs; null where one is absent. */
  readonly inputs: readonly (string | null)[];
  /** The values of the operator's outputs, each made by a node of the expansion, all distinct. */
  readonly outputs: readonly string[];
}

/** Undefined where some emitted operator has no plain signature for the layouts it meets, or the outputs get other ones. */
export function expandForm(
  request: FormRequest,
  signatures = new PlainSignatures(),
): FormExpansion | undefined {
  const { call, signature, mesh } = request;
  const form = findForm(request);
  if (form === undefined) return undefined;
  const builder = new GraphBuilder(`${call.op} ${form.name}`);
  const emitter = new LayoutEmitter(builder, mesh, signatures);
  const inputs = call.inputs.map((type, i) => {
    const layout = signature.inputs[i];
    if (type === null || layout == null) return null;
    return emitter.input(`in${i}`, type, layout, call.constant(i));
  });
  let outputs: string[];
  try {
    outputs = [...form.build(emitter, inputs, call)];
    const seen = new Set<string | null>(inputs);
    outputs = outputs.slice(0, call.outputCount).map((name) => {
      const distinct = seen.has(name) ? emitter.op("Identity", [name]) : name;
      seen.add(distinct);
      return distinct;
    });
  } catch (error) {
    if (error instanceof NoPlainSignature) return undefined;
    throw error;
  }
  invariant(
    outputs.length === call.outputCount,
    "form gives another number of outputs",
    () => `${call.op} ${form.name}`,
  );
  if (
    !outputs.every((name, i) =>
      ndSbpEqual(emitter.layout(name), present(signature.outputs[i], "signature with too few layouts")),
    )
  )
    return undefined;
  const graph = builder.finish(outputs.map((value, i) => ({ name: `out${i}`, value })));
  return {
    graph: {
      ...graph,
      nodes: graph.nodes.map((node) => ({ ...node, signature: emitter.signatureOf(node.name) })),
    },
    inputs,
    outputs,
  };
}

/** Expansions by what they follow from, each made once. */
export class FormExpansions {
  readonly #made = new Map<string, FormExpansion | undefined>();
  readonly #keys = new CallKeys();
  readonly #signatures = new PlainSignatures(this.#keys);

  expand(request: FormRequest): FormExpansion | undefined {
    const { call, signature, mesh } = request;
    const key = `${this.#keys.of(call)} ${printNodeSignature(signature)} on ${printMesh(mesh)}`;
    if (!this.#made.has(key)) this.#made.set(key, expandForm(request, this.#signatures));
    return this.#made.get(key);
  }
}

/** `([S(0), B], -) -> [S(0), B] {form}`. */
export function printNodeSignature(signature: NodeSignature): string {
  const inputs = signature.inputs.map((layout) => (layout === null ? "-" : printNdSbp(layout))).join(", ");
  const form = signature.form === undefined ? "" : ` {${signature.form}}`;
  return `(${inputs}) -> ${signature.outputs.map(printNdSbp).join(", ")}${form}`;
}

function findForm({ call, definition, signature, mesh }: FormRequest): DistributedForm | undefined {
  const unitsOf = unitsIn(signature.inputs, signature.outputs);
  for (const { size } of mesh.axes) {
    const form = definition
      .forms(call, { devices: size, unitsOf })
      .find(({ name }) => name === signature.form);
    if (form !== undefined) return form;
  }
  return undefined;
}

/** Thrown through a form's `build` where an operator cannot take the layouts that it meets. */
class NoPlainSignature extends Error {}

/** Emits nodes and follows their layouts. */
class LayoutEmitter implements FormEmitter {
  readonly #builder: GraphBuilder;
  readonly #emitter: GraphEmitter;
  readonly #mesh: Mesh;
  readonly #plain: PlainSignatures;
  readonly #signatures = new Map<string, NodeSignature>();

  constructor(builder: GraphBuilder, mesh: Mesh, plain: PlainSignatures) {
    this.#builder = builder;
    this.#emitter = new GraphEmitter(builder, { location: unknownLocation });
    this.#mesh = mesh;
    this.#plain = plain;
  }

  /** A source that stands for an input of the operator. */
  input(name: string, type: ValueType, layout: NdSbp, data: TensorData | undefined): string {
    const source = { value: name, location: unknownLocation };
    this.#builder.addSource(
      data === undefined ? { kind: "input", ...source } : { kind: "constant", ...source, data },
      { name, type, layout },
    );
    return name;
  }

  signatureOf(node: string): NodeSignature {
    return present(this.#signatures.get(node), "emitted node without a signature", () => node);
  }

  layout(value: string): NdSbp {
    return present(this.#builder.value(value).layout, "value without a layout", () => value);
  }

  type(value: string): TensorType {
    return this.#emitter.type(value);
  }

  op(op: string, inputs: readonly (string | null)[], attributes: Attributes = {}): string {
    return present(this.ops(op, inputs, attributes, 1)[0], "operator without output", () => op);
  }

  ops(op: string, inputs: readonly (string | null)[], attributes: Attributes, outputs: number): string[] {
    return this.#emit(
      op,
      inputs,
      attributes,
      outputs,
      inputs.map((name) => (name === null ? null : this.layout(name))),
    );
  }

  gather(value: string): string {
    const layout = this.layout(value);
    if (!layout.some((sbp) => sbp.kind === "P")) return value;
    const reduced = layout.map((sbp) => (sbp.kind === "P" ? broadcast : sbp));
    return present(this.#emit("sbpc.ToGlobal", [value], {}, 1, [reduced])[0], "operator without output");
  }

  constant(data: TensorData): string {
    return this.#whole(this.#emitter.constant(data));
  }

  ints(values: readonly number[] | number): string {
    return this.#whole(this.#emitter.ints(values));
  }

  scalar(dtype: DataType, value: number): string {
    return this.#whole(this.#emitter.scalar(dtype, value));
  }

  #whole(constant: string): string {
    this.#builder.updateValue(constant, { layout: this.#mesh.axes.map(() => broadcast) });
    return constant;
  }

  /** Emits an operator that takes its inputs in `layouts`. */
  #emit(
    op: string,
    inputs: readonly (string | null)[],
    attributes: Attributes,
    outputs: number,
    layouts: readonly (NdSbp | null)[],
  ): string[] {
    const names = this.#emitter.ops(op, inputs, attributes, outputs);
    const node = present(this.#builder.nodes.at(-1), "operator without a node", () => op);
    const definition = present(findOp(op), "emitted operator is not declared", () => op);
    const call = Call.of(
      node,
      (name) => this.#builder.value(name).type,
      (name) => this.#emitter.constantOf(name),
    );
    const types = names.map((name) => this.#builder.value(name).type);
    const signature = this.#plain.find(call, definition, layouts, types, this.#mesh);
    if (signature === undefined)
      throw new NoPlainSignature(
        `${op} has none for ${layouts.map((l) => (l === null ? "-" : printNdSbp(l))).join(", ")}`,
      );
    this.#signatures.set(node.name, signature);
    names.forEach((name, i) => {
      this.#builder.updateValue(name, {
        layout: present(signature.outputs[i], "signature with too few layouts"),
      });
    });
    return names;
  }
}
