/**
 * Layouts as data and notation: what a tensor is on every axis of a device mesh.
 *
 *   S(i)      split along tensor axis i, in whole blocks of `unit` elements: S(1, unit 64)
 *   B         broadcast: every device holds the whole
 *   P(sum)    partial: the whole is the sum (max, min) of what the devices hold
 *   W(i: …)   windows along tensor axis i: what a device needs of it to make its part of another, split axis
 *
 * Windows overlap and may leave elements out, so nothing is ever made in them: they are how an operator takes a value, or
 * how a source is held. An NdSbp has one such component per SBP axis of the mesh, outermost first. What follows from a layout
 * (shards, signatures, boxing) is in `sbp/`.
 */

export type Reduction = "sum" | "max" | "min";

export type Sbp =
  | { readonly kind: "S"; readonly axis: number; readonly unit: number }
  | { readonly kind: "W"; readonly axis: number; readonly unit: number; readonly windows: Windows }
  | { readonly kind: "B" }
  | { readonly kind: "P"; readonly reduce: Reduction };

/**
 * The elements of an axis that a run of positions of a sliding window reads. `positions` are split like an axis of so many
 * elements; a device with positions p … q - 1 holds elements floor((step p + from) / per) … floor((step q + to) / per) - 1, as
 * far as the axis has them.
 */
export interface Windows {
  readonly positions: number;
  readonly step: number;
  readonly per: number;
  readonly from: number;
  readonly to: number;
}

export type NdSbp = readonly Sbp[];

/** A named axis of a device mesh and the number of devices along it. */
export interface MeshAxis {
  readonly name: string;
  readonly size: number;
}

/**
 * A device mesh: its SBP axes, slowest first, and the pipeline (axis `pp`), slowest of all.
 * Global rank = pipeline rank * devicesPerStage + row-major coordinate over `axes`. Axes of size 1 never appear.
 */
export interface Mesh {
  readonly axes: readonly MeshAxis[];
  /** Stages that a model is cut into. */
  readonly stages: number;
  /** The pipeline rank that holds each stage, where ranks hold several; absent: stage s is on pipeline rank s. */
  readonly hosts?: readonly number[];
}

/** The part of a mesh that says which rank of the pipeline has which stage. */
export type Pipeline = Pick<Mesh, "stages" | "hosts">;

export const broadcast: Sbp = { kind: "B" };

export function split(axis: number, unit = 1): Sbp {
  return { kind: "S", axis, unit };
}

export function windowed(axis: number, unit: number, windows: Windows): Sbp {
  return { kind: "W", axis, unit, windows };
}

export function partial(reduce: Reduction = "sum"): Sbp {
  return { kind: "P", reduce };
}

/** `S(0)`, `S(2/64)` for unit 64, `B`, `P(sum)`; `W(2: 4 at 2/1 from -1 to 0)` for 4 positions of step 2. */
export function printSbp(sbp: Sbp): string {
  switch (sbp.kind) {
    case "S":
      return sbp.unit === 1 ? `S(${sbp.axis})` : `S(${sbp.axis}/${sbp.unit})`;
    case "W": {
      const { positions, step, per, from, to } = sbp.windows;
      const unit = sbp.unit === 1 ? "" : `/${sbp.unit}`;
      return `W(${sbp.axis}${unit}: ${positions} at ${step}/${per} from ${from} to ${to})`;
    }
    case "B":
      return "B";
    case "P":
      return `P(${sbp.reduce})`;
  }
}

/** `[S(0), B]`; `[]` on a mesh without SBP axes. */
export function printNdSbp(nd: NdSbp): string {
  return `[${nd.map(printSbp).join(", ")}]`;
}

/** Reads `printSbp`'s text (`P` alone means `P(sum)`); undefined where it is none. */
export function parseSbp(text: string): Sbp | undefined {
  const t = text.trim();
  if (t === "B") return broadcast;
  if (t === "P") return partial();
  const p = /^P\((sum|max|min)\)$/.exec(t);
  if (p !== null) return partial(p[1] as Reduction);
  const w = /^W\((\d+)(?:\/(\d+))?: (\d+) at (\d+)\/(\d+) from (-?\d+) to (-?\d+)\)$/.exec(t);
  if (w !== null) {
    const [axis, unit, positions, step, per, from, to] = w.slice(1).map((n) => Number(n ?? 1)) as Seven;
    return windowed(axis, unit, { positions, step, per, from, to });
  }
  const s = /^S\((\d+)(?:\/(\d+))?\)$/.exec(t);
  return s === null ? undefined : split(Number(s[1]), s[2] === undefined ? 1 : Number(s[2]));
}

