/**
 * Calls that the WebGPU provider of ONNX Runtime 1.30 takes and then refuses to run, or computes wrongly; found by running every
 * operator of the registry on it (`tests/gpu/operators.test.ts`). They are put together from others, or left to the CPU.
 */
import { toNumbers } from "../../src/ir/tensor-data.ts";
import type { Call } from "../../src/ops/call.ts";
import { arraysEqual } from "../../src/support/collections.ts";

const isSet = (call: Call, attribute: string): boolean =>
  call.attributes[attribute] !== undefined && call.int(attribute, 0) !== 0;

/** Recurrent cells know the usual activations only, and clip wrongly. */
const unusualCell = (call: Call): boolean =>
  call.attributes["activations"] !== undefined || call.attributes["clip"] !== undefined;

/** With nothing to reduce they give the input itself. */
const reducesNothing = (call: Call): boolean => !call.has(1) && isSet(call, "noop_with_empty_axes");

const table: Readonly<Record<string, (call: Call) => boolean>> = {
  Einsum: (call) => call.string("equation").includes("..."),
  Slice: (call) => {
    const steps = call.has(4) ? call.constant(4) : undefined;
    return steps !== undefined && toNumbers(steps).some((step) => step < 0);
  },
  Resize: (call) => isSet(call, "antialias"),
  BatchNormalization: (call) => isSet(call, "training_mode"),
  RNN: unusualCell,
  GRU: unusualCell,
  LSTM: unusualCell,
  ReduceL1: reducesNothing,
  ReduceL2: reducesNothing,
  ReduceSumSquare: reducesNothing,
  MaxPool: (call) => call.outputCount > 1 || isSet(call, "storage_order"),
  SimplifiedLayerNormalization: (call) => call.outputCount > 1,
  "com.microsoft.FusedConv": (call) => call.has(3),
  "com.microsoft.MultiHeadAttention": (call) =>
    call.has(4) || call.rank(0) === 5 || (call.has(1) && call.rank(1) === 5),
  "com.microsoft.Attention": (call) => call.has(3),
  "com.microsoft.GroupQueryAttention": (call) =>
    isSet(call, "smooth_softmax") || call.attributes["softcap"] !== undefined || call.has(10),
  // Ends the process.
  "com.microsoft.SkipLayerNormalization": (call) => !arraysEqual<unknown>(call.shape(0), call.shape(1)),
};

/** Whether the provider cannot be trusted with a call that it takes. */
export function isMisrun(call: Call): boolean {
  return table[call.op]?.(call) ?? false;
}
