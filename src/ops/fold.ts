/** Evaluates a node whose inputs are known at compile time, rounding its results to their types. */
import type { Node } from "../ir/graph.ts";
import { allocate, hasNumbers, tensorData, type TensorData, type TypedArray } from "../ir/tensor-data.ts";
import { byteSize, isInteger, isStatic, knownShape, type TensorType, type ValueType } from "../ir/types.ts";
import { arraysEqual, at, sum } from "../support/collections.ts";
import type { Dense } from "./contract.ts";
import type { Call } from "./call.ts";
import type { OpDefinition } from "./define.ts";
import { evaluateNode, toDense } from "./interpret.ts";
import { findOp } from "./registry.ts";

export interface FoldLimits {
  /** Most bytes that the results may take, unless they take no more than the inputs do. */
  readonly bytes: number;
  /** Most floating-point operations worth spending here; `evaluate` does some 10^7 a second. */
  readonly flops: number;
}

/**
 * The outputs of a node all of whose inputs are known (`constantOf`), or of which only the shapes matter; undefined where they
 * are not, where the operator has no declaration or the call no value that could be computed here, where a type has no plain
 * numbers or an integer that it computes with is not exact as f64, and beyond the limits. `types` are the types of the outputs.
 */
export function foldNode(
  node: Node,
  call: Call,
  types: readonly ValueType[],
  constantOf: (value: string) => TensorData | undefined,
  limits: FoldLimits,
): TensorData[] | undefined {
  const definition = findOp(node.op);
  if (definition === undefined || node.regions !== undefined) return undefined;
  if (definition.whyUnevaluated(call) !== undefined) return undefined;
  if (
    !types.every(
      (type): type is TensorType => isStatic(type) && type.kind === "tensor" && hasNumbers(type.dtype),
    )
  )
    return undefined;
  const inputs: (Dense | null)[] = [];
  const wide = new WideIntegers();
  let inputBytes = 0;
  for (const [i, name] of node.inputs.entries()) {
    const data = name === null ? undefined : constantOf(name);
    const type = call.inputs[i];
    if (name === null) inputs.push(null);
    else if (data !== undefined && (isExact(data) || isWide(data))) {
      if (!isExact(data) && !isMoved(definition, i)) return undefined;
      inputs.push(isWide(data) && isMoved(definition, i) ? wide.standIns(data) : toDense(data));
      inputBytes += (data.data as TypedArray).byteLength;
    } else if (definition.fromShapes === true && type?.kind === "tensor" && isStatic(type)) {
      inputs.push({ dtype: type.dtype, shape: knownShape(type), data: new Float64Array(0) });
    } else return undefined;
  }
  if (sum(types.map(byteSize)) > Math.max(limits.bytes, inputBytes) || definition.flops(call) > limits.flops)
    return undefined;
  const results = evaluateNode(node, inputs);
  results.forEach(({ shape }, i) => {
    // A length that only the data tell may be stated wrongly.
    const stated = knownShape(types[i] as TensorType);
    if (!arraysEqual(shape, stated))
      call.failShape(`the result is [${shape.join(", ")}], its type says [${stated.join(", ")}]`);
  });
  if (wide.used) return results.map((x) => wide.restored(x));
  if (!results.every(fitsType)) return undefined;
  return results.map((x) => tensorData(x.dtype, x.shape, x.data));
}

/** Integers of 64 bits that only move: small numbers stand for them, so that the largest ones, as of a Slice to the end, stay. */
class WideIntegers {
  readonly #elements: bigint[] = [];
  readonly #positions = new Map<bigint, number>();

  get used(): boolean {
    return this.#elements.length > 0;
  }

  standIns({ dtype, shape, data }: TensorData): Dense {
    const standIn = (element: bigint): number => {
      let position = this.#positions.get(element);
      if (position === undefined) {
        position = this.#elements.push(element) - 1;
        this.#positions.set(element, position);
      }
      return position;
    };
    return { dtype, shape, data: Float64Array.from(data as BigInt64Array, standIn) };
  }

  restored({ dtype, shape, data }: Dense): TensorData {
    const elements = allocate(dtype, data.length) as BigInt64Array;
    data.forEach((position, i) => (elements[i] = at(this.#elements, position)));
    return { dtype, shape, data: elements };
  }
}

function isMoved({ moves }: OpDefinition, input: number): boolean {
  return moves === "all" || moves?.includes(input) === true;
}

/** Whether elements are held as integers of 64 bits. */
function isWide({ dtype }: TensorData): boolean {
  return dtype === "i64" || dtype === "u64";
}

/** Whether every element is exact as a double. */
function isExact(data: TensorData): boolean {
  if (!hasNumbers(data.dtype)) return false;
  if (!isWide(data)) return true;
  return (data.data as BigInt64Array).every((x) => Number.isSafeInteger(Number(x)));
}

function fitsType(x: Dense): boolean {
  if (!isInteger(x.dtype)) return true;
  return x.dtype === "i64" || x.dtype === "u64"
    ? x.data.every(Number.isSafeInteger)
    : x.data.every(Number.isFinite);
}
