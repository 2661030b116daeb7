/** Reading and writing model files: what is read is written again byte for byte, and payloads stay where they are. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onnx as theirs } from "onnx-proto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { openModel, saveModel } from "../../../src/files/model-folder.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import type { ModelFiles } from "../../../src/onnx/model-file.ts";
import { decodeModel, modelOfMessage, readModel } from "../../../src/onnx/read-model.ts";
import { spineFields } from "../../../src/onnx/spine.ts";
import { readElements } from "../../../src/onnx/tensor-elements.ts";
import { encodeDecoded, modelPieces } from "../../../src/onnx/write-model.ts";
import { npmModels, npmModelTest } from "../../support/npm-models.ts";
import { onnxTest, onnxTestCases, onnxTestModels } from "../../support/onnx-tests.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-wire-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (model: onnx.ModelProto.$Properties) => onnx.ModelProto.encode(model).finish();

const floats = (name: string, count: number): onnx.TensorProto.$Properties => ({
  name,
  dataType: 1,
  dims: [count],
  rawData: new Uint8Array(Float32Array.from({ length: count }, (_, i) => i + name.length).buffer),
});

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof SbpcError) return error.code;
    throw error;
  }
  return undefined;
}

/** Tensors in every place that can hold one, large and small, with unknown fields beside them. */
function everywhere(): onnx.ModelProto.$Properties {
  const unknown = [Uint8Array.from([0xfa, 0x3f, 2, 7, 8])];
  const inner = (name: string): onnx.GraphProto.$Properties => ({
    name,
    node: [
      { opType: "Constant", output: ["c"], attribute: [{ name: "value", type: 4, t: floats("t", 2000) }] },
      { opType: "Relu", input: ["c"], output: ["d"], $unknowns: unknown },
    ],
    initializer: [floats("in", 5000), floats("small", 3)],
  });
  return {
    irVersion: 10,
    producerName: "test",
    opsetImport: [{ domain: "", version: 20 }],
    metadataProps: [{ key: "k", value: "v" }],
    graph: {
      name: "g",
      node: [
        { opType: "Relu", input: ["a"], output: ["b"] },
        {
          opType: "If",
          input: ["b"],
          output: ["e"],
          attribute: [
            { name: "then_branch", type: 5, g: inner("then") },
            { name: "graphs", type: 10, graphs: [inner("one"), inner("two")] },
            { name: "tensors", type: 9, tensors: [floats("x", 9), floats("y", 3000)] },
            { name: "s", type: 11, sparseTensor: { values: floats("v", 2048), dims: [4000] } },
            { name: "ss", type: 12, sparseTensors: [{ values: floats("v", 2), indices: floats("i", 1024) }] },
          ],
        },
        { opType: "Relu", input: ["b"], output: ["f"] },
      ],
      initializer: [
        floats("w", 1024),
        { name: "f", dataType: 1, dims: [1500], floatData: Array.from({ length: 1500 }, (_, i) => i / 2) },
        { name: "d", dataType: 11, dims: [600], doubleData: Array.from({ length: 600 }, (_, i) => -i) },
        { name: "i", dataType: 7, dims: [3000], int64Data: Array.from({ length: 3000 }, (_, i) => i) },
        floats("tiny", 1),
        floats("last", 1025),
      ],
      sparseInitializer: [{ values: floats("s", 1024), indices: floats("si", 1024), dims: [1e6] }],
      input: [{ name: "a" }],
      $unknowns: unknown,
    },
    trainingInfo: [{ initialization: inner("initial"), algorithm: inner("step") }],
    functions: [
      {
        name: "fn",
        domain: "d",
        node: inner("unused").node ?? [],
        attributeProto: [{ name: "a", type: 4, t: floats("default", 1024) }],
      },
    ],
    $unknowns: unknown,
  };
}

