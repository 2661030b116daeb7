/**
 * What differs between two ONNX models: structure and weights. Names do not count: nodes, values and weights are paired by
 * what they compute, and those that have another name are only counted.
 */
import type { onnx } from "../onnx/generated/onnx-ml.js";
import type { DecodedModel } from "../onnx/model-file.ts";
import { printTypeProto } from "../onnx/type-text.ts";
import { compareBodies, comparisonOf, inOrder, type Comparison, type ContentHash } from "./body-diff.ts";
import { diffLog, type DiffLog, type ModelDiff } from "./diff-log.ts";
import { bodyOf, operatorOf, type Body } from "./graph-keys.ts";

type Info = onnx.ValueInfoProto.$Properties;

/** `makeHash` as for `comparisonOf`. Errors: those of reading the elements of a tensor. */
export function diffModels(a: DecodedModel, b: DecodedModel, makeHash?: () => ContentHash): ModelDiff {
  const log = diffLog();
  const comparison = comparisonOf(a, b, log, makeHash);
  diffHeads(a.proto, b.proto, log);
  const [graphA, graphB] = [a.proto.graph ?? {}, b.proto.graph ?? {}];
  const [bodyA, bodyB] = [bodyOf(graphA), bodyOf(graphB)];
  compareBodies(comparison, {
    path: "",
    a: bodyA,
    b: bodyB,
    inputs: diffInterface("input", keep(graphA.input, bodyA.inputs), keep(graphB.input, bodyB.inputs), log),
    outputs: diffInterface("output", graphA.output ?? [], graphB.output ?? [], log),
  });
  diffFunctions(a.proto, b.proto, comparison, log);
  return log.result();
}

function keep(infos: readonly Info[] | null | undefined, names: readonly string[]): Info[] {
  const wanted = new Set(names);
  return (infos ?? []).filter(({ name }) => wanted.has(name ?? ""));
}

function diffHeads(a: onnx.ModelProto, b: onnx.ModelProto, log: DiffLog): void {
  log.compare("IR version", String(a.irVersion), String(b.irVersion));
  log.compare("producer", `${a.producerName} ${a.producerVersion}`, `${b.producerName} ${b.producerVersion}`);
  log.compareMaps("opset", opsetsOf(a), opsetsOf(b));
  log.compareMaps("metadata", metadataOf(a), metadataOf(b));
  const devices = ({ configuration }: onnx.ModelProto): Map<string, string> =>
    new Map((configuration ?? []).map(({ name, numDevices }) => [name ?? "", `${numDevices ?? 0} devices`]));
  log.compareMaps("device configuration", devices(a), devices(b));
}

function opsetsOf({ opsetImport }: onnx.ModelProto): Map<string, string> {
  return new Map(
    (opsetImport ?? []).map(({ domain, version }) => [domain || "ai.onnx", String(version ?? 0)]),
  );
}

function metadataOf({ metadataProps }: onnx.ModelProto): Map<string, string> {
  return new Map((metadataProps ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
}

/** Pairs inputs or outputs: by name, then in their order; reports types that differ. */
function diffInterface(
  role: "input" | "output",
  a: readonly Info[],
  b: readonly Info[],
  log: DiffLog,
): Map<string, string> {
  const pairs = new Map<string, string>();
  const byName = new Map(b.map((info) => [info.name ?? "", info]));
  const report = (from: Info, to: Info): void => {
    pairs.set(from.name ?? "", to.name ?? "");
    if (from.name !== to.name) log.renamed();
    const [before, after] = [printTypeProto(from.type), printTypeProto(to.type)];
    if (before !== after) log.changed("interface", `${role} ${from.name ?? ""}: ${before} -> ${after}`);
  };
  const left: Info[] = [];
  for (const info of a) {
    const other = byName.get(info.name ?? "");
    if (other === undefined) left.push(info);
    else report(info, other);
    byName.delete(info.name ?? "");
  }
  const others = b.filter((info) => byName.has(info.name ?? ""));
  for (const [i, info] of left.entries()) {
    const other = others[i];
    if (other !== undefined) report(info, other);
    else log.removed("interface", `${role} ${info.name ?? ""}: ${printTypeProto(info.type)}`);
  }
  for (const other of others.slice(left.length))
    log.added("interface", `${role} ${other.name ?? ""}: ${printTypeProto(other.type)}`);
  return pairs;
}

/** Functions go by their domain, name and overload. */
function diffFunctions(a: onnx.ModelProto, b: onnx.ModelProto, comparison: Comparison, log: DiffLog): void {
  const byName = (proto: onnx.ModelProto): Map<string, onnx.FunctionProto.$Properties> =>
    new Map(
      (proto.functions ?? []).map((body) => [
        operatorOf({ domain: body.domain ?? "", opType: body.name ?? "", overload: body.overload ?? "" }),
        body,
      ]),
    );
  const others = byName(b);
  for (const [name, body] of byName(a)) {
    const other = others.get(name);
    others.delete(name);
    if (other === undefined) {
      log.removed("functions", name);
      continue;
    }
    const [from, to] = [bodyOfFunction(body), bodyOfFunction(other)];
    if (from.inputs.length !== to.inputs.length || from.outputs.length !== to.outputs.length)
      log.changed("functions", `${name}: its inputs or outputs`);
    compareBodies(comparison, {
      path: `${name}/`,
      a: from,
      b: to,
      inputs: inOrder(from.inputs, to.inputs),
      outputs: inOrder(from.outputs, to.outputs),
    });
  }
  for (const name of others.keys()) log.added("functions", name);
}

function bodyOfFunction({ node, input, output }: onnx.FunctionProto.$Properties): Body {
  const infos = (names: readonly string[] | null | undefined): Info[] =>
    (names ?? []).map((name) => ({ name }));
  return bodyOf({ node: node ?? [], input: infos(input), output: infos(output) });
}
