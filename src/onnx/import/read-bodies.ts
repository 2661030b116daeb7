/** Reads the bodies of If, Loop and Scan: again, with wider types, where a turn of a loop changes what it hands on. */
import { SbpcError } from "../../diagnostics/diagnostic.ts";
import type { Graph } from "../../ir/graph.ts";
import type { ValueType } from "../../ir/types.ts";
import { present } from "../../support/assert.ts";
import type { Bodies } from "./draft.ts";
import type { GraphProto } from "./proto.ts";
import { widen, type RegionCall, type RegionRule } from "./regions.ts";
import type { Session } from "./session.ts";

/** Reads one body whose inputs have these types. The type of a result is undefined where it could not be read. */
type ReadBody = (
  graph: GraphProto,
  inputTypes: readonly ValueType[],
) => { readonly graph: Graph; readonly types: readonly (ValueType | undefined)[] };

/** `graphs` are the node's attributes that are graphs. What is wrong in a body has been reported where this throws no more of it. */
export function readBodies(
  rule: RegionRule,
  call: RegionCall,
  session: Session,
  graphs: Readonly<Record<string, GraphProto>>,
  readBody: ReadBody,
): Bodies {
  let inputTypes = rule.bodyInputs(call);
  for (;;) {
    const reported = session.errors.length;
    let wider: readonly ValueType[] | undefined;
    const bodies = session.names.tentatively((): Bodies | undefined => {
      const regions: Record<string, Graph> = {};
      const results = rule.bodies.map((name) => {
        const body = readBody(graphs[name] ?? call.refuse(`has no graph ${name}`), inputTypes);
        regions[name] = body.graph;
        return body.types;
      });
      const types = results.map((list) => list.filter((type) => type !== undefined));
      const isWhole = types.every((list, i) => list.length === results[i]?.length);
      if (session.errors.length > reported || !isWhole) throw new SbpcError([]);
      wider = widen(rule, call, inputTypes, types[0] ?? []);
      return wider === undefined ? { regions, types: rule.outputs(call, types) } : undefined;
    });
    if (bodies !== undefined) return bodies;
    inputTypes = present(wider, "a body is read again with the types it had");
  }
}
