/** Inference on onnx's test models: it knows every size that onnx's own inference knows. */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { describe, expect, inject } from "vitest";
import type { Graph } from "../../src/ir/graph.ts";
import { dataTypes, isRanked, printType, type ValueType } from "../../src/ir/types.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { importOnnx } from "../../src/onnx/import/import.ts";
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { onnxTest, onnxTestModels } from "../support/onnx-tests.ts";
import { runPython } from "../support/python.ts";

const full = process.env["SBPC_FULL"] === "1";
const sampleStep = 10;

/** Operators without a declaration: nothing is known of what they make. */
const undeclared = /flexattention/;

type Known = readonly [elemType: number, sizes: readonly (number | null)[] | null];

/** The graph of a model without the shapes that it states for its results. */
function withoutStated(path: string): Graph {
  const proto = onnx.ModelProto.decode(readFileSync(path));
  for (const output of proto.graph?.output ?? []) {
    if (output.type?.tensorType != null) delete output.type.tensorType.shape;
  }
  return importOnnx(proto).graph;
}

/** What onnx knows of a type and we do not, or know otherwise. */
function lacks(ours: ValueType, [elemType, sizes]: Known): boolean {
  if (ours.kind !== "tensor" || dataTypes[ours.dtype][0] !== elemType) return true;
  if (sizes === null) return false;
  return (
    !isRanked(ours) ||
    ours.shape.length !== sizes.length ||
    sizes.some((size, axis) => size !== null && size !== ours.shape[axis])
  );
}

describe.skipIf(inject("python") !== null && process.env["SBPC_REQUIRE_PYTHON"] !== "1")(
  "shape inference",
  () => {
    onnxTest("knows what onnx's own knows", { timeout: 600_000 }, async () => {
      const paths = onnxTestModels().filter((_, i) => full || i % sampleStep === 0);
      const theirs = (await runPython("infer_shapes.py", { paths }, 500)) as (
        readonly (Known | null)[] | null
      )[];
      const behind: string[] = [];
      let compared = 0;
      paths.forEach((path, i) => {
        const name = `${basename(dirname(path))}/${basename(path)}`;
        if (theirs[i] == null || undeclared.test(name)) return;
        let graph: Graph;
        try {
          graph = withoutStated(path);
        } catch (error) {
          if (!(error instanceof SbpcError)) throw error;
          // What is not imported is the business of the conformance suite.
          return;
        }
        compared++;
        theirs[i]?.forEach((known, k) => {
          const value = graph.outputs[k]?.value ?? "";
          const type = graph.values.get(value)?.type;
          if (known !== null && type !== undefined && lacks(type, known))
            behind.push(`${name}: ${printType(type)}, onnx: ${JSON.stringify(known)}`);
        });
      });
      process.stdout.write(`shapes: ${compared} models compared with onnx's inference\n`);
      expect(behind).toEqual([]);
      expect(compared).toBeGreaterThan(0.9 * paths.length);
    });
  },
);
