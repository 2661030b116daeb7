/**
 * The text form of a graph: deterministic, one source or node a line, read back by `parse.ts` to an equal graph.
 *
 *   graph vit on mesh[dp=2, tp=2, pp=2] layers 12 {
 *     input %images : f32[8, 3, 224, 224] @ [S(0), B]   # vit.ts:10
 *     parameter %w : f32[192, 576] = trunc-normal(0, 0.02) hint soft tp:S(1) in blocks.0.attn layer 0
 *     constant %two : f32[] = [2]
 *     random %mask : bool[8, 197] = bernoulli(0.9, "blocks.0.drop")
 *     random %noise : f32[8, 197] = normal(0, 1, "noise")
 *     %h = MatMul(%x, %w) : f32[8, 197, 576] @ [S(0), S(2)] signature ([S(0), B], [B, S(1)]) -> ([S(0), S(2)]) stage 0
 *     %a, %b = Split(%h, -) {axis=2, num_outputs=2} : f32[8, 197, 288], f32[8, 197, 288] as split.0
 *     return prediction_scores=%h
 *   }
 *
 * Values are `%name`; names with other characters than letters, digits and `_ . / -` stand in quotes. A node is called
 * as its first output unless `as` says otherwise. Attributes: `1` is an INT, `float(1)` a FLOAT, `[1, 2]` INTS,
 * `floats(1, 2)` FLOATS, `"a"` a STRING, `tensor(f32[2] = [1, 2])` a TENSOR, `type(seq<f32[2]>)` a TYPE_PROTO. Regions follow
 * their node, one after another, as `region NAME = graph … { … }`. A trailing `# file:line` is the location. A line that starts
 * with `#` is a remark.
 */
import { printLocation, type Location } from "../../diagnostics/location.ts";
import { isKnown, parseDim, type Dim } from "../dim.ts";
import type {
  Attribute,
  Attributes,
  Graph,
  Initializer,
  Node,
  RandomRecipe,
  Source,
  Value,
} from "../graph.ts";
import { printNdSbp, printSbp, type LayoutHint, type Mesh } from "../layout.ts";
import type { TensorData } from "../tensor-data.ts";
import type { ValueType } from "../types.ts";
import { printElements, printName, printNumber, printRef } from "./literal.ts";

/** The graph as text; equal graphs give equal texts. */
export function printGraph(graph: Graph): string {
  const lines: string[] = [];
  const head: string[] = [`graph ${printName(graph.name)}`];
  if (graph.mesh !== undefined) head.push(`on mesh[${printMeshAxes(graph.mesh)}]`);
  if (graph.layers !== undefined) head.push(`layers ${graph.layers}`);
  if (graph.layerStages !== undefined) {
    head.push(
      `stages ${typeof graph.layerStages === "string" ? graph.layerStages : `[${graph.layerStages.join(", ")}]`}`,
    );
  }
  if (graph.opsets !== undefined) {
    const sets = Object.entries(graph.opsets).sort(([a], [b]) => (a < b ? -1 : 1));
    head.push(`opsets [${sets.map(([domain, version]) => `${printName(domain)}=${version}`).join(", ")}]`);
  }
  lines.push(`${head.join(" ")} {`);
  for (const source of graph.sources) lines.push(`  ${printSource(source, graph)}`);
  for (const node of graph.nodes) {
    lines.push(`  ${printNode(node, graph)}`);
    for (const [name, region] of Object.entries(node.regions ?? {})) {
      lines.push(
        `    region ${printName(name)} = ${printGraph(region).trimEnd().replaceAll("\n", "\n    ")}`,
      );
    }
  }
  lines.push(
    `  return ${graph.outputs.map((output) => `${printName(output.name)}=${printRef(output.value)}`).join(", ")}`.trimEnd(),
  );
  lines.push("}", "");
  return lines.join("\n");
}

/** The line of a source. */
export function printSource(source: Source, graph: Graph): string {
  const parts: string[] = [source.kind, printRef(source.value)];
  const value = graph.values.get(source.value);
  if (value !== undefined) parts.push(":", printType(value));
  switch (source.kind) {
    case "input":
      break;
    case "parameter":
      parts.push("=", printInitializer(source.initializer));
      break;
    case "constant":
      parts.push("=", printElements(source.data));
      break;
    case "random":
      parts.push("=", printRecipe(source.recipe));
      break;
    case "rank": {
      const entries = source.table.entries.map((entry) => `[${entry.join(", ")}]`);
      parts.push(`= table [${source.table.axes.join(", ")}] [${entries.join(", ")}]`);
      break;
    }
  }
  if (value?.hint !== undefined) parts.push(printHintClause(value.hint));
  if (source.kind === "parameter") {
    if (source.stateOf !== undefined) parts.push(`state ${printName(source.stateOf)}`);
    pushPlace(parts, source);
  }
  return withLocation(parts, source.location);
}

