/** Random graphs, random layouts on them, and their way through the passes behind `infer-sbp`. */
import * as fc from "fast-check";
import { emitPlan } from "../../passes/emit-plan.ts";
import { insertBoxing } from "../../passes/insert-boxing.ts";
import { localize } from "../../passes/localize.ts";
import { orderNodes } from "../../passes/order-nodes.ts";
import { partitionStages } from "../../passes/partition-stages.ts";
import type { Compilation, Pass, PassContext } from "../../passes/pass.ts";
import { bucketCommunications } from "../../passes/bucket-communications.ts";
import { planMemory } from "../../passes/plan-memory.ts";
import { runPasses } from "../../passes/runner.ts";
import { createCostModel } from "../../src/cost/alpha-beta.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { DiagnosticSink } from "../../src/diagnostics/diagnostic.ts";
import { unknownLocation as location } from "../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import {
  sourcesByValue,
  typeOf,
  type Graph,
  type Node,
  type NodeSignature,
  type Value,
} from "../../src/ir/graph.ts";
import { broadcast, split, type Mesh, type NdSbp, type Sbp } from "../../src/ir/layout.ts";
import { printGraph } from "../../src/ir/text/print.ts";
import { knownShape, tensorType, type TensorType } from "../../src/ir/types.ts";
import { Call } from "../../src/ops/call.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { GraphEmitter } from "../../src/ops/emitter.ts";
import { findOp } from "../../src/ops/registry.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { isSplittable, normalizeLayout } from "../../src/sbp/geometry.ts";
import { present } from "../../src/support/assert.ts";

/** Picks a whole number from 0 to below `n`; the source of all choices. */
export type Pick = (n: number) => number;

/** Choices from fast-check: shrinks to the first of everything. */
export const picks: fc.Arbitrary<Pick> = fc
  .array(fc.nat(1000), { minLength: 400, maxLength: 400 })
  .map((numbers) => {
    let at = 0;
    return (n: number) => (numbers[at++ % numbers.length] as number) % n;
  });

// --- graphs

