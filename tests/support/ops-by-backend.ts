/** Every operator's cases run on a backend: which are equal to what the operator means, and which are refused. */
import type { Backend } from "../../src/plan/backend.ts";
import { registry } from "../../src/ops/registry.ts";
import { allCases } from "../unit/ops/all-cases.ts";
import type { OpCase } from "../unit/ops/case.ts";
import { prepare } from "../unit/ops/harness.ts";
import { runOnBackend, type OnBackendOptions } from "./on-backend.ts";

/** Cases of one operator by how they went. */
export interface OpOutcome {
  equal: number;
  /** Why cases were refused. */
  readonly refused: string[];
  /** What was wrong. */
  readonly different: string[];
}

/** Operators that are run on a backend: not those of the compiler, whose place other operators take before, nor those that draw. */
export function comparedOps(): string[] {
  return [...registry.values()]
    .filter((definition) => {
      const opCase = allCases.find(({ op }) => op === definition.name);
      if (opCase === undefined || definition.name.startsWith("sbpc.")) return false;
      return !definition.draws(prepare(opCase).call);
    })
    .map(({ name }) => name);
}

/** Cases that a backend is known to take otherwise than ONNX says are left out by `counts`. */
export async function opOutcomes<T>(
  backend: Backend<T>,
  options: OnBackendOptions,
  counts: (opCase: OpCase) => boolean = () => true,
  around: (op: string, run: () => Promise<void>) => Promise<void> = (_, run) => run(),
): Promise<Map<string, OpOutcome>> {
  const outcomes = new Map<string, OpOutcome>();
  for (const op of comparedOps()) {
    const outcome: OpOutcome = { equal: 0, refused: [], different: [] };
    outcomes.set(op, outcome);
    for (const opCase of allCases.filter((one) => one.op === op && counts(one))) {
      const prepared = prepare(opCase);
      await around(op, async () => {
        const result = await runOnBackend(backend, prepared, options);
        if (result.kind === "equal") outcome.equal++;
        else outcome[result.kind].push(`${prepared.text}: ${result.problem}`);
      });
    }
  }
  return outcomes;
}

/** `yes`: all cases; `part`: some; `no`. */
export function verdictOf({ equal, refused, different }: OpOutcome): "yes" | "part" | "no" | "WRONG" {
  if (different.length > 0) return "WRONG";
  if (refused.length === 0 && equal > 0) return "yes";
  return equal > 0 ? "part" : "no";
}
