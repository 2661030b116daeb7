/** Boxing that every device does alone, tables of per-device integers, and graphs of expanded forms. */
import { describe, expect, test } from "vitest";
import { unknownLocation } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import { broadcast, parseNdSbp, printNdSbp, type NdSbp } from "../../../src/ir/layout.ts";
import { knownShape, tensorType, type DataType } from "../../../src/ir/types.ts";
import { Call } from "../../../src/ops/call.ts";
import type { DeviceView } from "../../../src/ops/contract.ts";
import { defineOp } from "../../../src/ops/define.ts";
import { GraphEmitter } from "../../../src/ops/emitter.ts";
import { expandForm, FormExpansions } from "../../../src/ops/forms.ts";
import { evaluateNode, interpretGraph } from "../../../src/ops/interpret.ts";
import { localizeNode, rankValues } from "../../../src/ops/localize.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { assemble, takeShard } from "../../../src/ops/shards.ts";
import { InternalError, present } from "../../../src/support/assert.ts";
import { range } from "../../../src/support/collections.ts";
import { checkSignature, combine, listedForms, meshOf, prepare } from "./harness.ts";
import { place, randomFrom } from "./placed-data.ts";

const layout = (text: string): NdSbp => present(parseNdSbp(text), "not a layout", () => text);

describe("local boxing keeps the tensor", () => {
  const shape = [5, 7];
  test.each([
    ["slice", [2], "[B]", "[S(1)]", "f32"],
    ["slice", [3], "[B]", "[S(0/2)]", "i64"],
    ["slice", [2, 3], "[B, S(0)]", "[S(1), S(0)]", "f32"],
    ["slice", [2, 3], "[S(0), B]", "[S(0), S(0)]", "f32"],
    ["mask", [3], "[B]", "[P(sum)]", "f32"],
    ["mask", [3], "[B]", "[P(max)]", "f32"],
    ["mask", [2, 3], "[S(0), B]", "[S(0), P(sum)]", "i64"],
    ["mask", [2], "[B]", "[P(min)]", "bool"],
    ["pad", [3], "[S(1)]", "[P(sum)]", "f32"],
    ["pad", [2], "[S(0)]", "[P(max)]", "f32"],
    ["pad", [2], "[S(0)]", "[P(min)]", "i64"],
    ["pad", [2, 3], "[S(0), S(0)]", "[S(0), P(sum)]", "f32"],
    ["pad", [3, 2], "[S(0), S(1)]", "[P(sum), S(1)]", "f32"],
  ] as const)("%s on %j: %s to %s of %s", (kind, sizes, from, to, dtype: DataType) => {
    const mesh = meshOf(...sizes);
    const [source, target] = [layout(from), layout(to)];
    const axes = range(sizes.length).filter(
      (axis) => printNdSbp([source[axis] ?? broadcast]) !== printNdSbp([target[axis] ?? broadcast]),
    );
    const prepared = prepare({
      op: "sbpc.Boxing",
      attributes: { kind, axes, from_stage: 0 },
      inputs: [{ dtype, shape }],
    });
    const problem = checkSignature(
      prepared,
      { inputs: [source], outputs: [target] },
      mesh,
      "terms",
      "boxing",
    );
    expect(problem).toBeUndefined();
  });
});

describe("integers that differ per device", () => {
  /** Emits `compute` twice for a class of devices on a 2 x 3 mesh. */
  function emitted(devices: readonly number[], compute: (device: DeviceView) => readonly number[] | number) {
    const mesh = meshOf(2, 3);
    const builder = new GraphBuilder("local");
    const type = tensorType("f32", []);
    const names: string[] = [];
    builder.addSource({ kind: "input", value: "x", location: unknownLocation }, { name: "x", type });
    const definition = defineOp({
      ...present(findOp("Identity"), "Identity"),
      signatures: () => [],
      forms: () => [],
      localize: ({ perDevice, inputs }) => {
        names.push(perDevice(compute), perDevice(compute));
        return [inputs[0] as string];
      },
    });
    const node = {
      name: "n",
      op: "Identity",
      signature: { inputs: [layout("[B, B]")], outputs: [layout("[B, B]")] },
    };
    const call = new Call({
      op: "Identity",
      name: "n",
      location: unknownLocation,
      attributes: {},
      inputs: [type],
      constants: () => undefined,
      outputs: 1,
    });
    const emitter = new GraphEmitter(builder, { location: unknownLocation });
    localizeNode({
      emitter,
      node,
      call,
      definition,
      mesh,
      devices,
      inputs: ["x"],
      inputTypes: [type],
      outputTypes: [type],
    });
    return { mesh, names, sources: builder.sources.slice(1), builder };
  }

  test("depend on as few mesh axes as tell them apart, and equal tables are shared", () => {
    const { mesh, names, sources } = emitted(range(6), ({ coordinates }) => [
      10 * (coordinates[1] as number),
      7,
    ]);
    expect(sources.length).toBe(1);
    expect(new Set(names).size).toBe(1);
    const [source] = sources;
    expect(source?.kind === "rank" && source.table).toEqual({
      axes: [1],
      entries: [
        [0, 7],
        [10, 7],
        [20, 7],
      ],
    });
    expect(source?.kind === "rank" && rankValues(mesh, source.table, [1, 2])).toEqual([20, 7]);
  });

  test("cover a class that is part of a stage", () => {
    const { sources } = emitted([1, 4, 5], ({ coordinates: [a = 0, b = 0] }) => 10 * a + b);
    expect(sources[0]?.kind === "rank" && sources[0].table).toEqual({
      axes: [0, 1],
      entries: [[1], [1], [1], [1], [11], [12]],
    });
  });

  test("are a constant where all devices agree", () => {
    const { sources, builder, names } = emitted(range(6), () => 3);
    expect(sources.map((source) => source.kind)).toEqual(["constant", "constant"]);
    expect(builder.value(names[0] as string).type).toEqual(tensorType("i64", []));
  });
});

