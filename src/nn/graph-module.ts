/**
 * A graph that was made elsewhere (an imported ONNX model) as a part of the model being built: its operators and parameters stand
 * among the model's own, under the module's path.
 */
import { fail } from "../diagnostics/diagnostic.ts";
import {
  captures,
  producers,
  tensorTypeOf,
  valueOf,
  type Graph,
  type GraphOutput,
  type Source,
  type Value,
} from "../ir/graph.ts";
import { renameValues } from "../ir/rename.ts";
import { printType } from "../ir/types.ts";
import { currentBuild } from "./build.ts";
import { Module, type LayerOptions } from "./module.ts";
import { Tensor } from "./tensor.ts";

export interface GraphModuleOptions extends LayerOptions {
  /** Values of the graph that are given, by name. Default: its outputs. */
  readonly outputs?: readonly string[];
}

/** All sizes of the graph must be known. Called more than once it has its parameters once. */
export class GraphModule extends Module {
  static readonly packaged = true;
  readonly #graph: Graph;
  readonly #outputs: readonly GraphOutput[];
  /** What the first call named the graph's own sources. */
  readonly #sources = new Map<string, string>();

  constructor(graph: Graph, { outputs, ...options }: GraphModuleOptions = {}) {
    super(options);
    this.#graph = graph;
    this.#outputs = outputs?.map((name) => ({ name, value: name })) ?? graph.outputs;
  }

  /** Tensors for the graph's inputs, by name; gives its outputs by name. Error: bad-input. */
  forward(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    const { module } = currentBuild().scope;
    return splice(this.#graph, inputs, {
      prefix: module,
      outputs: this.#outputs,
      sources: this.#sources,
    });
  }
}

interface SpliceOptions {
  /** Path that names begin with; "" for none. */
  readonly prefix: string;
  readonly outputs: readonly GraphOutput[];
  /** New names of sources that are there already; the others are added. */
  readonly sources: Map<string, string>;
}

/** Adds what the outputs need of a graph to the model being built. */
export function splice(
  graph: Graph,
  inputs: Readonly<Record<string, Tensor>>,
  { prefix, outputs, sources }: SpliceOptions,
): Record<string, Tensor> {
  const build = currentBuild();
  const { builder, scope } = build;
  const path = (name: string) => (prefix === "" ? name : name === "" ? prefix : `${prefix}.${name}`);
  const names = new Map(sources);
  const taken = new Set<string>();
  const nameOf = (value: string): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    let name = builder.freshName(path(value));
    while (taken.has(name)) name = builder.freshName(`${name}_`);
    taken.add(name);
    names.set(value, name);
    return name;
  };
  const valueNamed = (old: Value): Value => {
    const { hint } = old;
    const like = hint?.like === undefined ? {} : { like: nameOf(hint.like) };
    return { ...old, name: nameOf(old.name), ...(hint === undefined ? {} : { hint: { ...hint, ...like } }) };
  };
  const needed = neededFor(graph, outputs);
  for (const source of graph.sources) {
    if (!needed.has(source.value)) continue;
    if (source.kind === "input") {
      names.set(source.value, given(graph, source.value, inputs).value);
      continue;
    }
    if (sources.has(source.value)) continue;
    const value = nameOf(source.value);
    sources.set(source.value, value);
    builder.addSource(
      placed({ ...source, value }, path, scope.layer),
      valueNamed(valueOf(graph, source.value)),
    );
  }
  for (const node of graph.nodes) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    const layer = scope.layer ?? node.layer;
    if (layer !== undefined) build.checkedLayer(layer, () => node.location);
    builder.addNode(
      {
        ...renameValues(node, nameOf),
        name: builder.freshNodeName(path(node.name)),
        module: path(node.module),
        ...(layer === undefined ? {} : { layer }),
      },
      node.outputs.map((output) => valueNamed(valueOf(graph, output))),
    );
  }
  return Object.fromEntries(outputs.map(({ name, value }) => [name, new Tensor(nameOf(value))]));
}

function placed(source: Source, path: (name: string) => string, layer: number | undefined): Source {
  if (source.kind === "random") return { ...source, recipe: { ...source.recipe, key: source.value } };
  if (source.kind !== "parameter") return source;
  return { ...source, module: path(source.module), ...(layer === undefined ? {} : { layer }) };
}

/** The tensor given for an input, of the type that the graph takes. */
function given(graph: Graph, name: string, inputs: Readonly<Record<string, Tensor>>): Tensor {
  const tensor = inputs[name];
  const wanted = printType(tensorTypeOf(graph, name));
  const location = currentBuild().location();
  if (tensor === undefined) return fail("bad-input", { name, problem: `(${wanted}) is not given` }, location);
  const type = printType(tensor.type);
  if (type !== wanted)
    fail("bad-input", { name, problem: `is ${type}, the graph takes ${wanted}` }, location);
  return tensor;
}

/** Names of all values that the outputs are made of, themselves included. Error: bad-input, where one is none of the graph's. */
function neededFor(graph: Graph, outputs: readonly GraphOutput[]): Set<string> {
  const makers = producers(graph);
  const needed = new Set<string>();
  const pending = outputs.map(({ value }) => value);
  for (const name of pending)
    if (!graph.values.has(name))
      fail("bad-input", { name, problem: `is no value of ${graph.name}` }, currentBuild().location());
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    const maker = makers.get(name);
    if (maker === undefined) continue;
    for (const used of [...maker.inputs, ...captures(maker)]) if (used !== null) pending.push(used);
  }
  return needed;
}
