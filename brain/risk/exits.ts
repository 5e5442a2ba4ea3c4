/**
 * Hard exits on the net position, above every strategy. Judged on every fresh snapshot by the price at which the whole position could be
 * taken out of the book now; a trigger hands the close to the gateway's ladder and blocks the strategies until flat and cooled down.
 */
import type { ExitParameters } from '../../shared/exit-parameters.ts';
import type { WallMs } from '../../shared/units.ts';
import { exitPrice, type PriceView } from './exit-price.ts';
import { dueExit, type ExitReason } from './exit-rules.ts';
import { follow, type HeldNow, type Track } from './exit-track.ts';

export type { ExitReason } from './exit-rules.ts';

export type ExitState =
  | { readonly at: 'armed' }
  /**
   * `askedSeq`, `askedAtMs`: the newest snapshot that made us ask the gateway to close; its time is null where an earlier version wrote none.
   * `price`: the executable one that fired, quote units; null: none was known.
   */
  | {
      readonly at: 'closing';
      readonly why: ExitReason;
      readonly askedSeq: number;
      readonly askedAtMs: number | null;
      readonly price: number | null;
    }
  | { readonly at: 'cooling'; readonly untilMs: WallMs };
/** State of one symbol that survives restarts; `stopLosses` counts every exit that is no take-profit, `track` is null when flat. */
export type Exits = {
  readonly state: ExitState;
  readonly takeProfits: number;
  readonly stopLosses: number;
  readonly track: Track | null;
};
export const NO_EXITS: Exits = { state: { at: 'armed' }, takeProfits: 0, stopLosses: 0, track: null };

export type ExitView = PriceView & {
  readonly entryPrice: string | null;
  readonly opening: Track['opening'];
  /** What taking costs, share of notional; null while not known. */
  readonly takerShare: number | null;
  /** The stop at the venue has lately been filled. */
  readonly stopFilled: boolean;
  /** The gateway's ladder runs on this symbol. */
  readonly closing: boolean;
  readonly seq: number;
  /** The snapshot's time by the venue's clock. */
  readonly atMs: number;
  /** Period of the gateway's own snapshots; those that are pushed come in between. */
  readonly tickMs: number;
  readonly nowMs: WallMs;
};
export type ExitTurn = {
  readonly exits: Exits;
  /** Ask the gateway to close, for this reason. */
  readonly close: ExitReason | null;
};

/**
 * A close that the gateway does not show is asked for again after so many snapshots, and no sooner than the time of so many ticks (the last may
 * be early): the command or its answer was lost.
 */
const ASK_AGAIN_SEQS = 10;
const ASK_AGAIN_TICKS = 9.5;
/** Both ways, while the account's own rate is not known. */
const USUAL_FEES = 0.001;

export function judgeExit(before: Exits, judged: Judged): ExitTurn {
  const { exits, why, price } = measure(before, judged);
  switch (exits.state.at) {
    case 'armed':
      return before.track !== null && exits.track === null && judged.view.stopFilled
        ? { exits: cooling({ ...exits, stopLosses: exits.stopLosses + 1 }, judged), close: null } // the venue was faster
        : trigger(exits, { ...judged, why, price });
    case 'closing':
      return judgeClosing(exits, { ...judged, state: exits.state, why });
    case 'cooling':
      return judgeCooling(exits, { ...judged, untilMs: exits.state.untilMs, why, price });
    default:
      throw new Error(`Cannot judge exit: ${JSON.stringify(exits.state satisfies never)}`);
  }
}

type Judged = { readonly view: ExitView; readonly parameters: ExitParameters };
type Due = { readonly why: ExitReason | null };

