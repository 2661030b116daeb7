/**
 * Every signature and form of the operators in onnx's node tests executed sharded on two and on three devices, against the
 * outputs that the tests expect; partial operands are random terms that add up to the tests' inputs. And all combinations of
 * layouts by brute force, for signatures that hold and are not listed.
 *
 * SBPC_FULL=1 runs all tests, otherwise a sample with every operator in it.
 */
import { afterAll, describe, expect } from "vitest";
import { registry } from "../../../src/ops/registry.ts";
import { printSignature } from "../../../src/sbp/signature.ts";
import { groupBy, product } from "../../../src/support/collections.ts";
import { onnxTest, type OnnxTestCase } from "../../support/onnx-tests.ts";
import { bruteForce } from "../ops/brute-force.ts";
import {
  checkSignature,
  combine,
  hasStaticOutputs,
  listedForms,
  listedSignatures,
  meshOf,
  type Prepared,
} from "../ops/harness.ts";
import { entryFor, unlistedOfVectors } from "./missing-of-vectors.ts";
import {
  readSingleOperator,
  testsByOperator,
  type SingleOperator,
  type VectorCall,
  withoutInfluence,
} from "./single-operator.ts";

const full = process.env["SBPC_FULL"] === "1";
const minutes = 60_000;
/** One test in so many of every operator's is in the sample. */
const sampleStep = 8;
/** Combinations of layouts that the brute force looks at per call, and elements that a call may have for it to be tried. */
const mostCombinations = 2_000;
const mostElements = 4_000;
/** With no more elements, more data is tried: what holds on a few numbers may do so by chance. */
const fewElements = 64;

const count = {
  models: 0,
  executed: 0,
  forms: 0,
  incorrect: 0,
  combinations: 0,
  tooLarge: 0,
  idle: 0,
  missing: 0,
};
const operators = new Set<string>();
/** Operators of which some call has a signature that splits. */
const split = new Set<string>();
/** Tests that are not executed, by reason. */
const leftOut = new Map<string, number>();
const usedEntries = new Set<number>();

afterAll(() => {
  if (count.models === 0) return;
  const whole = [...operators].filter((op) => !split.has(op));
  const reasons = groupBy(whole, (op) => registry.get(op)?.whole ?? "its tests are too small");
  const text = [...reasons].map(([reason, ops]) => `${ops.length}: ${reason.replace(/\.$/, "")}`).join("; ");
  const others = [...leftOut].sort(([, a], [, b]) => b - a).map(([reason, n]) => `${n} ${reason}`);
  process.stdout.write(
    `onnx signatures: ${operators.size} operators, ${count.models} models, ${count.executed} signatures and ${count.forms} forms ` +
      `executed (${count.incorrect} incorrect), ${count.combinations} brute-force combinations, ${count.missing} missing ` +
      `(${usedEntries.size} entries listed); ${whole.length} operators cannot be split (${text})\n` +
      `onnx signatures: left out: ${others.join(", ")}; ${count.tooLarge} calls too large for brute force, ${count.idle} operands that do not matter to a call\n`,
  );
});

describe("signatures on onnx's node tests", () => {
  onnxTest("are right, and none is missing", { timeout: (full ? 20 : 4) * minutes }, () => {
    const problems: string[] = [];
    for (const [, tests] of testsByOperator()) problems.push(...checkOperator(tests));
    expect(problems).toEqual([]);
    expect(operators.size).toBeGreaterThan(150);
    if (full) expect(unlistedOfVectors.filter((_, i) => !usedEntries.has(i))).toEqual([]);
  });
});

function checkOperator(tests: readonly OnnxTestCase[]): string[] {
  const problems: string[] = [];
  const looked = new Set<string>();
  // In a sample, what is left out leaves its turn to the next.
  let turn = 0;
  for (const testCase of tests) {
    if (!full && turn++ % sampleStep !== 0) continue;
    const single = readSingleOperator(testCase);
    if ("reason" in single) {
      leftOut.set(single.reason, (leftOut.get(single.reason) ?? 0) + 1);
      turn = 0;
      continue;
    }
    count.models++;
    operators.add(single.op);
    if (single.staleDeviation !== undefined) problems.push(single.staleDeviation);
    for (const one of single.calls) {
      if (!hasStaticOutputs(one)) {
        if (listedSignatures(one, 2).length !== 1) problems.push(`${one.text} has no shape to split`);
        continue;
      }
      const wrong = [2, 3].flatMap((devices) => checkListed(single, one, devices));
      count.incorrect += wrong.length;
      problems.push(...wrong);
      if (looked.has(one.key)) continue;
      looked.add(one.key);
      problems.push(...findMissing(one));
    }
  }
  return problems;
}

function checkListed(single: SingleOperator, one: Prepared, devices: number): string[] {
  const mesh = meshOf(devices);
  const problems: string[] = [];
  for (const signature of [...listedSignatures(one, devices), ...listedForms(one, devices)]) {
    const at = `${one.text} on ${devices} devices, ${printSignature(signature)}`;
    const onMesh = combine(one, [signature], mesh);
    if (onMesh === undefined) {
      problems.push(`${at}: cannot be split so`);
      continue;
    }
    if (signature.form === undefined) count.executed++;
    else count.forms++;
    if (signature.inputs.some((sbp) => sbp !== null && sbp.kind !== "B")) split.add(single.op);
    const partial = signature.inputs.some((sbp) => sbp?.kind === "P");
    for (const kind of partial ? (["terms", "owners"] as const) : (["terms"] as const)) {
      const { judge, slack } = single;
      const problem = checkSignature(one, onMesh, mesh, kind, `${devices} ${kind}`, { judge, slack });
      if (problem !== undefined) problems.push(`${at}, ${kind}: ${problem}`);
    }
  }
  return problems;
}

function findMissing(one: VectorCall): string[] {
  const types = [...one.inputTypes, ...one.outputTypes];
  const elements = types.map((type) => (type === null ? 0 : product(type.shape as readonly number[])));
  if (elements.some((n) => n > mostElements)) {
    count.tooLarge++;
    return [];
  }
  // Without elements every layout holds.
  if (one.outputTypes.every((type) => product(type.shape as readonly number[]) === 0)) return [];
  const whole = withoutInfluence(one);
  count.idle += whole.size;
  const rounds = Math.max(...elements) <= fewElements ? 9 : 3;
  const { combinations, missing } = bruteForce(one, { mostCombinations, rounds, whole });
  count.combinations += combinations;
  return missing.flatMap(({ devices, signature }) => {
    count.missing++;
    const entry = entryFor(one, printSignature(signature));
    if (entry >= 0) {
      usedEntries.add(entry);
      return [];
    }
    return [`${one.text} on ${devices} devices: ${printSignature(signature)} is missing`];
  });
}
