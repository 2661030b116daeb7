/** Tests: one run of everything; SBPC_FULL=1 runs the large grids whole instead of a sample. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tests/support/sequencer.ts";

export default defineConfig({
  resolve: { alias: { sbpc: fileURLToPath(new URL("src/index.ts", import.meta.url)) } },
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/build.ts", "tests/support/python-probe.ts", "tests/support/onnx-probe.ts"],
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ["default", "./tests/support/count-reporter.ts"],
  },
});
