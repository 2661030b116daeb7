/**
 * What a node can choose from: its signatures on the whole mesh, each with the seconds it computes on the device with the
 * largest shards. Per mesh axis an operator has plain signatures and distributed forms; on several axes they combine freely
 * where every tensor can be split that deep. Partial inputs are considered where something can make them partial.
 */
import type { NodeSignature } from "../../src/ir/graph.ts";
import { broadcast, printNdSbp, split, type Mesh, type NdSbp, type Sbp } from "../../src/ir/layout.ts";
import { knownShape, type TensorType, type ValueType } from "../../src/ir/types.ts";
import type { CostModel } from "../../src/cost/model.ts";
import { allBroadcast, printSignature, type Signature } from "../../src/sbp/signature.ts";
import { isSplittable, normalizeLayout } from "../../src/sbp/geometry.ts";
import { cartesian, uniqueBy } from "../../src/support/collections.ts";
import type { NodeCall } from "./calls.ts";
import { computeSeconds, isBound, localBytes } from "./work.ts";
import { unitsKey, unitsOfNode, type Units } from "./units.ts";

export interface Candidate {
  /** The signature on each mesh axis, of which `signature` is made. */
  readonly parts: readonly Signature[];
  readonly signature: NodeSignature;
  readonly seconds: number;
}

/** The choices of equal nodes. Layouts that several candidates share are listed once. */
export interface CandidateSet {
  readonly candidates: readonly Candidate[];
  /** Per input; null where it is absent or no tensor. */
  readonly inputs: readonly (LayoutList | null)[];
  readonly outputs: readonly LayoutList[];
}

export interface LayoutList {
  readonly layouts: readonly NdSbp[];
  /** Index into `layouts` for every candidate. */
  readonly of: readonly number[];
}

/** Seconds of a distributed form with these layouts; undefined where it cannot be had with them. */
export type FormSeconds = (call: NodeCall, signature: NodeSignature) => number | undefined;

/** Reductions in which a value can be made partial, per value. */
export type Partials = ReadonlyMap<string, ReadonlySet<string>>;

/** Works out candidates, once for equal nodes. */
export class Candidates {
  readonly #mesh: Mesh;
  readonly #costModel: CostModel;
  readonly #formSeconds: FormSeconds;
  readonly #signatures = new Map<string, readonly Signature[]>();
  readonly #sets = new Map<string, CandidateSet>();
  readonly #parts = new WeakMap<CandidateSet, Map<string, CandidateSet>>();

  constructor(mesh: Mesh, costModel: CostModel, formSeconds: FormSeconds) {
    this.#mesh = mesh;
    this.#costModel = costModel;
    this.#formSeconds = formSeconds;
  }

  /** Seconds of an operator that passes a tensor on in a layout, as the request for one does. */
  passSeconds(type: TensorType, layout: NdSbp): number {
    return this.#costModel.compute(0, 2 * localBytes(type, layout, this.#mesh), type.dtype);
  }

  /** Signatures of a node on one mesh axis of `devices` devices, the all-broadcast one first. */
  signatures(call: NodeCall, devices: number, units: Units): readonly Signature[] {
    const key = `${devices} ${unitsKey(units, call)} ${call.key}`;
    let found = this.#signatures.get(key);
    if (found === undefined) this.#signatures.set(key, (found = this.#compute(call, devices, units)));
    return found;
  }

