/** Runs a whole model in a supervised process of its own; see `whole.ts`. */
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { runChild } from "./child.ts";
import { entryUrl } from "./entry.ts";
import type { WholeJob, WholeMessage } from "./whole.ts";

export interface WholeResult {
  /** In the order of the model's outputs; none where the job was to probe. */
  readonly outputs: readonly HostTensor[];
  /** Which outputs, and which feeds, hold a NaN (feeds: only where the job was to probe). */
  readonly nans: readonly boolean[];
  readonly inputNans: readonly boolean[];
}

/** A session runs in one call that blocks its process: silence of `silenceSeconds` may be work. */
export async function runWhole(job: WholeJob, silenceSeconds: number): Promise<WholeResult> {
  const outputs: HostTensor[] = [];
  let nans: readonly boolean[] = [];
  let inputNans: readonly boolean[] = [];
  await runChild<WholeMessage>({
    entry: entryUrl("whole"),
    job,
    silenceSeconds,
    lastSeen: () => "running the unsharded model",
    onMessage: (message) => {
      switch (message.kind) {
        case "output":
          outputs[message.index] = message.tensor;
          return false;
        case "done":
          ({ nans, inputNans } = message);
          return true;
        case "failed":
          throw new SbpcError(message.diagnostics);
      }
    },
  });
  return { outputs, nans, inputNans };
}
