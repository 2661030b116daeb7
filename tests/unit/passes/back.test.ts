/** Ordering, localizing, cutting and memory planning, on graphs laid out by hand. */
import { describe, expect, it } from "vitest";
import { orderGraph } from "../../../passes/order-nodes.ts";
import type { Graph } from "../../../src/ir/graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { toDense } from "../../../src/ops/interpret.ts";
import { tensorData } from "../../../src/ir/tensor-data.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { compileLaidOut } from "../../support/laid-out.ts";
import { interpretSegments, simulatePlan } from "../../support/simulate.ts";

const box = (kind: string, from = 0) => `sbpc.Boxing{axes=[0], from_stage=${from}, kind="${kind}"}`;

/** `sbpc.Boxing(%x) {…}` from the shorthand `box`. */
function graph(text: string): Graph {
  return parseGraph(text.replace(/sbpc\.Boxing(\{[^}]*\})\((%[\w.]+)\)/g, "sbpc.Boxing($2) $1"));
}

function compiled(text: string) {
  const laidOut = graph(text);
  return compileLaidOut(laidOut, laidOut.mesh ?? { axes: [], stages: 1 });
}

function actionsOf(plan: Plan, stage = 0): string[] {
  const { actions, slots, segments } = plan.stages[stage] as Plan["stages"][number];
  const name = (slot: number) => slots[slot]?.name;
  return actions.map((action) => {
    switch (action.kind) {
      case "segment":
        return `run ${segments[action.segment]?.nodes.join(" ")}`;
      case "collective":
        return `${plan.boxing[action.boxing]?.kind} ${name(action.input)} ${name(action.output)}`;
      case "send":
        return `send ${name(action.input)}`;
      case "receive":
        return `receive ${name(action.output)}`;
      case "accumulate":
        return `accumulate ${name(action.input)} ${name(action.output)}`;
      case "assign":
        return `assign ${name(action.parameter)} ${name(action.input)}`;
    }
  });
}

describe("order-nodes", () => {
  it("gathers a split parameter one wave before its use, and puts communications of a wave together", () => {
    const before = graph(
      `graph g on mesh[tp=2] {
      input %x : f32[4, 4] @ [B]
      parameter %w1 : f32[4, 4] @ [S(0)] = zeros
      parameter %w2 : f32[4, 4] @ [S(0)] = zeros
      %a = ${box("all-gather")}(%w1) : f32[4, 4] @ [B] signature ([S(0)]) -> ([B]) stage 0
      %b = ${box("all-gather")}(%w2) : f32[4, 4] @ [B] signature ([S(0)]) -> ([B]) stage 0
      %h = MatMul(%x, %a) : f32[4, 4] @ [B] signature ([B], [B]) -> ([B]) stage 0
      %p = ${box("mask")}(%h) : f32[4, 4] @ [P(sum)] signature ([B]) -> ([P(sum)]) stage 0
      %s = ${box("all-reduce")}(%p) : f32[4, 4] @ [B] signature ([P(sum)]) -> ([B]) stage 0
      %y = MatMul(%s, %b) : f32[4, 4] @ [B] signature ([B], [B]) -> ([B]) stage 0
      return y=%y
    }`.replaceAll("= zeros", "= constant(0)"),
    );
    expect(orderGraph(before).nodes.map((node) => node.outputs[0])).toEqual(["a", "h", "p", "b", "s", "y"]);
    expect(orderGraph(orderGraph(before))).toEqual(orderGraph(before));
  });

  it("gives the same object back where nothing moves", () => {
    const ordered = graph(`graph g {
      input %x : f32[2] @ []
      %y = Relu(%x) : f32[2] @ [] signature ([]) -> ([]) stage 0
      return y=%y
    }`);
    expect(orderGraph(ordered)).toBe(ordered);
  });
});

