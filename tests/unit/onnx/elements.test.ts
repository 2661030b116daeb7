/** Reading the elements of tensors: every type from raw_data, from its typed field and from a file; external data by its rules. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Code } from "../../../src/diagnostics/codes.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { modelFolder, openModel } from "../../../src/files/model-folder.ts";
import { bytesView, type TypedArray } from "../../../src/ir/tensor-data.ts";
import { bytesOf, dataTypes, type DataType } from "../../../src/ir/types.ts";
import { safePath } from "../../../src/onnx/external-data.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { decodeModel } from "../../../src/onnx/read-model.ts";
import { fieldOf, readElements, storedNumbers } from "../../../src/onnx/tensor-elements.ts";
import { writeCompanions } from "../../support/broken-models.ts";

type Tensor = onnx.TensorProto.$Properties;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-elements-"));
  writeCompanions(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The tensor as a model in a file has it. */
function read(tensor: Tensor) {
  const path = join(folder, "model.onnx");
  writeFileSync(path, onnx.ModelProto.encode({ graph: { initializer: [tensor] } }).finish());
  const model = openModel(path);
  const decoded = model.proto.graph?.initializer?.[0];
  if (decoded === undefined) throw new Error("no tensor");
  return { model, tensor: decoded, elements: () => readElements(model, decoded) };
}

function problemOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof SbpcError) return `${String(error.code)}: ${error.diagnostics[0]?.message ?? ""}`;
    throw error;
  }
  return undefined;
}

/** Bytes that are valid for every type: bools 0 and 1. */
const pattern = (dtype: DataType, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (dtype === "bool" ? i % 2 : (i * 37 + 11) % 256));

/** The numbers of the typed field that hold packed elements. */
function typedNumbers(dtype: DataType, bytes: Uint8Array): Partial<Tensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bits = dataTypes[dtype][1];
  const size = dtype === "c64" ? 4 : dtype === "c128" ? 8 : Math.max(1, bits / 8);
  const numbers = Array.from({ length: bytes.length / size }, (_, i) => {
    const at = i * size;
    switch (dtype) {
      case "f32":
      case "c64":
        return view.getFloat32(at, true);
      case "f64":
      case "c128":
        return view.getFloat64(at, true);
      case "i64":
        return Number(view.getBigInt64(at, true));
      case "u64":
        return Number(view.getBigUint64(at, true));
      case "i32":
        return view.getInt32(at, true);
      case "u32":
        return view.getUint32(at, true);
      case "i8":
        return view.getInt8(at);
      case "i16":
        return view.getInt16(at, true);
      default:
        return size === 2 ? view.getUint16(at, true) : view.getUint8(at);
    }
  });
  return { [fieldOf(dtype)]: numbers };
}

/** Small enough that i64 and u64 are exact as numbers. */
function smallBytes(dtype: DataType, count: number): Uint8Array {
  const bytes = pattern(dtype, bytesOf(dtype, count));
  if (dtype === "i64" || dtype === "u64") for (let i = 0; i < bytes.length; i++) if (i % 8 > 5) bytes[i] = 0;
  // No NaN, whose bits JavaScript does not keep.
  if (dtype === "f32" || dtype === "c64") for (let i = 3; i < bytes.length; i += 4) bytes[i] = 0x3f;
  if (dtype === "f64" || dtype === "c128") for (let i = 7; i < bytes.length; i += 8) bytes[i] = 0x3f;
  return bytes;
}

const fixed = (Object.keys(dataTypes) as DataType[]).filter((dtype) => dtype !== "string");

