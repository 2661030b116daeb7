/** Every case of every family. */
import type { OpCase } from "./case.ts";
import { compilerCases } from "./cases/compiler.ts";
import { contractionCases } from "./cases/contraction.ts";
import { elementwiseCases } from "./cases/elementwise.ts";
import { indexingCases } from "./cases/indexing.ts";
import { movementCases } from "./cases/movement.ts";
import { recurrentCases } from "./cases/recurrent.ts";
import { reductionCases } from "./cases/reduction.ts";
import { windowCases } from "./cases/window.ts";

export const allCases: readonly OpCase[] = [
  ...compilerCases,
  ...contractionCases,
  ...elementwiseCases,
  ...indexingCases,
  ...movementCases,
  ...recurrentCases,
  ...reductionCases,
  ...windowCases,
];
