/** Every case of every family, from the files in `cases/`. */
import { readdirSync } from "node:fs";
import type { OpCase } from "./case.ts";

const folder = new URL("cases/", import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".ts"))
  .sort();
const modules = await Promise.all(
  files.map((name) => import(new URL(name, folder).href) as Promise<Record<string, readonly OpCase[]>>),
);

export const allCases: readonly OpCase[] = modules.flatMap((module) => Object.values(module).flat());
