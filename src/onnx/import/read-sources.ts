/** Reads what stands in a graph before its nodes: inputs and initializers. */
import { diagnostic, fail } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import type { ValueType } from "../../ir/types.ts";
import type { Draft } from "./draft.ts";
import type { Scope } from "./names.ts";
import type { GraphProto } from "./proto.ts";
import type { Session } from "./session.ts";
import { fixedValue } from "./sources.ts";
import { densified, storedTensor } from "./tensors.ts";

/** Reports values for inputs that the model does not have. */
export function refuseUnknownValues(
  session: Session,
  graph: GraphProto,
  initialized: ReadonlySet<string>,
): void {
  const values = [...session.values.keys()];
  const known = values.length === 0 ? [] : (graph.input ?? []).map(({ name }) => name ?? "");
  for (const name of values) {
    if (known.includes(name)) continue;
    const inputs = known.filter((input) => !initialized.has(input)).join(", ");
    const problem = `is none of the model's (${inputs})`;
    session.errors.push(diagnostic("bad-input", { name, problem }, session.at(name)));
  }
}

/**
 * An input of a graph, under the name `value`: of the type `given`, else of the file's. One of the main graph may be fixed.
 * Errors: duplicate-name, type-unknown, bad-input.
 */
export function readInput(
  draft: Draft,
  name: string,
  proto: Parameters<Session["type"]>[0],
  scope: Scope,
  value: string,
  given?: ValueType,
): void {
  const { session } = draft;
  const location = session.at(name);
  if (scope.defines(name)) fail("duplicate-name", { name }, location);
  scope.set(name, value);
  const type = given ?? draft.orBroken(value, () => session.type(proto, name, location));
  if (type === undefined) {
    draft.broken.add(value);
    fail(
      "type-unknown",
      { value: name, op: "the model's user", problem: "the file gives the input no type" },
      location,
    );
  }
  const fixed = draft === draft.main ? session.values.get(name) : undefined;
  if (fixed === undefined) {
    draft.input(value, type, location);
  } else {
    const data = draft.orBroken(value, () => fixedValue(name, type, fixed, location));
    draft.constant(value, data, location);
  }
}

/** Initializers of a graph; `claim` gives the names of their values. What is wrong with one is collected. */
export function readInitializers(
  draft: Draft,
  graph: GraphProto,
  scope: Scope,
  claim: (name: string) => string,
): void {
  const { session } = draft;
  const seen = new Set<string>();
  const add = (name: string, read: (location: Location) => void) => {
    const location = session.at(name);
    session.attempt(() => {
      if (seen.has(name)) fail("duplicate-name", { name }, location);
      seen.add(name);
      // An input that was fixed instead of initialised.
      if (!scope.defines(name)) read(location);
    });
  };
  for (const tensor of graph.initializer ?? []) {
    const name = tensor.name ?? "";
    add(name, (location) => {
      const shared = session.parameters.get(tensor);
      const value = shared ?? claim(name);
      scope.set(name, value);
      if (shared !== undefined) return;
      const stored = draft.orBroken(value, () => storedTensor(session.model, tensor, location));
      if (draft.stored(value, stored, location, "initializer")) session.parameters.set(tensor, value);
    });
  }
  for (const sparse of graph.sparseInitializer ?? []) {
    const name = sparse.values?.name ?? "";
    add(name, (location) => {
      const value = claim(name);
      scope.set(name, value);
      const data = draft.orBroken(value, () => densified(session.model, sparse, name, location));
      draft.stored(value, { ...data, read: () => data }, location, "initializer");
    });
  }
}
