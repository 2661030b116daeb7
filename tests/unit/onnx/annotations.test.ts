/** Multi-device annotations: specs and layouts, round trips of compiled graphs, and files that others wrote. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import gpt from "../../../examples/gpt.ts";
import mlp from "../../../examples/mlp.ts";
import vit from "../../../examples/vit.ts";
import { exportOnnx, writeModel } from "../../../src/export.ts";
import { load } from "../../../src/load.ts";
import { valueOf, type Graph } from "../../../src/ir/graph.ts";
import { parseNdSbp, printMesh, printNdSbp, type NdSbp } from "../../../src/ir/layout.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { knownShape } from "../../../src/ir/types.ts";
import { annotationHints, readAnnotations, type Annotations } from "../../../src/onnx/annotations.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { hasSpec, layoutOfSpec, specOf } from "../../../src/onnx/sharding.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { boxingOp } from "../../../src/sbp/boxing-node.ts";
import { isSplittable, normalizeLayout } from "../../../src/sbp/geometry.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { present } from "../../../src/support/assert.ts";
import { cartesian } from "../../../src/support/collections.ts";
import { compileGraph, compileModel } from "../../support/exported.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-annotations-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function layout(text: string): NdSbp {
  return present(parseNdSbp(text), "no layout", () => text);
}

function spec(text: string, shape: readonly number[], mesh: string, stage = 0) {
  const { device, indexToDeviceGroupMap, shardedDim } = specOf(
    "x",
    layout(text),
    shape,
    parseMesh(mesh),
    stage,
  );
  return {
    device,
    groups: (indexToDeviceGroupMap ?? []).map(({ key, value }) => [key, value]),
    dims: (shardedDim ?? []).map(({ axis, simpleSharding }) => [
      axis,
      ...(simpleSharding ?? []).map(({ dimValue, numShards }) => `${dimValue}/${numShards}`),
    ]),
  };
}

describe("specs", () => {
  // Table of the multi-device section of ONNX's IR documentation, in our notation.
  test.each([
    ["[S(0)]", "a=2", { device: [0, 1], groups: [], dims: [[0, "8/2"]] }],
    ["[B]", "a=2", { device: [-1], groups: [[-1, [0, 1]]], dims: [] }],
    [
      "[S(0), B]",
      "a=2,b=2",
      {
        device: [-1, -2],
        groups: [
          [-1, [0, 1]],
          [-2, [2, 3]],
        ],
        dims: [[0, "8/2"]],
      },
    ],
    [
      "[B, S(0)]",
      "a=2,b=2",
      {
        device: [-1, -2],
        groups: [
          [-1, [0, 2]],
          [-2, [1, 3]],
        ],
        dims: [[0, "8/2"]],
      },
    ],
    [
      "[S(0), S(1)]",
      "a=2,b=2",
      {
        device: [0, 1, 2, 3],
        groups: [],
        dims: [
          [0, "8/2"],
          [1, "12/2"],
        ],
      },
    ],
    [
      "[S(1), S(0)]",
      "a=2,b=2",
      {
        device: [0, 2, 1, 3],
        groups: [],
        dims: [
          [0, "8/2"],
          [1, "12/2"],
        ],
      },
    ],
    ["[S(0), S(0)]", "a=2,b=2", { device: [0, 1, 2, 3], groups: [], dims: [[0, "8/4"]] }],
    ["[S(1/3)]", "a=2", { device: [0, 1], groups: [], dims: [[1, "4/2", "3/1"]] }],
  ] as const)("of %s on %s", (text, mesh, expected) => {
    expect(spec(text, [8, 12], mesh)).toEqual(expected);
  });

  test("of a later stage name its devices", () => {
    expect(spec("[S(0)]", [8, 12], "a=2,pp=3", 2).device).toEqual([4, 5]);
  });

  test("give every layout back that they can say", () => {
    let said = 0;
    for (const text of ["a=2", "a=3", "a=2,b=2", "a=2,b=3", "a=2,b=2,c=2", "a=2,b=2,pp=2"]) {
      const mesh = parseMesh(text);
      const shape = [12, 24];
      const choices = ["B", "S(0)", "S(1)", "S(1/4)", "P(sum)"];
      for (const parts of cartesian(mesh.axes.map(() => choices))) {
        const wanted = normalizeLayout(shape, layout(`[${parts.join(", ")}]`), mesh);
        if (!isSplittable(shape, wanted, mesh)) continue;
        if (!hasSpec(wanted, shape)) {
          expect(printNdSbp(wanted)).toMatch(/P\(|S\(1\/4\)/);
          continue;
        }
        said++;
        const read = layoutOfSpec(specOf("x", wanted, shape, mesh, mesh.stages - 1), 2, mesh);
        expect(read).toEqual({ layout: wanted, stage: mesh.stages - 1 });
      }
    }
    expect(said).toBeGreaterThan(60);
  });
});

/** What the compiled graph says, by the names of the file. */
function expectRoundTrip(graph: Graph, file: onnx.ModelProto, read: Annotations): void {
  const mesh = present(graph.mesh, "no mesh");
  expect(printMesh(read.mesh)).toBe(printMesh(mesh));
  expect(read.problems).toEqual([]);
  const same = (value: string, actual: NdSbp | null | undefined, wanted: NdSbp) => {
    const type = valueOf(graph, value).type;
    if (type.kind !== "tensor") return;
    const normal = normalizeLayout(knownShape(type), wanted, mesh);
    const found = normalizeLayout(
      knownShape(type),
      present(actual ?? undefined, "no layout", () => value),
      mesh,
    );
    expect(`${value} ${printNdSbp(found)}`).toBe(`${value} ${printNdSbp(normal)}`);
  };
  const nodes = graph.nodes.filter(({ op }) => op !== boxingOp);
  nodes.forEach((node, i) => {
    const written = present(file.graph?.node?.[i], "node is missing");
    const key = present(written.output?.[0], "node without outputs");
    expect(read.stages.get(key) ?? 0).toBe(node.stage);
    node.outputs.forEach((value, j) => {
      same(
        value,
        read.layouts.get(written.output?.[j] ?? ""),
        present(node.signature?.outputs[j], "no layout"),
      );
    });
    node.inputs.forEach((value, j) => {
      const wanted = node.signature?.inputs[j];
      if (value !== null && wanted != null) same(value, read.inputs.get(key)?.[j], wanted);
    });
  });
  for (const { value } of graph.sources) {
    const wanted = valueOf(graph, value).layout;
    if (wanted !== undefined && mesh.axes.length > 0) same(value, read.layouts.get(value), wanted);
  }
  graph.outputs.forEach(({ value }, i) => {
    const name = file.graph?.output?.[i]?.name ?? "";
    same(value, read.outputs.get(name), present(valueOf(graph, value).layout, "no layout"));
  });
}

