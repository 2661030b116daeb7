/** Training on datasets: the same batches everywhere, checkpoints, resuming on the same and on another mesh, NaN. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkpointStep, resumeFrom } from "../../../src/checkpoint.ts";
import { trainOptions } from "../../../src/cli/train-options.ts";
import { loadCluster } from "../../../src/cluster-files.ts";
import { compile } from "../../../src/compile.ts";
import { readSafetensors } from "../../../src/files/safetensors.ts";
import { load } from "../../../src/load.ts";
import { defineDataset, openSplit, type Dataset } from "../../../src/nn/dataset.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { trainPlan } from "../../../src/train.ts";

const batch = 8;
const input = { name: "images", dtype: "f32", shape: [batch, 1, 28, 28] } as const;
const labels = { name: "labels", dtype: "i64", shape: [batch] } as const;

/** Twenty examples with pixels and labels of their own. */
const dataset: Dataset = defineDataset({
  train: () => ({
    size: 20,
    batch: (examples) => ({
      images: examples.flatMap((i) => Array.from({ length: 784 }, (_, k) => Math.sin(i * 7 + k))),
      labels: examples.map((i) => i % 10),
    }),
  }),
});

let folder = "";
let build: (
  size: number,
) => ReturnType<Extract<Awaited<ReturnType<typeof load>>, { kind: "model" }>["build"]>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-training-"));
  const loaded = await load(resolve("examples/mlp.ts"));
  if (loaded.kind !== "model") throw new Error("no model");
  build = (size) => loaded.build({ dims: { batch: size }, settings: { training: "true", hidden: "16" } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function plan(mesh: string, microbatches = 1, flags: Parameters<typeof trainOptions>[1] = {}): Plan {
  const whole = build(batch);
  return compile({
    whole,
    micro: microbatches === 1 ? whole : build(batch / microbatches),
    mesh: mesh === "" ? { axes: [], stages: 1 } : parseMesh(mesh),
    cluster: loadCluster("local"),
    hints: true,
    microbatches,
    train: trainOptions(whole, { lr: 0.01, ...flags }),
    dims: { batch },
    settings: {},
  }).plan;
}

describe("a dataset", () => {
  test("takes every example once an epoch, in another order in each, by seed and step alone", async () => {
    const inputs = [{ ...labels, shape: [5] }];
    const ordered = defineDataset({
      train: () => ({ size: 20, batch: (examples) => ({ labels: examples }) }),
    });
    const batches = await openSplit(ordered, "train", inputs, 1);
    const epoch = async (first: number) => {
      const found: number[] = [];
      for (let i = 0; i < 4; i++)
        found.push(...Array.from((await batches.at(first + i)).get("labels") ?? [], Number));
      return found;
    };
    const [one, two] = [await epoch(0), await epoch(4)];
    expect([...one].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect([...two].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(two).not.toEqual(one);
    expect(await epoch(0)).toEqual(one);
    const other = await openSplit(ordered, "train", inputs, 2);
    expect(Array.from((await other.at(0)).get("labels") ?? [], Number)).not.toEqual(one.slice(0, 5));
  });

  test("what it throws ends the run with its cause and line", async () => {
    const broken = defineDataset({
      train: () => ({
        size: 8,
        batch: () => {
          throw new Error("the disk is gone");
        },
      }),
    });
    await expect(trainPlan(plan("dp=2"), { dataset: broken, steps: 2 })).rejects.toMatchObject({
      code: "dataset-threw",
      message: expect.stringMatching(/training\.test\.ts:\d+: .*the disk is gone/),
    });
  });

  test("a batch of another size is refused", async () => {
    const short = defineDataset({ train: () => ({ size: 8, batch: () => ({ images: [1], labels: [1] }) }) });
    const batches = await openSplit(short, "train", [input], 0);
    await expect(batches.at(0)).rejects.toMatchObject({ code: "bad-input" });
  });
});

describe("training", () => {
  test("every step has its own batch, longer than the ring that they lie in", async () => {
    const still = plan("dp=2,pp=2", 2, { lr: 0, optimizer: "sgd" });
    const { losses } = await trainPlan(still, { dataset, steps: 8 });
    expect(new Set(losses).size).toBe(8);
  });

  test("follows one device's losses, whatever the mesh and the micro-batches", async () => {
    const expected = await trainPlan(plan(""), { dataset, steps: 5 });
    const actual = await trainPlan(plan("dp=2,pp=2", 2), { dataset, steps: 5 });
    expect(expected.losses).toHaveLength(5);
    expect(new Set(expected.losses).size).toBe(5);
    actual.losses.forEach((loss, i) => expect(Math.abs(loss - (expected.losses[i] ?? 0))).toBeLessThan(1e-3));
  });

  test("3 steps and 3 resumed have the bits of 6; another mesh takes the checkpoint too", async () => {
    const made = plan("dp=2,tp=2");
    const whole = await trainPlan(made, { dataset, steps: 6 });
    const save = join(folder, "half.safetensors");
    const first = await trainPlan(made, { dataset, steps: 3, save });
    expect(checkpointStep(save)).toBe(3);
    expect(readSafetensors(save).get("fc1.weight")?.shape).toEqual([784, 16]);
    const second = await trainPlan(made, { dataset, steps: 3, resume: save });
    expect(second.firstStep).toBe(3);
    expect([...first.losses, ...second.losses]).toEqual(whole.losses);
    const moved = await trainPlan(plan("pp=2", 2), { dataset, steps: 3, resume: save });
    moved.losses.forEach((loss, i) => expect(Math.abs(loss - (whole.losses[3 + i] ?? 0))).toBeLessThan(1e-3));
  });

  test("a checkpoint of another optimizer is refused by name", async () => {
    const save = join(folder, "adam.safetensors");
    await trainPlan(plan(""), { dataset, steps: 1, save });
    const sgd = plan("", 1, { optimizer: "sgd", momentum: 0.9 });
    await expect(trainPlan(sgd, { dataset, steps: 1, resume: save })).rejects.toMatchObject({
      code: "checkpoint-mismatch",
      message: expect.stringContaining("fc1.weight"),
    });
  });

  test("a checkpoint of another model is refused, with what differs", async () => {
    const save = join(folder, "mlp.safetensors");
    await trainPlan(plan(""), { dataset, steps: 1, save });
    const loaded = await load(resolve("examples/mlp.ts"));
    if (loaded.kind !== "model") throw new Error("no model");
    const whole = loaded.build({ dims: { batch }, settings: { training: "true", hidden: "32" } });
    const wider = compile({
      whole,
      micro: whole,
      mesh: parseMesh("dp=2"),
      cluster: loadCluster("local"),
      hints: true,
      microbatches: 1,
      train: trainOptions(whole, {}),
      dims: { batch },
      settings: {},
    }).plan;
    expect(() => resumeFrom(wider, save)).toThrow(
      expect.objectContaining({
        code: "checkpoint-mismatch",
        message: expect.stringMatching(
          /fc1\.weight is f32\[784, 16\] in it, f32\[784, 32\] here; and \d+ more/,
        ),
      }),
    );
  });

  test("a NaN loss stops the run and names what made it", async () => {
    const poisoned = defineDataset({
      train: () => ({
        size: 16,
        batch: (examples) => ({
          images: Array.from({ length: 784 * batch }, () => (examples.includes(0) ? Number.NaN : 1)),
          labels: examples.map(() => 1),
        }),
      }),
    });
    await expect(trainPlan(plan("dp=2"), { dataset: poisoned, steps: 4 })).rejects.toMatchObject({
      code: "not-a-number",
      message: expect.stringContaining("images itself"),
    });
    const exploding = plan("dp=2", 1, { lr: 1e38, optimizer: "sgd" });
    await expect(trainPlan(exploding, { dataset, steps: 6 })).rejects.toMatchObject({
      code: "not-a-number",
      message: expect.stringMatching(/first made by/),
    });
  });
});
