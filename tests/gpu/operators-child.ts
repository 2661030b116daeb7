/** Runs operators one by one on the WebGPU provider, from the case that it is told, and says of each how it went. */
import { createBackend } from "../../backends/onnxruntime/index.ts";
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { broadcast } from "../../src/ir/layout.ts";
import { readNumber, type TypedArray } from "../../src/ir/tensor-data.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { evaluateNode, toTensorData } from "../../src/ops/interpret.ts";
import { close } from "../../src/ops/shards.ts";
import { encodeModel } from "../../src/onnx/write.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { placeOf } from "../../src/backends.ts";
import { arraysEqual } from "../../src/support/collections.ts";
import { allCases } from "../unit/ops/all-cases.ts";
import { graphOf, prepare, type Prepared } from "../unit/ops/harness.ts";
import { asStored } from "../unit/ops/onnxruntime.ts";
import { drawInputs, randomFrom } from "../unit/ops/placed-data.ts";

const gpuTolerance = placeOf("onnxruntime", "webgpu").tolerance;

export interface OperatorMessage {
  readonly index: number;
  readonly text: string;
  /** `begun` is said before the case runs: a provider that crashes says nothing afterwards. */
  readonly outcome: "begun" | "on the GPU" | "on the CPU" | "refused" | "different" | "different on the CPU";
  readonly problem?: string;
}

let isOnHost = false;
const backend = await createBackend({ device: "webgpu", threads: 1 }, () => (isOnHost = true));

async function run(prepared: Prepared, inputs: readonly (Dense | null)[]): Promise<readonly HostTensor[]> {
  isOnHost = false;
  const whole = {
    inputs: prepared.inputTypes.map((type) => (type === null ? null : [broadcast])),
    outputs: prepared.outputTypes.map(() => [broadcast]),
  };
  const segment = await backend.load(encodeModel(graphOf(prepared, whole)), new Map());
  const fed = inputs.flatMap((x, i) =>
    x === null || prepared.call.constant(i) !== undefined
      ? []
      : [backend.upload(toTensorData(x) as HostTensor)],
  );
  const outputs: HostTensor[] = [];
  for (const output of await segment.run(fed)) {
    outputs.push(await backend.download(output));
    backend.free(output);
  }
  await segment.release();
  return outputs;
}

function difference({ dtype, shape, data }: HostTensor, expected: Dense): string | undefined {
  if (dtype !== expected.dtype || !arraysEqual(shape, expected.shape))
    return `${dtype}[${shape.join()}] instead of ${expected.dtype}[${expected.shape.join()}]`;
  for (let i = 0; i < expected.data.length; i++) {
    const value = readNumber(dtype, data as TypedArray, i);
    if (!close(value, expected.data[i] as number, dtype === "f16" ? 5e-3 : gpuTolerance))
      return `[${i}] is ${value} instead of ${expected.data[i]}`;
  }
  return undefined;
}

async function check(prepared: Prepared): Promise<Omit<OperatorMessage, "index" | "text">> {
  const inputs = drawInputs(prepared, randomFrom(`gpu ${prepared.text}`)).map(asStored);
  const expected = evaluateNode(prepared.node, inputs);
  try {
    const outputs = await run(prepared, inputs);
    for (const [i, output] of outputs.entries()) {
      const problem = difference(output, expected[i] as Dense);
      if (problem !== undefined)
        return {
          outcome: isOnHost ? "different on the CPU" : "different",
          problem: `output ${i}: ${problem}`,
        };
    }
    return { outcome: isOnHost ? "on the CPU" : "on the GPU" };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const isRefusal =
      isOnHost ||
      error instanceof SbpcError ||
      /NOT_IMPLEMENTED|Could not find an implementation|Unsupported data type|is not a registered function|is under development|is deprecated/.test(
        problem,
      );
    return { outcome: isRefusal ? "refused" : "different", problem };
  }
}

process.once("disconnect", () => process.exit(1));
process.once("message", (start) => {
  void (async () => {
    const { from, only } = start as { readonly from: number; readonly only: readonly string[] };
    for (let index = from; index < allCases.length; index++) {
      const opCase = allCases[index] as (typeof allCases)[number];
      if (only.length > 0 && !only.includes(opCase.op)) continue;
      const prepared = prepare(opCase);
      if (prepared.definition.whyUnevaluated(prepared.call) !== undefined) continue;
      const say = (message: Omit<OperatorMessage, "index" | "text">): boolean =>
        process.send?.({ index, text: prepared.text, ...message }) ?? false;
      say({ outcome: "begun" });
      say(await check(prepared));
    }
    process.exit(0);
  })();
});
