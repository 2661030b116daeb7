/** One call as a segment of one node, run on a backend and compared with `evaluate`. */
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { broadcast } from "../../src/ir/layout.ts";
import { readNumber, type TypedArray } from "../../src/ir/tensor-data.ts";
import { knownShape, type TensorType } from "../../src/ir/types.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { evaluateNode, toTensorData } from "../../src/ops/interpret.ts";
import { close } from "../../src/ops/shards.ts";
import { encodeModel } from "../../src/onnx/write.ts";
import type { Backend, HostTensor, LoadedSegment } from "../../src/plan/backend.ts";
import { arraysEqual } from "../../src/support/collections.ts";
import { graphOf, prepare, type Prepared } from "../unit/ops/harness.ts";
import { asStored } from "../unit/ops/onnxruntime.ts";
import { drawInputs, randomFrom } from "../unit/ops/placed-data.ts";

export type Outcome =
  | { readonly kind: "equal" }
  /** The backend says that it cannot run the call. */
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "different"; readonly problem: string };

export interface OnBackendOptions {
  /** Largest allowed difference, relative to the larger magnitude or 1. */
  readonly tolerance: number;
  /** Messages, besides coded ones, by which the backend says that it cannot run a call. */
  readonly refusals?: RegExp;
}

/** What halves differ by, which are rounded on the way. */
const halfTolerance = 2e-3;

const refusalCodes = new Set(["kernel-missing", "unsupported-dtype"]);

export async function runOnBackend<T>(
  backend: Backend<T>,
  stated: Prepared,
  { tolerance, refusals }: OnBackendOptions,
): Promise<Outcome> {
  const inputs = drawInputs(stated, randomFrom(`onnx ${stated.text}`)).map(asStored);
  const prepared = fedElements(stated);
  const hasValue = prepared.definition.whyUnevaluated(prepared.call) === undefined;
  const expected = hasValue ? evaluateNode(prepared.node, inputs) : undefined;
  const whole = {
    inputs: prepared.inputTypes.map((type) => (type === null ? null : [broadcast])),
    outputs: prepared.outputTypes.map(() => [broadcast]),
  };
  let segment: LoadedSegment<T> | undefined;
  try {
    segment = await backend.load(encodeModel(graphOf(prepared, whole)), new Map());
    const fed = inputs.flatMap((x, i) =>
      x === null || prepared.call.constant(i) !== undefined
        ? []
        : [backend.upload(toTensorData(x) as HostTensor)],
    );
    const outputs = await segment.run(fed);
    const results: HostTensor[] = [];
    for (const output of outputs) results.push(await backend.download(output));
    for (const tensor of [...fed, ...outputs]) backend.free(tensor);
    for (const [i, result] of results.entries()) {
      const type = prepared.outputTypes[i] as TensorType;
      const problem = differenceOf(result, type, expected?.[i], tolerance);
      if (problem !== undefined) return { kind: "different", problem: `output ${i}: ${problem}` };
    }
    return { kind: "equal" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isRefusal =
      (error instanceof SbpcError && error.diagnostics.every(({ code }) => refusalCodes.has(code))) ||
      refusals?.test(message) === true;
    return { kind: isRefusal ? "refused" : "different", problem: message };
  } finally {
    await segment?.release();
  }
}

/** The call with a single constant float fed instead, or nothing would be left to run. */
function fedElements(prepared: Prepared): Prepared {
  const [input, ...more] = prepared.opCase.inputs;
  if (input?.constant === undefined || input.dtype !== "f32" || more.length > 0) return prepared;
  const { constant: _, ...fed } = input;
  return prepare({ ...prepared.opCase, inputs: [fed] });
}

function differenceOf(
  actual: HostTensor,
  type: TensorType,
  expected: Dense | undefined,
  tolerance: number,
): string | undefined {
  const shape = expected?.shape ?? knownShape(type);
  if (actual.dtype !== type.dtype || !arraysEqual(actual.shape, shape))
    return `${actual.dtype}[${actual.shape.join()}] instead of ${type.dtype}[${shape.join()}]`;
  for (let i = 0; i < (expected?.data.length ?? 0); i++) {
    const value = readNumber(actual.dtype, actual.data as TypedArray, i);
    const allowed = actual.dtype === "f16" ? Math.max(tolerance, halfTolerance) : tolerance;
    if (!close(value, expected?.data[i] as number, allowed))
      return `[${i}] is ${value} instead of ${expected?.data[i]}`;
  }
  return undefined;
}