/** The line of a node, without its regions. */
export function printNode(node: Node, graph: Graph): string {
  const parts: string[] = [node.outputs.length === 0 ? "()" : node.outputs.map(printRef).join(", "), "="];
  const inputs = node.inputs.map((input) => (input === null ? "-" : printRef(input)));
  parts.push(`${printName(node.op)}(${inputs.join(", ")})`);
  const attributes = Object.entries(node.attributes);
  if (attributes.length > 0)
    parts.push(
      `{${attributes.map(([name, value]) => `${printName(name)}=${printAttribute(value)}`).join(", ")}}`,
    );
  if (node.outputs.length > 0) {
    const types = node.outputs.map((output) => {
      const value = graph.values.get(output);
      if (value === undefined) return "?";
      return value.hint === undefined
        ? printType(value)
        : `${printType(value)} ${printHintClause(value.hint)}`;
    });
    parts.push(":", types.join(", "));
  }
  if (node.signature !== undefined) {
    const { inputs: ins, outputs: outs, form } = node.signature;
    parts.push(
      `signature (${ins.map((nd) => (nd === null ? "-" : printNdSbp(nd))).join(", ")}) -> (${outs.map(printNdSbp).join(", ")})`,
    );
    if (form !== undefined) parts.push(`form ${printName(form)}`);
  }
  pushPlace(parts, node);
  if (node.phase !== undefined) parts.push(`phase ${node.phase}`);
  if (node.name !== node.outputs[0]) parts.push(`as ${printName(node.name)}`);
  return withLocation(parts, node.location);
}

function pushPlace(
  parts: string[],
  at: { readonly module: string; readonly layer?: number; readonly stage?: number },
): void {
  if (at.module !== "") parts.push(`in ${printName(at.module)}`);
  if (at.layer !== undefined) parts.push(`layer ${at.layer}`);
  if (at.stage !== undefined) parts.push(`stage ${at.stage}`);
}

function withLocation(parts: readonly string[], location: Location): string {
  const place = printLocation(location);
  return place === "" ? parts.join(" ") : `${parts.join(" ")}   # ${place}`;
}

function printMeshAxes(mesh: Mesh): string {
  const axes = mesh.axes.map((axis) => `${printName(axis.name)}=${axis.size}`);
  return [...axes, ...(mesh.stages > 1 ? [`pp=${mesh.stages}`] : [])].join(", ");
}

/** `f32[8, n]`, with `@ [S(0), B]` where the layout is known. */
function printType(value: Value): string {
  const type = printValueType(value.type);
  return value.layout === undefined ? type : `${type} @ ${printNdSbp(value.layout)}`;
}

function printValueType(type: ValueType): string {
  switch (type.kind) {
    case "tensor":
      return `${type.dtype}[${type.shape.map(printDim).join(", ")}]`;
    case "sequence":
      return `seq<${printValueType(type.element)}>`;
    case "optional":
      return `optional<${printValueType(type.element)}>`;
  }
}

function printDim(dim: Dim): string {
  if (isKnown(dim) || /^[A-Za-z_][\w.]*$/.test(dim)) return String(dim);
  return /^[\w.+\-*/()]+$/.test(dim) && parseDim(dim) === dim ? dim : JSON.stringify(dim);
}

function printHintClause(hint: LayoutHint): string {
  const parts = [
    "hint",
    hint.strength,
    ...hint.sbp.map(({ axis, sbp }) => `${printName(axis)}:${printSbp(sbp)}`),
  ];
  if (hint.like !== undefined) parts.push(`like ${printRef(hint.like)}`);
  return parts.join(" ");
}

function printInitializer(initializer: Initializer): string {
  const call = (...values: readonly number[]) => `${initializer.kind}(${values.map(printNumber).join(", ")})`;
  switch (initializer.kind) {
    case "constant":
      return call(initializer.value);
    case "normal":
    case "trunc-normal":
      return call(initializer.mean, initializer.std);
    case "uniform":
      return call(initializer.low, initializer.high);
    case "file":
      return `file(${JSON.stringify(initializer.path)}, ${initializer.offset}, ${initializer.length})`;
    case "inline":
      return printTensor(initializer.data);
    case "part": {
      const { name, shape, start, of } = initializer;
      return `part(${JSON.stringify(name)}, [${shape.join(", ")}], [${start.join(", ")}], ${printInitializer(of)})`;
    }
  }
}

/** Attributes as text, whatever the order in which they stand; equal attributes give equal texts. */
export function sortedAttributes(attributes: Attributes): string {
  const texts = Object.entries(attributes).map(
    ([name, value]) => `${printName(name)}=${printAttribute(value)}`,
  );
  return texts.sort().join(", ");
}

function printAttribute(value: Attribute): string {
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (isTensor(value)) return printTensor(value.tensor);
  if (isType(value)) return `type(${printValueType(value.type)})`;
  if (isFloatAttribute(value)) return `float(${printNumber(value.float)})`;
  if (isFloats(value)) return `floats(${value.floats.map(printNumber).join(", ")})`;
  return `[${value.map((item) => (typeof item === "number" ? printNumber(item) : JSON.stringify(item))).join(", ")}]`;
}

function printTensor(tensor: TensorData): string {
  return `tensor(${tensor.dtype}[${tensor.shape.join(", ")}] = ${printElements(tensor)})`;
}

function isType(value: Attribute): value is { readonly type: ValueType } {
  return typeof value === "object" && "type" in value;
}

function isTensor(value: Attribute): value is { readonly tensor: TensorData } {
  return typeof value === "object" && "tensor" in value;
}

function isFloatAttribute(value: Attribute): value is { readonly float: number } {
  return typeof value === "object" && "float" in value;
}

function isFloats(value: Attribute): value is { readonly floats: readonly number[] } {
  return typeof value === "object" && "floats" in value;
}

function printRecipe(recipe: RandomRecipe): string {
  const numbers =
    recipe.kind === "bernoulli"
      ? [recipe.keep]
      : recipe.kind === "normal"
        ? [recipe.mean, recipe.std]
        : [recipe.low, recipe.high];
  return `${recipe.kind}(${numbers.map(printNumber).join(", ")}, ${JSON.stringify(recipe.key)})`;
}
