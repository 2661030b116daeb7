/**
 * One step of RNN, GRU and LSTM: the new state of a sequence from the one before it and the gates' products.
 */
import type { Activation } from "./activation.ts";
import type { Call } from "./call.ts";

/** What tells one recurrent operator from the others. */
export interface Cell {
  readonly gates: number;
  /** Functions of one direction where the call names none. */
  readonly functions: readonly string[];
  /** Number of outputs: Y, Y_h and for LSTM Y_c. */
  readonly outputs: number;
  /** One step of one sequence: the new state from the old one. */
  readonly step: (step: Step) => readonly Float64Array[];
}

/** A step of one sequence in one direction: gates' products with input and state, in ONNX's order of gates. */
export interface Step {
  /** x·W + Wb, gate by gate. */
  readonly input: Float64Array;
  /** h·R of these columns, for a state `h`. */
  readonly recurrent: (h: Float64Array, from: number, to: number) => Float64Array;
  /** Rb, gate by gate. */
  readonly bias: Float64Array;
  readonly peepholes: Float64Array;
  /** h, and for LSTM c. */
  readonly state: readonly Float64Array[];
  readonly functions: readonly Activation[];
  readonly hidden: number;
  readonly call: Call;
}

/** What a function is applied to, within `clip` where the call has it. */
function clipped(call: Call, x: number): number {
  const bound = call.attributes["clip"] === undefined ? Infinity : call.float("clip");
  return Math.min(bound, Math.max(-bound, x));
}

export const rnnCell: Cell = {
  gates: 1,
  functions: ["Tanh"],
  outputs: 2,
  step: ({ input, recurrent, bias, state: [h], functions: [f], hidden, call }) => {
    const product = recurrent(h as Float64Array, 0, hidden);
    return [
      input.map((v, i) => (f as Activation)(clipped(call, v + (product[i] as number) + (bias[i] as number)))),
    ];
  },
};

/** Gates: update z, reset r, hidden h. */
export const gruCell: Cell = {
  gates: 3,
  functions: ["Sigmoid", "Tanh"],
  outputs: 2,
  step: ({ input, recurrent, bias, state, functions, hidden, call }) => {
    const [h] = state as readonly [Float64Array];
    const [f, g] = functions as readonly [Activation, Activation];
    const both = recurrent(h, 0, 2 * hidden);
    const gate = (from: number) =>
      h.map((_, i) =>
        f(
          clipped(
            call,
            (input[from + i] as number) + (both[from + i] as number) + (bias[from + i] as number),
          ),
        ),
      );
    const [update, reset] = [gate(0), gate(hidden)];
    const resetFirst = call.int("linear_before_reset", 0) === 0;
    const fed = resetFirst ? h.map((v, i) => v * (reset[i] as number)) : h;
    const product = recurrent(fed, 2 * hidden, 3 * hidden).map(
      (v, i) =>
        (resetFirst ? 1 : (reset[i] as number)) * (v + (resetFirst ? 0 : (bias[2 * hidden + i] as number))),
    );
    const candidate = h.map((_, i) =>
      g(
        clipped(
          call,
          (input[2 * hidden + i] as number) +
            (product[i] as number) +
            (resetFirst ? (bias[2 * hidden + i] as number) : 0),
        ),
      ),
    );
    return [
      h.map((v, i) => (1 - (update[i] as number)) * (candidate[i] as number) + (update[i] as number) * v),
    ];
  },
};

/**
 * Gates: input i, output o, forget f, cell c. Peepholes: i, o, f. `clip` binds the gates, not the cell state (as ONNX Runtime).
 */
export const lstmCell: Cell = {
  gates: 4,
  functions: ["Sigmoid", "Tanh", "Tanh"],
  outputs: 3,
  step: ({ input, recurrent, bias, peepholes, state, functions, hidden, call }) => {
    const [h, c] = state as readonly [Float64Array, Float64Array];
    const [f, g, last] = functions as readonly [Activation, Activation, Activation];
    const products = recurrent(h, 0, 4 * hidden);
    const sumAt = (gate: number, i: number) => {
      const k = gate * hidden + i;
      return (input[k] as number) + (products[k] as number) + (bias[k] as number);
    };
    const peep = (which: number, i: number, cell: number) => (peepholes[which * hidden + i] as number) * cell;
    const coupled = call.int("input_forget", 0) !== 0;
    const inputs = c.map((cell, i) => f(clipped(call, sumAt(0, i) + peep(0, i, cell))));
    const forgets = c.map((cell, i) =>
      coupled ? 1 - (inputs[i] as number) : f(clipped(call, sumAt(2, i) + peep(2, i, cell))),
    );
    const next = c.map(
      (cell, i) => (forgets[i] as number) * cell + (inputs[i] as number) * g(clipped(call, sumAt(3, i))),
    );
    const outputs = next.map((cell, i) => f(clipped(call, sumAt(1, i) + peep(1, i, cell))));
    return [next.map((cell, i) => (outputs[i] as number) * last(cell)), next];
  },
};
