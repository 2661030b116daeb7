/**
 * Runs a plan on simulated devices, all ranks in one thread, one action after another: the meaning of a plan, plain and slow.
 *
 * Segments are run by whatever the caller hands in; collectives by cutting boxes out of shards, partial terms summed in rank
 * order. On the way it checks what a plan promises: a slot is read only while it lives, and the bytes alive never pass the
 * planned peak, which is reached.
 */
import * as ort from "onnxruntime-node";
import type { Reduction } from "../../src/ir/layout.ts";
import { devicesPerStage, type Mesh, type NdSbp } from "../../src/ir/layout.ts";
import type { TypedArray } from "../../src/ir/tensor-data.ts";
import { bytesOf, knownShape, type DataType } from "../../src/ir/types.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { interpretGraph, toTensorData } from "../../src/ops/interpret.ts";
import { rankValues } from "../../src/ops/localize.ts";
import { assemble, takeBox, takeShard } from "../../src/ops/shards.ts";
import { bucketSpans } from "../../src/plan/buckets.ts";
import type { LocalStage } from "../../src/plan/local-stage.ts";
import type { BoxingPlan, Plan, Slot } from "../../src/plan/plan.ts";
import { boxElements, intersectBoxes, shardAt, type Box } from "../../src/sbp/geometry.ts";
import { coordinatesOf, groupsAlong } from "../../src/sbp/mesh.ts";
import { invariant, present } from "../../src/support/assert.ts";
import { product, range } from "../../src/support/collections.ts";

/** Runs segment `segment` of stage `stage` for one class of devices. */
export type SegmentRunner = (
  stage: number,
  segment: number,
  classIndex: number,
  inputs: readonly Dense[],
) => Promise<readonly Dense[]>;

export interface SimulateOptions {
  /** Changes what a communication gives; for faults. */
  readonly exchange?: (boxing: BoxingPlan, shards: readonly Dense[], mesh: Mesh) => readonly Dense[];
  /** Allowed difference between replicas of an output, relative. Default 1e-9. */
  readonly tolerance?: number;
}

/** The plan's outputs for one micro-batch; `feeds` holds inputs, parameters and randoms whole, by name; parts by their whole. */
export async function simulatePlan(
  plan: Plan,
  feeds: ReadonlyMap<string, Dense>,
  run: SegmentRunner,
  options: SimulateOptions = {},
): Promise<Map<string, Dense>> {
  const { exchange = exchangeShards, tolerance = 1e-9 } = options;
  const given = new Map(feeds);
  for (const { name, type, initializer } of plan.parameters) {
    const whole = initializer.kind === "part" ? feeds.get(initializer.name) : undefined;
    if (initializer.kind === "part" && whole !== undefined)
      given.set(name, takeBox(whole, { start: initializer.start, size: knownShape(type) }));
  }
  const devices = range(devicesPerStage(plan.mesh));
  const channels = new Map<number, readonly Dense[]>();
  const outputs = new Map<string, Dense>();
  for (const stage of plan.stages) {
    const slots = stage.slots.map((slot) => startSlot(slot, plan.mesh, given));
    const live = new Set<number>();
    const peaks = stage.memory.map(() => 0);
    const read = (slot: number, at: number): readonly Dense[] => {
      const { kind, lifetime, name } = stage.slots[slot] as Slot;
      invariant(
        kind !== "value" || (lifetime !== undefined && lifetime[0] <= at && at <= lifetime[1]),
        "read outside its lifetime",
        () => name,
      );
      return present(slots[slot], "slot is empty", () => name);
    };
    const write = (slot: number, shards: readonly Dense[], at: number) => {
      const { kind, lifetime, name, dtype, localShapes } = stage.slots[slot] as Slot;
      invariant(
        kind === "value" && lifetime?.[0] === at,
        "made before or after its lifetime begins",
        () => name,
      );
      shards.forEach((shard, device) => {
        const expected = `${dtype}[${localShapes[stage.deviceClass[device] as number]?.join()}]`;
        invariant(
          `${shard.dtype}[${shard.shape.join()}]` === expected,
          "shard of another type than its slot",
          () => `${name}: ${shard.dtype}[${shard.shape.join()}] for ${expected}`,
        );
      });
      slots[slot] = shards;
      live.add(slot);
    };
    const spans = bucketSpans(stage.buckets);
    for (const [at, action] of stage.actions.entries()) {
      switch (action.kind) {
        case "segment": {
          const segment = present(stage.segments[action.segment], "no such segment");
          const inputs = segment.inputs.map((slot) => read(slot, at));
          const results: (readonly Dense[])[] = [];
          for (const device of devices) {
            const own = inputs.map((shards) => shards[device] as Dense);
            results.push(await run(stage.stage, action.segment, stage.deviceClass[device] as number, own));
          }
          segment.outputs.forEach((slot, i) =>
            write(
              slot,
              results.map((result) => result[i] as Dense),
              at,
            ),
          );
          break;
        }
        case "collective": {
          const { first, last } = spans.get(at) ?? { first: at, last: at };
          // All of a bucket: what they take is there before the first, and what they make from then on.
          const members = at > first ? [] : stage.actions.slice(first, last + 1);
          for (const member of members) {
            invariant(member.kind === "collective", "a bucket holds something else");
            const boxing = present(plan.boxing[member.boxing], "no such boxing");
            write(member.output, exchange(boxing, read(member.input, at), plan.mesh), at);
          }
          break;
        }
        case "send":
          channels.set(action.boxing, read(action.input, at));
          break;
        case "receive": {
          const boxing = present(plan.boxing[action.boxing], "no such boxing");
          const sent = present(
            channels.get(action.boxing),
            "received before it is sent",
            () => boxing.output,
          );
          write(action.output, sent, at);
          break;
        }
      }
      peaks.forEach((peak, c) => {
        const bytes = [...live].reduce((n, slot) => n + slotBytes(stage.slots[slot] as Slot, c), 0);
        peaks[c] = Math.max(peak, bytes);
      });
      for (const slot of live) if (stage.slots[slot]?.lifetime?.[1] === at) live.delete(slot);
    }
    for (const [c, memory] of stage.memory.entries()) {
      invariant(
        peaks[c] === memory.peakBytes,
        "another peak than planned",
        () => `${peaks[c]} instead of ${memory.peakBytes}`,
      );
      checkArena(stage.slots, c, memory.arenaBytes);
    }
    for (const output of plan.outputs) {
      if (output.stage !== stage.stage) continue;
      const shards = present(slots[output.slot], "output was not made", () => output.name);
      const whole = assemble(shards, stage.slots[output.slot]?.shape ?? [], output.layout, plan.mesh, {
        tolerance,
      });
      outputs.set(
        output.name,
        present(whole, "replicas of an output differ", () => output.name),
      );
    }
  }
  return new Map(plan.outputs.map(({ name }) => [name, present(outputs.get(name), "output is missing")]));
}

