/** Operators that only the compiler makes: a change of layout (`sbpc.Boxing`) and the request for one (`sbpc.ToGlobal`). */
import type { Reduction } from "../ir/layout.ts";
import { allocate, scalar, tensorData, type TensorData } from "../ir/tensor-data.ts";
import { dataTypes, isFloat, type DataType } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { isLocalBoxing, type BoxingKind } from "../sbp/boxing.ts";
import type { Dense, LocalizeContext, OpDeclaration } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { firstGradient } from "./gradients.ts";

const identity: OpDeclaration["evaluate"] = ({ inputs: [x] }) => [
  present<Dense>(x, "identity without an input"),
];

const boxing = defineOp({
  name: "sbpc.Boxing",
  doc: "The same tensor in another layout or on another stage.",
  since: 1,
  inputs: [1, 1],
  moves: [0],
  gradient: { none: "it is put in after gradients are made" },
  infer: (call) => [call.tensor(0)],
  whole:
    "Its signature says from which layout to which it goes: the pass that inserts it fixes that, nothing is left to choose.",
  localize: localizeBoxing,
  evaluate: identity,
});

const toGlobal = defineOp({
  name: "sbpc.ToGlobal",
  doc: "The same tensor; the hint on the result says in which layout it is wanted.",
  since: 1,
  inputs: [1, 1],
  moves: [0],
  axes: "... -> ...",
  partials: { linear: [[0]], monotone: [{ inputs: [0], direction: "up" }] },
  // `grad_sbp` becomes the layout asked of the gradient.
  gradient: firstGradient((g, dy, _, { call }) => {
    const asked = call.string("grad_sbp", "");
    return asked === "" ? dy : g.op("sbpc.ToGlobal", [dy], { sbp: asked });
  }),
  localize: ({ inputs }) => [present(inputs[0], "identity without an input")],
  evaluate: identity,
});

const accumulate = defineOp({
  name: "sbpc.Accumulate",
  doc: "The sum over the micro-batches of a step: the input of every micro-batch goes in, the update phase takes the sum.",
  since: 1,
  inputs: [1, 1],
  axes: "... -> ...",
  partials: { linear: [[0]] },
  gradient: { none: "what it makes is there once in a step, behind the backward pass" },
  evaluate: identity,
});

const gradient = defineOp({
  name: "sbpc.Gradient",
  doc: "The gradient of the loss of a whole step with respect to the parameter that `parameter` names.",
  since: 1,
  inputs: [1, 1],
  axes: "... -> ...",
  partials: { linear: [[0]], monotone: [{ inputs: [0], direction: "up" }] },
  gradient: { none: "it stands behind the backward pass, in the update phase" },
  localize: ({ inputs }) => [present(inputs[0], "gradient of nothing")],
  evaluate: identity,
});

const assign = defineOp({
  name: "sbpc.Assign",
  doc: "Gives a parameter or a state, the first input, the value that it has from the next step on.",
  since: 1,
  inputs: [2, 2],
  axes: "..., ... -> ...",
  asHeld: [0],
  gradient: { none: "it stands behind the backward pass, in the update phase" },
  evaluate: ({ inputs: [, x] }) => [present<Dense>(x, "assignment of nothing")],
});

export const compilerOps: readonly OpDefinition[] = [boxing, toGlobal, accumulate, gradient, assign];

/**
 * The kinds of boxing that every device does alone:
 *   slice  B -> S     the device's box of what it holds
 *   mask   B -> P     the tensor on coordinate 0, the identity element of the reduction elsewhere; max and min of equal
 *                     tensors are the tensor, so these keep it everywhere
 *   pad    S -> P     the shard inside a tensor of identity elements
 */
function localizeBoxing(context: LocalizeContext): readonly string[] {
  const { call, g, signature, inputs } = context;
  const kind = call.string("kind") as BoxingKind;
  invariant(isLocalBoxing(kind), "boxing that communicates is not localized", () => kind);
  const x = present(inputs[0], "boxing without an input");
  switch (kind) {
    case "slice":
      return [sliceToBox(context, x)];
    case "mask":
      if (reductionOn(signature.outputs[0], call.ints("axes")) !== "sum") return [x];
      return [maskOthers(context, x)];
    case "pad":
      return [padToBox(context, x, reductionOn(signature.outputs[0], call.ints("axes")))];
  }
  return g.ops(call.op, inputs, call.attributes, 1);
}

function sliceToBox({ g, perDevice, outputTypes }: LocalizeContext, x: string): string {
  const from = g.type(x).shape;
  const to = present(outputTypes[0], "boxing without an output").shape;
  const cut = from.flatMap((size, axis) => (size === to[axis] ? [] : [axis]));
  if (cut.length === 0) return x;
  const starts = perDevice(({ inputs: [source], outputs: [target] }) =>
    cut.map((axis) => (target?.start[axis] as number) - (source?.start[axis] as number)),
  );
  const ends = perDevice(({ inputs: [source], outputs: [target] }) =>
    cut.map(
      (axis) =>
        (target?.start[axis] as number) + (target?.size[axis] as number) - (source?.start[axis] as number),
    ),
  );
  return g.op("Slice", [x, starts, ends, g.ints(cut)]);
}

function maskOthers({ g, call, perDevice }: LocalizeContext, x: string): string {
  const axes = call.ints("axes");
  const keep = perDevice(({ coordinates }) => (axes.every((axis) => coordinates[axis] === 0) ? 1 : 0));
  const to = 9; // BOOL in ONNX's TensorProto.DataType
  return g.op("Where", [g.op("Cast", [keep], { to }), x, g.scalar(g.type(x).dtype, 0)]);
}

function padToBox({ g, perDevice }: LocalizeContext, x: string, reduce: Reduction): string {
  const pads = perDevice(({ inputs: [source], outputs: [target] }) => {
    const [from, to] = [
      present(source, "boxing without an input"),
      present(target, "boxing without an output"),
    ];
    const before = from.start.map((start, axis) => start - (to.start[axis] as number));
    const after = from.size.map((size, axis) => (to.size[axis] as number) - size - (before[axis] as number));
    return [...before, ...after];
  });
  return g.op("Pad", [x, pads, g.constant(identityElement(reduce, g.type(x).dtype))], { mode: "constant" });
}

function reductionOn(
  layout: LocalizeContext["signature"]["outputs"][number] | undefined,
  axes: readonly number[],
): Reduction {
  const component = layout?.[axes[0] as number];
  invariant(component !== undefined && component.kind === "P", "boxing to partial without a reduction");
  return component.reduce;
}

/** What a reduction leaves other terms unchanged by: 0 for a sum; for max the lowest value of the type, for min the highest. */
export function identityElement(reduce: Reduction, dtype: DataType): TensorData {
  if (reduce === "sum") return scalar(dtype, 0);
  const low = reduce === "max";
  if (dtype === "bool") return scalar(dtype, low ? 0 : 1);
  if (isFloat(dtype)) return tensorData(dtype, [], [low ? -Infinity : Infinity]);
  const bits = dataTypes[dtype][1];
  const signed = dtype.startsWith("i");
  if (bits < 64) {
    const values = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
    return scalar(dtype, values[low ? 0 : 1] as number);
  }
  // The largest 64-bit integers are not numbers of f64.
  const data = allocate(dtype, 1) as BigInt64Array | BigUint64Array;
  const limits = signed ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  data[0] = limits[low ? 0 : 1] as bigint;
  return { dtype, shape: [], data };
}
