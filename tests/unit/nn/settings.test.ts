/** Settings and dimensions of models: defaults, text values, and what is refused. */
import { describe, expect, test } from "vitest";
import { buildModel, defineModel, input, oneOf, optionalNumber, SbpcError, type Code } from "sbpc";
import { resolveSettings } from "../../../src/nn/settings.ts";

const specs = {
  size: oneOf("tiny", "base"),
  patch: oneOf(16, 32),
  width: 8,
  deep: false,
  note: "a",
  seq: optionalNumber,
};

function codeOf(f: () => unknown): Code | undefined {
  try {
    f();
  } catch (error) {
    if (error instanceof SbpcError) return error.code;
    throw error;
  }
  return undefined;
}

describe("settings", () => {
  test("defaults, with training among them", () => {
    const defaults = {
      training: false,
      size: "tiny",
      patch: 16,
      width: 8,
      deep: false,
      note: "a",
      seq: undefined,
    };
    expect(resolveSettings(specs, {})).toEqual(defaults);
  });

  test("text becomes the type of the setting", () => {
    const given = {
      size: "base",
      patch: "32",
      width: "0.5",
      deep: "true",
      note: "7",
      seq: "12",
      training: "true",
    };
    expect(resolveSettings(specs, given)).toEqual({
      size: "base",
      patch: 32,
      width: 0.5,
      deep: true,
      note: "7",
      seq: 12,
      training: true,
    });
  });

  test.each([
    [{ colour: "red" }, "size"],
    [{ size: "huge" }, "tiny, base"],
    [{ patch: "8" }, "16, 32"],
    [{ width: "wide" }, "a number"],
    [{ width: "" }, "a number"],
    [{ deep: "yes" }, "true or false"],
    [{ seq: "NaN" }, "a number"],
  ])("%o is refused, naming what is valid", (given, named) => {
    expect(codeOf(() => resolveSettings(specs, given))).toBe("model-setting");
    expect(() => resolveSettings(specs, given)).toThrow(named);
  });
});

describe("dimensions", () => {
  const model = defineModel({
    name: "m",
    dims: { batch: 4 },
    inputs: { x: input("f32", ["batch", "seq", "2*seq"]) },
    build: ({ x }, { dims }) => ({ y: x.relu().mul(dims["seq"] ?? 0) }),
  });

  test("are bound from defaults and options, expressions too", () => {
    const graph = buildModel(model, { dims: { seq: 3 } });
    expect(graph.values.get("x")?.type).toEqual({ kind: "tensor", dtype: "f32", shape: [4, 3, 6] });
    expect(buildModel(model, { dims: { seq: 1, batch: 2 } }).values.get("x")?.type).toMatchObject({
      shape: [2, 1, 2],
    });
  });

  test("unbound, unknown and senseless ones are refused", () => {
    expect(codeOf(() => buildModel(model))).toBe("unbound-dimension");
    expect(() => buildModel(model)).toThrow(/settings\.test\.ts:\d+: .*seq.*of x/s);
    expect(codeOf(() => buildModel(model, { dims: { seq: 1, sequence: 2 } }))).toBe("unknown-dimension");
    expect(codeOf(() => buildModel(model, { dims: { seq: 0 } }))).toBe("model-setting");
  });
});
