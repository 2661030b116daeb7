/** The README's table of operators by backend: operators of equal outcomes share a row. */
import { groupBy } from "../../src/support/collections.ts";

export type Verdicts = ReadonlyMap<string, string>;

const begin = "<!-- Made by npm run ops-by-backend. -->\n<!-- prettier-ignore-start -->";
const end = "<!-- prettier-ignore-end -->";

/** The text with the table of these columns in its place. */
export function withTable(text: string, columns: ReadonlyMap<string, Verdicts>): string {
  const [before, rest] = parts(text);
  return `${before}${begin}\n\n${tableOf(columns).join("\n")}\n\n${end}${rest}`;
}

function parts(text: string): [before: string, after: string] {
  const [first, last] = [text.indexOf(begin), text.indexOf(end)];
  if (first < 0 || last < first) throw new Error("the text has no place for the table");
  return [text.slice(0, first), text.slice(last + end.length)];
}

function tableOf(columns: ReadonlyMap<string, Verdicts>): string[] {
  const names = [...columns.keys()];
  const ops = [...new Set([...columns.values()].flatMap((verdicts) => [...verdicts.keys()]))].sort();
  const cells = (op: string) => names.map((name) => columns.get(name)?.get(op) ?? "");
  const order = ["yes", "part", "no", "WRONG", ""];
  const rank = (row: readonly string[]) => row.map((cell) => order.indexOf(cell)).join();
  const rows = [...groupBy(ops, (op) => cells(op).join("|"))].sort(([, [a = ""]], [, [b = ""]]) =>
    rank(cells(a)) < rank(cells(b)) ? -1 : 1,
  );
  return [
    `| ${[...names, "operators"].join(" | ")} |`,
    `| ${[...names, ""].map(() => "---").join(" | ")} |`,
    ...rows.map(([, [first = "", ...others]]) => {
      const shared = [first, ...others];
      return `| ${[...cells(first), `${shared.join(", ")} (${shared.length})`].join(" | ")} |`;
    }),
  ];
}

/** What a column of the table in the text says of every operator. */
export function verdictsIn(text: string, column: string): Map<string, string> {
  const lines = text
    .slice(text.indexOf(begin), text.indexOf(end))
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const index = lines[0]?.indexOf(column) ?? -1;
  if (index < 0) throw new Error(`the table has no column ${column}`);
  const verdicts = new Map<string, string>();
  for (const cells of lines.slice(2)) {
    const ops = (cells.at(-2) ?? "").replace(/ \(\d+\)$/, "").split(", ");
    if (cells[index] !== "") for (const op of ops) verdicts.set(op, cells[index] as string);
  }
  return verdicts;
}
