/**
 * Every signature of every operator executed sharded against whole, on two and on three devices and on meshes of two axes;
 * every distributed form; all combinations of layouts by brute force; the meaning itself against ONNX Runtime.
 *
 * Calls that have no value here (they draw random numbers, or need a codec) are compared with ONNX Runtime by type alone.
 */
import { afterAll, describe, expect, test } from "vitest";
import type { NodeSignature } from "../../../src/ir/graph.ts";
import type { Mesh } from "../../../src/ir/layout.ts";
import { localTypeOf } from "../../../src/ops/localize.ts";
import { registry } from "../../../src/ops/registry.ts";
import { expandForm } from "../../../src/ops/forms.ts";
import { printSignature, type Signature } from "../../../src/sbp/signature.ts";
import { groupBy } from "../../../src/support/collections.ts";
import { allCases } from "./all-cases.ts";
import { bruteForce } from "./brute-force.ts";
import {
  checkSignature,
  combine,
  hasStaticOutputs,
  listedForms,
  listedSignatures,
  meshOf,
  prepare,
  type Prepared,
} from "./harness.ts";
import { graphCaseOps } from "./graphs.ts";
import { unlisted } from "./missing.ts";
import { compareWithOnnxRuntime } from "./onnxruntime.ts";
import { randomFrom } from "./placed-data.ts";

const cases = groupBy(
  allCases.map((opCase) => prepare(opCase)),
  ({ opCase }) => opCase.op,
);
/** The cases of an operator that can be executed here. */
const evaluated = (prepared: readonly Prepared[]) =>
  prepared.filter(({ definition, call }) => definition.whyUnevaluated(call) === undefined);
const count = {
  executed: 0,
  incorrect: 0,
  forms: 0,
  combinations: 0,
  sampled: 0,
  missing: 0,
  listed: 0,
  nested: 0,
  whole: 0,
  compared: 0,
  refused: 0,
};
const usedEntries = new Set<number>();

afterAll(() => {
  const { executed, incorrect, forms, combinations, missing, listed, nested, compared, refused, sampled } =
    count;
  process.stdout.write(
    `signatures: ${cases.size} operators, ${allCases.length} cases, ${executed} signatures executed (${incorrect} incorrect), ` +
      `${forms} forms, ${combinations} brute-force combinations, ${missing} missing (${listed} listed)\n` +
      `signatures: besides, ${nested} pairs on meshes of two axes; ${sampled} cases with a sample of the combinations; ` +
      `${compared} cases equal in ONNX Runtime, ${refused} without a kernel there\n`,
  );
});

test("every operator has a case", () => {
  const without = [...registry.keys()].filter(
    (op) => !cases.has(op) && !graphCaseOps.has(op) && op !== "sbpc.Boxing",
  );
  expect(without).toEqual([]);
});

describe.each([...cases])("%s", (op, prepared) => {
  test("runs sharded as listed", () => {
    const problems: string[] = [];
    for (const one of evaluated(prepared)) {
      if (!hasStaticOutputs(one)) {
        expect(listedSignatures(one, 2).length, `${one.text} has no shape to split`).toBe(1);
        continue;
      }
      for (const devices of [2, 3]) problems.push(...checkListed(one, devices));
    }
    count.incorrect += problems.length;
    expect(problems).toEqual([]);
  });

  test("runs sharded on meshes of two axes", () => {
    const problems: string[] = [];
    for (const one of evaluated(prepared).filter(hasStaticOutputs)) problems.push(...checkNested(one));
    count.incorrect += problems.length;
    expect(problems).toEqual([]);
  });

  test("lists every signature that holds", () => {
    const problems: string[] = [];
    for (const one of evaluated(prepared).filter(hasStaticOutputs)) {
      const { combinations, sampled, missing } = bruteForce(one);
      count.combinations += combinations;
      count.sampled += Number(sampled);
      for (const { devices, signature } of missing) {
        const text = printSignature(signature);
        const entry = unlisted.findIndex(
          (e) => e.op === op && e.signature === text && one.text.includes(e.call ?? ""),
        );
        count.missing++;
        if (entry >= 0) {
          count.listed++;
          usedEntries.add(entry);
        } else problems.push(`${one.text} on ${devices} devices: ${text}`);
      }
    }
    expect(problems).toEqual([]);
  });

  test("means what ONNX Runtime computes", async () => {
    const problems: string[] = [];
    for (const one of prepared) {
      if (op.startsWith("sbpc.")) continue;
      const result = await compareWithOnnxRuntime(one);
      const { runtimeDiffers } = one.opCase;
      if (result.kind === "no kernel" || runtimeDiffers !== undefined) count.refused++;
      else count.compared++;
      if (runtimeDiffers !== undefined) {
        if (result.kind === "equal") problems.push(`${one.text}: ONNX Runtime no longer differs`);
      } else if (result.kind === "different") problems.push(`${one.text}: ${result.problem}`);
    }
    expect(problems).toEqual([]);
  });
});

