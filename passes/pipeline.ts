/** THE list: every pass of the compiler, in order. A reason why a pass stands where it does is written behind it. */
import { assignStages } from "./assign-stages.ts";
import { bucketCommunications } from "./bucket-communications.ts";
import { canonicalize } from "./canonicalize.ts";
import { differentiate } from "./differentiate.ts";
import { eliminateCommon } from "./eliminate-common.ts";
import { eliminateDead } from "./eliminate-dead.ts";
import { emitPlan } from "./emit-plan.ts";
import { expandForms } from "./expand-forms.ts";
import { foldConstants } from "./fold-constants.ts";
import { inferSbp } from "./infer-sbp.ts";
import { inferTypes } from "./infer-types.ts";
import { insertBoxing } from "./insert-boxing.ts";
import { joinOutputs } from "./join-outputs.ts";
import { localize } from "./localize.ts";
import { lowerPrecision } from "./lower-precision.ts";
import { maskPadding } from "./mask-padding.ts";
import { orderNodes } from "./order-nodes.ts";
import { partitionStages } from "./partition-stages.ts";
import { whenTraining, whenUneven, type Pass } from "./pass.ts";
import { planMemory } from "./plan-memory.ts";
import { recomputeActivations } from "./recompute-activations.ts";
import { splitFusedProducts } from "./split-fused-products.ts";
import { updateParameters } from "./update-parameters.ts";

export const pipeline: readonly Pass[] = [
  inferTypes, // first: everything below relies on types, and the model's errors are reported against its own text
  canonicalize, // before folding and merging: they see through what it removes, and compare one spelling of attributes
  foldConstants, // before merging: equal constants come from unequal expressions
  splitFusedProducts, // after folding: it needs shapes and bounds as constants, and constant weights as they will be
  eliminateCommon,
  eliminateDead, // after all that leaves values without users, before anything costs time per node
  maskPadding, // behind what the model says twice or for nothing, before anything is made of its means
  whenUneven(eliminateCommon), // masks of the same samples are one: `joinOutputs` compares what is counted
  lowerPrecision, // before all that types cost: crossing stages, layouts, the backward pass
  assignStages, // before layouts: what crosses stages has a price
  joinOutputs, // after staging: it counts labels where the loss is made
  differentiate, // after staging: the backward pass of a node is on its stage
  ...[canonicalize, eliminateCommon, eliminateDead].map(whenTraining), // what gradient rules emit: they need not be clever
  updateParameters, // after tidying, which drops hints where they are not obeyed: ZeRO's are always
  inferSbp,
  expandForms, // before boxing: what a form communicates is boxed like everything else
  insertBoxing,
  recomputeActivations, // after boxing: copies repeat layouts and communications as they were chosen; before the order, which cuts by blocks
  orderNodes, // after boxing: communications are what it groups
  localize,
  partitionStages, // after localizing: segments hold what devices run
  bucketCommunications, // after cutting, which says what stands next to one another; before memory, as its members live longer
  planMemory, // after cutting: only what crosses segments has a place in the arena
  emitPlan,
];
