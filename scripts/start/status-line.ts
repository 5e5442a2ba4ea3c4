/** One line that says how a run stands, for a terminal. */
import type { Stats } from '../../shared/command.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import type { Header } from '../../shared/snapshot.ts';

export type StatusFacts = {
  readonly seconds: number;
  readonly stats: Stats | null;
  readonly header: Header | null;
  readonly brain: BrainDoc | null;
  readonly columns: number;
};

export function statusLine({ seconds, stats, header, brain, columns }: StatusFacts): string {
  const parts = [`${seconds.toFixed(0)} s`, header ? header.mode : 'no snapshot', ...(header?.reasons ?? []).slice(0, 2)];
  for (const [symbol, one] of Object.entries(stats?.symbols ?? {})) {
    const why = brain?.symbols[symbol]?.reason ?? 'no brain';
    parts.push(
      `${symbol} ${one.position}${one.entryPrice ? ` @ ${one.entryPrice}` : ''}  open ${one.open}  fills ${one.fills}  realized ${one.realized}  ${why}`,
    );
  }
  const line = parts.join(' · ');
  return line.length > columns ? `${line.slice(0, Math.max(0, columns - 1))}…` : line;
}

const LINE_EVERY_MS = 10_000;

/** Where no terminal shows the newest line in the place of the one before: when a line is worth one more in a log. */
export class LinePace {
  #toldAt = Number.NEGATIVE_INFINITY;
  #state = '';

  /** When what is let through changed, and every ten seconds. */
  isDue(nowMs: number, header: Header | null): boolean {
    const state = header ? [header.mode, ...header.reasons].join(' ') : '';
    if (state === this.#state && nowMs - this.#toldAt < LINE_EVERY_MS) return false;
    [this.#toldAt, this.#state] = [nowMs, state];
    return true;
  }
}
