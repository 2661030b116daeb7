/** Types of values, and their elements where they are known, followed through a graph in its order. */
import { SbpcError, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { dimSymbols, isKnown, type Dim } from "../ir/dim.ts";
import type { Graph, Node, Source, Value } from "../ir/graph.ts";
import { allocate, hasNumbers, toNumbers, type TensorData } from "../ir/tensor-data.ts";
import {
  isInteger,
  isRanked,
  isStatic,
  knownShape,
  tensorType,
  typesEqual,
  unknownDim,
  unrankedShape,
  type DataType,
  type TensorType,
  type ValueType,
} from "../ir/types.ts";
import { arraysEqual, at } from "../support/collections.ts";
import { present } from "../support/assert.ts";
import { Call, type Item } from "./call.ts";
import { Discoveries, type Place } from "./discoveries.ts";
import { foldNode, type FoldLimits } from "./fold.ts";
import type { OpDefinition } from "./define.ts";
import { KnownValues, type Known } from "./known-values.ts";
import { findOp } from "./registry.ts";
import { followSizes, longestSizes, openElements, openShape, type Sizes } from "./sizes.ts";

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

/**
 * By the list of inputs, which a node keeps when a pass adds a stage or a signature. Types are inferred once, not once a pass.
 */
const memory = new WeakMap<Node["inputs"], Inferred>();

/** What an operator says of a node's outputs: their types, and their elements where they follow and are few. */
export interface Discovery {
  /** Sizes of which nothing is known are `unknownDim`. */
  readonly inferred: readonly (ValueType | undefined)[];
  readonly folded: readonly TensorData[] | undefined;
  /** What is known of the elements of short vectors of integers. */
  readonly sizes?: readonly (Sizes | undefined)[] | undefined;
  /** All this of each output, where the types are as inferred. */
  readonly known?: readonly Known[];
}

/** As `followSizes`; undefined where it tells nothing. */
function knownSizes(
  call: Call,
  sizesOf: (index: number) => Sizes | undefined,
): readonly (Sizes | undefined)[] | undefined {
  const found = followSizes(call, sizesOf);
  return found?.some((sizes) => sizes !== undefined) === true ? found : undefined;
}

/** Whether an equal call would give the same: no size of it is named after this one. */
function followsFromInputs(
  { inferred, folded, sizes }: Discovery,
  call: Call,
  sizesOf: (index: number) => Sizes | undefined,
): boolean {
  if (folded !== undefined && !inferred.every((type) => type !== undefined && isStatic(type))) return false;
  let given: Set<string> | undefined;
  const isGiven = (dim: Dim | undefined): boolean => {
    if (dim === undefined || isKnown(dim)) return true;
    given ??= new Set(
      call.inputs
        .flatMap((type, i) => [...(type?.kind === "tensor" ? type.shape : []), ...(sizesOf(i) ?? [])])
        .flatMap((size) => (size === undefined ? [] : dimSymbols(size))),
    );
    const symbols = given;
    return dimSymbols(dim).every((symbol) => symbols.has(symbol));
  };
  return (
    inferred.every((type) => type?.kind === "tensor" && type.shape.every(isGiven)) &&
    (sizes ?? []).every((list) => list?.every(isGiven) ?? true)
  );
}

/** Whether an operator only misses what execution will tell: elements, sizes, random numbers. */
function mayFit(error: SbpcError, call: Call): boolean {
  if (error.code === "not-constant" || error.code === "random-inside") return true;
  const isOpen = call.inputs.some((type) => type?.kind === "tensor" && !type.shape.every(isKnown));
  return isOpen && error.code === "shape-mismatch";
}

/** What is declared of a node's outputs; for tensors of which nothing is, their element types. */
function openTypes(
  node: Node,
  call: Call,
  definition: OpDefinition,
  declared: readonly (ValueType | undefined)[],
  sizesOf: (index: number) => Sizes | undefined,
): readonly (ValueType | undefined)[] {
  if (declared.length >= node.outputs.length && declared.every((type) => type !== undefined && !isOpen(type)))
    return declared;
  const dtypes = elementTypes(call, definition);
  const shape = openShape(call, sizesOf) ?? unrankedShape;
  return node.outputs.map((_, i) => {
    const dtype = dtypes[i] ?? dtypes[0];
    const stated = declared[i];
    if (dtype === undefined || (stated !== undefined && stated.kind !== "tensor")) return stated;
    return stated === undefined
      ? tensorType(dtype, shape)
      : tensorType(stated.dtype, closest(stated.shape, shape));
  });
}

/** Whether a tensor's shape is not wholly said. */
function isOpen(type: ValueType): boolean {
  return type.kind === "tensor" && (!isRanked(type) || type.shape.includes(unknownDim));
}

/** What is stated of a shape, and what is computed of it where nothing is. */
function closest(stated: readonly Dim[], computed: readonly Dim[]): readonly Dim[] {
  if (stated[0] === unrankedShape[0]) return computed;
  if (stated.length !== computed.length) return stated;
  return stated.map((dim, axis) => (dim === unknownDim ? (computed[axis] as Dim) : dim));
}

/** The type with sizes that the operator leaves to execution taken from what the graph computes of them. */
function sized(type: TensorType, call: Call, sizesOf: (index: number) => Sizes | undefined): TensorType {
  if (type.shape.every(isKnown)) return type;
  const told = openShape(call, sizesOf);
  if (told?.length !== type.shape.length) return type;
  const isLeft = (dim: Dim, axis: number) => dim !== told[axis] && told[axis] !== unknownDim && !isKnown(dim);
  return type.shape.some(isLeft)
    ? tensorType(
        type.dtype,
        type.shape.map((dim, axis) => (isLeft(dim, axis) ? (told[axis] as Dim) : dim)),
      )
    : type;
}

/** Element types of the outputs where shapes are not known: as declared, as for some shape, or that of the first input. */
function elementTypes(call: Call, definition: OpDefinition): readonly (DataType | undefined)[] {
  try {
    return (
      definition.dtypes?.(call) ??
      definition.infer(call).map((type) => (type.kind === "tensor" ? type.dtype : undefined))
    );
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    return openElements(call);
  }
}

/** What inference shares between a graph and the bodies in it. */
interface Shared {
  readonly values: KnownValues;
  /** What followed from equal calls: layers repeat. */
  readonly discoveries: Discoveries<Discovery>;
}

/** Steps through a graph: sources first, then nodes in order. A region's steps see what is known around it (`outer`). */
export class Inference {
  readonly #known = new Map<string, Known>();
  readonly #shared: Shared;
  readonly #poisoned = new Set<string>();
  readonly #outer: Inference | undefined;
  readonly #stated: ReadonlyMap<string, Value> | undefined;

  /** `stated`: where the types of the values are, which are not kept here then. */
  constructor(graph?: Graph, outer?: Inference, stated?: ReadonlyMap<string, Value>) {
    this.#outer = outer;
    this.#stated = stated;
    this.#shared =
      outer === undefined ? { values: new KnownValues(), discoveries: new Discoveries() } : outer.#shared;
    for (const source of graph?.sources ?? [])
      this.source(source, present(graph?.values.get(source.value), "source without a type").type);
  }

  source(source: Source, type: ValueType): void {
    this.define(source.value, type, source.kind === "constant" ? source.data : undefined);
  }

  type(value: string): ValueType {
    return present(this.maybeType(value), "value used before its type is known", () => value);
  }

  /** Undefined before the value is made. */
  maybeType(value: string): ValueType | undefined {
    return this.#find(value)?.type;
  }

  #find(value: string): Known | undefined {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const stated = this.#stated?.get(value);
    if (stated !== undefined) return this.#shared.values.ofType(stated.type);
    return this.#outer === undefined ? undefined : this.#outer.#find(value);
  }

  #state(value: string, known: Known): void {
    const isStated = known.data === undefined && known.sizes === undefined && known.items === undefined;
    if (!isStated || this.#stated?.get(value)?.type !== known.type) this.#known.set(value, known);
  }

  /** The elements of a value, where they are known and few. */
  constant(value: string): TensorData | undefined {
    const known = this.#find(value);
    return known?.data ?? emptyOf(known?.type);
  }

  /** What a sequence or optional is made of, where that is known. */
  items(value: string): readonly Item[] | undefined {
    return this.#find(value)?.items;
  }

  /** States what is known of a value that comes from elsewhere. */
  define(value: string, type: ValueType, data?: TensorData): void {
    this.#state(value, data === undefined ? this.#shared.values.ofType(type) : { type, data });
  }

  /** What is known of the elements of a short vector of integers or flags, or of a single one. */
  sizes(value: string): Sizes | undefined {
    const data = this.constant(value);
    if (data === undefined) return this.#find(value)?.sizes;
    const isShort = data.shape.length <= 1 && data.data.length <= longestSizes;
    const isCounted = (isInteger(data.dtype) && hasNumbers(data.dtype)) || data.dtype === "bool";
    return isShort && isCounted ? [...toNumbers(data)] : undefined;
  }

  /** States the types of a node's outputs, with what `discover` found besides. */
  settle(node: Node, types: readonly ValueType[], discovery: Discovery): void {
    node.outputs.forEach((output, i) => {
      const type = at(types, i);
      const found = discovery.known?.[i];
      this.#state(output, found?.type === type ? found : this.#knownOf(type, discovery, i));
    });
    const items = findOp(node.op)?.items?.(this.call(node), node.inputs);
    const [first] = node.outputs;
    if (items !== undefined && first !== undefined) this.#state(first, { type: this.type(first), items });
  }

  #knownOf(type: ValueType, { folded, sizes }: Discovery, output: number): Known {
    const data = folded?.[output];
    if (data !== undefined) return { type, data };
    const followed = sizes?.[output];
    return followed !== undefined && followed.length <= longestSizes
      ? { type, sizes: followed }
      : this.#shared.values.ofType(type);
  }

  /**
   * As `node`, for a node whose output types may not be known beforehand: undefined where neither its operator nor what is
   * declared tells. What only execution can tell is taken from what is declared. Throws what the operator reports.
   * The caller states the types with `settle`.
   */
  discover(node: Node, declared: readonly (ValueType | undefined)[]): Discovery {
    const definition = findOp(node.op);
    if (definition === undefined) return { inferred: declared.map(() => undefined), folded: undefined };
    const place = this.#placeOf(node);
    if (place?.found !== undefined) return this.#withStated(place.found, declared);
    const call = this.call(node);
    const sizesOf = (index: number) => {
      const name = node.inputs[index];
      return name == null ? undefined : this.sizes(name);
    };
    const open = (): Discovery => ({
      inferred: openTypes(node, call, definition, declared, sizesOf),
      folded: undefined,
      sizes: knownSizes(call, sizesOf),
    });
    if (call.inputs.some((type) => type?.kind === "tensor" && !isRanked(type))) return open();
    try {
      const inferred = definition.infer(call);
      const told = node.outputs.map((_, i) => {
        const type = inferred[i];
        return i === 0 && type?.kind === "tensor" ? sized(type, call, sizesOf) : type;
      });
      const types = withStated(told, declared);
      const folded = types.every((type) => type !== undefined)
        ? foldNode(node, call, types, (value) => this.constant(value), followed)
        : undefined;
      const sizes = folded === undefined ? knownSizes(call, sizesOf) : undefined;
      const found: Discovery = { inferred: told, folded, sizes };
      if (place === undefined || !followsFromInputs(found, call, sizesOf))
        return { ...found, inferred: types };
      // Equal types are one object, so that what follows from them is found by it.
      const shared = told.map((type) => this.#shared.values.sharedType(type as ValueType));
      place.found = {
        ...found,
        inferred: shared,
        known: shared.map((type, i) => this.#knownOf(type, found, i)),
      };
      return this.#withStated(place.found, declared);
    } catch (error) {
      if (!(error instanceof SbpcError) || !mayFit(error, call)) throw error;
      return open();
    }
  }

  /** What was found, with sizes that it leaves open as they are declared. */
  #withStated(found: Discovery, declared: readonly (ValueType | undefined)[]): Discovery {
    if (declared.every((type) => type === undefined)) return found;
    const types = withStated(found.inferred, declared);
    if (arraysEqual(types, found.inferred)) return found;
    return { ...found, inferred: types.map((type) => type && this.#shared.values.sharedType(type)) };
  }

  /** Where what follows from equal calls is kept; undefined where names take part, or what a body gives. */
  #placeOf(node: Node): Place<Discovery> | undefined {
    if (node.regions !== undefined) return undefined;
    return this.#shared.discoveries.place(node, this.#numberOf);
  }

  readonly #numberOf = (value: string): number | undefined => {
    const known = present(this.#find(value), "value used before its type is known", () => value);
    return known.items === undefined ? this.#shared.values.numberOf(known) : undefined;
  };

  /** The call of a node whose inputs have been seen. */
  call(node: Node): Call {
    return Call.of(
      node,
      (value) => this.type(value),
      (value) => this.constant(value),
      (value) => this.items(value),
    );
  }

  /**
   * The types of the node's outputs, by its operator; those declared where it has no declaration. A declared size stands
   * where only execution could tell it. Errors go to `errors`, once: what depends on a wrong node keeps its declared types.
   */
  node(node: Node, declared: readonly ValueType[], errors: Diagnostic[]): readonly ValueType[] {
    const definition = findOp(node.op);
    if (definition !== undefined) {
      const inferred = node.inputs.some((name) => name !== null && this.#poisoned.has(name))
        ? undefined
        : this.#infer(node, definition, declared, errors);
      if (inferred === undefined) for (const output of node.outputs) this.#poisoned.add(output);
      else {
        const { types, folded } = inferred;
        this.settle(node, types, { inferred: types, folded });
        return types;
      }
    }
    node.outputs.forEach((output, i) => this.define(output, at(declared, i)));
    return declared;
  }

  #infer(
    node: Node,
    definition: OpDefinition,
    declared: readonly ValueType[],
    errors: Diagnostic[],
  ): Inferred | undefined {
    const inputs = node.inputs.map((name) => (name === null ? undefined : this.maybeType(name)));
    const constants = node.inputs.map((name) => (name === null ? undefined : this.constant(name)));
    // What a region gives, and what is known of a sequence, is not part of the key.
    const more =
      node.regions !== undefined ||
      node.inputs.some((name) => name !== null && this.items(name) !== undefined);
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
      const folded = foldNode(node, call, types, (value) => this.constant(value), followed);
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

/** The elements of a tensor without any. */
function emptyOf(type: ValueType | undefined): TensorData | undefined {
  if (type?.kind !== "tensor" || !isStatic(type) || !type.shape.includes(0) || type.dtype === "string")
    return undefined;
  return { dtype: type.dtype, shape: knownShape(type), data: allocate(type.dtype, 0) };
}

/** `type`, as the same object where it is equal to `declared`. */
function keep(type: ValueType, declared: ValueType): ValueType {
  return typesEqual(type, declared) ? declared : type;
}

function withStated(
  told: readonly (ValueType | undefined)[],
  declared: readonly (ValueType | undefined)[],
): readonly (ValueType | undefined)[] {
  return told.map((type, i) => {
    const stated = declared[i];
    return type === undefined || stated === undefined ? type : merge(type, stated);
  });
}

function merge(inferred: ValueType, declared: ValueType): ValueType {
  if (inferred.kind !== "tensor" || declared.kind !== "tensor") return inferred;
  // An item of a sequence whose items may differ in rank.
  if (inferred.shape[0] === "..." && inferred.dtype === declared.dtype) return declared;
  if (inferred.shape.length !== declared.shape.length) return inferred;
  if (!inferred.shape.some((dim, i) => !isKnown(dim) && isKnown(at(declared.shape, i)))) return inferred;
  return tensorType(
    inferred.dtype,
    inferred.shape.map((dim, i) =>
      isKnown(dim) ? dim : isKnown(at(declared.shape, i)) ? at(declared.shape, i) : dim,
    ),
  );
}
