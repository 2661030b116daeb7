/**
 * Gradient rules checked: a call, a scalar made of its results, and its gradients in one graph; against finite differences
 * in f64, and sharded against whole.
 *
 *   %y, %z = Op(%x0, %x1);  %l = sum(%y · weights) + sum(%z · weights)      gradients of %l by %x0 and %x1
 */
import type { Tensor } from "onnxruntime-node";
import { unknownLocation as location } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import { typeOf, type Graph, type Node, type NodeSignature } from "../../../src/ir/graph.ts";
import {
  broadcast,
  devicesPerStage,
  ndSbpEqual,
  type Mesh,
  type NdSbp,
  type Sbp,
} from "../../../src/ir/layout.ts";
import { hasNumbers, tensorData } from "../../../src/ir/tensor-data.ts";
import {
  isFloat,
  isStatic,
  knownShape,
  type DataType,
  type TensorType,
  type ValueType,
} from "../../../src/ir/types.ts";
import { Call } from "../../../src/ops/call.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { GraphEmitter } from "../../../src/ops/emitter.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { expandComposed, reverse } from "../../../src/ops/reverse.ts";
import { assemble, close } from "../../../src/ops/shards.ts";
import { isSplittable, normalizeLayout } from "../../../src/sbp/geometry.ts";
import { printSignature } from "../../../src/sbp/signature.ts";
import { present } from "../../../src/support/assert.ts";
import { product, range } from "../../../src/support/collections.ts";
import { executeSharded, type Shards } from "../../support/sharded.ts";
import { inputsOf, tolerance, type Prepared } from "./harness.ts";
import { asStored, differenceOf, runGraph } from "./onnxruntime.ts";
import { place, randomFrom } from "./placed-data.ts";

/** Differences allowed for a gradient, relative to its larger magnitude or 1; what rules emit may hold constants rounded to f32. */
function toleranceOf(dtypes: readonly DataType[]): number {
  return dtypes.includes("bf16") ? 2 ** -6 : dtypes.includes("f16") ? 2 ** -9 : 2 * tolerance;
}

/** Positions of the inputs by which a call can be differentiated. */
export function differentiable({ node, inputTypes, call }: Prepared): number[] {
  return range(node.inputs.length).filter((i) => {
    const type = inputTypes[i];
    return (
      type != null && isFloat(type.dtype) && call.constant(i) === undefined && product(knownShape(type)) > 0
    );
  });
}

/** Whether a gradient can be asked for at all: results of known shape that are floating-point numbers. */
export function hasGradients(prepared: Prepared): boolean {
  return (
    prepared.definition.whyUnevaluated(prepared.call) === undefined &&
    prepared.outputTypes.every((type) => type.kind === "tensor" && isStatic(type)) &&
    [...prepared.inputTypes, ...prepared.outputTypes].every(
      (type) => type === null || !isFloat(type.dtype) || hasNumbers(type.dtype),
    ) &&
    prepared.outputTypes.some((type) => isFloat(type.dtype) && product(knownShape(type)) > 0) &&
    differentiable(prepared).length > 0
  );
}

/** Why this call has no gradient though others of the operator have. */
export function whyRefused({ definition: { gradient }, call }: Prepared): string | undefined {
  return typeof gradient === "object" && "expand" in gradient ? gradient.unless?.(call) : undefined;
}

/** Numbers that every type of float holds exactly. */
function weights(count: number, random: () => number): number[] {
  return range(count).map(() => (Math.floor(random() * 32) - 15.5) / 16);
}

interface Scalar {
  readonly graph: Graph;
  readonly result: string;
}

/** The call and the weighted sum of its floating-point results, or of one of them. */
function scalarGraph(prepared: Prepared, only?: number): Scalar {
  const { node, inputTypes, outputTypes, call, text } = prepared;
  const builder = new GraphBuilder("gradient");
  const random = randomFrom(`weights ${text}`);
  node.inputs.forEach((name, i) => {
    if (name === null) return;
    const data = call.constant(i);
    const source = { value: name, location };
    builder.addSource(
      data === undefined ? { kind: "input", ...source } : { kind: "constant", ...source, data },
      { name, type: inputTypes[i] as TensorType },
    );
  });
  builder.addNode(
    node,
    node.outputs.map((name, i) => ({ name, type: outputTypes[i] as TensorType })),
  );
  const g = new GraphEmitter(builder, { location });
  const terms = node.outputs.flatMap((output, i) => {
    const { dtype, shape } = outputTypes[i] as TensorType;
    const dims = shape as readonly number[];
    if (!isFloat(dtype) || product(dims) === 0 || (only !== undefined && i !== only)) return [];
    const weighted = g.op("Mul", [
      output,
      g.constant(tensorData(dtype, dims, weights(product(dims), random))),
    ]);
    const sum =
      dims.length === 0
        ? weighted
        : g.op("ReduceSum", [weighted, g.ints(range(dims.length))], { keepdims: 0 });
    return [{ sum, dtype }];
  });
  const dtype = present(terms[0], "no floating-point result").dtype;
  const result = terms
    .filter((term) => term.dtype === dtype)
    .map(({ sum }) => sum)
    .reduce((a, b) => g.op("Add", [a, b]));
  return { graph: builder.finish([{ name: "result", value: result }]), result };
}

