/** Writes a plan's parameters into its directory, so that they are read instead of generated. */
import { resolve } from "node:path";
import { parameterShard } from "../backends/local/weights.ts";
import { writeAtomically } from "./files/atomic.ts";
import { bytesView } from "./ir/tensor-data.ts";
import { knownShape } from "./ir/types.ts";
import { wholeBox } from "./plan/box-copy.ts";
import type { Plan, PlanParameter } from "./plan/plan.ts";
import { layOutSafetensors } from "./plan/safetensors.ts";
import { at } from "./support/collections.ts";

export interface WeightOptions {
  readonly seed: number;
  /** Folder that relative paths of the plan's present weights start from. */
  readonly base?: string;
}

const fileName = "weights.safetensors";

/**
 * Writes `directory/weights.safetensors`, whole or not at all, one parameter in memory at a time; gives the plan whose
 * initialisers read it. The directory is made where it is missing.
 */
export async function writeWeights(
  plan: Plan,
  directory: string,
  { seed, base = process.cwd() }: WeightOptions,
): Promise<Plan> {
  const tensors = plan.parameters.map(({ name, type }) => ({
    name,
    dtype: type.dtype,
    shape: knownShape(type),
  }));
  const { head, entries } = layOutSafetensors(tensors);
  await writeAtomically(resolve(directory, fileName), (append) => {
    append(head);
    plan.parameters.forEach(({ initializer }, index) => {
      const tensor = at(tensors, index);
      append(
        bytesView(
          parameterShard({ ...tensor, initializer }, wholeBox(tensor.shape), {
            seed,
            randomized: false,
            base,
          }),
        ),
      );
    });
  });
  const parameters = plan.parameters.map((parameter, index): PlanParameter => {
    const { offset, length } = at(entries, index);
    return { ...parameter, initializer: { kind: "file", path: fileName, offset, length } };
  });
  return { ...plan, parameters };
}