  #compute(node: NodeCall, devices: number, units: Units): readonly Signature[] {
    const { call, definition } = node;
    const tensors = call.inputs.map((type) => type?.kind === "tensor");
    const whole = allBroadcast(tensors, node.outputs.length);
    if (definition === undefined) return [whole];
    const context = { devices, unitsOf: unitsOfNode(units, node) };
    const forms = definition
      .forms(call, context)
      .map((form): Signature => ({ ...form.signature, form: form.name }));
    const all = [...definition.signatures(call, context), ...forms].filter((signature) =>
      signature.inputs.every((sbp, i) => sbp === null || call.inputs[i]?.kind === "tensor"),
    );
    return uniqueBy([whole, ...all], printSignature);
  }

  /**
   * The choices of a node. `fixed` holds the signature on mesh axes that are not to be chosen. `partials` says which
   * inputs can be made partial.
   */
  set(
    call: NodeCall,
    units: Units,
    partials: Partials,
    fixed: readonly (Signature | undefined)[],
  ): CandidateSet {
    const able = call.node.inputs.map((name) =>
      name === null ? "" : [...(partials.get(name) ?? [])].sort().join("+"),
    );
    const held = fixed.map((signature) => (signature === undefined ? "" : printSignature(signature)));
    const key = `${held.join("/")} ${able.join()} ${unitsKey(units, call)} ${call.key}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      const lists = this.#mesh.axes.map((axis, i) => {
        const one = fixed[i];
        return one !== undefined
          ? [one]
          : this.signatures(call, axis.size, units).filter((s) => canBeFed(s, call, partials));
      });
      this.#sets.set(key, (set = this.#combine(call, lists)));
    }
    return set;
  }

  /** Some of the choices of a set, by their indices; equal parts of a set are the same object. */
  part(set: CandidateSet, kept: readonly number[]): CandidateSet {
    if (kept.length === set.candidates.length) return set;
    const parts = this.#parts.get(set) ?? new Map<string, CandidateSet>();
    this.#parts.set(set, parts);
    const key = kept.join();
    let part = parts.get(key);
    if (part === undefined) {
      part = {
        candidates: kept.map((x) => set.candidates[x] as Candidate),
        inputs: set.inputs.map((list) => (list === null ? null : partOfList(list, kept))),
        outputs: set.outputs.map((list) => partOfList(list, kept)),
      };
      parts.set(key, part);
    }
    return part;
  }

  #combine(call: NodeCall, lists: readonly (readonly Signature[])[]): CandidateSet {
    const inputTypes = call.call.inputs;
    const outputTypes = call.outputs;
    const found = new Map<string, Candidate>();
    for (const parts of cartesian(lists)) {
      const signature = joined(parts, inputTypes, outputTypes, this.#mesh);
      if (signature === undefined) continue;
      const key = printNodeSignature(signature);
      const known = found.get(key);
      if (known !== undefined && known.signature.form === undefined) continue;
      const seconds =
        signature.form === undefined ? this.#seconds(call, signature) : this.#formSeconds(call, signature);
      if (seconds === undefined || (known !== undefined && known.seconds <= seconds)) continue;
      found.set(key, { parts, signature, seconds });
    }
    const candidates = [...found.values()];
    return {
      candidates,
      inputs: inputTypes.map((_, i) =>
        candidates[0]?.signature.inputs[i] == null
          ? null
          : layoutList(candidates, (s) => s.inputs[i] as NdSbp),
      ),
      outputs: outputTypes.map((_, i) => layoutList(candidates, (s) => s.outputs[i] as NdSbp)),
    };
  }

  /** Floating-point operations and bytes of the largest shards, at the roofline. */
  #seconds(call: NodeCall, signature: NodeSignature): number {
    return computeSeconds(call, signature, this.#mesh, this.#costModel);
  }
}

/** A signature that only passes partials on needs an input that can be partial in that way. */
function canBeFed(signature: Signature, { node }: NodeCall, partials: Partials): boolean {
  let needs: string | undefined;
  for (const sbp of signature.inputs) {
    if (sbp?.kind === "S" || sbp?.kind === "W") return true;
    if (sbp?.kind === "P") needs = sbp.reduce;
  }
  if (needs === undefined) return true;
  return signature.inputs.some(
    (sbp, i) => sbp?.kind === "P" && partials.get(node.inputs[i] ?? "")?.has(sbp.reduce) === true,
  );
}

/** One signature per mesh axis as one on the mesh; undefined where a tensor cannot be laid out so. */
function joined(
  parts: readonly Signature[],
  inputs: readonly (ValueType | null)[],
  outputs: readonly ValueType[],
  mesh: Mesh,
): NodeSignature | undefined {
  let form: string | undefined;
  for (const part of parts) {
    if (part.form === undefined) continue;
    if (form !== undefined && form !== part.form) return undefined;
    form = part.form;
  }
  const laidInputs: (NdSbp | null)[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const type = inputs[i] ?? null;
    if (type?.kind !== "tensor") {
      laidInputs.push(null);
      continue;
    }
    const layout = laid(
      parts.map((part) => part.inputs[i] ?? broadcast),
      type,
      mesh,
    );
    if (layout === undefined) return undefined;
    laidInputs.push(layout);
  }
  const laidOutputs: NdSbp[] = [];
  for (let i = 0; i < outputs.length; i++) {
    const layout = laid(
      parts.map((part) => part.outputs[i] ?? broadcast),
      outputs[i] as ValueType,
      mesh,
    );
    if (layout === undefined) return undefined;
    laidOutputs.push(layout);
  }
  return { inputs: laidInputs, outputs: laidOutputs, ...(form === undefined ? {} : { form }) };
}

/** The normalised layout; undefined where a device would get nothing or reductions are mixed. */
export function laid(layout: NdSbp, type: ValueType, mesh: Mesh): NdSbp | undefined {
  let reduce: string | undefined;
  for (const sbp of layout) {
    if (sbp.kind !== "P") continue;
    if (reduce !== undefined && reduce !== sbp.reduce) return undefined;
    reduce = sbp.reduce;
  }
  if (!isBound(type)) return layout.every((sbp) => sbp.kind === "B") ? layout : undefined;
  const shape = knownShape(type);
  return isSplittable(shape, layout, mesh) ? normalizeLayout(shape, layout, mesh) : undefined;
}

/** All layouts without partial components in which a tensor can be held. `fixed` as in `Candidates.set`. */
export function holdings(
  type: ValueType,
  units: readonly (readonly number[])[] | undefined,
  mesh: Mesh,
  fixed: readonly (Sbp | undefined)[],
): NdSbp[] {
  const shape = isBound(type) ? knownShape(type) : [];
  const components = mesh.axes.map((axis, a): Sbp[] => {
    const one = fixed[a];
    if (one !== undefined) return [one];
    const splits = shape.flatMap((size, i) =>
      (units?.[i] ?? [1]).flatMap((unit) => (Math.ceil(size / unit) >= axis.size ? [split(i, unit)] : [])),
    );
    return [broadcast, ...splits];
  });
  const layouts = cartesian(components).map((layout) => laid(layout, type, mesh));
  return uniqueBy(
    layouts.filter((layout) => layout !== undefined),
    printNdSbp,
  );
}

function layoutList(candidates: readonly Candidate[], pick: (signature: NodeSignature) => NdSbp): LayoutList {
  const index = new Map<string, number>();
  const layouts: NdSbp[] = [];
  const of = candidates.map(({ signature }) => {
    const layout = pick(signature);
    const key = printNdSbp(layout);
    let i = index.get(key);
    if (i === undefined) {
      index.set(key, (i = layouts.length));
      layouts.push(layout);
    }
    return i;
  });
  return { layouts, of };
}

function partOfList({ layouts, of }: LayoutList, kept: readonly number[]): LayoutList {
  const used = [...new Set(kept.map((x) => of[x] as number))].sort((a, b) => a - b);
  const index = new Map(used.map((layout, i) => [layout, i]));
  return {
    layouts: used.map((layout) => layouts[layout] as NdSbp),
    of: kept.map((x) => index.get(of[x] as number) as number),
  };
}

function printNodeSignature({ inputs, outputs }: NodeSignature): string {
  return `${inputs.map((layout) => (layout === null ? "-" : printNdSbp(layout))).join()}>${outputs.map(printNdSbp).join()}`;
}
