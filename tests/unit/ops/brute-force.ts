/** All combinations of layouts tried by execution, for true signatures that are not listed. */
import { broadcast, devicesPerStage, partial, split, type Mesh, type Sbp } from "../../../src/ir/layout.ts";
import { hasNumbers } from "../../../src/ir/tensor-data.ts";
import { knownShape, tensorType, type TensorType } from "../../../src/ir/types.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { evaluateNode } from "../../../src/ops/interpret.ts";
import { assemble, close } from "../../../src/ops/shards.ts";
import { normalizeLayout } from "../../../src/sbp/geometry.ts";
import { printSignature, type Signature } from "../../../src/sbp/signature.ts";
import { cartesian, product, range } from "../../../src/support/collections.ts";
import type { Shards } from "../../support/sharded.ts";
import { inputsOf, listedSignatures, meshOf, tolerance, type Prepared } from "./harness.ts";
import { place, randomFrom, type TermKind } from "./placed-data.ts";

/** Differences allowed of the operator itself on shards, which is all in f64. */
const exactTolerance = 1e-9;

interface BruteForce {
  /** Combinations of layouts of all inputs and outputs that were looked at. */
  readonly combinations: number;
  /** Whether only some of the inputs' combinations were tried. */
  readonly sampled: boolean;
  /** True signatures that neither are listed nor follow from listed ones, at `devices` devices. */
  readonly missing: readonly { readonly devices: number; readonly signature: Signature }[];
}

interface BruteForceOptions {
  /** More than so many are sampled. */
  readonly mostCombinations?: number;
  /** Data sets per number of devices and kind of terms. */
  readonly rounds?: number;
  /** Inputs that are given whole, besides those known at compile time. */
  readonly whole?: ReadonlySet<number>;
}

const partials: readonly Sbp[] = [partial("sum"), partial("max"), partial("min")];

/**
 * Tries every combination of S(i), B and P on inputs and outputs, running the operator itself, with its attributes, on the
 * shards. Inputs known at compile time stay whole. True is what holds on several data sets with two and with three devices.
 */