/** A random graph of `size` operators over small tensors, with an input, parameters and one or two outputs. */
export function randomGraph(pick: Pick, size: number): Graph {
  const builder = new GraphBuilder("random");
  const g = new GraphEmitter(builder, { location, module: "m" });
  const open: string[] = [];
  const source = (kind: "input" | "parameter", name: string, shape: readonly number[]) => {
    const value: Value = { name, type: tensorType("f32", shape) };
    const common = { value: name, location };
    builder.addSource(
      kind === "input"
        ? { kind, ...common }
        : { kind, ...common, initializer: { kind: "normal", mean: 0, std: 1 }, module: "m" },
      value,
    );
    return name;
  };
  const shapeOf = (value: string) => knownShape(g.type(value));
  let count = 0;
  const parameter = (shape: readonly number[]) => source("parameter", `w${count++}`, shape);
  open.push(
    source("input", "x", [2 + pick(4), 3 + pick(5)]),
    source("input", "z", [4 + pick(3), 2, 3 + pick(3)]),
  );
  const any = () => open[open.length - 1 - pick(Math.min(open.length, 4))] as string;
  const steps: (() => string)[] = [
    () => g.op("Relu", [any()]),
    () => g.op("Tanh", [any()]),
    () => {
      const x = any();
      return g.op(pick(2) === 0 ? "Add" : "Mul", [
        x,
        parameter(shapeOf(x).map((n) => (pick(3) === 0 ? 1 : n))),
      ]);
    },
    () => {
      const x = any();
      const like = open.find((y) => y !== x && shapeOf(y).join() === shapeOf(x).join());
      return g.op("Sub", [x, like ?? x]);
    },
    () => {
      const x = any();
      return g.op("MatMul", [x, parameter([shapeOf(x).at(-1) as number, 2 + pick(6)])]);
    },
    () => {
      const x = any();
      const rank = shapeOf(x).length;
      const perm = Array.from({ length: rank }, (_, i) => (i + 1 + pick(rank)) % rank);
      return g.op("Transpose", [x], {
        perm: new Set(perm).size === rank ? perm : perm.map((_, i) => rank - 1 - i),
      });
    },
    () => {
      const x = any();
      const op = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"][pick(4)] as string;
      return g.op(op, [x, g.ints([pick(shapeOf(x).length)])], { keepdims: 1 });
    },
    () => {
      const x = any();
      return g.op("Softmax", [x], { axis: shapeOf(x).length - 1 });
    },
    () => {
      const x = any();
      const axis = pick(shapeOf(x).length);
      return g.op("Concat", [x, x], { axis });
    },
    () => {
      const x = any();
      const axis = pick(shapeOf(x).length);
      const n = shapeOf(x)[axis] as number;
      return n < 3 ? g.op("Neg", [x]) : g.op("Slice", [x, g.ints([1]), g.ints([n]), g.ints([axis])]);
    },
    () => {
      const x = any();
      const shape = shapeOf(x);
      return shape.length < 3
        ? g.op("Abs", [x])
        : g.op("Reshape", [x, g.ints([(shape[0] as number) * (shape[1] as number), shape[2] as number])]);
    },
    () => g.op("sbpc.ToGlobal", [any()]),
  ];
  for (let i = 0; i < size; i++) {
    const made = (steps[pick(steps.length)] as () => string)();
    const elements = shapeOf(made).reduce((n, d) => n * d, 1);
    if (elements <= 400) open.push(made);
  }
  const used = new Set(builder.nodes.flatMap((node) => node.inputs));
  const loose = builder.nodes.flatMap((node) => node.outputs).filter((value) => !used.has(value));
  const outputs = [...loose, ...(pick(4) === 0 ? ["x"] : [])].map((value, i) => ({ name: `y${i}`, value }));
  return builder.finish(outputs);
}

/** Values for the sources of a graph, different in every element. */
export function randomFeeds(graph: Graph): Map<string, Dense> {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
  const feeds = new Map<string, Dense>();
  for (const source of graph.sources) {
    if (source.kind === "constant" || source.kind === "rank") continue;
    const type = typeOf(graph, source.value) as TensorType;
    const shape = knownShape(type);
    const n = shape.reduce((a, b) => a * b, 1);
    feeds.set(source.value, { dtype: type.dtype, shape, data: Float64Array.from({ length: n }, next) });
  }
  return feeds;
}

// --- layouts

/** The graph with random stages (never falling) and a random signature on every node; what is returned is never partial. */
export function layOut(graph: Graph, mesh: Mesh, pick: Pick): Graph {
  const sources = sourcesByValue(graph);
  const values = new Map(graph.values);
  const returned = new Set(graph.outputs.map((output) => output.value));
  const whole: NdSbp = mesh.axes.map(() => broadcast);
  const setLayout = (name: string, layout: NdSbp) =>
    values.set(name, { ...(values.get(name) as Value), layout });
  for (const { value, kind } of graph.sources) {
    const shape = knownShape(typeOf(graph, value) as TensorType);
    const layout = mesh.axes.map((): Sbp =>
      shape.length === 0 || pick(2) === 0 ? broadcast : split(pick(shape.length)),
    );
    setLayout(value, kind === "constant" || !isSplittable(shape, layout, mesh) ? whole : layout);
  }
  let stage = 0;
  const nodes = graph.nodes.map((node, i): Node => {
    const left = graph.nodes.length - i;
    const missing = mesh.stages - 1 - stage;
    if (i > 0 && missing > 0 && (left <= missing || pick(Math.ceil(graph.nodes.length / mesh.stages)) === 0))
      stage++;
    const signature = randomSignature(graph, node, mesh, pick, (value) => {
      const source = sources.get(value);
      return source?.kind === "constant" ? source.data : undefined;
    });
    const partial = signature.outputs.some(
      (layout, j) => returned.has(node.outputs[j] as string) && layout.some((sbp) => sbp.kind === "P"),
    );
    const chosen = partial
      ? {
          inputs: node.inputs.map((name) => (name === null ? null : whole)),
          outputs: node.outputs.map(() => whole),
        }
      : signature;
    node.outputs.forEach((name, j) => setLayout(name, chosen.outputs[j] as NdSbp));
    return { ...node, stage, signature: chosen };
  });
  return { ...graph, nodes, values, mesh };
}

