/** The reference interpreter: runs a whole graph node by node with `evaluate`, in f64. Plain and slow; for small tensors. */
import { unknownLocation } from "../diagnostics/location.ts";
import type { Mesh } from "../ir/layout.ts";
import { tensorTypeOf, type Graph, type Node, type Source } from "../ir/graph.ts";
import { tensorData, toNumbers, type TensorData } from "../ir/tensor-data.ts";
import {
  isInteger,
  isStatic,
  knownShape,
  printType,
  tensorType,
  typesEqual,
  type TensorType,
  type ValueType,
} from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import type { OpDefinition } from "./define.ts";
import { rankValues } from "./localize.ts";
import { findOp } from "./registry.ts";
import { takeBox } from "./shards.ts";

export interface InterpretOptions {
  /** The device whose graph it is, where the graph has rank sources. */
  readonly device?: { readonly mesh: Mesh; readonly coordinates: readonly number[] };
  /** Called with every value, sources included, as soon as it is known. */
  readonly onValue?: (name: string, value: Dense) => void;
  /** Where the meaning of operators is looked up; default: the registry. */
  readonly operators?: (op: string) => OpDefinition | undefined;
}

/**
 * The graph's outputs by the names they are returned under. `feeds` gives inputs, parameters and randoms by value name; a
 * part of a parameter may be given by the whole.
 * Integers are truncated and bools are 0 or 1 after every operator; floats of every type keep the precision of f64.
 * Throws an `InternalError` where a feed is missing, or where a result is not of the type that the graph states.
 */
export function interpretGraph(
  graph: Graph,
  feeds: ReadonlyMap<string, Dense>,
  options: InterpretOptions = {},
): Map<string, Dense> {
  const { operators = findOp, onValue } = options;
  const values = new Map<string, Dense>();
  const set = (name: string, value: Dense) => {
    const stated = present(graph.values.get(name), "unknown value", () => name).type;
    const actual = tensorType(value.dtype, value.shape);
    const same = isStatic(stated)
      ? typesEqual(stated, actual)
      : stated.kind === "tensor" && stated.dtype === value.dtype;
    invariant(
      same,
      "value is not of its stated type",
      () => `${name}: ${printType(actual)} instead of ${printType(stated)}`,
    );
    values.set(name, value);
    onValue?.(name, value);
  };
  for (const source of graph.sources)
    set(source.value, sourceValue(source, tensorTypeOf(graph, source.value), feeds, options));
  const read = (name: string) => present(values.get(name), "value used before it is made", () => name);
  for (const node of graph.nodes) {
    const results = evaluateNode(
      node,
      node.inputs.map((name) => (name === null ? null : read(name))),
      operators,
    );
    node.outputs.forEach((name, i) => {
      set(name, results[i] as Dense);
    });
  }
  return new Map(graph.outputs.map(({ name, value }) => [name, read(value)]));
}

/** Runs one operator on arrays, all of which it may take as known at compile time. */
export function evaluateNode(
  node: Pick<Node, "name" | "op" | "attributes" | "outputs"> & Partial<Pick<Node, "location" | "regions">>,
  inputs: readonly (Dense | null)[],
  operators: (op: string) => OpDefinition | undefined = findOp,
): Dense[] {
  const definition = present(
    operators(node.op),
    "operator without a meaning",
    () => `${node.op} ${node.name}`,
  );
  const call = new Call({
    op: node.op,
    name: node.name,
    location: node.location ?? unknownLocation,
    attributes: node.attributes,
    inputs: inputs.map((x): ValueType | null => (x === null ? null : tensorType(x.dtype, x.shape))),
    constants: (index) => {
      const x = inputs[index];
      return x == null ? undefined : toTensorData(x);
    },
    outputs: node.outputs.length,
    regionNames: Object.keys(node.regions ?? {}),
  });
  const results = definition.evaluate({ call, inputs });
  invariant(results.length >= node.outputs.length, "operator gives too few results", () => node.op);
  return node.outputs.map((_, i) => rounded(results[i] as Dense));
}

function sourceValue(
  source: Source,
  type: TensorType,
  feeds: ReadonlyMap<string, Dense>,
  { device }: InterpretOptions,
): Dense {
  switch (source.kind) {
    case "constant":
      return toDense(source.data);
    case "rank": {
      const at = present(device, "rank source without a device", () => source.value);
      const list = rankValues(at.mesh, source.table, at.coordinates);
      return {
        dtype: "i64",
        shape: type.shape.length === 0 ? [] : [list.length],
        data: Float64Array.from(list),
      };
    }
    default: {
      const initializer = source.kind === "parameter" ? source.initializer : undefined;
      const whole = initializer?.kind === "part" ? feeds.get(initializer.name) : undefined;
      if (initializer?.kind === "part" && whole !== undefined && !feeds.has(source.value))
        return takeBox(whole, { start: initializer.start, size: knownShape(type) });
      return present(feeds.get(source.value), "source without a feed", () => source.value);
    }
  }
}

export function toDense(data: TensorData): Dense {
  return { dtype: data.dtype, shape: data.shape, data: toNumbers(data) };
}

export function toTensorData(x: Dense): TensorData {
  return tensorData(x.dtype, x.shape, x.data);
}

/** The elements as values of the array's type: whole numbers for integers, 0 and 1 for bool. */
function rounded(x: Dense): Dense {
  if (x.dtype === "bool")
    return x.data.every((v) => v === 0 || v === 1) ? x : { ...x, data: x.data.map((v) => (v === 0 ? 0 : 1)) };
  if (!isInteger(x.dtype) || x.data.every(Number.isInteger)) return x;
  return { ...x, data: x.data.map((v) => (Number.isNaN(v) ? 0 : Math.trunc(v))) };
}
