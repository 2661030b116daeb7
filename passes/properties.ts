/** Named properties of a compilation that passes require and ensure; see the numbered list. */
export type Property =
  | "typed"
  | "static"
  | "canonical"
  | "no-dead-nodes"
  | "staged"
  | "laid-out"
  | "no-forms"
  | "boxed"
  | "localized"
  | "partitioned"
  | "memory-planned"
  | "planned";
