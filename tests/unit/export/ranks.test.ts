/** Per-device files: what they hold, and that they compute the model when their collectives do what they are said to do. */
import {
  readdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  mkdirSync,
  existsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import gpt from "../../../examples/gpt.ts";
import mlp from "../../../examples/mlp.ts";
import type { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { exportOnnx, writeModel, writeRanks } from "../../../src/export.ts";
import { deviceCount } from "../../../src/ir/layout.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { dialectNames, type DialectName } from "../../../src/plan/export/dialect.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { takeShard } from "../../../src/ops/shards.ts";
import { present } from "../../../src/support/assert.ts";
import { range } from "../../../src/support/collections.ts";
import {
  compileGraph,
  compileModel,
  feedsFor,
  largestDifference,
  runOnnx,
  type Compiled,
} from "../../support/exported.ts";
import { attributeOf, isCommunication, metadataOf, runRanks } from "../../support/merge-ranks.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-ranks-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every kind of collective, along axis 0 and others; `rows` and `columns` say whether shards are equal. */
function moves(rows: number, columns: number, reduceScatter: boolean): string {
  const t = `f32[${rows}, ${columns}, 4]`;
  return `graph moves {
  input %x : ${t}
  parameter %w : f32[4, 12] = normal(0, 1)
  parameter %v : f32[12, 4] = normal(0, 1)
  %a = sbpc.ToGlobal(%x) : ${t} hint hard tp:S(0)
  %r = Neg(%a) : ${t} hint hard tp:S(0)
  %b = sbpc.ToGlobal(%r) : ${t} hint hard tp:S(2)
  %s = Tanh(%b) : ${t} hint hard tp:S(2)
  %c = sbpc.ToGlobal(%s) : ${t} hint hard tp:B
  %m = MatMul(%c, %w) : f32[${rows}, ${columns}, 12] hint hard tp:S(2)
  %n = MatMul(%m, %v) : ${t} hint hard tp:P(sum)
  %d = sbpc.ToGlobal(%n) : ${t} hint hard tp:${reduceScatter ? "S(2)" : "B"}
  %e = Sigmoid(%d) : ${t} hint hard tp:S(1)
  %f = sbpc.ToGlobal(%e) : ${t} hint hard tp:S(0)
  %g = Neg(%f) : ${t} hint hard tp:S(0)
  %h = sbpc.ToGlobal(%g) : ${t} hint hard tp:B
  return y=%h
}
`;
}

function compileMoves(rows: number, columns: number, mesh: string, reduceScatter = true): Compiled {
  return compileGraph(parseGraph(moves(rows, columns, reduceScatter), "moves.graph"), mesh);
}

function ranksOf(plan: Plan, collectives: DialectName): onnx.ModelProto.$Properties[] {
  return range(deviceCount(plan.mesh)).map((rank) => exportOnnx(plan, { form: { rank, collectives } }));
}

async function difference(compiled: Compiled, collectives: DialectName): Promise<number> {
  const feeds = feedsFor(compiled);
  const expected = await runOnnx(exportOnnx(compiled.plan), feeds);
  return largestDifference(await runRanks(ranksOf(compiled.plan, collectives), feeds), expected);
}

function kindsOf(plan: Plan): string[] {
  return [...new Set(plan.boxing.map(({ kind }) => kind))].sort();
}

describe("the devices' programs", () => {
  test.each(dialectNames)("all collectives of %s", async (dialect) => {
    for (const mesh of ["tp=2", "tp=4"]) {
      const compiled = compileMoves(8, 12, mesh, dialect !== "com.microsoft");
      expect(kindsOf(compiled.plan)).toEqual(
        dialect === "com.microsoft"
          ? ["all-gather", "all-reduce", "all-to-all"]
          : ["all-gather", "all-to-all", "reduce-scatter"],
      );
      expect(await difference(compiled, dialect)).toBeLessThan(1e-5);
    }
  });

  test("groups, uneven shards and stages in sbpc", async () => {
    expect(await difference(compileMoves(7, 8, "tp=3"), "sbpc")).toBeLessThan(1e-5);
    const gptCase = { model: gpt, settings: { layers: 2, vocabSize: 500 }, dims: { seq: 12 }, batch: 4 };
    expect(await difference(compileModel(gptCase, "dp=2,tp=2,pp=2"), "sbpc")).toBeLessThan(1e-5);
    expect(await difference(compileModel({ model: mlp, batch: 7 }, "dp=2,tp=3"), "sbpc")).toBeLessThan(1e-5);
  });

  test("functions of sbpc alone give results of the right shapes", async () => {
    for (const [rows, columns, mesh] of [
      [8, 12, "tp=2"],
      [7, 8, "tp=3"],
    ] as const) {
      const compiled = compileMoves(rows, columns, mesh);
      const x = present(feedsFor(compiled).get("x"), "no feed");
      for (const [rank, model] of ranksOf(compiled.plan, "sbpc").entries()) {
        const layout = present(compiled.plan.inputs[0], "no input").layout;
        const shard = takeShard(x, layout, compiled.plan.mesh, rank);
        const stripped = { ...model, graph: { ...model.graph, valueInfo: [] } };
        const results = await runOnnx(stripped, new Map([["x", shard]]));
        expect(results.get("y")?.shape).toEqual([rows, columns, 4]);
      }
    }
  });

  test("groups in TensorRT's words", async () => {
    const compiled = compileModel({ model: mlp, batch: 8 }, "dp=2,tp=2");
    expect(await difference(compiled, "tensorrt")).toBeLessThan(1e-5);
    const nodes = ranksOf(compiled.plan, "tensorrt").map((model) =>
      (model.graph?.node ?? []).filter(isCommunication),
    );
    expect(nodes.map((list) => list.map((node) => attributeOf(node, "groups")))).toEqual([
      [
        [0, 1],
        [0, 1],
      ],
      [
        [0, 1],
        [0, 1],
      ],
      [
        [2, 3],
        [2, 3],
      ],
      [
        [2, 3],
        [2, 3],
      ],
    ]);
  });
});

/** What NVIDIA's documentation of DistCollective says of a node. */
function complaintsOf(node: onnx.NodeProto.$Properties, world: number): string[] {
  const operation = String(attributeOf(node, "collective_operation"));
  const reduce = String(attributeOf(node, "reduce_op"));
  const groups = (attributeOf(node, "groups") ?? []) as number[];
  const ranks = groups.length === 0 ? world : groups.length;
  const reduces = ["all_reduce", "reduce", "reduce_scatter"].includes(operation);
  const rooted = ["broadcast", "reduce", "gather", "scatter"].includes(operation);
  const known = [
    "all_gather",
    "all_to_all",
    "all_reduce",
    "reduce_scatter",
    "broadcast",
    "reduce",
    "gather",
    "scatter",
  ];
  const names = ["collective_operation", "reduce_op", "root", "nb_rank", "group_size", "groups"];
  return [
    known.includes(operation) ? "" : `unknown operation ${operation}`,
    reduces === ["sum", "prod", "max", "min", "avg"].includes(reduce) ? "" : `${reduce} in ${operation}`,
    reduces || reduce === "none" ? "" : `${reduce} in ${operation}`,
    Number(attributeOf(node, "root")) >= 0 === rooted ? "" : "root",
    attributeOf(node, "nb_rank") === ranks && ranks > 1 ? "" : "nb_rank",
    attributeOf(node, "group_size") === groups.length ? "" : "group_size",
    new Set(groups).size === groups.length && groups.every((rank) => rank >= 0 && rank < world)
      ? ""
      : "groups",
    (node.attribute ?? []).every(({ name }) => names.includes(name ?? "")) ? "" : "unknown attribute",
    (node.domain ?? "") === "" && node.input?.length === 1 && node.output?.length === 1 ? "" : "signature",
  ].filter((text) => text !== "");
}

describe("dialects", () => {
  test("TensorRT's nodes are what its documentation asks", () => {
    const plans = [
      compileMoves(8, 12, "tp=4").plan,
      compileModel({ model: mlp, batch: 8 }, "dp=2,tp=2").plan,
    ];
    let nodes = 0;
    for (const plan of plans) {
      for (const model of ranksOf(plan, "tensorrt")) {
        for (const node of (model.graph?.node ?? []).filter(isCommunication)) {
          nodes++;
          expect(complaintsOf(node, 4)).toEqual([]);
        }
      }
    }
    expect(nodes).toBeGreaterThanOrEqual(4 * 5 + 4 * 2);
  });

  test.each([
    ["com.microsoft", "dp=2,tp=2", /AllReduce.*groups of 2 of 4/],
    ["com.microsoft", "pp=2", /Send/],
    ["tensorrt", "tp=2,pp=2", /Send/],
  ] as const)("%s on %s is refused by name", (dialect, mesh, message) => {
    const { plan } = compileModel({ model: mlp, batch: 8 }, mesh);
    expect(() => exportOnnx(plan, { form: { rank: 0, collectives: dialect } })).toThrow(message);
  });

  test("all that is lacking is reported at once, with its place", () => {
    const { plan } = compileMoves(7, 8, "tp=3");
    try {
      exportOnnx(plan, { form: { rank: 0, collectives: "com.microsoft" } });
      expect.unreachable();
    } catch (error) {
      const { diagnostics } = error as SbpcError;
      expect(diagnostics.map(({ code }) => code)).toEqual(plan.boxing.map(() => "collective-missing"));
      expect(diagnostics.map(({ message }) => message).join("\n")).toMatch(/ReduceScatter/);
      expect(diagnostics.map(({ message }) => message).join("\n")).toMatch(/uneven/);
    }
  });
});

describe("files", () => {
  function read(name: string): onnx.ModelProto {
    return onnx.ModelProto.decode(readFileSync(join(folder, name)));
  }

  function externalOf(model: onnx.ModelProto, name: string): Record<string, string> | undefined {
    const tensor = present(
      model.graph?.initializer?.find((each) => each.name === name),
      "no such initializer",
      () => name,
    );
    if (tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) return undefined;
    return Object.fromEntries((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
  }

  test("contiguous shards are parts of one file; the others lie in their first rank's", async () => {
    const { plan } = compileModel({ model: mlp, batch: 8 }, "dp=2,tp=2");
    writeRanks(plan, "sbpc", join(folder, "shared"), { externalBytes: 1000 });
    expect(readdirSync(join(folder, "shared")).sort()).toEqual([
      "rank_0.bin",
      "rank_0.onnx",
      "rank_1.bin",
      "rank_1.onnx",
      "rank_2.onnx",
      "rank_3.onnx",
      "weights.bin",
    ]);
    const models = range(4).map((rank) => read(`shared/rank_${rank}.onnx`));
    const places = (name: string) => models.map((model) => externalOf(model, name));
    // Rows 0 to 127 and 128 to 255 of 256 floats each.
    const rows = places("fc2.weight");
    expect(rows.map((place) => place?.["location"])).toEqual(range(4).map(() => "weights.bin"));
    const [first, second] = rows.map((place) => Number(place?.["offset"]));
    expect((first ?? 1) % 4096).toBe(0);
    expect((second ?? 0) - (first ?? 0)).toBe(128 * 256 * 4);
    expect(rows[2]).toEqual(rows[0]);
    expect(places("fc1.weight").map((place) => place?.["location"])).toEqual([
      "rank_0.bin",
      "rank_1.bin",
      "rank_0.bin",
      "rank_1.bin",
    ]);
    expect(places("fc4.bias")).toEqual(range(4).map(() => undefined));
  });

  test("ONNX Runtime loads them, and the shards are those of the model", async () => {
    const compiled = compileModel({ model: mlp, batch: 8 }, "tp=2");
    const inside = exportOnnx(compiled.plan, { form: { rank: 1 } });
    writeRanks(compiled.plan, "sbpc", join(folder, "loaded"), { externalBytes: 100 });
    const feeds = feedsFor(compiled);
    const fromFile = await runOnnx(join(folder, "loaded/rank_1.onnx"), feeds);
    const fromMemory = await runOnnx(inside, feeds);
    expect(largestDifference(fromFile, fromMemory)).toBe(0);
  });

  test("say what they are", () => {
    const { plan } = compileModel({ model: mlp, batch: 8 }, "dp=2,pp=2", 2);
    const model = exportOnnx(plan, { form: { rank: 3 } });
    expect(metadataOf(model.metadataProps, "sbpc.rank")).toBe("3");
    expect(metadataOf(model.metadataProps, "sbpc.stage")).toBe("1");
    expect(metadataOf(model.metadataProps, "sbpc.microbatches")).toBe("2");
    const first = exportOnnx(plan, { form: { rank: 0 } });
    const input = present(first.graph?.input?.[0], "no input");
    // 8 images in 2 micro-batches over 2 devices.
    expect(input.type?.tensorType?.shape?.dim?.[0]?.dimValue).toBe(2);
    expect(metadataOf(input.metadataProps, "sbpc.batch_axis")).toBe("0");
  });

  test("a folder is replaced whole, and only where it is an export", () => {
    const { plan } = compileModel({ model: mlp, batch: 8 }, "tp=3");
    const target = join(folder, "replaced");
    writeRanks(plan, "sbpc", target);
    writeRanks(compileModel({ model: mlp, batch: 8 }, "tp=2").plan, "sbpc", target);
    expect(readdirSync(target).sort()).toEqual(["rank_0.onnx", "rank_1.onnx"]);
    const mine = join(folder, "mine");
    mkdirSync(mine);
    writeFileSync(join(mine, "notes.txt"), "keep me");
    expect(() => writeRanks(plan, "sbpc", mine)).toThrow(/notes\.txt/);
    expect(readdirSync(mine)).toEqual(["notes.txt"]);
  });

  test("a folder where a file should go is left alone, and so are the files beside it", () => {
    const { plan } = compileModel({ model: mlp, batch: 8 }, "tp=2");
    const target = join(folder, "place.onnx");
    mkdirSync(target);
    expect(() => writeModel(plan, "whole", target, { externalBytes: 1 })).toThrow(/it is a folder/);
    expect(existsSync(`${target}.data`)).toBe(false);
  });

  test("exports are the same twice", () => {
    const { plan } = compileModel({ model: mlp, batch: 7 }, "dp=2,tp=2");
    for (const form of ["whole", "annotated", "merged", { rank: 3 }] as const) {
      const bytes = () => onnx.ModelProto.encode(exportOnnx(plan, { form })).finish();
      expect(Buffer.compare(bytes(), bytes())).toBe(0);
    }
  });

  test("weights that cannot be read leave nothing behind", () => {
    const { plan } = compileModel({ model: mlp, batch: 8 }, "tp=2");
    const parameters = plan.parameters.map((parameter, i) =>
      i === plan.parameters.length - 1
        ? { ...parameter, initializer: { kind: "file", path: "nowhere.bin", offset: 0, length: 40 } as const }
        : parameter,
    );
    const target = join(folder, "failed");
    expect(() => writeRanks({ ...plan, parameters }, "sbpc", target, { base: folder })).toThrow(
      /nowhere\.bin/,
    );
    expect(existsSync(target)).toBe(false);
    const file = join(folder, "failed.onnx");
    expect(() =>
      writeModel({ ...plan, parameters }, "merged", file, { base: folder, externalBytes: 1 }),
    ).toThrow(/nowhere\.bin/);
    expect(readdirSync(folder).filter((name) => name.includes("failed"))).toEqual([]);
  });
});