describe("round trip", () => {
  onnxTest("every model of onnx's test data", () => {
    const models = onnxTestModels();
    expect(onnxTestCases("node").length).toBe(1765);
    expect(models.length).toBeGreaterThanOrEqual(1765 + onnxTestCases("simple").length);
    const differing = models.filter((path) => !readFileSync(path).equals(encodeDecoded(openModel(path))));
    expect(differing).toEqual([]);
  });

  npmModelTest("real models, saved over themselves too", () => {
    expect(npmModels().size).toBe(6);
    for (const [name, path] of npmModels()) {
      const original = readFileSync(path);
      const copy = join(folder, name);
      saveModel(copy, openModel(path));
      expect(original.equals(readFileSync(copy)), name).toBe(true);
      saveModel(copy, openModel(copy));
      expect(original.equals(readFileSync(copy)), name).toBe(true);
    }
  });

  test("tensors in every place, and fields that nobody knows", () => {
    const original = bytes(everywhere());
    const path = join(folder, "everywhere.onnx");
    writeFileSync(path, original);
    const model = openModel(path);
    const left = modelPieces(model).filter((piece) => !(piece instanceof Uint8Array));
    // Two in each of five inner graphs; two in the function; three in attributes; six in the graph itself.
    expect(left.length).toBe(21);
    expect(Buffer.from(encodeDecoded(model)).equals(original)).toBe(true);
    expect(Buffer.from(encodeDecoded(decodeModel(original))).equals(original)).toBe(true);
  });

  test("an edit that is undone", () => {
    const original = bytes(everywhere());
    const path = join(folder, "edited.onnx");
    writeFileSync(path, original);
    const model = openModel(path);
    const [tensor] = model.proto.graph?.initializer ?? [];
    if (tensor === undefined) throw new Error("no initializer");
    tensor.rawData = new Uint8Array(4096);
    model.proto.graph?.node?.push({ opType: "Relu" });
    expect(model.payload(tensor)).toBeUndefined();
    const edited = decodeModel(encodeDecoded(model));
    expect(readElements(edited, edited.proto.graph?.initializer?.[0] ?? {}).data[5]).toBe(0);
    delete (tensor as { rawData?: Uint8Array }).rawData;
    model.proto.graph?.node?.pop();
    expect(Buffer.from(encodeDecoded(model)).equals(original)).toBe(true);
  });

  test("the table of fields is that of the schema", () => {
    const schema = readFileSync(new URL("../../../src/onnx/onnx-ml.proto", import.meta.url), "utf8");
    const messages = {
      model: "ModelProto",
      training: "TrainingInfoProto",
      function: "FunctionProto",
      graph: "GraphProto",
      node: "NodeProto",
      attribute: "AttributeProto",
      sparse: "SparseTensorProto",
      tensor: "TensorProto",
    } as const;
    const kinds = new Map(Object.entries(messages).map(([kind, message]) => [message as string, kind]));
    for (const [kind, message] of Object.entries(messages)) {
      const body = new RegExp(`^message ${message} \\{\\n(.*?)^\\}`, "ms").exec(schema)?.[1] ?? "";
      const fields = [...body.matchAll(/^ {2}(optional|repeated) (\w+) (\w+) = (\d+)/gm)].map(
        ([, label, type = "", name = "", number]) => ({
          number: Number(number),
          property: name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
          repeated: label === "repeated" && kinds.has(type),
          ...(kinds.has(type) ? { kind: kinds.get(type) } : {}),
        }),
      );
      expect(spineFields[kind as keyof typeof messages], message).toEqual(
        fields.sort((a, b) => a.number - b.number),
      );
    }
  });
});

describe("payloads", () => {
  test("stay in the file: little of it is read", () => {
    const large = bytes({
      graph: { node: [{ opType: "Relu" }], initializer: [floats("w", 1 << 20), floats("b", 4)] },
    });
    let read = 0;
    const files: ModelFiles = {
      size: (path) => (path === "m.onnx" ? large.length : undefined),
      read: (_, offset, length) => {
        read += length;
        expect(offset + length).toBeLessThanOrEqual(large.length);
        return large.slice(offset, offset + length);
      },
    };
    const model = readModel(files, "m.onnx");
    expect(read).toBeLessThan(140_000);
    const [w, b] = model.proto.graph?.initializer ?? [];
    expect(model.payload(w ?? {})).toMatchObject({ path: "m.onnx", length: 4 << 20, field: "rawData" });
    expect(model.payload(b ?? {})).toBeUndefined();
    expect(readElements(model, w ?? {}).data[7]).toBe(8);
    expect(readElements(model, b ?? {}).data[1]).toBe(2);
  });

  test("in windows that begin and end anywhere", () => {
    for (let pad = 65536 - 40; pad < 65536 + 8; pad++) {
      const original = bytes({
        graph: { docString: "x", name: "y".repeat(pad), initializer: [floats("w", 1100), floats("v", 2)] },
      });
      const model = decodeModel(original);
      expect(model.proto.graph?.name?.length).toBe(pad);
      expect(readElements(model, model.proto.graph?.initializer?.[0] ?? {}).data[1099]).toBe(1100);
      expect(Buffer.from(encodeDecoded(model)).equals(original)).toBe(true);
    }
  });
});

