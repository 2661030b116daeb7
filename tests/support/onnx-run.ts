/**
 * ONNX Runtime in a process of its own, one model after another: outputs of types that JavaScript has no tensors for can end
 * the process, and then a new one takes over.
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { entryFlags } from "../../backends/local/entry.ts";
import type { HostTensor } from "../../src/plan/backend.ts";

export interface OnnxJob {
  readonly model: Uint8Array;
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

export type OnnxAnswer =
  /** In the order of the model's outputs; undefined for what is no tensor that JavaScript can hold. */
  { readonly outputs: readonly (HostTensor | undefined)[] } | { readonly failed: string };

const entry = new URL("./onnx-run-child.ts", import.meta.url);

export class OnnxRunner {
  #child: ChildProcess | undefined;

  async run(job: OnnxJob): Promise<OnnxAnswer> {
    const child = (this.#child ??= fork(fileURLToPath(entry), {
      execArgv: entryFlags(entry),
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    }));
    return await new Promise((resolve) => {
      const answer = (result: OnnxAnswer) => {
        child.off("message", answer);
        child.off("exit", ended);
        resolve(result);
      };
      const ended = (_: number | null, signal: string | null) => {
        this.#child = undefined;
        answer({ failed: `the process ended${signal === null ? "" : ` by ${signal}`}` });
      };
      child.on("message", answer);
      child.on("exit", ended);
      child.send(job);
    });
  }

  close(): void {
    this.#child?.kill();
    this.#child = undefined;
  }
}
