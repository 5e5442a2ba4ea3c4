/**
 * Readings of the account for the monitors: profit of the day, fall from the highest, what is sent and what comes of it, how fresh the
 * feed is. Profit is what the ledger tells (realized, unrealized, funding, fees), so that a transfer is no loss. Pure; plain data; the day
 * and the highest survive restarts.
 */
import { count, type Counts, type CountWindow, noCounts, quantile, type Recent, remember, totalOf } from './windows.ts';

/** Since the ledger began, quote units: realized + unrealized + funding - fees, and what of that is fees and funding. */
export type Earned = { readonly total: number; readonly fees: number; readonly funding: number };
export type Parts = Readonly<Record<string, Earned>>;
export type AccountSeen = {
  /** Wall time of the snapshot. */
  readonly nowMs: number;
  /** Wallet and unrealized profit, quote units; null while not known. */
  readonly equity: number | null;
  /** Null while that of any symbol is not known. */
  readonly earned: Earned | null;
  /** The same by symbol. */
  readonly parts: Parts | null;
  /** Newest fill of the ledger. Numbers that went back belong to another ledger, and with it all that was earned. */
  readonly fillSeq: number;
  /** Profit of each run since its sub-ledger began, quote units; null while nobody can value what it holds. */
  readonly runs: Readonly<Record<string, number | null>>;
  /** Run of the gateway: between two of them the feed has no age. */
  readonly epoch: number;
  /** How old the snapshot was when it was looked at, ms. */
  readonly lateMs: number;
  /** Largest position of a symbol, percent of the equity. */
  readonly largestPercent: number | null;
};
/** What happened since the snapshot before. */
export type Deeds = {
  readonly orders: number;
  readonly cancels: number;
  readonly fills: number;
  readonly refused: number;
  readonly unanswered: number;
  /** Of the gateway, asked of the venue, and those that failed; absent on older tapes. */
  readonly reads?: number;
  readonly readsFailed?: number;
  /** Milliseconds from each command that became visible to the snapshot that showed it. */
  readonly acknowledged: readonly number[];
};
export const NO_DEEDS: Deeds = { orders: 0, cancels: 0, fills: 0, refused: 0, unanswered: 0, acknowledged: [] };

type Day = {
  readonly startMs: number;
  readonly total: number;
  readonly fees: number;
  readonly funding: number;
  readonly runs: Readonly<Record<string, number>>;
};
export type AccountPulse = {
  readonly day: Day | null;
  /** Highest that was earned, and the equity then. */
  readonly peak: { readonly total: number; readonly equity: number } | null;
  readonly fillSeq: number;
  /** What each symbol had earned when that was last known of all; null before. */
  readonly parts: Parts | null;
  /** Of the look before; null: there was none. */
  readonly last: { readonly atMs: number; readonly epoch: number } | null;
  /** How old the newest snapshot grew until this look; null when that cannot be told. */
  readonly feedAgeMs: number | null;
  readonly minute: Readonly<Record<Counted, Counts>>;
  readonly tenMinutes: Readonly<Record<'orders' | 'fills', Counts>>;
  readonly acknowledged: Recent;
};
type Counted = 'orders' | 'cancels' | 'fills' | 'refused' | 'unanswered' | 'reads' | 'readsFailed';

export type AccountReadings = Readonly<
  Record<
    | 'dailyLossPercent'
    | 'drawdownPercent'
    | 'feesPercent'
    | 'fundingPaidPercent'
    | 'concentrationPercent'
    | 'ordersPerMinute'
    | 'cancelsPerMinute'
    | 'fillsPerMinute'
    | 'ordersPerFill'
    | 'rejectPercent'
    | 'errorPercent'
    | 'feedAgeMs'
    | 'acknowledgeMs',
    number | null
  >
>;

const DAY_MS = 86_400_000;
const MINUTE: CountWindow = { slotMs: 1_000, slots: 60 };
const TEN_MINUTES: CountWindow = { slotMs: 10_000, slots: 60 };
const ACKNOWLEDGED_MS = 60_000;
/**
 * Kept of a minute; and below so many of a kind a share says nothing, and reads as zero: a brain that is paused sends nothing, and what made
 * it pause must be over some time.
 */
