/**
 * Repeated layers shown once: rows are cut into blocks (runs of rows of one layer), and neighbouring blocks whose rows are
 * alike but for names are folded into the first.
 */

/** The layer or repeated module that a row belongs to: `blocks` and 3 for `blocks.3.mlp`. */
export interface BlockPlace {
  readonly path: string;
  readonly index: number;
}

export interface Folded<T> {
  /** The rows of the first of the blocks; one row outside blocks. */
  readonly rows: readonly T[];
  readonly path: string;
  /** Indices of the first and the last block. */
  readonly first: number;
  readonly last: number;
  /** Blocks that are alike; 0 for a row outside blocks. */
  readonly count: number;
}

/** The first numbered part of a module's path or a value's name; undefined where there is none. */
export function placeInPath(path: string): BlockPlace | undefined {
  const match = /^(.*?)[./](\d+)(?=[./]|$)/.exec(path);
  return match === null ? undefined : { path: match[1] as string, index: Number(match[2]) };
}

/** `alike` gives equal texts for rows that differ at most in names. */
export function fold<T>(
  rows: readonly T[],
  placeOf: (row: T) => BlockPlace | undefined,
  alike: (row: T) => string,
): Folded<T>[] {
  const folded: (Folded<T> & { key: string })[] = [];
  for (let at = 0; at < rows.length;) {
    const place = placeOf(rows[at] as T);
    let end = at + 1;
    if (place !== undefined) while (end < rows.length && samePlace(placeOf(rows[end] as T), place)) end++;
    const block = rows.slice(at, end);
    at = end;
    if (place === undefined) {
      folded.push({ rows: block, path: "", first: 0, last: 0, count: 0, key: "" });
      continue;
    }
    const key = block.map(alike).join("\n");
    const before = folded.at(-1);
    if (
      before !== undefined &&
      before.count > 0 &&
      before.path === place.path &&
      before.key === key &&
      before.last + 1 === place.index
    )
      folded[folded.length - 1] = { ...before, last: place.index, count: before.count + 1 };
    else folded.push({ rows: block, ...place, first: place.index, last: place.index, count: 1, key });
  }
  return folded.map(({ rows: own, path, first, last, count }) => ({ rows: own, path, first, last, count }));
}

function samePlace(a: BlockPlace | undefined, b: BlockPlace): boolean {
  return a !== undefined && a.path === b.path && a.index === b.index;
}

/** `blocks.0..11 (12 alike)`; `blocks.3` for one. */
export function foldedName({ path, first, last, count }: Folded<unknown>): string {
  return count === 1 ? `${path}.${first}` : `${path}.${first}..${last} (${count} alike)`;
}
