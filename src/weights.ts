/** Writes a plan's parameters into its directory, so that they are read instead of generated. */
import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
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
  /** The plan's folder or file: relative paths of its present weights start there. */
  readonly base?: string;
}

/** The folder that relative paths of weights start from, where `base` is a plan's folder or a file in it. */
export function baseFolder(base = process.cwd()): string {
  return existsSync(base) && statSync(base).isFile() ? dirname(base) : base;
}

const fileName = "weights.safetensors";

/**
 * Writes `directory/weights.safetensors`, whole or not at all, one parameter in memory at a time; gives the plan whose
 * initialisers read it. The directory is made where it is missing.
 */
export async function writeWeights(plan: Plan, directory: string, options: WeightOptions): Promise<Plan> {
  const { seed } = options;
  const base = baseFolder(options.base);
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
