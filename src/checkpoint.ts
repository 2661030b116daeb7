/**
 * Checkpoints of a training: parameters and optimizer states as whole tensors in a .safetensors file, the number of steps done
 * among them (`optimizer.step`). They do not depend on the mesh: what a plan has cut into parts is put together under its
 * own name, and a plan that resumes reads its shards from the file.
 */
import { resolve } from "node:path";
import { parameterShard } from "../backends/local/weights.ts";
import { fail } from "./diagnostics/diagnostic.ts";
import { listSafetensors, readSafetensors, writeSafetensors } from "./files/safetensors.ts";
import type { WholeInitializer } from "./ir/graph.ts";
import { allocate, readNumber } from "./ir/tensor-data.ts";
import { knownShape } from "./ir/types.ts";
import type { HostTensor } from "./plan/backend.ts";
import { copyBox, wholeBox } from "./plan/box-copy.ts";
import type { Plan, PlanParameter } from "./plan/plan.ts";
import type { TensorEntry } from "./plan/safetensors.ts";
import { arraysEqual, product } from "./support/collections.ts";
import { baseFolder, type WeightOptions } from "./weights.ts";

const stepName = "optimizer.step";

/** Where a parameter or state lies in a tensor of the checkpoint. */
interface Home {
  readonly name: string;
  readonly shape: readonly number[];
  /** Undefined: it is the whole. */
  readonly start?: readonly number[];
  /** What the whole begins as; undefined: zeros. */
  readonly of?: WholeInitializer;
}

function homeOf(parameter: PlanParameter, byName: ReadonlyMap<string, PlanParameter>): Home {
  const { name, type, initializer, stateOf } = parameter;
  if (initializer.kind === "part") {
    const { name: whole, shape, start, of } = initializer;
    return stateOf === undefined ? { name: whole, shape, start, of } : { name: whole, shape, start };
  }
  const shape = knownShape(type);
  const owner = byName.get(stateOf ?? "");
  const part = owner?.initializer;
  if (owner === undefined || part?.kind !== "part" || !arraysEqual(knownShape(owner.type), shape))
    return { name, shape };
  return { name: part.name + name.slice(owner.name.length), shape: part.shape, start: part.start };
}

/**
 * Writes a checkpoint, whole or not at all: what training changed, and the other parameters as they are made. Errors:
 * file-unwritable.
 */
export function writeCheckpoint(
  path: string,
  plan: Plan,
  trained: ReadonlyMap<string, HostTensor>,
  { seed, base }: WeightOptions,
): void {
  const byName = new Map(plan.parameters.map((parameter) => [parameter.name, parameter]));
  const options = { seed, randomized: false, base: baseFolder(base) };
  const tensors = new Map<string, HostTensor>();
  for (const parameter of plan.parameters) {
    const { dtype } = parameter.type;
    const shape = knownShape(parameter.type);
    const make = (name: string, size: readonly number[], initializer: PlanParameter["initializer"]) =>
      parameterShard({ name, dtype, shape: size, initializer }, wholeBox(size), options);
    const data = trained.get(parameter.name)?.data ?? make(parameter.name, shape, parameter.initializer);
    const home = homeOf(parameter, byName);
    if (home.start === undefined) {
      tensors.set(home.name, { dtype, shape, data });
      continue;
    }
    let whole = tensors.get(home.name);
    if (whole === undefined) {
      const begun =
        home.of === undefined
          ? allocate(dtype, product(home.shape))
          : make(home.name, home.shape, home.of).slice();
      whole = { dtype, shape: home.shape, data: begun };
      tensors.set(home.name, whole);
    }
    copyBox(data, { start: home.start, size: shape }, whole.data, wholeBox(home.shape), {
      start: home.start,
      size: shape,
    });
  }
  writeSafetensors(path, tensors);
}

/** Steps that were done when the checkpoint was written. Error: checkpoint-mismatch. */
export function checkpointStep(path: string): number {
  const tensor = readSafetensors(path, ({ name }) => name === stepName).get(stepName);
  if (tensor === undefined) return fail("checkpoint-mismatch", { path, problem: `it has no ${stepName}` });
  return readNumber(tensor.dtype, tensor.data, 0);
}

/**
 * The plan whose parameters, and states where it has some, begin as in the checkpoint. Error: checkpoint-mismatch, which
 * names what differs.
 */
export function resumeFrom(plan: Plan, path: string): Plan {
  const byName = new Map(plan.parameters.map((parameter) => [parameter.name, parameter]));
  const entries = new Map(listSafetensors(path).map((entry) => [entry.name, entry]));
  const used = new Set<string>();
  const problems: string[] = [];
  const parameters = plan.parameters.map((parameter): PlanParameter => {
    const home = homeOf(parameter, byName);
    const entry = entries.get(home.name);
    used.add(home.name);
    const problem = differenceOf(home, parameter, entry);
    if (entry === undefined || problem !== undefined) {
      if (problem !== undefined && !problems.includes(problem)) problems.push(problem);
      return parameter;
    }
    const { offset, length } = entry;
    const file: WholeInitializer = { kind: "file", path: resolve(path), offset, length };
    const { name, shape, start } = home;
    return {
      ...parameter,
      initializer: start === undefined ? file : { kind: "part", of: file, name, shape, start },
    };
  });
  if (plan.options.train !== undefined)
    for (const name of entries.keys())
      if (!used.has(name)) problems.push(`it holds ${name}, which this training does not have`);
  const [first, ...more] = problems;
  if (first !== undefined) {
    const problem = more.length === 0 ? first : `${first}; and ${more.length} more differences`;
    fail("checkpoint-mismatch", { path, problem });
  }
  return { ...plan, parameters };
}

function differenceOf(
  { name, shape }: Home,
  { type }: PlanParameter,
  entry: TensorEntry | undefined,
): string | undefined {
  if (entry === undefined) return `it lacks ${name}`;
  const written = `${entry.dtype}[${entry.shape.join(", ")}]`;
  const expected = `${type.dtype}[${shape.join(", ")}]`;
  return written === expected ? undefined : `${name} is ${written} in it, ${expected} here`;
}
