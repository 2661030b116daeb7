/** Names that somebody may have meant. */

/**
 * At most `most` of `names`, those first in which `text` occurs, then those that take fewest edits (one character put in, left
 * out or replaced) to make of it, as far as these are no more than half of its length. Case does not count.
 */
export function nearestNames(text: string, names: Iterable<string>, most = 5): string[] {
  const wanted = text.toLowerCase();
  const found: { name: string; distance: number }[] = [];
  for (const name of names) {
    const other = name.toLowerCase();
    if (other.includes(wanted)) found.push({ name, distance: (other.length - wanted.length) * 1e-3 });
    else {
      const limit = Math.floor(wanted.length / 2);
      const distance = editDistance(wanted, other, limit);
      if (distance <= limit) found.push({ name, distance });
    }
  }
  return found
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

/** Edits from `a` to `b`; more than `limit` where it is more than that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    if (Math.min(...next) > limit) return limit + 1;
    row = next;
  }
  return row[b.length] as number;
}
