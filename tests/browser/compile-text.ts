/** Compiles a graph in text form; the same code runs in Node and, bundled, in a browser tab. */
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { parseGraph } from "../../src/ir/text/parse.ts";
import { encodePlan } from "../../src/plan/codec.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";

/** The bytes of the plan for a mesh, with the local cluster. */
export function compileText(text: string, mesh: string): Uint8Array {
  const graph = parseGraph(text, "model.graph");
  const { plan } = compile({
    whole: graph,
    micro: graph,
    mesh: parseMesh(mesh),
    cluster: presetCluster("local"),
    hints: true,
    microbatches: 1,
    dims: {},
    settings: {},
  });
  return encodePlan(plan);
}
