/** Completes a declaration: what it leaves out is derived from its axes rule. */
import type { Dim } from "../ir/dim.ts";
import { evaluateDim } from "../ir/dim.ts";
import { isKnown } from "../ir/dim.ts";
import { hasNumbers } from "../ir/tensor-data.ts";
import { tensorType, type TensorType, type ValueType } from "../ir/types.ts";
import { invariant } from "../support/assert.ts";
import { uniqueBy } from "../support/collections.ts";
import {
  allBroadcast,
  deriveSignatures,
  printSignature,
  type AxisFactor,
  type ResolvedRule,
  type Signature,
} from "../sbp/signature.ts";
import type { Sbp } from "../ir/layout.ts";
import type { Call } from "./call.ts";
import type {
  AxisRange,
  Dense,
  DistributedForm,
  EvaluateContext,
  LocalizeContext,
  Narrowing,
  OpDeclaration,
  SignatureContext,
} from "./contract.ts";
import { bindRule, sizesUnder, type BoundRule } from "./rule.ts";

/** An operator with everything filled in. */
export interface OpDefinition extends Omit<
  OpDeclaration,
  "signatures" | "infer" | "flops" | "localize" | "forms" | "evaluate" | "draws" | "narrow"
> {
  /** Output types, from the input types. Reports what is wrong with the call at its place. */
  infer(call: Call): readonly ValueType[];
  /** Plain (communication-free) signatures on one mesh axis, the all-broadcast one among them; splittable ones only. */
  signatures(call: Call, context: SignatureContext): readonly Signature[];
  forms(call: Call, context: SignatureContext): readonly DistributedForm[];
  flops(call: Call, outputs?: readonly (ValueType | null)[]): number;
  localize(context: LocalizeContext): readonly string[];
  /** For operators on tensors alone. Error: not-evaluated. */
  evaluate(context: EvaluateContext): readonly Dense[];
  draws(call: Call): boolean;
  /** Why the call has no value that could be computed here; undefined where it has. */
  whyUnevaluated(call: Call): string | undefined;
  narrow(call: Call, range: AxisRange): Narrowing | undefined;
}

export function defineOp(declaration: OpDeclaration): OpDefinition {
  const { axes, infer, whole, draws = () => false } = declaration;
  const whyUnevaluated = (call: Call) => (draws(call) ? "it draws random numbers" : declaration.unevaluated);
  invariant(
    axes !== undefined || infer !== undefined,
    "an operator needs an axes rule or an infer function",
    () => declaration.name,
  );
  invariant(
    axes !== undefined || whole !== undefined || declaration.signatures !== undefined,
    "an operator without signatures says why",
    () => declaration.name,
  );
  invariant(
    (declaration.draws ?? declaration.unevaluated) !== undefined ||
      (declaration.evaluate === undefined) !== (declaration.evaluateData === undefined),
    "an operator has one meaning, or says why it has none",
    () => declaration.name,
  );
  const checkArity = (call: Call) => {
    const [low, high] = declaration.inputs;
    const n = call.inputs.length;
    const missing = call.inputs.slice(0, low).includes(null);
    if (n < low || n > high || missing) {
      call.fail("bad-arity", {
        expected: low === high ? low : high === Infinity ? `${low} or more` : `${low} to ${high}`,
        actual: n,
      });
    }
  };
  return {
    ...declaration,
    infer(call) {
      checkArity(call);
      const types = infer === undefined ? typesByRule(declaration, call) : infer(call);
      checkResults(call, types);
      return types;
    },
    signatures(call, context) {
      const all = allBroadcast(
        call.inputs.map((type) => type !== null),
        call.outputCount,
      );
      if (whole !== undefined) return [all];
      const rule = boundRule(declaration, call);
      const partials =
        typeof declaration.partials === "function"
          ? declaration.partials(call)
          : (declaration.partials ?? {});
      const derived =
        rule === undefined ? [all] : deriveSignatures(trimOutputs(rule, call), partials, context.unitsOf);
      const stated = declaration.signatures?.(call, derived, context) ?? derived;
      const fitting = stated.filter(
        (signature) =>
          fits(declaration, call, signature, context.devices) &&
          !(isPartial(signature) && (hasTexts(call) || !isReducible(declaration, call, signature))),
      );
      return uniqueBy([all, ...fitting], printSignature);
    },
    forms(call, context) {
      return (declaration.forms?.(call, context) ?? []).filter((form) =>
        fits(declaration, call, form.signature, context.devices),
      );
    },
    flops: declaration.flops ?? (() => 0),
    localize: declaration.localize ?? sameOperator,
    evaluate(context) {
      const reason = whyUnevaluated(context.call);
      if (reason !== undefined) context.call.fail("not-evaluated", { reason });
      return (declaration.evaluate ?? notOnTensors)(context);
    },
    draws,
    whyUnevaluated,
    narrow:
      declaration.narrow ??
      ((call, range) =>
        declaration.localize === undefined ? narrowByRule(declaration, call, range) : undefined),
  };
}

function typesByRule(declaration: OpDeclaration, call: Call): ValueType[] {
  const { outputShapes } = boundRule(declaration, call) as BoundRule;
  const dtypes = declaration.dtypes?.(call);
  return outputShapes.map((shape, i) => tensorType(dtypes?.[i] ?? dtypes?.[0] ?? firstDtype(call), shape));
}

