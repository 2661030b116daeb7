/** `sbpc diff A B`: what differs between two files of one kind; so far, two ONNX models. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { Command } from "commander";
import { fail } from "../diagnostics/diagnostic.ts";
import { openModel } from "../files/model-folder.ts";
import type { DiffKind, ModelDiff } from "../inspect/diff-log.ts";
import { diffModels } from "../inspect/model-diff.ts";
import { exitCodes, Terminal } from "./terminal.ts";

export function diffCommand(finish: (code: number) => void): Command {
  return new Command("diff")
    .description("compares two ONNX models: structure and weights, whatever the names")
    .argument("<a>", "an .onnx file")
    .argument("<b>", "another")
    .option("--json", "print one JSON document and nothing else")
    .action((a: string, b: string, flags: { readonly json?: boolean }) => {
      const terminal = new Terminal(flags);
      for (const file of [a, b]) requireModel(file);
      const diff = diffModels(openModel(a), openModel(b), () => createHash("sha256"));
      terminal.print(diffText(a, b, diff));
      terminal.printJson({ a, b, ...diff });
      finish(exitCodes.success);
    });
}

function requireModel(path: string): void {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder || /\.(ts|js|graph)$/.test(path)) fail("diff-kind", { path });
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