/** What is remembered after this snapshot, and the rule that fires on it. Nothing fires without a position and its entry price. */
function measure(exits: Exits, { view, parameters }: Judged): Due & { readonly exits: Exits; readonly price: number | null } {
  const price = exitPrice(view, parameters.maxMarkAgeMs);
  const held = heldNow(view, price);
  if (held === null) return { exits: view.position === 0 ? { ...exits, track: null } : exits, why: null, price };
  const feeShare = feesOf(view, parameters);
  const track = follow(exits.track, { held, rules: { parameters, feeShare } });
  const { trail, breakEven, heldSinceMs } = track;
  const { side, entry, size } = held;
  const why = dueExit({ side, entry, size, price, trail, breakEven, feeShare, heldMs: view.atMs - heldSinceMs }, parameters);
  return { exits: track === exits.track ? exits : { ...exits, track }, why, price };
}

function heldNow({ position, entryPrice, instrument, opening, atMs }: ExitView, price: number | null): HeldNow | null {
  const entry = Number(entryPrice ?? 0);
  if (position === 0 || !(entry > 0)) return null;
  const size = Math.abs(position) * Number(instrument.stepSize);
  return { side: position > 0 ? 1 : -1, opening, entry, size, price, atMs };
}

function feesOf({ takerShare }: ExitView, { breakEven }: ExitParameters): number {
  if (breakEven?.feesPercent !== undefined) return breakEven.feesPercent / 100;
  return takerShare === null ? USUAL_FEES : Math.max(0, 2 * takerShare);
}

function trigger(exits: Exits, { view, why, price }: Judged & Due & { readonly price: number | null }): ExitTurn {
  if (why === null) return { exits, close: null };
  const counted = why === 'take-profit' ? { takeProfits: exits.takeProfits + 1 } : { stopLosses: exits.stopLosses + 1 };
  return { exits: { ...exits, ...counted, state: { at: 'closing', why, ...askedBy(view), price } }, close: why };
}

/** New exposure waits, but what is held all the same (a late fill, a person's trade) stays protected. */
function judgeCooling(exits: Exits, judged: Judged & Due & { readonly untilMs: WallMs; readonly price: number | null }): ExitTurn {
  const { view, parameters, untilMs } = judged;
  const ended = view.nowMs >= untilMs || untilMs > coolUntil(view, parameters); // later than possible: another clock wrote it
  const turn = trigger({ ...exits, state: { at: 'armed' } }, judged);
  return ended || turn.close !== null ? turn : { exits, close: null };
}

type Closing = Judged & Due & { readonly state: ExitState & { at: 'closing' } };

function judgeClosing(exits: Exits, { view, parameters, state, why }: Closing): ExitTurn {
  const ask = (next: ExitReason): ExitTurn => ({
    exits: { ...exits, state: { ...state, why: next, ...askedBy(view) } },
    close: next,
  });
  if (state.why === 'take-profit' && why !== null && why !== 'take-profit') return ask(why); // the profit is gone: no more resting
  if (view.closing) return { exits: { ...exits, state: { ...state, ...askedBy(view) } }, close: null };
  if (isRecent(state, view)) return { exits, close: null };
  return view.position === 0 ? { exits: cooling(exits, { view, parameters }), close: null } : ask(state.why);
}

const askedBy = ({ seq, atMs }: ExitView): { readonly askedSeq: number; readonly askedAtMs: number } => ({
  askedSeq: seq,
  askedAtMs: atMs,
});

/** Numbers that go back are of another run of the gateway, and a time that goes back is of another clock: neither holds a close up. */
function isRecent({ askedSeq, askedAtMs }: Closing['state'], { seq, atMs, tickMs }: ExitView): boolean {
  if (seq < askedSeq) return false;
  const waitedMs = askedAtMs === null ? Number.POSITIVE_INFINITY : atMs - askedAtMs;
  return seq - askedSeq < ASK_AGAIN_SEQS || (waitedMs >= 0 && waitedMs < ASK_AGAIN_TICKS * tickMs);
}

const cooling = (exits: Exits, { view, parameters }: Judged): Exits => ({
  ...exits,
  state: { at: 'cooling', untilMs: coolUntil(view, parameters) },
});

const coolUntil = ({ nowMs }: ExitView, { cooldownMs }: ExitParameters): WallMs => (nowMs + cooldownMs) as WallMs;