function randomSignature(
  graph: Graph,
  node: Node,
  mesh: Mesh,
  pick: Pick,
  constantOf: Parameters<typeof Call.of>[2],
): NodeSignature {
  const definition = present(findOp(node.op), "operator without a declaration");
  const call = Call.of(node, (value) => typeOf(graph, value), constantOf);
  let chosen: NodeSignature = {
    inputs: node.inputs.map((name) => (name === null ? null : [])),
    outputs: node.outputs.map(() => []),
  };
  for (const axis of mesh.axes) {
    const signatures = definition.signatures(call, { devices: axis.size, unitsOf: () => [1, 2] });
    const preferred = signatures[pick(signatures.length)];
    const extend = (by: (typeof signatures)[number] | undefined): NodeSignature => ({
      inputs: chosen.inputs.map((layout, i) =>
        layout === null ? null : [...layout, by?.inputs[i] ?? broadcast],
      ),
      outputs: chosen.outputs.map((layout, i) => [...layout, by?.outputs[i] ?? broadcast]),
    });
    const wanted = extend(preferred);
    const fits = (name: string | null, layout: NdSbp | null) => {
      if (name === null || layout === null) return true;
      const padded = [...layout, ...mesh.axes.slice(layout.length).map(() => broadcast)];
      const reductions = new Set(layout.flatMap((sbp) => (sbp.kind === "P" ? [sbp.reduce] : [])));
      return (
        reductions.size <= 1 && isSplittable(knownShape(typeOf(graph, name) as TensorType), padded, mesh)
      );
    };
    const ok =
      node.inputs.every((name, i) => fits(name, wanted.inputs[i] ?? null)) &&
      node.outputs.every((name, i) => fits(name, wanted.outputs[i] ?? null));
    chosen = ok ? wanted : extend(undefined);
  }
  const normal = (name: string | null, layout: NdSbp) =>
    name === null ? layout : normalizeLayout(knownShape(typeOf(graph, name) as TensorType), layout, mesh);
  return {
    inputs: chosen.inputs.map((layout, i) =>
      layout === null ? null : normal(node.inputs[i] as string, layout),
    ),
    outputs: chosen.outputs.map((layout, i) => normal(node.outputs[i] as string, layout)),
  };
}

// --- passes

export const backPasses: readonly Pass[] = [
  insertBoxing,
  orderNodes,
  localize,
  partitionStages,
  bucketCommunications,
  planMemory,
  emitPlan,
];

export function testContext(mesh: Mesh, source = ""): PassContext {
  return {
    mesh,
    options: { microbatches: 1, hints: true, cluster: "local", dims: {}, settings: {} },
    costModel: createCostModel(presetCluster("local")),
    sink: new DiagnosticSink(),
    source,
    batchAxes: new Map(),
  };
}

/** A laid-out graph through the passes from `insert-boxing` to `emit-plan`, every property checked. */
export function compileLaidOut(
  graph: Graph,
  mesh: Mesh,
): Compilation & { readonly plan: Plan; readonly stages: NonNullable<Compilation["stages"]> } {
  const { compilation } = runPasses(backPasses, { graph }, testContext(mesh, printGraph(graph)));
  return {
    ...compilation,
    plan: present(compilation.plan, "no plan"),
    stages: present(compilation.stages, "no stages"),
  };
}
