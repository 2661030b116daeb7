/** The choice of layouts: Megatron's from LiBai's hints, as good or better without; hints, limits and errors. */
import { describe, expect, it } from "vitest";
import { layoutCost, totalMemory } from "../../../passes/infer-sbp/cost.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { printLocation } from "../../../src/diagnostics/location.ts";
import type { Graph } from "../../../src/ir/graph.ts";
import { broadcast, ndSbpEqual, partial, printNdSbp, split, type NdSbp } from "../../../src/ir/layout.ts";
import { knownShape, type TensorType } from "../../../src/ir/types.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { Call } from "../../../src/ops/call.ts";
import { isSplittable } from "../../../src/sbp/geometry.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { cartesian, product, range } from "../../../src/support/collections.ts";
import { costModel, infer } from "./layout-support.ts";
import { ModelBuilder, transformer, type TransformerOptions } from "./transformer.ts";

const vit: TransformerOptions = { layers: 2, batch: 8, tokens: 65, hidden: 384, heads: 6, classes: 100 };

function failure(run: () => unknown): SbpcError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(SbpcError);
    return error as SbpcError;
  }
  throw new Error("nothing was thrown");
}

describe("with LiBai's hints", () => {
  it.each([
    ["dp=2", {}],
    ["dp=3", {}],
    ["tp=2", { "all-reduce": 4 }],
    ["tp=3", { "all-reduce": 4 }],
    ["dp=2,tp=2", { "all-reduce": 4 }],
  ])("%s communicates as Megatron does: two all-reduces per layer for tp, none for dp", (mesh, steps) => {
    const { cost, codes } = infer(transformer({ ...vit, hints: true }), mesh);
    expect(cost.steps).toEqual(steps);
    expect(codes).toEqual([]);
  });

  it("keeps heads whole where they do not divide: three heads on two devices are two and one", () => {
    const graph = transformer({ ...vit, hidden: 192, heads: 3, hints: true });
    const { graph: laidOut, cost } = infer(graph, "tp=2");
    expect(cost.steps).toEqual({ "all-reduce": 4 });
    const reshape = laidOut.nodes.find((node) => node.op === "Reshape")!;
    expect(reshape.signature!.inputs.map((l) => printNdSbp(l!))).toEqual(["[S(2/64)]", "[B]"]);
    expect(printNdSbp(reshape.signature!.outputs[0]!)).toBe("[S(2)]");
  });

  it("gives way where heads are fewer than devices or the batch is one, with notes", () => {
    const heads = infer(transformer({ ...vit, hidden: 192, heads: 3, hints: true }), "tp=4");
    expect(heads.cost.seconds).toBeGreaterThan(0);
    const single = infer(transformer({ ...vit, batch: 1, hints: true }), "dp=2,tp=2");
    expect(new Set(single.codes)).toEqual(new Set(["hint-gave-way"]));
    expect(single.cost.steps["all-reduce"]).toBeGreaterThanOrEqual(4);
  });
});

