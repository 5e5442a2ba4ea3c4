/**
 * One turn of the brain for one symbol: (state, snapshot) -> (state, commands, facts). Pure: the same tape gives the same commands. Hard
 * exits come first, then the strategy, then the plan, then the gate; nothing leaves that did not come through the gate.
 */
import type { Config } from '../shared/config.ts';
import type { SymbolLimits } from '../shared/limits.ts';
import { parseClientId, type Role } from '../shared/client-id.ts';
import type { Side } from '../shared/order.ts';
import type { Header } from '../shared/snapshot.ts';
import { lots, type MonoMs, parseAtoms, ticks, type WallMs } from '../shared/units.ts';
import { EMPTY_OMS, look, noteSent, type OmsState } from './oms/notes.ts';
import { commandsOf, letLeave, type Named, type OmsRules, steer } from './oms/oms.ts';
import type { Margin } from './oms/room.ts';
import { takeBack } from './oms/take-back.ts';
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
  readonly oms: OmsState;
};
export type Settings<S> = {
  readonly strategy: Strategy<S>;
  readonly exits: Config['exits'];
  readonly limits: SymbolLimits | null;
  readonly oms: OmsRules;
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
  /** Client ids of orders that vanished without an end: the gateway's ledger is to be asked. */
  readonly ask: readonly string[];
};

const BPS = 10_000;

export const initialState = <S>(strategy: Strategy<S>, exits: Exits): SymbolState<S> => ({
  strategy: strategy.initial(),
  exits,
  pending: [],
  refusal: null,
  oms: EMPTY_OMS,
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
  const held = heldView(documents, { symbol, maxAgeMs: settings.maxAgeMs });
  if (typeof held === 'string') return { ...idle({ ...before, pending }, held), commands: approveCancels(blindCancels(pending, turn)) };
  const { oms, vanished, ask } = look(before.oms, { shown: ownOf(held.orders, header), pending, lease: header.brainEpoch, now: turn.now });
  const working = workingOrders({ orders: [...held.orders, ...vanished], pending });
  return { ...decide({ ...before, pending, oms }, { settings, turn, held, working }), ask };
}

type Deciding<S> = {
  readonly settings: Settings<S>;
  readonly turn: Turn;
  readonly held: HeldView;
  readonly working: readonly WorkingOrder[];
};

function decide<S>(state: SymbolState<S>, { settings, turn, held, working }: Deciding<S>): Stepped<S> {
  const { documents, symbol } = turn;
  const exit = judge(state.exits, { settings, turn, held });
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

/** Of the strategies, placed under the lease that is in force. */
const ownOf = (orders: readonly WorkingOrder[], { brainEpoch }: Header): readonly WorkingOrder[] =>
  orders.filter(({ role, clientId }) => isSteered(role) && parseClientId(clientId)?.epoch === brainEpoch);

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

function follow<S>(state: SymbolState<S>, following: Following<S>): Stepped<S> {
  const { settings, turn, view, working, hold } = following;
  const { wish, state: strategy } = settings.strategy.decide(view, state.strategy);
  const { header } = turn.documents;
  const steered = working.filter((order) => isSteered(order.role));
  const own = ownOf(steered, header);
  const quotes = quoteCommands(wish, { ...following, oms: state.oms, own: own.filter(({ kind }) => kind === 'limit') });
  const targets = targetCommands(wish, { turn, view, own: steered, role: settings.strategy.role });
  const left = steered.filter((order) => !own.includes(order));
  const named: readonly Named[] = [
    ...takeBack({ oms: state.oms, orders: left, symbol: turn.symbol, now: turn.now }).map((command) => ({ command, ...AS_CANCEL })),
    ...quotes.named,
    ...targets.map((command): Named => ({ command, urgency: command.reduceOnly ? 'reduce' : 'rest', tag: '' })),
  ].filter(({ command: { kind } }) => hold === null || kind === 'cancel');
  const gated = gate({
    commands: named.map(({ command }) => command),
    instrument: view.instrument,
    limits: settings.limits,
    position: view.position,
    working,
  });
  const passed = gated.approved.map((command) => ({ ...AS_REST, ...named.find((one) => one.command === command), command }));
  const { oms, commands, waiting } = letLeave(quotes.oms, { named: passed, rules: settings.oms, header, now: turn.now });
  const { held } = gated;
  const reason = hold ?? (held[0] ? `held-${held[0].why}` : waiting > 0 ? 'rationed' : wish.reason);
  const { quotes: wanted, signals } = wish;
  return { state: { ...state, strategy, oms }, commands, close: null, reason, quotes: wanted, signals, held, ask: [] };
}

const AS_CANCEL = { urgency: 'cancel', tag: '' } as const;
const AS_REST = { urgency: 'rest', tag: '' } as const;

type Quoting<S> = Following<S> & { readonly oms: OmsState; readonly own: readonly WorkingOrder[] };

function quoteCommands<S>(
  wish: Wish,
  { settings, turn, view, working, oms: before, own }: Quoting<S>,
): { readonly oms: OmsState; readonly named: readonly Named[] } {
  if (wish.target !== null) return { oms: before, named: [] };
  const { symbol, now, nextId, documents } = turn;
  const room = { instrument: view.instrument, position: view.position, working, margin: marginOf(documents, view) };
  const { oms, actions } = steer(before, { wanted: wish.quotes, own, room, header: documents.header, rules: settings.oms, now });
  return { oms, named: commandsOf(actions, { symbol, role: settings.strategy.role, reason: wish.reason, nextId }) };
}

/** Null where assets share their margin: what one of them has free says little. */
function marginOf({ header, symbols, available }: Documents, { symbol, instrument }: SymbolView): Margin | null {
  if (header.margin?.multiAssets) return null;
  const text = available?.[instrument.quoteAsset] ?? null;
  return { available: text === null ? null : parseAtoms(text), leverage: symbols[symbol]?.position?.leverage ?? null };
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

/** Wants nothing: every order of ours that rests, or may rest a moment later, is taken back. */
function pull<S>(state: SymbolState<S>, { reason, working, turn: { symbol, now } }: Pulling): Stepped<S> {
  const commands = takeBack({ oms: state.oms, orders: working, symbol, now });
  const oms = noteSent(state.oms, { commands, tagOf: () => '', isFlip: () => false, now });
  return { ...idle({ ...state, oms }, reason), commands: approveCancels(commands) };
}

/** Without a view only ids can be told: whatever was last shown is taken back, once. The gateway pulls quotes by itself as well. */
function blindCancels(pending: readonly Pending[], { documents, symbol, now }: Turn): readonly CancelCommand[] {
  const asked = new Set(pending.filter(({ command }) => command.kind === 'cancel').map(({ command }) => command.clientId));
  const shown = documents.symbols[symbol]?.orders?.orders ?? [];
  return takeBack({ oms: EMPTY_OMS, orders: shown, symbol, now }).filter(({ clientId }) => !asked.has(clientId));
}

const idle = <S>(state: SymbolState<S>, reason: string): Stepped<S> => ({
  state,
  commands: [],
  close: null,
  reason,
  quotes: [],
  signals: {},
  held: [],
  ask: [],
});
