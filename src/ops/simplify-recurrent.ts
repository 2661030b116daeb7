/**
 * A recurrent layer over a single step has no recurrence: it is products and elementwise functions, which are split by columns
 * where the layer itself can only be split by batch. So do models run that are fed one frame at a time.
 *
 *   before   %y, %h, %c = LSTM(%x, %w, %r, %b, , %h0, %c0)      x[1, batch, features], w[1, 4 hidden, features]
 *   after    each gate   Gemm(x, w_gate, wb_gate) + Gemm(h0, r_gate, rb_gate), w cut into gates along its rows
 *            c = sigmoid(forget) * c0 + sigmoid(input) * tanh(cell);   h = sigmoid(output) * tanh(c)
 */
import type { Call } from "./call.ts";
import type { Rule, SimplifyEmitter } from "./simplification.ts";
import { at } from "../support/collections.ts";

/** Gates of an LSTM, in ONNX's order of their rows. */
const gates = 4;

/** Whether the call is one step of one plain cell: ONNX's own functions, no clipping, no lengths, no peepholes. */
function isPlainStep(call: Call): boolean {
  const plain = ["activations", "activation_alpha", "activation_beta", "clip", "layout"].every(
    (name) => call.attributes[name] === undefined || call.attributes[name] === 0,
  );
  return (
    plain &&
    call.string("direction", "forward") === "forward" &&
    call.int("input_forget", 0) === 0 &&
    !call.has(4) &&
    !call.has(7) &&
    call.shape(0)[0] === 1
  );
}

/** The rows of every gate of a weight [1, rows, width], or of a bias [1, rows], without the axis of directions. */
function gatesOf(g: SimplifyEmitter, weight: string, parts: number): string[] {
  return g
    .ops("Split", [weight], { axis: 1, num_outputs: parts }, parts)
    .map((part) => g.op("Squeeze", [part, g.ints([0])]));
}

export const oneStep: Rule = (call) => {
  if (!isPlainStep(call)) return undefined;
  return {
    kind: "emit",
    build: (g, inputs) => {
      const [x, w, r, b, , h0, c0] = inputs as readonly [string, string, string, ...(string | null)[]];
      const rows = (value: string | null | undefined) =>
        value == null ? undefined : g.op("Squeeze", [value, g.ints([0])]);
      const [step, state, cell] = [rows(x) as string, rows(h0), rows(c0)];
      const weights = gatesOf(g, w, gates);
      const recurrence = state === undefined ? [] : gatesOf(g, r, gates);
      const biases = b == null ? undefined : gatesOf(g, b, 2 * gates);
      const product = (value: string, weight: string, bias: string | undefined) =>
        g.op("Gemm", bias === undefined ? [value, weight] : [value, weight, bias], { transB: 1 });
      const gate = (k: number, name: "Sigmoid" | "Tanh"): string => {
        const fromInput = product(step, at(weights, k), biases?.[k]);
        const rest =
          state === undefined ? biases?.[gates + k] : product(state, at(recurrence, k), biases?.[gates + k]);
        return g.op(name, [rest === undefined ? fromInput : g.op("Add", [fromInput, rest])]);
      };
      const added = g.op("Mul", [gate(0, "Sigmoid"), gate(3, "Tanh")]);
      const c = cell === undefined ? added : g.op("Add", [g.op("Mul", [gate(2, "Sigmoid"), cell]), added]);
      const h = g.op("Mul", [gate(1, "Sigmoid"), g.op("Tanh", [c])]);
      const direction = (value: string, axes: readonly number[]) => g.op("Unsqueeze", [value, g.ints(axes)]);
      return [direction(h, [0, 1]), direction(h, [0]), direction(c, [0])].slice(0, call.outputCount);
    },
  };
};
