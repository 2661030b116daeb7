/** Checks a model's functions: identities, calls without circles, opsets that agree with the model's, bodies. */
import { has, quote, type CheckContext } from "./check-context.ts";
import { checkNodes, innerScope } from "./check-graph.ts";
import type { onnx } from "./generated/onnx-ml.js";
import { importedOpsets } from "./opsets.ts";
import { findSchema } from "./schemas.ts";
import { nodesWithin } from "./walk.ts";

type Body = onnx.FunctionProto.$Properties;
type Node = onnx.NodeProto.$Properties;

/** As in ONNX's checker: more than this is no honest model. */
const mostFunctions = 10_000;
const deepestCall = 100;

export function checkFunctions(context: CheckContext): void {
  const functions = context.model.proto.functions ?? [];
  checkCalls(context, functions);
  const opsets = new Map(context.opsets);
  for (const body of functions)
    for (const { domain, version } of body.opsetImport ?? [])
      if (!opsets.has(domain ?? "")) opsets.set(domain ?? "", Number(version ?? 0));
  for (const body of functions) checkFunction(context, body, opsets);
}

/** `domain::name`, and the overload where there is one; "ai.onnx" is "". */
function identity(domain: string, name: string, overload: string): string {
  const normal = domain === "ai.onnx" ? "" : domain;
  return overload === "" ? `${normal}::${name}` : `${normal}::${name}::${overload}`;
}

function checkCalls(context: CheckContext, functions: readonly Body[]): void {
  const { problems } = context;
  if (functions.length > mostFunctions) {
    problems.report("onnx-function", {
      name: quote(functions[0]?.name),
      problem: `it is one of ${functions.length}, sbpc takes ${mostFunctions}`,
      remedy: "Remove those that are not called.",
    });
    return;
  }
  const byIdentity = new Map<string, Body>();
  for (const body of functions) {
    const id = identity(body.domain ?? "", body.name ?? "", body.overload ?? "");
    if (byIdentity.has(id))
      problems.report("onnx-function", {
        name: quote(id),
        problem: "there is more than one of this domain, name and overload",
        remedy: "Give each an overload of its own.",
      });
    else byIdentity.set(id, body);
  }
  const calls = new Map<Body, Body[]>();
  for (const body of byIdentity.values()) {
    const called = new Set<Body>();
    for (const { domain, opType, overload } of nodesWithin(body.node ?? [])) {
      const callee = byIdentity.get(identity(domain ?? "", opType ?? "", overload ?? ""));
      if (callee !== undefined) called.add(callee);
    }
    calls.set(body, [...called]);
  }
  checkCallGraph(context, calls);
}

/** Depth first, along the calls; stops at the first circle, or chain that is too long. */
function checkCallGraph(context: CheckContext, calls: ReadonlyMap<Body, readonly Body[]>): void {
  const done = new Set<Body>();
  for (const root of calls.keys()) {
    if (done.has(root)) continue;
    const way = [{ body: root, next: 0 }];
    const onTheWay = new Set([root]);
    for (let frame = way.at(-1); frame !== undefined; frame = way.at(-1)) {
      const callee = calls.get(frame.body)?.[frame.next++];
      if (callee === undefined) {
        done.add(frame.body);
        onTheWay.delete(frame.body);
        way.pop();
        continue;
      }
      if (onTheWay.has(callee)) {
        const from = way.findIndex(({ body }) => body === callee);
        const names = [...way.slice(from).map(({ body }) => body.name ?? ""), callee.name ?? ""];
        context.problems.report("onnx-function", {
          name: quote(callee.name),
          problem: `it calls itself: ${names.join(" -> ")}`,
          remedy: "Use Loop where something is to be repeated.",
        });
        return;
      }
      if (done.has(callee)) continue;
      if (way.length >= deepestCall) {
        context.problems.report("onnx-function", {
          name: quote(callee.name),
          problem: `functions call one another more than ${deepestCall} deep`,
          remedy: "Inline the inner ones.",
        });
        return;
      }
      onTheWay.add(callee);
      way.push({ body: callee, next: 0 });
    }
  }
}

function checkFunction(context: CheckContext, body: Body, modelOpsets: ReadonlyMap<string, number>): void {
  const { problems } = context;
  const place = `The function ${quote(body.name)}`;
  if ((body.name ?? "") === "") problems.report("onnx-missing", { place, field: "name" });
  if (!has(body, "domain")) problems.report("onnx-missing", { place, field: "domain" });
  const opsets = importedOpsets(problems, body.opsetImport ?? [], place);
  const scope = innerScope(undefined);
  for (const [names, what] of [
    [body.input ?? [], "the input"],
    [body.output ?? [], "the output"],
    [body.attribute ?? [], "the attribute"],
  ] as const) {
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) problems.report("onnx-duplicate", { place, what, name: quote(name) });
      seen.add(name);
    }
  }
  for (const name of body.input ?? []) scope.own.add(name);
  const within = ` in the function ${quote(body.name)}`;
  checkNodes({ ...context, opsets, inFunction: true, within }, body.node ?? [], scope);
  const refused = new Set<string>();
  for (const node of body.node ?? []) {
    const problem = opsetProblem(node, opsets, modelOpsets);
    if (problem === undefined || refused.has(problem)) continue;
    refused.add(problem);
    problems.report("onnx-function", {
      name: quote(body.name),
      problem,
      remedy: "Import the same opset in the function and in the model.",
    });
  }
}

/** An operator must mean the same in the function and in the model that it is part of. */
function opsetProblem(
  node: Node,
  own: ReadonlyMap<string, number>,
  model: ReadonlyMap<string, number>,
): string | undefined {
  const domain = node.domain ?? "";
  const op = node.opType ?? "";
  const inFunction = own.get(domain);
  const inModel = model.get(domain);
  if (inFunction === undefined) return `it does not import the domain ${quote(domain)} of ${op}`;
  if (inModel === undefined || inModel === inFunction) return undefined;
  const [first, second] = [findSchema(domain, op, inFunction), findSchema(domain, op, inModel)];
  if (first?.since === second?.since) return undefined;
  return `${op} of opset ${inFunction}, which it imports, is not that of opset ${inModel}, which the model imports`;
}
