/** What is read in the place of a node: the body of the function that it calls, the branch of an If whose condition is known. */
import { diagnostic, fail } from "../../diagnostics/diagnostic.ts";
import { toNumbers } from "../../ir/tensor-data.ts";
import { resolveReference } from "./attributes.ts";
import { Scope, trimmed } from "./names.ts";
import { deepest, type Frame, type NodeLists, type Site } from "./node-lists.ts";
import type { AttributeProto, FunctionProto, GraphProto } from "./proto.ts";
import { readInitializers } from "./read-sources.ts";
import { readOpsets } from "./session.ts";

/** Reads the body of the function that a node calls. */
export function inlineFunction(
  lists: NodeLists,
  called: FunctionProto,
  inputs: readonly (string | null)[],
  site: Site,
): void {
  const { session } = lists;
  const { proto, frame, name, location } = site;
  if (frame.functions.includes(called))
    fail("cyclic-graph", { nodes: frame.functions.map((f) => f.name ?? "").join(", ") }, location);
  if (frame.functions.length >= deepest) fail("nesting-too-deep", { name, limit: deepest }, location);
  const scope = new Scope();
  (called.input ?? []).forEach((parameter, i) => scope.set(parameter, inputs[i] ?? null));
  const context = { model: session.model, dims: session.dims, op: called.name ?? "", location };
  const attributes = new Map<string, AttributeProto>();
  for (const fallback of called.attributeProto ?? []) attributes.set(fallback.name ?? "", fallback);
  for (const given of proto.attribute ?? []) {
    const resolved = resolveReference(given, frame.attributes, context);
    if (resolved !== undefined) attributes.set(given.name ?? "", resolved);
  }
  const opsets = new Map([...session.opsets, ...readOpsets(called.opsetImport ?? [])]);
  splice(lists, { node: called.node ?? [], valueInfo: called.valueInfo ?? [] }, called.output ?? [], site, {
    scope,
    opsets,
    attributes,
    functions: [...frame.functions, called],
    prefix: `${name}/`,
  });
}

/** Reads the branch of an If whose condition is known in its place; false where it is not known. */
export function readDecided(
  lists: NodeLists,
  condition: string | null | undefined,
  graphs: Readonly<Record<string, GraphProto>>,
  site: Site,
): boolean {
  const { session, draft } = lists;
  const data = condition == null ? undefined : draft.inference.constant(condition);
  if (data === undefined) return false;
  const branch = graphs[toNumbers(data)[0] === 0 ? "else_branch" : "then_branch"];
  if (branch === undefined)
    fail(
      "bad-attribute",
      { op: "If", name: "then_branch and else_branch", problem: "must be graphs" },
      site.location,
    );
  const { frame } = site;
  const scope = new Scope(frame.scope);
  readInitializers(draft, branch, scope, (name) => session.names.claim(`${frame.prefix}${name}`));
  const results = (branch.output ?? []).map((output) => output.name ?? "");
  splice(lists, branch, results, site, { ...frame, scope });
  return true;
}

/** Reads a list of nodes in the place of a node: its results are the node's. */
function splice(
  lists: NodeLists,
  graph: Pick<GraphProto, "node" | "valueInfo">,
  results: readonly string[],
  { proto, frame, name, location }: Site,
  inner: Pick<Frame, "scope" | "opsets" | "attributes" | "functions" | "prefix">,
): void {
  const { session } = lists;
  const outputs = trimmed(proto.output ?? []);
  if (outputs.length > results.length)
    fail(
      "bad-arity",
      { op: name, expected: `at least ${outputs.length} results instead of`, actual: results.length },
      location,
    );
  const made = new Set((graph.node ?? []).flatMap((node) => node.output ?? []));
  const renamed = new Map<string, string>();
  outputs.forEach((output, i) => {
    const result = results[i] as string;
    if (output !== "" && made.has(result) && !renamed.has(result))
      renamed.set(result, lists.valueName(output, frame));
  });
  lists.push({
    ...inner,
    graph,
    renamed,
    main: false,
    finish: () => {
      outputs.forEach((output, i) => {
        if (output === "") return;
        const value = inner.scope.find(results[i] as string);
        if (value === undefined) session.missed(results[i] as string);
        if (value != null) frame.scope.set(output, value);
        else
          session.errors.push(
            diagnostic("undefined-value", { user: name, name: results[i] as string }, location),
          );
      });
    },
  });
}
