/** Since when two runs have not been the same: differences that follow each other are one stretch, ended by a while of agreement. Pure. */
import type { Command, Fill } from './intents.ts';
import type { Matched } from './match.ts';

/** Commands that both sides sent alike, in a row, prove that they are together again. */
const AGREED = 4;
/** How far back a difference in time still explains a decision. */
const BEFORE_MS = 2_000;

type Mark = { readonly atMs: number; readonly same: boolean };

export function stretchesOf(commands: Matched<Command>, fills: Matched<Fill>) {
  const marks: Mark[] = [
    ...commands.equal.map(({ real }) => ({ atMs: real.decidedMs, same: true })),
    ...[...commands.realOnly, ...commands.simulatedOnly].map(({ decidedMs }) => ({ atMs: decidedMs, same: false })),
    ...[...fills.realOnly, ...fills.simulatedOnly].map(({ atMs }) => ({ atMs, same: false })),
  ].sort((a, b) => a.atMs - b.atMs);
  return {
    /** First difference of the stretch that holds that moment; the moment itself where there is none before it. */
    differsFrom(atMs: number): number {
      let from = atMs;
      let agreed = 0;
      for (const mark of marks.toReversed()) {
        if (mark.atMs > atMs) continue;
        agreed = mark.same ? agreed + 1 : 0;
        if (agreed >= AGREED) break;
        if (!mark.same) from = mark.atMs;
      }
      return from;
    },
    /** Largest shift of what both sent alike shortly before, ms. */
    shiftedMs(atMs: number): number {
      const near = commands.equal.filter(({ real }) => real.decidedMs <= atMs && atMs - real.decidedMs <= BEFORE_MS);
      return near.reduce((most, { real, simulated }) => Math.max(most, shiftOf(real, simulated)), 0);
    },
  };
}

function shiftOf(real: Command, simulated: Command): number {
  const acted = real.actedMs === null || simulated.actedMs === null ? 0 : Math.abs(real.actedMs - simulated.actedMs);
  return Math.max(acted, Math.abs(real.decidedMs - simulated.decidedMs));
}
