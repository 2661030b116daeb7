/** Starts child processes and workers from entry files, run as TypeScript sources or as the built package. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { moduleUrl } from "./module-url.ts";

/** The URL of a module beside this one, e.g. `device`. */
export function entryUrl(name: string): URL {
  return moduleUrl(`./${name}`, import.meta.url);
}

/** Flags with which Node runs the entry file of a process: sources need a loader, which is there in development. */
export function entryFlags(entry: URL): string[] {
  return entry.pathname.endsWith(".ts")
    ? ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href]
    : [];
}

/** Limit of a device's JavaScript heap; tensors lie outside it. A device above it fails alone instead of with the process. */
export const heapMegabytes = 1024;
const resourceLimits = { maxOldGenerationSizeMb: heapMegabytes };

/** Starts a worker thread. Node 20 does not hand the loader on to threads: there, sources are imported after it. */
export function startWorker(entry: URL, workerData: unknown): Worker {
  if (!entry.pathname.endsWith(".ts")) return new Worker(entry, { workerData, resourceLimits });
  const [api, target] = [import.meta.resolve("tsx/esm/api"), entry.href].map((url) => JSON.stringify(url));
  const code = `import(${api}).then(({ register }) => { register(); return import(${target}); })`;
  return new Worker(code, { eval: true, execArgv: [], workerData, resourceLimits });
}
