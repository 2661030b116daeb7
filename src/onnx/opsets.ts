/** Imported opsets, as a model or a function lists them. */
import { quote, type Problems } from "./check-context.ts";
import type { onnx } from "./generated/onnx-ml.js";

/** ONNX's newest operator set that is known here. */
export const newestOpset = 27;

/** Versions by domain; the last import of a domain counts. */
export function importedOpsets(
  problems: Problems,
  imports: readonly onnx.OperatorSetIdProto.$Properties[],
  who: string,
): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain, version } of imports) {
    const number = Number(version ?? 0);
    if (Math.abs(number) >= 2 ** 31)
      problems.report("onnx-opset", { problem: `${who} imports version ${number} of ${quote(domain)}` });
    opsets.set(domain ?? "", number);
  }
  return opsets;
}
