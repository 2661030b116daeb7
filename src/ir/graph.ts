/**
 * The graph: immutable data. Sources are values that no node makes; nodes make the others, in topological order.
 *
 * A pass returns a new graph, or the same object where nothing was done. Values are known by name, unique in a
 * graph; a region's graph may also use (capture) the names of the graph around it. Operators have ONNX's names;
 * those of another domain are prefixed by it: `sbpc.Boxing`, `com.microsoft.FusedMatMul`.
 */
import type { Location } from "../diagnostics/location.ts";
import { invariant, present } from "../support/assert.ts";
import type { LayoutHint, Mesh, NdSbp } from "./layout.ts";
import type { TensorData } from "./tensor-data.ts";
import type { TensorType, ValueType } from "./types.ts";

/** What is known of a value. */
export interface Value {
  readonly name: string;
  readonly type: ValueType;
  /** Asked for by the model; see LayoutHint. */
  readonly hint?: LayoutHint;
  /** The layout it is made in, once `infer-sbp` has chosen. */
  readonly layout?: NdSbp;
}

export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly tensor: TensorData }
  /** A float that must stay one although it is whole: ONNX tells INT from FLOAT. */
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  /** A TYPE_PROTO, as ONNX's Optional has one. */
  | { readonly type: ValueType };

export type Attributes = Readonly<Record<string, Attribute>>;

/** The layouts in which a node takes its inputs (null: absent or not a tensor) and gives its outputs. */
export interface NodeSignature {
  readonly inputs: readonly (NdSbp | null)[];
  readonly outputs: readonly NdSbp[];
  /** The distributed form that realises it; absent for plain local execution. */
  readonly form?: string;
}

/**
 * What of a training step a node belongs to; absent: the forward pass. `input` carries the gradient back towards the inputs,
 * `weight` is the rest of the backward pass (both once per micro-batch), `update` runs once per step.
 */
export type NodePhase = "input" | "weight" | "update";

export interface Node {
  /** Stable identity: module path, operator and count, e.g. `blocks.0.mlp.MatMul_1`. */
  readonly name: string;
  readonly op: string;
  /** Names of values; null for an optional input that is absent. */
  readonly inputs: readonly (string | null)[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  readonly location: Location;
  /** Path of the module that made it, e.g. `blocks.0.mlp`; "" outside modules. */
  readonly module: string;
  /** The layer (`layerIdx`) it was built under; -1 is the last stage; absent outside layers. */
  readonly layer?: number;
  /** Pipeline stage, once `assign-stages` has run. */
  readonly stage?: number;
  readonly phase?: NodePhase;
  readonly signature?: NodeSignature;
  /** Bodies of If, Loop and Scan by attribute name. */
  readonly regions?: Readonly<Record<string, Graph>>;
}

/** How a parameter's elements come about; the same on every mesh. Stream key: the parameter's name and the run's seed. */
export type Initializer = WholeInitializer | PartInitializer;

export type WholeInitializer =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "normal"; readonly mean: number; readonly std: number }
  /** Normal, restricted to [mean - 2 std, mean + 2 std]. */
  | { readonly kind: "trunc-normal"; readonly mean: number; readonly std: number }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
  /** Row-major little-endian bytes in a file; `path` is relative to the model or plan that names it. */
  | { readonly kind: "file"; readonly path: string; readonly offset: number; readonly length: number }
  /** The elements themselves, where no file holds them as they are. */
  | { readonly kind: "inline"; readonly data: TensorData };

/** The box, from `start` on, of what `of` gives a parameter called `name` of `shape` and the same element type. */
export interface PartInitializer {
  readonly kind: "part";
  readonly of: WholeInitializer;
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: readonly number[];
}

/**
 * Random numbers fed to the graph: 1 with probability `keep` else 0, normal, or even in (low, high). Stream key: seed, step,
 * `key`, sample, element.
 */
export type RandomRecipe = {
  /** Stable id of the operator that draws. */
  readonly key: string;
} & (
  | { readonly kind: "bernoulli"; readonly keep: number }
  | { readonly kind: "normal"; readonly mean: number; readonly std: number }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
);