export function bruteForce(
  prepared: Prepared,
  { mostCombinations = 20_000, rounds = 3, whole = new Set() }: BruteForceOptions = {},
): BruteForce {
  const { call, inputTypes, outputTypes } = prepared;
  const fits = (size: number) => size >= 3;
  const splits = (type: TensorType) =>
    knownShape(type).flatMap((size, axis) => (fits(size) ? [split(axis)] : []));
  const choices = (type: TensorType): readonly Sbp[] => [
    broadcast,
    ...splits(type),
    ...(product(knownShape(type)) === 0
      ? []
      : partials.slice(type.dtype === "bool" ? 1 : hasNumbers(type.dtype) ? 0 : partials.length)),
  ];
  const inputChoices = inputTypes.map((type, i): readonly (Sbp | null)[] =>
    type === null ? [null] : call.constant(i) !== undefined || whole.has(i) ? [broadcast] : choices(type),
  );
  const outputChoices = outputTypes.map(choices);
  const perInput = product(outputChoices.map((list) => list.length));
  const total = product(inputChoices.map((list) => list.length)) * perInput;
  const sampled = total > mostCombinations;
  const random = randomFrom(prepared.text);
  const tried = sampled
    ? range(Math.ceil(mostCombinations / perInput)).map(() =>
        inputChoices.map((list) => list[Math.floor(random() * list.length)] as Sbp | null),
      )
    : cartesian(inputChoices);
  const trials = range(rounds).flatMap((round) =>
    [2, 3].flatMap((devices) =>
      (["terms", "owners"] as const).map((kind) => once(() => new Trial(prepared, devices, kind, round))),
    ),
  );
  const listed = new Map([2, 3].map((devices) => [devices, normalizedSignatures(prepared, devices)]));
  const missing: { devices: number; signature: Signature }[] = [];
  for (const inputs of tried) {
    let candidates: readonly (readonly Sbp[])[] = outputChoices;
    for (const trial of trials) {
      candidates = trial().outputsThatHold(inputs, candidates);
      if (candidates.some((list) => list.length === 0)) break;
    }
    for (const outputs of cartesian(candidates)) {
      for (const devices of [2, 3]) {
        const signature = { inputs, outputs };
        if ((listed.get(devices) ?? []).some((from) => follows(signature, from))) continue;
        missing.push({ devices, signature });
        break;
      }
    }
  }
  return { combinations: tried.length * perInput, sampled, missing };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function normalizedSignatures(prepared: Prepared, devices: number): Signature[] {
  const mesh = meshOf(devices);
  const normal = (type: TensorType | null | undefined, sbp: Sbp | null) =>
    type == null || sbp === null ? sbp : (normalizeLayout(knownShape(type), [sbp], mesh)[0] as Sbp);
  return listedSignatures(prepared, devices).map((signature) => ({
    inputs: signature.inputs.map((sbp, i) => normal(prepared.inputTypes[i], sbp)),
    outputs: signature.outputs.map((sbp, i) => normal(prepared.outputTypes[i], sbp) as Sbp),
  }));
}

/**
 * Whether `signature` is no better than `listed`: it follows from it without communication. From an output B every device
 * makes any layout alone (slice, mask); equal tensors are P(max) and P(min) of themselves, so a listed input that is P(max) or
 * P(min) may as well be B.
 */
export function follows(signature: Signature, listed: Signature): boolean {
  const weakens = (broad: Sbp, narrow: Sbp) =>
    narrow.kind === "B" && broad.kind === "P" && broad.reduce !== "sum";
  const same = (a: Sbp, b: Sbp) =>
    printSignature({ inputs: [a], outputs: [] }) === printSignature({ inputs: [b], outputs: [] });
  return (
    signature.inputs.every((sbp, i) => {
      const other = listed.inputs[i] ?? null;
      return sbp === null || other === null ? sbp === other : same(sbp, other) || weakens(other, sbp);
    }) &&
    signature.outputs.every((sbp, i) => {
      const other = listed.outputs[i] as Sbp;
      return same(sbp, other) || other.kind === "B";
    })
  );
}

/** One data set on so many devices: which output layouts hold for which input layouts. */
class Trial {
  readonly #prepared: Prepared;
  readonly #mesh: Mesh;
  readonly #expected: readonly Dense[];
  readonly #inputs: readonly (Dense | null)[];
  readonly #kind: TermKind;
  readonly #seed: string;
  readonly #placed = new Map<string, Shards>();

  /** In the third round numbers leave the range that the case gives: a signature holds for all of them. */
  constructor(prepared: Prepared, devices: number, kind: TermKind, round: number) {
    this.#prepared = prepared;
    this.#mesh = meshOf(devices);
    this.#kind = kind;
    this.#seed = `${prepared.text} ${devices} ${kind} ${round}`;
    this.#inputs = inputsOf(prepared, randomFrom(this.#seed), round);
    this.#expected = evaluateNode(prepared.node, this.#inputs);
  }

  outputsThatHold(layouts: readonly (Sbp | null)[], candidates: readonly (readonly Sbp[])[]): Sbp[][] {
    const { node, outputTypes } = this.#prepared;
    const results: Dense[][] = [];
    const devices = devicesPerStage(this.#mesh);
    for (const device of range(devices)) {
      const made = this.#runOn(
        layouts.map((sbp, i) => (sbp === null ? null : (this.#place(i, sbp)[device] as Dense))),
      );
      if (made === undefined) return candidates.map(() => []);
      results.push(made);
    }
    return candidates.map((list, o) =>
      list.filter((sbp) => {
        const shards = results.map((made) => made[o] as Dense);
        const whole = assemble(shards, knownShape(outputTypes[o] as TensorType), [sbp], this.#mesh, {
          tolerance,
        });
        const expected = this.#expected[o] as Dense;
        return (
          whole !== undefined &&
          node.outputs.length > o &&
          whole.data.every((x, k) => close(x, expected.data[k] as number, exactTolerance))
        );
      }),
    );
  }

  #place(input: number, sbp: Sbp): Shards {
    const key = `${input} ${JSON.stringify(sbp)}`;
    const known = this.#placed.get(key);
    if (known !== undefined) return known;
    const shards = place(
      this.#inputs[input] as Dense,
      [sbp],
      this.#mesh,
      this.#kind,
      randomFrom(`${this.#seed} ${key}`),
    );
    this.#placed.set(key, shards);
    return shards;
  }

  /** The operator on one device's shards; undefined where it refuses them. */
  #runOn(inputs: readonly (Dense | null)[]): Dense[] | undefined {
    const { definition, call, node } = this.#prepared;
    try {
      definition.infer(
        call.withInputs(inputs.map((x) => (x === null ? null : tensorType(x.dtype, x.shape)))),
      );
      return evaluateNode(node, inputs, () => definition);
    } catch {
      return undefined;
    }
  }
}
