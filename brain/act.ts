/**
 * From what the runs want of one symbol to the fewest commands. Takers that want opposite things trade with each other by a book entry,
 * quotes step out of each other's way, the OMS compares them with what rests, and nothing leaves that did not come through the gate. Pure.
 */
import { formatPrice, formatSize } from '../shared/instrument.ts';
import type { SymbolLimits } from '../shared/limits.ts';
import { parseAtoms } from '../shared/units.ts';
import type { Decision } from './decide.ts';
import { isOf, type Look, ownOf } from './look.ts';
import { EMPTY_OMS, type OmsState } from './oms/notes.ts';
import { commandsOf, letLeave, type Named, type OmsRules, steer } from './oms/oms.ts';
import type { Margin } from './oms/room.ts';
import { takeBack } from './oms/take-back.ts';
import { type CancelCommand, isSteered, type OrderCommand, type WorkingOrder } from './oms/working.ts';
import { type Approved, approveCancels } from './risk/gate.ts';
import { check, type HeldBack } from './risk/held-back.ts';
import { type Fitted, stepBack } from './risk/self-cross.ts';
import type { Run } from './runs.ts';
import type { Signals, SymbolView, WantedQuote, Wish } from './strategy/strategy.ts';
import { type CrossInside, crossInside, isReduceOnly, type Taker, takerOf } from './taker.ts';
import type { Turn } from './turn.ts';
import { type Documents, rejectedLately } from './view.ts';

/** What came of one run on one symbol in this turn. */
export type Outcome = {
  readonly run: string;
  readonly reason: string;
  /** What belongs to the reason. */
  readonly detail: Signals;
  readonly quotes: readonly WantedQuote[];
  readonly signals: Signals;
  readonly held: readonly HeldBack[];
};
export type Acted = {
  readonly commands: readonly Approved<OrderCommand>[];
  readonly crosses: readonly CrossInside[];
  readonly outcomes: readonly Outcome[];
  readonly oms: OmsState;
};
export type Acting = {
  readonly turn: Turn;
  readonly look: Look;
  readonly decisions: readonly Decision[];
  readonly limits: SymbolLimits | null;
  readonly rules: OmsRules;
};

/** A run that was asked and may act. */
export type Actor = {
  readonly run: Run;
  readonly view: SymbolView;
  readonly wish: Wish;
  /** Its orders under this lease, for the plan. */
  readonly own: readonly WorkingOrder[];
  /** What it wants to take; `ready` once nothing of it is under way. */
  readonly taker: Taker | null;
  readonly ready: boolean;
  /** Why nothing but cancels may leave; null when there is no such reason. */
  readonly hold: string | null;
};

export function act(acting: Acting): Acted {
  const { look, decisions, turn, rules } = acting;
  const { oms: before } = look.state;
  if (look.held === null)
    return { commands: approveCancels(blindCancels(acting)), crosses: [], outcomes: decisions.map(silent), oms: before };
  const actors = decisions.flatMap((decision) => actorOf(decision, acting));
  const { takers, crosses } = crossInside(
    actors.map(({ run, taker, ready, hold }) => ({ run: run.id, taker: ready && hold === null ? taker : null })),
  );
  const fitted = makeRoom(actors);
  const asked = actors.map((actor, n) => askOf({ actor, taker: takers[n] ?? null, quotes: fitted[n]?.quotes ?? [], acting }));
  const { passed, held } = check([...leftovers(actors, acting), ...asked.flatMap(({ named }) => named)], { acting, actors });
  const oms = { ...before, notes: new Map([...before.notes, ...asked.flatMap(({ notes }) => [...notes])]) };
  const left = letLeave(oms, { named: passed, rules, priceBpsOf: toleranceIn(actors), header: turn.documents.header, now: turn.now });
  const waiting = passed.filter(({ command }) => !left.commands.includes(command)).map(({ command }) => command);
  const told = actors.map((actor, n) => [actor.run.id, outcomeOf(actor, { held, waiting, crosses, fitted: fitted[n] })] as const);
  const outcomes = new Map(told);
  return {
    ...{ commands: left.commands, crosses, oms: left.oms },
    outcomes: decisions.map((decision) => outcomes.get(decision.run.id) ?? silent(decision)),
  };
}