const ACKNOWLEDGED_MAX = 600;
const FEW = 30;
const FEW_TIMES = 10;
const FEW_ORDERS = 500;

export const NO_ACCOUNT_PULSE: AccountPulse = {
  day: null,
  peak: null,
  fillSeq: 0,
  parts: null,
  last: null,
  feedAgeMs: null,
  minute: {
    orders: noCounts(MINUTE),
    cancels: noCounts(MINUTE),
    fills: noCounts(MINUTE),
    refused: noCounts(MINUTE),
    unanswered: noCounts(MINUTE),
    reads: noCounts(MINUTE),
    readsFailed: noCounts(MINUTE),
  },
  tenMinutes: { orders: noCounts(TEN_MINUTES), fills: noCounts(TEN_MINUTES) },
  acknowledged: [],
};

export function feelAccount(last: AccountPulse, { seen, deeds }: { readonly seen: AccountSeen; readonly deeds: Deeds }): AccountPulse {
  const { nowMs, fillSeq } = seen;
  const before = fillSeq < last.fillSeq ? { ...last, day: null, peak: null, parts: null } : underSymbols(last, seen);
  const inMinute = (name: Counted): Counts => count(before.minute[name], { add: deeds[name] ?? 0, nowMs, window: MINUTE });
  const inTen = (name: 'orders' | 'fills'): Counts => count(before.tenMinutes[name], { add: deeds[name], nowMs, window: TEN_MINUTES });
  return {
    day: dayOf(before.day, seen),
    peak: peakOf(before.peak, seen),
    fillSeq,
    parts: seen.parts ?? before.parts,
    last: { atMs: nowMs, epoch: seen.epoch },
    feedAgeMs: last.last === null || last.last.epoch !== seen.epoch ? seen.lateMs : Math.max(seen.lateMs, nowMs - last.last.atMs),
    minute: {
      orders: inMinute('orders'),
      cancels: inMinute('cancels'),
      fills: inMinute('fills'),
      refused: inMinute('refused'),
      unanswered: inMinute('unanswered'),
      reads: inMinute('reads'),
      readsFailed: inMinute('readsFailed'),
    },
    tenMinutes: { orders: inTen('orders'), fills: inTen('fills') },
    acknowledged: withTimes(before.acknowledged, { times: deeds.acknowledged, nowMs }),
  };
}

function withTimes(before: Recent, { times, nowMs }: { readonly times: readonly number[]; readonly nowMs: number }): Recent {
  if (times.length === 0) return before;
  const recent = times.reduce((sofar, value) => remember(sofar, { value, nowMs, keepMs: ACKNOWLEDGED_MS }), before);
  return recent.length > ACKNOWLEDGED_MAX ? recent.slice(-ACKNOWLEDGED_MAX) : recent;
}

export function accountReadings(
  { day, peak, minute, tenMinutes, acknowledged, feedAgeMs }: AccountPulse,
  seen: AccountSeen,
): AccountReadings {
  const { earned, equity, nowMs } = seen;
  const percent = (amount: number | null): number | null => (amount === null || equity === null ? null : shareOf(amount, equity));
  const today = (name: 'total' | 'fees' | 'funding'): number | null => (day && earned ? earned[name] - day[name] : null);
  const negative = (amount: number | null): number | null => (amount === null ? null : Math.max(0, -amount));
  const orders = totalOf(tenMinutes.orders);
  const ordersOfMinute = totalOf(minute.orders);
  const cancelsOfMinute = totalOf(minute.cancels);
  const first = acknowledged.findIndex(([atMs]) => nowMs - atMs <= ACKNOWLEDGED_MS);
  const recent = first <= 0 ? (first === 0 ? acknowledged : []) : acknowledged.slice(first);
  return {
    dailyLossPercent: percent(negative(today('total'))),
    drawdownPercent: peak && earned ? shareOf(Math.max(0, peak.total - earned.total), peak.equity) : null,
    feesPercent: percent(today('fees')),
    fundingPaidPercent: percent(negative(today('funding'))),
    concentrationPercent: seen.largestPercent,
    ordersPerMinute: ordersOfMinute,
    cancelsPerMinute: cancelsOfMinute,
    fillsPerMinute: totalOf(minute.fills),
    ordersPerFill: orders < FEW_ORDERS ? 0 : orders / Math.max(1, totalOf(tenMinutes.fills)),
    rejectPercent: part(totalOf(minute.refused), ordersOfMinute),
    errorPercent: part(totalOf(minute.unanswered) + totalOf(minute.readsFailed), ordersOfMinute + cancelsOfMinute + totalOf(minute.reads)),
    feedAgeMs,
    acknowledgeMs: recent.length < FEW_TIMES ? 0 : slowOf(recent),
  };
}

