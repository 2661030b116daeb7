/** The page that shows a plan: one HTML file that holds its program, its style and the plan, and asks no network for anything. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { fail } from "./diagnostics/diagnostic.ts";
import { encodePlan } from "./plan/codec.ts";
import type { Plan } from "./plan/plan.ts";

/** Nothing may be loaded or sent, whatever a model's names hold. */
const policy =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The page's text. Errors: page-missing, where the package was not built. */
export function planPage(plan: Plan): string {
  const bare: Plan = { ...plan, source: "", micro: "", bodies: plan.bodies.map(() => new Uint8Array()) };
  const data = gzipSync(encodePlan(bare), { level: 9 }).toString("base64");
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(plan.model)} - sbpc plan</title>`,
    `<style>${part("style.css")}</style>`,
    "</head>",
    "<body>",
    "<noscript>This page draws a plan with a script of its own; please allow it to run.</noscript>",
    '<div id="app"></div>',
    `<script type="text/plain" id="sbpc-plan">${data}</script>`,
    `<script>${part("main.js")}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** A part of the page's program, as `npm run build:page` bundles it from src/inspect/page. */
function part(name: string): string {
  const file = new URL(`./inspect/generated/${name}`, import.meta.url);
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    return fail("page-missing", { path: file.pathname, problem: (error as Error).message });
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
