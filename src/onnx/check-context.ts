/** What the checks of a model share: the list of problems, names of places, presence of fields. */
import { diagnostic, type Details, type Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Code } from "../diagnostics/codes.ts";
import type { onnx } from "./generated/onnx-ml.js";
import type { DecodedModel } from "./model-file.ts";

/** No report holds more: a file of nothing but mistakes must not fill the memory. */
const mostProblems = 1000;

export interface Problems {
  report(code: Code, details: Details): void;
  add(problem: Diagnostic): void;
  /** All of them in the order of their discovery; the last says how many were left out. */
  list(): Diagnostic[];
}

export function collectProblems(): Problems {
  const found: Diagnostic[] = [];
  let more = 0;
  const add = (problem: Diagnostic): void => {
    if (found.length < mostProblems) found.push(problem);
    else more++;
  };
  return {
    add,
    report: (code, details) => {
      if (found.length < mostProblems) add(diagnostic(code, details));
      else more++;
    },
    list: () => (more === 0 ? [...found] : [...found, diagnostic("onnx-more", { count: more })]),
  };
}

export interface CheckContext {
  readonly model: DecodedModel;
  readonly problems: Problems;
  readonly irVersion: number;
  /** Version of each domain, as the model or the function at hand imports them. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Whether this is the model's own graph, or a function's body; not a graph inside a node. */
  readonly isMain: boolean;
  /** Whether attributes may refer to those of a function. */
  readonly inFunction: boolean;
  /** Where this graph is, to go after a node: "" for the model's own, else ` in the graph … of …`. */
  readonly within: string;
}

/** Whether the field is there, as protobuf means it: a default value of its own is there. */
export function has<T extends object>(message: T, field: keyof T): boolean {
  return Object.hasOwn(message, field) && message[field] !== null && message[field] !== undefined;
}

export function quote(name: string | null | undefined): string {
  return JSON.stringify(name ?? "");
}

/** `the node "conv1" (Conv)`, by its output or its number where it has no name. */
export function describeNode(node: onnx.NodeProto.$Properties, index: number, within: string): string {
  const op =
    node.opType === undefined || node.opType === null || node.opType === "" ? "" : ` (${node.opType})`;
  if (node.name !== undefined && node.name !== null && node.name !== "")
    return `The node ${quote(node.name)}${op}${within}`;
  const output = node.output?.find((name) => name !== "");
  return output === undefined
    ? `Node ${index}${op}${within}`
    : `The node that makes ${quote(output)}${op}${within}`;
}
