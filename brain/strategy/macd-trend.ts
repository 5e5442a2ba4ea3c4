/**
 * Follows the MACD histogram: a cross above the threshold wants the long position, a cross below its negative the short one.
 * - Each closed bar is taken in once, in order, whenever it is seen. Those that were there at the first look are history. An entry is only
 *   made on the newest closed bar: a cross in a bar that closed unseen before it (the brain was down) still closes what it contradicts.
 * - The cross itself closes the other side; entering may wait for confirmations (macd-signal.ts) and is left out during a cool-down.
 * - On the way to a position one limited taker order is sent at a time. An entry is given up after `maxTries` of them, once the next bar
 *   has closed, or when something else (a hard exit, a person) took it back; a way out is never given up.
 */
import { floorSteps } from '../../shared/instrument.ts';
import type { MacdParameters } from '../../shared/macd-parameters.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import { lots } from '../../shared/units.ts';
import { advance, INTERVAL_MS, keyOf, type Series, warmUp } from './macd-series.ts';
import { type Called, judgeBar, type Side, thresholdOf } from './macd-signal.ts';
import { sizeOf } from './macd-size.ts';
import { type Goal, type MacdState, NO_STATE } from './macd-state.ts';
import type { Decided, Signals, Strategy, SymbolView, Wish } from './strategy.ts';

export function macdTrend(parameters: MacdParameters): Strategy<MacdState> {
  return {
    name: 'macd-trend',
    role: 'trend',
    initial: () => NO_STATE,
    decide: (view, state) => decide({ parameters, view, state }),
  };
}

/** Who was not asked for so long was kept away by a hard exit, or was down: what was under way is not taken up again. */
const AWAY_MS = 20_000;

type Turn = { readonly parameters: MacdParameters; readonly view: SymbolView; readonly state: MacdState };
/** `why` is a coded reason that is told once, on the look that has it. */
type Seen = { readonly state: MacdState; readonly called: Called | null; readonly why: string | null; readonly now: Series | null };

function decide(turn: Turn): Decided<MacdState> {
  const seen = look(turn);
  const { parameters, view } = turn;
  const { state, why } = seen.called ? begin({ parameters, view, state: seen.state }, seen.called) : seen;
  const { wish, goal } = pursue({ parameters, view, state }, seen.why ?? why);
  const { quotes, target, reason } = wish;
  return {
    wish: { quotes, target, reason, signals: signalsOf(goal, seen.now) },
    state: goal === state.goal ? state : { ...state, goal },
  };
}

/** Takes in the bars that are new, and the open one where that counts. */
function look({ parameters, view, state }: Turn): Seen {
  const newest = view.bars?.at(-1);
  if (!view.bars || !newest) return { state, called: null, why: 'bars-unknown', now: null };
  const fresh = newBars(view.bars, { parameters, state });
  if (fresh === null) {
    const series = warmUp(view.bars, parameters);
    const called = state.series && series ? missedIn(state.series, { series, parameters }) : null;
    const why = called ? 'cross-missed' : series?.point ? null : 'warming-up';
    return { state: { ...state, series, waiting: null, early: null }, called, why, now: series };
  }
  const closed = fresh.reduce<Seen>((seen, bar) => close(seen, { bar, parameters }), { state, called: null, why: null, now: state.series });
  const late = closed.called !== null && closed.called.what === 'enter' && closed.called.barMs !== newest[0];
  const judged: Seen = late && closed.called ? { ...closed, called: { ...closed.called, what: 'leave' }, why: 'cross-missed' } : closed;
  const warm = judged.now?.point ? judged : { ...judged, why: 'warming-up' };
  return parameters.useOpenBar && warm.called === null ? lookEarly(warm, { parameters, view }) : warm;
}

