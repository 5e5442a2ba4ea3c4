/** Positions of all symbols: adopted baseline plus every distinct fill, beside what the venue last stated. Pure; rows out, to persist. */
import type { FundingReport, PositionReport } from '../../shared/events.ts';
import { type Instrument, notionalOf } from '../../shared/instrument.ts';
import { type Atoms, atoms, type Lots, lots, type MonoMs, ZERO_ATOMS } from '../../shared/units.ts';
import { isComparable, type Mark, markOf, type MoneyDifference, moneyDifference, realizedByVenue } from './money.ts';
import { entryPriceOf, FLAT, type Holding, type Parts, RunningPosition } from './position.ts';
import { type Archive, assetOfUnnamed, type BookedFill, type Now, type PositionRow, unnamedSymbol } from './rows.ts';

type Entry = {
  readonly instrument: Instrument;
  running: RunningPosition;
  row: PositionRow;
  /** False until a baseline was adopted or loaded. */
  adopted: boolean;
  /** Infinity until then. */
  countedFromMs: number;
  venue: PositionReport | null;
  newestFillMs: number;
  mark: Mark | null;
  /** In what ledger and venue disagree, and since when; null while they agree or nothing was stated. */
  differs: Difference | null;
};
export type Difference = { readonly what: 'size' | MoneyDifference; readonly since: MonoMs };
export type PositionsOptions = {
  readonly instruments: ReadonlyMap<string, Instrument>;
  readonly rows: readonly PositionRow[];
  readonly archive: Pick<Archive, 'findFill'>;
};
/** `ownEntryPrice`: from our fills alone. */
type Adopting = { readonly report: PositionReport; readonly sinceTradeId: string | null; readonly now: Now };
type Account = { readonly entryPrice: string | null; readonly ownEntryPrice: string | null; readonly holding: Holding };

export class Positions {
  readonly #entries = new Map<string, Entry>();
  /** Funding of no known position, by asset. */
  readonly #unnamed = new Map<string, PositionRow>();
  readonly #fundingSeen = new Set<string>();
  #comparesMoney = false;

