/** A message with its code, its place and its details; the error that carries such messages; their collector. */
import { codes, type Code } from "./codes.ts";
import { printLocation, unknownLocation, type Location } from "./location.ts";
import type { MessageSpec, Severity } from "./message-spec.ts";

export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  readonly location: Location;
  readonly message: string;
  readonly remedy?: string;
}

export type Details = Readonly<Record<string, string | number>>;

/** Builds the diagnostic of `code`; every `{name}` in its texts is taken from `details`. */
export function diagnostic(
  code: Code,
  details: Details = {},
  location: Location = unknownLocation,
): Diagnostic {
  const spec: MessageSpec = codes[code];
  const base = { code, severity: spec.severity, location, message: fill(spec.message, details) };
  return spec.remedy === undefined ? base : { ...base, remedy: fill(spec.remedy, details) };
}

function fill(text: string, details: Details): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}

/** `model.ts:14: error shape-mismatch: MatMul: …` followed by the remedy on a line of its own. */
export function printDiagnostic(d: Diagnostic): string {
  const place = printLocation(d.location);
  const head = `${place === "" ? "" : `${place}: `}${d.severity} ${d.code}: ${d.message}`;
  return d.remedy === undefined ? head : `${head}\n  ${d.remedy}`;
}

/** One or more diagnostics that end a command. */
export class SbpcError extends Error {
  override readonly name = "SbpcError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], options?: ErrorOptions) {
    super(diagnostics.map(printDiagnostic).join("\n"), options);
    this.diagnostics = diagnostics;
  }

  get code(): Code | undefined {
    return this.diagnostics[0]?.code;
  }
}

/** Throws the one diagnostic as an error. */
export function fail(code: Code, details: Details = {}, location: Location = unknownLocation): never {
  throw new SbpcError([diagnostic(code, details, location)]);
}

/** Collects warnings and notes; equal messages at one place are kept once. */
export class DiagnosticSink {
  readonly #seen = new Map<string, Diagnostic>();

  report(code: Code, details: Details = {}, location: Location = unknownLocation): void {
    const d = diagnostic(code, details, location);
    const key = printDiagnostic(d);
    if (!this.#seen.has(key)) this.#seen.set(key, d);
  }

  get diagnostics(): readonly Diagnostic[] {
    return [...this.#seen.values()];
  }
}
