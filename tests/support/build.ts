/** Builds the package once before the tests: the command line and the devices are tested as they are shipped, and start fast. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

export function setup(): void {
  process.env["SBPC_BUILT"] = resolve("dist");
  execFileSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "inherit", "inherit"] });
}
