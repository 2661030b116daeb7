/** Longest test files first, so that no worker is left alone with one at the end: those that take minutes with SBPC_FULL=1. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

const long = [
  "gpu/tfjs",
  "verify/training",
  "verify/grid",
  "interop/real-models",
  "verify/hints",
  "unit/onnx/conformance-signatures",
  "verify/tfjs",
  "gpu/devices",
  "interop/training",
  "verify/digits",
  "unit/random/plans",
  "unit/inspect/why",
  "gpu/operators",
  "verify/uneven",
  "cli/dump",
  "unit/ops/gradients",
  "interop/models",
];

function placeOf({ moduleId }: TestSpecification): number {
  const place = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return place < 0 ? long.length : place;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => placeOf(a) - placeOf(b));
  }
}