describe("partition-stages", () => {
  it("gives equal layers one body", () => {
    const n = 4;
    const body = Array.from({ length: n }, (_, i) =>
      [
        `%c${i} = ${box("slice")}(%x${i}) : f32[4, 4] @ [S(1)] signature ([B]) -> ([S(1)]) stage 0`,
        `%h${i} = MatMul(%c${i}, %w${i}) : f32[4, 4] @ [P(sum)] signature ([S(1)], [S(0)]) -> ([P(sum)]) stage 0`,
        `%x${i + 1} = ${box("all-reduce")}(%h${i}) : f32[4, 4] @ [B] signature ([P(sum)]) -> ([B]) stage 0`,
      ].join("\n"),
    ).join("\n");
    const weights = Array.from(
      { length: n },
      (_, i) => `parameter %w${i} : f32[4, 4] @ [S(0)] = constant(0)`,
    ).join("\n");
    const { plan } = compiled(
      `graph g on mesh[tp=2] {\ninput %x0 : f32[4, 4] @ [B]\n${weights}\n${body}\nreturn y=%x${n}\n}`,
    );
    expect(plan.stages[0]?.segments).toHaveLength(n);
    expect(plan.bodies).toHaveLength(1);
    // The integers that say where to slice are one slot for all layers.
    expect(plan.stages[0]?.slots.filter((slot) => slot.kind === "rank")).toHaveLength(2);
  });

  it("does communications that need nothing of the open segment before it", () => {
    const { plan } = compiled(`graph g on mesh[tp=2] {
      input %x : f32[4] @ [S(0)]
      input %z : f32[4] @ [S(0)]
      %a = Relu(%x) : f32[4] @ [S(0)] signature ([S(0)]) -> ([S(0)]) stage 0
      %g = ${box("all-gather")}(%z) : f32[4] @ [B] signature ([S(0)]) -> ([B]) stage 0
      %b = Neg(%g) : f32[4] @ [B] signature ([B]) -> ([B]) stage 0
      return a=%a, b=%b
    }`);
    expect(actionsOf(plan)).toEqual(["all-gather z g", "run a b"]);
  });

  it("needs no segment between communications, nor for sources that are returned", async () => {
    const { plan, stages } = compiled(`graph g on mesh[tp=2] {
      input %x : f32[4, 4] @ [S(0)]
      constant %c : f32[2] @ [B] = [1, 2]
      %g = ${box("all-to-all")}(%x) : f32[4, 4] @ [S(1)] signature ([S(0)]) -> ([S(1)]) stage 0
      %h = ${box("all-gather")}(%g) : f32[4, 4] @ [B] signature ([S(1)]) -> ([B]) stage 0
      %t = sbpc.ToGlobal(%h) : f32[4, 4] @ [B] signature ([B]) -> ([B]) stage 0
      return h=%t, x=%x, c=%c
    }`);
    expect(actionsOf(plan)).toEqual(["all-to-all x g", "all-gather g h", "run "]);
    const x = toDense(
      tensorData(
        "f32",
        [4, 4],
        Array.from({ length: 16 }, (_, i) => i),
      ),
    );
    const out = await simulatePlan(plan, new Map([["x", x]]), interpretSegments(stages));
    expect(out.get("h")).toEqual(x);
    expect(out.get("x")).toEqual(x);
    expect([...(out.get("c")?.data ?? [])]).toEqual([1, 2]);
  });

  it("computes small things from sources again instead of keeping them", () => {
    const { plan } = compiled(`graph g on mesh[tp=2] {
      input %x : f32[4] @ [B]
      %m = Neg(%x) : f32[4] @ [B] signature ([B]) -> ([B]) stage 0
      %p = Add(%x, %m) : f32[4] @ [B] signature ([B], [B]) -> ([B]) stage 0
      %q = ${box("mask")}(%p) : f32[4] @ [P(sum)] signature ([B]) -> ([P(sum)]) stage 0
      %s = ${box("all-reduce")}(%q) : f32[4] @ [B] signature ([P(sum)]) -> ([B]) stage 0
      %y = Mul(%s, %m) : f32[4] @ [B] signature ([B], [B]) -> ([B]) stage 0
      return y=%y
    }`);
    expect(actionsOf(plan)).toEqual(["run m p q", "all-reduce q s", "run m y"]);
  });

  it("sends right after the segment that makes the value, and runs the next stage from what it receives", () => {
    const { plan } = compiled(`graph g on mesh[pp=2] {
      input %x : f32[4] @ []
      %a = Relu(%x) : f32[4] @ [] signature ([]) -> ([]) stage 0
      %b = Neg(%a) : f32[4] @ [] signature ([]) -> ([]) stage 1
      return b=%b, a=%a
    }`);
    expect(actionsOf(plan, 0)).toEqual(["run a", "send a"]);
    expect(actionsOf(plan, 1)).toEqual(["receive a.send", "run b"]);
    expect(plan.outputs.map((output) => output.stage)).toEqual([1, 0]);
  });
});

describe("localize", () => {
  it("makes one class where shards are equal and as many as there are shapes where not", () => {
    const text = (n: number) => `graph g on mesh[tp=4] {
      input %x : f32[${n}] @ [S(0)]
      %y = Relu(%x) : f32[${n}] @ [S(0)] signature ([S(0)]) -> ([S(0)]) stage 0
      return y=%y
    }`;
    expect(compiled(text(8)).stages[0]?.classes.map((one) => one.devices)).toEqual([[0, 1, 2, 3]]);
    const uneven = compiled(text(6));
    expect(uneven.stages[0]?.classes.map((one) => one.devices)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(uneven.plan.stages[0]?.slots.map((slot) => slot.localShapes)).toEqual([
      [[2], [1]],
      [[2], [1]],
    ]);
  });
});

describe("plan-memory", () => {
  it("counts what is alive during each action, and uses space again", () => {
    const { plan } = compiled(`graph g on mesh[tp=2] {
      input %x : f32[64] @ [S(0)]
      %a = ${box("all-gather")}(%x) : f32[64] @ [B] signature ([S(0)]) -> ([B]) stage 0
      %b = Relu(%a) : f32[64] @ [B] signature ([B]) -> ([B]) stage 0
      %c = ${box("slice")}(%b) : f32[64] @ [S(0)] signature ([B]) -> ([S(0)]) stage 0
      %d = ${box("all-gather")}(%c) : f32[64] @ [B] signature ([S(0)]) -> ([B]) stage 0
      %y = Neg(%d) : f32[64] @ [B] signature ([B]) -> ([B]) stage 0
      return y=%y
    }`);
    const [stage] = plan.stages;
    const lifetimes = Object.fromEntries(
      (stage?.slots ?? []).flatMap((slot) =>
        slot.lifetime === undefined ? [] : [[slot.name, slot.lifetime]],
      ),
    );
    expect(lifetimes).toEqual({ a: [0, 1], c: [1, 2], d: [2, 3], y: [3, 3] });
    const [memory] = stage?.memory ?? [];
    expect(memory).toMatchObject({
      peakBytes: 512,
      peakAction: 3,
      arenaBytes: 512,
      parameterBytes: 0,
      segmentScratchBytes: 256,
    });
  });
});