const silent = ({ run, reason, problem }: Decision): Outcome => ({
  ...{ run: run.id, reason, quotes: [], signals: {}, held: [] },
  detail: problem === null ? {} : { problem },
});

function actorOf({ run, view, wish }: Decision, acting: Acting): Actor[] {
  if (view === null || wish === null) return [];
  const own = ownOf(view.orders, acting.turn.documents.header);
  return [{ run, view, wish, own, taker: takerOf(wish, view), ready: view.orders.length === 0, hold: holdOf(run, acting) }];
}

/** Why nothing but cancels of a run may leave; null when there is no such reason. */
function holdOf(run: Run, { look, decisions, turn }: Acting): string | null {
  if (drains(run, { look, decisions })) return 'draining';
  const rows = (turn.documents.symbols[look.symbol]?.orders?.orders ?? []).filter((row) => isSteered(row.role));
  const rejected = rejectedLately(rows.filter((row) => isOf(row, { id: run.id, alone: decisions.length === 1 })));
  if (rejected !== null) return `rejected-${rejected}`;
  const refusal = look.state.refusals[run.id];
  return refusal && turn.now < refusal.untilMs ? `refused-${refusal.code}` : null;
}

/** It came in the place of a run whose orders are still on their way out: the two never rest beside each other. */
const drains = ({ id }: Run, { look, decisions }: Pick<Acting, 'look' | 'decisions'>): boolean =>
  look.state.draining?.includes(id) === true &&
  look.working.some(({ role, strategy }) => isSteered(role) && strategy !== undefined && !decisions.some(({ run }) => run.id === strategy));

/** Whoever takes does not rest meanwhile, and others keep out of its way. */
function makeRoom(actors: readonly Actor[]): readonly Fitted[] {
  const wanted = actors.map(({ run, taker, wish }) => ({ run: run.id, taker, quotes: taker ? [] : wish.quotes }));
  const market = actors[0]?.view;
  return market && actors.length > 1 ? stepBack(wanted, market) : wanted.map(({ run, quotes }) => ({ run, quotes, steps: [] }));
}

/** Of how near is near enough every run has a measure of its own. */
const toleranceIn =
  (actors: readonly Actor[]) =>
  (order: WorkingOrder): number =>
    (actors.find(({ run }) => run.id === order.strategy) ?? actors[0])?.run.strategy.toleranceBps ?? 0;

const AS_CANCEL = { urgency: 'cancel' } as const;

/** Orders of nobody who acts now: of a run that may not, or is gone, or of another lease. */
function leftovers(actors: readonly Actor[], { look, turn }: Acting): readonly Named[] {
  const kept = new Set(actors.flatMap(({ own }) => own));
  const orders = look.working.filter((order) => !kept.has(order));
  return takeBack({ oms: look.state.oms, orders, symbol: look.symbol, now: turn.now }).map((command) => ({ command, ...AS_CANCEL }));
}

type Asking = {
  readonly actor: Actor;
  readonly taker: Taker | null;
  readonly quotes: readonly WantedQuote[];
  readonly acting: Acting;
};
/** What a run asks for, and what the OMS remembers of its orders. */
type Asked = { readonly named: readonly Named[]; readonly notes: OmsState['notes'] };

function askOf(asking: Asking): Asked {
  const { actor, quotes, acting } = asking;
  const { turn, look, rules } = acting;
  const { run, wish, view } = actor;
  const { header } = turn.documents;
  const own = actor.own.filter(({ kind }) => kind === 'limit');
  if (own.length === 0 && quotes.length === 0) return { named: takingOf(asking), notes: NO_NOTES }; // nothing rests, and nothing shall
  const mine = new Set(own.map(({ clientId }) => clientId));
  const before = { ...look.state.oms, notes: new Map([...look.state.oms.notes].filter(([clientId]) => mine.has(clientId))) };
  const room = {
    ...{ instrument: view.instrument, position: view.netPosition, working: look.working },
    margin: marginOf(turn.documents, view),
  };
  const tolerance = { ...rules.tolerance, priceBps: run.strategy.toleranceBps };
  const { oms, actions } = steer(before, { wanted: quotes, own, room, header, rules: { ...rules, tolerance }, now: turn.now });
  const naming = { symbol: look.symbol, role: run.strategy.role, strategy: run.id, reason: wish.reason, nextId: turn.nextId };
  const allowed = actions.filter(({ kind }) => actor.hold === null || kind === 'cancel'); // a quote that cannot be replaced stays
  return { named: [...commandsOf(allowed, naming), ...takingOf(asking)], notes: oms.notes };
}

