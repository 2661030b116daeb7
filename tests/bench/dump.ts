/**
 * A plan of GPT-3's size (96 layers, hidden 12288, 1,536 devices as dp=12,tp=8,pp=16) compiled and dumped as text, JSON and page,
 * with no weight in memory, each in a process of its own: time, peak memory and size. Aim: 5 s and 1 GB each, a page under 2 MB.
 * Where Chromium is installed, also the time from opening the page, and that of GPT-2 with 96 layers, to its first view (aim 2 s).
 * `npm run bench:dump [-- forward]`: without the training step.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { table } from "../../src/inspect/text.ts";
import { chromiumMissing, launchOptions } from "../browser/chromium.ts";

const most = { seconds: 5, megabytes: 1000, page: 2e6, view: 2000 };
const entry = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const large = "--mesh dp=12,tp=8,pp=16 --batch 1536 --microbatches 32 --cluster a100-node --memory 400GB";
const gpt3 = `examples/gpt.ts --set size=175b --set maxPositions=2048 --dim seq=2048 ${large}`;

interface Measured {
  readonly what: string;
  readonly seconds: number;
  readonly megabytes: number;
  readonly bytes?: number;
}

const rows: Measured[] = [];
const misses: string[] = [];

/** Runs a command of sbpc. */
function measure(what: string, args: readonly string[], output?: string): void {
  const script = `process.on("exit", () => process.stderr.write("\\npeak " + process.resourceUsage().maxRSS));
    process.argv = [process.argv[0], "sbpc", ...${JSON.stringify([...args, "--quiet"])}];
    await import(${JSON.stringify(entry)});`;
  const started = performance.now();
  const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${what} failed: ${stderr}`);
  const megabytes = (1024 * Number(/peak (\d+)$/.exec(stderr)?.[1])) / 1e6;
  rows.push({ what, seconds, megabytes, ...(output === undefined ? {} : { bytes: statSync(output).size }) });
  if (seconds > most.seconds) misses.push(`${what} takes ${seconds.toFixed(1)} s`);
  if (megabytes > most.megabytes) misses.push(`${what} takes ${megabytes.toFixed(0)} MB`);
}

async function firstView(what: string, page: string): Promise<string> {
  const browser = await chromium.launch(launchOptions);
  try {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await tab.goto(`file://${page}`);
    await tab.waitForSelector("html[data-ready]", { timeout: 120_000 });
    const milliseconds = Number(await tab.locator("html").getAttribute("data-ready"));
    if (milliseconds > most.view) misses.push(`the first view of ${what} takes ${milliseconds} ms`);
    return `first view of ${what}: ${milliseconds} ms`;
  } finally {
    await browser.close();
  }
}

execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
const folder = mkdtempSync(join(tmpdir(), "sbpc-dump-"));
try {
  const views: string[] = [];
  const steps = process.argv.includes("forward") ? ["forward"] : ["forward", "training"];
  for (const step of steps) {
    const plan = join(folder, `${step}.plan`);
    const flags = step === "training" ? ["--train"] : [];
    measure(
      `${step}: compile`,
      ["compile", ...gpt3.split(" "), ...flags, "-o", plan],
      join(plan, "plan.sbpc"),
    );
    for (const format of ["text", "json", "html"]) {
      const output = join(folder, `${step}.${format}`);
      measure(`${step}: dump --format ${format}`, ["dump", plan, "--format", format, "-o", output], output);
    }
    const page = join(folder, `${step}.html`);
    if (statSync(page).size > most.page) misses.push(`the page of ${step} has ${statSync(page).size} bytes`);
    if (!chromiumMissing) views.push(await firstView(`GPT-3, ${step}`, page));
  }
  const page = join(folder, "gpt.html");
  measure("GPT-2, 96 layers: compile and dump --format html", [
    ..."dump examples/gpt.ts --set layers=96 --mesh dp=2,tp=2,pp=2 --format html -o".split(" "),
    page,
  ]);
  if (!chromiumMissing) views.push(await firstView("GPT-2, 96 layers", page));
  const lines = table(
    ["", "seconds", "MB", "bytes"],
    rows.map(({ what, seconds, megabytes, bytes }) => [
      what,
      seconds.toFixed(1),
      megabytes.toFixed(0),
      bytes ?? "",
    ]),
  );
  console.log([...lines, "", ...views, "", ...misses.map((miss) => `over the aim: ${miss}`)].join("\n"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
