/** Rows that follow each other: order, holes, and the length of bars. What does not follow is a problem with file and line. */
import type { BarRow, DataGap, MarketRow, TradeRow } from '../../shared/sim/market-rows.ts';
import { TapeProblem } from '../sim/tape-file.ts';

export type SequenceOptions = {
  readonly barMs: number | null;
  readonly gaps: 'list' | 'refuse';
  readonly onGap?: (gap: DataGap) => void;
};
type Place = { readonly file: string; readonly line: number };

const MINUTE_MS = 60_000;

export class Sequence {
  readonly #options: SequenceOptions;
  #barMs: number | null;
  #fundingMs: number | null = null;
  #before: MarketRow | null = null;
  /** A bar that waits for the next one to tell how long it is. */
  #held: BarRow | null = null;

  constructor(options: SequenceOptions) {
    this.#options = options;
    this.#barMs = options.barMs;
  }

  /** The rows that are ready, complete; the first bar may wait for the second. */
  take(row: MarketRow, place: Place): readonly MarketRow[] {
    const before = this.#before;
    if (row.kind === 'bar') return this.#bar(row, place);
    if (before && row.knownMs < before.knownMs) this.#wrong(place, `time ${row.knownMs} is before ${before.knownMs} of the row before it`);
    if (row.kind === 'trade' && before?.kind === 'trade') this.#trade(row, { before, place });
    if (row.kind === 'best' && before?.kind === 'best' && row.updateId < before.updateId)
      this.#wrong(place, `update_id ${row.updateId} is below ${before.updateId} of the row before it`);
    if (row.kind === 'funding' && before) this.#funding(row.knownMs, { beforeMs: before.knownMs, place });
    this.#before = row;
    return [row];
  }

  /** To be called after the last row. */
  end(file: string): void {
    if (this.#held) throw new TapeProblem(`${file}: line 2: one bar alone does not tell how long bars are`);
  }

  #bar(row: BarRow, place: Place): readonly BarRow[] {
    const told = row.closeMs > row.openMs ? row.closeMs + 1 - row.openMs : null;
    const held = this.#held;
    this.#barMs ??= told ?? (held && row.openMs - held.openMs);
    const barMs = this.#barMs;
    if (barMs === null) {
      this.#held = row;
      return [];
    }
    if (barMs <= 0) this.#wrong(place, `open_time ${row.openMs} is not after ${row.openMs - barMs} of the row before it`);
    this.#held = null;
    if (told !== null && told !== barMs) this.#wrong(place, `close_time makes a bar of ${told} ms, expected are ${barMs}`);
    if (row.openMs % Math.min(barMs, MINUTE_MS) !== 0) this.#wrong(place, `open_time ${row.openMs} is not at the beginning of a minute`);
    const before = held ?? (this.#before?.kind === 'bar' ? this.#before : null);
    if (before) this.#barStep(row, { before, barMs, place });
    this.#before = row;
    return held ? [withEnd(held, barMs), withEnd(row, barMs)] : [withEnd(row, barMs)];
  }

  #barStep({ openMs }: BarRow, { before, barMs, place }: { readonly before: BarRow; readonly barMs: number; readonly place: Place }): void {
    const stepMs = openMs - before.openMs;
    if (stepMs <= 0 || stepMs % barMs !== 0)
      this.#wrong(place, `open_time ${openMs} is not whole bars of ${barMs} ms after ${before.openMs} of the row before it`);
    if (stepMs > barMs) this.#gap(place, { what: 'bars', fromMs: before.openMs + barMs, toMs: openMs, missing: stepMs / barMs - 1 });
  }

  #trade({ id, firstId, knownMs }: TradeRow, { before, place }: { readonly before: TradeRow; readonly place: Place }): void {
    if (id <= before.id) this.#wrong(place, `agg_trade_id ${id} is not above ${before.id} of the row before it`);
    const between = { fromMs: before.knownMs, toMs: knownMs };
    if (id > before.id + 1) this.#gap(place, { what: 'trades', ...between, missing: id - before.id - 1 });
    else if (firstId <= before.lastId) this.#wrong(place, `first_trade_id ${firstId} is not above ${before.lastId} of the row before it`);
    else if (firstId > before.lastId + 1) this.#gap(place, { what: 'trade-ids', ...between, missing: firstId - before.lastId - 1 });
  }

  /** A few milliseconds past the hour, as the venue tells them. */
  #funding(atMs: number, { beforeMs, place }: { readonly beforeMs: number; readonly place: Place }): void {
    const stepMs = Math.round((atMs - beforeMs) / MINUTE_MS) * MINUTE_MS;
    if (stepMs === 0) this.#wrong(place, `time ${atMs} is told twice`);
    this.#fundingMs ??= stepMs;
    const missing = Math.round(stepMs / this.#fundingMs) - 1;
    if (missing > 0) this.#gap(place, { what: 'funding-times', fromMs: beforeMs, toMs: atMs, missing });
    else this.#fundingMs = stepMs; // contracts change from 8 to 4 hours and less
  }

  #gap(place: Place, gap: Omit<DataGap, 'file' | 'line'>): void {
    if (this.#options.gaps === 'refuse') this.#wrong(place, gapText(gap));
    this.#options.onGap?.({ ...gap, ...place });
  }

  #wrong({ file, line }: Place, what: string): never {
    throw new TapeProblem(`${file}: line ${line}: ${what}`);
  }
}

const withEnd = (bar: BarRow, barMs: number): BarRow =>
  bar.knownMs === bar.openMs + barMs ? bar : { ...bar, closeMs: bar.openMs + barMs - 1, knownMs: bar.openMs + barMs };

const WORDS: Readonly<Record<DataGap['what'], string>> = {
  bars: 'bars are missing',
  trades: 'aggregated trades are missing',
  'trade-ids': 'trades are named by no aggregated one',
  'funding-times': 'funding times are missing',
};

/** `3 bars are missing before this line, 2026-07-01T00:01:00.000Z to 2026-07-01T00:04:00.000Z`. */
export const gapText = ({ what, missing, fromMs, toMs }: Omit<DataGap, 'file' | 'line'>): string =>
  `${missing} ${WORDS[what]} before this line, ${utc(fromMs)} to ${utc(toMs)}`;
const utc = (ms: number): string => new Date(Math.floor(ms)).toISOString();
