/** How far the gateway can be trusted now, as one mode and coded reasons, from what is the case and nothing else. Pure. */
import type { Mode } from '../../shared/snapshot.ts';

/** What may keep the whole gateway from quoting, worst first. */
export const WHOLE_REASONS = [
  ...(['stopped', 'shutting-down', 'account-unknown', 'account-lost', 'venue-unreachable', 'rate-limited', 'paused'] as const),
  ...(['ledger-unavailable', 'reconcile', 'margin-call', 'daily-loss', 'available-low', 'other-session'] as const),
  ...(['clock-unsure', 'redis-down'] as const),
];
export type WholeReason = (typeof WHOLE_REASONS)[number];
/** What may keep it from quoting one symbol. */
export const SYMBOL_REASONS = [
  ...(['book-stale', 'book-syncing', 'not-trading', 'halted', 'leverage', 'closing', 'rejections'] as const),
  ...(['stop-missing', 'order-unknown', 'foreign-order'] as const),
];
export type SymbolReason = (typeof SYMBOL_REASONS)[number];

/** What concerns the whole account. */
export type WholeState = {
  readonly stopped: boolean;
  readonly shuttingDown: boolean;
  readonly paused: boolean;
  readonly accountKnown: boolean;
  readonly accountLive: boolean;
  readonly ledgerFault: boolean;
  /** Reconciling does not come to agree with the venue. */
  readonly disagrees: boolean;
  readonly redisDown: boolean;
  /** No request gets through to the venue. */
  readonly lineFailing: boolean;
  /** The venue asked to wait; nothing leaves. */
  readonly waiting: boolean;
  readonly clockAgeMs: number;
  readonly marginCall: boolean;
  /** Loss since midnight UTC above its limit. */
  readonly dailyLoss: boolean;
  readonly availableLow: boolean;
  readonly otherSession: boolean;
};

/** What concerns one symbol. */
export type SymbolState = {
  readonly symbol: string;
  readonly bookStatus: 'live' | 'stale' | 'syncing';
  readonly trading: boolean;
  /** Forced close; null when none. */
  readonly halted: string | null;
  readonly leverage: number | null;
  readonly leverageMax: number;
  readonly closing: boolean;
  /** The venue refuses the same thing again and again. */
  readonly rejections: boolean;
  readonly stopMissing: boolean;
  /** The outcome of an order has been unknown for too long. */
  readonly orderUnknown: boolean;
  readonly foreignOrder: boolean;
};

/** A clock not read for this long may be off by more than the venue allows. */
export const CLOCK_AGE_MS_MAX = 10 * 60_000;

type WholeRow = readonly [reason: WholeReason, holds: (state: WholeState) => boolean, mode: Mode];
const WHOLE: readonly WholeRow[] = [
  ['stopped', ({ stopped }) => stopped, 'stopped'],
  ['shutting-down', ({ shuttingDown }) => shuttingDown, 'cancel-only'],
  ['account-unknown', ({ accountKnown, accountLive }) => !accountKnown && accountLive, 'blind'],
  ['account-lost', ({ accountKnown, accountLive }) => !accountKnown && !accountLive, 'blind'],
  ['venue-unreachable', ({ lineFailing }) => lineFailing, 'cancel-only'],
  ['rate-limited', ({ waiting }) => waiting, 'cancel-only'],
  ['paused', ({ paused }) => paused, 'reduce-only'],
  ['ledger-unavailable', ({ ledgerFault }) => ledgerFault, 'reduce-only'],
  ['reconcile', ({ disagrees }) => disagrees, 'reduce-only'],
  ['margin-call', ({ marginCall }) => marginCall, 'reduce-only'],
  ['daily-loss', ({ dailyLoss }) => dailyLoss, 'reduce-only'],
  ['available-low', ({ availableLow }) => availableLow, 'reduce-only'],
  ['other-session', ({ otherSession }) => otherSession, 'reduce-only'],
  ['clock-unsure', ({ clockAgeMs }) => clockAgeMs > CLOCK_AGE_MS_MAX, 'reduce-only'],
  ['redis-down', ({ redisDown }) => redisDown, 'normal'], // a brain that is fed by push goes on
];

type Whole = { readonly mode: Mode; readonly reasons: readonly WholeReason[] };
const NORMAL: Whole = { mode: 'normal', reasons: [] };

/** Nothing of it holds: asked at every command, where the rows would be fifteen calls. */
const isNormal = (state: WholeState): boolean =>
  state.accountKnown &&
  state.clockAgeMs <= CLOCK_AGE_MS_MAX &&
  !(state.stopped || state.shuttingDown || state.paused || state.ledgerFault || state.disagrees || state.redisDown || state.lineFailing) &&
  !(state.waiting || state.marginCall || state.dailyLoss || state.availableLow || state.otherSession);

/** `normal`: quoting allowed. Reasons are all that hold, the ones that do not change the mode too. */
export function wholeMode(state: WholeState): Whole {
  return isNormal(state) ? NORMAL : wholeModeOf(state);
}

/** The same by the rows alone. */
export function wholeModeOf(state: WholeState): Whole {
  const holding = WHOLE.filter(([, holds]) => holds(state));
  return { mode: holding[0]?.[2] ?? 'normal', reasons: holding.map(([reason]) => reason) };
}

/** Why nothing new may be opened on a symbol, whatever the mode. */
export function symbolReasons(state: SymbolState): readonly string[] {
  const rows: readonly [reason: SymbolReason, holds: boolean][] = [
    ['book-stale', state.bookStatus === 'stale'],
    ['book-syncing', state.bookStatus === 'syncing'],
    ['not-trading', !state.trading],
    ['halted', state.halted !== null],
    ['leverage', isLeverageUnexpected(state)],
    ['closing', state.closing],
    ['rejections', state.rejections],
    ['stop-missing', state.stopMissing],
    ['order-unknown', state.orderUnknown],
    ['foreign-order', state.foreignOrder],
  ];
  return rows.filter(([, holds]) => holds).map(([reason]) => `${reason}:${state.symbol}`);
}

/** Not read yet is no reason: the account is not known then either. */
export const isLeverageUnexpected = ({ leverage, leverageMax }: Pick<SymbolState, 'leverage' | 'leverageMax'>): boolean =>
  leverage !== null && leverage > leverageMax;
