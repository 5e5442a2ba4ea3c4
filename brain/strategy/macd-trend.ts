/**
 * Follows the MACD histogram on closed bars: a cross above the threshold wants the long target, a cross below its negative the short one.
 * Acts once on each newly closed bar; the bars that were there at the start are history and only warm it up.
 */
import { MACD } from 'technicalindicators';
import type { MacdParameters } from '../../shared/config.ts';
import { floorSteps } from '../../shared/instrument.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import { lots } from '../../shared/units.ts';
import type { Decided, Strategy, SymbolView } from './strategy.ts';

const BPS = 10_000;

/**
 * `seenBarMs`: open time of the newest closed bar decided on, null before the first look. `wants`: on its way there; null once it was
 * reached, so that what a person closes afterwards is not opened again without a new cross.
 */
export type MacdState = { readonly seenBarMs: number | null; readonly wants: 'long' | 'short' | 'flat' | null };
export type MacdPoint = { readonly macd: number; readonly signal: number; readonly histogram: number };

export function macdTrend(parameters: MacdParameters): Strategy<MacdState> {
  return {
    name: 'macd-trend',
    role: 'trend',
    initial: () => ({ seenBarMs: null, wants: null }),
    decide: (view, state) => decide({ parameters, view, state }),
  };
}

/** The last two points of the series; null while there are too few bars. */
export function lastPoints(
  bars: readonly BarRow[],
  { fastPeriod, slowPeriod, signalPeriod }: MacdParameters,
): readonly [before: MacdPoint, now: MacdPoint] | null {
  const values = bars.map((bar) => Number(bar[4]));
  const series = MACD.calculate({ values, fastPeriod, slowPeriod, signalPeriod, SimpleMAOscillator: false, SimpleMASignal: false });
  const [before, now] = series.slice(-2).map(complete);
  return before && now ? [before, now] : null;
}

/** -1 when the histogram fell through minus the threshold on this bar, 1 when it rose through the threshold, else 0. */
export function crossOf([before, now]: readonly [MacdPoint, MacdPoint], threshold: number): -1 | 0 | 1 {
  if (before.histogram <= threshold && now.histogram > threshold) return 1;
  if (before.histogram >= -threshold && now.histogram < -threshold) return -1;
  return 0;
}

type Turn = { readonly parameters: MacdParameters; readonly view: SymbolView; readonly state: MacdState };

function decide({ parameters, view, state }: Turn): Decided<MacdState> {
  const newest = view.bars?.at(-1);
  if (!view.bars || !newest) return idle(state, 'bars-unknown');
  const points = lastPoints(view.bars, parameters);
  if (!points) return idle(state, 'warming-up');
  const { histogram, macd, signal } = points[1];
  const first = state.seenBarMs === null;
  const fresh = !first && newest[0] !== state.seenBarMs;
  const cross = fresh ? crossOf(points, (Number(newest[4]) * parameters.thresholdBps) / BPS) : 0;
  const wants = cross === 0 ? state.wants : wantsAfter(cross, parameters);
  const target = targetOf({ parameters, view, wants });
  const next = { seenBarMs: newest[0], wants: target?.position === view.position ? null : wants };
  const reason = cross !== 0 ? `cross-${cross > 0 ? 'up' : 'down'}` : wants === null ? heldReason(view) : `to-${wants}`;
  const signals = { macd, signal, histogram, barMs: newest[0] };
  return { wish: { quotes: [], target, reason, signals }, state: next };
}

const heldReason = ({ position }: SymbolView): string => (position === 0 ? 'no-signal' : position > 0 ? 'holding-long' : 'holding-short');

function wantsAfter(cross: -1 | 1, { direction }: MacdParameters): 'long' | 'short' | 'flat' {
  if (cross > 0) return direction === 'short' ? 'flat' : 'long';
  return direction === 'long' ? 'flat' : 'short';
}

function targetOf({
  parameters,
  view,
  wants,
}: {
  readonly parameters: MacdParameters;
  readonly view: SymbolView;
  readonly wants: MacdState['wants'];
}) {
  if (wants === null) return null;
  const size = floorSteps({ text: parameters.orderSize, step: view.instrument.stepSize });
  return { position: lots(wants === 'flat' ? 0 : wants === 'long' ? size : -size), slippageBps: parameters.maxSlippageBps };
}

const idle = (state: MacdState, reason: string): Decided<MacdState> => ({ wish: { quotes: [], target: null, reason, signals: {} }, state });

function complete(point: {
  readonly MACD?: number | undefined;
  readonly signal?: number | undefined;
  readonly histogram?: number | undefined;
}): MacdPoint | null {
  const { MACD: macd, signal, histogram } = point;
  return macd === undefined || signal === undefined || histogram === undefined ? null : { macd, signal, histogram };
}