function startSlot(slot: Slot, mesh: Mesh, feeds: ReadonlyMap<string, Dense>): readonly Dense[] | undefined {
  const devices = range(devicesPerStage(mesh));
  switch (slot.kind) {
    case "value":
      return undefined;
    case "rank": {
      const table = present(slot.table, "rank slot without a table");
      return devices.map((device) => {
        const values = rankValues(mesh, table, coordinatesOf(mesh, device));
        return { dtype: "i64", shape: slot.shape, data: Float64Array.from(values) };
      });
    }
    default: {
      const whole = present(feeds.get(slot.name), "nothing to feed", () => slot.name);
      return devices.map((device) => takeShard(whole, slot.layout, mesh, device));
    }
  }
}

function slotBytes(slot: Slot, classIndex: number): number {
  return bytesOf(slot.dtype, product(slot.localShapes[classIndex] ?? []));
}

/** No two values that live at once may share bytes of the arena. */
function checkArena(slots: readonly Slot[], classIndex: number, arenaBytes: number): void {
  const values = slots.filter((slot) => slot.kind === "value");
  const range = (slot: Slot) => {
    const start = slot.offsets?.[classIndex] ?? 0;
    return [start, start + slotBytes(slot, classIndex)] as const;
  };
  for (const [i, a] of values.entries()) {
    const [start, end] = range(a);
    invariant(end <= arenaBytes, "value outside the arena", () => a.name);
    for (const b of values.slice(i + 1)) {
      const [from, to] = range(b);
      const together =
        (a.lifetime?.[0] ?? 0) <= (b.lifetime?.[1] ?? 0) && (b.lifetime?.[0] ?? 0) <= (a.lifetime?.[1] ?? 0);
      invariant(
        !together || end <= from || to <= start || start === end || from === to,
        "values that live at once overlap",
        () => `${a.name} and ${b.name}`,
      );
    }
  }
}

// --- segments

/** Runs the graphs of the local stages in f64. */
export function interpretSegments(stages: readonly LocalStage[]): SegmentRunner {
  return (stage, segment, classIndex, inputs) => {
    const graph = present(stages[stage]?.program?.segments[segment]?.graphs[classIndex], "no such segment");
    const feeds = new Map(inputs.map((value, i) => [`i${i}`, value]));
    return Promise.resolve([...interpretGraph(graph, feeds).values()]);
  };
}

const ortTypes: Partial<Record<DataType, ort.Tensor.Type>> = {
  f32: "float32",
  f64: "float64",
  i32: "int32",
  i64: "int64",
  bool: "bool",
};