describe("without a hint", () => {
  const meshes = ["dp=2", "dp=3", "tp=2", "tp=4", "dp=2,tp=2", "tp=2,pp=2", "dp=2,tp=2,pp=2"];
  it.each(meshes.flatMap((mesh) => [1, 8].map((batch) => [mesh, batch] as const)))(
    "%s at batch %i is never slower than the hinted layout, with memory plentiful or as tight as that layout's",
    (mesh, batch) => {
      const stages = parseMesh(mesh).stages === 2 ? [0, 1] : [0, 0];
      const hinted = infer(transformer({ ...vit, batch, stages, hints: true }), mesh).cost;
      const free = infer(transformer({ ...vit, batch, stages }), mesh);
      expect(free.cost.seconds).toBeLessThanOrEqual(hinted.seconds * (1 + 1e-9));
      expect(free.layout!.seconds).toBeCloseTo(free.cost.seconds, 12);
      expect(free.layout!.lowerBound / free.cost.seconds).toBeGreaterThan(0.999);
      const limit = 1.02 * Math.max(...hinted.memory.map(totalMemory));
      const tight = infer(transformer({ ...vit, batch, stages }), mesh, limit);
      expect(Math.max(...tight.cost.memory.map(totalMemory))).toBeLessThanOrEqual(limit);
      expect(tight.cost.seconds).toBeLessThanOrEqual(hinted.seconds * (1 + 1e-9));
      expect(tight.layout!.lowerBound).toBeLessThanOrEqual(tight.cost.seconds * (1 + 1e-9));
    },
  );

  it("chooses three mesh axes in turn, no worse than two of them alone", () => {
    const options = { ...vit, layers: 1 };
    const three = infer(transformer(options), "a=2,b=2,c=2");
    const two = infer(transformer(options), "a=2,b=2");
    expect(three.cost.seconds).toBeLessThanOrEqual(two.cost.seconds);
  });

  it("finds what brute force finds over every signature of every node, sharing included", () => {
    const build = (m: number, k: number, n: number): Graph => {
      const model = new ModelBuilder();
      const h = model.op("MatMul", [model.input("x", [m, k]), model.parameter("w", [k, n])]);
      const a = model.op("Relu", [h]);
      const b = model.op("MatMul", [h, model.parameter("v", [n, n])]);
      return model.finish({ y: model.op("Add", [a, b]) });
    };
    const meshText = "t=4";
    const mesh = parseMesh(meshText);
    for (const [m, k, n] of [
      [8, 4096, 512],
      [4096, 64, 64],
      [4, 8192, 4096],
      [5, 512, 4096],
    ] as const) {
      const graph = build(m, k, n);
      const lists = graph.nodes.map((node) => {
        const call = Call.of(
          node,
          (name) => graph.values.get(name)!.type,
          () => undefined,
        );
        const all = findOp(node.op)!.signatures(call, { devices: 4, unitsOf: () => [1] });
        return all.filter((s) => isSplittable(shapeOf(graph, node.outputs[0]!), s.outputs, mesh));
      });
      let least = Infinity;
      for (const choice of cartesian(lists)) {
        if (choice[3]!.outputs[0]!.kind === "P") continue;
        const values = new Map(graph.values);
        const set = (name: string, layout: NdSbp) => values.set(name, { ...values.get(name)!, layout });
        const nodes = graph.nodes.map((node, i) => {
          const signature = {
            inputs: choice[i]!.inputs.map((sbp) => [sbp!]),
            outputs: choice[i]!.outputs.map((sbp) => [sbp]),
          };
          set(node.outputs[0]!, signature.outputs[0]!);
          node.inputs.forEach((name, j) => {
            if (["x", "w", "v"].includes(name!))
              set(
                name!,
                signature.inputs[j]!.map((sbp) => (sbp.kind === "P" ? broadcast : sbp)),
              );
          });
          return { ...node, signature };
        });
        least = Math.min(least, layoutCost({ ...graph, nodes, values }, mesh, costModel).seconds);
      }
      const { cost } = infer(graph, meshText);
      // The search may also give the output by a reduction of its own, which the enumeration leaves out.
      expect(cost.seconds).toBeLessThanOrEqual(least * (1 + 1e-9));
      if (cost.steps["reduce-scatter"] === undefined) expect(cost.seconds).toBeCloseTo(least, 12);
    }
  });
});

function shapeOf(graph: Graph, name: string): readonly number[] {
  return knownShape(graph.values.get(name)!.type as TensorType);
}