/** They are sorted once, however many turns go by until the next one. */
const slow = new WeakMap<Recent, { readonly ms: number | null }>();

function slowOf(recent: Recent): number | null {
  const known = slow.get(recent) ?? { ms: quantile(recent, 0.95) };
  slow.set(recent, known);
  return known.ms;
}

/** Loss of each run since midnight UTC, percent of the equity. */
export function runLosses({ day }: AccountPulse, { runs, equity }: AccountSeen): Readonly<Record<string, number | null>> {
  const lossOf = (id: string, profit: number | null): number | null => {
    const from = day?.runs[id];
    return from === undefined || profit === null || equity === null ? null : shareOf(Math.max(0, from - profit), equity);
  };
  return Object.fromEntries(Object.entries(runs).map(([id, profit]) => [id, lossOf(id, profit)]));
}

/**
 * Day and highest under other symbols than before. What a symbol had earned that is gone is taken out of both, what one that is new had
 * earned before is added: neither is a profit or a loss of today.
 */
function underSymbols(last: AccountPulse, { parts }: AccountSeen): AccountPulse {
  const { day, peak, parts: before } = last;
  if (parts === null || before === null) return last;
  const gone = Object.keys(before).filter((symbol) => parts[symbol] === undefined);
  const fresh = Object.keys(parts).filter((symbol) => before[symbol] === undefined);
  if (gone.length + fresh.length === 0) return last;
  const of = (some: Parts, symbols: readonly string[], name: keyof Earned): number =>
    symbols.reduce((sum, symbol) => sum + (some[symbol]?.[name] ?? 0), 0);
  const by = (name: keyof Earned): number => of(parts, fresh, name) - of(before, gone, name);
  return {
    ...last,
    day: day && { ...day, total: day.total + by('total'), fees: day.fees + by('fees'), funding: day.funding + by('funding') },
    peak: peak && { ...peak, total: peak.total + by('total') },
  };
}

/** Each figure counts from the first look of the day that knows it. */
function dayOf(before: Day | null, { nowMs, earned, runs }: AccountSeen): Day | null {
  const startMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  if (earned === null) return before !== null && before.startMs >= startMs ? before : null;
  const known = Object.entries(runs).flatMap(([id, profit]) => (profit === null ? [] : [[id, profit] as const]));
  if (before === null || before.startMs < startMs) return { startMs, ...earned, runs: Object.fromEntries(known) };
  const news = known.filter(([id]) => before.runs[id] === undefined);
  return news.length > 0 ? { ...before, runs: { ...before.runs, ...Object.fromEntries(news) } } : before;
}

function peakOf(before: AccountPulse['peak'], { earned, equity }: AccountSeen): AccountPulse['peak'] {
  if (earned === null || equity === null) return before;
  return before === null || earned.total > before.total ? { total: earned.total, equity } : before;
}

/** Any loss is all of an account that has nothing. */
const shareOf = (amount: number, equity: number): number => (amount <= 0 ? 0 : equity <= 0 ? 100 : (amount / equity) * 100);
const part = (some: number, all: number): number => (all < FEW ? 0 : (some / all) * 100);
