/** Element-wise operators: arithmetic and activations of one input. */
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import type { Dense, OpDeclaration } from "./contract.ts";

function unary(name: string, doc: string, f: (x: number) => number, rest: Partial<OpDeclaration> = {}): OpDefinition {
  return defineOp({
    name,
    doc,
    since: 13,
    inputs: [1, 1],
    axes: "... -> ...",
    flops: (call) => inputElements(call, 0),
    evaluate: ({ inputs: [x] }) => [map(x as Dense, f)],
    ...rest,
  });
}

export function map(x: Dense, f: (x: number) => number): Dense {
  return { dtype: x.dtype, shape: x.shape, data: x.data.map(f) };
}

const up = { monotone: [{ inputs: [0], direction: "up" as const }] };

export const elementwiseOps: readonly OpDefinition[] = [
  unary("Neg", "The negative.", (x) => -x, { partials: { linear: [[0]], monotone: [{ inputs: [0], direction: "down" }] } }),
  unary("Relu", "max(x, 0).", (x) => Math.max(x, 0), { since: 14, partials: up }),
  unary("Exp", "e to the power x.", Math.exp, { partials: up }),
];
