/** Activations of ONNX Runtime: FastGelu, BiasGelu, Gelu, QuickGelu, of one element each after a bias is added. */
import { isKnown } from "../ir/dim.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { mapBroadcast } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { formulas, sumToLike, type Formulas } from "./gradients.ts";
import { erf, geluErfSlope, geluTanhSlope, swishSlope } from "./unary.ts";

/** A bias lies along the last axis. */
function biasedRule(call: Call): string {
  if (!call.has(1)) return "... -> ...";
  if (call.rank(1) !== 1 || call.rank(0) === 0)
    call.failShape("the bias must have one axis, the last of the first input");
  const [size, last] = [call.shape(1)[0], call.shape(0).at(-1)];
  if (size !== undefined && last !== undefined && isKnown(size) && isKnown(last) && size !== last)
    call.failShape(`a bias of ${size} elements for ${last} columns`);
  return "... d, d -> ... d";
}

function activation(
  name: string,
  doc: string,
  inputs: readonly [number, number],
  f: (call: Call) => (x: number) => number,
  slope: (f: Formulas, z: string, call: Call) => string,
): OpDefinition {
  return defineOp({
    name: `com.microsoft.${name}`,
    doc,
    since: 1,
    inputs,
    axes: biasedRule,
    dtypes: (call) => [commonDtype(call, "float")],
    flops: (call) => 8 * inputElements(call, 0),
    evaluate: ({ call, inputs: values }) => {
      const present = values.filter((x): x is Dense => x != null);
      const of = f(call);
      const [x] = present as [Dense];
      return [mapBroadcast(present, ([v, b = 0]) => of((v as number) + b), x.dtype)];
    },
    gradient: ({ g, call, inputs: [x, bias], gradients, wanted }) => {
      const formula = formulas(g, g.type(x as string).dtype);
      const z = bias == null ? (x as string) : formula.add(x as string, bias);
      const dz = formula.mul(gradients[0] as string, slope(formula, z, call));
      return [
        wanted[0] === true ? dz : null,
        ...(bias === undefined ? [] : [wanted[1] === true && bias !== null ? sumToLike(g, dz, bias) : null]),
      ];
    },
  });
}

export const contribActivationOps: readonly OpDefinition[] = [
  activation(
    "FastGelu",
    "GELU by the hyperbolic tangent, of the input plus a bias.",
    [1, 2],
    () => (x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * x + 0.035677408136300125 * x * x * x)),
    geluTanhSlope,
  ),
  activation(
    "BiasGelu",
    "GELU of the input plus a bias.",
    [2, 2],
    () => (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    geluErfSlope,
  ),
  activation(
    "Gelu",
    "GELU by the error function.",
    [1, 1],
    () => (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    geluErfSlope,
  ),
  activation(
    "QuickGelu",
    "x times the logistic function of alpha x.",
    [1, 1],
    (call) => {
      const alpha = call.float("alpha", 1.702);
      return (x) => x / (1 + Math.exp(-alpha * x));
    },
    (f, z, call) => {
      const alpha = call.float("alpha", 1.702);
      return swishSlope(f, z, f.mul(z, f.of("Sigmoid", f.mul(z, alpha))), alpha);
    },
  ),
];
