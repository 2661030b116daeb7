/**
 * The plain signatures of calls whose inputs are laid out already, for graphs that are built with their layouts. Signatures
 * follow from the call's types, attributes and constants and from block sizes: each list is made once.
 */
import type { NodeSignature } from "../ir/graph.ts";
import { sbpEqual, type Mesh, type NdSbp, type Sbp } from "../ir/layout.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { knownShape, printType, type TensorType, type ValueType } from "../ir/types.ts";
import { isSplittable, normalizeLayout } from "../sbp/geometry.ts";
import type { Signature, UnitsOf } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { OpDefinition } from "./define.ts";

/** Larger constants are told apart by identity. */
const comparedElements = 64;

/** Texts that are equal for calls of the same operator on the same types, attributes and constants. */
export class CallKeys {
  readonly #constantIds = new WeakMap<TensorData, number>();
  #lastId = 0;

  of(call: Call): string {
    const inputs = call.inputs.map((type, i) =>
      type === null ? "-" : `${printType(type)}${this.#constantKey(call.constant(i))}`,
    );
    const attributes = JSON.stringify(call.attributes, (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    return `${call.op}(${inputs.join()})${attributes}x${call.outputCount}`;
  }

  #constantKey(data: TensorData | undefined): string {
    if (data === undefined) return "";
    if (data.data.length <= comparedElements) return `=[${[...data.data].join()}]`;
    const id = this.#constantIds.get(data) ?? ++this.#lastId;
    this.#constantIds.set(data, id);
    return `=#${id}`;
  }
}

export class PlainSignatures {
  readonly #keys: CallKeys;
  readonly #lists = new Map<string, readonly Signature[]>();

  constructor(keys = new CallKeys()) {
    this.#keys = keys;
  }

  /**
   * The signature of a call whose inputs are laid out so (null: absent) and whose outputs have these types: on every mesh axis
   * the first plain one that takes them exactly. Undefined where an axis has none, or an output cannot be split as deep.
   */
  find(
    call: Call,
    definition: OpDefinition,
    inputs: readonly (NdSbp | null)[],
    outputTypes: readonly ValueType[],
    mesh: Mesh,
  ): NodeSignature | undefined {
    const key = `${this.#keys.of(call)} ${printUnits(inputs)}`;
    const perAxis: Signature[] = [];
    for (const [axis, { size }] of mesh.axes.entries()) {
      const found = this.#list(key, call, definition, inputs, size).find((signature) =>
        signature.inputs.every((sbp, i) => {
          const layout = inputs[i];
          return sbp === null || layout == null
            ? sbp === null && layout == null
            : sbpEqual(sbp, layout[axis] as Sbp);
        }),
      );
      if (found === undefined) return undefined;
      perAxis.push(found);
    }
    const outputs: NdSbp[] = [];
    for (let i = 0; i < call.outputCount; i++) {
      const shape = knownShape(outputTypes[i] as TensorType);
      const layout = perAxis.map((signature) => signature.outputs[i] as Sbp);
      if (!isSplittable(shape, layout, mesh)) return undefined;
      outputs.push(normalizeLayout(shape, layout, mesh));
    }
    return { inputs, outputs };
  }

  #list(
    key: string,
    call: Call,
    definition: OpDefinition,
    inputs: readonly (NdSbp | null)[],
    devices: number,
  ): readonly Signature[] {
    const sized = `${devices} ${key}`;
    let list = this.#lists.get(sized);
    if (list === undefined) {
      list = definition.signatures(call, { devices, unitsOf: unitsIn(inputs, []) });
      this.#lists.set(sized, list);
    }
    return list;
  }
}

/** The block sizes that layouts of inputs and outputs name. */
export function unitsIn(inputs: readonly (NdSbp | null)[], outputs: readonly NdSbp[]): UnitsOf {
  return (side, tensor, axis) => {
    const layout = (side === "input" ? inputs : outputs)[tensor] ?? [];
    return [1, ...layout.flatMap((sbp) => (sbp.kind === "S" && sbp.axis === axis ? [sbp.unit] : []))];
  };
}

/** All that `unitsIn` says of inputs that is not 1, in the order in which it says it. */
function printUnits(inputs: readonly (NdSbp | null)[]): string {
  return inputs
    .map((layout) =>
      (layout ?? [])
        .flatMap((sbp) => (sbp.kind === "S" && sbp.unit !== 1 ? [`${sbp.axis}/${sbp.unit}`] : []))
        .join(),
    )
    .join(";");
}