/** Gradients of the scalar by some inputs of the call, by position: null where it does not depend on one. */
export interface Differentiated {
  /** Gives the scalar as `result`, and the gradients as `grad<position>`. */
  readonly graph: Graph;
  readonly gradients: ReadonlyMap<number, string | null>;
  /** The call's node where it still stands there, with the outputs that a rule added. */
  readonly forward: Node | undefined;
}

export function differentiateCase(
  prepared: Prepared,
  positions: readonly number[],
  only?: number,
): Differentiated {
  const { graph: plain, result } = scalarGraph(prepared, only);
  const names = positions.map((i) => prepared.node.inputs[i] as string);
  const wanted = new Set(names);
  const graph = expandComposed(plain, result, wanted, "test");
  const builder = new GraphBuilder(graph.name, graph);
  for (const node of graph.nodes)
    builder.addNode(
      node,
      node.outputs.map((name) => present(graph.values.get(name), "unknown value")),
    );
  const end = present(graph.outputs[0], "no result").value;
  const seed = new GraphEmitter(builder, { location }).scalar((typeOf(graph, end) as TensorType).dtype, 1);
  const found = reverse(builder, { result: end, seed, wanted, by: "test" }).gradients;
  const gradients = new Map(
    positions.map((i, k) => [i, found.get(names[k] as string)?.[0]?.value ?? null] as const),
  );
  return {
    graph: builder.finish([
      { name: "result", value: end },
      ...[...gradients].flatMap(([i, value]) => (value === null ? [] : [{ name: `grad${i}`, value }])),
    ]),
    gradients,
    forward: builder.nodes.find(({ name }) => name === prepared.node.name),
  };
}

function feedsOf({ node }: Prepared, inputs: readonly (Dense | null)[]): Map<string, Dense> {
  return new Map(node.inputs.flatMap((name, i) => (name === null ? [] : [[name, inputs[i] as Dense]])));
}

/** Elements of an input that are moved one by one; of larger ones a sample is. */
const movedElements = 36;

/**
 * The gradients of a case against central differences of the fourth order in f64: what differs, or undefined. Of several results
 * also of each alone.
 */
export function checkGradients(prepared: Prepared): string | undefined {
  const floats = range(prepared.outputTypes.length).filter((i) => {
    const type = prepared.outputTypes[i] as TensorType;
    return isFloat(type.dtype) && product(knownShape(type)) > 0;
  });
  for (const only of floats.length > 1 ? [undefined, ...floats] : [undefined]) {
    const problem = checkResult(prepared, only);
    if (problem !== undefined) return only === undefined ? problem : `of output ${only} alone: ${problem}`;
  }
  return undefined;
}

function checkResult(prepared: Prepared, only: number | undefined): string | undefined {
  const positions = differentiable(prepared);
  const random = randomFrom(`gradients ${prepared.text}`);
  const inputs = inputsOf(prepared, random, 0);
  const { graph, gradients } = differentiateCase(prepared, positions, only);
  const plain = scalarGraph(prepared, only).graph;
  const results = interpretGraph(graph, feedsOf(prepared, inputs));
  const value = (moved: readonly (Dense | null)[]) =>
    interpretGraph(plain, feedsOf(prepared, moved)).get("result")?.data[0] as number;
  const accuracy = toleranceOf(
    [...prepared.inputTypes, ...prepared.outputTypes].map((type) => type?.dtype ?? "f32"),
  );
  for (const position of positions) {
    const x = inputs[position] as Dense;
    const gradient = results.get(`grad${position}`)?.data ?? new Float64Array(x.data.length);
    const elements = range(x.data.length);
    const chosen =
      elements.length <= movedElements
        ? elements
        : range(movedElements).map(() => Math.floor(random() * elements.length));
    for (const element of chosen) {
      const along = (by: number) => {
        const data = x.data.slice();
        data[element] = (data[element] as number) + by;
        return value(inputs.map((input, i) => (i === position ? { ...x, data } : input)));
      };
      const slope = (h: number) => (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h);
      const ruled = gradient[element] as number;
      // Near a pole or a kink a shorter step tells.
      if (!close(ruled, slope(2e-4), accuracy) && !close(ruled, slope(2e-5), accuracy))
        return `gradient of input ${position}[${element}] (${x.data[element]}) is ${ruled} instead of ${slope(2e-4)}${gradients.get(position) === null ? " (none emitted)" : ""}`;
    }
  }
  return undefined;
}

