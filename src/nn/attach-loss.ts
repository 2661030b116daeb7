/**
 * Gives a model a loss: of one of its outputs and of an input for the targets, which is added.
 *
 *   cross-entropy     scores, classes along the last axis (along axis 1 where there are four axes or more, as images have them);
 *                     targets are class numbers. Of what a Softmax made, the scores are what the Softmax takes.
 *   mse               targets like the output
 *   bce               of probabilities, targets likewise
 *   bce-with-logits   of logits, targets are probabilities
 *
 * All are means, as in PyTorch. The other outputs are left out: a step of training gives its loss.
 */
import { fail } from "../diagnostics/diagnostic.ts";
import { unknownLocation } from "../diagnostics/location.ts";
import { isKnown } from "../ir/dim.ts";
import { producers, tensorTypeOf, typeOf, valueOf, type Graph, type GraphOutput } from "../ir/graph.ts";
import { isFloat, tensorType, type TensorType } from "../ir/types.ts";
import { building, ModelBuild } from "./build.ts";
import { splice } from "./graph-module.ts";
import { BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, MSELoss } from "./layers/loss.ts";
import { Tensor } from "./tensor.ts";

export const lossKinds = ["cross-entropy", "mse", "bce", "bce-with-logits"] as const;
export type LossKind = (typeof lossKinds)[number];

export interface LossRequest {
  readonly kind: LossKind;
  /** Name of the input for the targets. */
  readonly target: string;
  /** The output that the loss is of. Default: the only one of floating-point numbers. */
  readonly of?: string;
  /** Targets of this class take no part. */
  readonly ignoreIndex?: number;
}

/** The name of the loss among the outputs. */
export const attachedLoss = "loss";

/** The model with the loss as its only output. Errors: loss-output, bad-train-option. */
export function attachLoss(graph: Graph, request: LossRequest): Graph {
  const { kind, target } = request;
  const output = scoresOf(graph, request);
  const { layers, layerStages, mesh, opsets } = graph;
  const build = new ModelBuild({
    name: graph.name,
    folder: "",
    training: true,
    ...(layers === undefined ? {} : { layers }),
  });
  const scope = { module: "", location: unknownLocation, ...(layers === undefined ? {} : { layer: -1 }) };
  return building(build, () => {
    const inputs: Record<string, Tensor> = {};
    for (const source of graph.sources) {
      if (source.kind !== "input") continue;
      if (source.value === target)
        refuse("--target", `${target} is an input of the model already`, "Choose another name.");
      const { hint } = valueOf(graph, source.value);
      const type = tensorTypeOf(graph, source.value);
      inputs[source.value] = new Tensor(build.addInput(source.value, type, source.location, hint));
    }
    const spliced = splice(graph, inputs, { prefix: "", outputs: [output], sources: new Map() });
    const scores = spliced[output.name] as Tensor;
    const loss = build.within(scope, () => {
      const targets = (type: TensorType) => new Tensor(build.addInput(target, type, unknownLocation));
      if (kind === "cross-entropy") return crossEntropy(scores, targets, request);
      const like = targets(scores.type);
      const made = { mse: MSELoss, bce: BCELoss, "bce-with-logits": BCEWithLogitsLoss }[kind];
      return new made().call(scores, like);
    });
    return build.builder.finish([{ name: attachedLoss, value: loss.value }], {
      ...(layers === undefined ? {} : { layers }),
      ...(layerStages === undefined ? {} : { layerStages }),
      ...(mesh === undefined ? {} : { mesh }),
      ...(opsets === undefined ? {} : { opsets }),
    });
  });
}

function crossEntropy(
  scores: Tensor,
  targets: (type: TensorType) => Tensor,
  { ignoreIndex }: LossRequest,
): Tensor {
  const { rank } = scores;
  const last = rank < 4 ? scores : scores.permute(0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1);
  const labels = targets(tensorType("i64", last.shape.slice(0, -1)));
  return new CrossEntropyLoss(ignoreIndex === undefined ? {} : { ignoreIndex }).call(last, labels);
}

/** The value that the loss is of, under the name of its output. */
function scoresOf(graph: Graph, { kind, of }: LossRequest): GraphOutput {
  const floats = graph.outputs.filter(({ value }) => isFloatTensor(graph, value));
  const names = floats.map(({ name }) => name).join(", ") || "none of floating-point numbers";
  const found =
    of === undefined ? (floats.length === 1 ? floats[0] : undefined) : floats.find(({ name }) => name === of);
  if (found === undefined)
    return fail("loss-output", {
      problem: of === undefined ? `the model has several outputs` : `${of} is none of the model's outputs`,
      outputs: names,
    });
  const { shape } = tensorTypeOf(graph, found.value);
  if (!shape.every(isKnown))
    refuse("--loss", `is of ${found.name}, whose sizes are not known`, "Give --dim.");
  if (kind !== "cross-entropy") return found;
  if (shape.length < 2)
    refuse(
      "--loss",
      `cross-entropy takes scores of classes along an axis; ${found.name} has ${shape.length} axes`,
      "Choose another output with --loss-of, or another loss.",
    );
  const classAxis = shape.length < 4 ? shape.length - 1 : 1;
  const maker = producers(graph).get(found.value);
  const axis = maker?.attributes["axis"] ?? -1;
  const logits = maker?.inputs[0];
  const isOverClasses = typeof axis === "number" && (axis + shape.length) % shape.length === classAxis;
  return maker?.op === "Softmax" && logits != null && isOverClasses
    ? { name: found.name, value: logits }
    : found;
}

function isFloatTensor(graph: Graph, value: string): boolean {
  const type = typeOf(graph, value);
  return type.kind === "tensor" && isFloat(type.dtype);
}

function refuse(option: string, problem: string, remedy: string): never {
  return fail("bad-train-option", { option, problem, remedy });
}
