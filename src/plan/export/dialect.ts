/** What a dialect of collectives is: how one device's part in a communication is said in ONNX. */
import type { Mesh } from "../../ir/layout.ts";
import type { ModelBuilder } from "../../onnx/model-builder.ts";
import type { BoxingPlan } from "../plan.ts";
import type { Exchange } from "./exchange.ts";

export const dialectNames = ["sbpc", "com.microsoft", "tensorrt"] as const;

export type DialectName = (typeof dialectNames)[number];

export interface Dialect {
  /** The operator that is lacking, and why; undefined where the communication can be said. */
  lacks(boxing: BoxingPlan, mesh: Mesh): { readonly operator: string; readonly problem: string } | undefined;
  /** Adds a collective; gives the name of its result, `output` or one like it. */
  collective(builder: ModelBuilder, exchange: Exchange, input: string, output: string): string;
  /** Adds a send to rank `to`; gives a value that stands for its having happened. */
  send(builder: ModelBuilder, exchange: Exchange, input: string, to: number, output: string): string;
  receive(builder: ModelBuilder, exchange: Exchange, from: number, output: string): string;
}

/** Operators by the kind of communication, as runtimes call them. */
export const operatorNames = {
  "all-reduce": "AllReduce",
  "all-gather": "AllGather",
  "reduce-scatter": "ReduceScatter",
  "all-to-all": "AllToAll",
  halo: "HaloExchange",
  send: "Send",
} as const satisfies Record<BoxingPlan["kind"], string>;
