/** What is inside the regions of calls: its work, as often as it runs, and what must not be there. */
import { SbpcError } from "../diagnostics/diagnostic.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import type { ValueType } from "../ir/types.ts";
import { Call, type CallRegion } from "./call.ts";
import type { OpDefinition } from "./define.ts";
import { findOp } from "./registry.ts";

/**
 * Floating-point operations of a call, estimated where regions run an unknown number of times or sizes are not known.
 * `outputs` as in `OpDeclaration.flops`.
 */
export function callFlops(
  call: Call,
  definition: OpDefinition | undefined,
  outputs?: readonly (ValueType | null)[],
): number {
  let total = definition?.flops(call, outputs) ?? 0;
  for (const { inner, operator, times } of callsInside(call, definition))
    total += times * estimated(() => operator?.flops(inner) ?? 0);
  return total;
}

/** A call inside the regions of `call`, as deep as they nest, that draws random numbers: on every device its own. */
export function drawingInside(call: Call, definition: OpDefinition | undefined): Call | undefined {
  for (const { inner, operator } of callsInside(call, definition))
    if (operator?.draws(inner) === true) return inner;
  return undefined;
}

interface InnerCall {
  readonly inner: Call;
  readonly operator: OpDefinition | undefined;
  /** How often it runs for one run of the outermost call. */
  readonly times: number;
}

function* callsInside(call: Call, definition: OpDefinition | undefined): Generator<InnerCall> {
  const pending = regionsOf(call, definition, 1);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { region, times } = next;
    const constants = new Map<string, TensorData>();
    for (const source of region.graph.sources)
      if (source.kind === "constant") constants.set(source.value, source.data);
    for (const node of region.graph.nodes) {
      const inner = Call.of(node, region.typeOf, (value) => constants.get(value));
      const operator = findOp(node.op);
      yield { inner, operator, times };
      pending.push(...regionsOf(inner, operator, times));
    }
  }
}

function regionsOf(
  call: Call,
  definition: OpDefinition | undefined,
  times: number,
): { readonly region: CallRegion; readonly times: number }[] {
  const regions = Object.entries(call.regions);
  if (regions.length === 0) return [];
  const runs = definition?.runs?.(call) ?? {};
  return regions.map(([name, region]) => ({ region, times: times * (runs[name] ?? 1) }));
}

/** What an operator says of a call inside a region; 0 where it would need to know more than can be known there. */
function estimated(flops: () => number): number {
  try {
    const count = flops();
    return Number.isFinite(count) ? count : 0;
  } catch (error) {
    if (error instanceof SbpcError) return 0;
    throw error;
  }
}
