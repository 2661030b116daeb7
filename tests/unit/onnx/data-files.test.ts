/** Weights beside models and inside them: what goes where, and that the bytes are those of the whole message. */
import { onnx as reference } from "onnx-proto";
import { describe, expect, test } from "vitest";
import { buildModel } from "../../../src/nn/model.ts";
import mlp from "../../../examples/mlp.ts";
import { exportOnnx } from "../../../src/export.ts";
import { dataAlignment, dataBytes, dataChunks, layOutExternal } from "../../../src/onnx/data-files.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import {
  materialize,
  modelChunks,
  weightBytes,
  weightInitializer,
  type Weight,
  type WeightedModel,
} from "../../../src/onnx/weighted-model.ts";

function weight(
  name: string,
  shape: readonly number[],
  start?: readonly number[],
  size?: readonly number[],
): Weight {
  return {
    parameter: { name, dtype: "f32", shape, initializer: { kind: "constant", value: 1 } },
    box: { start: start ?? shape.map(() => 0), size: size ?? shape },
  };
}

function model(
  weights: Readonly<Record<string, Weight>>,
  constants: readonly onnx.TensorProto.$Properties[] = [],
): WeightedModel {
  return {
    proto: {
      irVersion: 8,
      opsetImport: [{ domain: "", version: 13 }],
      graph: {
        name: "g",
        initializer: [
          ...Object.entries(weights).map(([name, each]) => weightInitializer(name, each)),
          ...constants,
        ],
      },
    },
    weights: new Map(Object.entries(weights)),
  };
}

const options = { threshold: 1024, shared: "shared.bin", own: (index: number) => `own_${index}.bin` };

/** Bytes that tell which weight they are of. */
function read(each: Weight): Uint8Array {
  return new Uint8Array(weightBytes(each)).fill(each.parameter.name.charCodeAt(0));
}

function join(chunks: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...chunks]));
}

describe("a model's bytes", () => {
  test("piece by piece are those of the message", () => {
    const constant = { name: "c", dims: [2], dataType: 1, rawData: new Uint8Array(8).fill(7) };
    const one = model({ w: weight("w", [3, 5]), v: weight("v", [2]) }, [constant]);
    const pieces = onnx.ModelProto.decode(join(modelChunks(one, read)));
    const whole = onnx.ModelProto.decode(onnx.ModelProto.encode(materialize(one, read)).finish());
    expect(join(modelChunks(one, read))).toEqual(new Uint8Array(onnx.ModelProto.encode(whole).finish()));
    expect(onnx.ModelProto.encode(pieces).finish()).toEqual(onnx.ModelProto.encode(whole).finish());
    expect(pieces.graph?.initializer?.map(({ name, rawData }) => [name, rawData?.length])).toEqual([
      ["w", 60],
      ["v", 8],
      ["c", 8],
    ]);
  });

  test("hold one weight at a time", () => {
    let alive = 0;
    const chunks = modelChunks(model({ w: weight("w", [64]), v: weight("v", [64]) }), (each) => {
      alive++;
      return read(each);
    });
    const seen: number[] = [];
    for (const chunk of chunks) if (chunk.length === 256) seen.push(alive);
    expect(seen).toEqual([1, 2]);
  });

  test("are read by onnx-proto, which takes the exported object too", () => {
    const graph = buildModel(mlp, { dims: { batch: 2 } });
    const exported = exportOnnx(graph, { seed: 4 });
    const bytes = reference.ModelProto.encode(exported as reference.IModelProto).finish();
    const decoded = reference.ModelProto.decode(bytes);
    expect(decoded.graph?.initializer?.[0]?.rawData?.length).toBe(784 * 256 * 4);
    expect(onnx.ModelProto.decode(bytes).graph?.node?.length).toBe(exported.graph?.node?.length);
    expect(exportOnnx(graph, { seed: 4 })).toEqual(exported);
    expect(exportOnnx(graph, { seed: 5 })).not.toEqual(exported);
    expect(() => exportOnnx(graph, { form: "merged" })).toThrow(/need its plan/);
  });
});

describe("data files", () => {
  test("hold what is large, aligned", () => {
    const constant = { name: "c", dims: [400], dataType: 1, rawData: new Uint8Array(1600).fill(7) };
    const { models, data } = layOutExternal(
      [model({ a: weight("a", [300]), b: weight("b", [255]), d: weight("d", [256]) }, [constant])],
      options,
    );
    const external = models[0]?.proto.graph?.initializer?.filter(({ dataLocation }) => dataLocation === 1);
    expect(
      external?.map(({ name, externalData }) => [name, ...(externalData ?? []).map(({ value }) => value)]),
    ).toEqual([
      ["a", "shared.bin", "0", "1200"],
      ["d", "shared.bin", String(dataAlignment), "1024"],
      ["c", "shared.bin", String(2 * dataAlignment), "1600"],
    ]);
    const [file] = data;
    if (file === undefined) throw new Error("no data file");
    const bytes = join(dataChunks(file, read));
    expect(bytes.length).toBe(dataBytes(file));
    expect([bytes[0], bytes[1199], bytes[1200], bytes[dataAlignment], bytes[2 * dataAlignment]]).toEqual([
      97, 97, 0, 100, 7,
    ]);
  });

  test("share contiguous parts, and keep each other part once", () => {
    const rows = (from: number) => weight("r", [64, 32], [from, 0], [32, 32]);
    const columns = (from: number) => weight("c", [64, 32], [0, from], [64, 16]);
    const inner = weight("m", [1, 64, 32], [0, 32, 0], [1, 32, 32]);
    const { models, data } = layOutExternal(
      [
        model({ r: rows(0), c: columns(0) }),
        model({ r: rows(32), c: columns(16) }),
        model({ r: rows(32), c: columns(0), m: inner }),
      ],
      options,
    );
    const place = (index: number, name: string) => {
      const tensor = models[index]?.proto.graph?.initializer?.find((each) => each.name === name);
      return tensor?.externalData?.map(({ value }) => value);
    };
    expect(place(0, "r")).toEqual(["shared.bin", "0", "4096"]);
    expect(place(1, "r")).toEqual(["shared.bin", "4096", "4096"]);
    expect(place(2, "r")).toEqual(place(1, "r"));
    expect(place(0, "c")).toEqual(["own_0.bin", "0", "4096"]);
    expect(place(1, "c")).toEqual(["own_1.bin", "0", "4096"]);
    expect(place(2, "c")).toEqual(place(0, "c"));
    // A part along axis 1 is one run where axis 0 has size 1.
    expect(place(2, "m")).toEqual(["shared.bin", String(8192 + 4096), "4096"]);
    expect(data.map(({ name }) => name).sort()).toEqual(["own_0.bin", "own_1.bin", "shared.bin"]);
    expect(data.flatMap(({ pieces }) => pieces)).toHaveLength(4);
  });

  test("take what would not fit into a message, whatever was asked for", () => {
    const big = (name: string) => weight(name, [1000, 200_000]);
    const asked = { ...options, threshold: 1e12 };
    const fits = layOutExternal([model({ a: big("a"), b: big("b") })], asked);
    expect(fits.data).toEqual([]);
    const grown = layOutExternal(
      [model({ a: big("a"), b: big("b"), c: big("c"), s: weight("s", [4]) })],
      asked,
    );
    expect(grown.data[0]?.pieces).toHaveLength(3);
    const kept = grown.models[0]?.proto.graph?.initializer?.filter(({ dataLocation }) => dataLocation !== 1);
    expect(kept?.map(({ name }) => name)).toEqual(["s"]);
  });
});
