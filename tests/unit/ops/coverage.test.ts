/**
 * Which operators there are: all of ONNX's are declared or rewritten by the importer, and what is never split says why.
 */
import { afterAll, describe, expect, test } from "vitest";
import { domainOf } from "../../../src/ir/graph.ts";
import { schemaTable } from "../../../src/onnx/generated/schemas.js";
import { findSchema } from "../../../src/onnx/schemas.ts";
import { importOnnx } from "../../../src/onnx/import/import.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { registry } from "../../../src/ops/registry.ts";
import type { Signature } from "../../../src/sbp/signature.ts";
import { groupBy } from "../../../src/support/collections.ts";
import { allCases } from "./all-cases.ts";
import { listedForms, listedSignatures, prepare } from "./harness.ts";

const newestOpset = 27;

/** Operators of ai.onnx that have no declaration, with what the importer makes of a call. */
const rewritten: Readonly<Record<string, string>> = { Scatter: "ScatterElements" };

/** Names of a domain's operators in ONNX's own list. */
function namesIn(domain: string): string[] {
  const names = new Set<string>();
  let current = "";
  for (const line of schemaTable.trim().split("\n")) {
    if (line.startsWith("@ ")) current = line.slice(2);
    else if (current === domain) names.add(line.split(" ")[0] as string);
  }
  return [...names];
}

describe("operators of ai.onnx", () => {
  const names = namesIn("ai.onnx").filter((name) => findSchema("", name, newestOpset) !== undefined);

  test("are declared, or rewritten by the importer", () => {
    expect(names.length).toBeGreaterThan(200);
    expect(names.filter((name) => !registry.has(name)).sort()).toEqual(Object.keys(rewritten).sort());
  });

  test("that are rewritten come in as what the list says", () => {
    const type = (elemType: number) => ({
      tensorType: { elemType, shape: { dim: [{ dimValue: 3 }, { dimValue: 4 }] } },
    });
    const { graph } = importOnnx(
      onnx.ModelProto.create({
        irVersion: 5,
        opsetImport: [{ domain: "", version: 10 }],
        graph: {
          name: "scatter",
          node: [{ opType: "Scatter", input: ["x", "indices", "updates"], output: ["y"] }],
          input: [
            { name: "x", type: type(1) },
            { name: "indices", type: type(7) },
            { name: "updates", type: type(1) },
          ],
          output: [{ name: "y", type: type(1) }],
        },
      }),
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual([rewritten["Scatter"]]);
  });
});

describe("operators that are never split", () => {
  const splits = ({ inputs, outputs }: Signature) =>
    [...inputs, ...outputs].some((sbp) => sbp !== null && sbp.kind !== "B");
  const cases = groupBy(allCases, ({ op }) => op);
  const prepared = new Map(
    [...registry.keys()].map((op) => [op, (cases.get(op) ?? []).map((one) => prepare(one))]),
  );
  /** Every call of which becomes a random source and ordinary operators before layouts are chosen. */
  const drawn = new Set(
    [...prepared].flatMap(([op, list]) =>
      list.length > 0 && list.every(({ definition, call }) => definition.draws(call)) ? [op] : [],
    ),
  );
  const never = [...prepared]
    .filter(
      ([op, list]) =>
        !drawn.has(op) &&
        !list.some(
          (one) =>
            !one.definition.draws(one.call) &&
            [...listedSignatures(one, 2), ...listedForms(one, 2)].some(splits),
        ),
    )
    .map(([op]) => op);

  test("say why, and no others do", () => {
    const reasons = [...registry].filter(([, { whole }]) => whole !== undefined).map(([op]) => op);
    expect(never.sort()).toEqual(reasons.sort());
  });

  test("say it in a sentence", () => {
    for (const op of never) expect(registry.get(op)?.whole, op).toMatch(/^[A-Z].{30,}\.$/);
  });

  afterAll(() => {
    const domains = groupBy([...registry.keys()], (op) => domainOf(op) || "ai.onnx");
    const counts = [...domains].map(([domain, ops]) => `${ops.length} ${domain}`).join(", ");
    process.stdout.write(
      `operators: ${registry.size} declared (${counts}); ${drawn.size} become random sources, ${never.length} cannot be split\n`,
    );
  });
});
