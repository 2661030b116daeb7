/** Flags that say how a step trains, and the options that they make for a model. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { fail } from "../diagnostics/diagnostic.ts";
import type { Graph } from "../ir/graph.ts";
import type { TrainDefaults } from "../nn/model.ts";
import { attachedLoss, lossKinds, type LossRequest } from "../nn/attach-loss.ts";
import { isFloat } from "../ir/types.ts";
import type { ParameterGroup, TrainOptions } from "../plan/plan.ts";
import { findFamily, scheduleFamilies } from "../schedule/schedule.ts";

export interface TrainFlags extends TrainDefaults {
  readonly train?: boolean;
  /** Of a loss that is added to the model. */
  readonly target?: string;
  readonly lossOf?: string;
  readonly ignoreIndex?: number;
}

/** The flags as they are written. */
const names: Readonly<Record<keyof TrainFlags, string>> = {
  train: "--train",
  loss: "--loss",
  target: "--target",
  lossOf: "--loss-of",
  ignoreIndex: "--ignore-index",
  optimizer: "--optimizer",
  lr: "--lr",
  weightDecay: "--weight-decay",
  decayExempt: "--decay-exempt",
  momentum: "--momentum",
  nesterov: "--nesterov",
  betas: "--betas",
  eps: "--eps",
  clipNorm: "--clip-norm",
  lrSchedule: "--lr-schedule",
  warmup: "--warmup",
  totalSteps: "--total-steps",
  minLr: "--min-lr",
  zero: "--zero",
  schedule: "--schedule",
  recompute: "--recompute",
  precision: "--precision",
};

/** The training flags that were given, as they are written. */
export function givenTrainFlags(flags: TrainFlags): string[] {
  return (Object.keys(names) as (keyof TrainFlags)[]).flatMap((key) =>
    flags[key] === undefined ? [] : [names[key]],
  );
}

export function addTrainFlags(command: Command, scheduleFlag = "--schedule <name>"): Command {
  return command
    .option("--train", "train: a step has a backward pass and an update (implied by the flags below)")
    .option(
      "--loss <name>",
      "the output that is minimised (default: the one called loss or losses); with --target, a loss",
    )
    .option("--target <name>", `add the loss ${lossKinds.join(", ")}: the input that its targets come in`)
    .option("--loss-of <output>", "the output that an added loss is of (default: the only one)")
    .option("--ignore-index <class>", "cross-entropy: targets of this class take no part", integer)
    .addOption(
      new Option("--optimizer <name>", "what steps the parameters").choices(["sgd", "adam", "adamw"]),
    )
    .option("--lr <x>", "learning rate", finite)
    .option("--weight-decay <x>", "weight decay", finite)
    .option("--decay-exempt <regex>", "parameters whose names match have no weight decay")
    .option("--momentum <x>", "momentum of sgd", finite)
    .option("--nesterov", "Nesterov's momentum")
    .option("--betas <b1,b2>", "decay rates of adam's moments", betas)
    .option("--eps <x>", "adam's epsilon", finite)
    .option("--clip-norm <x>", "largest global norm of the gradients", positive)
    .addOption(
      new Option("--lr-schedule <kind>", "course of the learning rate").choices([
        "constant",
        "linear",
        "cosine",
      ]),
    )
    .option("--warmup <steps>", "steps over which the learning rate rises from 0", whole)
    .option("--total-steps <n>", "steps after which a falling learning rate is at its minimum", whole)
    .option("--min-lr <x>", "where a falling learning rate ends", finite)
    .addOption(
      new Option(
        "--zero <stage>",
        "ZeRO: 1 splits optimizer states along dp, 2 gradients too, 3 parameters too",
      )
        .choices(["0", "1", "2", "3"])
        .argParser(Number),
    )
    .addOption(
      new Option(
        "--recompute <what>",
        "activations that the backward pass computes again: of whole layers, or what is cheap and large in them (default: auto, as memory asks)",
      ).choices(["layer", "selective", "none", "auto"]),
    )
    .addOption(
      new Option(
        "--precision <type>",
        "what products are computed in; parameters, states, sums and losses are f32, and fp16 scales the loss (default: f32)",
      ).choices(["f32", "fp16", "bf16"]),
    )
    .option(scheduleFlag, "pipeline schedule: gpipe, 1f1b, zb-h1, …", scheduleName);
}

/** The loss that the flags add to the model. Error: bad-train-option. */
export function addedLoss(flags: TrainFlags): LossRequest | undefined {
  const { loss, target, lossOf, ignoreIndex } = flags;
  const kind = lossKinds.find((one) => one === loss);
  if (target === undefined) {
    const given =
      lossOf !== undefined ? "--loss-of" : ignoreIndex !== undefined ? "--ignore-index" : undefined;
    if (given === undefined) return undefined;
    const remedy = "Add --loss cross-entropy --target labels, or another loss.";
    return fail("bad-train-option", {
      option: given,
      problem: "says how a loss is added, and none is",
      remedy,
    });
  }
  if (kind === undefined)
    return fail("bad-train-option", {
      option: "--target",
      problem: loss === undefined ? "needs a loss" : `needs a loss, and ${loss} is none`,
      remedy: `Say which with --loss: ${lossKinds.join(", ")}.`,
    });
  if (ignoreIndex !== undefined && kind !== "cross-entropy")
    return fail("bad-train-option", {
      option: "--ignore-index",
      problem: `has no meaning for ${kind}`,
      remedy: "Leave it out.",
    });
  return {
    kind,
    target,
    ...(lossOf === undefined ? {} : { of: lossOf }),
    ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
  };
}

