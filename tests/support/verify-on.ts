/** Verifies models on many meshes within one process: each model runs unsharded once. */
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { load } from "../../src/load.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { runUnsharded, verifyPlan, type VerifyOptions, type VerifyResult } from "../../src/verify.ts";

export interface VerifyRequest {
  readonly file: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly dims: Readonly<Record<string, number>>;
  readonly mesh: string;
  readonly hints?: boolean;
}

const unsharded = new Map<string, ReturnType<typeof runUnsharded>>();

/** What `sbpc verify FILE --mesh MESH` does; rejects as it fails. */
export async function verifyOn(
  { file, settings, dims, mesh, hints = true }: VerifyRequest,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  const loaded = await load(file);
  if (loaded.kind !== "model") throw new Error(`${file} is no model`);
  const graph = loaded.build({ dims, settings });
  const { plan } = compile({
    whole: graph,
    micro: graph,
    mesh: parseMesh(mesh),
    cluster: presetCluster("local"),
    hints,
    microbatches: 1,
    dims,
    settings,
  });
  const key = JSON.stringify([file, settings, dims]);
  const known = unsharded.get(key) ?? runUnsharded(plan);
  unsharded.set(key, known);
  return verifyPlan(plan, { ...options, unsharded: await known });
}
