/**
 * Small transformers written against the emitter, with LiBai's layout hints where asked: what the layout passes are tested on.
 */
import { sourceLocation } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import type { Attributes, Graph } from "../../../src/ir/graph.ts";
import { broadcast, split, type LayoutHint, type Sbp } from "../../../src/ir/layout.ts";
import { scalar, tensorData } from "../../../src/ir/tensor-data.ts";
import { tensorType, type DataType } from "../../../src/ir/types.ts";
import { GraphEmitter } from "../../../src/ops/emitter.ts";

export interface TransformerOptions {
  readonly layers: number;
  readonly batch: number;
  readonly tokens: number;
  readonly hidden: number;
  readonly heads: number;
  /** Column and row parallel weights, hidden states split over the batch. */
  readonly hints?: boolean;
  /** Stage of every layer; head and input lie on the last and the first. */
  readonly stages?: readonly number[];
  /** One head of classes at the end, over the first token. */
  readonly classes?: number;
}

export class ModelBuilder {
  readonly builder = new GraphBuilder("test");
  readonly hints: boolean;
  line = 0;
  stage = 0;

  constructor(hints = false) {
    this.hints = hints;
  }

  op(op: string, inputs: readonly (string | null)[], attributes: Attributes = {}, outputs = 1): string {
    return this.ops(op, inputs, attributes, outputs)[0]!;
  }

  ops(op: string, inputs: readonly (string | null)[], attributes: Attributes, outputs: number): string[] {
    const emitter = new GraphEmitter(this.builder, {
      location: sourceLocation("model.ts", ++this.line),
      stage: this.stage,
    });
    return emitter.ops(op, inputs, attributes, outputs);
  }

  input(name: string, shape: readonly number[], dtype: DataType = "f32"): string {
    return this.builder.addSource(
      { kind: "input", value: name, location: sourceLocation("model.ts", ++this.line) },
      { name, type: tensorType(dtype, shape) },
    );
  }

  parameter(name: string, shape: readonly number[], tp?: Sbp): string {
    const location = sourceLocation("model.ts", ++this.line);
    const initializer = { kind: "normal", mean: 0, std: 0.02 } as const;
    const value = this.builder.freshName(name);
    this.builder.addSource(
      { kind: "parameter", value, location, initializer, module: "" },
      { name: value, type: tensorType("f32", shape) },
    );
    if (this.hints && tp !== undefined) this.hint(value, { dp: broadcast, tp });
    return value;
  }

  constant(
    values: readonly number[],
    shape: readonly number[] = [values.length],
    dtype: DataType = "i64",
  ): string {
    const value = this.builder.freshName("constant");
    const data = shape.length === 0 ? scalar(dtype, values[0]!) : tensorData(dtype, shape, values);
    return this.builder.addSource(
      { kind: "constant", value, location: sourceLocation("model.ts", ++this.line), data },
      { name: value, type: tensorType(dtype, shape) },
    );
  }

  hint(value: string, sbp: Readonly<Record<string, Sbp>>, strength: LayoutHint["strength"] = "soft"): void {
    this.builder.updateValue(value, {
      hint: { strength, sbp: Object.entries(sbp).map(([axis, component]) => ({ axis, sbp: component })) },
    });
  }

  toGlobal(value: string, sbp: Readonly<Record<string, Sbp>>): string {
    const output = this.op("sbpc.ToGlobal", [value]);
    this.hint(output, sbp, "hard");
    return output;
  }

  linear(x: string, from: number, to: number, parallel: "col" | "row"): string {
    const weight = this.parameter("weight", [from, to], parallel === "col" ? split(1) : split(0));
    const bias = this.parameter("bias", [to], parallel === "col" ? split(0) : broadcast);
    const y = this.op("Add", [this.op("MatMul", [x, weight]), bias]);
    if (this.hints && parallel === "row") this.hint(y, { dp: split(0), tp: broadcast });
    return y;
  }

  norm(x: string, hidden: number): string {
    return this.op(
      "LayerNormalization",
      [x, this.parameter("scale", [hidden], broadcast), this.parameter("shift", [hidden], broadcast)],
      { axis: -1 },
    );
  }

  layer(x: string, { batch, tokens, hidden, heads }: TransformerOptions): string {
    const n = this.norm(x, hidden);
    const width = hidden / heads;
    const shape = this.constant([batch, tokens, heads, width]);
    const [q, k, v] = [0, 1, 2].map((i) =>
      this.op("Transpose", [this.op("Reshape", [this.linear(n, hidden, hidden, "col"), shape])], {
        perm: i === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3],
      }),
    ) as [string, string, string];
    const scores = this.op("Mul", [this.op("MatMul", [q, k]), this.constant([width ** -0.5], [], "f32")]);
    const mixed = this.op("MatMul", [this.op("Softmax", [scores], { axis: -1 }), v]);
    const joined = this.op("Reshape", [
      this.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
      this.constant([batch, tokens, hidden]),
    ]);
    const attended = this.op("Add", [x, this.linear(joined, hidden, hidden, "row")]);
    const inner = this.op("Gelu", [this.linear(this.norm(attended, hidden), hidden, 4 * hidden, "col")]);
    return this.op("Add", [attended, this.linear(inner, 4 * hidden, hidden, "row")]);
  }

  finish(outputs: Readonly<Record<string, string>>): Graph {
    return this.builder.finish(Object.entries(outputs).map(([name, value]) => ({ name, value })));
  }
}

export function transformer(options: TransformerOptions): Graph {
  const model = new ModelBuilder(options.hints);
  const { layers, batch, tokens, hidden, stages } = options;
  let x = model.input("x", [batch, tokens, hidden]);
  if (options.hints) model.hint(x, { dp: split(0), tp: broadcast });
  for (let i = 0; i < layers; i++) {
    model.stage = stages?.[i] ?? 0;
    x = model.layer(x, options);
  }
  x = model.norm(x, hidden);
  if (options.classes !== undefined) {
    const first = model.op("Slice", [x, model.constant([0]), model.constant([1]), model.constant([1])]);
    x = model.linear(
      model.op("Reshape", [first, model.constant([batch, hidden])]),
      hidden,
      options.classes,
      "col",
    );
  }
  return model.finish({ y: x });
}