/** Defaults of the optimizers, as PyTorch has them. */
const defaults = {
  sgd: { learningRate: 1e-3, weightDecay: 0 },
  adam: { learningRate: 1e-3, weightDecay: 0 },
  adamw: { learningRate: 1e-3, weightDecay: 1e-2 },
};

/** Whether the flags ask for training. */
export function asksToTrain(flags: TrainFlags): boolean {
  return givenTrainFlags(flags).length > 0;
}

/**
 * The options for a graph; the flags that are not given fall back on the model's, then on PyTorch's defaults. A falling
 * learning rate falls over `steps`, the steps of the run, where nothing else is said.
 */
export function trainOptions(
  graph: Graph,
  given: TrainFlags,
  preset: TrainDefaults = {},
  steps = 0,
): TrainOptions {
  const flags: TrainFlags = { ...preset, ...given };
  const kind = flags.optimizer ?? "adamw";
  const { learningRate, weightDecay } = defaults[kind];
  const [beta1, beta2] = flags.betas ?? [0.9, 0.999];
  return {
    loss: flags.target === undefined ? (flags.loss ?? lossOutput(graph)) : attachedLoss,
    optimizer: {
      kind,
      learningRate: flags.lr ?? learningRate,
      weightDecay: flags.weightDecay ?? weightDecay,
      momentum: flags.momentum ?? 0,
      nesterov: flags.nesterov === true,
      beta1,
      beta2,
      epsilon: flags.eps ?? 1e-8,
      schedule: {
        kind: flags.lrSchedule ?? "constant",
        warmup: flags.warmup ?? 0,
        total: flags.totalSteps ?? steps,
        minimum: flags.minLr ?? 0,
      },
      groups: flags.decayExempt === undefined ? [] : [exempt(flags.decayExempt)],
    },
    ...(flags.clipNorm === undefined ? {} : { clipNorm: flags.clipNorm }),
    zero: flags.zero ?? 0,
    schedule: flags.schedule ?? "1f1b",
    ...(flags.recompute === undefined || flags.recompute === "auto" ? {} : { recompute: flags.recompute }),
    ...(flags.precision === undefined || flags.precision === "f32" ? {} : { precision: flags.precision }),
  };
}

function exempt(match: string): ParameterGroup {
  try {
    "".search(match);
  } catch (error) {
    const problem = `is no regular expression: ${String(error instanceof Error ? error.message : error)}`;
    const remedy = "Escape what is meant as it stands, e.g. \\. for a dot.";
    fail("bad-train-option", { option: names.decayExempt, problem, remedy });
  }
  return { match, weightDecay: 0 };
}

/** The output called loss or losses, or the only one, or the only scalar one. */
function lossOutput(graph: Graph): string {
  const called = graph.outputs.filter(({ name }) => /loss/i.test(name));
  const scalars = graph.outputs.filter(({ value }) => {
    const type = graph.values.get(value)?.type;
    return type?.kind === "tensor" && isFloat(type.dtype) && type.shape.length === 0;
  });
  const [found] = called.length === 1 ? called : graph.outputs.length === 1 ? graph.outputs : scalars;
  if (found !== undefined && (called.length === 1 || graph.outputs.length === 1 || scalars.length === 1))
    return found.name;
  return fail("loss-missing", { loss: "loss", outputs: graph.outputs.map(({ name }) => name).join(", ") });
}

function scheduleName(text: string): string {
  const family = findFamily(text);
  if (family === undefined)
    throw new InvalidArgumentError(`is none of ${scheduleFamilies.map(({ name }) => name).join(", ")}.`);
  return family.name;
}

function finite(text: string): number {
  const x = Number(text);
  if (text.trim() === "" || !Number.isFinite(x)) throw new InvalidArgumentError("must be a number.");
  return x;
}

function positive(text: string): number {
  const x = finite(text);
  if (x <= 0) throw new InvalidArgumentError("must be a number above 0.");
  return x;
}

function whole(text: string): number {
  const x = finite(text);
  if (!Number.isSafeInteger(x) || x < 0)
    throw new InvalidArgumentError("must be a whole number of at least 0.");
  return x;
}

function integer(text: string): number {
  const x = finite(text);
  if (!Number.isSafeInteger(x)) throw new InvalidArgumentError("must be a whole number.");
  return x;
}

function betas(text: string): readonly [number, number] {
  const [a, b, ...rest] = text.split(",").map(Number);
  const fits = (x: number | undefined): x is number => x !== undefined && x >= 0 && x < 1;
  if (!fits(a) || !fits(b) || rest.length > 0)
    throw new InvalidArgumentError("must be two numbers of at least 0 and below 1, e.g. 0.9,0.999.");
  return [a, b];
}