test("a localize that gives other types than the layout is our own error", () => {
  const type = tensorType("f32", [4, 3]);
  const builder = new GraphBuilder("local");
  builder.addSource(
    { kind: "input", value: "x", location: unknownLocation },
    { name: "x", type: tensorType("f32", [2, 3]) },
  );
  const definition = present(findOp("Relu"), "Relu");
  const call = new Call({
    op: "Relu",
    name: "n",
    location: unknownLocation,
    attributes: {},
    inputs: [type],
    constants: () => undefined,
    outputs: 1,
  });
  const node = {
    name: "n",
    op: "Relu",
    signature: { inputs: [layout("[S(0)]")], outputs: [layout("[S(1)]")] },
  };
  const emitter = new GraphEmitter(builder, { location: unknownLocation });
  const request = {
    emitter,
    node,
    call,
    definition,
    mesh: meshOf(2),
    devices: [0],
    inputs: ["x"],
    inputTypes: [type],
    outputTypes: [type],
  };
  expect(() => localizeNode(request)).toThrow(InternalError);
});

describe("shards", () => {
  const whole = {
    dtype: "f32" as const,
    shape: [5, 3],
    data: Float64Array.from(range(15), (i) => Math.sin(i)),
  };

  test.each([
    "[S(0), S(0)]",
    "[S(1), B]",
    "[P(sum), S(0)]",
    "[P(max), P(max)]",
    "[B, P(min)]",
    "[S(0/2), B]",
  ])("put together again under %s", (text) => {
    const mesh = meshOf(2, 2);
    const shards = place(whole, layout(text), mesh, "terms", randomFrom(text));
    const again = present(assemble(shards, whole.shape, layout(text), mesh), "shards do not fit");
    again.data.forEach((x, i) => expect(x).toBeCloseTo(whole.data[i] as number, 12));
  });

  test("replicas that differ and boxes of another size are refused", () => {
    const mesh = meshOf(2);
    expect(
      assemble(
        [whole, { ...whole, data: whole.data.map((x) => x + 1e-3) }],
        whole.shape,
        layout("[B]"),
        mesh,
      ),
    ).toBeUndefined();
    expect(assemble([whole, whole], whole.shape, layout("[S(0)]"), mesh)).toBeUndefined();
    expect(() => takeShard(whole, layout("[P(sum)]"), mesh, 0)).toThrow(InternalError);
  });
});

describe("distributed forms", () => {
  const softmax = prepare({
    op: "Softmax",
    attributes: { axis: 1 },
    inputs: [{ dtype: "f32", shape: [4, 5] }],
  });

  test("gather only what is reduced: two gathers per softmax, never of the operand", () => {
    const mesh = meshOf(2);
    const form = present(listedForms(softmax, 2)[0], "softmax without a form");
    const signature = present(combine(softmax, [form], mesh), "form that cannot be split");
    const { graph } = present(expandForm({ ...softmax, signature, mesh }), "form that cannot be expanded");
    const boxed = graph.nodes.flatMap((node) =>
      node.inputs.filter(
        (name, i) =>
          name !== null &&
          printNdSbp(graph.values.get(name)?.layout ?? []) !== printNdSbp(node.signature?.inputs[i] ?? []),
      ),
    );
    expect(boxed.map((name) => knownShape(graph.values.get(name as string)?.type as never))).toEqual([
      [4, 1],
      [4, 1],
    ]);
    const x = {
      dtype: "f32" as const,
      shape: [4, 5],
      data: Float64Array.from(range(20), (i) => Math.cos(3 * i)),
    };
    const [expected] = evaluateNode(softmax.node, [x]);
    const made = present(interpretGraph(graph, new Map([["in0", x]])).get("out0"), "no output");
    made.data.forEach((value, i) => expect(value).toBeCloseTo(expected?.data[i] as number, 12));
  });

  test("equal requests are expanded once", () => {
    const mesh = meshOf(2);
    const signature = present(
      combine(softmax, [present(listedForms(softmax, 2)[0], "no form")], mesh),
      "cannot be split",
    );
    const expansions = new FormExpansions();
    const again = prepare(softmax.opCase);
    expect(expansions.expand({ ...softmax, signature, mesh })).toBe(
      expansions.expand({ ...again, signature, mesh }),
    );
    expect(
      expansions.expand({ ...softmax, signature: { ...signature, inputs: [layout("[B]")] }, mesh }),
    ).toBeUndefined();
  });
});
