/** Global ranks in few words, however many there are: `0-3`, `0,2,…,62`, `0-1,4-5,…,60-61`. */
import { range } from "../support/collections.ts";

/** First and last rank, both included; where `times` is there, the same again `step` further on, so many times in all. */
export type RankRun = readonly [first: number, last: number, step?: number, times?: number];

export type RankRuns = readonly RankRun[];

/** Fewer equal runs at equal distances are not drawn together. */
const leastTimes = 3;

/** Ascending ranks as runs. */
export function rankRuns(ranks: readonly number[]): RankRuns {
  const runs: [number, number][] = [];
  for (const rank of ranks) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === rank - 1) last[1] = rank;
    else runs.push([rank, rank]);
  }
  const repeated: RankRun[] = [];
  for (let at = 0; at < runs.length;) {
    const [first, last] = runs[at] as [number, number];
    const step = (runs[at + 1]?.[0] ?? first) - first;
    const isNext = (i: number) => {
      const next = runs[at + i];
      return next !== undefined && next[0] === first + i * step && next[1] === last + i * step;
    };
    let times = 1;
    while (isNext(times)) times++;
    repeated.push(times < leastTimes ? [first, last] : [first, last, step, times]);
    at += times < leastTimes ? 1 : times;
  }
  return repeated;
}

/** Every rank of the runs. */
export function ranksOf(runs: RankRuns): number[] {
  return runs.flatMap(([first, last, step = 0, times = 1]) =>
    range(times).flatMap((i) => range(last - first + 1).map((offset) => first + i * step + offset)),
  );
}

export function hasRank(runs: RankRuns, rank: number): boolean {
  return runs.some(([first, last, step = 1, times = 1]) => {
    const i = Math.min(times - 1, Math.floor((rank - first) / step));
    return first + i * step <= rank && rank <= last + i * step && i >= 0;
  });
}

export function lastRank(runs: RankRuns): number {
  return runs.reduce((most, [, last, step = 0, times = 1]) => Math.max(most, last + (times - 1) * step), 0);
}

export function printRuns(runs: RankRuns): string {
  if (runs.length === 0) return "-";
  return runs
    .map(([first, last, step = 0, times = 1]) => {
      const run = (i: number) =>
        first === last ? `${first + i * step}` : `${first + i * step}-${last + i * step}`;
      if (times === 1) return run(0);
      return [run(0), run(1), ...(times > leastTimes ? ["…"] : []), run(times - 1)].join();
    })
    .join(",");
}