/** What no result can be, whatever the operator: sizes that are no counts (from constants and attributes), too few results. */
function checkResults(call: Call, types: readonly ValueType[]): void {
  if (types.length < call.outputCount) {
    const what = `${call.op} gives ${types.length} results, here it has ${call.outputCount}`;
    call.fail("ill-formed-graph", { what });
  }
  for (const type of types) {
    for (const dim of type.kind === "tensor" ? type.shape : []) {
      if (typeof dim === "number" && !(Number.isSafeInteger(dim) && dim >= 0))
        call.failShape(`a result would have an axis of size ${dim}`);
    }
  }
}

function firstDtype(call: Call): TensorType["dtype"] {
  const first = call.inputs.find((type) => type !== null);
  invariant(
    first !== undefined && first !== null && first.kind === "tensor",
    "no input to take the element type from",
    () => call.op,
  );
  return first.dtype;
}

/** The axes rule under a call; undefined where the operator has none. */
export function boundRule(
  declaration: Pick<OpDeclaration, "axes">,
  call: Call,
): BoundRule | ResolvedRule | undefined {
  const rule = typeof declaration.axes === "function" ? declaration.axes(call) : declaration.axes;
  return typeof rule === "string" ? bindRule(rule, call) : rule;
}

function trimOutputs(rule: ResolvedRule, call: Call): ResolvedRule {
  return {
    inputs: call.inputs.map((_, i) => rule.inputs[i] ?? null),
    outputs: rule.outputs.slice(0, call.outputCount),
  };
}

/** Whether strings take part, which have no sum, no maximum and no minimum. */
function hasTexts(call: Call): boolean {
  return call.inputs.some((type) => type?.kind === "tensor" && type.dtype === "string");
}

/** Whether no partial tensor is of a type that has no arithmetic: floats of 4 and 8 bits, integers of 2, complex numbers. */
function isReducible(
  declaration: Pick<OpDeclaration, "dtypes">,
  call: Call,
  { inputs, outputs }: Signature,
): boolean {
  const made = outputs.some((sbp) => sbp.kind === "P") ? (declaration.dtypes?.(call) ?? []) : [];
  return (
    inputs.every((sbp, i) => {
      const type = call.inputs[i];
      return sbp?.kind !== "P" || type?.kind !== "tensor" || hasNumbers(type.dtype);
    }) &&
    outputs.every((sbp, i) => {
      const dtype = made[i] ?? made[0];
      return sbp.kind !== "P" || dtype === undefined || hasNumbers(dtype);
    })
  );
}

function isPartial({ inputs, outputs }: Signature): boolean {
  return [...inputs, ...outputs].some((sbp) => sbp?.kind === "P");
}

/** Whether every split of the signature has at least one block for each device. Unbound dimensions never fit. */
function fits(
  declaration: Pick<OpDeclaration, "name">,
  call: Call,
  signature: Signature,
  devices: number,
): boolean {
  const longEnough = (sbp: Sbp | null, shape: readonly Dim[] | undefined) => {
    if (sbp === null || (sbp.kind !== "S" && sbp.kind !== "W") || shape === undefined) return true;
    const size = sbp.kind === "W" ? sbp.windows.positions : shape[sbp.axis];
    invariant(
      size !== undefined,
      "signature splits an axis that is not there",
      () => `${declaration.name} ${printSignature(signature)}`,
    );
    return isKnown(size) && Math.ceil(size / sbp.unit) >= devices;
  };
  return signature.inputs.every((sbp, i) => {
    const type = call.inputs[i];
    return longEnough(sbp, type?.kind === "tensor" ? type.shape : undefined);
  });
}

/** The default `localize`: the same operator and attributes on the local inputs. */
function sameOperator({ g, call, inputs, outputTypes }: LocalizeContext): readonly string[] {
  return g.ops(call.op, inputs, call.attributes, outputTypes.length);
}

function notOnTensors({ call }: EvaluateContext): never {
  invariant(false, "operator has no meaning on tensors alone", () => call.op);
}

/** The same factor's range of every input that carries the factor of the output axis. */
function narrowByRule(
  declaration: Pick<OpDeclaration, "axes">,
  call: Call,
  range: AxisRange,
): Narrowing | undefined {
  const rule = call.outputCount === 1 ? boundRule(declaration, call) : undefined;
  const factor = rule?.outputs[0]?.[range.axis] ?? null;
  if (rule === undefined || factor === null) return undefined;
  const axesOf = (factors: readonly AxisFactor[] | null) =>
    (factors ?? []).flatMap((other, axis) => (other === factor ? [axis] : []));
  const inputs = call.inputs.map((_, i) => axesOf(rule.inputs[i] ?? null));
  if ([...inputs, axesOf(rule.outputs[0] ?? null)].some((axes) => axes.length > 1)) return undefined;
  return { inputs: inputs.map(([axis]) => (axis === undefined ? null : { ...range, axis })) };
}

/** Points of the iteration space of an axes rule: the product of its factors' sizes (for `flops`). */
export function rulePoints(text: string, call: Call): number {
  let points = 1;
  for (const size of sizesUnder(text, call)) points *= evaluateDim(size, new Map()) ?? 1;
  return points;
}

/** Elements of an input of a bound call. */
export function inputElements(call: Call, index: number): number {
  return call.shape(index).reduce<number>((n, dim) => n * (isKnown(dim) ? dim : 1), 1);
}