describe("an annotated file", () => {
  const cases = {
    MLP: { model: mlp, batch: 8 },
    "ViT-Tiny": { model: vit, settings: { size: "tiny" }, batch: 4 },
    "GPT-2, training": {
      model: gpt,
      settings: { layers: 2, vocabSize: 1000, training: true },
      dims: { seq: 12 },
      batch: 4,
    },
  };
  for (const [name, each] of Object.entries(cases)) {
    for (const mesh of ["dp=2", "tp=2", "tp=3", "pp=2", "dp=2,tp=2,pp=2"]) {
      test(`gives the layouts of ${name} on ${mesh} back`, () => {
        const { plan } = compileModel(each, mesh);
        const bytes = onnx.ModelProto.encode(exportOnnx(plan, { form: "annotated" })).finish();
        const file = onnx.ModelProto.decode(bytes);
        expect(Number(file.irVersion)).toBeGreaterThanOrEqual(11);
        const read = present(readAnnotations(file), "no annotations");
        expectRoundTrip(parseGraph(plan.graph, "plan.graph"), file, read);
      });
    }
  }

  /** Writes the plan's graph, imports it and compiles it for the mesh; operators with their stages and layouts, before and after. */
  async function throughFile(plan: Plan, name: string, mesh: string) {
    const path = join(folder, `${name}.onnx`);
    writeModel(plan, "annotated", path);
    const loaded = await load(path);
    if (loaded.kind !== "model") throw new Error("not a model");
    const reported: string[] = [];
    const imported = loaded.build({ report: (list) => reported.push(...list.map(({ code }) => code)) });
    const again = compileGraph(imported, mesh).plan;
    const lines = (each: Plan) =>
      parseGraph(each.graph, "plan.graph")
        .nodes.filter(({ op }) => op !== boxingOp && op !== "sbpc.ToGlobal" && op !== "Identity")
        .map(
          ({ op, stage, signature }) => `${op} ${stage} ${(signature?.outputs ?? []).map(printNdSbp).join()}`,
        );
    const kinds = (each: Plan) => each.boxing.map(({ kind }) => kind);
    return { reported, before: [lines(plan), kinds(plan)], after: [lines(again), kinds(again)] };
  }

  for (const mesh of ["dp=2", "tp=3", "pp=2", "dp=2,tp=2,pp=2"]) {
    test(`is imported and compiled to the same layout on ${mesh}`, async () => {
      const { plan } = compileModel(cases["ViT-Tiny"], mesh);
      const { reported, before, after } = await throughFile(plan, mesh.replaceAll(/\W/g, "_"), mesh);
      expect(reported).toEqual([]);
      expect(after).toEqual(before);
    });
  }

  test("keeps a layout that nobody would choose", async () => {
    const t = "f32[8, 12]";
    const text = `graph odd {
  input %x : ${t}
  %a = Tanh(%x) : ${t} hint hard tp:S(1)
  %b = Exp(%a) : ${t} hint hard tp:S(0)
  %c = Neg(%b) : ${t} hint hard tp:B
  return y=%c
}
`;
    const { plan } = compileGraph(parseGraph(text, "odd.graph"), "tp=2");
    expect(plan.boxing.map(({ kind }) => kind)).toEqual(["all-to-all", "all-gather"]);
    const { before, after } = await throughFile(plan, "odd", "tp=2");
    expect(after).toEqual(before);
  });

  test("says partial values and uneven heads in its own words, the rest in ONNX's", () => {
    const { plan } = compileModel(cases["ViT-Tiny"], "tp=2");
    const file = exportOnnx(plan, { form: "annotated" });
    const nodes = file.graph?.node ?? [];
    const own = nodes.filter((node) => (node.metadataProps ?? []).length > 0);
    expect(own.some((node) => JSON.stringify(node.metadataProps).includes("P(sum)"))).toBe(true);
    expect(own.length).toBeLessThan(nodes.length / 2);
    // A product over split rows leaves its result partial; its spec has what all want of it.
    const partial = present(
      own.find((node) => node.opType === "MatMul" && JSON.stringify(node.metadataProps).includes("P(sum)")),
      "no partial product",
    );
    const left = partial.deviceConfigurations?.[0]?.shardingSpec?.find(
      ({ tensorName }) => tensorName === partial.output?.[0],
    );
    expect(left?.device).toEqual([-1]);
  });

  test("makes hints by mesh axis names", () => {
    const { plan } = compileModel(cases.MLP, "dp=2,tp=2");
    const read = present(readAnnotations(exportOnnx(plan, { form: "annotated" })), "no annotations");
    expect(annotationHints(read).get("fc1.weight")).toEqual({
      strength: "soft",
      sbp: [
        { axis: "dp", sbp: { kind: "B" } },
        { axis: "tp", sbp: { kind: "S", axis: 1, unit: 1 } },
      ],
    });
  });
});