/** Runs the bodies of a plan in ONNX Runtime, one session each. */
export function onnxruntimeSegments(plan: Plan): SegmentRunner {
  const sessions = new Map<number, Promise<ort.InferenceSession>>();
  return async (stage, segment, classIndex, inputs) => {
    const body = present(plan.stages[stage]?.segments[segment]?.bodies[classIndex], "no such segment");
    let loading = sessions.get(body);
    if (loading === undefined) {
      loading = ort.InferenceSession.create(present(plan.bodies[body], "no such body"), {
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      sessions.set(body, loading);
    }
    const session = await loading;
    const feeds = Object.fromEntries(inputs.map((value, i) => [`i${i}`, toOrt(value)]));
    const results = await session.run(feeds);
    return session.outputNames.map((_, i) => fromOrt(present(results[`o${i}`], "no such output")));
  };
}

export function toOrt(value: Dense): ort.Tensor {
  const type = present(ortTypes[value.dtype], "no such type in ONNX Runtime", () => value.dtype);
  return new ort.Tensor(type, toTensorData(value).data as Float32Array, [...value.shape]);
}

export function fromOrt(tensor: ort.Tensor): Dense {
  const dtype = (Object.keys(ortTypes) as DataType[]).find((name) => ortTypes[name] === tensor.type);
  const data = Float64Array.from(tensor.data as Exclude<TypedArray, BigInt64Array | BigUint64Array>, Number);
  return {
    dtype: present(dtype, "unknown type of ONNX Runtime", () => tensor.type),
    shape: tensor.dims,
    data,
  };
}

// --- collectives

/** What every device has after a communication, from what all have before it. */
export function exchangeShards(boxing: BoxingPlan, shards: readonly Dense[], mesh: Mesh): readonly Dense[] {
  const results: Dense[] = [];
  for (const group of groupsAlong(mesh, boxing.axes)) {
    for (const device of group) results[device] = collect(boxing, shards, mesh, group, device);
  }
  return results;
}

function collect(
  { from, to, axes, shape }: BoxingPlan,
  shards: readonly Dense[],
  mesh: Mesh,
  group: readonly number[],
  device: number,
): Dense {
  const own = coordinatesOf(mesh, device);
  const target = shardAt(shape, to, mesh, own);
  const data = new Float64Array(boxElements(target));
  const filled = new Uint8Array(data.length);
  for (const member of group) {
    const coordinates = coordinatesOf(mesh, member);
    // Of replicas the own one is taken, and partial terms that stay partial are those of the own coordinate.
    const takes = axes.every((a) => coordinates[a] === own[a] || reads(from, to, a));
    if (!takes) continue;
    const source = shardAt(shape, from, mesh, coordinates);
    const common = intersectBoxes(source, target);
    if (common === undefined) continue;
    const reduce = reduction(from);
    forEachElement(common, source, target, (at, i) => {
      const term = shards[member]?.data[at] as number;
      data[i] = filled[i] === 1 ? combine(reduce, data[i] as number, term) : term;
      filled[i] = 1;
    });
  }
  invariant(
    filled.every((flag) => flag === 1),
    "communication leaves elements without a value",
  );
  return { dtype: shards[device]?.dtype ?? "f32", shape: target.size, data };
}

/** Whether a device takes from others along mesh axis `axis`. */
function reads(from: NdSbp, to: NdSbp, axis: number): boolean {
  const [a, b] = [from[axis], to[axis]];
  return a?.kind === "S" || (a?.kind === "P" && b?.kind !== "P");
}

function reduction(layout: NdSbp): Reduction {
  for (const sbp of layout) if (sbp.kind === "P") return sbp.reduce;
  return "sum";
}

function combine(reduce: Reduction, a: number, b: number): number {
  return reduce === "sum" ? a + b : reduce === "max" ? Math.max(a, b) : Math.min(a, b);
}

/** Visits every element of `box` with its positions in arrays that hold `source` and `target`. */
function forEachElement(box: Box, source: Box, target: Box, visit: (at: number, i: number) => void): void {
  const rank = box.size.length;
  const index = box.size.map(() => 0);
  for (let n = boxElements(box); n > 0; n--) {
    let [at, i] = [0, 0];
    for (let d = 0; d < rank; d++) {
      const global = (box.start[d] as number) + (index[d] as number);
      at = at * (source.size[d] as number) + global - (source.start[d] as number);
      i = i * (target.size[d] as number) + global - (target.start[d] as number);
    }
    visit(at, i);
    for (let d = rank - 1; d >= 0; d--) {
      index[d] = (index[d] as number) + 1;
      if ((index[d] as number) < (box.size[d] as number)) break;
      index[d] = 0;
    }
  }
}
