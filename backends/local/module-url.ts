/**
 * Which file of a module runs in a process or thread of its own: its source where sources run, else the built package's.
 * `SBPC_BUILT=FOLDER` names a build of the sources to take instead of them: it needs no loader and starts several times faster.
 */
import { pathToFileURL } from "node:url";

const root = new URL("../../", import.meta.url).href;

/** The URL of the module `name`, relative to the module at the URL `from` and without an extension. */
export function moduleUrl(name: string, from: string): URL {
  if (!from.endsWith(".ts")) return new URL(`${name}.js`, from);
  const source = new URL(`${name}.ts`, from);
  const built = process.env["SBPC_BUILT"];
  if (built === undefined) return source;
  return new URL(source.href.slice(root.length).replace(/ts$/, "js"), pathToFileURL(`${built}/`));
}
