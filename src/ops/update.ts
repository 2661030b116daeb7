/**
 * Steps of optimizers on one parameter, as one operator each: element by element, so that a parameter, its gradient and its
 * states are split alike. What changes from step to step (learning rate, bias corrections) comes in as scalars of the
 * parameter's type; what does not are attributes. Devices run ordinary operators (`localize`).
 *
 *   sbpc.SgdStep    (w, g, rate[, momentum])               -> w'[, momentum']
 *   sbpc.AdamStep   (w, g, m, v, rate, decay, correction)  -> w', m', v'
 *
 * SGD with momentum as PyTorch has it: b' = mu b + g;  w' = w - rate (nesterov ? g + mu b' : b'), with g taken as g + wd w.
 * Adam (Kingma, Ba 2015) and AdamW (Loshchilov, Hutter 2019): m' = b1 m + (1 - b1) g;  v' = b2 v + (1 - b2) g²;
 * w' = decay w - rate m' / (sqrt(v') correction + eps), where rate is lr / (1 - b1^t), correction 1 / sqrt(1 - b2^t) and decay
 * 1 - lr wd (AdamW). Adam's own weight decay is the attribute `weight_decay`, added to the gradient.
 */
import type { Emitter, OpDeclaration } from "./contract.ts";
import type { Call } from "./call.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { present } from "../support/assert.ts";
import type { Dense } from "./contract.ts";

const none = { none: "it stands behind the backward pass, in the update phase" } as const;

/** A scalar attribute as a constant of the type of `like`. */
function attribute(g: Emitter, call: Call, name: string, like: string, map = (x: number) => x): string {
  return g.scalar(g.type(like).dtype, map(call.float(name, 0)));
}

function withDecay(g: Emitter, call: Call, w: string, gradient: string): string {
  if (call.float("weight_decay", 0) === 0) return gradient;
  return g.op("Add", [gradient, g.op("Mul", [w, attribute(g, call, "weight_decay", w)])]);
}

const localizeSgd: NonNullable<OpDeclaration["localize"]> = ({ g, call, inputs }) => {
  const [w, gradient, rate, momentum] = inputs as readonly [string, string, string, string?];
  const slope = withDecay(g, call, w, gradient);
  if (momentum === undefined) return [g.op("Sub", [w, g.op("Mul", [slope, rate])])];
  const factor = attribute(g, call, "momentum", w);
  const next = g.op("Add", [g.op("Mul", [momentum, factor]), slope]);
  const direction = call.int("nesterov", 0) === 0 ? next : g.op("Add", [slope, g.op("Mul", [next, factor])]);
  return [g.op("Sub", [w, g.op("Mul", [direction, rate])]), next];
};

const localizeAdam: NonNullable<OpDeclaration["localize"]> = ({ g, call, inputs }) => {
  const [w, gradient, m, v, rate, decay, correction] = inputs as readonly [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const slope = withDecay(g, call, w, gradient);
  const blend = (old: string, fresh: string, beta: string) =>
    g.op("Add", [
      g.op("Mul", [old, attribute(g, call, beta, w)]),
      g.op("Mul", [fresh, attribute(g, call, beta, w, (x) => 1 - x)]),
    ]);
  const first = blend(m, slope, "beta1");
  const second = blend(v, g.op("Mul", [slope, slope]), "beta2");
  const scale = g.op("Add", [
    g.op("Mul", [g.op("Sqrt", [second]), correction]),
    attribute(g, call, "epsilon", w),
  ]);
  const step = g.op("Div", [g.op("Mul", [first, rate]), scale]);
  return [g.op("Sub", [g.op("Mul", [w, decay]), step]), first, second];
};

/** One function of the elements of all inputs, scalars stretched: `f` is given one of each, and puts one of each output in `next`. */
function elements(
  inputs: readonly (Dense | null)[],
  f: (values: readonly number[], next: number[]) => void,
  outputs: number,
): Dense[] {
  const given = inputs.filter((x) => x !== null);
  const like = present(given[0], "step without a parameter");
  const results = Array.from({ length: outputs }, () => new Float64Array(like.data.length));
  const values = given.map(({ data }) => data[0] as number);
  const whole = [...given.keys()].filter((k) => (given[k] as Dense).data.length > 1);
  const next = results.map(() => 0);
  for (let i = 0; i < like.data.length; i++) {
    for (const k of whole) values[k] = (given[k] as Dense).data[i] as number;
    f(values, next);
    for (let k = 0; k < outputs; k++) (results[k] as Float64Array)[i] = next[k] as number;
  }
  return results.map((data) => ({ dtype: like.dtype, shape: like.shape, data }));
}

const sgdStep = defineOp({
  name: "sbpc.SgdStep",
  doc: "One step of stochastic gradient descent, with momentum where that is given.",
  since: 1,
  inputs: [3, 4],
  outputs: (call) => (call.has(3) ? 2 : 1),
  axes: (call) => (call.has(3) ? "..., ..., , ... -> ..., ..." : "..., ...,  -> ..."),
  flops: (call) => 6 * inputElements(call, 0),
  localize: localizeSgd,
  gradient: none,
  evaluate: ({ call, inputs }) => {
    const [wd, mu] = [call.float("weight_decay", 0), call.float("momentum", 0)];
    const nesterov = call.int("nesterov", 0) !== 0;
    return elements(
      inputs,
      ([w = 0, g = 0, rate = 0, b], next) => {
        const slope = g + wd * w;
        const velocity = b === undefined ? slope : mu * b + slope;
        next[0] = w - rate * (b !== undefined && nesterov ? slope + mu * velocity : velocity);
        next[1] = velocity;
      },
      call.has(3) ? 2 : 1,
    );
  },
});

const adamStep = defineOp({
  name: "sbpc.AdamStep",
  doc: "One step of Adam or AdamW.",
  since: 1,
  inputs: [7, 7],
  outputs: 3,
  axes: "..., ..., ..., ..., , ,  -> ..., ..., ...",
  flops: (call) => 16 * inputElements(call, 0),
  localize: localizeAdam,
  gradient: none,
  evaluate: ({ call, inputs }) => {
    const [b1, b2, eps] = [call.float("beta1"), call.float("beta2"), call.float("epsilon")];
    const wd = call.float("weight_decay", 0);
    return elements(
      inputs,
      ([w = 0, g = 0, m = 0, v = 0, rate = 0, decay = 0, correction = 0], next) => {
        const slope = g + wd * w;
        const first = b1 * m + (1 - b1) * slope;
        const second = b2 * v + (1 - b2) * slope * slope;
        next[0] = decay * w - (rate * first) / (Math.sqrt(second) * correction + eps);
        next[1] = first;
        next[2] = second;
      },
      3,
    );
  },
});

export const updateOps: readonly OpDefinition[] = [sgdStep, adamStep];
