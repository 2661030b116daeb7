/** Plans equal the unsharded model, number by number, on every mesh; `SBPC_FULL=1` runs the whole grid. */
import { describe, expect, test } from "vitest";
import { verifyOn } from "../support/verify-on.ts";
import { sampledGrid, wholeGrid } from "./grid.ts";

const cases = process.env["SBPC_FULL"] === "1" ? wholeGrid() : sampledGrid();

describe("verify", () => {
  for (const { model, mesh, hints, batch } of cases) {
    test(`${model.name} on ${mesh}${hints ? "" : ", no hints"}`, { timeout: 300_000 }, async () => {
      const { file, settings } = model;
      const result = await verifyOn({ file, settings, dims: { ...model.dims, batch }, mesh, hints });
      expect(result.ok).toBe(true);
      expect(result.outputs.length).toBeGreaterThan(0);
      for (const output of result.outputs) expect(output.maxRelative).toBeLessThanOrEqual(1e-5);
    });
  }
});
