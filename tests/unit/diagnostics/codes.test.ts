/** The tables of messages: no code is in two of them, and every error says what to do, in a sentence of its own. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codes } from "../../../src/diagnostics/codes.ts";
import type { MessageSpec } from "../../../src/diagnostics/message-spec.ts";

const all: readonly (readonly [string, MessageSpec])[] = Object.entries(codes);

test.each(all.filter(([, { severity }]) => severity === "error"))(
  "%s has a remedy",
  (_, { message, remedy }) => {
    expect(remedy).toBeDefined();
    expect(remedy).not.toBe(message);
    expect(remedy).toMatch(/^[^a-z].*[.}]$/);
  },
);

test("no code is in two tables, and none in a table that is left out", async () => {
  const folder = join(import.meta.dirname, "../../../src/diagnostics/codes");
  const inTables: string[] = [];
  for (const file of readdirSync(folder)) {
    const tables: object = await import(join(folder, file));
    for (const table of Object.values(tables)) inTables.push(...Object.keys(table as object));
  }
  expect(inTables.toSorted()).toEqual(Object.keys(codes).toSorted());
});
