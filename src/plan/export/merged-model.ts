/**
 * All devices of a plan, and all micro-batches of a step, as one ONNX model of standard operators: it computes what the plan
 * computes, without any communication. Inputs and outputs are the whole model's.
 *
 * Values of rank 1 begin with `r1_`; where a step has several micro-batches, those of the first with `m0_r1_`. A collective is
 * Slice, Sum (Max, Min), Concat of the group's values; what several devices compute alike out of the same values is computed
 * once. A send gives the receiver the sender's value. Parameters that several devices hold alike are one initializer. Where
 * micro-batches do not divide the samples, what fills up the shorter ones is taken of the inputs and cut off the outputs.
 */
import { devicesPerStage, printMesh, type Mesh, type NdSbp, type Reduction } from "../../ir/layout.ts";
import { scalar, tensorData } from "../../ir/tensor-data.ts";
import { isFloat, knownShape, type DataType, type TensorType } from "../../ir/types.ts";
import { ModelBuilder } from "../../onnx/model-builder.ts";
import type { WeightedModel } from "../../onnx/weighted-model.ts";
import { shardOf, type Box } from "../../sbp/geometry.ts";
import { groupsAlong } from "../../sbp/mesh.ts";
import { invariant, present } from "../../support/assert.ts";
import { arraysEqual, at, groupBy, range, sum } from "../../support/collections.ts";
import { wholeBox } from "../box-copy.ts";
import { dealtPart, dealtRuns, stepLength, validSource, weightOf, type Dealing } from "../micro-batches.ts";
import { partsOf, type Part, type Relayout } from "../parts.ts";
import type { PhaseKind } from "../../schedule/step-order.ts";
import type { Action, Plan, PlanOutput, Slot, StagePlan } from "../plan.ts";
import { Bodies, SegmentWriter } from "./bodies.ts";
import { PlanSources } from "./sources.ts";

export function mergedModel(plan: Plan): WeightedModel {
  return new MergedWriter(plan).write();
}

/** A value and the box of its tensor that it holds. */
interface Held {
  readonly name: string;
  readonly box: Box;
}

/** What the stages made, by stage and slot: names of all devices' values. */
interface Run {
  readonly prefix: string;
  readonly read: readonly ((slot: number) => readonly string[])[];
}

