/** Attention and quantized operators in plans: what a device runs of them, run by ONNX Runtime, against the whole. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/compile.ts";
import { presetCluster } from "../../../src/cost/cluster.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { verifyPlan } from "../../../src/verify.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";

/** Statements, the layouts that they are asked for, and the value that is returned. */
const graphs: Readonly<Record<string, string>> = {
  "heads of Attention in the columns": `
    input %q : f32[2, 4, 12] hint hard tp:S(2)
    input %k : f32[2, 5, 6] hint hard tp:S(2)
    input %v : f32[2, 5, 6] hint hard tp:S(2)
    %y = Attention(%q, %k, %v) {q_num_heads=4, kv_num_heads=2, is_causal=1} : f32[2, 4, 12] hint hard tp:S(2)`,
  "causal queries of Attention": `
    input %q : f32[2, 2, 5, 4] hint hard tp:S(2)
    input %k : f32[2, 2, 5, 4] hint hard tp:B
    input %v : f32[2, 2, 5, 4] hint hard tp:B
    %y = Attention(%q, %k, %v) {is_causal=1} : f32[2, 2, 5, 4] hint hard tp:S(2)`,
  "keys of Attention": `
    input %q : f32[2, 2, 3, 4] hint hard tp:B
    input %k : f32[2, 2, 6, 4] hint hard tp:S(2)
    input %v : f32[2, 2, 6, 4] hint hard tp:S(2)
    %y = Attention(%q, %k, %v) {softcap=float(2)} : f32[2, 2, 3, 4] hint hard tp:P(sum)
    %z = sbpc.ToGlobal(%y) : f32[2, 2, 3, 4] hint hard tp:B`,
  "heads of rotated GroupQueryAttention": `
    input %q : f32[2, 3, 64] hint hard tp:S(2)
    input %k : f32[2, 3, 32] hint hard tp:S(2)
    input %v : f32[2, 3, 32] hint hard tp:S(2)
    parameter %cos : f32[8, 8] = uniform(-1, 1)
    parameter %sin : f32[8, 8] = uniform(-1, 1)
    constant %lengths : i32[2] = [2, 2]
    constant %total : i32[] = [3]
    %y = com.microsoft.GroupQueryAttention(%q, %k, %v, -, -, %lengths, %total, %cos, %sin) {num_heads=4, kv_num_heads=2, do_rotary=1} : f32[2, 3, 64] hint hard tp:S(2)`,
  "positions of RotaryEmbedding from one on": `
    input %x : f32[2, 6, 32] hint hard tp:S(1)
    parameter %cos : f32[9, 8] = uniform(-1, 1)
    parameter %sin : f32[9, 8] = uniform(-1, 1)
    constant %first : i64[1] = [2]
    %y = com.microsoft.RotaryEmbedding(%x, %first, %cos, %sin) {num_heads=2} : f32[2, 6, 32] hint hard tp:S(1)`,
  "blocks of MatMulNBits": `
    input %x : f32[3, 64] hint hard tp:S(1)
    constant %w : u8[4, 2, 16] = [${Array.from({ length: 128 }, (_, i) => (i * 37) % 256).join(", ")}]
    parameter %scale : f32[4, 2] = uniform(0.1, 0.2)
    parameter %bias : f32[4] = normal(0, 1)
    %y = com.microsoft.MatMulNBits(%x, %w, %scale, -, -, %bias) {N=4, K=64, block_size=32} : f32[3, 4] hint hard tp:P(sum)
    %z = sbpc.ToGlobal(%y) : f32[3, 4] hint hard tp:B`,
  "the range of a split tensor, and sums of products of 8 bits": `
    input %x : f32[3, 8] hint hard tp:S(1)
    constant %w : i8[8, 2] = [${Array.from({ length: 16 }, (_, i) => i * 5 - 40).join(", ")}]
    constant %scale : f32[] = [0.1]
    %y = com.microsoft.DynamicQuantizeMatMul(%x, %w, %scale) : f32[3, 2]`,
  "heads of com.microsoft's MultiHeadAttention with a bias": `
    input %q : f32[2, 4, 8] hint hard tp:S(2)
    input %k : f32[2, 4, 8] hint hard tp:S(2)
    input %v : f32[2, 4, 8] hint hard tp:S(2)
    parameter %b : f32[24] = normal(0, 1)
    constant %mask : i32[2, 4] = [1, 1, 1, 0, 1, 1, 0, 0]
    %y = com.microsoft.MultiHeadAttention(%q, %k, %v, %b, %mask) {num_heads=2} : f32[2, 4, 8]`,
};

describe("plans on two devices give what the whole gives", () => {
  it.each(Object.entries(graphs))("%s", async (_, statements) => {
    const result = statements.includes("%z =") ? "z" : "y";
    const graph = parseGraph(`graph g {${statements}\n  return ${result}=%${result}\n}\n`);
    const { plan, diagnostics } = compile({
      whole: graph,
      micro: graph,
      mesh: parseMesh("tp=2"),
      cluster: presetCluster("local"),
      hints: true,
      microbatches: 1,
      dims: {},
      settings: {},
    });
    expect(diagnostics.filter(({ code }) => code === "hint-gave-way")).toEqual([]);
    const { outputs } = await verifyPlan(plan, { seed: 11 });
    expect(outputs.map(({ ok, maxRelative }) => (ok ? "ok" : maxRelative))).toEqual(["ok"]);
  });
});