/** Bars after the newest one taken in, oldest first; null when they do not follow it, or when there is nothing to follow. */
function newBars(bars: readonly BarRow[], { parameters, state: { series } }: Pick<Turn, 'parameters' | 'state'>): readonly BarRow[] | null {
  if (series === null || series.key !== keyOf(parameters)) return null;
  let known = bars.length - 1;
  while (known >= 0 && (bars[known]?.[0] ?? 0) > series.barMs) known -= 1;
  const fresh = bars.slice(known + 1);
  const step = INTERVAL_MS[parameters.interval];
  return fresh.every(([openMs], i) => openMs === series.barMs + (i + 1) * step) ? fresh : null;
}

/** Bars are missing between two series of the same kind: what is held against the newer histogram was crossed in between. */
function missedIn(before: Series, { series, parameters }: { readonly series: Series; readonly parameters: MacdParameters }): Called | null {
  const threshold = thresholdOf({ before: series, close: series.close }, parameters);
  if (before.key !== series.key || !series.point || threshold === null || Math.abs(series.point.histogram) <= threshold) return null;
  return { what: 'leave', side: series.point.histogram > 0 ? 1 : -1, barMs: series.barMs };
}

function close({ state, called, why }: Seen, { bar, parameters }: { readonly bar: BarRow; readonly parameters: MacdParameters }): Seen {
  const before = state.series;
  const after = advance(before, { bar, parameters });
  if (before === null) return { state: { ...state, series: after }, called, why, now: after };
  const judged = judgeBar(state.waiting, { before, after, parameters });
  const early = state.early?.barMs === after.barMs ? state.early : null;
  const next = { ...state, series: after, waiting: judged.waiting, early: null };
  if (early && isTakenBack(early.side, { before, after, parameters }))
    return { state: next, called: judged.called ?? againstOf(early.side, after.barMs), why: 'cross-failed', now: after };
  const known = early?.side === judged.called?.side; // it was acted on while the bar was open
  return { state: next, called: (known ? null : judged.called) ?? called, why, now: after };
}

const againstOf = (side: Side, barMs: number): Called => ({ what: 'leave', side: side === 1 ? -1 : 1, barMs });

function isTakenBack(side: Side, { before, after, parameters }: Parameters<typeof judgeBar>[1]): boolean {
  const threshold = thresholdOf({ before, close: after.close }, parameters);
  return !after.point || threshold === null || side * after.point.histogram <= threshold;
}

/** The open bar as if it closed now; called for once a bar. */
function lookEarly(seen: Seen, { parameters, view }: Pick<Turn, 'parameters' | 'view'>): Seen {
  const { series, waiting, early } = seen.state;
  const bar = view.openBar;
  if (!series || !bar || bar[0] !== series.barMs + INTERVAL_MS[parameters.interval] || early?.barMs === bar[0]) return seen;
  const now = advance(series, { bar, parameters });
  const { called } = judgeBar(waiting, { before: series, after: now, parameters });
  if (called?.what !== 'enter') return { ...seen, now };
  return { ...seen, now, called, state: { ...seen.state, waiting: null, early: { barMs: bar[0], side: called.side } } };
}

/** A new goal for what was called for; the one before is dropped. */
function begin({ parameters, view, state }: Turn, called: Called): { readonly state: MacdState; readonly why: string | null } {
  const { side, barMs, what } = called;
  const word = `cross-${side > 0 ? 'up' : 'down'}`;
  const start = { barMs, tries: 0, last: null, nearest: view.position, seenMs: view.atMs };
  const out: MacdState = { ...state, goal: { to: 'flat', size: '0', ...start } };
  const leave = (why: string): ReturnType<typeof begin> => {
    const opposed = side * view.position < 0 || state.goal?.to === (side > 0 ? 'short' : 'long');
    return { state: opposed ? out : state, why };
  };
  if (what === 'leave') return leave(word);
  if (parameters.direction === (side > 0 ? 'short' : 'long')) return { state: out, why: word };
  if (isCooling({ parameters, view, state }, barMs)) return leave('cooling-off');
  const price = side > 0 ? view.bestAsk : view.bestBid;
  const sized = state.series
    ? sizeOf({ instrument: view.instrument, price, equity: view.equity ?? null, series: state.series, parameters })
    : { reason: 'warming-up' };
  if ('reason' in sized) return leave(sized.reason);
  const goal: Goal = { to: side > 0 ? 'long' : 'short', size: sized.size, ...start };
  return { state: { ...state, goal, entry: { barMs, atMs: view.atMs } }, why: word };
}