/** What is emitted though nothing that is asked for needs it, for each input alone and for all. */
export function checkEmitted(prepared: Prepared): string | undefined {
  const positions = differentiable(prepared);
  for (const asked of [...positions.map((i) => [i]), ...(positions.length > 1 ? [positions] : [])]) {
    const { graph } = differentiateCase(prepared, asked);
    const needed = new Set(graph.outputs.map(({ value }) => value));
    for (const node of graph.nodes.toReversed()) {
      const ruled = node.name.startsWith(`${prepared.node.name}.`) && node.name.includes(".grad.");
      if (!ruled || node.outputs.some((output) => needed.has(output))) {
        for (const name of node.inputs) if (name !== null) needed.add(name);
      } else return `asked for inputs ${asked.join()}: ${node.name} (${node.op}) serves nothing`;
    }
  }
  return undefined;
}

/**
 * Gradients as ONNX Runtime computes them against the interpreter's: what differs, "no kernel" where it has none for the call
 * itself, or undefined.
 */
export async function checkOnRuntime(prepared: Prepared): Promise<string | undefined> {
  const random = randomFrom(`gradients ${prepared.text}`);
  const inputs = inputsOf(prepared, random, 0).map(asStored);
  const forward = await runGraph(scalarGraph(prepared).graph, prepared, inputs);
  if ("kind" in forward) return forward.kind === "no kernel" ? "no kernel" : undefined;
  const { graph } = differentiateCase(prepared, differentiable(prepared));
  const run = await runGraph(graph, prepared, inputs);
  if ("kind" in run) return run.kind === "different" ? run.problem : "no kernel for its gradient";
  const expected = interpretGraph(graph, feedsOf(prepared, inputs));
  for (const { name } of graph.outputs) {
    const problem = differenceOf(run.outputs[name] as Tensor, expected.get(name) as Dense, runtimeSlack);
    if (problem !== undefined) return `${name}: ${problem}`;
  }
  return undefined;
}

/** Gradients are made in several steps, each rounded. */
const runtimeSlack = 10;

// --- sharded

/**
 * Layouts for every value, a signature for every node: the forward call's as given, each other's the best for what its inputs
 * are. Where a composition stands for the call, the inputs at least are laid out as given.
 */
function layOutFrom(
  { graph, forward }: Differentiated,
  inputs: readonly (string | null)[],
  signature: NodeSignature,
  mesh: Mesh,
): Graph {
  const whole: NdSbp = mesh.axes.map(() => broadcast);
  const layouts = new Map<string, NdSbp>();
  for (const source of graph.sources) layouts.set(source.value, whole);
  inputs.forEach((name, i) => {
    if (name !== null) layouts.set(name, signature.inputs[i] as NdSbp);
  });
  const nodes = graph.nodes.map((one) => {
    const chosen = one === forward ? signature : bestFor(graph, mesh, one, layouts);
    one.outputs.forEach((name, i) => layouts.set(name, chosen.outputs[i] as NdSbp));
    return { ...one, signature: chosen };
  });
  const values = new Map(
    [...graph.values].map(
      ([name, value]) => [name, { ...value, layout: layouts.get(name) ?? whole }] as const,
    ),
  );
  return { ...graph, nodes, values, mesh };
}

