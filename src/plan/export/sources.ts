/** What devices hold of a plan's parameters and rank tables, and how micro-batches cut its inputs. */
import { scalar, tensorData, type TensorData } from "../../ir/tensor-data.ts";
import type { Weight } from "../../onnx/weighted-model.ts";
import { rankValues } from "../../ops/localize.ts";
import { shardOf } from "../../sbp/geometry.ts";
import { coordinatesOf } from "../../sbp/mesh.ts";
import { present } from "../../support/assert.ts";
import type { Plan, PlanParameter, Slot } from "../plan.ts";

export class PlanSources {
  readonly #plan: Plan;
  readonly #parameters: ReadonlyMap<string, PlanParameter>;
  readonly #batchAxes: ReadonlyMap<string, number | null>;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#parameters = new Map(plan.parameters.map((parameter) => [parameter.name, parameter]));
    this.#batchAxes = new Map(
      [...plan.inputs, ...plan.randoms].map(({ name, batchAxis }) => [name, batchAxis]),
    );
  }

  /** The shard of a parameter slot on a device of its stage. */
  weight({ name, dtype, shape, layout }: Slot, device: number): Weight {
    const { initializer } = present(
      this.#parameters.get(name),
      "parameter slot without a parameter",
      () => name,
    );
    return {
      parameter: { name, dtype, shape, initializer },
      box: shardOf(shape, layout, this.#plan.mesh, device),
    };
  }

  /** The integers of a rank slot of this shape on a device of its stage. */
  integers(slot: Slot, device: number, shape: readonly number[]): TensorData {
    const table = present(slot.table, "rank slot without a table", () => slot.name);
    const values = rankValues(this.#plan.mesh, table, coordinatesOf(this.#plan.mesh, device));
    return shape.length === 0 ? scalar("i64", values[0] ?? 0) : tensorData("i64", shape, values);
  }

  /** The axis of an input or random source that micro-batches cut; null: none. */
  batchAxis(name: string): number | null {
    return this.#batchAxes.get(name) ?? null;
  }
}
