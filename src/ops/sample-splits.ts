/**
 * Follows the axis that counts samples through the values of a graph by the signatures of operators, as if every sample were on a
 * device of its own: what an operator can do with split samples it does sample by sample, and what is partial then adds up over
 * samples, or is the largest or smallest of them.
 */
import { tensorTypeOf, type Graph, type Node } from "../ir/graph.ts";
import { broadcast, ndSbpEqual, split, type Mesh, type Sbp } from "../ir/layout.ts";
import { isStatic, knownShape, type ValueType } from "../ir/types.ts";
import { normalizeLayout } from "../sbp/geometry.ts";
import type { Signature } from "../sbp/signature.ts";
import { at } from "../support/collections.ts";
import type { Call } from "./call.ts";
import { findOp } from "./registry.ts";

export class SampleSplits {
  readonly #samples: number;
  readonly #typeOf: (name: string) => ValueType;
  readonly #mesh: Mesh;
  /** Of values that depend on samples. */
  readonly #layouts = new Map<string, Sbp>();

  /** `batchAxes`: of inputs, null for one that does not count samples. `typeOf`: of values, also of such as are added to the graph. */
  constructor(
    graph: Graph,
    samples: number,
    batchAxes: ReadonlyMap<string, number | null>,
    typeOf: (name: string) => ValueType,
  ) {
    this.#samples = samples;
    this.#typeOf = typeOf;
    this.#mesh = { axes: [{ name: "sample", size: samples }], stages: 1 };
    for (const { kind, value } of graph.sources) {
      const axis = kind === "input" ? (batchAxes.get(value) ?? null) : null;
      if (axis === null) continue;
      const unit = at(knownShape(tensorTypeOf(graph, value)), axis) / samples;
      this.set(value, split(axis, unit));
    }
  }

  /** How a value lies; undefined: it does not depend on samples. */
  of(name: string): Sbp | undefined {
    return this.#layouts.get(name);
  }

  set(name: string, sbp: Sbp): void {
    this.#layouts.set(name, this.#normal(name, sbp));
  }

  /** How the inputs of a node lie, null for absent ones; undefined where none depends on samples. */
  inputsOf(node: Node): readonly (Sbp | null)[] | undefined {
    const laid = node.inputs.map((name) => (name === null ? null : (this.of(name) ?? broadcast)));
    return laid.every((sbp) => sbp === null || sbp.kind === "B") ? undefined : laid;
  }

  /**
   * How a node works on inputs that lie so, the plain way first; of what does not depend on samples every device may take its own
   * part. Undefined where it cannot.
   */
  signature(node: Node, call: Call, laid: readonly (Sbp | null)[]): Signature | undefined {
    const context = {
      devices: this.#samples,
      unitsOf: (side: "input" | "output", tensor: number, axis: number) => {
        const sbp = side === "input" ? laid[tensor] : undefined;
        return sbp?.kind === "S" && sbp.axis === axis ? [sbp.unit] : [1];
      },
    };
    const fits = ({ inputs, outputs }: Signature) =>
      outputs.every((sbp) => sbp.kind !== "W") &&
      inputs.every((sbp, i) => {
        const own = laid[i] ?? null;
        if (sbp === null || own === null) return own === null || own.kind === "B";
        if (own.kind === "B") return sbp.kind === "B" || sbp.kind === "S";
        if (own.kind === "P") return ndSbpEqual([sbp], [own]);
        return sbp.kind === "S" && ndSbpEqual([this.#normal(node.inputs[i] as string, sbp)], [own]);
      });
    const definition = findOp(node.op);
    const plain = (definition?.signatures(call, context) ?? []).filter(fits);
    const forms = definition?.forms(call, context) ?? [];
    return (
      plain.find(({ outputs }) => outputs.every((sbp) => sbp.kind !== "P")) ??
      plain[0] ??
      forms.map(({ name, signature }) => ({ ...signature, form: name })).find(fits)
    );
  }

  /** A split that names the smallest unit that cuts as it does. */
  #normal(value: string, sbp: Sbp): Sbp {
    const type = this.#typeOf(value);
    if (sbp.kind !== "S" || type.kind !== "tensor" || !isStatic(type)) return sbp;
    return at(normalizeLayout(knownShape(type), [sbp], this.#mesh), 0);
  }
}