describe("the onnx-proto package", () => {
  onnxTest("its objects are taken, and ours are by it", () => {
    for (const path of onnxTestModels().filter((_, i) => i % 7 === 0)) {
      const original = new Uint8Array(readFileSync(path));
      const decoded = theirs.ModelProto.decode(original);
      const model = modelOfMessage(decoded as onnx.ModelProto.$Properties);
      expect(model.proto.graph?.node?.length ?? 0).toBe(decoded.graph?.node?.length ?? 0);
      const again = theirs.ModelProto.decode(encodeDecoded(model));
      expect(theirs.ModelProto.toObject(again)).toEqual(theirs.ModelProto.toObject(decoded));
      const ours = onnx.ModelProto.decode(original);
      const written = theirs.ModelProto.encode(ours as theirs.IModelProto).finish();
      expect(theirs.ModelProto.toObject(theirs.ModelProto.decode(new Uint8Array(written)))).toEqual(
        theirs.ModelProto.toObject(decoded),
      );
    }
  });
});

describe("damaged files", () => {
  const whole = bytes(everywhere());

  test("every truncation is malformed or a smaller model", () => {
    for (let length = 0; length < whole.length; length += 97) {
      const code = codeOf(() => decodeModel(whole.slice(0, length)));
      expect([undefined, "onnx-malformed"]).toContain(code);
    }
    expect(codeOf(() => decodeModel(whole.slice(0, whole.length - 3)))).toBe("onnx-malformed");
  });

  test.each([
    ["a length past the end", [0x3a, 0x7f]],
    ["a length of 2^31", [0x3a, 0x80, 0x80, 0x80, 0x80, 0x08]],
    ["a length of 2^32 - 1", [0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["a number without an end", [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ["a field of number 0", [0x02, 0x00]],
    ["a wire type that does not exist", [0x0e]],
    ["an end of a group that did not begin", [0x0c]],
    ["a group of another number's end", [0x0b, 0x14]],
    ["groups nested without end", Array.from({ length: 200 }, () => 0x0b)],
  ])("%s", (_, wire) => {
    expect(codeOf(() => decodeModel(Uint8Array.from(wire)))).toBe("onnx-malformed");
  });

  test("graphs nested without end", () => {
    let graph: onnx.GraphProto.$Properties = { name: "innermost" };
    for (let i = 0; i < 30; i++) graph = { node: [{ opType: "If", attribute: [{ name: "b", g: graph }] }] };
    expect(codeOf(() => decodeModel(bytes({ graph })))).toBeUndefined();
    // Deeper than our encoder goes, so that the nesting is written by hand.
    const nest = (inner: Uint8Array, tag: number): Uint8Array => {
      const head = onnx.OperatorSetIdProto.encode({ domain: "x".repeat(inner.length) }).finish();
      return Uint8Array.from([tag, ...head.subarray(1, head.length - inner.length), ...inner]);
    };
    let message: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < 200; i++) message = nest(nest(nest(message, 0x32), 0x2a), 0x0a);
    expect(codeOf(() => decodeModel(nest(message, 0x3a)))).toBe("onnx-malformed");
    // Long enough to be walked into all the way.
    message = bytes({ graph: { docString: "x".repeat(5000) } }).subarray(4);
    for (let i = 0; i < 200; i++) message = nest(nest(nest(message, 0x32), 0x2a), 0x0a);
    expect(codeOf(() => decodeModel(nest(message, 0x3a)))).toBe("onnx-malformed");
  });

  test("elements twice, a graph twice", () => {
    const tensor = onnx.TensorProto.encode(floats("w", 1024)).finish();
    const raw = onnx.TensorProto.encode({ rawData: new Uint8Array(4096) }).finish();
    const small = onnx.TensorProto.encode({ rawData: new Uint8Array(4) }).finish();
    const model = (...parts: Uint8Array[]) => {
      const body = Buffer.concat(parts);
      const field = (tag: number, inner: Uint8Array) =>
        Buffer.concat([
          Uint8Array.of(tag, (inner.length % 128) + 128, Math.floor(inner.length / 128)),
          inner,
        ]);
      return field(0x3a, field(0x2a, body));
    };
    expect(codeOf(() => decodeModel(model(tensor)))).toBeUndefined();
    expect(codeOf(() => decodeModel(model(tensor, raw)))).toBe("onnx-malformed");
    expect(codeOf(() => decodeModel(model(tensor, small)))).toBe("onnx-malformed");
    expect(codeOf(() => decodeModel(model(small, tensor)))).toBe("onnx-malformed");
    expect(codeOf(() => decodeModel(Buffer.concat([model(tensor), model(tensor)])))).toBe("onnx-malformed");
  });

  test("a message above 2 GB is refused with what to do", () => {
    const path = join(folder, "large.onnx");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 31);
    try {
      openModel(path);
      expect.unreachable();
    } catch (error) {
      expect((error as SbpcError).code).toBe("onnx-too-large");
      expect((error as SbpcError).diagnostics[0]?.remedy).toContain("external data");
    }
  });

  test("files that are none", () => {
    expect(codeOf(() => openModel(join(folder, "absent.onnx")))).toBe("file-not-found");
    expect(codeOf(() => openModel(folder))).toBe("file-unreadable");
  });
});
