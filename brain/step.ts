/**
 * One turn of the brain for one symbol: (state, snapshot) -> (state, commands, facts). Pure: the same tape gives the same commands. Hard
 * exits come first, then the strategy, then the plan, then the gate; nothing leaves that did not come through the gate.
 */
import type { Config } from '../shared/config.ts';
import type { SymbolLimits } from '../shared/limits.ts';
import { parseClientId, type Role } from '../shared/client-id.ts';
import type { Side } from '../shared/order.ts';
import { lots, type MonoMs, ticks, type WallMs } from '../shared/units.ts';
import { toleranceStretch } from './oms/pacing.ts';
import { plan } from './oms/plan.ts';
import {
  type CancelCommand,
  isSteered,
  type OrderCommand,
  type Pending,
  type PlaceCommand,
  stillPending,
  type WorkingOrder,
  workingOrders,
} from './oms/working.ts';
import { type ExitReason, type Exits, judgeExit } from './risk/exits.ts';
import { type Approved, approveCancels, gate, type Held } from './risk/gate.ts';
import type { Signals, Strategy, SymbolView, WantedQuote, Wish } from './strategy/strategy.ts';
import { isWorthSending } from './strategy/worth-sending.ts';
import { type Documents, type HeldView, heldView, symbolView } from './view.ts';

export type SymbolState<S> = {
  readonly strategy: S;
  readonly exits: Exits;
  readonly pending: readonly Pending[];
  /** The gateway refused an order, and why; nothing but cancels leaves before `untilMs`. */
  readonly refusal: { readonly code: string; readonly untilMs: MonoMs } | null;
};
export type Settings<S> = {
  readonly strategy: Strategy<S>;
  readonly exits: Config['exits'];
  readonly limits: SymbolLimits | null;
  readonly toleranceBps: number;
  readonly ttlMs: number;
  readonly maxAgeMs: number;
};
export type Turn = {
  readonly symbol: string;
  readonly documents: Documents;
  readonly now: MonoMs;
  readonly nowMs: WallMs;
  /** A new client id for each order placed; null when the lease has none left. */
  readonly nextId: (role: Role) => string | null;
  /** False while the brain must not open anything: store unreadable, or the snapshot was not made under our lease. */
  readonly mayTrade: boolean;
};
export type Stepped<S> = {
  readonly state: SymbolState<S>;
  readonly commands: readonly Approved<OrderCommand>[];
  readonly close: ExitReason | null;
  readonly reason: string;
  readonly quotes: readonly WantedQuote[];
  readonly signals: Signals;
  readonly held: readonly Held[];
};

const BPS = 10_000;

export const initialState = <S>(strategy: Strategy<S>, exits: Exits): SymbolState<S> => ({
  strategy: strategy.initial(),
  exits,
  pending: [],
  refusal: null,
});

/** The caller has refused documents that are stale or not of this account (`headerReason`). */
export function step<S>(before: SymbolState<S>, { settings, turn }: { readonly settings: Settings<S>; readonly turn: Turn }): Stepped<S> {
  const { documents, symbol } = turn;
  const { header } = documents;
  const pending = stillPending({
    pending: before.pending,
    seq: header.seq,
    lease: header.brainEpoch,
    now: turn.now,
    ttlMs: settings.ttlMs,
  });
  const state = { ...before, pending };
  const held = heldView(documents, { symbol, maxAgeMs: settings.maxAgeMs });
  if (typeof held === 'string') return { ...idle(state, held), commands: approveCancels(blindCancels(pending, turn)) };
  const exit = judge(state.exits, { settings, turn, held });
  const working = workingOrders({ orders: held.orders, pending });
  if (exit.close !== null || exit.exits.state.at !== 'armed') {
    const restarted = { ...state, exits: exit.exits, strategy: settings.strategy.initial() };
    const reason = exit.exits.state.at === 'cooling' ? 'cooling-down' : `closing-${exit.close ?? 'position'}`;
    return { ...pull(restarted, { reason, working, turn }), close: exit.close };
  }
  const view = symbolView(documents, { symbol, held, working });
  const armed = { ...state, exits: exit.exits };
  if (typeof view === 'string') return pull(armed, { reason: view, working, turn });
  if (!turn.mayTrade) return pull(armed, { reason: 'no-lease', working, turn });
  const hold = holdOf(armed, { held, now: turn.now });
  return follow(armed, { settings, turn, view, working, hold });
}

function judge<S>(
  exits: Exits,
  { settings, turn, held }: { readonly settings: Settings<S>; readonly turn: Turn; readonly held: HeldView },
) {
  const { instrument, position, entryPrice, markPrice, bids, asks } = held;
  const { header } = turn.documents;
  const view = {
    ...{ instrument, position, entryPrice, markPrice },
    taken: position > 0 ? bids : asks,
    closing: header.closing.includes(turn.symbol),
    seq: header.seq,
    nowMs: turn.nowMs,
  };
  return judgeExit(exits, { view, parameters: settings.exits });
}

type Following<S> = {
  readonly settings: Settings<S>;
  readonly turn: Turn;
  readonly view: SymbolView;
  readonly working: readonly WorkingOrder[];
  readonly hold: string | null;
};

