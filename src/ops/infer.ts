/** Types of values, and their elements where they are known, followed through a graph in its order. */
import { SbpcError, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { isKnown } from "../ir/dim.ts";
import type { Graph, Node, Source } from "../ir/graph.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { tensorType, typesEqual, type ValueType } from "../ir/types.ts";
import { arraysEqual, at } from "../support/collections.ts";
import { present } from "../support/assert.ts";
import { Call, type Item } from "./call.ts";
import { foldNode, type FoldLimits } from "./fold.ts";
import type { OpDefinition } from "./define.ts";
import { findOp } from "./registry.ts";

/** Shapes, axes and pads are short; longer constants are not followed. */
const followed: FoldLimits = { bytes: 4096, flops: 100_000 };

/** What was inferred of a node, and from what: by identity, since all of it is immutable. */
interface Inferred {
  readonly op: string;
  readonly attributes: Node["attributes"];
  readonly inputs: readonly (ValueType | undefined)[];
  readonly constants: readonly (TensorData | undefined)[];
  readonly declared: readonly ValueType[];
  readonly types: readonly ValueType[];
  readonly folded: readonly TensorData[] | undefined;
}

/** By the list of inputs, which a node keeps when a pass adds a stage or a signature. Types are inferred once, not once a pass. */
const memory = new WeakMap<Node["inputs"], Inferred>();

/** Steps through a graph: sources first, then nodes in order. */
export class Inference {
  readonly #types = new Map<string, ValueType>();
  readonly #constants = new Map<string, TensorData>();
  readonly #items = new Map<string, readonly Item[]>();
  readonly #poisoned = new Set<string>();

  constructor(graph?: Graph) {
    for (const source of graph?.sources ?? [])
      this.source(source, present(graph?.values.get(source.value), "source without a type").type);
  }

  source(source: Source, type: ValueType): void {
    this.#types.set(source.value, type);
    if (source.kind === "constant") this.#constants.set(source.value, source.data);
  }

  type(value: string): ValueType {
    return present(this.#types.get(value), "value used before its type is known", () => value);
  }

  /** The elements of a value, where they are known and few. */
  constant(value: string): TensorData | undefined {
    return this.#constants.get(value);
  }

  /** The call of a node whose inputs have been seen. */
  call(node: Node): Call {
    return Call.of(
      node,
      (value) => this.type(value),
      (value) => this.#constants.get(value),
      (value) => this.#items.get(value),
    );
  }

  /**
   * The types of the node's outputs, by its operator; those declared where it has no declaration. A declared size stands
   * where only execution could tell it. Errors go to `errors`, once: what depends on a wrong node keeps its declared types.
   */
  node(node: Node, declared: readonly ValueType[], errors: Diagnostic[]): readonly ValueType[] {
    const definition = findOp(node.op);
    let types = declared;
    if (definition !== undefined) {
      const inferred = node.inputs.some((name) => name !== null && this.#poisoned.has(name))
        ? undefined
        : this.#infer(node, definition, declared, errors);
      if (inferred === undefined) for (const output of node.outputs) this.#poisoned.add(output);
      else {
        types = inferred.types;
        inferred.folded?.forEach((data, i) => this.#constants.set(at(node.outputs, i), data));
        const items = definition.items?.(this.call(node), node.inputs);
        if (items !== undefined) this.#items.set(at(node.outputs, 0), items);
      }
    }
    node.outputs.forEach((output, i) => this.#types.set(output, at(types, i)));
    return types;
  }

  #infer(
    node: Node,
    definition: OpDefinition,
    declared: readonly ValueType[],
    errors: Diagnostic[],
  ): Inferred | undefined {
    const inputs = node.inputs.map((name) => (name === null ? undefined : this.#types.get(name)));
    const constants = node.inputs.map((name) => (name === null ? undefined : this.#constants.get(name)));
    // What a region gives, and what is known of a sequence, is not part of the key.
    const more =
      node.regions !== undefined || node.inputs.some((name) => name !== null && this.#items.has(name));
    const known = more ? undefined : memory.get(node.inputs);
    if (
      known?.op === node.op &&
      known.attributes === node.attributes &&
      arraysEqual(known.inputs, inputs) &&
      arraysEqual(known.constants, constants) &&
      arraysEqual(known.declared, declared)
    ) {
      return known;
    }
    try {
      const call = this.call(node);
      const inferred = definition.infer(call);
      const types = declared.map((type, i) => keep(merge(inferred[i] ?? type, type), type));
      const folded = foldNode(node, call, types, (value) => this.#constants.get(value), followed);
      const result = { op: node.op, attributes: node.attributes, inputs, constants, declared, types, folded };
      if (!more) memory.set(node.inputs, result);
      return result;
    } catch (error) {
      if (!(error instanceof SbpcError)) throw error;
      errors.push(...error.diagnostics);
      return undefined;
    }
  }
}

/** `type`, as the same object where it is equal to `declared`. */
function keep(type: ValueType, declared: ValueType): ValueType {
  return typesEqual(type, declared) ? declared : type;
}

function merge(inferred: ValueType, declared: ValueType): ValueType {
  if (inferred.kind !== "tensor" || declared.kind !== "tensor") return inferred;
  // An item of a sequence whose items may differ in rank.
  if (inferred.shape[0] === "..." && inferred.dtype === declared.dtype) return declared;
  if (inferred.shape.length !== declared.shape.length) return inferred;
  if (inferred.shape.every(isKnown)) return inferred;
  return tensorType(
    inferred.dtype,
    inferred.shape.map((dim, i) =>
      isKnown(dim) ? dim : isKnown(at(declared.shape, i)) ? at(declared.shape, i) : dim,
    ),
  );
}