describe("explicit layouts", () => {
  const chain = (edit: (model: ModelBuilder, x: string) => string): Graph => {
    const model = new ModelBuilder();
    const x = model.op("MatMul", [model.input("x", [8, 16]), model.parameter("w", [16, 6])]);
    return model.finish({ y: model.op("Relu", [edit(model, x)]) });
  };

  it("are obeyed on the axes they name, the others stay free, absent axes are dropped", () => {
    const graph = chain((model, x) => model.toGlobal(x, { a: split(1), other: split(7) }));
    const { graph: laidOut } = infer(graph, "a=2,b=2");
    const node = laidOut.nodes.find((n) => n.op === "sbpc.ToGlobal")!;
    expect(node.signature!.inputs[0]![0]).toEqual(split(1));
    expect(node.signature!.outputs[0]![0]).toEqual(split(1));
  });

  it("hold on three mesh axes at once", () => {
    const graph = chain((model, x) => model.toGlobal(x, { a: split(0), b: broadcast, c: split(1) }));
    const { graph: laidOut } = infer(graph, "a=2,b=2,c=2");
    const node = laidOut.nodes.find((n) => n.op === "sbpc.ToGlobal")!;
    expect(printNdSbp(node.signature!.outputs[0]!)).toBe("[S(0), B, S(1)]");
  });

  it.each([
    ["hint-axis-out-of-range", { a: split(2) }],
    ["hint-too-small", { a: split(1) }],
  ])("that cannot be are errors at the user's line: %s", (code, sbp) => {
    const error = failure(() =>
      infer(
        chain((model, x) => model.toGlobal(x, sbp)),
        "a=7",
      ),
    );
    expect(error.code).toBe(code);
    expect(printLocation(error.diagnostics[0]!.location)).toBe("model.ts:4");
  });

  it("that make an operator impossible, or a source partial, are errors at the user's line", () => {
    const contradiction = chain((model, x) => {
      const relu = model.op("Relu", [x]);
      model.hint(relu, { a: partial() }, "hard");
      return relu;
    });
    const error = failure(() => infer(contradiction, "a=2"));
    expect(error.code).toBe("hint-infeasible");
    expect(printLocation(error.diagnostics[0]!.location)).toBe("model.ts:4");
    const model = new ModelBuilder();
    const x = model.input("x", [4, 4]);
    model.hint(x, { a: partial() }, "hard");
    expect(failure(() => infer(model.finish({ y: model.op("Relu", [x]) }), "a=2")).code).toBe(
      "hint-infeasible",
    );
  });

  it("like another value's follow it, before that is known", () => {
    const model = new ModelBuilder();
    const token = model.op("sbpc.ToGlobal", [model.parameter("token", [8, 1, 16])]);
    const x = model.input("x", [8, 4, 16]);
    const y = model.op("Relu", [x]);
    model.builder.updateValue(token, { hint: { strength: "hard", sbp: [], like: y } });
    model.hint(y, { a: split(0), b: split(1) }, "hard");
    const graph = model.finish({ z: model.op("Concat", [token, y], { axis: 1 }) });
    const result = infer(graph, "a=2,b=2");
    expect(result.layoutOf(y)).toBe("[S(0), S(1)]");
    // The token has one row on axis 1: that split becomes broadcast.
    expect(result.layoutOf(token)).toBe("[S(0), B]");
  });

  it("of layers that contradict each other give way in the least number", () => {
    const model = new ModelBuilder();
    const x = model.op("Relu", [model.input("x", [8, 8])]);
    model.hint(x, { a: split(0) });
    const y = model.op("Relu", [x]);
    model.hint(y, { a: partial() });
    const { layoutOf, codes } = infer(model.finish({ z: model.op("Exp", [y]) }), "a=2");
    expect(layoutOf(x)).toBe("[S(0)]");
    expect(codes).toEqual(["hint-gave-way"]);
  });
});

