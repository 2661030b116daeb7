/**
 * Rewrites a graph to count in 32 bits: the WebGPU provider has no kernels for i64 arithmetic, comparison or movement.
 *
 * Inputs and what is computed of them become i32, so do constants where they meet those. What ONNX has in 64 bits alone (shapes,
 * axes, what ArgMax gives) stays i64: an i32 value is widened there, which the provider can do.
 */
import type { Graph, Node, Source, Value } from "../../src/ir/graph.ts";
import { tensorData, toNumbers, type TensorData } from "../../src/ir/tensor-data.ts";
import { dataTypes, type ValueType } from "../../src/ir/types.ts";
import { present } from "../../src/support/assert.ts";

/** Inputs that ONNX wants in i64, or that runtimes read on the host, by operator; the others of these may be i32. */
const wideInputs: Readonly<Record<string, readonly number[]>> = {
  Add: [],
  Sub: [],
  Mul: [],
  Div: [],
  Mod: [],
  Min: [],
  Max: [],
  Neg: [],
  Abs: [],
  Sign: [],
  Less: [],
  LessOrEqual: [],
  Greater: [],
  GreaterOrEqual: [],
  Equal: [],
  Where: [],
  Cast: [],
  Identity: [],
  Concat: [],
  Transpose: [],
  Flatten: [],
  Reshape: [1],
  Expand: [1],
  Tile: [1],
  Squeeze: [1],
  Unsqueeze: [1],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Pad: [1, 3],
  ReduceSum: [1],
  ReduceMax: [1],
  ReduceMin: [1],
  CumSum: [1],
  Gather: [],
  GatherElements: [],
  ScatterElements: [],
  OneHot: [1],
  SoftmaxCrossEntropyLoss: [],
  NegativeLogLikelihoodLoss: [],
};

const limit = 2 ** 31;

/** The graph in 32 bits; undefined where it has regions, or a constant that does not fit meets what would be i32. */
export function narrowIntegers(graph: Graph): Graph | undefined {
  const values = new Map<string, Value>(graph.values);
  const constants = new Map<string, TensorData>();
  const sources: Source[] = [];
  const nodes: Node[] = [];
  const narrow = new Set<string>();
  const isWide = (name: string): boolean => {
    const { type } = present(values.get(name), "unknown value", () => name);
    return type.kind === "tensor" && type.dtype === "i64";
  };
  const retype = (name: string): void => {
    const value = present(values.get(name), "unknown value", () => name);
    values.set(name, { ...value, type: { ...value.type, dtype: "i32" } as ValueType });
    narrow.add(name);
  };
  for (const source of graph.sources) {
    sources.push(source);
    if (source.kind === "constant") constants.set(source.value, source.data);
    else if (isWide(source.value)) retype(source.value);
  }
  if (graph.nodes.every((node) => node.outputs.every((name) => !isWide(name))) && narrow.size === 0)
    return graph;

  /** Values in the other width, made once. */
  const converted = new Map<string, string>();
  const cast = (name: string, to: "i32" | "i64", near: Node): string => {
    const known = converted.get(name);
    if (known !== undefined) return known;
    const made = `${name}.${to}`;
    const value = present(values.get(name), "unknown value", () => name);
    values.set(made, { name: made, type: { ...value.type, dtype: to } as ValueType });
    converted.set(name, made);
    const data = constants.get(name);
    if (data !== undefined)
      sources.push({ kind: "constant", value: made, location: near.location, data: narrowed(data) });
    else
      nodes.push({
        name: `${made}.Cast`,
        op: "Cast",
        inputs: [name],
        outputs: [made],
        attributes: { to: dataTypes[to][0] },
        location: near.location,
        module: "",
      });
    return made;
  };

  try {
    for (const node of graph.nodes) {
      if (node.regions !== undefined) return undefined;
      const wide = wideInputs[node.op];
      const inputs = node.inputs.map((name, i) => {
        if (name === null) return null;
        const wanted = wide === undefined || wide.includes(i) ? "i64" : "i32";
        if (narrow.has(name)) return wanted === "i64" ? cast(name, "i64", node) : name;
        return wanted === "i32" && isWide(name) ? cast(name, "i32", node) : name;
      });
      const results = node.outputs.filter((name) => isWide(name));
      const attributes =
        node.op === "Cast" && node.attributes["to"] === dataTypes.i64[0]
          ? { ...node.attributes, to: dataTypes.i32[0] }
          : node.attributes;
      if (wide !== undefined) results.forEach(retype);
      nodes.push({ ...node, inputs, attributes });
    }
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
  return { ...graph, sources, nodes, values };
}

class TooLarge extends Error {}

function narrowed(data: TensorData): TensorData {
  const numbers = toNumbers(data);
  if (numbers.some((x) => x < -limit || x >= limit)) throw new TooLarge();
  return tensorData("i32", data.shape, numbers);
}