/** The signature that takes most inputs as they are, and of those the one that splits most. */
function bestFor(graph: Graph, mesh: Mesh, node: Node, layouts: ReadonlyMap<string, NdSbp>): NodeSignature {
  const definition = present(findOp(node.op), "undeclared operator", () => node.op);
  const call = callOf(graph, node);
  const [axis] = mesh.axes;
  const shape = (name: string) => shapeOf(graph, name);
  const onMesh = (name: string | null, sbp: Sbp | null): NdSbp | null =>
    name === null || sbp === null ? null : normalizeLayout(shape(name), [sbp], mesh);
  const unitsOf = (side: "input" | "output", tensor: number) => {
    const name = side === "input" ? node.inputs[tensor] : null;
    return [
      1,
      ...(name == null ? [] : (layouts.get(name) ?? []).flatMap((sbp) => ("unit" in sbp ? [sbp.unit] : []))),
    ];
  };
  const held = (name: string | null, layout: NdSbp | null | undefined) =>
    name === null || ndSbpEqual(layouts.get(name) as NdSbp, layout as NdSbp);
  const candidates = definition
    .signatures(call, { devices: axis?.size ?? 1, unitsOf })
    .filter(
      ({ inputs, outputs }) =>
        node.inputs.every(
          (name, i) => name === null || isSplittable(shape(name), [inputs[i] as Sbp], mesh),
        ) && node.outputs.every((name, i) => isSplittable(shape(name), [outputs[i] as Sbp], mesh)),
    )
    .map(({ inputs, outputs }) => ({
      inputs: node.inputs.map((name, i) => onMesh(name, inputs[i] ?? null)),
      outputs: node.outputs.map((name, i) => onMesh(name, outputs[i] as Sbp) as NdSbp),
    }))
    // Nothing becomes partial on the way.
    .filter(({ inputs }) =>
      node.inputs.every((name, i) => inputs[i]?.[0]?.kind !== "P" || held(name, inputs[i])),
    );
  const changes = ({ inputs }: NodeSignature) =>
    node.inputs.filter((name, i) => !held(name, inputs[i])).length;
  const price = (one: NodeSignature) =>
    4 * changes(one) + one.outputs.filter((layout) => layout[0]?.kind === "B").length;
  return present(
    candidates.reduce<NodeSignature | undefined>(
      (best, one) => (best === undefined || price(one) < price(best) ? one : best),
      undefined,
    ),
    "no signature",
    () => node.op,
  );
}

/** The gradients with the call in the layouts of `signature` against those of the whole: what differs, or undefined. */
export function checkSharded(
  prepared: Prepared,
  differentiated: Differentiated,
  signature: NodeSignature,
  mesh: Mesh,
): string | undefined {
  const { graph, gradients } = differentiated;
  const random = randomFrom(`sharded gradients ${prepared.text}`);
  const inputs = inputsOf(prepared, random, 0);
  const expected = interpretGraph(graph, feedsOf(prepared, inputs));
  try {
    const laidOut = layOutFrom(differentiated, prepared.node.inputs, signature, mesh);
    const feeds = new Map<string, Shards>();
    for (const [name, whole] of feedsOf(prepared, inputs)) {
      const layout = laidOut.values.get(name)?.layout as NdSbp;
      feeds.set(name, place(whole, layout, mesh, "terms", random));
    }
    const values = executeSharded(laidOut, mesh, feeds);
    const accuracy = toleranceOf(
      [...prepared.inputTypes, ...prepared.outputTypes].map((type) => type?.dtype ?? "f32"),
    );
    for (const [position, value] of gradients) {
      if (value === null) continue;
      const wanted = expected.get(`grad${position}`) as Dense;
      const layout = laidOut.values.get(value)?.layout as NdSbp;
      const got = assemble(values.get(value) as Shards, wanted.shape, layout, mesh, { tolerance: accuracy });
      if (got === undefined) return `gradient of input ${position} is not laid out as it says`;
      const at = got.data.findIndex((x, k) => !close(x, wanted.data[k] as number, accuracy));
      if (at >= 0)
        return `gradient of input ${position}[${at}] is ${got.data[at]} instead of ${wanted.data[at]}`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/** Signatures on one axis of the call as it stands among its gradients: a rule may have added outputs to it. */
export function forwardSignatures(
  prepared: Prepared,
  { graph, forward }: Differentiated,
  mesh: Mesh,
): (NodeSignature & { readonly text: string })[] {
  const call = forward === undefined ? prepared.call : callOf(graph, forward);
  const layout = (type: ValueType | null | undefined, sbp: Sbp | null | undefined): NdSbp | null =>
    type == null || sbp == null ? null : normalizeLayout(knownShape(type as TensorType), [sbp], mesh);
  const outputTypes = forward?.outputs.map((name) => typeOf(graph, name)) ?? prepared.outputTypes;
  return prepared.definition
    .signatures(call, { devices: devicesPerStage(mesh), unitsOf: () => [1, 2] })
    .map((signature) => ({
      inputs: call.inputs.map((type, i) => layout(type, signature.inputs[i])),
      outputs: outputTypes.map((type, i) => layout(type, signature.outputs[i]) as NdSbp),
      text: printSignature(signature),
    }));
}

function shapeOf(graph: Graph, name: string): readonly number[] {
  return knownShape(typeOf(graph, name) as TensorType);
}

function callOf(graph: Graph, node: Node): Call {
  const constantOf = (name: string) => {
    const source = graph.sources.find(({ value }) => value === name);
    return source?.kind === "constant" ? source.data : undefined;
  };
  return Call.of(node, (name) => typeOf(graph, name), constantOf);
}
