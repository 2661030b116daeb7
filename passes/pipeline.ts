/** THE list: every pass of the compiler, in order. A reason why a pass stands where it does is written behind it. */
import { assignStages } from "./assign-stages.ts";
import { canonicalize } from "./canonicalize.ts";
import { eliminateCommon } from "./eliminate-common.ts";
import { eliminateDead } from "./eliminate-dead.ts";
import { foldConstants } from "./fold-constants.ts";
import { inferTypes } from "./infer-types.ts";
import type { Pass } from "./pass.ts";

export const frontPasses: readonly Pass[] = [
  inferTypes, // first: everything below relies on types, and errors of the model are reported against its own text
  canonicalize, // before folding and merging: they see through what it removes, and compare one spelling of attributes
  foldConstants, // before merging: equal constants come from unequal expressions
  eliminateCommon,
  eliminateDead, // after all that leaves values without users, before anything costs time per node
  assignStages, // before layouts: what crosses stages has a price
];

export const pipeline: readonly Pass[] = [...frontPasses];
