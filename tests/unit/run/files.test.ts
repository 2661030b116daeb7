/** Tensor files: round trips, what NumPy wrote, damage at every byte, no partial file. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parameterShard, readBox } from "../../../backends/local/weights.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { listSafetensors } from "../../../src/files/safetensors.ts";
import { writeAtomicallySync } from "../../../src/files/atomic.ts";
import { tensorData, type TypedArray } from "../../../src/ir/tensor-data.ts";
import { isFloat, type DataType } from "../../../src/ir/types.ts";
import type { HostTensor } from "../../../src/plan/backend.ts";
import { copyBox, wholeBox } from "../../../src/plan/box-copy.ts";
import { decodeNpy, encodeNpy } from "../../../src/plan/npy.ts";
import { FormatError } from "../../../src/plan/safetensors.ts";
import { readTensors, writeTensors } from "../../../src/tensor-files.ts";
import { writeWeights } from "../../../src/weights.ts";
import { twoDevicePlan, wholePlan } from "./support.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);
const dtypes: readonly DataType[] = [
  "f64",
  "f32",
  "f16",
  "bf16",
  "i64",
  "u64",
  "i32",
  "u32",
  "i16",
  "u16",
  "i8",
  "u8",
  "bool",
];

function sample(dtype: DataType, shape: readonly number[]): HostTensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: n }, (_, i) =>
    isFloat(dtype) ? i - 2.5 : dtype === "bool" ? i % 2 : i + 1,
  );
  return { dtype, shape, data: tensorData(dtype, shape, values).data as TypedArray };
}

function code(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof SbpcError ? error.code : String(error);
  }
}

describe("safetensors", () => {
  test("every type comes back, in place and order", () => {
    const tensors = new Map(
      dtypes.map((dtype, i) => [`t.${dtype}`, sample(dtype, i % 2 === 0 ? [3, i + 1] : [])]),
    );
    writeTensors(path("a.safetensors"), tensors);
    expect(readTensors(path("a.safetensors"))).toEqual(tensors);
    expect(listSafetensors(path("a.safetensors")).map(({ name }) => name)).toEqual([...tensors.keys()]);
    expect(readdirSync(folder)).toEqual(["a.safetensors"]);
  });

  test("a file cut anywhere is refused with a code", () => {
    writeTensors(path("a.safetensors"), new Map([["x", sample("f32", [2, 3])]]));
    const bytes = readFileSync(path("a.safetensors"));
    for (let n = 0; n < bytes.length; n++) {
      writeFileSync(path("b.safetensors"), bytes.subarray(0, n));
      expect([n, code(() => readTensors(path("b.safetensors")))]).toEqual([n, "file-unreadable"]);
    }
    expect(code(() => readTensors(path("none.safetensors")))).toBe("file-not-found");
  });
});

describe(".npy", () => {
  test.each(dtypes)("%s comes back", (dtype) => {
    for (const shape of [[], [4], [2, 0, 3], [2, 3]]) {
      const tensor = sample(dtype, shape);
      expect(decodeNpy(encodeNpy(tensor))).toEqual(tensor);
    }
  });

  test("a header as NumPy writes it", () => {
    const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }".padEnd(117) + "\n";
    const head = Uint8Array.from([
      0x93,
      ...[..."NUMPY"].map((c) => c.charCodeAt(0)),
      1,
      0,
      dict.length,
      0,
      ...[...dict].map((c) => c.charCodeAt(0)),
    ]);
    const bytes = new Uint8Array([...head, ...new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)]);
    expect(decodeNpy(bytes)).toEqual({ dtype: "f32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
    const swap = (from: string, to: string) =>
      Uint8Array.from(
        [...bytes]
          .map((b) => String.fromCharCode(b))
          .join("")
          .replace(from, to),
        (c) => c.charCodeAt(0),
      );
    expect(() => decodeNpy(swap("<f4", ">f4"))).toThrow(/big-endian/);
    expect(() => decodeNpy(swap("False", "True "))).toThrow(/Fortran/);
    expect(() => decodeNpy(swap("<f4", "<c8"))).toThrow(/<c8/);
    for (let n = 0; n < bytes.length; n++) expect(() => decodeNpy(bytes.subarray(0, n))).toThrow(FormatError);
  });

  test("named files on the command line", () => {
    writeTensors(path("x.npy"), new Map([["x", sample("i64", [3])]]));
    expect(readTensors(`ids=${path("x.npy")}`).get("ids")).toEqual(sample("i64", [3]));
    expect(code(() => readTensors("what.txt"))).toBe("usage");
    expect(code(() => writeTensors(path("y.npy"), new Map()))).toBe("usage");
  });
});

describe("weights", () => {
  test("written parameters are the generated ones; a shard is read without the rest", async () => {
    const plan = wholePlan(twoDevicePlan(), "");
    const written = await writeWeights(plan, folder, { seed: 9 });
    const box = { start: [2, 1], size: [5, 3] };
    for (const [i, parameter] of written.parameters.slice(0, 1).entries()) {
      const shape = [8, 6];
      const generated = {
        name: parameter.name,
        dtype: "f32" as const,
        shape,
        initializer: plan.parameters[i]?.initializer ?? parameter.initializer,
      };
      const options = { seed: 9, randomized: false, base: folder };
      const expected = parameterShard(generated, box, options);
      expect(parameterShard({ ...generated, initializer: parameter.initializer }, box, options)).toEqual(
        expected,
      );
      expect(
        code(() =>
          parameterShard({ ...generated, shape: [8, 7], initializer: parameter.initializer }, box, options),
        ),
      ).toBe("weights-mismatch");
    }
    expect(readdirSync(folder)).toEqual(["weights.safetensors"]);
  });

  test("make their directory", async () => {
    await writeWeights(wholePlan(twoDevicePlan(), ""), path("plans/new"), { seed: 9 });
    expect(readdirSync(path("plans/new"))).toEqual(["weights.safetensors"]);
  });

  test("boxes with short and with long runs", () => {
    const shape = [40, 3, 1000];
    const whole = sample("i32", shape);
    writeFileSync(path("raw"), new Uint8Array([1, 2, 3, ...new Uint8Array(whole.data.buffer)]));
    for (const box of [
      wholeBox(shape),
      { start: [1, 0, 0], size: [38, 3, 1000] },
      { start: [3, 1, 7], size: [30, 2, 5] },
    ]) {
      const out = new Int32Array(box.size.reduce((a, b) => a * b, 1));
      copyBox(whole.data, wholeBox(shape), out, box, box);
      expect(readBox(path("raw"), 3, { name: "w", dtype: "i32", shape }, box)).toEqual(out);
    }
    expect(code(() => readBox(path("raw"), 4, { name: "w", dtype: "i32", shape }, wholeBox(shape)))).toBe(
      "weights-mismatch",
    );
  });

  test("what cannot be written leaves nothing behind", () => {
    writeFileSync(path("file"), "");
    for (const place of ["file/x", "file/deeper/x"])
      expect(code(() => writeAtomicallySync(path(place), [new Uint8Array(1)]))).toBe("file-unwritable");
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});
