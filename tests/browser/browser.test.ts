/** The compiler in a browser tab: everything below the top floor and the passes, bundled, gives the same plan bytes. */
import { readdirSync } from "node:fs";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { buildModel } from "../../src/nn/model.ts";
import { printGraph } from "../../src/ir/text/print.ts";
import vit from "../../examples/vit.ts";
import { chromiumMissing, launchOptions } from "./chromium.ts";
import { compileText } from "./compile-text.ts";

/** Every module below the top floor, and every pass; the page's program is one of its own (page.test.ts). */
function lowerModules(): string[] {
  const all = ["src", "passes"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
  );
  const lower = all.filter(
    (file) =>
      file.startsWith("passes/") ||
      (file.split("/").length > 2 && !/^src\/(cli|files|inspect\/(page|generated))\//.test(file)),
  );
  return lower.filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith(".d.ts")).sort();
}

async function bundle(): Promise<string> {
  const files = lowerModules();
  const result = await build({
    entryPoints: ["tests/browser/entry.ts"],
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2023",
    write: false,
    logLevel: "silent",
    plugins: [
      {
        name: "modules",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^virtual:modules$/ }, ({ path }) => ({ path, namespace: "modules" }));
          onLoad({ filter: /.*/, namespace: "modules" }, () => ({
            contents: files.map((file, i) => `export * as m${i} from "./${file}";`).join("\n"),
            resolveDir: process.cwd(),
          }));
        },
      },
    ],
  });
  return result.outputFiles[0]?.text ?? "";
}

describe.skipIf(chromiumMissing)("in a browser tab", () => {
  test("the ViT compiles to the same plan bytes as in Node", async () => {
    const text = printGraph(buildModel(vit, { dims: { batch: 4 }, settings: { size: "tiny" } }));
    const script = await bundle();
    const instance = await chromium.launch(launchOptions);
    try {
      const page = await instance.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.addScriptTag({ content: script });
      expect(await page.evaluate("moduleCount")).toBe(lowerModules().length);
      for (const mesh of ["dp=2,tp=2,pp=2", "tp=2"]) {
        const bytes = (await page.evaluate(
          `Array.from(compileText(${JSON.stringify(text)}, ${JSON.stringify(mesh)}))`,
        )) as number[];
        expect(Buffer.from(bytes).equals(Buffer.from(compileText(text, mesh)))).toBe(true);
      }
      expect(errors).toEqual([]);
    } finally {
      await instance.close();
    }
  });
});
