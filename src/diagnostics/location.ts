/** Where a thing comes from: a line of the user's model, a node of an ONNX file, or a pass that made it out of such lines. */

export type Location =
  | { readonly kind: "source"; readonly file: string; readonly line: number }
  | { readonly kind: "node"; readonly file: string; readonly node: string }
  | { readonly kind: "generated"; readonly by: string; readonly from: readonly Location[] }
  | { readonly kind: "unknown" };

export const unknownLocation: Location = { kind: "unknown" };

export function sourceLocation(file: string, line: number): Location {
  return { kind: "source", file, line };
}

/** The node of that name, or what it makes where it has none, in an ONNX file. */
export function nodeLocation(file: string, node: string): Location {
  return { kind: "node", file, node };
}

/** The location of something that `by` (a pass) made from things at `from`; nested passes are flattened. */
export function generatedLocation(by: string, from: readonly Location[]): Location {
  return { kind: "generated", by, from: firstSource(from) };
}

function firstSource(from: readonly Location[]): readonly Location[] {
  for (const location of from) {
    if (location.kind === "source" || location.kind === "node") return [location];
    if (location.kind === "generated" && location.from.length > 0) return location.from;
  }
  return [];
}

/** `model.ts:14`, `model.onnx @ /encoder/MatMul`, or `insert-boxing(model.ts:14)` for what a pass made; empty when unknown. */
export function printLocation(location: Location): string {
  switch (location.kind) {
    case "source":
      return `${location.file}:${location.line}`;
    case "node":
      return `${location.file}${nodeMark}${isPlain(location.node) ? location.node : JSON.stringify(location.node)}`;
    case "generated":
      return `${location.by}(${location.from.map(printLocation).join(", ")})`;
    case "unknown":
      return "";
  }
}

/** Reads what `printLocation` writes. */
export function parseLocation(text: string): Location {
  const trimmed = text.trim();
  if (trimmed === "") return unknownLocation;
  const generated = /^([a-z][a-z0-9-]*)\((.*)\)$/.exec(trimmed);
  if (generated !== null) {
    const inner = parseLocation(generated[2] ?? "");
    return { kind: "generated", by: generated[1] ?? "", from: inner.kind === "unknown" ? [] : [inner] };
  }
  const mark = trimmed.indexOf(nodeMark);
  if (mark > 0)
    return nodeLocation(trimmed.slice(0, mark), parseNodeName(trimmed.slice(mark + nodeMark.length)));
  const source = /^(.*):(\d+)$/.exec(trimmed);
  if (source !== null) return sourceLocation(source[1] ?? "", Number(source[2]));
  return sourceLocation(trimmed, 0);
}

const nodeMark = " @ ";

/** Whether the name can stand in a line as it is: nothing that ends the line or that is trimmed away. */
function isPlain(name: string): boolean {
  // eslint-disable-next-line no-control-regex
  return name !== "" && !/^["\s]|\s$|[\u0000-\u001f\u007f\u2028\u2029]/.test(name);
}

function parseNodeName(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}
