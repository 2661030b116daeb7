/** Functions that a model brings along, by domain, name and overload. */
import type { FunctionProto, NodeProto } from "./proto.ts";
import { toDomain } from "./proto.ts";

export class Functions {
  readonly #byKey = new Map<string, FunctionProto>();

  constructor(functions: readonly FunctionProto[]) {
    for (const proto of functions) {
      const key = keyOf(proto.domain, proto.name, proto.overload);
      if (!this.#byKey.has(key)) this.#byKey.set(key, proto);
    }
  }

  /** The function that a node calls; undefined where it is an operator. */
  of(node: NodeProto): FunctionProto | undefined {
    if (this.#byKey.size === 0) return undefined;
    return this.#byKey.get(keyOf(node.domain, node.opType, node.overload));
  }
}

function keyOf(domain?: string | null, name?: string | null, overload?: string | null): string {
  return JSON.stringify([toDomain(domain), name ?? "", overload ?? ""]);
}
