/**
 * ONNX Runtime's collectives, domain `com.microsoft` (core/graph/contrib_ops/collective_defs.cc), in builds with NCCL only.
 *
 *   AllReduce             the sum over the whole world
 *   AllGather             axis, group_size
 *   AllToAll              group_size; exchanges blocks of dimension 0
 *
 * One world, no groups; no reduce-scatter, no send and receive, equal shards only.
 */
import { deviceCount } from "../../ir/layout.ts";
import type { DataType } from "../../ir/types.ts";
import { groupSize } from "../../sbp/mesh.ts";
import { invariant } from "../../support/assert.ts";
import { operatorNames, type Dialect } from "./dialect.ts";
import { exchangeAxes } from "./dialect-dim0.ts";
import { plainCollective } from "./exchange.ts";

const domain = "com.microsoft";
const reduced: readonly DataType[] = ["f16", "f32", "f64"];
const moved: readonly DataType[] = [...reduced, "i64", "bool"];

export const microsoftDialect: Dialect = {
  lacks(boxing, mesh) {
    const operator = operatorNames[boxing.kind];
    const lack = (problem: string) => ({ operator, problem });
    if (boxing.kind === "send" || boxing.kind === "reduce-scatter" || boxing.kind === "halo")
      return lack("the operator does not exist there");
    if (groupSize(mesh, boxing.axes) !== deviceCount(mesh))
      return lack(
        `groups of ${groupSize(mesh, boxing.axes)} of ${deviceCount(mesh)} devices: it knows the whole world only`,
      );
    const plain = plainCollective(boxing, mesh);
    if (typeof plain === "string") return lack(plain);
    if (plain.kind === "all-reduce" && plain.reduce !== "sum") return lack(`${plain.reduce} instead of sum`);
    const types = plain.kind === "all-reduce" ? reduced : moved;
    return types.includes(boxing.dtype) ? undefined : lack(`element type ${boxing.dtype}`);
  },
  collective(builder, { boxing, mesh, group, from: before, to: after }, input, output) {
    builder.requireOpset(domain, 1);
    const plain = plainCollective(boxing, mesh);
    invariant(typeof plain !== "string", "collective that the dialect lacks", () => boxing.output);
    const parts = group.length;
    switch (plain.kind) {
      case "all-reduce":
        return builder.op("AllReduce", [input], output, {}, domain);
      case "all-gather":
        return builder.op("AllGather", [input], output, { axis: plain.axis, group_size: parts }, domain);
      case "all-to-all":
        return exchangeAxes(builder, { ...plain, parts }, { before, after }, input, output, (x, y) =>
          builder.op("AllToAll", [x], y, { group_size: parts }, domain),
        );
      case "reduce-scatter":
        return absent();
    }
  },
  send: absent,
  receive: absent,
};

function absent(): never {
  throw new Error("com.microsoft has no such collective");
}
