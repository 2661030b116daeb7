/**
 * Runs every operator's cases on backends, and writes the README's table (`npm run ops-by-backend`). Columns of places that are
 * named as arguments (`tfjs:webgpu`) are made beside those that need no GPU. With `--check` nothing is written: the named places
 * must do what the README says.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { CreateBackend } from "../../src/plan/backend.ts";
import { placeOf } from "../../src/backends.ts";
import { opOutcomes, verdictOf } from "../support/ops-by-backend.ts";
import { verdictsIn, withTable, type Verdicts } from "../support/ops-table.ts";

const usual = ["onnxruntime:cpu", "tfjs:cpu", "tfjs:wasm"];

/** What ONNX Runtime says where it lacks an operator, a kernel for an element type, or a layout. */
const refusals =
  /NOT_IMPLEMENTED|Could not find an implementation|Unsupported data type|is under development|is not a registered function|is deprecated in domain_version|layout_ == 0 was false|IsNodeCompatibleWithProvider|IsScalarOr1ElementVector/;

const given = process.argv.slice(2).filter((argument) => argument !== "--check");
const checks = process.argv.includes("--check");

const columns = new Map<string, Verdicts>();
for (const place of checks ? given : [...usual, ...given]) {
  const [backendName = "", device = ""] = place.split(":");
  const { url, tolerance: stated } = placeOf(backendName, device);
  const tolerance = Math.max(stated, 2e-5);
  const { createBackend } = (await import(url)) as { readonly createBackend: CreateBackend };
  const backend = await createBackend({ device, threads: 1 });
  const isRuntime = backendName === "onnxruntime";
  const outcomes = await opOutcomes(
    backend,
    { tolerance, ...(isRuntime ? { refusals } : {}) },
    (opCase) => !isRuntime || opCase.runtimeDiffers === undefined,
  );
  await backend.close();
  columns.set(`${backendName} ${device}`, new Map([...outcomes].map(([op, o]) => [op, verdictOf(o)])));
  for (const [op, { different }] of outcomes) if (different.length > 0) console.log(op, different);
  const count = (verdict: string) => [...outcomes.values()].filter((o) => verdictOf(o) === verdict).length;
  console.log(`${place}: ${count("yes")} operators, ${count("part")} in part, ${count("no")} not`);
}

const readme = readFileSync("README.md", "utf8");
if (!checks) writeFileSync("README.md", withTable(readme, columns));
else {
  const wrong = [...columns].flatMap(([name, verdicts]) => {
    const stated = verdictsIn(readme, name);
    return [...new Set([...verdicts.keys(), ...stated.keys()])].flatMap((op) => {
      const [own, said] = [verdicts.get(op), stated.get(op)];
      return own === said && own !== "WRONG" ? [] : [`${name}: ${op} ${own}, the README says ${said}`];
    });
  });
  for (const line of wrong) console.error(line);
  process.exit(wrong.length === 0 ? 0 : 1);
}
process.exit(0);
