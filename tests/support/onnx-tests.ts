/**
 * The test data of onnx 1.22, for suites that read it: `tests/support/onnx-probe.ts` says where it is looked for.
 *
 * Where it is missing the suites are skipped, which the run says once; with SBPC_REQUIRE_ONNX_TESTS=1 they fail.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { inject, test } from "vitest";

const found = inject("onnxTests");

/** `test`, skipped where the data is missing. */
export const onnxTest = test.skipIf("lacking" in found && process.env["SBPC_REQUIRE_ONNX_TESTS"] !== "1");

/** The folder that holds `node/`, `light/` and `simple/`. */
export function onnxTestFolder(): string {
  if ("lacking" in found) throw new Error(found.lacking);
  return found.folder;
}

export interface OnnxTestCase {
  /** `test_add_bcast`. */
  readonly name: string;
  readonly model: string;
  /** `test_data_set_0`, …: folders with `input_k.pb` and `output_k.pb`; the light models may have none. */
  readonly dataSets: readonly string[];
}

/** The cases of one kind, by name. `light` holds its models as `light_X.onnx` beside folders or files of its own. */
export function onnxTestCases(kind: "node" | "simple"): OnnxTestCase[] {
  const folder = join(onnxTestFolder(), kind);
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "model.onnx")))
    .sort()
    .map((name) => ({
      name,
      model: join(folder, name, "model.onnx"),
      dataSets: readdirSync(join(folder, name))
        .filter((entry) => entry.startsWith("test_data_set_"))
        .sort()
        .map((entry) => join(folder, name, entry)),
    }));
}

/** Every `.onnx` file of the data, in all its folders. */
export function onnxTestModels(): string[] {
  return readdirSync(onnxTestFolder(), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".onnx"))
    .sort()
    .map((path) => join(onnxTestFolder(), path));
}
