/** The parts of the text view: tables that fit, folded layers, names that are near; and the schedule as CSV, the graph as DOT. */
import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planDot } from "../../../src/inspect/dot.ts";
import { planFigures } from "../../../src/inspect/figures.ts";
import { fold, foldedName, placeInPath } from "../../../src/inspect/fold.ts";
import { graphOf } from "../../../src/inspect/plan-graph.ts";
import { planText } from "../../../src/inspect/plan-text.ts";
import type { Selection } from "../../../src/inspect/text-selection.ts";
import { scheduleCsv } from "../../../src/inspect/schedule-csv.ts";
import { cut, table } from "../../../src/inspect/text.ts";
import { nearestNames } from "../../../src/support/nearest.ts";
import { planOf } from "../../support/plans.ts";

const plan = planOf({ model: "vit", mesh: "dp=2,tp=2,pp=2" });
const figures = planFigures(plan);
const view = { plan, graph: graphOf(plan), figures };
const show = (selection: Selection, width?: number) =>
  planText(view, selection, width === undefined ? {} : { width });

describe("tables", () => {
  test("fit the width, numbers whole", () => {
    const rows = [
      ["a long name that goes on and on", 123456, "another long text in a column"],
      ["short", 7, "x"],
    ];
    for (const width of [40, 50, 60, 70]) {
      const lines = table(["name", "number", "text"], rows, { width });
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(lines[1]).toContain("123456");
      expect(lines[1]).toContain("…");
    }
    expect(table(["name", "number", "text"], rows)[1]).toContain("goes on and on");
  });

  test("count the columns that a terminal shows", () => {
    const lines = table(
      ["名前", "n"],
      [
        ["重み", 1],
        ["abc", 22],
      ],
    );
    expect(lines).toEqual(["  名前  n", "  重み   1", "  abc   22"]);
    expect(cut("重み付け", 5)).toBe("重…け");
  });
});

describe("a filter", () => {
  test("that nothing in the plan has is an error with the nearest names", () => {
    for (const selection of [{ ops: true }, { boxing: true }, { memory: true }, { schedule: true }, {}])
      expect(() => show({ ...selection, filter: "denseHTo5h.weight" })).toThrow(
        /no name or source line with denseHTo5h\.weight[^]*denseHTo4h\.weight/,
      );
    expect(() => show({ ops: true, filter: "no such thing anywhere" })).toThrow(/lists the names/);
  });

  test("that leaves nothing of a section says so there", () => {
    const text = show({ ops: true, boxing: true, schedule: true, stage: 0, filter: "head.weight" });
    expect(text).toMatch(/operators \(0\)\n {2}nothing with "head\.weight"/);
    expect(text).toMatch(/boxing \(0;.*\n {2}nothing with "head\.weight"/);
    expect(text).toMatch(/schedule of stage 0.*\n {2}nothing with "head\.weight"/);
    expect(text).not.toContain("local shape");
    expect(show({ ops: true, filter: "VIT.ts" })).toContain("local shape");
  });
});

describe("the summary", () => {
  test("fits on one screen, also that of a plan with many stages", () => {
    const large = planOf({ model: "gpt", mesh: "dp=2,tp=2,pp=24", batch: 4, settings: { layers: "48" } });
    for (const one of [plan, large]) {
      const text = planText({ plan: one, graph: graphOf(one), figures: planFigures(one) }, {}, { width: 80 });
      const lines = text.split("\n");
      expect(lines.length).toBeLessThanOrEqual(30);
      for (const line of lines.filter((l) => l.startsWith("  "))) expect(line.length).toBeLessThanOrEqual(80);
    }
    expect(show({})).toMatch(/highest peak: \S+ MiB on rank \d+, at run \S+ \(vit\.ts:\d+\)/);
  });
});

describe("sections", () => {
  test("are those that are asked for", () => {
    expect(show({ ops: true })).toMatch(/^operators/);
    expect(show({ ops: true })).not.toContain("\nboxing");
    expect(show({ boxing: true, memory: true })).toMatch(/^boxing[^]*\n\nmemory per device/);
    expect(show({ schedule: true })).toMatch(
      /^schedule of stage 0, ranks 0,2 [^]*\n\nschedule of stage 1, ranks 5,7 /,
    );
  });

  test("of a stage or a device show nothing of another", () => {
    const text = show({ stage: 1, ops: true });
    expect(text).toContain("blocks.6");
    expect(text).not.toContain("blocks.5");
    // 3 heads on 2 devices: the second has one.
    const device = show({ rank: 5, ops: true });
    expect(device).toMatch(/^rank 5: stage 1, dp=0, tp=1/);
    expect(device).toMatch(/selfAttention\.Softmax .* \[4, 1, 197, 197\] /);
    expect(show({ rank: 4, ops: true })).toMatch(/selfAttention\.Softmax .* \[4, 2, 197, 197\] /);
  });

  test("filtered by name or source line", () => {
    const rows = (filter: string) => show({ ops: true, unfolded: true, filter }).split("\n").slice(2);
    expect(rows("Softmax")).toHaveLength(12);
    expect(rows("vit.ts:109").length).toBeGreaterThan(0);
    for (const row of rows("vit.ts:109")) expect(row).toContain("vit.ts:109");
  });

  test("fold layers that are alike", () => {
    const text = show({ ops: true });
    expect(text).toContain("blocks.0..5 (6 alike)");
    expect(text).not.toContain("blocks.3.");
    const unfolded = show({ ops: true, unfolded: true });
    expect(unfolded).toContain("blocks.3.");
    expect(unfolded).not.toContain("alike");
  });
});

describe("folding", () => {
  const place = (name: string) => placeInPath(name);

  test("joins neighbours with consecutive numbers and equal rows only", () => {
    const names = ["in", "h.0.a", "h.0.b", "h.1.a", "h.1.b", "h.2.a", "h.3.a", "h.5.a", "g.6.a", "out"];
    const blocks = fold(names, place, (name) => name.slice(-1));
    expect(blocks.map((b) => (b.count === 0 ? b.rows[0] : foldedName(b)))).toEqual([
      "in",
      "h.0..1 (2 alike)",
      "h.2..3 (2 alike)",
      "h.5",
      "g.6",
      "out",
    ]);
  });

  test("loses no row", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ layer: fc.nat(3), op: fc.nat(1), in: fc.boolean() })), (rows) => {
        const blocks = fold(
          rows,
          (row) => (row.in ? { path: "h", index: row.layer } : undefined),
          (row) => String(row.op),
        );
        const total = blocks.reduce((n, block) => n + block.rows.length * Math.max(1, block.count), 0);
        expect(total).toBe(rows.length);
      }),
    );
  });

  test("finds the first number in a path", () => {
    expect(placeInPath("encoder.layer.3.attention.0")).toEqual({ path: "encoder.layer", index: 3 });
    expect(placeInPath("/model/layers.11/mlp")).toEqual({ path: "/model/layers", index: 11 });
    expect(placeInPath("fc2.weight")).toBeUndefined();
  });
});

