/** Gradients of layers and operators against torch.autograd, in double precision. */
import { describe, expect } from "vitest";
import {
  BCELoss,
  BCEWithLogitsLoss,
  buildModel,
  CrossEntropyLoss,
  defineModel,
  input,
  MSELoss,
  tensor,
  type Tensor,
} from "sbpc";
import { unknownLocation as location } from "../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import { dense } from "../../src/ops/dense.ts";
import { GraphEmitter } from "../../src/ops/emitter.ts";
import { interpretGraph } from "../../src/ops/interpret.ts";
import { expandComposed, reverse } from "../../src/ops/reverse.ts";
import { present } from "../../src/support/assert.ts";
import { product, range } from "../../src/support/collections.ts";
import { pythonTest, runPython } from "../support/python.ts";

interface Input {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly integer: boolean;
}

interface Case {
  /** Of FUNCTIONS in gradients.py, with its options. */
  readonly function: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Input[];
  readonly build: (inputs: readonly Tensor[]) => Tensor;
}

interface Answer {
  readonly result: readonly number[];
  readonly gradients: readonly (readonly number[] | null)[];
}

const floats = (...shape: number[]): Input => {
  const count = product(shape);
  const phase = shape.length + count;
  return { shape, data: range(count).map((i) => 2 * Math.sin(1.7 * i + phase)), integer: false };
};
const probabilities = (...shape: number[]): Input => ({
  ...floats(...shape),
  data: floats(...shape).data.map((x) => 1 / (1 + Math.exp(-x))),
});
const labels = (data: number[], shape = [data.length]): Input => ({ shape, data, integer: true });

/** An operator on the first input and the others. */
const op =
  (name: string, attributes: Parameters<Tensor["apply"]>[2] = {}) =>
  ([x, ...rest]: readonly Tensor[]): Tensor =>
    present(x, "no input").apply(name, rest, attributes);

const epsilon = { epsilon: { float: 1e-5 } };

const cases: readonly Case[] = [
  ...[
    {
      stride: [2, 1],
      padding: [1, 2],
      dilation: [1, 2],
      groups: 1,
      inputs: [floats(2, 3, 7, 6), floats(4, 3, 3, 2)],
    },
    {
      stride: [3, 3],
      padding: [0, 0],
      dilation: [1, 1],
      groups: 1,
      inputs: [floats(2, 3, 8, 7), floats(5, 3, 2, 2)],
    },
    {
      stride: [2, 2],
      padding: [1, 1],
      dilation: [1, 1],
      groups: 4,
      inputs: [floats(3, 4, 6, 5), floats(4, 1, 3, 3)],
    },
    {
      stride: [1, 1],
      padding: [1, 0],
      dilation: [1, 1],
      groups: 2,
      inputs: [floats(2, 4, 5, 4), floats(6, 2, 3, 2)],
    },
  ].map(({ inputs, ...options }): Case => ({
    function: "conv",
    options,
    inputs: [...inputs, floats(inputs[1]?.shape[0] as number)],
    build: op("Conv", {
      strides: options.stride,
      pads: [...options.padding, ...options.padding],
      dilations: options.dilation,
      group: options.groups,
    }),
  })),
  {
    function: "convTranspose",
    options: { stride: [2, 3], padding: [1, 0], extra: [1, 2], groups: 2 },
    inputs: [floats(2, 4, 4, 3), floats(4, 3, 3, 2), floats(6)],
    build: op("ConvTranspose", { strides: [2, 3], pads: [1, 0, 1, 0], output_padding: [1, 2], group: 2 }),
  },
  {
    function: "layerNorm",
    options: { shape: [3, 4] },
    inputs: [floats(5, 3, 4), floats(3, 4), floats(3, 4)],
    build: op("LayerNormalization", { axis: 1, ...epsilon }),
  },
  {
    function: "instanceNorm",
    options: {},
    inputs: [floats(2, 3, 5), floats(3), floats(3)],
    build: op("InstanceNormalization", epsilon),
  },
  {
    function: "groupNorm",
    options: { groups: 2 },
    inputs: [floats(2, 6, 5), floats(6), floats(6)],
    build: op("GroupNormalization", { num_groups: 2, ...epsilon }),
  },
  {
    function: "maxPool",
    options: { kernel: [3, 2], stride: [2, 1], padding: [1, 0] },
    inputs: [floats(2, 3, 6, 5)],
    build: op("MaxPool", { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 0] }),
  },
  {
    function: "averagePool",
    options: { kernel: [3, 2], stride: [2, 1], padding: [1, 0] },
    inputs: [floats(2, 3, 6, 5)],
    build: op("AveragePool", { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 0] }),
  },
  { function: "softmax", options: { axis: 1 }, inputs: [floats(3, 5, 2)], build: op("Softmax", { axis: 1 }) },
  ...[false, true].map((causal): Case => ({
    function: "attention",
    options: { causal },
    inputs: [floats(2, 3, 4, 5), floats(2, 3, 4, 5), floats(2, 3, 4, 6)],
    build: op("Attention", { is_causal: Number(causal) }),
  })),
  ...[{}, { ignore: 1 }, { smoothing: 0.1 }, { smoothing: 0.2, ignore: 2 }].flatMap((options) =>
    (["mean", "sum", "none"] as const).map((reduction): Case => ({
      function: "crossEntropy",
      options: { ...options, reduction },
      inputs: [floats(5, 3), labels([0, 1, 2, 1, 0])],
      build: ([x, y]) =>
        new CrossEntropyLoss({
          reduction,
          ...("ignore" in options ? { ignoreIndex: options.ignore } : {}),
          ...("smoothing" in options ? { labelSmoothing: options.smoothing } : {}),
        }).call(x as Tensor, y as Tensor),
    })),
  ),
  {
    function: "crossEntropy",
    options: { smoothing: 0.3, reduction: "mean" },
    inputs: [floats(5, 3), probabilities(5, 3)],
    build: ([x, y]) => new CrossEntropyLoss({ labelSmoothing: 0.3 }).call(x as Tensor, y as Tensor),
  },
  {
    function: "mse",
    options: { reduction: "mean" },
    inputs: [floats(5, 3), probabilities(5, 3)],
    build: ([x, y]) => new MSELoss().call(x as Tensor, y as Tensor),
  },
  {
    function: "bce",
    options: { reduction: "mean" },
    inputs: [probabilities(5, 3), labelsOf(probabilities(5, 3))],
    build: ([x, y]) => new BCELoss().call(x as Tensor, y as Tensor),
  },
  {
    function: "bceWithLogits",
    options: { reduction: "none", posWeight: [1, 2, 0.5] },
    inputs: [floats(5, 3), probabilities(5, 3)],
    build: ([x, y]) =>
      new BCEWithLogitsLoss({ reduction: "none", posWeight: [1, 2, 0.5] }).call(x as Tensor, y as Tensor),
  },
];