/**
 * Integers that differ per device of a stage, in local graphs only: a table over the coordinates on `axes` (indices of
 * mesh axes, row-major), one list of `i64` per entry. A scalar where `type` is rank 0.
 */
export interface RankTable {
  readonly axes: readonly number[];
  readonly entries: readonly (readonly number[])[];
}

export type Source =
  | { readonly kind: "input"; readonly value: string; readonly location: Location }
  | {
      readonly kind: "parameter";
      readonly value: string;
      readonly location: Location;
      readonly initializer: Initializer;
      /** The parameter whose optimizer state this is; absent: the model's own. */
      readonly stateOf?: string;
      readonly module: string;
      readonly layer?: number;
      readonly stage?: number;
    }
  | {
      readonly kind: "constant";
      readonly value: string;
      readonly location: Location;
      readonly data: TensorData;
    }
  | {
      readonly kind: "random";
      readonly value: string;
      readonly location: Location;
      readonly recipe: RandomRecipe;
    }
  | { readonly kind: "rank"; readonly value: string; readonly location: Location; readonly table: RankTable };

export interface Graph {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly nodes: readonly Node[];
  /** Names of the values that the graph returns, with the names they are returned under. */
  readonly outputs: readonly GraphOutput[];
  readonly values: ReadonlyMap<string, Value>;
  /** Number of layers that `layer` counts, where the model says so. */
  readonly layers?: number;
  /** The model's own list of the stage of every layer, where it gives one; LiBai's rule otherwise. */
  readonly layerStages?: readonly number[] | "libai" | "balanced";
  readonly mesh?: Mesh;
  /** Operator sets of domains whose operators stay as the model has them: all but ONNX's own and sbpc's. Default 1. */
  readonly opsets?: Readonly<Record<string, number>>;
}

export interface GraphOutput {
  readonly name: string;
  readonly value: string;
}

// --- reading

export function valueOf(graph: Graph, name: string): Value {
  return present(graph.values.get(name), "unknown value", () => name);
}

export function typeOf(graph: Graph, name: string): ValueType {
  return valueOf(graph, name).type;
}

/** The tensor type of a value, which must be a tensor. */
export function tensorTypeOf(graph: Graph, name: string): TensorType {
  const type = typeOf(graph, name);
  invariant(type.kind === "tensor", "value is not a tensor", () => name);
  return type;
}

/** Who makes each value. */
export function producers(graph: Graph): Map<string, Node> {
  const map = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) map.set(output, node);
  return map;
}

/** Sources by the value they give. */
export function sourcesByValue(graph: Graph): Map<string, Source> {
  return new Map(graph.sources.map((source) => [source.value, source]));
}

/** Every use of each value by a node, as (node, input index); uses inside regions count as the node's, index -1. */
export function consumers(graph: Graph): Map<string, { readonly node: Node; readonly index: number }[]> {
  const map = new Map<string, { node: Node; index: number }[]>();
  const add = (name: string, node: Node, index: number) => {
    const list = map.get(name);
    if (list === undefined) map.set(name, [{ node, index }]);
    else list.push({ node, index });
  };
  for (const node of graph.nodes) {
    node.inputs.forEach((name, index) => {
      if (name !== null) add(name, node, index);
    });
    for (const name of captures(node)) add(name, node, -1);
  }
  return map;
}

/** Names that the regions of a node use from outside. */
export function captures(node: Node): string[] {
  if (node.regions === undefined) return [];
  const names = new Set<string>();
  for (const region of Object.values(node.regions)) {
    for (const inner of region.nodes) {
      for (const name of [...inner.inputs, ...captures(inner)]) {
        if (name !== null && !region.values.has(name)) names.add(name);
      }
    }
    for (const output of region.outputs) if (!region.values.has(output.value)) names.add(output.value);
  }
  return [...names];
}

/** `sbpc` of `sbpc.Boxing`; "" for ONNX's own operators. */
export function domainOf(op: string): string {
  const dot = op.lastIndexOf(".");
  return dot < 0 ? "" : op.slice(0, dot);
}

export function opTypeOf(op: string): string {
  return op.slice(op.lastIndexOf(".") + 1);
}
