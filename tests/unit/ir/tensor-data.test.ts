import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allocate,
  bfloatToNumber,
  bytesView,
  halfToNumber,
  hasNumbers,
  numberToBfloat,
  numberToHalf,
  readNumber,
  tensorData,
  toNumbers,
  viewBytes,
  writeNumber,
} from "../../../src/ir/tensor-data.ts";

describe("f16", () => {
  // Bit patterns of IEEE 754 binary16.
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, (1023 / 1024) * 2 ** -14],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3bff, 0.99951171875],
    [0x3c00, 1],
    [0x3c01, 1.0009765625],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ])("%# bits are the number and back", (bits, value) => {
    expect(halfToNumber(bits)).toBe(value);
    expect(numberToHalf(value)).toBe(bits);
  });

  it("rounds to nearest, ties to even, and overflows to infinity", () => {
    expect(numberToHalf(1 + 2 ** -11)).toBe(0x3c00);
    expect(numberToHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(numberToHalf(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
    expect(numberToHalf(65519)).toBe(0x7bff);
    expect(numberToHalf(65520)).toBe(0x7c00);
    expect(numberToHalf(2 ** -25)).toBe(0);
    expect(numberToHalf(2 ** -25 * 1.0001)).toBe(1);
    expect(numberToHalf(0.1)).toBe(0x2e66);
    expect(halfToNumber(numberToHalf(NaN))).toBeNaN();
  });

  it("gives every bit pattern back", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfToNumber(bits);
      if (!Number.isNaN(value)) expect(numberToHalf(value)).toBe(bits);
    }
  });
});

describe("bf16", () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3f80, 1],
    [0x4049, 3.140625],
    [0xff80, -Infinity],
    [0x7f7f, 3.3895313892515355e38],
    [0x0001, 9.183549615799121e-41],
  ])("%# bits are the number and back", (bits, value) => {
    expect(bfloatToNumber(bits)).toBe(value);
    expect(numberToBfloat(value)).toBe(bits);
  });

  it("rounds to nearest, ties to even", () => {
    expect(numberToBfloat(1 + 2 ** -8)).toBe(0x3f80);
    expect(numberToBfloat(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(numberToBfloat(3.1445)).toBe(0x4049);
    expect(bfloatToNumber(numberToBfloat(NaN))).toBeNaN();
  });
});

describe("elements", () => {
  it("are packed below a byte, low half first", () => {
    const packed = tensorData("i4", [3], [-8, 7, -1]);
    expect([...(packed.data as Uint8Array)]).toEqual([0x78, 0x0f]);
    expect([...toNumbers(packed)]).toEqual([-8, 7, -1]);
  });

  it("are little-endian bytes", () => {
    expect([...bytesView(tensorData("i32", [1], [258]).data as Int32Array)]).toEqual([2, 1, 0, 0]);
    const bytes = new Uint8Array([9, 0, 0, 128, 63]).subarray(1);
    expect([...viewBytes("f32", bytes)]).toEqual([1]);
  });

  it.each([
    "f32",
    "f64",
    "f16",
    "bf16",
    "i8",
    "i16",
    "i32",
    "i64",
    "u8",
    "u16",
    "u32",
    "u64",
    "bool",
    "i4",
    "u4",
  ] as const)("of %s are read as they were written", (dtype) => {
    expect(hasNumbers(dtype)).toBe(true);
    const highest = dtype === "bool" ? 1 : 7;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: dtype.startsWith("i") ? -8 : 0, max: highest }), { maxLength: 9 }),
        (values) => {
          const data = allocate(dtype, values.length);
          values.forEach((value, i) => writeNumber(dtype, data, i, value));
          expect(values.map((_, i) => readNumber(dtype, data, i))).toEqual(values);
        },
      ),
    );
  });

  it.each([
    ["i64", 2 ** 63, 2n ** 63n - 1n],
    ["i64", -(2 ** 63), -(2n ** 63n)],
    ["u64", 2 ** 64, 2n ** 64n - 1n],
  ] as const)("the largest of %s is written from its double", (dtype, double, integer) => {
    const data = allocate(dtype, 1);
    writeNumber(dtype, data, 0, double);
    expect([...(data as BigInt64Array)]).toEqual([integer]);
  });
});
