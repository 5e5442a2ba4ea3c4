/**
 * One turn of the brain: (state, settings, snapshot) -> (state, commands, facts), over all symbols and all runs. Pure: the same tape gives
 * the same commands. Of each symbol hard exits come first, then the runs, then what the risk watch leaves of their wishes, then the plan, then
 * the gate. Settings come in with each turn, so
 * they can be changed between two turns (`withSettings`), and a second set with a state of its own can take the same turns beside it: what it
 * would send is in its result, and nobody sends it.
 */
import type { Config } from '../shared/config.ts';
import { exitsOf } from '../shared/exit-parameters.ts';
import { formatPrice } from '../shared/instrument.ts';
import type { SymbolLimits } from '../shared/limits.ts';
import type { Risk } from '../shared/risk.ts';
import { type Acted, act, type Outcome } from './act.ts';
import { enterCross } from './book-entry.ts';
import { type Decided, decideAll, type Seats, seatState, withFills } from './decide.ts';
import { initialSymbol, type Look, lookAt, type SymbolState } from './look.ts';
import type { OmsRules } from './oms/oms.ts';
import type { OrderCommand } from './oms/working.ts';
import type { TwiceMid } from './portfolio/pnl-split.ts';
import { twiceMid } from './portfolio/pnl.ts';
import { agreed, counted, emptyPortfolio, feesTold, type Portfolio, valued, withOwners } from './portfolio/portfolio.ts';
import { type ExitReason, type Exits, NO_EXITS } from './risk/exits.ts';
import { restrained } from './restrained.ts';
import type { Approved } from './risk/gate.ts';
import { sightOf } from './risk/sight.ts';
import { NO_RISK, type RiskState, type RiskTurn, underRuns, watchRisk } from './risk/watch.ts';
import { readsOf, type Run, runsOn } from './runs.ts';
import type { Seat } from './strategy/seat.ts';
import type { Turn } from './turn.ts';
import type { HeldView } from './view.ts';

export type Settings = {
  readonly symbols: readonly string[];
  readonly runs: readonly Run[];
  readonly exits: Config['exits'];
  readonly risk: Risk;
  readonly limits: (symbol: string) => SymbolLimits | null;
  /** For all runs; each has a price tolerance of its own. */
  readonly oms: OmsRules;
  /** Period of the gateway's own snapshots; those that are pushed come in between. */
  readonly tickMs: number;
  readonly ttlMs: number;
  readonly maxAgeMs: number;
};
export type BrainState = {
  readonly symbols: Readonly<Record<string, SymbolState>>;
  readonly seats: Seats;
  readonly portfolio: Portfolio;
  readonly risk: RiskState;
};
/** What was remembered from before a restart. */
export type Remembered = {
  readonly exits: (symbol: string) => Exits;
  readonly portfolio: Portfolio | null;
  readonly risk: RiskState | null;
  /** Null: the seat begins with its strategy's initial state. */
  readonly seat: (key: string, run: Run) => Seat | null;
};
/** What came of one symbol. */
export type SymbolStep = {
  readonly symbol: string;
  readonly commands: readonly Approved<OrderCommand>[];
  readonly close: ExitReason | null;
  /** Client ids of orders that vanished without an end: the gateway's ledger is to be asked. */
  readonly ask: readonly string[];
  /** One for each run that trades it, in the order of the configuration. */
  readonly outcomes: readonly Outcome[];
};
export type Stepped = {
  readonly state: BrainState;
  readonly symbols: readonly SymbolStep[];
  /** A book entry between runs was made: it must not be forgotten, since no fill tells of it. */
  readonly crossed: boolean;
  /** What the monitors read, and what changed with them. */
  readonly risk: Pick<RiskTurn, 'readings' | 'events'>;
};

const NOTHING_REMEMBERED: Remembered = { exits: () => NO_EXITS, portfolio: null, risk: null, seat: () => null };

