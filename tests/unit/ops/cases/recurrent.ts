/** Recurrent layers: every attribute and optional input, both layouts, one and two directions. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const [time, batch, features, hidden] = [4, 3, 2, 2] as const;
const gates = { RNN: 1, GRU: 3, LSTM: 4 } as const;

type Op = keyof typeof gates;
type Optional = "bias" | "lengths" | "state" | "cell" | "peepholes";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: -1, high: 1 });

/** A call with the optional inputs that are named; sizes follow from `direction` and `layout`. */
function recurrent(op: Op, attributes: Attributes, optional: readonly Optional[] = [], outputs = 2): OpCase {
  const d = attributes["direction"] === "bidirectional" ? 2 : 1;
  const first = attributes["layout"] === 1;
  const width = gates[op] * hidden;
  const state = first ? f32(batch, d, hidden) : f32(d, batch, hidden);
  const given = (name: Optional, input: CaseInput) => (optional.includes(name) ? input : null);
  const inputs = [
    first ? f32(batch, time, features) : f32(time, batch, features),
    f32(d, width, features),
    f32(d, width, hidden),
    given("bias", f32(d, 2 * width)),
    given("lengths", { dtype: "i32", shape: [batch], low: 1, high: time }),
    given("state", state),
    given("cell", state),
    given("peepholes", f32(d, 3 * hidden)),
  ];
  while (inputs.at(-1) === null) inputs.pop();
  return { op, attributes: { hidden_size: hidden, ...attributes }, inputs, outputs };
}

/** With 8-bit weights, a scale and zero point per direction, or `perColumn`. */
function quantized(
  dtype: "i8" | "u8",
  attributes: Attributes,
  optional: readonly Optional[] = [],
  perColumn = false,
): OpCase {
  const d = attributes["direction"] === "bidirectional" ? 2 : 1;
  const width = gates.LSTM * hidden;
  const { inputs } = recurrent("LSTM", attributes, optional);
  const plain = Array.from({ length: 8 }, (_, i) => inputs[i] ?? null);
  const bytes = (...shape: number[]): CaseInput => ({
    dtype,
    shape,
    low: dtype === "u8" ? 0 : -60,
    high: 60,
  });
  const columns = perColumn ? [d, width] : [d];
  const scale: CaseInput = { dtype: "f32", shape: columns, low: 0.01, high: 0.03 };
  // ONNX Runtime takes zero points per column only where they are known to be zero.
  const zero: CaseInput = perColumn
    ? { dtype, shape: columns, constant: Array.from({ length: d * width }, () => 0) }
    : bytes(...columns);
  return {
    op: "com.microsoft.DynamicQuantizeLSTM",
    attributes: { hidden_size: hidden, ...attributes },
    inputs: [
      plain[0] as CaseInput,
      bytes(d, features, width),
      bytes(d, hidden, width),
      ...plain.slice(3),
      scale,
      zero,
      scale,
      zero,
    ],
    outputs: 3,
  };
}

const directions: readonly Attributes[] = [
  { direction: "forward" },
  { direction: "reverse" },
  { direction: "bidirectional" },
];
const floats = (...values: number[]) => ({ floats: values });

export const recurrentCases: readonly OpCase[] = (["RNN", "GRU", "LSTM"] as const)
  .flatMap((op): OpCase[] => [
    recurrent(op, {}),
    recurrent(op, {}, [], 1),
    ...directions.flatMap((direction): OpCase[] => [
      recurrent(op, direction, ["bias", "state"]),
      recurrent(op, direction, ["bias", "lengths"]),
      recurrent(op, { ...direction, layout: 1 }, ["lengths", "state"]),
    ]),
    recurrent(op, { direction: "bidirectional", layout: 1 }, ["bias"]),
    recurrent(op, { clip: 0.4 }, ["bias", "state"]),
  ])
  .concat([
    // Functions of both directions the same, and different.
    recurrent(
      "RNN",
      {
        direction: "bidirectional",
        activations: ["Affine", "Affine"],
        activation_alpha: floats(0.5, 0.5),
        activation_beta: floats(0.25, 0.25),
      },
      ["bias"],
    ),
    recurrent("RNN", { direction: "bidirectional", activations: ["Relu", "Tanh"] }, ["bias"]),
    ...["LeakyRelu", "ThresholdedRelu", "Elu", "Softsign", "Softplus", "ScaledTanh", "HardSigmoid"].map(
      (name) =>
        recurrent(
          "RNN",
          { activations: [name], activation_alpha: floats(0.3), activation_beta: floats(0.6) },
          ["bias"],
        ),
    ),
    recurrent("GRU", { linear_before_reset: 1 }, ["bias", "state"]),
    recurrent("GRU", { linear_before_reset: 1, direction: "bidirectional", clip: 0.5 }, [
      "bias",
      "lengths",
      "state",
    ]),
    recurrent(
      "GRU",
      {
        direction: "bidirectional",
        activations: ["HardSigmoid", "Softsign", "HardSigmoid", "Softsign"],
        activation_alpha: floats(0.3, 0.3),
        activation_beta: floats(0.4, 0.4),
      },
      ["bias"],
    ),
    recurrent("LSTM", {}, ["bias", "state", "cell"], 3),
    recurrent("LSTM", {}, ["bias", "lengths", "state", "cell", "peepholes"], 3),
    recurrent("LSTM", { direction: "bidirectional" }, ["bias", "lengths", "state", "cell", "peepholes"], 3),
    recurrent("LSTM", { direction: "bidirectional", layout: 1 }, ["bias", "state", "cell"], 3),
    recurrent("LSTM", { input_forget: 1 }, ["bias", "state", "cell"], 3),
    recurrent("LSTM", { clip: 0.3 }, ["bias", "state", "cell", "peepholes"], 3),
    recurrent("LSTM", { activations: ["HardSigmoid", "Softsign", "Tanh"] }, ["bias"], 3),
    quantized("i8", {}),
    quantized("u8", { direction: "reverse" }, ["bias", "state", "cell"]),
    quantized("i8", { direction: "bidirectional" }, ["bias", "state", "cell", "peepholes"]),
    quantized("u8", { direction: "bidirectional" }, ["bias", "lengths"], true),
    quantized("i8", {}, ["lengths", "state", "cell"]),
    quantized("i8", { clip: 0.4, input_forget: 1 }, ["bias"], true),
    quantized("i8", {
      direction: "bidirectional",
      activations: ["HardSigmoid", "Softsign", "Tanh", "Sigmoid", "Tanh", "Tanh"],
    }),
  ]);