describe("ends of the graph", () => {
  it("an output that is cheapest made partial is reduced behind a request of its own", () => {
    const model = new ModelBuilder();
    const big = model.input("x", [4, 1 << 22]);
    const graph = model.finish({ y: model.op("MatMul", [big, model.parameter("w", [1 << 22, 4])]) });
    const { graph: laidOut, cost } = infer(graph, "a=4");
    const last = laidOut.nodes.at(-1)!;
    expect(last.op).toBe("sbpc.ToGlobal");
    expect(laidOut.outputs).toEqual([{ name: "y", value: last.outputs[0] }]);
    expect(printNdSbp(laidOut.values.get(last.inputs[0]!)!.layout!)).toBe("[P(sum)]");
    expect(Object.keys(cost.steps)).toEqual(["reduce-scatter"]);
  });

  it("an operator without a rule runs whole, with a warning that says what it costs", () => {
    const model = new ModelBuilder();
    const x = model.toGlobal(model.op("Relu", [model.input("x", [8, 4])]), { a: split(0) });
    const graph = model.finish({ y: model.op("Relu", [x]) });
    const nodes = graph.nodes.map((node, i) => (i === 2 ? { ...node, op: "Mystery" } : node));
    const { context, graph: laidOut } = infer({ ...graph, nodes }, "a=2");
    expect(laidOut.nodes[2]!.signature!.inputs).toEqual([[broadcast]]);
    const [warning] = context.sink.diagnostics;
    expect(warning!.code).toBe("unknown-op");
    expect(warning!.message).toContain("Mystery");
    expect(warning!.message).toContain("128 bytes");
  });

  it("says why each value has its layout", () => {
    const model = new ModelBuilder();
    const x = model.input("x", [8, 4]);
    const a = model.op("Relu", [x]);
    const b = model.toGlobal(a, { a: split(0) });
    const c = model.op("Softmax", [model.toGlobal(b, { a: split(1) })], { axis: 0 });
    const { layout } = infer(model.finish({ c }), "a=2");
    expect([x, a, b, c].map((name) => layout!.reasons.get(name))).toEqual([
      "source",
      "follows",
      "hint",
      "follows",
    ]);
  });
});

describe("memory", () => {
  it("that nothing fits is an error with need and limit", () => {
    const error = failure(() => infer(transformer({ ...vit, layers: 1 }), "tp=2", 1e5));
    expect(error.code).toBe("out-of-memory");
    expect(error.message).toMatch(/needs [\d.]+ MB, the limit is 100 kB/);
  });

  it("too small to replicate all shards the parameters, each stage by its own", () => {
    const options = { ...vit, stages: [0, 1] };
    const plenty = infer(transformer(options), "tp=2,pp=2").cost.memory;
    const limit = 0.8 * Math.max(...plenty.map(totalMemory));
    const tight = infer(transformer(options), "tp=2,pp=2", limit).cost.memory;
    expect(Math.max(...tight.map(totalMemory))).toBeLessThanOrEqual(limit);
    expect(Math.max(...tight.map((s) => s.parameters))).toBeLessThan(
      Math.max(...plenty.map((s) => s.parameters)),
    );
  });

  it("counts parameters, inputs and what is alive at the peak", () => {
    const model = new ModelBuilder();
    const x = model.input("x", [100]);
    const a = model.op("Relu", [x]);
    const b = model.op("Exp", [a]);
    const c = model.op("Exp", [model.op("Add", [b, model.parameter("p", [100])])]);
    const { cost } = infer(model.finish({ y: model.op("Add", [c, a]) }), "1");
    // a, b and their sum; a, the sum and its exponential; a, that and the result.
    expect(cost.memory[0]).toMatchObject({ parameters: 400, inputs: 400, activations: 1200 });
  });
});

it("shares one gather between all who want it", () => {
  const model = new ModelBuilder();
  const x = model.toGlobal(model.input("x", [8, 1024]), { t: split(1) });
  const outputs = range(3).map(() => model.toGlobal(model.op("Softmax", [x], { axis: 1 }), { t: split(0) }));
  const wanted = range(3).map(() => model.toGlobal(x, { t: broadcast }));
  const graph = model.finish(Object.fromEntries([...outputs, ...wanted].map((value, i) => [`y${i}`, value])));
  const { cost, graph: laidOut } = infer(graph, "t=2");
  const gathers = laidOut.nodes.filter(
    (node) => node.inputs[0] === x && !ndSbpEqual(node.signature!.inputs[0]!, [split(1)]),
  );
  expect(gathers.length).toBeGreaterThan(1);
  expect(cost.steps["all-gather"]).toBe(1);
  expect(cost.bytes["all-gather"]).toBe(4 * product([8, 1024]));
});
