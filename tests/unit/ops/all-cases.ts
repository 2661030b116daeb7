/** Every case of every family. */
import type { OpCase } from "./case.ts";
import { attentionCases } from "./cases/attention.ts";
import { compilerCases } from "./cases/compiler.ts";
import { contribCases } from "./cases/contrib.ts";
import { contribQLinearCases } from "./cases/contrib-qlinear.ts";
import { contribAttentionCases } from "./cases/contrib-attention.ts";
import { contractionCases } from "./cases/contraction.ts";
import { elementwiseCases } from "./cases/elementwise.ts";
import { indexingCases } from "./cases/indexing.ts";
import { movementCases } from "./cases/movement.ts";
import { reductionCases } from "./cases/reduction.ts";
import { quantizeCases } from "./cases/quantize.ts";
import { quantizedMatmulCases } from "./cases/quantized-matmul.ts";
import { rotaryCases } from "./cases/rotary.ts";
import { windowCases } from "./cases/window.ts";

export const allCases: readonly OpCase[] = [
  ...attentionCases,
  ...compilerCases,
  ...contractionCases,
  ...contribAttentionCases,
  ...contribCases,
  ...contribQLinearCases,
  ...elementwiseCases,
  ...indexingCases,
  ...movementCases,
  ...reductionCases,
  ...quantizeCases,
  ...quantizedMatmulCases,
  ...rotaryCases,
  ...windowCases,
];
