/** Every operator that sbpc knows, by name. */
import type { OpDefinition } from "./define.ts";
import { elementwiseOps } from "./elementwise.ts";

const families: readonly (readonly OpDefinition[])[] = [elementwiseOps];

export const registry: ReadonlyMap<string, OpDefinition> = new Map(families.flat().map((op) => [op.name, op]));

/** The declaration of an operator; undefined for one that sbpc does not know. */
export function findOp(name: string): OpDefinition | undefined {
  return registry.get(name);
}
