/**
 * Hard take-profit and stop-loss on the net position, above every strategy. Judged on every fresh snapshot by the price at which the whole
 * position could be taken out of the book now; a trigger hands the close to the gateway's ladder and blocks the strategy until flat and
 * cooled down.
 */
import type { ExitParameters } from '../../shared/config.ts';
import { fractionalTicks, type Instrument } from '../../shared/instrument.ts';
import type { Lots, WallMs } from '../../shared/units.ts';
import type { Level } from '../strategy/strategy.ts';

export type ExitState =
  | { readonly at: 'armed' }
  /** `askedSeq`: the newest snapshot that made us ask the gateway to close. */
  | { readonly at: 'closing'; readonly why: ExitReason; readonly askedSeq: number }
  | { readonly at: 'cooling'; readonly untilMs: WallMs };
export type ExitReason = 'take-profit' | 'stop-loss';
/** State of one symbol that survives restarts. */
export type Exits = { readonly state: ExitState; readonly takeProfits: number; readonly stopLosses: number };
export const NO_EXITS: Exits = { state: { at: 'armed' }, takeProfits: 0, stopLosses: 0 };

export type ExitView = {
  readonly instrument: Instrument;
  readonly position: Lots;
  readonly entryPrice: string | null;
  /** Side of the book that a close would take from, best first; null while the book is not live. */
  readonly taken: readonly Level[] | null;
  readonly markPrice: string | null;
  /** The gateway's ladder runs on this symbol. */
  readonly closing: boolean;
  readonly seq: number;
  readonly nowMs: WallMs;
};
export type ExitTurn = { readonly exits: Exits /** Ask the gateway to close, for this reason. */; readonly close: ExitReason | null };

/** Snapshots after which a close that the gateway does not show is asked for again: the command or its answer was lost. */
const ASK_AGAIN_SEQS = 10;

export function judgeExit(exits: Exits, { view, parameters }: { readonly view: ExitView; readonly parameters: ExitParameters }): ExitTurn {
  switch (exits.state.at) {
    case 'armed':
      return judgeArmed(exits, { view, parameters });
    case 'closing':
      return judgeClosing(exits, { view, parameters, state: exits.state });
    case 'cooling':
      return judgeCooling(exits, { view, parameters, untilMs: exits.state.untilMs });
    default:
      throw new Error(`Cannot judge exit: ${JSON.stringify(exits.state satisfies never)}`);
  }
}

/** Profit of closing now, percent of the entry price; null when it cannot be told. */
export function profitPercent({ instrument, position, entryPrice, taken, markPrice }: ExitView): number | null {
  if (position === 0 || entryPrice === null) return null;
  const entry = fractionalTicks(instrument, entryPrice);
  const exit = taken ? executableTicks(taken, Math.abs(position)) : markPrice === null ? null : fractionalTicks(instrument, markPrice);
  if (exit === null || !(entry > 0)) return null;
  return ((exit - entry) / entry) * 100 * Math.sign(position);
}

/**
 * Average price for `size` lots walked through the levels. Beyond the last published level the rest counts at that level's price: the
 * real price would be worse, so on a thin book the true loss is at least the one told. Null without levels.
 */
export function executableTicks(levels: readonly Level[], size: number): number | null {
  let [left, cost, last] = [size, 0, 0];
  for (const { price, size: offered } of levels) {
    const take = Math.min(left, offered);
    cost += take * price;
    left -= take;
    last = price;
    if (left <= 0) break;
  }
  return levels.length === 0 || size <= 0 ? null : (cost + left * last) / size;
}

type Judged = { readonly view: ExitView; readonly parameters: ExitParameters };

function judgeArmed(exits: Exits, { view, parameters }: Judged): ExitTurn {
  const profit = profitPercent(view);
  const why =
    profit === null
      ? null
      : profit >= parameters.takeProfitPercent
        ? 'take-profit'
        : profit <= -parameters.stopLossPercent
          ? 'stop-loss'
          : null;
  if (why === null) return { exits, close: null };
  const counted = why === 'take-profit' ? { takeProfits: exits.takeProfits + 1 } : { stopLosses: exits.stopLosses + 1 };
  return { exits: { ...exits, ...counted, state: { at: 'closing', why, askedSeq: view.seq } }, close: why };
}

/** New exposure waits, but what is held all the same (a late fill, a person's trade) stays protected. */
function judgeCooling(exits: Exits, { view, parameters, untilMs }: Judged & { readonly untilMs: WallMs }): ExitTurn {
  const ended = view.nowMs >= untilMs || untilMs > coolUntil(view, parameters); // later than possible: another clock wrote it
  const turn = judgeArmed({ ...exits, state: { at: 'armed' } }, { view, parameters });
  return ended || turn.close !== null ? turn : { exits, close: null };
}

function judgeClosing(exits: Exits, { view, parameters, state }: Judged & { readonly state: ExitState & { at: 'closing' } }): ExitTurn {
  if (view.closing) return { exits: { ...exits, state: { ...state, askedSeq: view.seq } }, close: null };
  if (view.seq - state.askedSeq < ASK_AGAIN_SEQS && view.seq >= state.askedSeq) return { exits, close: null };
  if (view.position === 0) return { exits: { ...exits, state: { at: 'cooling', untilMs: coolUntil(view, parameters) } }, close: null };
  return { exits: { ...exits, state: { ...state, askedSeq: view.seq } }, close: state.why };
}

const coolUntil = ({ nowMs }: ExitView, { cooldownMs }: ExitParameters): WallMs => (nowMs + cooldownMs) as WallMs;
