/**
 * The layouts of one tensor and what each single step between two of them takes: every step is priced once, however many spaces
 * of layouts (`boxing-path.ts`) it lies in.
 *
 * Most steps are on no cheapest path: where the mesh axes change one set after another for less, the step that changes all of
 * them at once is not taken. `direct` leaves these out. The layouts on the way have each component from one of the two ends, so
 * that every space that has the ends has them too.
 */
import { printNdSbp, printSbp, type Mesh, type NdSbp } from "../ir/layout.ts";
import { isKeepable, knownShape, type TensorType } from "../ir/types.ts";
import { isLocalBoxing, stepBetween, type BoxingShape, type BoxingStep } from "./boxing.ts";
import { isSplittable, normalizeLayout } from "./geometry.ts";

/** What a step costs; the cost model of `cost/` is one. */
export interface BoxingPricer {
  boxing(step: BoxingStep, type: TensorType, mesh: Mesh): { readonly seconds: number };
}

/** What a communication of something that cannot be sent (strings) costs: more than any plan takes. */
const forbiddenSeconds = 1e6;

/** A detour must be shorter by this factor, so that the rounding of sums decides nothing. */
const shorter = 1 - 1e-9;

/** Bits of a code per mesh axis. Layouts of more axes, or with more distinct components, have no code. */
const bitsPerAxis = 6;

/** Numbers from a layout to every other, growing with the layouts; NaN where it is not known yet. */
class Row {
  #values = new Float64Array(0);

  get(at: number): number {
    return this.#values[at] ?? NaN;
  }

  set(at: number, value: number, size: number): void {
    if (at >= this.#values.length) {
      const grown = new Float64Array(Math.max(size, 2 * this.#values.length)).fill(NaN);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[at] = value;
  }
}

export class StepTable {
  readonly type: TensorType;
  readonly #mesh: Mesh;
  readonly #pricer: BoxingPricer;
  readonly #shape: readonly number[];
  readonly #layouts: NdSbp[] = [];
  readonly #ids = new Map<string, number>();
  /** By layout: a component's number in the bits of each mesh axis; -1 where there are too many. */
  readonly #codes: number[] = [];
  readonly #byCode = new Map<number, number>();
  readonly #components = new Map<string, number>();
  /** Rows by stage, then by the layout that a step starts from. */
  readonly #seconds: Row[][] = [];
  readonly #direct: Row[][] = [];

  constructor(mesh: Mesh, pricer: BoxingPricer, type: TensorType) {
    this.#mesh = mesh;
    this.#pricer = pricer;
    // A copy of the shape of its own: bytes are cached by the identity of shapes and layouts.
    this.#shape = [...knownShape(type)];
    this.type = { ...type, shape: this.#shape };
  }

  /** The number of a layout, normalised; undefined where the tensor cannot be split so. */
  split(layout: NdSbp): number | undefined {
    return isSplittable(this.#shape, layout, this.#mesh)
      ? this.id(normalizeLayout(this.#shape, layout, this.#mesh))
      : undefined;
  }

  /** The number of a layout that is splittable and normalised. */
  id(layout: NdSbp, text = printNdSbp(layout)): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#layouts.length;
      this.#ids.set(text, id);
      this.#layouts.push(layout);
      const code = this.#code(layout);
      this.#codes.push(code);
      if (code >= 0) this.#byCode.set(code, id);
    }
    return id;
  }

  #code(layout: NdSbp): number {
    if (layout.length * bitsPerAxis > 30) return -1;
    let code = 0;
    for (const sbp of layout) {
      const text = printSbp(sbp);
      let component = this.#components.get(text);
      if (component === undefined) this.#components.set(text, (component = this.#components.size));
      if (component >= 1 << bitsPerAxis) return -1;
      code = (code << bitsPerAxis) | component;
    }
    return code;
  }

  layout(id: number): NdSbp {
    return this.#layouts[id] as NdSbp;
  }

  /** The step within a stage; undefined where there is none. */
  step(from: number, to: number): BoxingShape | undefined {
    return stepBetween(this.layout(from), this.layout(to));
  }

  /** Seconds of the step on a stage; Infinity where there is none. */
  seconds(stage: number, from: number, to: number): number {
    const row = rowOf(this.#seconds, stage, from);
    let seconds = row.get(to);
    if (Number.isNaN(seconds)) {
      seconds = this.#price(stage, from, to);
      row.set(to, seconds, this.#layouts.length);
    }
    return seconds;
  }

  #price(stage: number, a: number, b: number): number {
    const found = this.step(a, b);
    if (found === undefined) return Infinity;
    if (!isKeepable(this.type) && !isLocalBoxing(found.kind)) return forbiddenSeconds;
    return this.#pricer.boxing(
      {
        kind: found.kind,
        axes: found.axes,
        from: this.layout(a),
        to: this.layout(b),
        fromStage: stage,
        toStage: stage,
      },
      this.type,
      this.#mesh,
    ).seconds;
  }

  /** As `seconds`; Infinity also where steps that change the same mesh axes one set after another take less. */
  direct(stage: number, from: number, to: number): number {
    const row = rowOf(this.#direct, stage, from);
    let seconds = row.get(to);
    if (Number.isNaN(seconds)) {
      seconds = this.seconds(stage, from, to);
      if (seconds !== Infinity && this.#hasDetour(stage, from, to, seconds * shorter)) seconds = Infinity;
      row.set(to, seconds, this.#layouts.length);
    }
    return seconds;
  }

  #hasDetour(stage: number, from: number, to: number, limit: number): boolean {
    const [a, b] = [this.#codes[from] as number, this.#codes[to] as number];
    if (a < 0 || b < 0) return false;
    const differing: number[] = [];
    for (let axis = 0; axis < this.#mesh.axes.length; axis++) {
      const mask = ((1 << bitsPerAxis) - 1) << (axis * bitsPerAxis);
      if (((a ^ b) & mask) !== 0) differing.push(mask);
    }
    for (let chosen = 1; chosen < (1 << differing.length) - 1; chosen++) {
      let mask = 0;
      for (let i = 0; i < differing.length; i++) if ((chosen >> i) & 1) mask |= differing[i] as number;
      const way = this.#byCode.get((a & ~mask) | (b & mask));
      if (way === undefined) continue;
      const first = this.seconds(stage, from, way);
      if (first < limit && first + this.seconds(stage, way, to) < limit) return true;
    }
    return false;
  }

  /** Seconds of sending a layout as it is to another stage. */
  sending(id: number, fromStage: number, toStage: number): number {
    if (!isKeepable(this.type)) return forbiddenSeconds;
    return this.#pricer.boxing(this.send(id, fromStage, toStage), this.type, this.#mesh).seconds;
  }

  send(id: number, fromStage: number, toStage: number): BoxingStep {
    const layout = this.layout(id);
    return { kind: "send", axes: [], from: layout, to: layout, fromStage, toStage };
  }
}

function rowOf(rows: Row[][], stage: number, from: number): Row {
  const ofStage = (rows[stage] ??= []);
  return (ofStage[from] ??= new Row());
}
