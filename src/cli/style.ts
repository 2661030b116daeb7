/** Colour and width of what is printed: on a terminal only, and no colour where NO_COLOR says so. */
import pc from "picocolors";
import { plainStyle, type TableOptions } from "../inspect/text.ts";

export function terminalTable(): TableOptions {
  const { isTTY, columns } = process.stdout;
  const noColor = (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb";
  const forced = process.env["FORCE_COLOR"] !== undefined && process.env["FORCE_COLOR"] !== "0";
  const colors = pc.createColors((isTTY === true && !noColor) || (forced && !noColor));
  return {
    ...(isTTY === true && columns > 0 ? { width: columns } : {}),
    style: colors.isColorSupported ? { heading: colors.bold, faint: colors.dim } : plainStyle,
  };
}