test("every entry of the list of missing signatures is found", () => {
  expect(unlisted.filter((_, i) => !usedEntries.has(i))).toEqual([]);
});

function checkListed(prepared: Prepared, devices: number): string[] {
  const mesh = meshOf(devices);
  const problems: string[] = [];
  for (const signature of [...listedSignatures(prepared, devices), ...listedForms(prepared, devices)]) {
    const at = `${prepared.text} on ${devices} devices, ${printSignature(signature)}`;
    const onMesh = combine(prepared, [signature], mesh);
    if (onMesh === undefined) {
      problems.push(`${at}: cannot be split so`);
      continue;
    }
    if (signature.form === undefined) count.executed++;
    else count.forms++;
    const work = localFlops(prepared, onMesh, mesh);
    if (!(work >= 0 && work < Infinity)) problems.push(`${at}: ${work} operations on a shard`);
    const partial = [...signature.inputs].some((sbp) => sbp?.kind === "P");
    for (const kind of partial ? (["terms", "owners"] as const) : (["terms"] as const)) {
      const problem = checkSignature(prepared, onMesh, mesh, kind, `${devices} ${kind}`);
      if (problem !== undefined) problems.push(`${at}, ${kind}: ${problem}`);
    }
  }
  return problems;
}

/** Operations that a device is counted for: of the call with the types of its shards. */
function localFlops(
  { definition, call, inputTypes }: Prepared,
  { inputs }: NodeSignature,
  mesh: Mesh,
): number {
  const local = inputTypes.map((type, i) => {
    const layout = inputs[i];
    return type === null || layout == null ? null : localTypeOf(type, layout, mesh, 0);
  });
  return definition.flops(call.withInputs(local));
}

/** Random pairs of signatures, one per axis of a mesh of two. */
function checkNested(prepared: Prepared): string[] {
  const random = randomFrom(`nested ${prepared.text}`);
  const pick = (list: readonly Signature[]) => list[Math.floor(random() * list.length)] as Signature;
  const problems: string[] = [];
  for (const sizes of [
    [2, 2],
    [2, 3],
    [3, 2],
  ]) {
    const mesh = meshOf(...sizes);
    const perAxis = sizes.map((size) => [
      ...listedSignatures(prepared, size),
      ...listedForms(prepared, size),
    ]);
    for (let tries = 0, run = 0; tries < 12 && run < 3; tries++) {
      const pair = perAxis.map(pick);
      const signature = combine(prepared, pair, mesh);
      if (signature === undefined) continue;
      if (signature.form !== undefined && expandForm({ ...prepared, signature, mesh }) === undefined)
        continue;
      run++;
      count.nested++;
      const problem = checkSignature(prepared, signature, mesh, "terms", sizes.join("x"));
      if (problem !== undefined)
        problems.push(
          `${prepared.text} on ${sizes.join("x")}, ${pair.map(printSignature).join(" and ")}: ${problem}`,
        );
    }
  }
  return problems;
}
