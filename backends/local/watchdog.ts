/** Finds out that devices make no progress, and says who waits for whom. */
import { deviceCount, devicesPerStage, rankOf } from "../../src/ir/layout.ts";
import { range } from "../../src/support/collections.ts";
import { actionWithPlace, describeAction } from "./describe.ts";
import type { Exchange } from "./exchange.ts";
import type { RunnablePlan } from "./job.ts";
import { DeviceState, type StateView } from "./shared.ts";

export class Watchdog {
  readonly #plan: RunnablePlan;
  readonly #exchange: Exchange;
  readonly #states: readonly DeviceState[];
  #beats = "";
  #since = performance.now();

  constructor(plan: RunnablePlan, exchange: Exchange, words: Int32Array) {
    this.#plan = plan;
    this.#exchange = exchange;
    this.#states = range(deviceCount(plan.mesh)).map((rank) => new DeviceState(words, rank));
  }

  /** Seconds since a device last did anything. */
  idleSeconds(): number {
    const beats = this.#states.map((state) => state.beat).join();
    if (beats !== this.#beats) {
      this.#beats = beats;
      this.#since = performance.now();
    }
    return (performance.now() - this.#since) / 1000;
  }

  /** Whether a device has not begun with its actions: modules and sessions load in calls that cannot say that they work. */
  isStarting(): boolean {
    return this.#states.some((state) => ["starting", "loading"].includes(state.read().phase));
  }

  /** What every device does: `device 0 waits at action 3 (…) for device 1; device 1 is in action 2 (…)`. */
  describe(): string {
    const views = this.#states.map((state) => state.read());
    return views.map((view, rank) => this.#describeOne(view, rank, views)).join("; ");
  }

  #describeOne(view: StateView, rank: number, views: readonly StateView[]): string {
    const { mesh } = this.#plan;
    const { stage } = view;
    const place = () => {
      const steps =
        view.microbatch > 0 || view.step > 0 ? ` of micro-batch ${view.microbatch}, step ${view.step}` : "";
      return actionWithPlace(describeAction(this.#plan, stage, view.action)) + steps;
    };
    const waits = (others: readonly number[]) =>
      others.length === 0
        ? `device ${rank} is in ${place()}`
        : `device ${rank} waits at ${place()} for device ${others.join(", ")}`;
    switch (view.phase) {
      case "starting":
      case "loading":
        return `device ${rank} is ${view.phase}`;
      case "ready":
        return `device ${rank} waits for the others to load`;
      case "done":
      case "failed":
        return `device ${rank} has ${view.phase === "done" ? "finished" : "failed"}`;
      case "segment":
      case "accumulate":
      case "assign":
        return waits([]);
      case "collective":
        return waits(this.#missing(view, rank, views));
      case "receive":
      case "send": {
        const action = this.#plan.stages[stage]?.actions[view.action];
        const peer =
          action?.kind === "receive" ? action.fromStage : action?.kind === "send" ? action.toStage : stage;
        return waits([rankOf(mesh, peer, rank % devicesPerStage(mesh))]);
      }
    }
  }

  /** Members of the device's group that are not where it is. */
  #missing(view: StateView, rank: number, views: readonly StateView[]): number[] {
    const perStage = devicesPerStage(this.#plan.mesh);
    const action = this.#plan.stages[view.stage]?.actions[view.action];
    if (action?.kind !== "collective") return [];
    const group = this.#exchange.groups[this.#exchange.groupOf[action.boxing]?.[rank % perStage] ?? -1];
    return (group?.members ?? [])
      .map((device) => rankOf(this.#plan.mesh, view.stage, device))
      .filter((other) => {
        const there = views[other];
        if (there === undefined || other === rank) return false;
        // Devices that have the same stages run the same actions, but one that is elsewhere may be ahead or behind.
        if (there.phase !== "collective" || there.stage !== view.stage) return true;
        const position = (v: StateView) => [v.step, v.microbatch, v.action, v.round];
        return isBefore(position(there), position(view));
      });
  }
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0);
  }
  return false;
}
