/** A logical graph as one ONNX model, its parameters as initializers. */
import { valueOf, type Graph, type Initializer } from "../ir/graph.ts";
import { bytesOf, knownShape } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { product } from "../support/collections.ts";
import type { onnx } from "./generated/onnx-ml.js";
import { weightInitializer, type Weight, type WeightedModel } from "./weighted-model.ts";
import { modelOf, type EncodeOptions } from "./write.ts";

export interface WholeOptions extends Pick<EncodeOptions, "minimumOpset" | "metadata"> {
  /** Where the elements of these parameters come from instead, by name. */
  readonly initializers?: ReadonlyMap<string, Initializer>;
}

/** Random sources stay inputs. Parameters must have known shapes. */
export function wholeModel(graph: Graph, options: WholeOptions = {}): WeightedModel {
  const { initializers, ...encode } = options;
  const proto = modelOf(graph, encode);
  const weights = new Map<string, Weight>();
  const parameters: onnx.TensorProto.$Properties[] = [];
  const input: onnx.ValueInfoProto.$Properties[] = [];
  // Whatever is not a constant has become an input, in the order of the sources.
  const sources = graph.sources.filter(({ kind }) => kind !== "constant");
  const infos = proto.graph?.input ?? [];
  invariant(infos.length === sources.length, "the writer gives another number of inputs");
  sources.forEach((source, i) => {
    const info = present(infos[i], "input is missing");
    if (source.kind !== "parameter") {
      input.push(info);
      return;
    }
    const { type } = valueOf(graph, source.value);
    invariant(type.kind === "tensor", "parameter is no tensor", () => source.value);
    const shape = knownShape(type);
    const name = present(info.name, "input without a name");
    const weight: Weight = {
      parameter: {
        name: source.value,
        dtype: type.dtype,
        shape,
        initializer: initializers?.get(source.value) ?? source.initializer,
      },
      box: { start: shape.map(() => 0), size: shape },
    };
    invariant(
      weight.parameter.initializer.kind !== "file" ||
        weight.parameter.initializer.length === bytesOf(type.dtype, product(shape)),
      "parameter of another size than its bytes",
      () => source.value,
    );
    weights.set(name, weight);
    parameters.push(weightInitializer(name, weight));
  });
  const initializer = [...parameters, ...(proto.graph?.initializer ?? [])];
  return { proto: { ...proto, graph: { ...proto.graph, input, initializer } }, weights };
}
