/**
 * Damaged files: the reader, the check and the reading of elements answer rightly or with a coded error, whatever they are fed.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { summarizeModel } from "../../../src/inspect/model-summary.ts";
import { modelText } from "../../../src/inspect/model-text.ts";
import { bytesView, type TypedArray } from "../../../src/ir/tensor-data.ts";
import { bytesOf } from "../../../src/ir/types.ts";
import { checkModel } from "../../../src/onnx/check-model.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import type { DecodedModel } from "../../../src/onnx/model-file.ts";
import { decodeModel } from "../../../src/onnx/read-model.ts";
import { readElements } from "../../../src/onnx/tensor-elements.ts";
import { tensorsOf } from "../../../src/onnx/walk.ts";
import { encodeDecoded } from "../../../src/onnx/write-model.ts";
import { product } from "../../../src/support/collections.ts";
import { brokenModels, validModel } from "../../support/broken-models.ts";
import { damagedModel, fuzzModels } from "../../support/fuzz-models.ts";
import { onnxTest, onnxTestModels } from "../../support/onnx-tests.ts";

const isFull = process.env["SBPC_FULL"] === "1";

const own = [
  onnx.ModelProto.encode(validModel()).finish(),
  // Those that do not refer to files, and are small.
  ...brokenModels()
    .filter(({ bytes }) => bytes.length < 20_000)
    .map(({ bytes }) => bytes),
];

/** The elements of every tensor: as many as its type says, or a coded error. */
function readAll(model: DecodedModel): void {
  for (const { tensor } of tensorsOf(model.proto)) {
    try {
      const { dtype, shape, data } = readElements(model, tensor);
      const count = product(shape);
      if (dtype === "string") expect(data.length).toBe(count);
      else expect(bytesView(data as TypedArray).length).toBe(bytesOf(dtype, count));
    } catch (error) {
      if (!(error instanceof SbpcError)) throw error;
    }
  }
}

function readCheckWrite(bytes: Uint8Array): string {
  const model = decodeModel(bytes);
  const problems = checkModel(model);
  readAll(model);
  modelText(summarizeModel(model));
  const written = encodeDecoded(model);
  expect(Buffer.from(encodeDecoded(decodeModel(written))).equals(written)).toBe(true);
  return problems.some(({ severity }) => severity === "error") ? "problems" : "right";
}

describe("damaged models", () => {
  test("the same seed gives the same files", () => {
    for (let i = 0; i < 20; i++)
      expect(Buffer.from(damagedModel(own, 3, i)).equals(damagedModel(own, 3, i))).toBe(true);
  });

  test("made of our own models", () => {
    const outcomes = fuzzModels({
      bases: own,
      count: isFull ? 10_000 : 1000,
      seed: 1,
      under: readCheckWrite,
    });
    // Damage of all depths: files that do not decode, that are found wrong, that are right.
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(["error onnx-malformed", "problems", "right"]),
    );
  });

  onnxTest("made of onnx's test data", () => {
    const paths = onnxTestModels().filter((_, i) => i % 13 === 0);
    const bases = paths
      .map((path) => new Uint8Array(readFileSync(path)))
      .filter(({ length }) => length < 100_000);
    const outcomes = fuzzModels({ bases, count: isFull ? 10_000 : 600, seed: 2, under: readCheckWrite });
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(["error onnx-malformed", "problems", "right"]),
    );
  });
});
