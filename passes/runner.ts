/**
 * Runs passes one after another and holds each to its word.
 *
 * Before a pass, what it requires must have been ensured (or hold); after it, the graph must be well formed and every property
 * that was ensured and not broken since must hold. A failure names the pass and shows which lines it changed.
 */
import { printDiagnostic } from "../src/diagnostics/diagnostic.ts";
import { verifyGraph } from "../src/ir/verify.ts";
import { printGraph } from "../src/ir/text/print.ts";
import { InternalError } from "../src/support/assert.ts";
import type { Compilation, Pass, PassContext } from "./pass.ts";
import { checks, type Property } from "./properties.ts";

/** What one pass took. */
export interface Phase {
  readonly name: string;
  readonly milliseconds: number;
  /** Whether it gave another compilation back. */
  readonly changed: boolean;
}

export interface RunOptions {
  /** Called before each pass. */
  readonly onPass?: (pass: Pass, index: number) => void;
  /** Receives the text after each pass that changed something; index 0 is the graph as it came. */
  readonly dump?: (index: number, name: string, text: string) => void;
  /** Whether to check what passes require and ensure; false only where time is measured. Default true. */
  readonly check?: boolean;
}

export interface RunResult {
  readonly compilation: Compilation;
  readonly phases: readonly Phase[];
}

/** The compilation after all passes. Throws a user error as the pass threw it, an `InternalError` where a pass is at fault. */
export function runPasses(
  passes: readonly Pass[],
  start: Compilation,
  context: PassContext,
  options: RunOptions = {},
): RunResult {
  const { onPass, dump, check = true } = options;
  const holding = new Set<Property>();
  const phases: Phase[] = [];
  let compilation = start;
  if (check) checkGraph("the model", compilation, compilation);
  dump?.(0, "model", printCompilation(start));
  passes.forEach((pass, i) => {
    onPass?.(pass, i);
    if (check) checkRequired(pass, compilation, context, holding);
    const before = compilation;
    const began = performance.now();
    compilation = pass.run(before, context);
    phases.push({
      name: pass.name,
      milliseconds: performance.now() - began,
      changed: compilation !== before,
    });
    for (const property of pass.breaks ?? []) holding.delete(property);
    for (const property of pass.ensures) holding.add(property);
    if (compilation !== before) dump?.(i + 1, pass.name, printCompilation(compilation));
    if (!check) return;
    if (compilation !== before) checkGraph(`pass ${pass.name}`, before, compilation);
    // A pass that gave the same compilation back can only have failed to give what it newly ensures.
    for (const property of compilation === before ? pass.ensures : holding) {
      const found = checks[property](compilation, context.mesh);
      if (found.length > 0)
        blame(
          `pass ${pass.name} ${pass.ensures.includes(property) ? "did not ensure" : "broke"} ${property}`,
          found,
          before,
          compilation,
        );
    }
  });
  return { compilation, phases };
}

function checkRequired(
  pass: Pass,
  compilation: Compilation,
  context: PassContext,
  holding: Set<Property>,
): void {
  for (const property of pass.requires) {
    if (holding.has(property)) continue;
    const found = checks[property](compilation, context.mesh);
    if (found.length > 0)
      blame(`pass ${pass.name} was run without ${property}`, found, compilation, compilation);
    holding.add(property);
  }
}

function checkGraph(culprit: string, before: Compilation, after: Compilation): void {
  const graphs = [
    after.graph,
    ...(after.stages === before.stages && after !== before
      ? []
      : (after.stages ?? []).flatMap(({ classes }) => classes.map((one) => one.graph))),
  ];
  for (const graph of graphs) {
    const found = verifyGraph(graph);
    if (found.length > 0)
      blame(`${culprit} gave a graph that is not well formed`, found.map(printDiagnostic), before, after);
  }
}

const shown = 20;

function blame(what: string, found: readonly string[], before: Compilation, after: Compilation): never {
  const more = found.length > shown ? [`  … and ${found.length - shown} more`] : [];
  const lines = [
    what,
    ...found.slice(0, shown).map((text) => `  ${text}`),
    ...more,
    ...difference(before, after),
  ];
  throw new InternalError(`${lines.join("\n")}\n--dump-passes shows every pass`);
}

/** The lines that a pass took out (-) and put in (+), the first of each. */
function difference(before: Compilation, after: Compilation): string[] {
  if (before === after) return [];
  const [old, now] = [before, after].map((compilation) => printCompilation(compilation).split("\n")) as [
    string[],
    string[],
  ];
  const [oldSet, nowSet] = [new Set(old), new Set(now)];
  const removed = old.filter((line) => !nowSet.has(line));
  const added = now.filter((line) => !oldSet.has(line));
  return [
    ...removed.slice(0, shown).map((line) => `- ${line}`),
    ...added.slice(0, shown).map((line) => `+ ${line}`),
  ];
}

/** The logical graph, then the local graph of each class of devices of each stage, as text. */
function printCompilation({ graph, stages = [] }: Compilation): string {
  const parts = [printGraph(graph)];
  for (const { stage, classes } of stages) {
    for (const one of classes)
      parts.push(`# stage ${stage}, devices ${one.devices.join(", ")}\n${printGraph(one.graph)}`);
  }
  return parts.join("\n");
}
