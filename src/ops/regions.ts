/** The work of calls with regions: their own and that of every node inside, as often as it runs. */
import { SbpcError } from "../diagnostics/diagnostic.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { Call, type CallRegion } from "./call.ts";
import type { OpDefinition } from "./define.ts";
import { findOp } from "./registry.ts";

/** Floating-point operations of a call, estimated where regions run an unknown number of times or sizes are not known. */
export function callFlops(call: Call, definition: OpDefinition | undefined): number {
  const own = definition?.flops(call) ?? 0;
  if (Object.keys(call.regions).length === 0) return own;
  let total = own;
  const pending = regionsOf(call, definition, 1);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { region, times } = next;
    const constants = new Map<string, TensorData>();
    for (const source of region.graph.sources)
      if (source.kind === "constant") constants.set(source.value, source.data);
    for (const node of region.graph.nodes) {
      const inner = Call.of(node, region.typeOf, (value) => constants.get(value));
      const operator = findOp(node.op);
      total += times * estimated(() => operator?.flops(inner) ?? 0);
      pending.push(...regionsOf(inner, operator, times));
    }
  }
  return total;
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
