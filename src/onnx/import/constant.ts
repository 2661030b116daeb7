/** The tensor that a Constant node stands for, whichever of its attributes gives it. */
import { fail } from "../../diagnostics/diagnostic.ts";
import { constantOf } from "../../ops/simplify.ts";
import { readAttributes, resolveReference, type AttributeContext } from "./attributes.ts";
import type { AttributeProto } from "./proto.ts";
import { storedTensor, type StoredTensor } from "./tensors.ts";

/** Error: bad-attribute, and those of the tensor. */
export function constantValue(
  given: readonly AttributeProto[],
  outer: ReadonlyMap<string, AttributeProto> | undefined,
  context: AttributeContext,
): StoredTensor {
  const [first] = given;
  const only = first === undefined ? undefined : resolveReference(first, outer, context);
  if (first?.name === "value" && only?.t != null)
    return storedTensor(context.model, only.t, context.location);
  const { attributes } = readAttributes(given, outer, context);
  const { sparse_value, ...rest } = attributes;
  const data = constantOf(sparse_value === undefined ? rest : { value: sparse_value });
  if (data === undefined)
    fail(
      "bad-attribute",
      { op: "Constant", name: "value", problem: "is missing, or of another kind" },
      context.location,
    );
  return { ...data, read: () => data };
}
