/**
 * Makes a segment fit for a provider that lacks kernels: integers are counted in 32 bits, and calls that the provider does not
 * take are put together from others that it does. Which ones it takes is asked of the provider itself, call by call, and only
 * where it refuses the segment. What stays with the CPU is named.
 */
import { fail } from "../../src/diagnostics/diagnostic.ts";
import { typeOf, type Graph, type Node, type Source } from "../../src/ir/graph.ts";
import { printType, type DataType } from "../../src/ir/types.ts";
import { importOnnx } from "../../src/onnx/import/import.ts";
import { encodeModel } from "../../src/onnx/write.ts";
import { callsIn } from "../../src/ops/call.ts";
import { composeOnce } from "../../src/ops/compose.ts";
import { present } from "../../src/support/assert.ts";
import { at } from "../../src/support/collections.ts";
import { compositions } from "./compositions.ts";
import { isMisrun } from "./misrun.ts";
import { narrowIntegers } from "./narrow.ts";

/** Whether the provider takes a whole model, with nothing left to the CPU. */
export type Accepts = (model: Uint8Array) => Promise<boolean>;

export interface Lowered {
  readonly model: Uint8Array;
  /** Element types of the outputs: as the segment declares them, and as the model gives them. */
  readonly outputs: readonly DataType[];
  readonly results: readonly { readonly name: string; readonly dtype: DataType }[];
  /** Calls that the CPU runs, `Add f64[]`, each once; none where the provider takes all. */
  readonly onHost: readonly string[];
  /** Names of those nodes that the provider would take, and must not. */
  readonly kept: readonly string[];
}

/** Rounds of putting together: what calls are made of may be made of others. */
const mostRounds = 6;

export class Lowering {
  readonly #accepts: Accepts;
  /** Whether the provider takes a call, by its text. */
  readonly #known = new Map<string, boolean>();

  constructor(accepts: Accepts) {
    this.#accepts = accepts;
  }

  /** The segment as the provider runs it; as it is, where it is no graph that this package reads. */
  async lower(model: Uint8Array): Promise<Lowered> {
    const { graph: original } = importOnnx(model);
    const narrow = narrowIntegers(original);
    let graph = narrow ?? original;
    const encoded = narrow === original ? model : encodeModel(graph);
    const outputs = outputTypes(original);
    if (!graph.nodes.some(isMisrunIn(graph)) && (await this.#accepts(encoded)))
      return { model: encoded, outputs, results: resultsOf(graph), onHost: [], kept: [] };
    for (let round = 0; round < mostRounds; round++) {
      const next = await this.#compose(graph);
      if (next === graph) break;
      graph = next;
    }
    const onHost = new Set((await this.#refused(graph)).map((node) => callText(graph, node)));
    return {
      model: encodeModel(graph),
      outputs,
      results: resultsOf(graph),
      onHost: [...onHost],
      kept: graph.nodes.filter(isMisrunIn(graph)).map(({ name }) => name),
    };
  }

  /** One round; the same graph where nothing more can be done. */
  async #compose(graph: Graph): Promise<Graph> {
    const refused = new Set(await this.#refused(graph));
    return composeOnce(graph, {
      own: compositions,
      refuses: (node) => node.regions === undefined && refused.has(node),
    });
  }

  /** Nodes that the provider does not take, or must not. */
  async #refused(graph: Graph): Promise<Node[]> {
    const isKept = isMisrunIn(graph);
    const refused: Node[] = [];
    for (const node of graph.nodes) if (isKept(node) || !(await this.#takes(graph, node))) refused.push(node);
    return refused;
  }

  async #takes(graph: Graph, node: Node): Promise<boolean> {
    const text = callText(graph, node);
    let takes = this.#known.get(text);
    if (takes === undefined)
      this.#known.set(text, (takes = await this.#accepts(encodeModel(alone(graph, node)))));
    return takes;
  }
}

/** Whether the provider runs a node of the graph wrongly. */
function isMisrunIn(graph: Graph): (node: Node) => boolean {
  const callOf = callsIn(graph);
  return (node) => isMisrun(callOf(node));
}

function resultsOf(graph: Graph): Lowered["results"] {
  const types = outputTypes(graph);
  return graph.outputs.map(({ name }, i) => ({ name, dtype: at(types, i) }));
}

function outputTypes(graph: Graph): DataType[] {
  return graph.outputs.map(({ value }) => {
    const type = typeOf(graph, value);
    return type.kind === "tensor"
      ? type.dtype
      : fail("unsupported-dtype", { backend: "webgpu", dtype: type.kind, value });
  });
}

/** `Cast f64[] -> f32[] {to=1}`: calls of one text are alike to a provider. */
function callText(graph: Graph, node: Node): string {
  const constants = constantsOf(graph);
  const type = (name: string | null): string => {
    if (name === null) return "-";
    return printType(typeOf(graph, name)) + (constants.has(name) ? " constant" : "");
  };
  const attributes = Object.keys(node.attributes).length === 0 ? "" : ` ${JSON.stringify(node.attributes)}`;
  return `${node.op} ${node.inputs.map(type).join(", ")} -> ${node.outputs.map(type).join(", ")}${attributes}`;
}

const constantSources = new WeakMap<Graph, ReadonlyMap<string, Source>>();

function constantsOf(graph: Graph): ReadonlyMap<string, Source> {
  let known = constantSources.get(graph);
  if (known === undefined) {
    known = new Map(graph.sources.flatMap((s) => (s.kind === "constant" ? [[s.value, s]] : [])));
    constantSources.set(graph, known);
  }
  return known;
}

/** The graph of one node: its inputs are the graph's, but for constants. */
function alone(graph: Graph, node: Node): Graph {
  const constants = constantsOf(graph);
  const used = [...new Set(node.inputs.filter((name) => name !== null))];
  const outputs = node.outputs.filter((name) => name !== "");
  return {
    ...graph,
    name: "call",
    nodes: [node],
    values: new Map(
      [...used, ...outputs].map((name) => [name, present(graph.values.get(name), "unknown value")]),
    ),
    sources: used.map(
      (value): Source => constants.get(value) ?? { kind: "input", value, location: node.location },
    ),
    outputs: outputs.map((value) => ({ name: value, value })),
  };
}
