/** The page of messages: every error says what to do, in a sentence of its own. */
import { expect, test } from "vitest";
import { codes, type MessageSpec } from "../../../src/diagnostics/codes.ts";

const all: readonly (readonly [string, MessageSpec])[] = Object.entries(codes);

test.each(all.filter(([, { severity }]) => severity === "error"))(
  "%s has a remedy",
  (_, { message, remedy }) => {
    expect(remedy).toBeDefined();
    expect(remedy).not.toBe(message);
    expect(remedy).toMatch(/^[^a-z].*[.}]$/);
  },
);
