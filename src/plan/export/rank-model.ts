/**
 * One device's program as an ONNX model: its stage's actions one after another, segments as their nodes and communications
 * in a dialect. It is that of one micro-batch.
 *
 * Inputs are the device's shards of the plan's inputs and random sources; parameters are its shards, as initializers, and so
 * are the integers that differ per device. Outputs are its shards of the plan's outputs, and one per send.
 *
 * `metadata_props` of the model: sbpc.model, sbpc.mesh, sbpc.rank, sbpc.stage, sbpc.collectives, sbpc.microbatches (how many
 * runs make a step), sbpc.samples (of a step, where the runs do not divide them; see `../micro-batches.ts`). Of its inputs and outputs: sbpc.layout, sbpc.global_shape, sbpc.batch_axis (where micro-batches lie one
 * after another; "none" where an input is given whole to each, and an output is averaged).
 */
import { diagnostic, SbpcError } from "../../diagnostics/diagnostic.ts";
import { devicesPerStage, printMesh, printNdSbp } from "../../ir/layout.ts";
import { ModelBuilder } from "../../onnx/model-builder.ts";
import type { WeightedModel } from "../../onnx/weighted-model.ts";
import { pipelineRank } from "../../sbp/mesh.ts";
import { at } from "../../support/collections.ts";
import type { Action, Plan, Slot, StagePlan } from "../plan.ts";
import { Bodies, SegmentWriter } from "./bodies.ts";
import type { Dialect, DialectName } from "./dialect.ts";
import { microsoftDialect } from "./dialect-microsoft.ts";
import { sbpcDialect } from "./dialect-sbpc.ts";
import { tensorrtDialect } from "./dialect-tensorrt.ts";
import { exchangeOf } from "./exchange.ts";
import { PlanSources } from "./sources.ts";

const dialects: Readonly<Record<DialectName, Dialect>> = {
  sbpc: sbpcDialect,
  "com.microsoft": microsoftDialect,
  tensorrt: tensorrtDialect,
};

/** Throws `collective-missing` for every communication of the plan that the dialect has no words for. */
export function checkDialect(plan: Plan, name: DialectName): void {
  const problems = plan.boxing.flatMap((boxing) => {
    const lack = dialects[name].lacks(boxing, plan.mesh);
    if (lack === undefined) return [];
    const details = { dialect: name, ...lack, value: boxing.input };
    return [diagnostic("collective-missing", details, boxing.location)];
  });
  if (problems.length > 0) throw new SbpcError(problems);
}

/** The plan must have passed `checkDialect`. */
export function rankModel(
  plan: Plan,
  rank: number,
  name: DialectName,
  bodies = new Bodies(plan.bodies),
): WeightedModel {
  return new RankWriter(plan, rank, name, bodies).write();
}

class RankWriter {
  readonly #plan: Plan;
  readonly #rank: number;
  readonly #dialectName: DialectName;
  readonly #dialect: Dialect;
  readonly #stage: StagePlan;
  readonly #device: number;
  readonly #class: number;
  readonly #builder = new ModelBuilder();
  readonly #segments: SegmentWriter;
  readonly #sources: PlanSources;
  /** By slot. */
  readonly #names = new Map<number, string>();
  /** Values that stand for what was sent. */
  readonly #sent: { readonly name: string; readonly slot: number }[] = [];

  constructor(plan: Plan, rank: number, name: DialectName, bodies: Bodies) {
    this.#plan = plan;
    this.#rank = rank;
    this.#dialectName = name;
    this.#dialect = dialects[name];
    this.#stage = at(plan.stages, pipelineRank(plan.mesh, rank));
    this.#device = rank % devicesPerStage(plan.mesh);
    this.#class = at(this.#stage.deviceClass, this.#device);
    this.#segments = new SegmentWriter(this.#builder, bodies);
    this.#sources = new PlanSources(plan);
  }

