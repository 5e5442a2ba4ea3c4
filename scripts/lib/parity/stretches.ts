/** Since when two runs have not been the same: differences that follow each other are one stretch, ended by a while of agreement. Pure. */
import type { Command, Fill } from './intents.ts';
import type { Matched } from './match.ts';

/** Commands that both sides sent alike, in a row, prove that they are together again. */
const AGREED = 4;
/** How far back a difference in time still explains a decision. */
const BEFORE_MS = 2_000;

type Mark = { readonly atMs: number; readonly same: boolean };

export function stretchesOf(commands: Matched<Command>, fills: Matched<Fill>) {
  const starts = startsOf(marksOf(commands, fills));
  const alike = commands.equal.map(({ real, simulated }) => ({ atMs: real.decidedMs, shiftMs: shiftOf(real, simulated) }));
  return {
    /** First difference of the stretch that holds that moment; the moment itself where there is none before it. */
    differsFrom: (atMs: number): number => before(starts, atMs)?.fromMs ?? atMs,
    /** Largest shift of what both sent alike shortly before, ms. */
    shiftedMs(atMs: number): number {
      let most = 0;
      for (let n = countTo(alike, atMs) - 1; n >= 0 && atMs - (alike[n]?.atMs ?? 0) <= BEFORE_MS; n--)
        most = Math.max(most, alike[n]?.shiftMs ?? 0);
      return most;
    },
  };
}

const marksOf = (commands: Matched<Command>, fills: Matched<Fill>): readonly Mark[] =>
  [
    ...commands.equal.map(({ real }) => ({ atMs: real.decidedMs, same: true })),
    ...[...commands.realOnly, ...commands.simulatedOnly].map(({ decidedMs }) => ({ atMs: decidedMs, same: false })),
    ...[...fills.realOnly, ...fills.simulatedOnly].map(({ atMs }) => ({ atMs, same: false })),
  ].sort((a, b) => a.atMs - b.atMs);

type Start = { readonly atMs: number; readonly fromMs: number | null };

/** At each mark, when the stretch that it belongs to began; null: both are together. */
function startsOf(marks: readonly Mark[]): readonly Start[] {
  let [fromMs, agreed]: [number | null, number] = [null, 0];
  return marks.map(({ atMs, same }) => {
    agreed = same ? agreed + 1 : 0;
    if (agreed >= AGREED) fromMs = null;
    if (!same) fromMs ??= atMs;
    return { atMs, fromMs };
  });
}

type Timed = { readonly atMs: number };

const before = <T extends Timed>(sorted: readonly T[], atMs: number): T | undefined => sorted[countTo(sorted, atMs) - 1];

/** How many are not later. */
function countTo(sorted: readonly Timed[], atMs: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shiftOf(real: Command, simulated: Command): number {
  const acted = real.actedMs === null || simulated.actedMs === null ? 0 : Math.abs(real.actedMs - simulated.actedMs);
  return Math.max(acted, Math.abs(real.decidedMs - simulated.decidedMs));
}
