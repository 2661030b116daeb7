/**
 * Pools by the Lp norm (|x1|^p + |x2|^p + …)^(1/p): over a window that slides, or over every spatial axis at once.
 *
 * Batch and channels can always be split, rows of a sliding window too. Over split rows the global pool needs the sum of powers
 * of all: the form `row-split`, with an all-reduce of one number per channel; with p = 1 that sum is the norm.
 */
import { split } from "../ir/layout.ts";
import { tensorType } from "../ir/types.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import { overWindows } from "./conv-gradient.ts";
import type { Dense, DistributedForm, Emitter, FormEmitter, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, reduceAlong } from "./dense.ts";
import { localDims, signatureOf, unitsAmong } from "./movement.ts";
import { lpGradient } from "./pool-gradient.ts";
import { checkSpatial, explicitPads, poolShape, poolWindow, sliding } from "./pool.ts";
import { forEachTap, imagesOf, padWindows, slidingSignatures, tapAxes } from "./window.ts";

function exponentOf(call: Call): number {
  const p = call.int("p", 2);
  if (p < 1) call.fail("bad-attribute", { name: "p", problem: "must be positive" });
  return p;
}

const lpPool = defineOp({
  name: "LpPool",
  doc: "The Lp norm of the elements under each position of a window.",
  since: 18,
  inputs: [1, 1],
  ...sliding,
  infer: (call) => {
    exponentOf(call);
    return [tensorType(call.dtype(0), poolShape(call))];
  },
  signatures: (call, derived, context) => [...derived, ...slidingSignatures(call, context, poolWindow(call))],
  localize: (context) => {
    const { x, pads } = padWindows(context, poolWindow(context.call));
    return [context.g.op("LpPool", [x], explicitPads(context.call, pads))];
  },
  evaluate: ({ call, inputs }) => {
    const x = inputs[0] as Dense;
    const [axes, p, images] = [poolWindow(call), exponentOf(call), imagesOf(x)];
    return [
      build(x.dtype, localDims(poolShape(call)), ([n = 0, c = 0, ...position]) => {
        const image = images.first(n, c);
        let total = 0;
        forEachTap(axes, position, (_, at) => {
          total += Math.abs(x.data[image + images.offset(at)] as number) ** p;
        });
        return total ** (1 / p);
      }),
    ];
  },
  gradient: ({ g, call, inputs: [x], gradients: [dy], output }) => {
    const axes = tapAxes(poolWindow(call));
    const over = (perSum: string) => overWindows(g, perSum, axes);
    return [lpGradient(g, x as string, output(0), dy as string, exponentOf(call), over)];
  },
});

function spatialAxes(call: Call): number[] {
  return range(call.rank(0)).slice(2);
}

/** A power with a scalar exponent, for which powers 1 and 2 need no operator of their own. */
function power(g: Emitter, x: string, p: number): string {
  if (p === 1) return x;
  return p === 2 ? g.op("Mul", [x, x]) : g.op("Pow", [x, g.scalar(g.type(x).dtype, p)]);
}

function globalForms(call: Call, context: SignatureContext): DistributedForm[] {
  const p = exponentOf(call);
  if (p === 1) return [];
  return spatialAxes(call).flatMap((axis) =>
    unitsAmong(context, [["input", 0, axis]]).map((unit): DistributedForm => ({
      name: "row-split",
      signature: {
        ...signatureOf(call, { 0: split(axis, unit) }, { kind: "B" }),
        form: "row-split",
      },
      build: (g: FormEmitter, [x]) => {
        const powers = power(g, g.op("Abs", [x as string]), p);
        const total = g.gather(g.op("ReduceSum", [powers, g.ints(spatialAxes(call))], { keepdims: 1 }));
        if (p === 2) return [g.op("Sqrt", [total])];
        return [g.op("Pow", [total, g.scalar(g.type(total).dtype, 1 / p)])];
      },
    })),
  );
}

const globalLpPool = defineOp({
  name: "GlobalLpPool",
  doc: "The Lp norm over all spatial axes.",
  since: 2,
  inputs: [1, 1],
  axes: (call) => {
    const factors = call.shape(0).map((_, axis) => (axis === 0 ? "n" : axis === 1 ? "c" : `s${axis}`));
    return { inputs: [factors], outputs: [factors.map((factor, axis) => (axis < 2 ? factor : null))] };
  },
  partials: (call) => ({ reduce: exponentOf(call) === 1 ? "sum" : "none" }),
  infer: (call) => {
    checkSpatial(call);
    exponentOf(call);
    return [
      tensorType(
        call.dtype(0),
        call.shape(0).map((size, axis) => (axis < 2 ? size : 1)),
      ),
    ];
  },
  forms: globalForms,
  flops: (call) => 2 * inputElements(call, 0),
  evaluate: ({ call, inputs: [x] }) => {
    const p = exponentOf(call);
    return [
      reduceAlong(
        x as Dense,
        spatialAxes(call),
        true,
        (values) => values.reduce((total, v) => total + Math.abs(v) ** p, 0) ** (1 / p),
      ),
    ];
  },
  gradient: ({ g, call, inputs: [x], gradients: [dy], output }) => [
    lpGradient(g, x as string, output(0), dy as string, exponentOf(call), (perSum) => perSum),
  ],
});

export const lpPoolOps: readonly OpDefinition[] = [lpPool, globalLpPool];
