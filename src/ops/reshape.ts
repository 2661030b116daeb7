/**
 * Operators that keep the row-major order of elements and only regroup axes: Reshape, Flatten, Squeeze, Unsqueeze.
 *
 * Which splits pass: axes of size 1 aside, input and output axes fall into smallest groups with equal products. In a group
 * only the outermost axes can be split, since a shard must be one contiguous run of the group's elements on both sides.
 * Let `inner` be the product of a side's axes after its outermost one. Cutting after every W elements cuts whole rows on
 * both sides if W is a multiple of both inners; it is a split in blocks of W / inner on each side. The number of blocks is the
 * same on both sides, at every level of nesting, so any combination over several mesh axes holds too.
 */
import { dimFloorDiv, dimMul, dimProduct, isKnown, type Dim } from "../ir/dim.ts";
import { split } from "../ir/layout.ts";
import { knownShape, tensorType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import { product } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type {
  AxisRange,
  Dense,
  LocalizeContext,
  Narrowing,
  OpDeclaration,
  SignatureContext,
} from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { reshaped } from "./dense.ts";
import { firstGradient, reshapedTo } from "./gradients.ts";
import { lcm, localDims, outputShape, partialSet, signatureOf } from "./movement.ts";

/** Axes of two shapes that cover the same elements; the first of each is the outermost. */
export interface AxisGroup {
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** The smallest groups of axes with equal products, axes of size 1 left out. Both shapes must have as many elements, not 0. */
export function axisGroups(input: readonly number[], output: readonly number[]): AxisGroup[] {
  const groups: AxisGroup[] = [];
  const left = [...input.keys()].filter((axis) => input[axis] !== 1);
  const right = [...output.keys()].filter((axis) => output[axis] !== 1);
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const group = { input: [left[i++] as number], output: [right[j++] as number] };
    let a = input[group.input[0] as number] as number;
    let b = output[group.output[0] as number] as number;
    while (a !== b) {
      if (a < b) {
        const axis = left[i++] as number;
        group.input.push(axis);
        a *= input[axis] as number;
      } else {
        const axis = right[j++] as number;
        group.output.push(axis);
        b *= output[axis] as number;
      }
    }
    groups.push(group);
  }
  return groups;
}

/** The signatures of a regrouping of axes from shape `input` to shape `output` (see the head of this file). */
function regroupSignatures(
  call: Call,
  context: SignatureContext,
  input: readonly Dim[],
  output: readonly Dim[],
): Signature[] {
  const found = partialSet(call, [0]);
  if (!input.every(isKnown) || !output.every(isKnown) || product(input) === 0) return found;
  for (const group of axisGroups(input, output)) {
    const [axisIn, axisOut] = [group.input[0] as number, group.output[0] as number];
    const innerIn = product(group.input.slice(1).map((axis) => input[axis] as number));
    const innerOut = product(group.output.slice(1).map((axis) => output[axis] as number));
    const block = lcm(innerIn, innerOut);
    const wanted = [
      ...context.unitsOf("input", 0, axisIn).map((unit) => unit * innerIn),
      ...context.unitsOf("output", 0, axisOut).map((unit) => unit * innerOut),
    ];
    for (const run of new Set([block, ...wanted.map((elements) => lcm(elements, block))])) {
      found.push(signatureOf(call, { 0: split(axisIn, run / innerIn) }, split(axisOut, run / innerOut)));
    }
  }
  return found;
}

/** What every operator of this family shares; `shapeOf` gives its output shape. */
function regroup(
  declaration: Pick<OpDeclaration, "name" | "doc" | "since" | "inputs">,
  shapeOf: (call: Call) => readonly Dim[],
): OpDefinition {
  return defineOp({
    ...declaration,
    moves: [0],
    infer: (call) => [tensorType(call.dtype(0), shapeOf(call))],
    signatures: (call, _, context) => regroupSignatures(call, context, call.shape(0), shapeOf(call)),
    localize,
    gradient: firstGradient((g, dy, x) => reshapedTo(g, dy, knownShape(g.type(x)))),
    narrow: (call, range) => narrowRegrouping(call.shape(0), shapeOf(call), range),
    evaluate: ({ call, inputs: [x] }) => [reshaped(x as Dense, localDims(shapeOf(call)))],
  });
}

/** Rows of the outermost output axis of a group are rows of its outermost input axis, where both cut at the same elements. */
function narrowRegrouping(
  input: readonly Dim[],
  output: readonly Dim[],
  range: AxisRange,
): Narrowing | undefined {
  if (!input.every(isKnown) || !output.every(isKnown) || product(input) === 0) return undefined;
  const group = axisGroups(input, output).find((one) => one.output[0] === range.axis);
  if (group === undefined) return undefined;
  const axis = group.input[0] as number;
  const innerIn = product(group.input.slice(1).map((other) => input[other] as number));
  const innerOut = product(group.output.slice(1).map((other) => output[other] as number));
  const [start, length] = [(range.start * innerOut) / innerIn, (range.length * innerOut) / innerIn];
  if (!Number.isInteger(start) || !Number.isInteger(length)) return undefined;
  const shape = localDims(output.with(range.axis, range.length));
  return {
    inputs: [{ axis, start, length }, null],
    emit: (g, [x]) => g.op("Reshape", [x as string, g.ints(shape)]),
  };
}

/** Each device regroups its shard into its own shape of the output. */
function localize(context: LocalizeContext): readonly string[] {
  const { g, inputs, outputTypes } = context;
  const empty = outputTypes[0]?.shape.includes(0) ?? false;
  return [g.op("Reshape", [inputs[0] as string, outputShape(context)], empty ? { allowzero: 1 } : {})];
}

/** The target shape with 0 (copy the input's dimension, unless `allowzero`) and -1 (what is left) resolved. */
function reshapeTarget(call: Call): readonly Dim[] {
  const input = call.shape(0);
  const target = call.constantInts(1, "shape") as number[];
  const copyZero = call.int("allowzero", 0) === 0;
  const holes = target.filter((dim) => dim === -1).length;
  if (holes > 1) call.failShape(`the shape [${target.join(", ")}] has more than one -1`);
  if (target.some((dim) => dim < -1)) call.failShape(`the shape [${target.join(", ")}] has a negative size`);
  if (!copyZero && holes > 0 && target.includes(0))
    call.failShape("a shape with allowzero has both 0 and -1");
  const sizes = target.map((dim, axis): Dim => {
    if (dim !== 0 || !copyZero) return dim;
    const copied = input[axis];
    if (copied === undefined)
      call.failShape(`the shape [${target.join(", ")}] copies axis ${axis}, which the input lacks`);
    return copied;
  });
  const mismatch = () => call.failShape(`cannot turn [${input.join(", ")}] into [${target.join(", ")}]`);
  // Dimensions that stand on both sides cancel, so that a symbolic one needs no division.
  const rest = [...input];
  const others: Dim[] = [];
  for (const size of sizes) {
    if (size === -1) continue;
    const same = isKnown(size) ? -1 : rest.indexOf(size);
    if (same >= 0) rest.splice(same, 1);
    else others.push(size);
  }
  const [from, to] = [dimProduct(rest), dimProduct(others)];
  if (holes === 0) {
    if (isKnown(from) && isKnown(to) && from !== to) mismatch();
    return sizes;
  }
  if (to === 0) call.failShape(`-1 in [${target.join(", ")}] is undetermined: another size is 0`);
  const filled = dimFloorDiv(from, to);
  if (isKnown(from) && isKnown(to) && dimMul(filled, to) !== from) mismatch();
  return sizes.map((size) => (size === -1 ? filled : size));
}

function flattened(call: Call): readonly Dim[] {
  const shape = call.shape(0);
  const rank = shape.length;
  const axis = call.int("axis", 1);
  if (axis < -rank || axis > rank) call.failShape(`axis ${axis} of a tensor of rank ${rank}`);
  const cut = axis < 0 ? axis + rank : axis;
  return [dimProduct(shape.slice(0, cut)), dimProduct(shape.slice(cut))];
}

/** The axes that input 1 names, on a tensor of `rank`; undefined where it is absent. */
function axesInput(call: Call, rank: number): Set<number> | undefined {
  const named = call.constantInts(1, "axes")?.map((axis) => call.axis(axis, rank));
  if (named === undefined) return undefined;
  const axes = new Set(named);
  if (axes.size < named.length) call.failShape(`axes [${named.join(", ")}] name an axis twice`);
  return axes;
}

function squeezed(call: Call): readonly Dim[] {
  const shape = call.shape(0);
  const axes = axesInput(call, shape.length);
  for (const axis of axes ?? []) {
    if (isKnown(shape[axis] as Dim) && shape[axis] !== 1)
      call.failShape(`axis ${axis} has size ${shape[axis]}, not 1`);
  }
  return shape.filter((dim, axis) => (axes === undefined ? dim !== 1 : !axes.has(axis)));
}

function unsqueezed(call: Call): readonly Dim[] {
  const shape = call.shape(0);
  const count = call.constantInts(1, "axes")?.length ?? 0;
  const axes = axesInput(call, shape.length + count) as Set<number>;
  const rest = [...shape];
  return Array.from({ length: shape.length + count }, (_, axis) =>
    axes.has(axis) ? 1 : (rest.shift() as Dim),
  );
}

export const reshapeOps: readonly OpDefinition[] = [
  regroup(
    { name: "Reshape", doc: "The same elements under another shape.", since: 14, inputs: [2, 2] },
    reshapeTarget,
  ),
  regroup(
    {
      name: "Flatten",
      doc: "The axes before `axis` as one, the rest as another.",
      since: 13,
      inputs: [1, 1],
    },
    flattened,
  ),
  regroup({ name: "Squeeze", doc: "Without the axes of size 1.", since: 13, inputs: [1, 2] }, squeezed),
  regroup({ name: "Unsqueeze", doc: "With new axes of size 1.", since: 13, inputs: [2, 2] }, unsqueezed),
];