/** Targets of zeros and ones. */
function labelsOf(like: Input): Input {
  return { ...like, data: like.data.map(Math.round) };
}

/** The result, and the gradients of the sum of its elements times sin 1, sin 2, …, by every input of floats. */
function differentiated({ inputs, build }: Case): Answer {
  const model = defineModel({
    name: "m",
    inputs: Object.fromEntries(
      inputs.map(({ shape, integer }, i) => [`x${i}`, input(integer ? "i64" : "f64", shape)]),
    ),
    build: (tensors) => {
      const result = build(inputs.map((_, i) => tensors[`x${i}`] as Tensor));
      const weights = range(product(result.shape)).map((i) => Math.sin(i + 1));
      return { result, sum: result.mul(tensor(weights, "f64", result.shape)).sum() };
    },
  });
  const plain = buildModel(model);
  const outputOf = (name: string) =>
    present(
      plain.outputs.find((output) => output.name === name),
      "no such output",
    ).value;
  const wanted = new Set(inputs.flatMap(({ integer }, i) => (integer ? [] : [`x${i}`])));
  const graph = expandComposed(plain, outputOf("sum"), wanted, "test");
  const builder = new GraphBuilder(graph.name, graph);
  for (const node of graph.nodes)
    builder.addNode(
      node,
      node.outputs.map((name) => present(graph.values.get(name), "unknown value")),
    );
  const [result, sum] = ["result", "sum"].map(
    (name) =>
      present(
        graph.outputs.find((output) => output.name === name),
        "no such output",
      ).value,
  ) as [string, string];
  const seed = new GraphEmitter(builder, { location }).scalar("f64", 1);
  const { gradients } = reverse(builder, { result: sum, seed, wanted, by: "test" });
  const names = inputs.map((_, i) => gradients.get(`x${i}`)?.[0]?.value);
  const values = interpretGraph(
    builder.finish([
      { name: "result", value: result },
      ...names.flatMap((value, i) => (value === undefined ? [] : [{ name: `gradient${i}`, value }])),
    ]),
    new Map(
      inputs.map(({ shape, data, integer }, i) => [`x${i}`, dense(integer ? "i64" : "f64", shape, data)]),
    ),
  );
  const numbers = (name: string) => [...(values.get(name)?.data ?? [])];
  return {
    result: numbers("result"),
    gradients: names.map((name, i) => (name === undefined ? null : numbers(`gradient${i}`))),
  };
}

/** What differs by more than rounding constants to f32 may make it. */
function farthest(actual: readonly number[], wanted: readonly number[]): number {
  if (actual.length !== wanted.length) return Infinity;
  return Math.max(
    ...actual.map((x, i) => Math.abs(x - (wanted[i] as number)) / Math.max(1, Math.abs(wanted[i] as number))),
  );
}

describe("gradients equal those of torch.autograd", () => {
  pythonTest(`in ${cases.length} cases`, async () => {
    const answers = (await runPython(
      "gradients.py",
      cases.map(({ function: name, options, inputs }) => ({ function: name, options, inputs })),
    )) as readonly Answer[];
    const problems = cases.flatMap((one, c) => {
      const [own, torch] = [differentiated(one), answers[c] as Answer];
      const text = `${one.function} ${JSON.stringify(one.options)}`;
      const far = farthest(own.result, torch.result);
      return [
        ...(far < 1e-6 ? [] : [`${text}: results differ by ${far}`]),
        ...torch.gradients.flatMap((wanted, i) => {
          if (wanted === null) return [];
          const difference = farthest(own.gradients[i] ?? [], wanted);
          return difference < 1e-6 ? [] : [`${text}: gradients of input ${i} differ by ${difference}`];
        }),
      ];
    });
    expect(problems).toEqual([]);
  });
});
