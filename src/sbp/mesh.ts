/** Meshes as people write them, ranks and coordinates, groups along axes. */
import { fail } from "../diagnostics/diagnostic.ts";
import { devicesPerStage, hostOf, type Mesh, type MeshAxis } from "../ir/layout.ts";
import { product, range } from "../support/collections.ts";

/** Reads `dp=2,tp=2,pp=2`; `1` or an empty text is one device. `pp` is the pipeline wherever it stands; axes of 1 vanish. */
export function parseMesh(text: string): Mesh {
  const axes: MeshAxis[] = [];
  let stages = 1;
  const seen = new Set<string>();
  const trimmed = text.trim();
  for (const part of trimmed === "" || trimmed === "1" ? [] : trimmed.split(",")) {
    const match = /^\s*([A-Za-z_]\w*)\s*=\s*(\d+)\s*$/.exec(part);
    if (match === null) fail("bad-mesh", { text, problem: `"${part.trim()}" is not name=size` });
    const [, name = "", digits = ""] = match;
    const size = Number(digits);
    if (size < 1 || !Number.isSafeInteger(size))
      fail("bad-mesh", { text, problem: `${name} has size ${digits}` });
    if (seen.has(name)) fail("bad-mesh", { text, problem: `${name} is given twice` });
    seen.add(name);
    if (name === "pp") stages = size;
    else if (size > 1) axes.push({ name, size });
  }
  return { axes, stages };
}

/** Coordinates on the SBP axes of the `index`-th device of a stage, row-major. */
export function coordinatesOf(mesh: Mesh, index: number): number[] {
  const coordinates: number[] = mesh.axes.map(() => 0);
  let rest = index;
  for (let i = mesh.axes.length - 1; i >= 0; i--) {
    const size = (mesh.axes[i] as MeshAxis).size;
    coordinates[i] = rest % size;
    rest = Math.floor(rest / size);
  }
  return coordinates;
}

/** The stages that a device runs, ascending. */
export function stagesOfRank(mesh: Mesh, rank: number): number[] {
  const place = pipelineRank(mesh, rank);
  return mesh.hosts === undefined
    ? [place]
    : range(mesh.stages).filter((stage) => hostOf(mesh, stage) === place);
}

/** The place of a device along `pp`. */
export function pipelineRank(mesh: Mesh, rank: number): number {
  return Math.floor(rank / devicesPerStage(mesh));
}

/**
 * The devices of a stage in groups: two are together where they differ at most on `axes` (indices of mesh axes).
 * Groups and their members are in ascending order.
 */
export function groupsAlong(mesh: Mesh, axes: readonly number[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const device of range(devicesPerStage(mesh))) {
    const key = coordinatesOf(mesh, device)
      .filter((_, i) => !axes.includes(i))
      .join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [device]);
    else group.push(device);
  }
  return [...groups.values()];
}

/** Devices in one group along `axes`. */
export function groupSize(mesh: Mesh, axes: readonly number[]): number {
  return product(axes.map((i) => (mesh.axes[i] as MeshAxis).size));
}
