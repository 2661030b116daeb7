/** Flags that several commands share, read and checked once. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { backendNames, deviceNames, reference } from "../backends.ts";
import type { Mesh } from "../ir/layout.ts";
import { addTrainFlags, type TrainFlags } from "./train-options.ts";
import { parseMesh } from "../sbp/mesh.ts";

/** What a model's inputs are. */
export interface ShapeFlags {
  readonly dim: Readonly<Record<string, number>>;
  readonly value: Readonly<Record<string, string>>;
}

export interface CompileFlags extends ShapeFlags, TrainFlags {
  readonly mesh?: Mesh;
  readonly batch?: number;
  readonly set: Readonly<Record<string, string>>;
  readonly hints: boolean;
  readonly cluster: string;
  readonly memory?: number;
  readonly microbatches: number;
  readonly chunks?: number;
  readonly seed: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dumpPasses?: string;
}

export interface RunFlags extends CompileFlags {
  readonly backend: string;
  readonly device: string;
  readonly inputs?: string;
  readonly timeout: number;
}

/** Adds what compile, run, verify and dump take to say how a model is compiled. */
export function addCompileFlags(
  command: Command,
  flags: { readonly memory?: string; readonly schedule?: string } = {},
): Command {
  return addTrainFlags(addShapeFlags(addCommonFlags(command)), flags.schedule)
    .option("--mesh <axes>", "device mesh, e.g. dp=2,tp=2,pp=2 (default: one device)", parseMesh)
    .option("--batch <n>", "size of the dimension `batch`", positiveInteger)
    .option("--set <key=value>", "a setting of the model; may be given again", collectStrings, {})
    .option("--no-hints", "ignore the model's own layout hints")
    .option("--cluster <preset|file>", "what devices and links cost", "local")
    .option(flags.memory ?? "--memory <size>", "memory limit per device, e.g. 8GB", byteCount)
    .option("--microbatches <m>", "micro-batches that one step is cut into", positiveInteger, 1)
    .option(
      "--chunks <n>",
      "stages on every rank of the pipeline, for a --schedule with several (default: its own number)",
      positiveInteger,
    )
    .option("--dump-passes <dir>", "write the graph after each pass that changed it");
}

/** Adds what says how large a model's inputs are, and which are fixed. */
export function addShapeFlags(command: Command): Command {
  return command
    .option(
      "--dim <name=n>",
      "sizes of symbolic dimensions, e.g. batch=8,sequence=128; may be given again",
      collectNumbers,
      {},
    )
    .option(
      "--value <input=value>",
      "a fixed value for an input of an .onnx model; may be given again",
      collectStrings,
      {},
    );
}

/** Adds what run and verify take to say where a plan runs. */
export function addRunFlags(command: Command): Command {
  return addCompileFlags(command)
    .addOption(
      new Option("--backend <name>", "what runs the segments")
        .choices(backendNames)
        .default(reference.backend),
    )
    .addOption(
      new Option("--device <kind>", "where the backend runs").choices(deviceNames).default(reference.device),
    )
    .option("--inputs <file>", "inputs from .safetensors, or from .npy files as name=file,…")
    .option("--timeout <seconds>", "give up when no device makes progress for this long", positiveNumber, 60);
}

export function addCommonFlags(command: Command): Command {
  return command
    .option("--seed <n>", "seed of parameters, inputs and masks", nonNegativeInteger, 0)
    .option("--json", "print one JSON document and nothing else")
    .option("--quiet", "no progress and no notes");
}

export function positiveInteger(text: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 1)
    throw new InvalidArgumentError("must be a whole number of at least 1.");
  return n;
}

function nonNegativeInteger(text: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 0)
    throw new InvalidArgumentError("must be a whole number of at least 0.");
  return n;
}

function positiveNumber(text: string): number {
  const n = Number(text);
  if (!Number.isFinite(n) || n <= 0) throw new InvalidArgumentError("must be a number above 0.");
  return n;
}

const byteUnits: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** `8GB` = 8e9 bytes, `8GiB` = 8 * 2^30. */
export function byteCount(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?B?)\s*$/i.exec(text);
  const unit = match === null ? undefined : byteUnits[(match[2] ?? "").toUpperCase()];
  if (match === null || unit === undefined)
    throw new InvalidArgumentError("must be a size such as 512MB, 8GB or 8GiB.");
  return Math.floor(Number(match[1]) * unit);
}

function collectNumbers(
  text: string,
  previous: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  // Several may be given at once: batch=8,sequence=128.
  const given = text.split(",").map((part) => {
    const [name, value] = pair(part);
    return [name, positiveInteger(value)] as const;
  });
  return { ...previous, ...Object.fromEntries(given) };
}

function collectStrings(
  text: string,
  previous: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [name, value] = pair(text);
  return { ...previous, [name]: value };
}

function pair(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("must be written name=value.");
  return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
}
