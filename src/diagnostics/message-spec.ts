/**
 * What a message is made of. `severity` is the default: an error ends the command, a warning or a note is collected and printed.
 */

export type Severity = "error" | "warning" | "note";

export interface MessageSpec {
  readonly severity: Severity;
  /** What is wrong, with `{name}` where a detail goes. */
  readonly message: string;
  /** What to do about it, with `{name}` likewise. */
  readonly remedy?: string;
}
