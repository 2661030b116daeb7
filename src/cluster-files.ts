/** Cluster descriptions by preset name or from a JSON file. */
import { existsSync, readFileSync } from "node:fs";
import { clusterPresets, parseCluster, presetCluster, type Cluster } from "./cost/cluster.ts";
import { fail } from "./diagnostics/diagnostic.ts";

/** A preset where there is one of that name, else the file. Errors: bad-cluster, file-unreadable. */
export function loadCluster(name: string): Cluster {
  if (Object.hasOwn(clusterPresets, name) || !existsSync(name)) return presetCluster(name);
  let text: string;
  try {
    text = readFileSync(name, "utf8");
  } catch (error) {
    return fail("file-unreadable", { path: name, problem: (error as Error).message });
  }
  return parseCluster(text, name);
}
