/**
 * Scan of operator set 8, which scanned every sample of a batch: a Scan over the samples whose body is the Scan of one.
 */
import { fail } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import { onnx } from "../generated/onnx-ml.js";
import { type AttributeProto, type NodeProto } from "./proto.ts";
import { toNumber } from "../wire-number.ts";

const kinds = onnx.AttributeProto.AttributeType;

/** The outer node, and the inner one in its body, both in the form of operator set 9. Error: opset-unsupported. */
export function scanOfSamples(node: NodeProto, location: Location): { outer: NodeProto; inner: NodeProto } {
  const [lengths, ...inputs] = node.input ?? [];
  if (lengths !== undefined && lengths !== "")
    fail(
      "opset-unsupported",
      { op: "Scan", version: 8, problem: "is given the length of each sequence" },
      location,
    );
  const given = new Map((node.attribute ?? []).map((attribute) => [attribute.name ?? "", attribute]));
  const body = given.get("body");
  const scanned = toNumber(given.get("num_scan_inputs")?.i);
  const directions = given.get("directions");
  const inside = (kind: string) => (_: string, i: number) => `${node.name ?? ""}.sample.${kind}.${i}`;
  const outputs = node.output ?? [];
  const inner: NodeProto = {
    name: `${node.name ?? ""}.sample`,
    opType: "Scan",
    input: inputs.map(inside("in")),
    output: outputs.map(inside("out")),
    attribute: [
      ...(body === undefined ? [] : [body]),
      int("num_scan_inputs", scanned),
      ...(directions === undefined ? [] : [{ ...directions, name: "scan_input_directions" }]),
    ],
  };
  const named = (names: readonly string[] | null | undefined) => (names ?? []).map((name) => ({ name }));
  const sample = {
    name: `${node.name ?? ""}.sample`,
    node: [inner],
    input: named(inner.input),
    output: named(inner.output),
  };
  const attribute = [{ name: "body", type: kinds.GRAPH, g: sample }, int("num_scan_inputs", inputs.length)];
  return { outer: { ...node, input: inputs, attribute }, inner };
}

function int(name: string, i: number): AttributeProto {
  return { name, type: kinds.INT, i };
}