describe("every element type", () => {
  test.each(fixed)("%s", (dtype) => {
    const dataType = dataTypes[dtype][0];
    for (const dims of [[], [0], [3], [5, 7], [37, 131]]) {
      const count = dims.reduce((a, b) => a * b, 1);
      const bytes = smallBytes(dtype, count);
      const typed = typedNumbers(dtype, bytes);
      expect(typed[fieldOf(dtype)]?.length).toBe(storedNumbers(dtype, count));
      const name = "t";
      for (const tensor of [
        { name, dims, dataType, rawData: bytes },
        { name, dims, dataType, ...typed },
      ]) {
        const elements = read(tensor).elements();
        expect(elements).toMatchObject({ dtype, shape: dims });
        expect(Buffer.from(bytesView(elements.data as TypedArray)).equals(bytes), `${dims.join()}`).toBe(
          true,
        );
      }
      writeFileSync(join(folder, "elements.bin"), Buffer.concat([new Uint8Array(3), bytes]));
      const external = read({
        name,
        dims,
        dataType,
        dataLocation: 1,
        externalData: [
          { key: "location", value: "elements.bin" },
          { key: "offset", value: "3" },
        ],
      });
      expect(external.model.payload(external.tensor)).toMatchObject({ path: "elements.bin", offset: 3 });
      expect(Buffer.from(bytesView(external.elements().data as TypedArray)).equals(bytes)).toBe(true);
    }
  });

  test("strings", () => {
    const stringData = ["", "a", "é"].map((text) => new TextEncoder().encode(text));
    expect(read({ dims: [3], dataType: 8, stringData }).elements().data).toEqual(["", "a", "é"]);
  });

  test("bools of other bytes than 0 and 1", () => {
    expect([
      ...(read({ dims: [3], dataType: 9, rawData: Uint8Array.of(0, 2, 255) }).elements().data as Uint8Array),
    ]).toEqual([0, 1, 1]);
    expect([
      ...(read({ dims: [3], dataType: 9, int32Data: [0, -1, 3] }).elements().data as Uint8Array),
    ]).toEqual([0, 1, 1]);
  });

  test("the largest integers", () => {
    const { data } = read({
      dims: [2],
      dataType: 7,
      int64Data: onnx.TensorProto.decode(
        onnx.TensorProto.encode({ int64Data: [Number.MAX_SAFE_INTEGER, -1] }).finish(),
      ).int64Data,
    }).elements();
    expect([...(data as BigInt64Array)]).toEqual([BigInt(Number.MAX_SAFE_INTEGER), -1n]);
    const raw = new Uint8Array(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)).buffer);
    expect([...(read({ dims: [2], dataType: 7, rawData: raw }).elements().data as BigInt64Array)]).toEqual([
      2n ** 63n - 1n,
      -(2n ** 63n),
    ]);
  });

  const wrong: readonly (readonly [name: string, tensor: Tensor, code: Code])[] = [
    ["too few", { dims: [4], dataType: 1, rawData: new Uint8Array(12) }, "onnx-tensor-data"],
    ["too many", { dims: [2], dataType: 1, rawData: new Uint8Array(12) }, "onnx-tensor-data"],
    ["too few numbers", { dims: [4], dataType: 1, floatData: [1] }, "onnx-tensor-data"],
    ["numbers in another field", { dims: [1], dataType: 1, doubleData: [1] }, "onnx-tensor-data"],
    [
      "a payload of another field",
      { dims: [2000], dataType: 6, floatData: new Array(2000).fill(1) },
      "onnx-tensor-data",
    ],
    ["strings as bytes", { dims: [5000], dataType: 8, rawData: new Uint8Array(5000) }, "onnx-tensor-data"],
    ["a type of six bits", { dims: [1], dataType: 27, rawData: new Uint8Array(1) }, "onnx-tensor-type"],
    ["no type", { dims: [1], rawData: new Uint8Array(1) }, "onnx-tensor-type"],
    ["a negative dimension", { dims: [-1], dataType: 1 }, "onnx-tensor-dims"],
    ["dimensions beyond all memory", { dims: [2 ** 31, 2 ** 31], dataType: 1 }, "onnx-tensor-dims"],
    ["2^31 elements that are not there", { dims: [2 ** 31], dataType: 1 }, "onnx-tensor-data"],
  ];
  test.each(wrong)("%s", (_, tensor, code) => {
    const problem = problemOf(() => read({ name: "the tensor", ...tensor }).elements());
    expect(problem).toMatch(new RegExp(`^${code}: .*"the tensor"`));
  });
});

