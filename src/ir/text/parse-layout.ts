/** Reads what the text form says of layouts: meshes, `NdSbp` and hints. */
import {
  broadcast,
  partial,
  split,
  windowed,
  type LayoutHint,
  type Mesh,
  type MeshAxis,
  type NdSbp,
  type Reduction,
  type Sbp,
} from "../layout.ts";
import type { Scanner } from "./scan.ts";

export function readMesh(s: Scanner): Mesh {
  if (!s.takeWord("mesh")) s.fail('"mesh["');
  const all = s.list("[", "]", (): MeshAxis => {
    const name = s.name("a mesh axis");
    s.expect("=");
    return { name, size: s.int() };
  });
  const pipeline = all.find((axis) => axis.name === "pp");
  return { axes: all.filter((axis) => axis !== pipeline), stages: pipeline?.size ?? 1 };
}

export function readNdSbp(s: Scanner): NdSbp {
  return s.list("[", "]", () => readSbp(s));
}

function readSbp(s: Scanner): Sbp {
  if (s.takeWord("B")) return broadcast;
  if (s.take("S(")) {
    const axis = s.int();
    const unit = s.take("/") ? s.int() : 1;
    s.expect(")");
    return split(axis, unit);
  }
  if (s.take("W(")) return readWindowed(s);
  if (s.take("P(")) {
    const reduce = s.word("sum, max or min");
    if (reduce !== "sum" && reduce !== "max" && reduce !== "min")
      s.fail(`sum, max or min instead of "${reduce}"`);
    s.expect(")");
    return partial(reduce satisfies Reduction);
  }
  if (s.takeWord("P")) return partial();
  return s.fail("S(axis), B or P(sum)");
}

/** What follows `W(`: `axis/unit: positions at step/per from a to b)`. */
function readWindowed(s: Scanner): Sbp {
  const axis = s.int();
  const unit = s.take("/") ? s.int() : 1;
  const after = (mark: string) => {
    s.expect(mark);
    return s.int();
  };
  const windows = {
    positions: after(":"),
    step: after("at"),
    per: after("/"),
    from: after("from"),
    to: after("to"),
  };
  s.expect(")");
  return windowed(axis, unit, windows);
}

export function readHint(s: Scanner): LayoutHint {
  const strength =
    (["hard", "soft", "dual"] as const).find((word) => s.takeWord(word)) ??
    s.fail('"hard", "soft" or "dual"');
  const sbp: { axis: string; sbp: Sbp }[] = [];
  let like: string | undefined;
  for (;;) {
    const axis = s.nameBefore(":");
    if (axis !== undefined) sbp.push({ axis, sbp: readSbp(s) });
    else if (s.takeWord("like")) like = s.ref();
    else break;
  }
  return like === undefined ? { strength, sbp } : { strength, sbp, like };
}
