/** Plans on disk: a directory with `plan.sbpc`, beside which weights may lie. Written whole or not at all. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fail } from "./diagnostics/diagnostic.ts";
import { writeAtomicallySync } from "./files/atomic.ts";
import { decodePlan, encodePlan } from "./plan/codec.ts";
import type { Plan } from "./plan/plan.ts";

/** The plan's file in its directory. */
export const planFile = "plan.sbpc";

/** Writes the plan into a directory, which is made where it is missing. Errors: file-unwritable. */
export function savePlan(plan: Plan, directory: string): void {
  writeAtomicallySync(join(directory, planFile), [encodePlan(plan)]);
}

/** Reads a plan from its directory or file. Errors: file-not-found, file-unreadable, plan-newer, plan-damaged. */
export function loadPlan(path: string): Plan {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, planFile) : path;
  if (!existsSync(file)) fail("file-not-found", { path: file });
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return fail("file-unreadable", { path: file, problem: (error as Error).message });
  }
  return decodePlan(bytes, file);
}
