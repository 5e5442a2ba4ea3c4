/** Resident memory of the processes of a run, and whether it grows once they have warmed up. */
import { readFileSync } from 'node:fs';

export type Sample = { readonly pid: number; readonly atMs: number; readonly mb: number };
export type Growth = { readonly minutes: number; readonly firstMb: number; readonly lastMb: number; readonly mbPerHour: number };

/** Null where the system does not tell (no /proc) or the process is gone. */
export function residentMb(pid: number): number | null {
  try {
    const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kb === undefined ? null : Number(kb) / 1_024;
  } catch {
    return null;
  }
}

/** Straight line through the longest life's samples after `warmUpMs`; null when nothing is left of it. */
export function growth(samples: readonly Sample[], warmUpMs: number): Growth | null {
  const lives = Object.values(Object.groupBy(samples, ({ pid }) => pid)).map((life = []) => {
    const from = life[0]?.atMs ?? 0;
    return life.filter(({ atMs }) => atMs - from >= warmUpMs);
  });
  const span = (life: readonly Sample[]): number => (life.at(-1)?.atMs ?? 0) - (life[0]?.atMs ?? 0);
  const longest = lives.toSorted((a, b) => span(b) - span(a))[0] ?? [];
  const [first, last] = [longest[0], longest.at(-1)];
  if (!first || !last || span(longest) <= 0) return null;
  const mean = (pick: (sample: Sample) => number): number => longest.reduce((sum, sample) => sum + pick(sample), 0) / longest.length;
  const [midT, midMb] = [mean(({ atMs }) => atMs), mean(({ mb }) => mb)];
  const slope = mean(({ atMs, mb }) => (atMs - midT) * (mb - midMb)) / mean(({ atMs }) => (atMs - midT) ** 2);
  const round = (n: number): number => Math.round(n * 10) / 10;
  return { minutes: round(span(longest) / 60_000), firstMb: round(first.mb), lastMb: round(last.mb), mbPerHour: round(slope * 3_600_000) };
}