/** Why nothing but cancels may leave now although the market could be quoted; null when there is no such reason. */
const holdOf = <S>({ refusal }: SymbolState<S>, { held, now }: { readonly held: HeldView; readonly now: MonoMs }): string | null =>
  held.rejected !== null ? `rejected-${held.rejected}` : refusal && now < refusal.untilMs ? `refused-${refusal.code}` : null;

function follow<S>(state: SymbolState<S>, { settings, turn, view, working, hold }: Following<S>): Stepped<S> {
  const { wish, state: strategy } = settings.strategy.decide(view, state.strategy);
  const role = settings.strategy.role;
  const steered = working.filter((order) => isSteered(order.role));
  const own = steered.filter(({ clientId }) => parseClientId(clientId)?.epoch === turn.documents.header.brainEpoch);
  const left = steered.filter((order) => !own.includes(order));
  const wanted = [
    ...cancelsOf(left, turn),
    ...quoteCommands(wish, { settings, turn, own }),
    ...targetCommands(wish, { turn, view, own: steered, role }),
  ].filter(({ kind }) => hold === null || kind === 'cancel');
  const { approved, held } = gate({
    commands: wanted,
    instrument: view.instrument,
    limits: settings.limits,
    position: view.position,
    working,
  });
  const reason = hold ?? (held[0] ? `held-${held[0].why}` : wish.reason);
  return { state: { ...state, strategy }, commands: approved, close: null, reason, quotes: wish.quotes, signals: wish.signals, held };
}

function quoteCommands<S>(
  wish: Wish,
  { settings, turn, own }: Pick<Following<S>, 'settings' | 'turn'> & { readonly own: readonly WorkingOrder[] },
): OrderCommand[] {
  const resting = own.filter((order) => order.kind === 'limit');
  if (wish.target !== null) return [];
  const toleranceBps = settings.toleranceBps * toleranceStretch(turn.documents.header);
  return plan({ wanted: wish.quotes, working: resting, toleranceBps }).flatMap((action): OrderCommand[] => {
    const { symbol } = turn;
    if (action.kind !== 'place') return [{ ...action, symbol }];
    const clientId = turn.nextId(settings.strategy.role);
    if (clientId === null) return [];
    const { side, price, size } = action;
    return [{ kind: 'place', symbol, clientId, side, timeInForce: 'post-only', price, size, reduceOnly: false, reason: wish.reason }];
  });
}

type Targeting = { readonly turn: Turn; readonly view: SymbolView; readonly own: readonly WorkingOrder[]; readonly role: Role };

/**
 * One limited taker order towards the target, and only when nothing of ours is under way. A position on the other side is closed first, by
 * an order that can only reduce, so that no limit on new exposure stands in the way out.
 */
function targetCommands(wish: Wish, { turn, view, own, role }: Targeting): PlaceCommand[] {
  if (wish.target === null || own.length > 0) return [];
  const turns = wish.target.position * view.position < 0;
  const missing = (turns ? 0 : wish.target.position) - view.position;
  if (missing === 0) return [];
  const side: Side = missing > 0 ? 'buy' : 'sell';
  const slip = wish.target.slippageBps / BPS;
  const price = side === 'buy' ? Math.floor(view.bestAsk * (1 + slip)) : Math.ceil(view.bestBid * (1 - slip));
  const size = lots(Math.min(Math.abs(missing), view.instrument.maxLots));
  const reduceOnly = Math.sign(view.position) === -Math.sign(missing) && size <= Math.abs(view.position);
  if (!reduceOnly && !isWorthSending({ instrument: view.instrument, price, size })) return [];
  const clientId = turn.nextId(role);
  if (clientId === null) return [];
  return [
    { kind: 'place', symbol: turn.symbol, clientId, side, timeInForce: 'ioc', price: ticks(price), size, reduceOnly, reason: wish.reason },
  ];
}

type Pulling = { readonly reason: string; readonly working: readonly WorkingOrder[]; readonly turn: Turn };

/** Wants nothing: every order of ours that rests is taken back. */
function pull<S>(state: SymbolState<S>, { reason, working, turn }: Pulling): Stepped<S> {
  return { ...idle(state, reason), commands: approveCancels(cancelsOf(working, turn)) };
}

/** Of the strategies' orders that rest; what is on its way to an end already is left alone. */
const cancelsOf = (orders: readonly Pick<WorkingOrder, 'clientId' | 'role' | 'status'>[], { symbol }: Turn): CancelCommand[] =>
  orders
    .filter(({ role, status }) => isSteered(role) && (status === 'open' || status === 'partially-filled'))
    .map(({ clientId }) => ({ kind: 'cancel', symbol, clientId }));

/** Without a view only ids can be told: whatever was last shown to rest is taken back, once. The gateway pulls quotes by itself as well. */
function blindCancels(pending: readonly Pending[], turn: Turn): CancelCommand[] {
  const asked = new Set(pending.filter(({ command }) => command.kind === 'cancel').map(({ command }) => command.clientId));
  const shown = turn.documents.symbols[turn.symbol]?.orders?.orders ?? [];
  return cancelsOf(shown, turn).filter(({ clientId }) => !asked.has(clientId));
}

const idle = <S>(state: SymbolState<S>, reason: string): Stepped<S> => ({
  state,
  commands: [],
  close: null,
  reason,
  quotes: [],
  signals: {},
  held: [],
});
