/**
 * What element-wise operators share: one output element from one element of each input, after NumPy broadcasting.
 *
 * On partial inputs. P(max) says that the whole is the maximum of the terms, nothing about the other terms: they may be
 * -inf, or the lowest integer, which is what a shard is padded with. So `up` and `down` are claimed only where the
 * function is defined and monotone on all of [-inf, inf] and, for integers, cannot overflow. What is defined above some
 * point only (Sqrt, Log) still takes P(min): every term is at least the whole.
 */
import { isFloat, isInteger, type DataType } from "../ir/types.ts";
import { toNumbers } from "../ir/tensor-data.ts";
import type { Reduction } from "../ir/layout.ts";
import type { PartialRules } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, Gradient } from "./contract.ts";
import { defineOp, rulePoints, type OpDefinition } from "./define.ts";
import { mapBroadcast, wrapInteger } from "./dense.ts";
import { partialSet } from "./movement.ts";

/** Element types that an operator takes. */
export type Accepts = "float" | "number" | "integer" | "unsigned" | "bool" | "any";

const accepted: Readonly<Record<Accepts, (dtype: DataType) => boolean>> = {
  float: isFloat,
  number: (dtype) => isFloat(dtype) || isInteger(dtype),
  integer: isInteger,
  unsigned: (dtype) => isInteger(dtype) && dtype.startsWith("u"),
  bool: (dtype) => dtype === "bool",
  any: () => true,
};

const acceptedNames: Readonly<Record<Accepts, string>> = {
  float: "floating-point numbers",
  number: "numbers",
  integer: "integers",
  unsigned: "unsigned integers",
  bool: "booleans",
  any: "any elements",
};

/** Reports inputs whose element types differ from one another or are not `accepts`; gives the common type. */
export function commonDtype(
  call: Call,
  accepts: Accepts,
  indices: readonly number[] = range(call.inputs.length),
): DataType {
  const present = indices.filter((i) => call.has(i));
  const dtype = call.dtype(present[0] ?? 0);
  const refuse = (problem: string) => call.fail("dtype-mismatch", { problem, types: call.printShapes() });
  if (present.some((i) => call.dtype(i) !== dtype)) refuse("the element types differ");
  if (!accepted[accepts](dtype)) refuse(`takes ${acceptedNames[accepts]}, not ${dtype}`);
  return dtype;
}

/** A set of inputs that may hold this one kind of partial value together, the others broadcast. */
export interface PartialSet {
  readonly set: readonly number[];
  readonly reduce: Reduction;
  /** What the output then is; default: the same kind. */
  readonly to?: Reduction;
}

export interface ElementwiseSpec {
  readonly name: string;
  readonly doc: string;
  readonly since: number;
  readonly accepts: Accepts;
  /** Smallest and largest number of inputs. Default: one. */
  readonly inputs?: readonly [number, number];
  /** The function of one element of each input; reports attributes that it cannot take. */
  readonly f: (call: Call) => (values: readonly number[]) => number;
  /** Output element type where it is not the inputs'. */
  readonly to?: DataType;
  readonly partials?: PartialRules | ((call: Call) => PartialRules);
  /** Partial sets of one reduction only, which map to the same reduction. */
  readonly sets?: (call: Call) => readonly PartialSet[];
  /** Whether the inputs may differ in element type; the first one's is the result's. */
  readonly mixed?: boolean;
  /** Floating-point operations per output element. Default 1. */
  readonly cost?: number;
  /** As in `OpDeclaration`. */
  readonly roundedAt?: number;
  /** As in `OpDeclaration`. */
  readonly gradient?: Gradient;
}

/** The axes rule of `call`: every input broadcasts. */
export function broadcastRule(call: Call): string {
  return `${call.inputs.map(() => "...").join(", ")} -> ...`;
}

export function elementwise(spec: ElementwiseSpec): OpDefinition {
  const { name, doc, since, accepts, to, sets, partials, cost = 1, inputs = [1, 1] } = spec;
  return defineOp({
    name,
    doc,
    since,
    inputs,
    axes: broadcastRule,
    dtypes: (call) => {
      const dtype = commonDtype(call, accepts, spec.mixed === true ? [0] : undefined);
      spec.f(call);
      return [to ?? dtype];
    },
    ...(partials === undefined ? {} : { partials }),
    ...(sets === undefined
      ? {}
      : {
          signatures: (call, derived) => [
            ...derived,
            ...sets(call).flatMap(({ set, reduce, to }) => partialSet(call, set, [reduce], to)),
          ],
        }),
    ...(spec.gradient === undefined ? {} : { gradient: spec.gradient }),
    ...(spec.roundedAt === undefined ? {} : { roundedAt: spec.roundedAt }),
    flops: (call) => cost * rulePoints(broadcastRule(call), call),
    evaluate: ({ call, inputs: values }) => {
      const present = values as readonly Dense[];
      const dtype = to ?? (present[0] as Dense).dtype;
      const f = spec.f(call);
      return [mapBroadcast(present, (elements) => wrapInteger(dtype, f(elements)), dtype)];
    },
  });
}

export function isFloatCall(call: Call): boolean {
  return isFloat(call.dtype(0));
}

type Monotone = NonNullable<PartialRules["monotone"]>;

export const up = (...inputs: number[]): Monotone[number] => ({ inputs, direction: "up" });
export const down = (...inputs: number[]): Monotone[number] => ({ inputs, direction: "down" });

/** `rules` for floating-point inputs; integers, which overflow, keep the linear ones. */
export function monotoneOnFloats(
  linear: readonly (readonly number[])[],
  monotone: Monotone,
): (call: Call) => PartialRules {
  return (call) => (isFloatCall(call) ? { linear, monotone } : { linear });
}

/** 1 or -1 where an input is known at compile time and all its elements are finite and of that sign, else 0. */
export function constantSign(call: Call, index: number): -1 | 0 | 1 {
  const values = constantNumbers(call, index);
  if (values === undefined || values.length === 0) return 0;
  if (values.every((v) => v > 0 && v < Infinity)) return 1;
  return values.every((v) => v < 0 && v > -Infinity) ? -1 : 0;
}

/** The elements of an input that is known at compile time and holds numbers. */
export function constantNumbers(call: Call, index: number): Float64Array | undefined {
  const data = call.has(index) ? call.constant(index) : undefined;
  return data === undefined || data.dtype === "string" ? undefined : toNumbers(data);
}
