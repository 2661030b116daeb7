/**
 * Computes again, in the backward pass, what a layer's backward pass needs of its forward pass, instead of keeping it
 * (`src/ops/recompute` says what and how).
 *
 *   before   %h = …;  %y = Gelu(%h) layer 0;  …;  %g = Mul(%gy, %y) layer 0 phase input
 *   after    %h = …;  %y = Gelu(%h) layer 0;  …;  %y.again = Gelu(%h) layer 0 phase input;  %g = Mul(%gy, %y.again)
 *
 * Exact: copies have the layouts and take the masks of what they repeat. Merging equal nodes would not undo it: copies are of
 * another phase. Does nothing unless the options ask for it. Linear in the nodes.
 */
import { recompute } from "../src/ops/recompute.ts";
import { definePass } from "./pass.ts";

export const recomputeActivations = definePass({
  name: "recompute-activations",
  summary:
    "Computes activations again in the backward pass instead of keeping them, where that is asked for.",
  requires: ["laid-out", "no-forms", "boxed"],
  ensures: [],
  run(compilation, { options, sink }) {
    const mode = options.train?.recompute ?? "none";
    if (mode === "none") return compilation;
    const { graph, blocks, copies } = recompute(compilation.graph, mode);
    if (copies === 0) {
      sink.report("recomputes-nothing", { mode });
      return compilation;
    }
    return { ...compilation, graph, blocks };
  },
});
