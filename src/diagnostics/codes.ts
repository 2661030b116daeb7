/**
 * Every message that a user can meet, one table per area.
 *
 * A code is stable, searchable and in one table only; its message takes named details. Tests assert codes, never sentences.
 */
import { graphCodes } from "./codes/graph.ts";
import { lintCodes } from "./codes/lint.ts";
import { modelCodes } from "./codes/model.ts";
import { onnxCodes } from "./codes/onnx.ts";
import { onnxCheckCodes } from "./codes/onnx-check.ts";
import { partitioningCodes } from "./codes/partitioning.ts";
import { planCodes } from "./codes/plan.ts";
import { runningCodes } from "./codes/running.ts";
import { trainingCodes } from "./codes/training.ts";

export const codes = {
  ...graphCodes,
  ...partitioningCodes,
  ...planCodes,
  ...lintCodes,
  ...modelCodes,
  ...onnxCheckCodes,
  ...onnxCodes,
  ...trainingCodes,
  ...runningCodes,
};

export type Code = keyof typeof codes;
