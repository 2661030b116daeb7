/**
 * TensorRT's `DistCollective` (10.16 and later; all-to-all from 11.0 on), in ONNX's default domain as its parser takes it.
 * See "DistCollective" in NVIDIA's list of TensorRT operators.
 *
 *   collective_operation   all_reduce, all_gather, reduce_scatter, all_to_all; along dimension 0
 *   reduce_op              sum, max, min; none where nothing is reduced
 *   root                   -1: none of these has one
 *   nb_rank                devices that take part
 *   groups, group_size     the ranks that take part, where these are not all; absent and 0 otherwise
 *
 * No send and receive: a pipeline runs as one engine per stage. Equal shards only.
 */
import { deviceCount } from "../../ir/layout.ts";
import type { ModelBuilder } from "../../onnx/model-builder.ts";
import { invariant } from "../../support/assert.ts";
import { operatorNames, type Dialect } from "./dialect.ts";
import { alongAxis, exchangeAxes } from "./dialect-dim0.ts";
import { plainCollective, type Exchange } from "./exchange.ts";

export const tensorrtDialect: Dialect = {
  lacks(boxing, mesh) {
    const operator = operatorNames[boxing.kind];
    if (boxing.kind === "send" || boxing.kind === "halo")
      return { operator, problem: "the operator does not exist there" };
    const plain = plainCollective(boxing, mesh);
    return typeof plain === "string" ? { operator, problem: plain } : undefined;
  },
  collective(builder, exchange, input, output) {
    const { boxing, mesh, group, from: before, to: after } = exchange;
    const plain = plainCollective(boxing, mesh);
    invariant(typeof plain !== "string", "collective that the dialect lacks", () => boxing.output);
    switch (plain.kind) {
      case "all-reduce":
        return distCollective(builder, exchange, "all_reduce", plain.reduce)(input, output);
      case "all-gather": {
        const gather = distCollective(builder, exchange, "all_gather", "none");
        return alongAxis(builder, plain.axis, before.length, input, output, gather);
      }
      case "reduce-scatter": {
        const scatter = distCollective(builder, exchange, "reduce_scatter", plain.reduce);
        return alongAxis(builder, plain.axis, before.length, input, output, scatter);
      }
      case "all-to-all": {
        const swap = distCollective(builder, exchange, "all_to_all", "none");
        return exchangeAxes(
          builder,
          { ...plain, parts: group.length },
          { before, after },
          input,
          output,
          swap,
        );
      }
    }
  },
  send: absent,
  receive: absent,
};

function distCollective(builder: ModelBuilder, { mesh, group }: Exchange, operation: string, reduce: string) {
  const isWorld = group.length === deviceCount(mesh);
  return (input: string, output: string): string =>
    builder.op("DistCollective", [input], output, {
      collective_operation: operation,
      reduce_op: reduce,
      root: -1,
      nb_rank: group.length,
      group_size: isWorld ? 0 : group.length,
      ...(isWorld ? {} : { groups: group }),
    });
}

function absent(): never {
  throw new Error("TensorRT has no such collective");
}
