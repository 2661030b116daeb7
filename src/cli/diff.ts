/** `sbpc diff A B`: what differs between two files of one kind: ONNX models, or plans. */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { fail } from "../diagnostics/diagnostic.ts";
import { openModel } from "../files/model-folder.ts";
import type { DiffKind, ModelDiff } from "../inspect/diff-log.ts";
import { diffModels } from "../inspect/model-diff.ts";
import { diffPlans, planDiffText } from "../inspect/plan-diff.ts";
import { loadPlan, planFile } from "../plan-files.ts";
import { terminalTable } from "./style.ts";
import { exitCodes, Terminal } from "./terminal.ts";

export function diffCommand(finish: (code: number) => void): Command {
  return new Command("diff")
    .description("compares two plans, or two ONNX models: structure and weights, whatever the names")
    .argument("<a>", "a plan directory, or an .onnx file")
    .argument("<b>", "another")
    .option("--json", "print one JSON document and nothing else")
    .action((a: string, b: string, flags: { readonly json?: boolean }) => {
      const terminal = new Terminal(flags);
      const kinds = [a, b].map(kindOf);
      if (kinds[0] !== kinds[1]) fail("diff-kind", { path: `${a} with ${b}` });
      if (kinds[0] === "plan") {
        const diff = diffPlans(loadPlan(a), loadPlan(b));
        terminal.print(planDiffText([a, b], diff, terminalTable()));
        terminal.printJson({ a, b, ...diff });
        finish(exitCodes.success);
        return;
      }
      const diff = diffModels(openModel(a), openModel(b), () => createHash("sha256"));
      terminal.print(diffText(a, b, diff));
      terminal.printJson({ a, b, ...diff });
      finish(exitCodes.success);
    });
}

/** Errors: diff-kind for what is neither. */
function kindOf(path: string): "plan" | "model" {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder ? existsSync(join(path, planFile)) : /\.(sbpc|pb)$/.test(path)) return "plan";
  if (isFolder || /\.(ts|js|graph)$/.test(path)) fail("diff-kind", { path });
  return "model";
}

const titles: Readonly<Record<DiffKind, string>> = {
  model: "model",
  interface: "inputs and outputs",
  functions: "functions",
  nodes: "nodes",
  weights: "weights",
};

/** Lines that are shown of each kind; --json has all. */
const mostLines = 40;

function diffText(a: string, b: string, diff: ModelDiff): string {
  const names = diff.renamed === 0 ? "" : `; ${diff.renamed} names differ`;
  if (diff.same)
    return `${a} and ${b} are the same: ${diff.pairedNodes} nodes, ${diff.pairedWeights} weights${names}`;
  const sections = (Object.keys(titles) as DiffKind[]).flatMap((kind) => {
    const { added, removed, changed } = diff.differences[kind];
    const lines = [
      ...removed.map((line) => `  - ${line}`),
      ...added.map((line) => `  + ${line}`),
      ...changed.map((line) => `  ~ ${line}`),
    ];
    if (lines.length === 0) return [];
    const rest =
      lines.length > mostLines ? [`  … and ${lines.length - mostLines} more (--json has all)`] : [];
    const head = `${titles[kind]}: ${removed.length} removed, ${added.length} added, ${changed.length} changes`;
    return [[head, ...lines.slice(0, mostLines), ...rest].join("\n")];
  });
  const paired = `${diff.pairedNodes} nodes and ${diff.pairedWeights} weights have a partner${names}`;
  return [`${a} -> ${b}: ${paired}`, ...sections].join("\n\n");
}
