/** Every seat is shown its symbols and says what it wants. What a strategy throws stops its run and nothing else. Pure. */
import type { FillDoc } from '../shared/snapshot.ts';
import { isOf, type Look } from './look.ts';
import { isSteered } from './oms/working.ts';
import { entryPriceOf, lotsOf } from './portfolio/holding.ts';
import type { Portfolio } from './portfolio/portfolio.ts';
import { holdingOf } from './portfolio/sub-ledger.ts';
import { type Run, runsOn } from './runs.ts';
import { faultText } from './strategy/fault.ts';
import type { Seat } from './strategy/seat.ts';
import type { SymbolView, TradeSeen, Views, Wish } from './strategy/strategy.ts';
import { wishProblem } from './strategy/wish-check.ts';
import { barsOf, type Documents, fillSeen, type MarketView, openBarOf, type SeenFill, tradesSeen } from './view.ts';

export type SeatState = {
  readonly seat: Seat;
  /** By symbol: place in the row of public trades up to which it has seen all; absent when it has not. */
  readonly places: Readonly<Record<string, number>>;
  /** By symbol: own fills that it was not shown yet. */
  readonly fills: Readonly<Record<string, readonly SeenFill[]>>;
  /** What its strategy threw; null while it runs. */
  readonly failure: string | null;
};
export type Seats = Readonly<Record<string, SeatState>>;

/** What one run wants of one symbol, or why it was not asked. */
export type Decision = {
  readonly run: Run;
  readonly view: SymbolView | null;
  readonly wish: Wish | null;
  /** Why there is no wish. */
  readonly reason: string;
  /** What it threw, or what is wrong with what it wished. */
  readonly problem: string | null;
};
export type Deciding = {
  readonly runs: readonly Run[];
  readonly looks: ReadonlyMap<string, Look>;
  readonly portfolio: Portfolio;
  readonly documents: Documents;
};
export type Decided = { readonly seats: Seats; readonly decisions: ReadonlyMap<string, readonly Decision[]> };

/** Fills that a seat was not shown for long; the position tells what became of older ones. */
const FILLS_KEPT = 500;
const PROBLEM_MAX = 200;

export const seatState = (seat: Seat): SeatState => ({ seat, places: {}, fills: {}, failure: null });

/** Runs of which a seat threw: they are paused until they begin anew. */
export const failedRuns = (runs: readonly Run[], seats: Seats): readonly string[] =>
  runs.filter((run) => run.seats.some(({ key }) => (seats[key]?.failure ?? null) !== null)).map(({ id }) => id);

/** Own fills wait at the seats of the runs whose orders they fill. */
export function withFills(seats: Seats, { fills, runs }: { readonly fills: readonly FillDoc[]; readonly runs: readonly Run[] }): Seats {
  let next = seats;
  for (const fill of fills) {
    const there = runsOn(runs, fill.symbol);
    const run = isSteered(fill.role) ? there.find(({ id }) => isOf(fill, { id, alone: there.length === 1 })) : undefined;
    if (run) next = withFill(next, { fill, symbol: fill.symbol, run });
  }
  return next;
}

export function withFill(
  seats: Seats,
  { fill, symbol, run }: { readonly fill: SeenFill; readonly symbol: string; readonly run: Run },
): Seats {
  const key = run.seats.find(({ symbols }) => symbols.includes(symbol))?.key ?? '';
  const before = seats[key];
  if (!before) return seats;
  const fills = [...(before.fills[symbol] ?? []), fill].slice(-FILLS_KEPT);
  return { ...seats, [key]: { ...before, fills: { ...before.fills, [symbol]: fills } } };
}

export function decideAll(before: Seats, deciding: Deciding): Decided {
  const seats: Record<string, SeatState> = { ...before };
  const decisions = new Map<string, Decision[]>([...deciding.looks.keys()].map((symbol) => [symbol, []]));
  const trades = tradesOnce(deciding);
  for (const run of deciding.runs) {
    const stopped = run.seats.map(({ key }) => before[key]?.failure ?? null).find((one) => one !== null) ?? null;
    for (const { key, symbols } of run.seats) {
      const state = before[key];
      if (!state) throw new Error(`Cannot decide: run ${run.id} has no seat ${key}`);
      const views = new Map(symbols.map((symbol) => [symbol, viewOf(symbol, { run, state, deciding, trades })]));
      const { next, wishes, failure } = stopped === null ? take(state, views) : { next: state, wishes: NONE, failure: stopped };
      seats[key] = { ...shown(next, { views, deciding }), failure };
      for (const [symbol, view] of views) decisions.get(symbol)?.push(decisionOf({ run, view, wish: wishes.get(symbol), failure }));
    }
  }
  return { seats, decisions };
}

