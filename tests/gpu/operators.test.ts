/**
 * Every operator of the registry on the WebGPU provider, one by one, against its meaning: what runs there is equal, and what the
 * provider does not take runs on the CPU and is said to.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { entryFlags } from "../../backends/local/entry.ts";
import { gpuMissing } from "./adapter.ts";
import type { OperatorMessage } from "./operators-child.ts";

const entry = new URL("./operators-child.ts", import.meta.url);

/** What came of every case; a case at which the process died is "different". */
async function runAll(only: readonly string[]): Promise<OperatorMessage[]> {
  const messages: OperatorMessage[] = [];
  for (let from = 0; ;) {
    let last: OperatorMessage | undefined;
    const signal = await new Promise<string | undefined>((resolve) => {
      const child = fork(fileURLToPath(entry), [], {
        execArgv: entryFlags(entry),
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      });
      child.on("message", (message) => {
        last = message as OperatorMessage;
        if (last.outcome !== "begun") messages.push(last);
      });
      child.on("close", (code, signal) => resolve(code === 0 ? undefined : (signal ?? `code ${code}`)));
      child.send({ from, only });
    });
    if (signal === undefined) return messages;
    if (last === undefined) throw new Error(`the process ended by ${signal} before the first case`);
    messages.push({ ...last, outcome: "different", problem: `ended by ${signal}` });
    from = last.index + 1;
  }
}

const sample = ["MatMul", "LogSoftmax", "SoftmaxCrossEntropyLoss", "OneHot", "Sign", "Cast", "Slice", "Mod"];

describe.skipIf(gpuMissing)("operators on a software GPU", () => {
  test("what decompositions are made for is equal and stays on the GPU", async () => {
    const messages = await runAll(sample);
    expect(messages.filter(({ outcome }) => outcome === "different")).toEqual([]);
    for (const op of sample)
      expect([op, messages.some((m) => m.text.startsWith(`${op}(`) && m.outcome === "on the GPU")]).toEqual([
        op,
        true,
      ]);
    // What is left has no elements on GPUs: f64, strings, small floats; and products of integers, remainders of floats.
    const left = messages.filter(({ outcome }) => outcome !== "on the GPU").map(({ text }) => text);
    const unfit = /f64|string|"to":(8|11|19|2[0-9])|^MatMul\(i32|^Mod\(.*fmod/;
    expect(left.filter((text) => !unfit.test(text))).toEqual([]);
  }, 300_000);

  test.skipIf(process.env["SBPC_FULL"] !== "1")(
    "every operator",
    async () => {
      const messages = await runAll([]);
      const texts = (outcome: OperatorMessage["outcome"]): string[] =>
        messages.filter((m) => m.outcome === outcome).map(({ text, problem }) => `${text}: ${problem}`);
      expect(texts("different")).toEqual([]);
      // What stays with the CPU is what ONNX Runtime makes of it there. The first differ from the meaning on any machine; products
      // of unsigned and signed bytes saturate on processors with AVX2 and no VNNI (ONNX Runtime's notes on quantisation: U8S8).
      const known =
        /^(com\.microsoft\.QLinearLeakyRelu|ai\.onnx\.ml\.(LabelEncoder|TreeEnsemble)|STFT)\(|^QLinearConv\(u8.* i8\[/;
      expect(texts("different on the CPU").filter((text) => !known.test(text))).toEqual([]);
      const onGpu = new Set(
        messages.filter((m) => m.outcome === "on the GPU").map(({ text }) => text.split("(")[0]),
      );
      expect(onGpu.size).toBeGreaterThanOrEqual(147);
    },
    900_000,
  );
});
