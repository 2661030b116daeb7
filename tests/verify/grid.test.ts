/** Plans equal the unsharded model, number by number, on every mesh; `SBPC_FULL=1` runs the whole grid. */
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { sampledGrid, wholeGrid } from "./grid.ts";

interface Verified {
  readonly ok: boolean;
  readonly ranks: number;
  readonly outputs: readonly { readonly name: string; readonly maxRelative: number }[];
}

const cases = process.env["SBPC_FULL"] === "1" ? wholeGrid() : sampledGrid();

describe("verify", () => {
  for (const { model, mesh, hints, batch } of cases) {
    test(`${model.name} on ${mesh}${hints ? "" : ", no hints"}`, { timeout: 300_000 }, async () => {
      const settings = Object.entries(model.settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
      const { code, stdout, stderr } = await runCli([
        "verify",
        model.file,
        "--mesh",
        mesh,
        "--batch",
        String(batch),
        ...settings,
        ...Object.entries(model.dims ?? {}).flatMap(([dim, size]) => ["--dim", `${dim}=${size}`]),
        ...(hints ? [] : ["--no-hints"]),
        "--json",
      ]);
      expect(stderr).not.toContain("error");
      const result = JSON.parse(stdout) as Verified;
      expect(result.ok).toBe(true);
      expect(result.outputs.length).toBeGreaterThan(0);
      for (const output of result.outputs) expect(output.maxRelative).toBeLessThanOrEqual(1e-5);
      expect(code).toBe(0);
    });
  }
});