function isCooling({ parameters, view, state: { entry } }: Turn, barMs: number): boolean {
  if (entry === null) return false;
  const bars = (barMs - entry.barMs) / INTERVAL_MS[parameters.interval];
  const elapsedMs = view.atMs - entry.atMs;
  return bars < parameters.cooldownBars || (elapsedMs >= 0 && elapsedMs < parameters.cooldownMs);
}

type Pursued = { readonly wish: Omit<Wish, 'signals'>; readonly goal: Goal | null };

/** One step towards the goal, when it is time for one. */
function pursue({ parameters, view, state }: Turn, why: string | null): Pursued {
  const { series } = state;
  const goal = state.goal && pursued(state.goal, view);
  const stay = (reason: string, kept: Goal | null): Pursued => ({ wish: { quotes: [], target: null, reason: why ?? reason }, goal: kept });
  if (goal === null || state.goal === null) return stay(heldReason(view, state), null);
  const size = floorSteps({ text: goal.size, step: view.instrument.stepSize });
  const position = lots(goal.to === 'flat' ? 0 : goal.to === 'long' ? size : -size);
  const target = { position, slippageBps: parameters.maxSlippageBps };
  if (view.position === position) return { wish: { quotes: [], target, reason: why ?? heldReason(view, state) }, goal: null };
  const underWay = view.orders.length > 0;
  const entry = goal.to !== 'flat';
  if (!underWay && entry && isTakenAway(state.goal, view)) return stay(`gave-up-${goal.to}-closed`, null);
  if (!underWay && entry && series !== null && series.barMs > goal.barMs) return stay(`gave-up-${goal.to}-late`, null);
  if (entry && view.bars === null) return stay('bars-unknown', goal);
  const toIt = { quotes: [], target, reason: why ?? `to-${goal.to}` };
  if (underWay) return { wish: toIt, goal }; // nothing is sent beside it
  if (!isDue(goal, { parameters, view })) return stay(`to-${goal.to}`, goal);
  if (entry && goal.tries >= parameters.maxTries) return stay(`gave-up-${goal.to}`, null);
  return { wish: toIt, goal: { ...goal, tries: goal.tries + 1, last: { atMs: view.atMs, from: view.position } } };
}

/** Seen once more. */
function pursued(goal: Goal, { position, atMs }: SymbolView): Goal {
  const nearest = goal.to === 'flat' ? position : Math[goal.to === 'long' ? 'max' : 'min'](goal.nearest, position);
  return { ...goal, nearest, seenMs: atMs };
}

function isTakenAway({ to, nearest, seenMs }: Goal, { position, atMs }: SymbolView): boolean {
  return (to === 'long' ? position < nearest : position > nearest) || atMs - seenMs > AWAY_MS;
}

/** The first at once, and one after an order that filled something; else after a while. A clock that went back keeps nobody waiting. */
function isDue({ last }: Goal, { parameters, view }: Pick<Turn, 'parameters' | 'view'>): boolean {
  if (last === null || last.from !== view.position) return true;
  const elapsedMs = view.atMs - last.atMs;
  return elapsedMs < 0 || elapsedMs >= parameters.retryMs;
}

function heldReason({ position }: SymbolView, { waiting }: MacdState): string {
  if (waiting) return `confirming-${waiting.side > 0 ? 'up' : 'down'}`;
  return position === 0 ? 'no-signal' : position > 0 ? 'holding-long' : 'holding-short';
}

function signalsOf(goal: Goal | null, now: Series | null): Signals {
  const tries: Signals = goal ? { tries: goal.tries } : {};
  if (!now?.point) return tries;
  const { macd, signal, histogram } = now.point;
  const { barMs } = now;
  return goal ? { macd, signal, histogram, barMs, tries: goal.tries } : { macd, signal, histogram, barMs };
}
