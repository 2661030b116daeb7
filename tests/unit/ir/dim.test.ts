import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bindDim,
  dimAdd,
  dimCeilDiv,
  dimFloorDiv,
  dimMul,
  dimProduct,
  dimSub,
  dimSymbols,
  evaluateDim,
  parseDim,
  type Dim,
} from "../../../src/ir/dim.ts";

describe("dimensions", () => {
  it.each([
    ["batch", "batch"],
    ["b * a", "a*b"],
    ["1 + 2*seq*batch", "2*batch*seq+1"],
    ["a - a", 0],
    ["a + a - 3", "2*a-3"],
    ["3*4", 12],
    ["floor((n + 1)/2)", "floor((n+1)/2)"],
  ])("%s is %s", (text, canonical) => {
    expect(parseDim(text)).toBe(canonical);
  });

  it("add, multiply and divide where they can", () => {
    expect(dimAdd("n", 1)).toBe("n+1");
    expect(dimSub(dimAdd("n", "m"), "m")).toBe("n");
    expect(dimMul(dimAdd("n", 1), "m")).toBe("m*n+m");
    expect(dimProduct(["n", 2, "n", 3])).toBe("6*n*n");
    expect(dimFloorDiv(dimMul("n", 6), 3)).toBe("2*n");
    expect(dimFloorDiv(dimMul("n", "m"), "m")).toBe("n");
    expect(dimFloorDiv("n", "n")).toBe(1);
    expect(dimFloorDiv(7, 2)).toBe(3);
    expect(dimCeilDiv("n", 2)).toBe("floor((n+1)/2)");
    expect(dimSymbols("floor((n+1)/m)+k*k")).toEqual(["n", "m", "k"]);
  });

  it("know one zero", () => {
    expect([dimMul(-3, 0), dimFloorDiv(0, -2), dimCeilDiv(-1, 2), dimProduct([0, -1])]).toEqual([0, 0, 0, 0]);
  });

  const symbols = ["a", "b", "n_1"];
  const anyDim: fc.Arbitrary<Dim> = fc.letrec<{ dim: Dim }>((tie) => ({
    dim: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Dim>(...symbols),
      fc.integer({ min: 0, max: 5 }),
      fc.tuple(tie("dim"), tie("dim")).map(([x, y]) => dimAdd(x, y)),
      fc.tuple(tie("dim"), tie("dim")).map(([x, y]) => dimSub(x, y)),
      fc.tuple(tie("dim"), tie("dim")).map(([x, y]) => dimMul(x, y)),
      tie("dim").map((x) => dimFloorDiv(x, 2)),
    ),
  })).dim;
  const bindings = fc
    .record({ a: fc.nat(9), b: fc.nat(9), n_1: fc.nat(9) })
    .map((sizes) => new Map(Object.entries(sizes)));

  it("are canonical: text reads back as itself, and sums and products commute", () => {
    fc.assert(
      fc.property(anyDim, anyDim, (x, y) => {
        expect(parseDim(String(x))).toBe(x);
        expect(dimAdd(x, y)).toBe(dimAdd(y, x));
        expect(dimMul(x, y)).toBe(dimMul(y, x));
        expect(dimSub(dimAdd(x, y), y)).toBe(x);
      }),
    );
  });

  it("mean the same before and after binding", () => {
    fc.assert(
      fc.property(anyDim, anyDim, bindings, (x, y, sizes) => {
        const value = (dim: Dim) => evaluateDim(dim, sizes) as number;
        expect(value(dimAdd(x, y))).toBe(value(x) + value(y));
        expect(value(dimMul(x, y))).toBe(value(x) * value(y) + 0);
        expect(value(dimFloorDiv(x, 2))).toBe(Math.floor(value(x) / 2));
        expect(bindDim(x, sizes)).toBe(value(x));
        const some = new Map([["a", sizes.get("a") as number]]);
        expect(evaluateDim(bindDim(x, some), sizes)).toBe(value(x));
      }),
    );
  });

  it("are unknown while a symbol is", () => {
    expect(evaluateDim("a+b", new Map([["a", 1]]))).toBeUndefined();
    expect(bindDim("a*b+a", new Map([["a", 3]]))).toBe("3*b+3");
  });
});