export function initialState(settings: Settings, remembered: Remembered = NOTHING_REMEMBERED): BrainState {
  const symbols = settings.symbols.map((symbol) => [symbol, initialSymbol(remembered.exits(symbol))]);
  const before = {
    symbols: Object.fromEntries(symbols),
    seats: {},
    portfolio: remembered.portfolio ?? emptyPortfolio,
    risk: remembered.risk ?? NO_RISK,
  };
  return withSettings(before, { settings, seat: remembered.seat });
}

/**
 * The state under other settings. A run that is the same as before goes on; another begins, with a state that was remembered or afresh; what
 * a run that is gone has left resting is cancelled at the next turn, and what it held goes by the rules of the sub-ledger.
 */
export function withSettings(
  before: BrainState,
  {
    settings,
    kept = () => false,
    seat = () => null,
  }: { readonly settings: Settings; readonly kept?: (run: Run) => boolean; readonly seat?: Remembered['seat'] },
): BrainState {
  const seats = settings.runs.flatMap((run) =>
    run.seats.map(({ key }) => {
      const running = kept(run) ? before.seats[key] : undefined;
      return [key, running ?? seatState(seat(key, run) ?? run.strategy.begin())] as const;
    }),
  );
  const owners = new Map(settings.symbols.map((symbol) => [symbol, runsOn(settings.runs, symbol).map(({ id }) => id)]));
  const symbols = Object.entries(before.symbols).map(([symbol, state]) => [symbol, draining(state, { symbol, before, owners })]);
  return {
    ...before,
    symbols: Object.fromEntries(symbols),
    seats: Object.fromEntries(seats),
    portfolio: withOwners(before.portfolio, owners),
    risk: underRuns(before.risk, { ended: endedRuns(before, settings.runs), readsTrades: readsOf(settings.runs).trades }),
  };
}

/** Those that are gone, or have lost a symbol: what they had earned there is no longer theirs. */
function endedRuns({ risk, portfolio }: BrainState, runs: readonly Run[]): ReadonlySet<string> {
  const had = (id: string): readonly string[] =>
    Object.entries(portfolio.ledgers).flatMap(([symbol, { owners }]) => (owners.includes(id) ? [symbol] : []));
  const goesOn = (id: string): boolean => runs.some((run) => run.id === id && had(id).every((symbol) => run.symbols.includes(symbol)));
  return new Set(Object.keys(risk.account.day?.runs ?? {}).filter((id) => !goesOn(id)));
}

type Replacing = { readonly symbol: string; readonly before: BrainState; readonly owners: ReadonlyMap<string, readonly string[]> };

/** Runs that are new on a symbol on which there were others begin when the orders of those are gone. */
function draining(state: SymbolState, { symbol, before, owners }: Replacing): SymbolState {
  const earlier = before.portfolio.ledgers[symbol]?.owners;
  if (earlier === undefined) return state;
  const fresh = (owners.get(symbol) ?? []).filter((id) => !earlier.includes(id) || state.draining?.includes(id));
  return { ...state, draining: fresh };
}

/** The caller has refused documents that are stale or not of this account (`headerReason`). */
export function step(before: BrainState, { settings, turn }: { readonly settings: Settings; readonly turn: Turn }): Stepped {
  const looks = new Map(settings.symbols.map((symbol) => [symbol, look(symbol, { before, settings, turn })]));
  const { portfolio, seats } = count(before, { settings, turn, looks });
  const { state: risk, ...watched } = watch(before.risk, { settings, turn, looks, portfolio });
  const decided = decideAll(seats, { runs: settings.runs, looks, portfolio, documents: turn.documents });
  const decisions = restrained(decided.decisions, { risk, parameters: settings.risk });
  const acted = new Map([...looks].map(([symbol, one]) => [symbol, actOn(one, { settings, turn, decisions })]));
  const entered = enter({ portfolio, seats: decided.seats }, { settings, looks, acted });
  const symbols = [...looks].map(([symbol, { close, ask }]): SymbolStep => {
    const { commands, outcomes } = acted.get(symbol) ?? NOTHING_DONE;
    return { symbol, commands, close, ask, outcomes };
  });
  const states = Object.fromEntries(
    [...looks].map(([symbol, { state }]) => [symbol, { ...state, oms: acted.get(symbol)?.oms ?? state.oms }]),
  );
  return { state: { symbols: states, ...entered, risk }, symbols, crossed: entered.portfolio !== portfolio, risk: watched };
}