  constructor({ instruments, rows, archive }: PositionsOptions) {
    for (const [symbol, instrument] of instruments) {
      const row = rows.find((each) => each.symbol === symbol);
      const running = new RunningPosition(instrument, row ? partsOf(row, archive) : { base: FLAT, tail: [] });
      this.#entries.set(symbol, {
        instrument,
        running,
        row: row ?? emptyRow(symbol),
        adopted: row !== undefined,
        countedFromMs: row === undefined ? Number.POSITIVE_INFINITY : 0,
        venue: null,
        newestFillMs: 0,
        mark: null,
        differs: null,
      });
    }
    for (const row of rows) {
      const asset = assetOfUnnamed(row.symbol);
      if (asset !== null) this.#unnamed.set(asset, row);
    }
  }

  /** Funding by asset that no single position can be said to have had. */
  unnamedFunding(asset: string): Atoms {
    return this.#unnamed.get(asset)?.funding ?? ZERO_ATOMS;
  }

  row(symbol: string): PositionRow {
    return this.#entries.get(symbol)?.row ?? emptyRow(symbol);
  }

  isAdopted(symbol: string): boolean {
    return this.#entries.get(symbol)?.adopted ?? false;
  }

  /** One of ours whose baseline is not adopted yet. */
  isAwaited(symbol: string): boolean {
    return this.#entries.get(symbol)?.adopted === false;
  }

  venue(symbol: string): PositionReport | null {
    return this.#entries.get(symbol)?.venue ?? null;
  }

  /** Of sizes. */
  differsSince(symbol: string): MonoMs | null {
    const differs = this.difference(symbol);
    return differs?.what === 'size' ? differs.since : null;
  }

  difference(symbol: string): Difference | null {
    return this.#entries.get(symbol)?.differs ?? null;
  }

  /** Money is compared while the account is known without a break: in a break fills are missed, and read only after it. */
  compareMoney(on: boolean): void {
    this.#comparesMoney = on;
    for (const entry of this.#entries.values()) entry.mark = null;
  }

  /** Entry price: the venue's own while sizes agree, else from the fills; null when flat. */
  account(symbol: string): Account {
    const entry = this.#entries.get(symbol);
    if (!entry) return { entryPrice: null, ownEntryPrice: null, holding: FLAT };
    const { holding } = entry.running;
    const venues = entry.venue?.size === holding.size && holding.size !== 0 ? entry.venue.entryPrice : null;
    const ownEntryPrice = entryPriceOf(entry.instrument, holding);
    return { holding, ownEntryPrice, entryPrice: venues ?? ownEntryPrice };
  }

  /** Smallest and largest size the account may truly have: ledger and venue, until they agree. */
  range(symbol: string): { readonly low: Lots; readonly high: Lots } {
    const size = this.row(symbol).size;
    const stated = this.venue(symbol)?.size ?? size;
    return { low: lots(Math.min(size, stated)), high: lots(Math.max(size, stated)) };
  }

  /** First run: the venue's position is where counting begins. */
  adopt({ report, sinceTradeId, now }: Adopting): PositionRow | null {
    const entry = this.#entries.get(report.symbol);
    if (!entry || entry.adopted) return null;
    entry.adopted = true;
    entry.countedFromMs = now.wall;
    entry.running.correct(report);
    entry.row = { ...entry.row, baseline: report.size, sinceTradeId, lastTradeId: sinceTradeId, ...held(entry.running) };
    return entry.row;
  }

  /** Books a fill that no one booked before; the caller dedupes. Null for a symbol that is not managed. */
  add(fill: BookedFill, now: MonoMs): PositionRow | null {
    const entry = this.#entries.get(fill.symbol);
    if (!entry) return null;
    entry.running.add(fill);
    const worth = notionalOf(entry.instrument, fill);
    entry.newestFillMs = Math.max(entry.newestFillMs, fill.atMs);
    if (entry.mark && fill.atMs <= entry.mark.atMs) entry.mark = null; // it was missing when both were laid side by side
    const { fees, volume, fills } = entry.row;
    entry.row = {
      ...entry.row,
      ...held(entry.running),
      fees: withFee(fees, fill),
      volume: atoms(volume + worth),
      fills: fills + 1,
    };
    this.#compare(entry, now);
    return entry.row;
  }

  /**
   * The venue's own list of trades was booked up to this id. The stream never moves it: after a break it may tell a newer trade before the
   * missed ones were read, and it names fills that are in no list (liquidation) in its own way.
   */
  readUpTo(symbol: string, tradeId: string): PositionRow | null {
    const entry = this.#entries.get(symbol);
    if (!entry || laterId(entry.row.lastTradeId, tradeId) === entry.row.lastTradeId) return null;
    entry.row = { ...entry.row, lastTradeId: tradeId };
    return entry.row;
  }

  /** The fee of a fill that was booked without one. */
  addFee(fill: BookedFill): PositionRow | null {
    const entry = this.#entries.get(fill.symbol);
    if (!entry) return null;
    entry.row = { ...entry.row, fees: withFee(entry.row.fees, fill) };
    return entry.row;
  }

  /** The venue's word; an older one than what we have is passed over. */
  state(report: PositionReport, now: MonoMs): void {
    const entry = this.#entries.get(report.symbol);
    if (!entry || (entry.venue && report.atMs < entry.venue.atMs)) return;
    entry.venue = report;
    this.#compare(entry, now);
  }

  /**
   * Told twice counts once. Without a symbol it goes to the only position held in that asset; else, and in another asset than the symbol's
   * own, to a row of the asset itself. Null: it was booked before, or is of a symbol that is not managed.
   */
  fund(report: FundingReport): PositionRow | null {
    const entry = this.#fundedEntry(report);
    const isOurs = report.symbol === null || this.#entries.has(report.symbol);
    if (!isOurs || this.#fundingSeen.has(paymentKey(report))) return null;
    this.passOver(report);
    const before = entry?.row ?? this.#unnamed.get(report.asset) ?? emptyRow(unnamedSymbol(report.asset));
    const row = { ...before, funding: atoms(before.funding + report.amount) };
    if (entry) entry.row = row;
    else this.#unnamed.set(report.asset, row);
    return row;
  }

  /** A payment that is booked already. */
  passOver(report: FundingReport): void {
    this.#fundingSeen.add(paymentKey(report));
    if (this.#fundingSeen.size > 1_000) for (const first of this.#fundingSeen) if (this.#fundingSeen.delete(first)) break;
  }

  /** From when on the money of a symbol counts: its baseline holds what was before. Venue time; 0 where it was adopted by an earlier run. */
  countedFrom(symbol: string): number {
    return this.#entries.get(symbol)?.countedFromMs ?? 0;
  }

  /** Takes over a position that no fill explains. */
  correct(report: PositionReport, now: MonoMs): PositionRow | null {
    const entry = this.#entries.get(report.symbol);
    if (!entry) return null;
    const baseline = lots(entry.row.baseline + report.size - entry.row.size); // so that baseline + fills stays the position
    entry.running.correct(report);
    entry.row = { ...entry.row, baseline, ...held(entry.running) };
    this.#compare(entry, now);
    return entry.row;
  }

  #fundedEntry({ symbol, asset }: FundingReport): Entry | undefined {
    const named = symbol === null ? undefined : this.#entries.get(symbol);
    if (symbol !== null) return named?.instrument.quoteAsset === asset ? named : undefined;
    const held = [...this.#entries.values()].filter((entry) => entry.instrument.quoteAsset === asset && entry.row.size !== 0);
    return held.length === 1 ? held[0] : undefined;
  }

  /** Takes over the entry price or the profit that the venue states; null when it states none to take over. */
  correctMoney(symbol: string, { what, now }: { readonly what: MoneyDifference; readonly now: MonoMs }): PositionRow | null {
    const entry = this.#entries.get(symbol);
    const wanted = entry?.venue ? realizedByVenue({ venue: entry.venue, mark: entry.mark }) : null;
    if (!entry?.venue || (what === 'realized' && wanted === null)) return null;
    if (what === 'entry-price') entry.running.correct({ ...entry.venue, size: entry.row.size });
    else if (wanted !== null) entry.running.setRealized(wanted);
    entry.row = { ...entry.row, ...held(entry.running) };
    entry.mark = null;
    this.#compare(entry, now);
    return entry.row;
  }

  #compare(entry: Entry, now: MonoMs): void {
    const what = this.#whatDiffers(entry);
    if (what !== (entry.differs?.what ?? null)) entry.differs = what === null ? null : { what, since: now };
  }

  #whatDiffers(entry: Entry): Difference['what'] | null {
    const { venue, row, running, instrument, newestFillMs } = entry;
    if (venue === null) return null;
    if (venue.size !== row.size) return 'size';
    if (!this.#comparesMoney) return null;
    const compared = { instrument, holding: running.holding, venue, newestFillMs, fills: row.fills, mark: entry.mark };
    if (isComparable(compared)) entry.mark ??= markOf(compared);
    return moneyDifference({ ...compared, mark: entry.mark });
  }
}

const paymentKey = ({ asset, symbol, atMs, amount }: FundingReport): string => `${asset}:${symbol}:${atMs}:${amount}`;

const held = ({ holding, parts: { base, tail } }: RunningPosition) => ({ ...holding, base, tail: tail.map(({ tradeId }) => tradeId) });

/** Where a trade of the tail is not to be had, or does not lead to what was held, the holding as it was stands for itself. */
function partsOf(
  { symbol, size, cost, realized, opening = null, base, tail = [] }: PositionRow,
  archive: Pick<Archive, 'findFill'>,
): Parts {
  const trades = tail.flatMap((tradeId) => archive.findFill({ symbol, tradeId }) ?? []);
  if (base === undefined || trades.length !== tail.length) return { base: { size, cost, realized, opening }, tail: [] };
  return { base, tail: trades };
}

/** Ids that are numbers compare as numbers, whatever their length. */
export function laterId(a: string | null, b: string): string {
  if (a === null) return b;
  return a.length !== b.length ? (a.length > b.length ? a : b) : a > b ? a : b;
}

function withFee(fees: PositionRow['fees'], { fee, feeAsset }: BookedFill): PositionRow['fees'] {
  if (fee === null || feeAsset === null) return fees;
  const before: Atoms = fees[feeAsset] ?? ZERO_ATOMS;
  return { ...fees, [feeAsset]: atoms(before + fee) };
}

const emptyRow = (symbol: string): PositionRow => ({
  symbol,
  baseline: lots(0),
  sinceTradeId: null,
  ...FLAT,
  fees: {},
  funding: ZERO_ATOMS,
  volume: ZERO_ATOMS,
  fills: 0,
  lastTradeId: null,
});
