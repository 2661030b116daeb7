/** The slots of a stage: one for every value that a segment or an action takes or gives, with its shape on every class of devices. */
import { fail } from "../../src/diagnostics/diagnostic.ts";
import { valueOf, type Source } from "../../src/ir/graph.ts";
import { broadcast, type NdSbp } from "../../src/ir/layout.ts";
import { isKeepable, knownShape, printType } from "../../src/ir/types.ts";
import { localTypeOf } from "../../src/ops/localize.ts";
import type { Slot } from "../../src/plan/plan.ts";
import { mergeTables } from "../../src/plan/rank-table.ts";
import { invariant, present } from "../../src/support/assert.ts";
import { sum } from "../../src/support/collections.ts";
import type { StageNodes } from "./stage-nodes.ts";

export class StageSlots {
  readonly all: Slot[] = [];
  readonly #stage: StageNodes;
  readonly #slotOf = new Map<string, number>();
  readonly #rankSlots = new Map<string, number>();

  constructor(stage: StageNodes) {
    this.#stage = stage;
    for (const source of stage.graph.sources) this.#addSource(source);
  }

  /** The slot that a value has under its own name; undefined where it has none. */
  find(value: string): number | undefined {
    return this.#slotOf.get(value);
  }

  /** The slot of a value that is there under some name. */
  of(value: string): number {
    const slot = this.#slotOf.get(this.#stage.root(value));
    invariant(slot !== undefined, "communication of a value that nothing made", () => value);
    return slot;
  }

  #addSource(source: Source): void {
    const { kind, value } = source;
    const here = this.#stage.classes[0]?.sources.has(value) === true;
    if (!here || kind === "constant" || kind === "rank") return;
    this.#add(value, kind);
  }

  /** The slot of a value, a new one where it has none. */
  addValue(value: string): number {
    return this.#slotOf.get(value) ?? this.#add(value, "value");
  }

  #add(value: string, kind: Slot["kind"]): number {
    const { type, layout } = valueOf(this.#stage.graph, value);
    if (type.kind !== "tensor" || !isKeepable(type)) {
      const source = this.#stage.graph.sources.find((one) => one.value === value);
      const where = source === undefined ? "returned" : "given to a plan";
      const location = source?.location ?? this.#stage.makers.get(value)?.location;
      fail("unkept-value", { value, type: printType(type), where }, location);
    }
    const held = present(layout, "value without a layout", () => value);
    const localShapes = this.#stage.classes.map(({ local }) =>
      knownShape(localTypeOf(type, held, this.#stage.mesh, local.devices[0] as number)),
    );
    const slot: Slot = {
      name: value,
      kind,
      dtype: type.dtype,
      shape: knownShape(type),
      layout: held,
      localShapes,
    };
    this.#slotOf.set(value, this.all.length);
    this.all.push(slot);
    return this.all.length - 1;
  }

  /** One slot for the rank sources that stand at the same place in the classes' segments (null: none in that class). */
  addRank(values: readonly (string | null)[], shape: readonly number[]): number {
    const tables = values.map((value, c) => {
      const source = value === null ? undefined : this.#stage.classes[c]?.sources.get(value);
      return source?.kind === "rank" ? source.table : undefined;
    });
    const table = mergeTables(
      tables,
      this.#stage.local.deviceClass,
      sum(shape.length === 0 ? [1] : shape),
      this.#stage.mesh,
    );
    const key = JSON.stringify([table, shape]);
    const known = this.#rankSlots.get(key);
    if (known !== undefined) return known;
    const layout: NdSbp = this.#stage.mesh.axes.map(() => broadcast);
    const index = this.all.length;
    this.all.push({
      name: `rank.${this.#rankSlots.size}`,
      kind: "rank",
      dtype: "i64",
      shape,
      layout,
      localShapes: this.#stage.classes.map(() => shape),
      table,
    });
    this.#rankSlots.set(key, index);
    return index;
  }
}