const NOTHING_DONE: Omit<Acted, 'oms'> = { commands: [], crosses: [], outcomes: [] };

type Looking = { readonly before: BrainState; readonly settings: Settings; readonly turn: Turn };

function look(symbol: string, { before, settings, turn }: Looking): Look {
  const { exits, tickMs, ttlMs, maxAgeMs } = settings;
  const { documents, now, nowMs, mayTrade } = turn;
  const state = before.symbols[symbol] ?? initialSymbol(NO_EXITS);
  return lookAt(state, { symbol, documents, now, nowMs, mayTrade, exits: exitsOf({ exits }, symbol), tickMs, ttlMs, maxAgeMs });
}

type Entering = { readonly settings: Settings; readonly looks: ReadonlyMap<string, Look>; readonly acted: ReadonlyMap<string, Acted> };

type Looked = { readonly settings: Settings; readonly turn: Turn; readonly looks: ReadonlyMap<string, Look> };

/** Fills into sub-ledgers and to the seats that are to see them, and the sub-ledgers into agreement with what is held. */
function count({ portfolio: before, seats }: BrainState, { settings, turn, looks }: Looked): Pick<BrainState, 'portfolio' | 'seats'> {
  const { portfolio, news } = counted(feesTold(before, turn.fees), turn.fills);
  let next = portfolio;
  const { fillSeq } = turn.documents.header;
  for (const { held } of looks.values()) if (held) next = agreed(next, { fillSeq, instrument: held.instrument, document: held.document });
  const mids = new Map([...looks].map(([symbol, { held }]) => [symbol, midIn(held)]));
  next = valued(next, { news, mids, atMs: turn.documents.header.wallMs });
  return { portfolio: next, seats: withFills(seats, { fills: news, runs: settings.runs }) };
}

function watch(before: RiskState, { settings, portfolio, ...seeing }: Looked & Pick<BrainState, 'portfolio'>): RiskTurn {
  const { turn } = seeing;
  const sight = sightOf({ ...seeing, portfolio, runs: settings.runs });
  const stopped = turn.documents.header.emergency !== undefined;
  return watchRisk(before, { nowMs: turn.nowMs, ...sight, deeds: turn.deeds, stopped, parameters: settings.risk });
}

/** Null while the book is blind or crossed. */
function midIn(held: HeldView | null): TwiceMid | null {
  const [bid, ask] = [held?.bids?.[0], held?.asks?.[0]];
  if (!held || !bid || !ask) return null;
  const [best, other] = [formatPrice(held.instrument, bid.price), formatPrice(held.instrument, ask.price)];
  return twiceMid({ bid: best, ask: other });
}

function actOn(
  one: Look,
  { settings, turn, decisions }: { readonly settings: Settings; readonly turn: Turn; readonly decisions: Decided['decisions'] },
): Acted {
  const { oms: rules, limits } = settings;
  return act({ turn, look: one, decisions: decisions.get(one.symbol) ?? [], limits: limits(one.symbol), rules });
}

function enter(
  before: Pick<BrainState, 'portfolio' | 'seats'>,
  { settings, looks, acted }: Entering,
): Pick<BrainState, 'portfolio' | 'seats'> {
  let next = before;
  for (const [symbol, { crosses }] of acted) {
    const market = looks.get(symbol)?.market;
    if (market) for (const cross of crosses) next = enterCross(next, { cross, market, runs: settings.runs });
  }
  return next;
}