describe("external data", () => {
  const external = (entries: Readonly<Record<string, string>>): Tensor => ({
    name: "w",
    dims: [4],
    dataType: 1,
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });

  test.each([
    ["inside/data.bin", "inside/data.bin"],
    ["./inside//data.bin", "inside/data.bin"],
    ["inside/../data.bin", "data.bin"],
  ])("%s is a path inside", (location, path) => {
    expect(safePath(location)).toBe(path);
    const { model, tensor } = read(external({ location }));
    expect(model.payload(tensor)?.path).toBe(path);
  });

  test.each([
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "C:/x",
    "C:x",
    "\\x",
    "a\\b",
    "a\0b",
    ".",
    "a/..",
    "a..b",
  ])("%j is not", (location) => {
    expect(safePath(location)).toHaveProperty("problem");
    expect(problemOf(() => read(external({ location })).elements())).toMatch(/^onnx-external-data: .*"w"/);
  });

  test.each([
    [{ location: "link.bin" }, "symbolic link"],
    [{ location: "linked/data.bin" }, "symbolic link"],
    [{ location: "twin.bin" }, "hard link"],
    [{ location: "inside" }, "no plain file"],
    [{ location: "absent.bin" }, "no such file"],
    [{ location: "data.bin/x" }, "no such file"],
    [{ location: "x".repeat(5000) }, "no such file"],
    [{ location: "data.bin", offset: "241" }, "pass the end"],
    [{ location: "data.bin", offset: "9223372036854775807" }, "no whole number"],
    [{ location: "data.bin", offset: "1e3" }, "no whole number"],
    [{ location: "data.bin", length: "15" }, "its type takes 16"],
    [{ location: "data.bin", length: "2147483648" }, "its type takes 16"],
    [{ offset: "0" }, "does not say"],
  ] as const)("%j is refused: %s", (entries, why) => {
    const problem = problemOf(() => read(external(entries)).elements());
    expect(problem).toMatch(/^onnx-external-data: .*"w"/);
    expect(problem).toContain(why);
  });

  test("a part of it, and nothing else, is read", () => {
    const files = modelFolder(folder, "model.onnx");
    let read = 0;
    const counting = {
      ...files,
      read: (...args: Parameters<typeof files.read>) => ((read += args[2]), files.read(...args)),
    };
    const model = decodeModel(
      onnx.ModelProto.encode({
        graph: { initializer: [external({ location: "data.bin", offset: "16" })] },
      }).finish(),
      "memory.onnx",
      counting,
    );
    const [tensor] = model.proto.graph?.initializer ?? [];
    expect(model.payload(tensor ?? {})).toEqual({ path: "data.bin", offset: 16, length: 16 });
    expect(read).toBe(0);
    readElements(model, tensor ?? {});
    expect(read).toBe(16);
  });

  test("a file that changes while it is used is an error", () => {
    writeFileSync(join(folder, "changing.bin"), new Uint8Array(16));
    const { elements, model, tensor } = read(external({ location: "changing.bin" }));
    expect(model.payload(tensor)?.length).toBe(16);
    writeFileSync(join(folder, "changing.bin"), new Uint8Array(8));
    expect(problemOf(elements)).toMatch(/^file-unreadable: .*changed/);
    rmSync(join(folder, "changing.bin"));
    expect(problemOf(elements)).toMatch(/^file-not-found/);
  });

  test("a model in memory has no folder", () => {
    const bytes = onnx.ModelProto.encode({
      graph: { initializer: [external({ location: "data.bin" })] },
    }).finish();
    const model = decodeModel(bytes);
    expect(problemOf(() => readElements(model, model.proto.graph?.initializer?.[0] ?? {}))).toMatch(
      /^onnx-external-data: .*no folder/,
    );
    expect(readFileSync(join(folder, "data.bin")).length).toBe(256);
  });
});
