/**
 * The dialect of the domain `sbpc`: every communication of every plan.
 *
 *   AllReduce, AllGather, ReduceScatter, AllToAll, HaloExchange   (input) -> output
 *   Send   (input) -> input, a copy that stands for its having been sent
 *   Recv   () -> output
 *
 * Attributes of collectives: `from` and `to`, the layouts of a tensor of `global_shape` on `mesh`; `groups`, the ranks of all
 * groups one after another, `group_size` of them each; `shape`, what this rank gets; `reduce` where values are partial.
 * Of Send and Recv: the `peer`'s rank, `tag`, the same number on both sides; of Recv `shape` and `dtype` too.
 *
 * Each operator is a function of the model, so that every tool can load the file. The function's body has the output's type
 * and shape but talks to nobody: a runtime that has the collectives takes them instead.
 */
import { printMesh, printNdSbp } from "../../ir/layout.ts";
import { dataTypes } from "../../ir/types.ts";
import { onnx } from "../../onnx/generated/onnx-ml.js";
import type { ModelBuilder } from "../../onnx/model-builder.ts";
import { encodeAttribute } from "../../onnx/write.ts";
import { operatorNames, type Dialect } from "./dialect.ts";

const domain = "sbpc";
const domainVersion = 1;

export const sbpcDialect: Dialect = {
  lacks: () => undefined,
  collective(builder, exchange, input, output) {
    const { boxing, mesh, groups, to } = exchange;
    const partial = boxing.axes.map((axis) => boxing.from[axis]).find((sbp) => sbp?.kind === "P");
    return call(builder, operatorNames[boxing.kind], [input], output, {
      from: printNdSbp(boxing.from),
      to: printNdSbp(boxing.to),
      mesh: printMesh(mesh),
      global_shape: boxing.shape,
      groups: groups.flat(),
      group_size: exchange.group.length,
      shape: to,
      reduce: partial?.kind === "P" ? partial.reduce : "none",
    });
  },
  send: (builder, exchange, input, peer, output) =>
    call(builder, "Send", [input], output, { peer, tag: exchange.index }),
  receive: (builder, exchange, peer, output) =>
    call(builder, "Recv", [], output, {
      peer,
      tag: exchange.index,
      shape: exchange.to,
      dtype: dataTypes[exchange.boxing.dtype][0],
    }),
};

function call(
  builder: ModelBuilder,
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, string | number | readonly number[]>>,
): string {
  builder.requireOpset(domain, domainVersion);
  const body =
    operator === "AllReduce" || operator === "Send" ? passed : operator === "Recv" ? zeros : filled;
  builder.addFunction({
    name: operator,
    domain,
    input: inputs.map(() => "input"),
    output: ["output"],
    attribute: Object.keys(attributes),
    node: body,
  });
  return builder.op(operator, inputs, output, attributes, domain);
}

const { AttributeType } = onnx.AttributeProto;

/** The input itself. */
const passed: onnx.NodeProto.$Properties[] = [{ opType: "Identity", input: ["input"], output: ["output"] }];

const shapeNode: onnx.NodeProto.$Properties = {
  opType: "Constant",
  output: ["shape"],
  attribute: [{ name: "value_ints", type: AttributeType.INTS, refAttrName: "shape" }],
};

/** The input's first element, as often as the output's shape asks. */
const filled: onnx.NodeProto.$Properties[] = [
  shapeNode,
  constantInts("all", [-1]),
  constantInts("first", [0]),
  constantInts("end", [1]),
  { opType: "Reshape", input: ["input", "all"], output: ["flat"] },
  { opType: "Slice", input: ["flat", "first", "end"], output: ["one"] },
  { opType: "Expand", input: ["one", "shape"], output: ["output"] },
];

/** Zeros of the output's type and shape. */
const zeros: onnx.NodeProto.$Properties[] = [
  shapeNode,
  { opType: "Constant", output: ["zero"], attribute: [encodeAttribute("value_float", { float: 0 })] },
  {
    opType: "Cast",
    input: ["zero"],
    output: ["typed"],
    attribute: [{ name: "to", type: AttributeType.INT, refAttrName: "dtype" }],
  },
  { opType: "Expand", input: ["typed", "shape"], output: ["output"] },
];

function constantInts(name: string, values: readonly number[]): onnx.NodeProto.$Properties {
  return { opType: "Constant", output: [name], attribute: [encodeAttribute("value_ints", values)] };
}
