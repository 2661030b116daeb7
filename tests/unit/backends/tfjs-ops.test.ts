/** Operator by operator on tfjs: every case gives what the operator means, or is refused with the operator's name. */
import * as tf from "@tensorflow/tfjs-core";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createBackend } from "../../../backends/tfjs/index.ts";
import { basicKernels } from "../../../backends/tfjs/kernel.ts";
import { kernels } from "../../../backends/tfjs/kernels/table.ts";
import { opOutcomes, verdictOf } from "../../support/ops-by-backend.ts";
import { verdictsIn } from "../../support/ops-table.ts";

const tolerance = 1e-4;

describe.each(["cpu", "wasm"])("tfjs on %s", (device) => {
  test("gives what the operators mean", async () => {
    const backend = await createBackend({ device, threads: 1 });
    const before = tf.memory().numTensors;
    const undeclared = new Map<string, Set<string>>();
    const outcomes = await opOutcomes(backend, { tolerance }, undefined, async (op, run) => {
      const { kernelNames } = await tf.engine().profile(async () => {
        await run();
        return [];
      });
      const needs = kernels.get(op)?.needs;
      if (needs === undefined) return;
      for (const name of kernelNames) {
        if (name.endsWith("__op") || basicKernels.includes(name) || needs.includes(name)) continue;
        undeclared.set(op, (undeclared.get(op) ?? new Set()).add(name));
      }
    });
    // What a kernel uses it declares: that is how it is known when a segment is loaded whether a backend can run it.
    expect([...undeclared]).toEqual([]);
    expect([...outcomes].flatMap(([, { different }]) => different)).toEqual([]);
    // Refusals name the operator.
    for (const [op, { refused }] of outcomes)
      for (const problem of refused) expect(problem, op).toMatch(/kernel-missing|unsupported-dtype/);
    // Every operator with a kernel has run.
    const idle = [...outcomes].filter(([op, { equal }]) => kernels.has(op) && equal === 0).map(([op]) => op);
    expect(idle).toEqual([]);
    // No tensor is left behind.
    expect(tf.memory().numTensors).toBe(before);
    // The README's table says the same.
    const stated = verdictsIn(readFileSync("README.md", "utf8"), `tfjs ${device}`);
    expect(stated).toEqual(new Map([...outcomes].map(([op, outcome]) => [op, verdictOf(outcome)])));
  });
});