  write(): WeightedModel {
    const { mesh, model, options } = this.#plan;
    const outputs = this.#plan.outputs.filter(({ stage }) => stage === this.#stage.stage);
    // Outputs keep their names whatever else is called so; a value that is returned has the output's name.
    for (const { name, slot } of outputs) {
      this.#builder.name(name);
      const isMade = at(this.#stage.slots, slot).kind === "value";
      if (isMade && !this.#names.has(slot)) this.#names.set(slot, name);
    }
    this.#stage.slots.forEach((slot, index) => this.#addSource(slot, index));
    for (const action of this.#stage.actions) this.#addAction(action);
    for (const { name, slot, batchAxis } of outputs) {
      const value = this.#nameOf(slot);
      if (value !== name) this.#builder.copy(value, name);
      const { dtype } = at(this.#stage.slots, slot);
      this.#builder.addOutput(name, dtype, this.#shape(slot), this.#describe(slot, batchAxis));
    }
    for (const { name, slot } of this.#sent)
      this.#builder.addOutput(
        name,
        at(this.#stage.slots, slot).dtype,
        this.#shape(slot),
        this.#describe(slot, undefined),
      );
    return this.#builder.finish(`${model}.rank_${this.#rank}`, {
      "sbpc.model": model,
      "sbpc.mesh": printMesh(mesh),
      "sbpc.rank": String(this.#rank),
      "sbpc.stage": String(this.#stage.stage),
      "sbpc.collectives": this.#dialectName,
      "sbpc.microbatches": String(options.microbatches),
      ...(options.samples === undefined ? {} : { "sbpc.samples": String(options.samples) }),
    });
  }

  #shape(slot: number): readonly number[] {
    return at(at(this.#stage.slots, slot).localShapes, this.#class);
  }

  #describe(slot: number, batchAxis: number | null | undefined): Record<string, string> {
    const { layout, shape } = at(this.#stage.slots, slot);
    return {
      "sbpc.layout": printNdSbp(layout),
      "sbpc.global_shape": `[${shape.join(", ")}]`,
      ...(batchAxis === undefined
        ? {}
        : { "sbpc.batch_axis": batchAxis === null ? "none" : String(batchAxis) }),
    };
  }

  /** The name of a slot's value; of one that is not made yet, the name that it will have. */
  #nameOf(slot: number): string {
    let name = this.#names.get(slot);
    if (name === undefined)
      this.#names.set(slot, (name = this.#builder.name(at(this.#stage.slots, slot).name)));
    return name;
  }

  #addSource(slot: Slot, index: number): void {
    if (slot.kind === "value") return;
    const shape = this.#shape(index);
    switch (slot.kind) {
      case "parameter":
        this.#builder.addWeight(this.#nameOf(index), this.#sources.weight(slot, this.#device));
        return;
      case "rank": {
        const integers = this.#sources.integers(slot, this.#device, shape);
        this.#names.set(index, this.#builder.constant(integers, slot.name));
        return;
      }
      case "input":
      case "random": {
        const batchAxis = this.#sources.batchAxis(slot.name);
        this.#builder.addInput(this.#nameOf(index), slot.dtype, shape, this.#describe(index, batchAxis));
      }
    }
  }

  #addAction(action: Action): void {
    const perStage = devicesPerStage(this.#plan.mesh);
    switch (action.kind) {
      case "segment": {
        const segment = at(this.#stage.segments, action.segment);
        const inputs = segment.inputs.map((slot) => this.#nameOf(slot));
        const outputs = segment.outputs.map((slot) => this.#nameOf(slot));
        this.#segments.add(at(segment.bodies, this.#class), inputs, outputs, `segment${action.segment}`);
        for (const slot of segment.outputs) this.#addInfo(slot);
        return;
      }
      case "collective": {
        const exchange = exchangeOf(this.#plan, action.boxing, this.#rank);
        this.#made(action.output, (output) =>
          this.#dialect.collective(this.#builder, exchange, this.#nameOf(action.input), output),
        );
        return;
      }
      case "send": {
        const exchange = exchangeOf(this.#plan, action.boxing, this.#rank);
        const peer = action.toStage * perStage + this.#device;
        const input = this.#nameOf(action.input);
        const name = this.#dialect.send(
          this.#builder,
          exchange,
          input,
          peer,
          `sent.${exchange.boxing.output}`,
        );
        this.#sent.push({ name, slot: action.input });
        return;
      }
      case "receive": {
        const exchange = exchangeOf(this.#plan, action.boxing, this.#rank);
        const peer = action.fromStage * perStage + this.#device;
        this.#made(action.output, (output) => this.#dialect.receive(this.#builder, exchange, peer, output));
      }
    }
  }

  /** Takes the value that `make` adds, under the slot's name or one like it. */
  #made(slot: number, make: (output: string) => string): void {
    const wanted = this.#names.get(slot);
    if (wanted === undefined) this.#names.set(slot, make(at(this.#stage.slots, slot).name));
    else this.#builder.copy(make(`${wanted}/communicated`), wanted);
    this.#addInfo(slot);
  }

  #addInfo(slot: number): void {
    const name = this.#nameOf(slot);
    if (this.#plan.outputs.some((output) => output.stage === this.#stage.stage && output.name === name))
      return;
    this.#builder.addInfo(name, at(this.#stage.slots, slot).dtype, this.#shape(slot));
  }
}
