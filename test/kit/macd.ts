/** A path that crosses, and one who looks at it bar by bar. */
import { MACD } from 'technicalindicators';
import { expect } from 'vitest';
import { macdTrend } from '../../brain/strategy/macd-trend.ts';
import { type MacdState, readMacdState } from '../../brain/strategy/macd-state.ts';
import type { SymbolView, Wish } from '../../brain/strategy/strategy.ts';
import { MacdParameters } from '../../shared/macd-parameters.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import { wallMs } from '../../shared/units.ts';
import { qty, view } from './brain.ts';
import { barsOf } from './klines.ts';

export const parameters = (over: Partial<MacdParameters> = {}): MacdParameters =>
  MacdParameters.parse({ fastPeriod: 3, slowPeriod: 6, signalPeriod: 3, orderSize: '0.020', ...over });

/** The histogram of the reference implementation, aligned to the bars. */
export function histograms(bars: readonly BarRow[], { fastPeriod, slowPeriod, signalPeriod }: MacdParameters): (number | undefined)[] {
  const values = bars.map((bar) => Number(bar[4]));
  const rows = MACD.calculate({ values, fastPeriod, slowPeriod, signalPeriod, SimpleMAOscillator: false, SimpleMASignal: false });
  return bars.map((_, i) => rows[i - (bars.length - rows.length)]?.histogram);
}

/** Falls, then rises: the bar of the rise that crosses is found, not assumed. */
export const TURN = [...Array.from({ length: 20 }, (_, i) => 60_000 - 10 * i), ...Array.from({ length: 12 }, (_, i) => 59_810 + 40 * i)];
export const UP = histograms(barsOf(TURN), parameters()).findIndex((now, i, all) => (all[i - 1] ?? 1) <= 0 && (now ?? 0) > 0) + 1;
export const MIRRORED = TURN.map((close) => 120_000 - close);
/** Rises, falls, rises again. */
export const WAVES = [
  ...TURN,
  ...Array.from({ length: 12 }, (_, i) => 60_250 - 40 * i),
  ...Array.from({ length: 12 }, (_, i) => 59_770 + 40 * i),
];
/** Numbers of bars at whose close the histogram has changed its side. */
const crossesOf = (closes: readonly number[]): number[] =>
  histograms(barsOf(closes), parameters()).flatMap((now, i, all) => {
    const before = all[i - 1];
    return before !== undefined && now !== undefined && ((before <= 0 && now > 0) || (before >= 0 && now < 0)) ? [i + 1] : [];
  });
export const [, DOWN = 0, AGAIN = 0] = crossesOf(WAVES);

export type Look = Partial<SymbolView> & {
  readonly closes?: readonly number[] | null;
  readonly n?: number;
  readonly atMs?: SymbolView['atMs'];
};
/** Looks in turn; between two looks the state is written and read, as over a restart. */
export const looker = (one = parameters()) => {
  const strategy = macdTrend(one);
  let state: MacdState = strategy.initial();
  const look = ({ closes = TURN, n, ...over }: Look): Wish => {
    const bars = closes === null ? null : barsOf(closes.slice(0, n ?? closes.length));
    const decided = strategy.decide(view({ bars, position: qty('0'), ...over }), state);
    state = readMacdState(JSON.parse(JSON.stringify(decided.state)))!;
    expect(state).toEqual(decided.state);
    return decided.wish;
  };
  return Object.assign(look, { state: () => state });
};
const AT = 1_700_000_000_000;
export const later = (ms: number) => wallMs(AT + ms);
export const LONG = qty('0.020');
export const SHORT = qty('-0.020');
