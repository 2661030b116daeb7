/** Debian's Chromium, as the tests of this folder drive it. */
import { existsSync } from "node:fs";

const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
const required = process.env["SBPC_REQUIRE_BROWSER"] === "1";
if (installed === undefined && !required)
  console.warn("Chromium is not installed: the browser tests are skipped.");

export const chromiumMissing = installed === undefined && !required;

export const launchOptions = {
  executablePath: installed ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