class MergedWriter {
  readonly #plan: Plan;
  readonly #mesh: Mesh;
  readonly #devices: readonly number[];
  readonly #builder = new ModelBuilder();
  readonly #segments: SegmentWriter;
  readonly #sources: PlanSources;
  /** Values computed already, by what they are. */
  readonly #known = new Map<string, string>();
  /** Values of all devices, by communication: what was sent in this micro-batch. */
  #sent = new Map<number, readonly string[]>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#mesh = plan.mesh;
    this.#devices = range(devicesPerStage(plan.mesh));
    this.#segments = new SegmentWriter(this.#builder, new Bodies(plan.bodies));
    this.#sources = new PlanSources(plan);
  }

  write(): WeightedModel {
    const { inputs, randoms, outputs, options, model } = this.#plan;
    const { microbatches, samples } = options;
    for (const { name } of outputs) this.#builder.name(name);
    const wholes = new Map<string, string>();
    for (const { name, type, batchAxis } of [...inputs, ...randoms]) {
      if (name === validSource) continue;
      const whole = this.#builder.name(name);
      wholes.set(name, whole);
      this.#builder.addInput(whole, type.dtype, longer(type, batchAxis, options));
    }
    const runs = range(microbatches).map((microbatch) => this.#runMicrobatch(microbatch, wholes));
    const step = this.#runUpdate(runs, wholes);
    outputs.forEach((output) => {
      const { name, type, batchAxis } = output;
      const parts =
        output.perStep === true
          ? [this.#whole(output, step, name)]
          : runs.map((run, i) => {
              const value = this.#whole(output, run, `${run.prefix}${name}`);
              return this.#own(value, name, type, batchAxis, i);
            });
      this.#join(parts, name, type.dtype, batchAxis);
      this.#builder.addOutput(name, type.dtype, longer(type, batchAxis, options));
    });
    return this.#builder.finish(model, {
      "sbpc.model": model,
      "sbpc.mesh": printMesh(this.#mesh),
      "sbpc.microbatches": String(microbatches),
      ...(samples === undefined ? {} : { "sbpc.samples": String(samples) }),
      "sbpc.merged": "true",
    });
  }

  /** What the stages make in one micro-batch. */
  #runMicrobatch(microbatch: number, wholes: ReadonlyMap<string, string>): Run {
    const prefix = this.#plan.options.microbatches === 1 ? "" : `m${microbatch}_`;
    this.#sent = new Map();
    return this.#runPhase(
      prefix,
      (kind) => kind !== "U",
      microbatch,
      wholes,
      () => undefined,
    );
  }

  /** What they make once in a step, out of the sums over the micro-batches. */
  #runUpdate(runs: readonly Run[], wholes: ReadonlyMap<string, string>): Run {
    const last = runs.length - 1;
    const sumOf = (stage: StagePlan, slot: number): readonly string[] | undefined => {
      const action = stage.actions.find((one) => one.kind === "accumulate" && one.output === slot);
      if (action?.kind !== "accumulate") return undefined;
      const { name } = at(stage.slots, slot);
      const terms = runs.map(({ read }) => at(read, stage.stage)(action.input));
      return this.#devices.map((device) => {
        const [first, ...more] = terms.map((values) => at(values, device));
        return more.reduce(
          (total, term) =>
            this.#once(`sum ${total} ${term}`, () => this.#builder.op("Add", [total, term], `${name}/sum`)),
          first as string,
        );
      });
    };
    return this.#runPhase("", (kind) => kind === "U", last, wholes, sumOf);
  }

  /** Runs the actions of all stages that are in phases of these kinds; `given`: values that others made. */
  #runPhase(
    prefix: string,
    isOfPhase: (kind: PhaseKind) => boolean,
    microbatch: number,
    wholes: ReadonlyMap<string, string>,
    given: (stage: StagePlan, slot: number) => readonly string[] | undefined,
  ): Run {
    const read = this.#plan.stages.map((stage) => {
      const first = stage.stage * this.#devices.length;
      const prefixes = this.#devices.map((device) => `${prefix}r${first + device}_`);
      /** Names of all devices' values, by slot. */
      const names = new Map<number, readonly string[]>();
      const readSlot = (slot: number): readonly string[] => {
        let values = names.get(slot) ?? given(stage, slot);
        if (values === undefined) {
          const source = at(stage.slots, slot);
          values = this.#devices.map((device) =>
            this.#source(stage, source, device, at(prefixes, device), microbatch, wholes),
          );
        }
        names.set(slot, values);
        return values;
      };
      for (const { kind, first: begin, count } of stage.phases)
        if (isOfPhase(kind))
          for (const action of stage.actions.slice(begin, begin + count))
            this.#run(stage, action, prefixes, names, readSlot);
      return readSlot;
    });
    return { prefix, read };
  }

  /** An output, whole, of what was run. */
  #whole({ stage, slot, layout, type }: PlanOutput, { read }: Run, name: string): string {
    const axes = range(this.#mesh.axes.length);
    const to: NdSbp = axes.map(() => ({ kind: "B" }));
    const values = at(read, stage)(slot);
    const shape = knownShape(type);
    return this.#relayout(
      { from: layout, to, axes },
      type.dtype,
      shape,
      this.#devices,
      values,
      0,
      `${name}/whole`,
    );
  }

  #run(
    stage: StagePlan,
    action: Action,
    prefixes: readonly string[],
    names: Map<number, readonly string[]>,
    read: (slot: number) => readonly string[],
  ): void {
    const slotName = (slot: number) => at(stage.slots, slot).name;
    switch (action.kind) {
      case "segment": {
        const segment = at(stage.segments, action.segment);
        const inputs = segment.inputs.map(read);
        const outputs = segment.outputs.map((slot) =>
          this.#devices.map((device) => this.#builder.name(`${at(prefixes, device)}${slotName(slot)}`)),
        );
        for (const device of this.#devices) {
          this.#segments.add(
            at(segment.bodies, at(stage.deviceClass, device)),
            inputs.map((values) => at(values, device)),
            outputs.map((values) => at(values, device)),
            `${at(prefixes, device)}segment${action.segment}`,
          );
        }
        segment.outputs.forEach((slot, i) => names.set(slot, at(outputs, i)));
        return;
      }
      case "collective": {
        const boxing = at(this.#plan.boxing, action.boxing);
        const values = read(action.input);
        const results: string[] = [];
        for (const group of groupsAlong(this.#mesh, boxing.axes)) {
          const held = group.map((device) => at(values, device));
          for (const device of group) {
            const wanted = `${at(prefixes, device)}${slotName(action.output)}`;
            results[device] = this.#relayout(boxing, boxing.dtype, boxing.shape, group, held, device, wanted);
          }
        }
        names.set(action.output, results);
        return;
      }
      case "send":
        this.#sent.set(action.boxing, read(action.input));
        return;
      case "receive":
        names.set(action.output, present(this.#sent.get(action.boxing), "received before it is sent"));
    }
  }

  // --- sources

  #source(
    stage: StagePlan,
    slot: Slot,
    device: number,
    prefix: string,
    microbatch: number,
    wholes: ReadonlyMap<string, string>,
  ): string {
    switch (slot.kind) {
      case "parameter": {
        const weight = this.#sources.weight(slot, device);
        const { box } = weight;
        return this.#once(`parameter ${slot.name} ${boxKey(box)}`, () => {
          const name = this.#builder.name(`${arraysEqual(box.size, slot.shape) ? "" : prefix}${slot.name}`);
          this.#builder.addWeight(name, weight);
          return name;
        });
      }
      case "rank": {
        const shape = at(slot.localShapes, at(stage.deviceClass, device));
        return this.#builder.constant(this.#sources.integers(slot, device, shape), `${prefix}${slot.name}`);
      }
      case "input":
      case "random": {
        const { options } = this.#plan;
        const batchAxis = this.#sources.batchAxis(slot.name);
        const box = shardOf(slot.shape, slot.layout, this.#mesh, device);
        if (slot.name === validSource) return this.#valid(slot, box, microbatch, prefix);
        const all = slot.shape.map((size, axis) => (axis === batchAxis ? stepLength(options, size) : size));
        const whole = {
          name: present(wholes.get(slot.name), "unknown source", () => slot.name),
          box: wholeBox(all),
        };
        const wanted = `${prefix}${slot.name}`;
        const runs = dealtRuns(options, slot.shape, box, batchAxis, microbatch);
        const parts = runs.map(({ region }) => this.#slice(whole, region, wanted));
        if (parts.length === 1) return at(parts, 0);
        return this.#once(`concat ${batchAxis} ${parts.join(" ")}`, () =>
          this.#builder.op("Concat", parts, wanted, { axis: batchAxis ?? 0 }),
        );
      }
      case "value":
        throw new Error(`%${slot.name} is used before it is made`);
    }
  }

  /** Which samples of a micro-batch are its own. */
  #valid(slot: Slot, { start, size }: Box, microbatch: number, prefix: string): string {
    const own = dealtPart(this.#plan.options, at(slot.shape, 0), microbatch).size;
    const rows = range(at(size, 0)).map((row) => (at(start, 0) + row < own ? 1 : 0));
    return this.#builder.constant(tensorData(slot.dtype, size, rows), `${prefix}${slot.name}`);
  }

  /** What a micro-batch gives of an output, without what fills it up. */
  #own(value: string, name: string, type: TensorType, batchAxis: number | null, microbatch: number): string {
    if (batchAxis === null) return value;
    const box = wholeBox(knownShape(type));
    const { size } = dealtPart(this.#plan.options, at(box.size, batchAxis), microbatch);
    return this.#slice({ name: value, box }, { ...box, size: box.size.with(batchAxis, size) }, `${name}/own`);
  }

  // --- what communications compute

  /** The shard that `device` of a group gets; `values` are what the group's members hold. */
  #relayout(
    change: Relayout,
    dtype: DataType,
    shape: readonly number[],
    members: readonly number[],
    values: readonly string[],
    device: number,
    wanted: string,
  ): string {
    const before = members.map((member) => shardOf(shape, change.from, this.#mesh, member));
    const after = shardOf(shape, change.to, this.#mesh, device);
    const partial = change.axes.map((axis) => at(change.from, axis)).find((sbp) => sbp.kind === "P");
    const reduce = partial?.kind === "P" ? partial.reduce : undefined;
    const held = values.map((name, i): Held => ({ name, box: at(before, i) }));
    const pieces = partsOf(change, this.#mesh, device, members, before, after).map((part): Held => ({
      name: this.#part(part, held, dtype, reduce, wanted),
      box: part.region,
    }));
    return this.#assemble(pieces, 0, wanted);
  }

  #part(
    { region, terms }: Part,
    held: readonly Held[],
    dtype: DataType,
    reduce: Reduction | undefined,
    wanted: string,
  ): string {
    const values = terms.map((term) => this.#slice(at(held, term), region, `${wanted}/part`));
    const [only] = values;
    if (values.length === 1 && only !== undefined) return only;
    invariant(reduce !== undefined, "several devices hold one element of a value that is not partial");
    return this.#reduce(values, dtype, reduce, wanted);
  }

  /** The region, which `value` holds. */
  #slice({ name, box }: Held, region: Box, wanted: string): string {
    const cut = region.size.flatMap((size, axis) => (size === box.size[axis] ? [] : [axis]));
    if (cut.length === 0) return name;
    const starts = cut.map((axis) => at(region.start, axis) - at(box.start, axis));
    const ends = cut.map((axis, i) => at(starts, i) + at(region.size, axis));
    const builder = this.#builder;
    return this.#once(`slice ${name} ${starts.join()} ${ends.join()} ${cut.join()}`, () =>
      builder.op("Slice", [name, builder.ints(starts), builder.ints(ends), builder.ints(cut)], wanted),
    );
  }

  /** In the order of ranks: the same bits as where the devices reduce. */
  #reduce(values: readonly string[], dtype: DataType, reduce: Reduction, wanted: string): string {
    return this.#once(`${reduce} ${values.join(" ")}`, () => {
      const variadic = dtype === "bool" ? undefined : variadicReduction(reduce, dtype);
      if (variadic !== undefined) return this.#builder.op(variadic, values, wanted);
      const pairwise = dtype === "bool" ? (reduce === "min" ? "And" : "Or") : "Add";
      return values
        .slice(1)
        .reduce((total, value) => this.#builder.op(pairwise, [total, value], wanted), at(values, 0));
    });
  }

  /** Joins pieces that lie on a grid, axis by axis from `axis` on. */
  #assemble(pieces: readonly Held[], axis: number, wanted: string): string {
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined) return only.name;
    const slabs = [...groupBy(pieces, ({ box }) => at(box.start, axis))].sort(([a], [b]) => a - b);
    const inner = slabs.map(([, slab]) => this.#assemble(slab, axis + 1, `${wanted}/slab`));
    if (inner.length === 1) return at(inner, 0);
    return this.#once(`concat ${axis} ${inner.join(" ")}`, () =>
      this.#builder.op("Concat", inner, wanted, { axis }),
    );
  }

  /** One output of all micro-batches under its own name. */
  #join(parts: readonly string[], name: string, dtype: DataType, batchAxis: number | null): void {
    const [only] = parts;
    // There is no mean of integers: all micro-batches must give the same ones.
    if (only !== undefined && (parts.length === 1 || (batchAxis === null && !isFloat(dtype))))
      return this.#builder.copy(only, name);
    if (batchAxis !== null)
      return this.#builder.copy(
        this.#builder.op("Concat", parts, `${name}/joined`, { axis: batchAxis }),
        name,
      );
    const weights = parts.map((_, microbatch) => weightOf(this.#plan.options, microbatch));
    const weighted = parts.map((part, i) => this.#times(part, at(weights, i), dtype, `${name}/weighted`));
    const total = this.#reduce(weighted, dtype, "sum", `${name}/total`);
    const count = this.#builder.constant(scalar(dtype, sum(weights)), `${name}/count`);
    this.#builder.copy(this.#builder.op("Div", [total, count], `${name}/mean`), name);
  }

  #times(value: string, factor: number, dtype: DataType, wanted: string): string {
    if (factor === 1) return value;
    const builder = this.#builder;
    return builder.op("Mul", [value, builder.constant(scalar(dtype, factor), `${wanted}/by`)], wanted);
  }

  #once(key: string, make: () => string): string {
    let name = this.#known.get(key);
    if (name === undefined) this.#known.set(key, (name = make()));
    return name;
  }
}

function variadicReduction(reduce: Reduction, dtype: DataType): string | undefined {
  if (reduce === "sum") return isFloat(dtype) ? "Sum" : undefined;
  return reduce === "max" ? "Max" : "Min";
}

function boxKey({ start, size }: Box): string {
  return `${start.join()} ${size.join()}`;
}

/** The shape of a whole step's tensor. */
function longer(type: TensorType, batchAxis: number | null, dealing: Dealing): number[] {
  return knownShape(type).map((size, axis) => (axis === batchAxis ? stepLength(dealing, size) : size));
}
