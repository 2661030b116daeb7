/** What `checkModel` finds: in valid models nothing, in each broken one the rule that it breaks, and all at once. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codes } from "../../../src/diagnostics/codes.ts";
import { openModel } from "../../../src/files/model-folder.ts";
import { checkModel } from "../../../src/onnx/check-model.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { decodeModel } from "../../../src/onnx/read-model.ts";
import { brokenModels, validModel, writeCompanions } from "../../support/broken-models.ts";
import { npmModels, npmModelTest } from "../../support/npm-models.ts";
import { onnxTest, onnxTestModels } from "../../support/onnx-tests.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-check-"));
  writeCompanions(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(bytes: Uint8Array) {
  const path = join(folder, "model.onnx");
  writeFileSync(path, bytes);
  return checkModel(openModel(path));
}

describe("valid models", () => {
  test("with everything in them", () => {
    expect(check(onnx.ModelProto.encode(validModel()).finish())).toEqual([]);
  });

  onnxTest("those of onnx's test data", () => {
    const found = onnxTestModels().flatMap((path) =>
      checkModel(openModel(path)).map(({ code, message }) => `${path}: ${code} ${message}`),
    );
    expect(found).toEqual([]);
  });

  npmModelTest("real ones", () => {
    for (const [name, path] of npmModels()) expect(checkModel(openModel(path)), name).toEqual([]);
  });
});

describe("broken models", () => {
  test.each(brokenModels().map((model) => [model.name, model] as const))("%s", (_, { code, bytes }) => {
    const found = check(bytes);
    expect(found.map((problem) => problem.code)).toContain(code);
    for (const { message, remedy } of found) {
      // Every detail of the texts is filled in.
      expect(`${message} ${remedy ?? ""}`).not.toMatch(/\{[a-z]\w*\}/i);
      expect(message).not.toContain("undefined");
    }
    const { severity } = codes[code];
    expect(found.some((problem) => problem.severity === "error")).toBe(severity === "error");
  });

  test("what to do follows from what is wrong with external data", () => {
    const remedies = (name: string) =>
      brokenModels()
        .filter((model) => model.name === name)
        .flatMap(({ bytes }) => check(bytes).map(({ remedy }) => remedy));
    expect(remedies("an absolute location")[0]).toContain("relative path");
    for (const name of ["external data past the end", "a checksum of another file"])
      expect(remedies(name)[0]).toContain("export the model again");
  });

  test("all problems are found at once, with the names of what has them", () => {
    const model = validModel();
    const graph = model.graph as onnx.GraphProto.$Properties;
    (graph.initializer?.[0] ?? {}).dims = [9, 4];
    (graph.node?.[0] ?? {}).input = ["x", "lost"];
    (graph.node?.[1] ?? {}).opType = "Addition";
    graph.output?.push({ name: "nowhere" });
    const found = check(onnx.ModelProto.encode(model).finish());
    expect(found.map(({ code }) => code)).toEqual([
      "onnx-value-type",
      "onnx-tensor-data",
      "undefined-value",
      "onnx-operator",
      "onnx-sharding",
      "onnx-output",
    ]);
    const text = found.map(({ message }) => message).join("\n");
    for (const name of ['"w"', '"product"', '"lost"', '"bias"', '"nowhere"']) expect(text).toContain(name);
  });

  test("a file of nothing but mistakes gives a bounded report", () => {
    const node = Array.from({ length: 5000 }, (_, i) => ({ opType: "Nothing", input: [`i${i}`] }));
    const found = checkModel(decodeModel(onnx.ModelProto.encode({ irVersion: 8, graph: { node } }).finish()));
    expect(found.length).toBe(1001);
    expect(found.at(-1)?.code).toBe("onnx-more");
  });

  test("a circle is named, however long", () => {
    const count = 50_000;
    const node = Array.from({ length: count }, (_, i) => ({
      opType: "Relu",
      name: `n${i}`,
      input: [`v${(i + count - 1) % count}`],
      output: [`v${i}`],
    }));
    const model = { ...validModel(), graph: { name: "g", node } };
    const found = checkModel(decodeModel(onnx.ModelProto.encode(model).finish()));
    expect(found.map(({ code }) => code)).toEqual(["onnx-order", "cyclic-graph"]);
    expect(found[1]?.message).toMatch(/^The nodes ("n\d+", )+"n\d+" and 49992 more depend on/);
  });
});
