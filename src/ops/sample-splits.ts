/**
 * Follows the axis that counts samples through the values of a graph by the signatures of operators, as if every sample were on a
 * device of its own: what an operator can do with split samples it does sample by sample, and what is partial then adds up over
 * samples, or is the largest or smallest of them.
 */
import { captures, tensorTypeOf, typeOf, type Graph, type Node } from "../ir/graph.ts";
import { broadcast, ndSbpEqual, partial, split, type Mesh, type Sbp } from "../ir/layout.ts";
import { isStatic, knownShape, type ValueType } from "../ir/types.ts";
import { normalizeLayout } from "../sbp/geometry.ts";
import type { Signature } from "../sbp/signature.ts";
import { at } from "../support/collections.ts";
import { callsIn, type Call } from "./call.ts";
import { gcd } from "./movement.ts";
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
    this.#typeOf = typeOf;
    this.#samples = samples;
    this.#mesh = { axes: [{ name: "sample", size: samples }], stages: 1 };
    for (const { value, axis, length } of countedInputs(graph, batchAxes))
      this.set(value, split(axis, length / samples));
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

/** Inputs with an axis that counts samples, and its length. */
function countedInputs(graph: Graph, batchAxes: ReadonlyMap<string, number | null>) {
  return graph.sources.flatMap(({ kind, value }) => {
    const axis = kind === "input" ? (batchAxes.get(value) ?? null) : null;
    return axis === null ? [] : [{ value, axis, length: at(knownShape(tensorTypeOf(graph, value)), axis) }];
  });
}

/** What becomes of samples. */
export interface FollowedSamples {
  /** Whether a value depends on samples. */
  readonly dependsOn: (name: string) => boolean;
  /** Whether it adds up over samples. */
  readonly isSum: (name: string) => boolean;
  /** The operator that cannot be had of split samples, from which a value is made; undefined where there is none. */
  readonly lostAt: (name: string) => Node | undefined;
}

/** Follows samples through a graph that has several. Linear in the nodes. */
export function followSamples(graph: Graph, batchAxes: ReadonlyMap<string, number | null>): FollowedSamples {
  // At least so many: rows that all samples have alike do not matter here.
  const samples = countedInputs(graph, batchAxes).reduce((all, { length }) => gcd(all, length), 0);
  const splits = new SampleSplits(graph, samples, batchAxes, (name) => typeOf(graph, name));
  const callOf = callsIn(graph);
  const lost = new Map<string, Node>();
  for (const node of graph.nodes) {
    const captured = captures(node);
    const taken = [...node.inputs.filter((name) => name !== null), ...captured];
    const from = taken.flatMap((name) => lost.get(name) ?? []).at(0);
    const laid = splits.inputsOf(node);
    const isCaptured = captured.some((name) => splits.of(name) !== undefined);
    if (from === undefined && laid === undefined && !isCaptured) continue;
    const outputs =
      from !== undefined || laid === undefined || isCaptured
        ? undefined
        : splits.signature(node, callOf(node), laid)?.outputs;
    node.outputs.forEach((name, i) => {
      if (outputs === undefined) lost.set(name, from ?? node);
      else splits.set(name, at(outputs, i));
    });
  }
  return {
    dependsOn: (name) => lost.has(name) || (splits.of(name) ?? broadcast).kind !== "B",
    isSum: (name) => ndSbpEqual([splits.of(name) ?? broadcast], [partial("sum")]),
    lostAt: (name) => lost.get(name),
  };
}