const NONE: ReadonlyMap<string, Wish> = new Map();
type Taken = { readonly next: SeatState; readonly wishes: ReadonlyMap<string, Wish>; readonly failure: string | null };

function take(state: SeatState, views: Views): Taken {
  try {
    const { wishes, next } = state.seat.decide(views);
    return { next: { ...state, seat: next }, wishes, failure: null };
  } catch (error) {
    return { next: state, wishes: NONE, failure: faultText(error) };
  }
}

/** What it was shown it will not be shown again; where it was shown nothing, its row of trades is broken. */
function shown(state: SeatState, { views, deciding }: { readonly views: Views; readonly deciding: Deciding }): SeatState {
  const [places, fills]: [Record<string, number>, Record<string, readonly SeenFill[]>] = [{}, { ...state.fills }];
  for (const [symbol, view] of views) {
    if (typeof view === 'string') continue;
    delete fills[symbol];
    const news = deciding.documents.symbols[symbol]?.trades;
    if (news && hearsTrades(deciding.documents)) places[symbol] = news.to;
  }
  return { ...state, places, fills };
}

/** While the stream is not up, silence is not the absence of trades. */
const hearsTrades = ({ header }: Documents): boolean => header.health.market.state === 'live';

type Showing = {
  readonly run: Run;
  readonly state: SeatState;
  readonly deciding: Deciding;
  readonly trades: (symbol: string, from: number | undefined) => readonly TradeSeen[] | null;
};

function viewOf(symbol: string, { deciding, run, state, trades }: Showing): SymbolView | string {
  const { documents } = deciding;
  const look = deciding.looks.get(symbol);
  if (!look) throw new Error(`Cannot show ${symbol} to run ${run.id}: it is not configured`);
  const { market, held, reason } = look;
  if (reason !== null || market === null || held === null) return reason ?? 'document-missing';
  const alone = runsOn(deciding.runs, symbol).length === 1;
  const own = alone ? held : ownShare(market, { run, deciding });
  if (own === null) return 'fills-behind';
  const { reads } = run.strategy;
  return {
    ...market,
    position: own.position,
    entryPrice: own.entryPrice,
    orders: look.working.filter((order) => isSteered(order.role) && isOf(order, { id: run.id, alone })),
    bars: reads.bars === null ? null : barsOf(documents, { symbol, interval: reads.bars }),
    openBar: reads.bars === null ? null : openBarOf(documents, { symbol, interval: reads.bars }),
    trades: reads.trades ? trades(symbol, state.places[symbol]) : null,
    fills: (state.fills[symbol] ?? []).flatMap((fill) => fillSeen(market.instrument, fill) ?? []),
  };
}

/** Null while fills are not counted that the snapshot's position holds. */
function ownShare({ symbol, instrument }: MarketView, { run, deciding }: { readonly run: Run; readonly deciding: Deciding }) {
  const { portfolio, documents } = deciding;
  const ledger = portfolio.ledgers[symbol];
  if (!ledger || portfolio.seq === null || portfolio.seq < documents.header.fillSeq) return null;
  const holding = holdingOf(ledger, run.id);
  return { position: lotsOf(holding, instrument), entryPrice: entryPriceOf(holding) };
}

/** Brought onto the grid once for all seats that want them. */
function tradesOnce({ documents, looks }: Deciding): Showing['trades'] {
  const made = new Map<string, readonly TradeSeen[] | null>();
  return (symbol, from) => {
    const [news, instrument] = [documents.symbols[symbol]?.trades, looks.get(symbol)?.held?.instrument];
    if (!news || !instrument || from !== news.from || !hearsTrades(documents)) return null;
    const known = made.get(symbol);
    if (known !== undefined) return known;
    const trades = tradesSeen(instrument, news);
    made.set(symbol, trades);
    return trades;
  };
}

type Answer = {
  readonly run: Run;
  readonly view: SymbolView | string;
  readonly wish: Wish | undefined;
  readonly failure: string | null;
};

function decisionOf({ run, view, wish, failure }: Answer): Decision {
  const seen = typeof view === 'string' ? null : view;
  const nothing = { run, view: seen, wish: null };
  if (failure !== null) return { ...nothing, reason: 'strategy-failed', problem: failure };
  if (typeof view === 'string') return { ...nothing, reason: view, problem: null };
  if (wish === undefined) return { ...nothing, reason: 'no-wish', problem: null };
  const problem = problemOf(wish, view);
  return problem === null ? { run, view, wish, reason: '', problem } : { ...nothing, reason: 'bad-wish', problem };
}

function problemOf(wish: Wish, { instrument }: SymbolView): string | null {
  try {
    return wishProblem(wish, instrument)?.slice(0, PROBLEM_MAX) ?? null;
  } catch (error) {
    return `the wish cannot be read: ${faultText(error)}`;
  }
}