test("near names: those in which the text occurs, then those with fewest edits", () => {
  const names = ["blocks.0.Add", "blocks.1.Add", "head.weight", "head.bias", "norm"];
  expect(nearestNames("head", names)).toEqual(["head.bias", "head.weight"]);
  expect(nearestNames("blocks.0.add", names)[0]).toBe("blocks.0.Add");
  expect(nearestNames("haed.bias", names)).toEqual(["head.bias"]);
  expect(nearestNames("zzzzzz", names)).toEqual([]);
});

describe("CSV", () => {
  test("has a row for every event, whose times are the timeline's", () => {
    const [header, ...rows] = scheduleCsv(plan, figures).split("\r\n");
    expect(header).toMatch(/^stage,ranks,microbatch,phase,action,kind,name,/);
    const events = figures.timeline.lanes.flatMap((lane) => lane.events);
    expect(rows).toHaveLength(events.length);
    // Ranks and names of this plan hold commas where devices of a class are not neighbours: quoted.
    const fields = rows.map((row) =>
      [...row.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, field]) => field),
    );
    for (const row of fields)
      expect(row.filter((field) => field !== undefined).length).toBeGreaterThanOrEqual(12);
    const ends = fields.map((row) => Number(row[9]));
    expect(Math.max(...ends)).toBe(figures.stepSeconds);
  });
});

describe("DOT", () => {
  const dot = planDot(plan, view.graph, figures);

  test("has a cluster per stage, every node once, and its layouts", () => {
    expect(dot.match(/subgraph "cluster_\d+"/g)).toHaveLength(2);
    for (const node of view.graph.nodes)
      expect(dot.split(`    "op:${node.name}" [`), node.name).toHaveLength(2);
    expect(dot).toContain('label="[S(0), P(sum)]"');
    expect(dot).toMatch(/all-reduce\\n\[S\(0\), P\(sum\)\] -> \[S\(0\), B\]\\n2\.31 MiB/);
  });

  const graphviz = spawnSync("dot", ["-V"]).error === undefined;
  test.skipIf(!graphviz)("is drawn by Graphviz", () => {
    const { status, stdout, stderr } = spawnSync("dot", ["-Tsvg"], {
      input: dot,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout.match(/class="cluster"/g)).toHaveLength(2);
  });
});