/** y = MatMul(x, w) as another tool may annotate it. */
function foreign(
  specs: readonly onnx.ShardingSpecProto.$Properties[],
  devices = 4,
  stage?: number,
): onnx.ModelProto.$Properties {
  const info = (name: string, dims: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  return {
    configuration: [{ name: "theirs", numDevices: devices }],
    graph: {
      input: [info("x", [8, 12]), info("w", [12, 16])],
      output: [info("y", [8, 16])],
      node: [
        {
          opType: "MatMul",
          input: ["x", "w"],
          output: ["y"],
          deviceConfigurations: [
            {
              configurationId: "theirs",
              shardingSpec: [...specs],
              ...(stage === undefined ? {} : { pipelineStage: stage }),
            },
          ],
        },
      ],
    },
  };
}

const columns = (tensorName: string, axis: number) => ({
  tensorName,
  device: [0, 1, 2, 3],
  shardedDim: [{ axis, simpleSharding: [{ numShards: 4 }] }],
});

describe("files of others", () => {
  test("without annotations have none", () => {
    expect(
      readAnnotations({ graph: { node: [{ opType: "Relu", input: ["x"], output: ["y"] }] } }),
    ).toBeUndefined();
  });

  test("have the simplest mesh on which their specs are layouts", () => {
    const flat = present(readAnnotations(foreign([columns("w", 1), columns("y", -1)])), "none");
    expect(printMesh(flat.mesh)).toBe("d0=4");
    expect(printNdSbp(present(flat.layouts.get("y"), "none"))).toBe("[S(1)]");
    // An input has the layout in which all take it.
    expect(printNdSbp(present(flat.layouts.get("w"), "none"))).toBe("[S(1)]");
    const pairs = {
      tensorName: "x",
      device: [-1, -2],
      indexToDeviceGroupMap: [
        { key: -1, value: [0, 1] },
        { key: -2, value: [2, 3] },
      ],
      shardedDim: [{ axis: 0, simpleSharding: [{ dimValue: 8, numShards: 2 }] }],
    };
    const square = present(readAnnotations(foreign([pairs, columns("y", 1)])), "none");
    expect(printMesh(square.mesh)).toBe("d0=2,d1=2");
    expect(printNdSbp(present(square.layouts.get("x"), "none"))).toBe("[S(0), B]");
    expect(printNdSbp(present(square.layouts.get("y"), "none"))).toBe("[S(1), S(1)]");
    expect(square.problems).toEqual([]);
  });

  test("are read on the mesh that is asked for", () => {
    const read = present(readAnnotations(foreign([columns("w", 1)]), parseMesh("dp=2,tp=2")), "none");
    expect(printNdSbp(present(read.layouts.get("w"), "none"))).toBe("[S(1), S(1)]");
  });

  test.each([
    ["no such tensor", foreign([columns("z", 0)]), /z is of no input or output/],
    ["no such axis", foreign([columns("w", 2)]), /splits axis 2 of 2/],
    ["no such device", foreign([columns("w", 1)], 2), /there is no device/],
    ["no such group", foreign([{ tensorName: "w", device: [-1] }]), /group -1 is not described/],
    ["no device", foreign([{ tensorName: "w" }]), /names no device/],
    ["too few devices", foreign([{ ...columns("w", 1), device: [0, 1, 2] }]), /3 devices of a stage of 4/],
    ["another number of shards", foreign([{ ...columns("w", 1), shardedDim: [] }]), /4 shards/],
    [
      "an axis twice",
      foreign([
        { ...columns("w", 1), shardedDim: [...columns("w", 1).shardedDim, ...columns("w", -1).shardedDim] },
      ]),
      /axis 1 twice/,
    ],
    [
      "devices out of order",
      foreign([{ ...columns("w", 1), device: [3, 1, 2, 0] }]),
      /no layout on this mesh/,
    ],
    ["a node on another stage", foreign([columns("w", 1)], 8, 1), /w lies on stage 0, the node on 1/],
  ])("with %s have a problem that says so", (_, model, message) => {
    const { problems } = present(readAnnotations(model), "none");
    expect(problems.map(({ place, problem }) => `${place}: ${problem}`).join("\n")).toMatch(message);
  });

  test("with more devices than anybody has are not read", () => {
    const metadataProps = [{ key: "sbpc.mesh", value: "tp=2000000000" }];
    for (const model of [foreign([columns("w", 1)], 2 ** 31 - 1), { ...foreign([]), metadataProps }]) {
      expect(readAnnotations(model)?.problems.map(({ problem }) => problem)).toEqual([
        "more than 65536 devices",
      ]);
    }
    const many = Array.from({ length: 40 }, (_, i) => `a${i}=2`).join(",");
    const model = { ...foreign([]), metadataProps: [{ key: "sbpc.mesh", value: many }] };
    expect(readAnnotations(model)?.problems[0]?.problem).toBe("more than 8 mesh axes");
  });

  test("say what they like: nothing is thrown", () => {
    const number = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31)));
    const dim = fc.record({ dimValue: number, numShards: number });
    const spec = fc.record({
      tensorName: fc.constantFrom("x", "w", "y", "z", ""),
      device: fc.array(fc.integer({ min: -4, max: 8 }), { maxLength: 5 }),
      indexToDeviceGroupMap: fc.array(fc.record({ key: number, value: fc.array(number, { maxLength: 4 }) }), {
        maxLength: 3,
      }),
      shardedDim: fc.array(fc.record({ axis: number, simpleSharding: fc.array(dim, { maxLength: 3 }) }), {
        maxLength: 3,
      }),
    });
    const text = fc.constantFrom(
      "tp=2",
      "a=2,b=2",
      "a=0",
      "1",
      "",
      "[S(0/0)]",
      "[B]",
      "[P(sum), S(9)]",
      "-; [B]",
    );
    const entry = fc.record({ key: fc.constantFrom("sbpc.mesh", "sbpc.layout", "sbpc.inputs"), value: text });
    fc.assert(
      fc.property(
        fc.array(spec, { maxLength: 3 }),
        number,
        number,
        fc.array(entry, { maxLength: 2 }),
        (specs, devices, stage, metadataProps) => {
          const model = foreign(specs, devices, stage);
          const node = { ...model.graph?.node?.[0], metadataProps };
          const read = readAnnotations({ ...model, metadataProps, graph: { ...model.graph, node: [node] } });
          for (const found of read?.layouts.values() ?? [])
            expect(found.every((sbp) => sbp.kind !== "S" || sbp.unit >= 1)).toBe(true);
        },
      ),
      { numRuns: 2000, seed: 4 },
    );
  });

  test("with a mesh or a layout that is none", () => {
    const metadataProps = [{ key: "sbpc.mesh", value: "tp=zwei" }];
    expect(readAnnotations({ ...foreign([]), metadataProps })?.problems).toHaveLength(1);
    const model = foreign([]);
    const x = { ...model.graph?.input?.[0], metadataProps: [{ key: "sbpc.layout", value: "[S(0), B]" }] };
    const read = readAnnotations({
      ...model,
      metadataProps: [{ key: "sbpc.mesh", value: "tp=2" }],
      graph: { ...model.graph, input: [x] },
    });
    expect(read?.problems).toEqual([{ place: "x", problem: "[S(0), B] is not a layout on tp=2" }]);
  });
});
