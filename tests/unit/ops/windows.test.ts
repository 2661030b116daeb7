/** Windows on both axes of a mesh: of one tensor axis, nested, and of two; every pair of signatures that has them is executed. */
import { expect, test } from "vitest";
import type { Signature } from "../../../src/sbp/signature.ts";
import { convNetworkCases } from "./cases/conv-networks.ts";
import { windowCases } from "./cases/window.ts";
import { checkSignature, combine, listedSignatures, meshOf, prepare } from "./harness.ts";

const hasWindows = (signature: Signature) => signature.inputs.some((sbp) => sbp?.kind === "W");

test.each([
  [2, 2],
  [2, 3],
  [3, 2],
])("on %d times %d devices", (a, b) => {
  const mesh = meshOf(a, b);
  const problems: string[] = [];
  const executed = { nested: 0, crossed: 0 };
  for (const prepared of [...convNetworkCases, ...windowCases].map((opCase) => prepare(opCase))) {
    const [outer, inner] = [a, b].map((size) => listedSignatures(prepared, size).filter(hasWindows));
    for (const first of outer ?? []) {
      for (const second of inner ?? []) {
        const signature = combine(prepared, [first, second], mesh);
        if (signature === undefined) continue;
        const axes = signature.outputs[0]?.map((sbp) => (sbp.kind === "S" ? sbp.axis : -1)) ?? [];
        executed[axes[0] === axes[1] ? "nested" : "crossed"]++;
        const problem = checkSignature(prepared, signature, mesh, "terms", `${a} ${b}`);
        if (problem !== undefined) problems.push(`${prepared.text}: ${problem}`);
      }
    }
  }
  expect(problems).toEqual([]);
  expect(executed.nested).toBeGreaterThan(30);
  expect(executed.crossed).toBeGreaterThan(20);
});
