/**
 * The nodes of a graph as calls of their operators, with a key by which equal calls are known: what is worked out for
 * one layer holds for all layers that repeat it.
 */
import type { Graph, Node } from "../../src/ir/graph.ts";
import { sourcesByValue, typeOf } from "../../src/ir/graph.ts";
import { bytesView, type TensorData, type TypedArray } from "../../src/ir/tensor-data.ts";
import { isStatic, printType, type TensorType, type ValueType } from "../../src/ir/types.ts";
import { Call } from "../../src/ops/call.ts";
import type { OpDefinition } from "../../src/ops/define.ts";
import { findOp } from "../../src/ops/registry.ts";

export interface NodeCall {
  readonly node: Node;
  readonly call: Call;
  readonly outputs: readonly ValueType[];
  /** Undefined for an operator without a declaration. */
  readonly definition: OpDefinition | undefined;
  /** Equal for nodes that differ only in names, places and values of large inputs. Worked out when first asked for. */
  readonly key: string;
}

/** Every node's call, in the order of the graph. */
export function callsOf(graph: Graph): NodeCall[] {
  const sources = sourcesByValue(graph);
  const constantOf = (name: string): TensorData | undefined => {
    const source = sources.get(name);
    return source?.kind === "constant" ? source.data : undefined;
  };
  return graph.nodes.map((node) => {
    const call = Call.of(
      node,
      (name) => typeOf(graph, name),
      (name) => constantOf(name),
    );
    const outputs = node.outputs.map((name) => typeOf(graph, name));
    let key: string | undefined;
    return {
      node,
      call,
      outputs,
      definition: findOp(node.op),
      get key() {
        return (key ??= callKey(graph, node, constantOf));
      },
    };
  });
}

function callKey(graph: Graph, node: Node, constantOf: (name: string) => TensorData | undefined): string {
  const inputs = node.inputs.map((name) => {
    if (name === null) return "-";
    const data = constantOf(name);
    return `${printType(typeOf(graph, name))}${data === undefined ? "" : dataKey(data)}`;
  });
  const outputs = node.outputs.map((name) => printType(typeOf(graph, name)));
  const inside = node.regions === undefined ? "" : node.name;
  return `${inside}${node.op}{${attributesKey(node)}}(${inputs.join(";")})->${outputs.join(";")}`;
}

/** The static tensor type of a value; undefined where it is none. */
export function staticTensor(graph: Graph, name: string): TensorType | undefined {
  const type = typeOf(graph, name);
  return type.kind === "tensor" && isStatic(type) ? type : undefined;
}

function attributesKey(node: Node): string {
  return Object.entries(node.attributes)
    .map(([name, value]) =>
      typeof value === "object" && "tensor" in value
        ? `${name}=${dataKey(value.tensor)}`
        : `${name}=${JSON.stringify(value)}`,
    )
    .sort()
    .join();
}

const dataKeys = new WeakMap<TensorData, string>();

/** Type and a 53-bit hash of the content, worked out once for every constant. */
function dataKey(data: TensorData): string {
  let key = dataKeys.get(data);
  if (key === undefined) dataKeys.set(data, (key = contentKey(data)));
  return key;
}

function contentKey(data: TensorData): string {
  const bytes =
    data.dtype === "string"
      ? new TextEncoder().encode(JSON.stringify(data.data))
      : bytesView(data.data as TypedArray);
  let [low, high] = [0x811c9dc5, 0x1000193];
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high + byte, 0x85ebca6b) ^ (high >>> 13);
  }
  return `${data.dtype}[${data.shape.join()}]#${(low >>> 0).toString(36)}.${(high >>> 0).toString(36)}`;
}