type Seven = [number, number, number, number, number, number, number];

/** Reads `printNdSbp`'s text; undefined where it is none. */
export function parseNdSbp(text: string): NdSbp | undefined {
  const t = text.trim();
  if (!t.startsWith("[") || !t.endsWith("]")) return undefined;
  const inner = t.slice(1, -1).trim();
  const parts = inner === "" ? [] : inner.split(",").map(parseSbp);
  return parts.includes(undefined) ? undefined : (parts as NdSbp);
}

export function sbpEqual(a: Sbp, b: Sbp): boolean {
  return printSbp(a) === printSbp(b);
}

export function ndSbpEqual(a: NdSbp, b: NdSbp): boolean {
  return a.length === b.length && a.every((sbp, i) => sbpEqual(sbp, b[i] as Sbp));
}

/** As the command line has it; `dp=2,pp=2 (4 stages)` where ranks hold several. */
export function printMesh(mesh: Mesh): string {
  const axes = mesh.axes.map((axis) => `${axis.name}=${axis.size}`);
  const ranks = pipelineRanks(mesh);
  const text = [...axes, ...(ranks > 1 ? [`pp=${ranks}`] : [])].join(",") || "1";
  return mesh.hosts === undefined ? text : `${text} (${mesh.stages} stages)`;
}

export function devicesPerStage(mesh: Mesh): number {
  return mesh.axes.reduce((n, axis) => n * axis.size, 1);
}

/** Ranks along `pp`. */
export function pipelineRanks({ stages, hosts }: Pipeline): number {
  return hosts === undefined ? stages : 1 + hosts.reduce((most, host) => Math.max(most, host), 0);
}

/** The pipeline rank of a stage. */
export function hostOf({ hosts }: Pipeline, stage: number): number {
  return hosts?.[stage] ?? stage;
}

export function deviceCount(mesh: Mesh): number {
  return devicesPerStage(mesh) * pipelineRanks(mesh);
}

/** The global rank of a device of a stage. */
export function rankOf(mesh: Mesh, stage: number, device: number): number {
  return hostOf(mesh, stage) * devicesPerStage(mesh) + device;
}

/**
 * What somebody asked of a value's layout, by mesh axis name. Mesh axes it does not name are free; named axes that the
 * mesh lacks are dropped. `like` asks for the layout that another value turns out to have.
 * A hard hint (written with `toGlobal`) is a constraint; a soft one (a layer's own) gives way where it cannot hold. A dual one
 * is a soft one on a term of a gradient, derived from what was asked of the value: where it says P the term may also be whole.
 */
export interface LayoutHint {
  readonly strength: "hard" | "soft" | "dual";
  readonly sbp: readonly { readonly axis: string; readonly sbp: Sbp }[];
  readonly like?: string;
}

/** The layouts that are dual to those asked of a value: its gradient's terms have them. */
const duals = (sbp: Sbp): Sbp => (sbp.kind === "S" ? sbp : sbp.kind === "B" ? partial() : broadcast);

/** What a layout asked of a value advises for the terms of its gradient; undefined where nothing. */
export function dualHint(hint: LayoutHint | undefined): LayoutHint | undefined {
  if (hint === undefined || hint.sbp.length === 0) return undefined;
  return { strength: "dual", sbp: hint.sbp.map(({ axis, sbp }) => ({ axis, sbp: duals(sbp) })) };
}

/** `soft dp:S(0) tp:B`, `hard like %x`. */
export function printHint(hint: LayoutHint): string {
  const parts = hint.sbp.map(({ axis, sbp }) => `${axis}:${printSbp(sbp)}`);
  return [hint.strength, ...parts, ...(hint.like === undefined ? [] : [`like %${hint.like}`])].join(" ");
}
