/**
 * ZeRO as a matter of layouts (Rajbhandari et al. 2020): hard hints that split states (1), accumulated gradients (2) and parameters
 * (3) along `dp`, on the first axis that is long enough, if possible one that the parameter's own hint leaves whole.
 */
import type { Node } from "../../src/ir/graph.ts";
import { devicesPerStage, split, type LayoutHint } from "../../src/ir/layout.ts";
import { accumulateOp } from "../../src/ir/step-node.ts";
import type { UpdatePhase } from "./update-phase.ts";

export class ZeroHints {
  /** Parameters that are not split, for want of an axis. */
  readonly whole: string[] = [];
  readonly #phase: UpdatePhase;
  #known: Map<string, Node> | undefined;

  constructor(phase: UpdatePhase) {
    this.#phase = phase;
  }

  /** The hint that splits a tensor along `dp`; undefined where that is no axis of the mesh, or no axis is long enough. */
  splitAlongDp(name: string, shape: readonly number[]): LayoutHint | undefined {
    const dp = this.#phase.mesh.axes.find((axis) => axis.name === "dp");
    if (dp === undefined) return undefined;
    const devices = devicesPerStage(this.#phase.mesh);
    // Along an axis that another mesh axis splits, shards would have to change hands over that one too.
    const taken = this.#phase.builder
      .value(name)
      .hint?.sbp.flatMap(({ sbp }) => (sbp.kind === "S" ? [sbp.axis] : []));
    const roomy = shape.flatMap((size, axis) => (size >= devices ? [axis] : []));
    const longest = shape.indexOf(Math.max(0, ...shape));
    const first = roomy.find((axis) => taken?.includes(axis) !== true) ?? roomy[0];
    const axis = first ?? ((shape[longest] ?? 0) >= dp.size ? longest : -1);
    if (axis < 0) {
      this.whole.push(name);
      return undefined;
    }
    return { strength: "hard", sbp: [{ axis: "dp", sbp: split(axis) }] };
  }

  /** Asks for what is accumulated for a gradient to be split, so that every micro-batch reduces and scatters its own. */
  hintAccumulated(node: Node, hint: LayoutHint): void {
    const makers = this.#makers();
    const pending = [...node.inputs];
    for (let name = pending.pop(); name != null; name = pending.pop()) {
      const maker = makers.get(name);
      if (maker?.phase === "weight" && maker.op === accumulateOp)
        this.#phase.builder.updateValue(name, { hint });
      else if (maker?.phase === "update" && maker.op === "Add") pending.push(...maker.inputs);
      else if (maker?.phase === "update" && maker.op === "Div") pending.push(maker.inputs[0] ?? null);
    }
  }

  #makers(): Map<string, Node> {
    if (this.#known === undefined) {
      this.#known = new Map();
      for (const node of this.#phase.graph.nodes)
        for (const output of node.outputs) this.#known.set(output, node);
    }
    return this.#known;
  }
}
