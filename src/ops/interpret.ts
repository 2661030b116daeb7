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
  typesEqual,
  type TensorType,
  type ValueType,
} from "../ir/types.ts";
import { InternalError, invariant, present } from "../support/assert.ts";
import { Call, callRegions } from "./call.ts";
import type { DataContext, Datum, Dense } from "./contract.ts";
import { asDense, isDense, typeOfDatum } from "./datum.ts";
import type { OpDefinition } from "./define.ts";
import { rankValues } from "./localize.ts";
import { findOp } from "./registry.ts";
import { numberOfText, textOfNumber } from "./texts.ts";
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
  const values = new Map<string, Datum>();
  for (const source of graph.sources)
    setValue(
      graph,
      values,
      source.value,
      sourceValue(source, tensorTypeOf(graph, source.value), feeds, options),
      options,
    );
  runNodes(graph, values, [], options);
  return new Map(
    graph.outputs.map(({ name, value }) => [
      name,
      asDense(present(values.get(value), "value used before it is made", () => value)),
    ]),
  );
}

/** Values of the graphs around a region, the innermost first. */
type Around = readonly ReadonlyMap<string, Datum>[];

function setValue(
  graph: Graph,
  values: Map<string, Datum>,
  name: string,
  value: Datum,
  { onValue }: InterpretOptions,
): void {
  const stated = present(graph.values.get(name), "unknown value", () => name).type;
  const actual = typeOfDatum(value);
  const same =
    stated.kind !== "tensor" || actual.kind !== "tensor"
      ? stated.kind === actual.kind
      : isStatic(stated)
        ? typesEqual(stated, actual)
        : stated.dtype === actual.dtype;
  invariant(
    same,
    "value is not of its stated type",
    () => `${name}: ${printType(actual)} instead of ${printType(stated)}`,
  );
  values.set(name, value);
  if (isDense(value)) onValue?.(name, value);
}

/** Runs the nodes of a graph whose sources have their values. */
function runNodes(graph: Graph, values: Map<string, Datum>, around: Around, options: InterpretOptions): void {
  const scope = [values, ...around];
  const read = (name: string) =>
    present(scope.find((one) => one.has(name))?.get(name), "value used before it is made", () => name);
  for (const node of graph.nodes) {
    const run = (region: string, inputs: readonly Datum[]) =>
      runRegion(
        present(node.regions?.[region], "no such region", () => region),
        inputs,
        scope,
        options,
      );
    const results = evaluateData(
      node,
      node.inputs.map((name) => (name === null ? null : read(name))),
      options.operators,
      { run, typeOf: (value) => typeOfDatum(read(value)) },
    );
    node.outputs.forEach((name, i) => {
      setValue(graph, values, name, results[i] as Datum, options);
    });
  }
}

function runRegion(
  region: Graph,
  inputs: readonly Datum[],
  around: Around,
  { operators }: InterpretOptions,
): Datum[] {
  const options: InterpretOptions = operators === undefined ? {} : { operators };
  const values = new Map<string, Datum>();
  let taken = 0;
  for (const source of region.sources) {
    const value =
      source.kind === "constant"
        ? toDense(source.data)
        : present(inputs[taken++], "region with more inputs than it is given", () => source.value);
    setValue(region, values, source.value, value, options);
  }
  runNodes(region, values, around, options);
  return region.outputs.map(({ value }) =>
    present([values, ...around].find((one) => one.has(value))?.get(value), "unknown result", () => value),
  );
}

/** Runs one operator on arrays, all of which it may take as known at compile time. */
export function evaluateNode(
  node: Evaluated,
  inputs: readonly (Dense | null)[],
  operators?: (op: string) => OpDefinition | undefined,
): Dense[] {
  return evaluateData(node, inputs, operators).map(asDense);
}

type Evaluated = Pick<Node, "name" | "op" | "attributes" | "outputs"> &
  Partial<Pick<Node, "location" | "regions">>;

function evaluateData(
  node: Evaluated,
  inputs: readonly (Datum | null)[],
  operators: (op: string) => OpDefinition | undefined = findOp,
  around: RegionScope = noScope,
): Datum[] {
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
    inputs: inputs.map((x): ValueType | null => (x === null ? null : typeOfDatum(x))),
    constants: (index) => {
      const x = inputs[index];
      return x == null || !isDense(x) ? undefined : toTensorData(x);
    },
    outputs: node.outputs.length,
    regions: callRegions(node.regions, around.typeOf),
  });
  const results =
    definition.evaluateData === undefined
      ? definition.evaluate({ call, inputs: inputs.map((x) => (x === null ? null : asDense(x))) })
      : definition.evaluateData({ call, inputs, run: around.run });
  invariant(results.length >= node.outputs.length, "operator gives too few results", () => node.op);
  return node.outputs.map((_, i) => rounded(results[i] as Datum));
}

/** What is around a node with regions. */
interface RegionScope {
  readonly run: DataContext["run"];
  readonly typeOf: (value: string) => ValueType;
}

function nowhere(name: string): never {
  throw new InternalError(`a region outside a graph: ${name}`);
}

const noScope: RegionScope = { run: nowhere, typeOf: nowhere };

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
  if (data.dtype !== "string") return { dtype: data.dtype, shape: data.shape, data: toNumbers(data) };
  const texts = data.data as readonly string[];
  return { dtype: data.dtype, shape: data.shape, data: Float64Array.from(texts, numberOfText) };
}

export function toTensorData(x: Dense): TensorData {
  return x.dtype === "string"
    ? { dtype: x.dtype, shape: x.shape, data: [...x.data].map(textOfNumber) }
    : tensorData(x.dtype, x.shape, x.data);
}

/** The elements as values of the array's type: whole numbers for integers, 0 and 1 for bool. */
function rounded(x: Datum): Datum {
  if (!isDense(x)) return x;
  if (x.dtype === "bool")
    return x.data.every((v) => v === 0 || v === 1) ? x : { ...x, data: x.data.map((v) => (v === 0 ? 0 : 1)) };
  if (!isInteger(x.dtype) || x.data.every(Number.isInteger)) return x;
  return { ...x, data: x.data.map((v) => (Number.isNaN(v) ? 0 : Math.trunc(v))) };
}
