/**
 * Every model of onnx's test data: imported, its types inferred and compared with what its results are, exported again and
 * executed where ONNX Runtime passes the original.
 *
 * What is accepted stands in `conformance-exceptions.json`, by test, with its reason; an exception that is no longer needed is
 * a failure. A type that is wrong is never accepted. SBPC_FULL=1 runs all of them, otherwise a sample;
 * SBPC_UPDATE_CONFORMANCE=1 (with SBPC_FULL=1) writes the exceptions anew.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { table } from "../../../src/inspect/text.ts";
import { groupBy, sum } from "../../../src/support/collections.ts";
import { judge, type Verdicts } from "../../support/onnx-conformance.ts";
import { OnnxRunner } from "../../support/onnx-run.ts";
import { onnxTest, onnxTestCases, onnxTestFolder } from "../../support/onnx-tests.ts";

const full = process.env["SBPC_FULL"] === "1";
const update = full && process.env["SBPC_UPDATE_CONFORMANCE"] === "1";
/** One test in so many is in the sample. */
const sampleStep = 8;
const seconds = 1000;

const phases = ["imported", "types", "executed"] as const;
type Exceptions = Readonly<Record<(typeof phases)[number], Readonly<Record<string, string>>>>;

const exceptionsFile = join(import.meta.dirname, "conformance-exceptions.json");
const accepted = JSON.parse(readFileSync(exceptionsFile, "utf8")) as Exceptions;

const runner = new OnnxRunner();
afterAll(() => runner.close());

interface Judged extends Verdicts {
  readonly name: string;
}

/** Verdicts that need an exception: not those that only say that there is nothing to compare with. */
function needsException(verdict: string): boolean {
  return verdict !== "ok" && verdict !== "not imported" && !verdict.startsWith("skipped");
}

function exceptionsOf(rows: readonly Judged[]): Exceptions {
  const found = phases.map((phase) => [
    phase,
    Object.fromEntries(rows.filter((row) => needsException(row[phase])).map((row) => [row.name, row[phase]])),
  ]);
  return Object.fromEntries(found) as Exceptions;
}

function countText(rows: readonly Judged[], phase: (typeof phases)[number]): string {
  const n = rows.filter((row) => row[phase] === "ok").length;
  return n === rows.length ? String(n) : `${n} of ${rows.length}`;
}

/** By operator: how many models, how many are as they should be, and why the others are not. */
function report(rows: readonly Judged[]): string {
  const lines = [...groupBy(rows, (row) => row.operator)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([operator, group]) => {
      const reasons = group.flatMap((row) =>
        phases.map((phase) => row[phase]).filter((verdict) => verdict !== "ok" && verdict !== "not imported"),
      );
      const text = [...groupBy(reasons, (reason) => reason.slice(0, 90))]
        .map(([reason, all]) => `${reason} (${all.length})`)
        .join("; ");
      return [operator, group.length, ...phases.map((phase) => countText(group, phase)), text];
    });
  const total = ["all", rows.length, ...phases.map((phase) => countText(rows, phase)), ""];
  return table(["operator", "models", ...phases, "the others"], [...lines, total]).join("\n");
}

async function judgeAll(cases: readonly Parameters<typeof judge>[]): Promise<Judged[]> {
  const rows: Judged[] = [];
  for (const [i, [name, path, dataSet]] of cases.entries()) {
    if (full || i % sampleStep === 0) rows.push({ name, ...(await judge(name, path, dataSet, runner)) });
  }
  return rows;
}

describe("onnx's test data", () => {
  onnxTest(
    "is imported, typed and executed as it should be",
    { timeout: (full ? 1200 : 240) * seconds },
    async () => {
      const light = join(onnxTestFolder(), "light");
      const rows = await judgeAll([
        ...[...onnxTestCases("node"), ...onnxTestCases("simple")].map(
          ({ name, model, dataSets }): Parameters<typeof judge> => [name, model, dataSets[0], runner],
        ),
        ...readdirSync(light)
          .filter((file) => file.endsWith(".onnx"))
          .map((file): Parameters<typeof judge> => [file, join(light, file), undefined, runner]),
      ]);
      process.stdout.write(`${report(rows)}\n`);
      const found = exceptionsOf(rows);
      if (update) writeFileSync(exceptionsFile, `${JSON.stringify(found, null, 2)}\n`);
      expect(Object.values(found.types).filter((verdict) => verdict.includes("wrong"))).toEqual([]);
      if (update) return;
      // Of a sample, only the exceptions of its own tests are compared.
      const judged = new Set(rows.map(({ name }) => name));
      for (const phase of phases) {
        const expected = Object.entries(accepted[phase]).filter(([name]) => judged.has(name));
        expect(Object.keys(found[phase]).sort(), phase).toEqual(expected.map(([name]) => name).sort());
      }
      expect(sum(rows.map(({ imported }) => Number(imported === "ok")))).toBeGreaterThan(0.9 * rows.length);
    },
  );
});
