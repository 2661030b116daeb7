/** `sbpc check` says of each model what ONNX's own checker says, and the tables behind it are those of the installed onnx. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { openModel } from "../../src/files/model-folder.ts";
import { checkModel } from "../../src/onnx/check-model.ts";
import { schemaTable } from "../../src/onnx/generated/schemas.js";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { brokenModels, validModel, writeCompanions } from "../support/broken-models.ts";
import { damagedModel } from "../support/fuzz-models.ts";
import { onnxTestModels } from "../support/onnx-tests.ts";
import { pythonTest, runPython } from "../support/python.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-verdicts-"));
  writeCompanions(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function hasErrors(path: string): boolean {
  return checkModel(openModel(path)).some(({ severity }) => severity === "error");
}

/** What ONNX's checker says of each file; null: nothing. */
async function verdicts(paths: readonly string[]): Promise<Record<string, string | null>> {
  return (await runPython("checker_verdicts.py", { paths })) as Record<string, string | null>;
}

describe("verdicts", () => {
  pythonTest("on models that each break one rule", async () => {
    const models = [
      { name: "valid", known: false, bytes: onnx.ModelProto.encode(validModel()).finish() },
      ...brokenModels(),
    ];
    const paths = models.map(({ bytes }, i) => {
      const path = join(folder, `${i}.onnx`);
      writeFileSync(path, bytes);
      return path;
    });
    const theirs = await verdicts(paths);
    const differing = models.filter(({ known }, i) => (theirs[paths[i] as string] !== null) !== known);
    expect(differing.map(({ name }) => name)).toEqual([]);
    for (const [i, { name, known }] of models.entries())
      if (known) expect(hasErrors(paths[i] as string), name).toBe(true);
    expect(hasErrors(paths[0] as string)).toBe(false);
  });

  pythonTest("on onnx's test data", async (context) => {
    const paths = testModels();
    if (paths === undefined) return context.skip("no test data");
    const theirs = await verdicts(paths);
    const differing = paths.filter((path) => hasErrors(path) !== (theirs[path] !== null));
    expect(differing).toEqual([]);
  });
});

describe("damaged models", () => {
  pythonTest("what ONNX's checker refuses, so do we", async () => {
    const bases = [onnx.ModelProto.encode(validModel()).finish()];
    const count = process.env["SBPC_FULL"] === "1" ? 6000 : 600;
    const paths = Array.from({ length: count }, (_, i) => {
      const path = join(folder, `damaged-${i}.onnx`);
      writeFileSync(path, damagedModel(bases, 5, i));
      return path;
    });
    const theirs = await verdicts(paths);
    const missed = paths.filter((path) => theirs[path] !== null && !isRefused(path));
    expect(missed.map((path) => `${path}: ${theirs[path]}`)).toEqual([]);
  });
});

function isRefused(path: string): boolean {
  try {
    return hasErrors(path);
  } catch (error) {
    if (error instanceof SbpcError) return true;
    throw error;
  }
}

function testModels(): string[] | undefined {
  try {
    return onnxTestModels();
  } catch (error) {
    if (process.env["SBPC_REQUIRE_ONNX_TESTS"] === "1") throw error;
    return undefined;
  }
}

describe("tables", () => {
  pythonTest("of operators", async () => {
    const { table } = (await runPython("operator_schemas.py", {})) as { table: string };
    expect(schemaTable.trim()).toBe(table.trim());
  });

  pythonTest("of messages", async () => {
    const theirs = (await runPython("message_fields.py", {})) as Record<string, string[]>;
    const schema = readFileSync(new URL("../../src/onnx/onnx-ml.proto", import.meta.url), "utf8");
    for (const [message, fields] of Object.entries(theirs)) {
      const short = message.split(".").at(-1) as string;
      const body = new RegExp(`^( *)message ${short} \\{\\n(.*?)^\\1\\}`, "ms").exec(schema)?.[2] ?? "";
      const own = body.replace(/^( *)(?:message|enum) \w+ \{.*?^\1\}\n/gms, "");
      const ours = [...own.matchAll(/^ *(?:(optional|repeated) )?(\w+) (\w+) = (\d+)/gm)].map(
        ([, label, type, name, number]) =>
          `${number} ${name} ${label === "repeated" ? "repeated " : ""}${type}`,
      );
      expect(ours.sort(), message).toEqual(fields.sort());
    }
  });
});
