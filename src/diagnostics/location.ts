/** Where a thing comes from: a line of the user's model, or a pass that made it out of such lines. */

export type Location =
  | { readonly kind: "source"; readonly file: string; readonly line: number }
  | { readonly kind: "generated"; readonly by: string; readonly from: readonly Location[] }
  | { readonly kind: "unknown" };

export const unknownLocation: Location = { kind: "unknown" };

export function sourceLocation(file: string, line: number): Location {
  return { kind: "source", file, line };
}

/** The location of something that `by` (a pass) made from things at `from`; nested passes are flattened. */
export function generatedLocation(by: string, from: readonly Location[]): Location {
  return { kind: "generated", by, from: firstSource(from) };
}

function firstSource(from: readonly Location[]): readonly Location[] {
  for (const location of from) {
    if (location.kind === "source") return [location];
    if (location.kind === "generated" && location.from.length > 0) return location.from;
  }
  return [];
}

/** `model.ts:14`, or `insert-boxing(model.ts:14)` for what a pass made; empty when unknown. */
export function printLocation(location: Location): string {
  switch (location.kind) {
    case "source":
      return `${location.file}:${location.line}`;
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
  const source = /^(.*):(\d+)$/.exec(trimmed);
  if (source !== null) return sourceLocation(source[1] ?? "", Number(source[2]));
  return sourceLocation(trimmed, 0);
}
