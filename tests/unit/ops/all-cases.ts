/** Every case of every family. */
import type { OpCase } from "./case.ts";
import { attentionCases } from "./cases/attention.ts";
import { compilerCases } from "./cases/compiler.ts";
import { convNetworkCases } from "./cases/conv-networks.ts";
import { contribCases } from "./cases/contrib.ts";
import { contribQLinearCases } from "./cases/contrib-qlinear.ts";
import { contribAttentionCases } from "./cases/contrib-attention.ts";
import { contractionCases } from "./cases/contraction.ts";
import { elementwiseCases } from "./cases/elementwise.ts";
import { indexingCases } from "./cases/indexing.ts";
import { movementCases } from "./cases/movement.ts";
import { mlCases } from "./cases/ml.ts";
import { normalisationCases } from "./cases/normalisation.ts";
import { optimizerCases } from "./cases/optimizers.ts";
import { randomCases } from "./cases/random.ts";
import { recurrentCases } from "./cases/recurrent.ts";
import { reductionCases } from "./cases/reduction.ts";
import { rowCases } from "./cases/rows.ts";
import { signalCases } from "./cases/signal.ts";
import { textCases } from "./cases/text.ts";
import { quantizeCases } from "./cases/quantize.ts";
import { quantizedMatmulCases } from "./cases/quantized-matmul.ts";
import { rotaryCases } from "./cases/rotary.ts";
import { windowCases } from "./cases/window.ts";

export const allCases: readonly OpCase[] = [
  ...attentionCases,
  ...compilerCases,
  ...contractionCases,
  ...convNetworkCases,
  ...contribAttentionCases,
  ...contribCases,
  ...contribQLinearCases,
  ...elementwiseCases,
  ...indexingCases,
  ...movementCases,
  ...mlCases,
  ...normalisationCases,
  ...optimizerCases,
  ...randomCases,
  ...recurrentCases,
  ...reductionCases,
  ...rowCases,
  ...signalCases,
  ...textCases,
  ...quantizeCases,
  ...quantizedMatmulCases,
  ...rotaryCases,
  ...windowCases,
];