const NO_NOTES: OmsState['notes'] = new Map();

const takingOf = ({ actor, taker, acting }: Asking): Named[] =>
  taker && actor.hold === null ? takerCommands(taker, { actor, acting }) : [];

function takerCommands(taker: Taker, { actor, acting }: Pick<Asking, 'actor' | 'acting'>): Named[] {
  const { run, wish, view } = actor;
  const clientId = acting.turn.nextId(run.strategy.role);
  if (clientId === null) return [];
  const { side, price, size } = taker;
  const reduceOnly = isReduceOnly(taker, view);
  const order = { kind: 'place', symbol: acting.look.symbol, strategy: run.id, clientId, timeInForce: 'ioc', reason: wish.reason } as const;
  return [{ command: { ...order, side, price, size, reduceOnly }, urgency: reduceOnly ? 'reduce' : 'rest' }];
}

/** Null where assets share their margin: what one of them has free says little. */
function marginOf({ header, symbols, available }: Documents, { symbol, instrument }: SymbolView): Margin | null {
  if (header.margin?.multiAssets) return null;
  const text = available?.[instrument.quoteAsset] ?? null;
  return { available: text === null ? null : parseAtoms(text), leverage: symbols[symbol]?.position?.leverage ?? null };
}

type Telling = {
  readonly held: readonly HeldBack[];
  /** Commands that wait for the symbol's ration. */
  readonly waiting: readonly OrderCommand[];
  readonly crosses: readonly CrossInside[];
  readonly fitted: Fitted | undefined;
};

function outcomeOf(actor: Actor, telling: Telling): Outcome {
  const { run, wish } = actor;
  const held = telling.held.filter(({ command }) => command.kind !== 'cancel' && command.strategy === run.id);
  const told = { run: run.id, quotes: telling.fitted?.quotes ?? [], signals: wish.signals, held };
  return { ...told, ...whyOf(actor, { ...telling, held }) };
}

function whyOf({ run, wish, view, hold }: Actor, { held, waiting, crosses, fitted }: Telling): Pick<Outcome, 'reason' | 'detail'> {
  const { instrument } = view;
  const first = held[0];
  const crossed = crosses.find(({ buyer, seller }) => buyer === run.id || seller === run.id);
  const step = fitted?.steps[0];
  if (hold !== null) return { reason: hold, detail: {} };
  if (first && first.command.kind !== 'cancel') {
    const { price, size } = first.command;
    return { reason: `held-${first.why}`, detail: { price: formatPrice(instrument, price), size: formatSize(instrument, size) } };
  }
  if (waiting.some((command) => command.kind !== 'cancel' && command.strategy === run.id)) return { reason: 'rationed', detail: {} };
  if (crossed) {
    const other = crossed.buyer === run.id ? crossed.seller : crossed.buyer;
    return { reason: 'crossed-inside', detail: { with: other, size: formatSize(instrument, crossed.size) } };
  }
  if (!step) return { reason: wish.reason, detail: wish.detail ?? {} };
  const { side, from, to, other } = step;
  return { reason: 'stepped-back', detail: { side, from: formatPrice(instrument, from), to: formatPrice(instrument, to), other } };
}

/** Without a view only ids can be told: whatever was last shown is taken back, once. The gateway pulls quotes by itself as well. */
function blindCancels({ look, turn }: Acting): readonly CancelCommand[] {
  const asked = new Set(look.state.pending.filter(({ command }) => command.kind === 'cancel').map(({ command }) => command.clientId));
  const shown = turn.documents.symbols[look.symbol]?.orders?.orders ?? [];
  const orders = takeBack({ oms: EMPTY_OMS, orders: shown, symbol: look.symbol, now: turn.now });
  return orders.filter(({ clientId }) => !asked.has(clientId));
}
