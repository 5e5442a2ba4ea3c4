/**
 * K-line files as bars in whole ticks, in pieces, so that memory does not grow with the file. CSV with a header that names at least
 * open_time, open, high, low, close and volume, or without one in the order of the venue's public files; plain or gzip. What is wrong is one
 * line with file and line number. A hole between bars is no mistake: the caller sees it in the times.
 */
import { type Instrument, makeInstrument, parsePrice } from '../../../shared/instrument.ts';
import { nearestInstrument } from '../../../shared/sim/instruments.ts';
import type { BarRow } from '../../../shared/snapshot.ts';
import type { Ticks } from '../../../shared/units.ts';
import { readLines } from '../../sim/tape-lines.ts';
import { TapeProblem } from '../../sim/tape-file.ts';

/** One closed bar; `row` is as the brain reads it. */
export type FileBar = {
  readonly openMs: number;
  readonly open: Ticks;
  readonly high: Ticks;
  readonly low: Ticks;
  readonly close: Ticks;
  readonly row: BarRow;
};

const FIELDS = ['open_time', 'open', 'high', 'low', 'close', 'volume'] as const;
const MINUTE_MS = 60_000;
/** Bars looked at for the decimals of a contract that is not in the list. */
const PROBED = 2_000;
const TIME = /^\d{12,13}$/;
const VOLUME = /^\d+(\.\d+)?$/;
const EXPONENT = /^\d+(\.\d+)?e-?\d+$/i;

/** Lines of one file, one after the other. */
export class BarLines {
  readonly #instrument: Instrument;
  #columns: readonly number[] | null = null;
  #lines = 0;
  #lastMs = 0;
  #barMs = 0;

  constructor(instrument: Instrument) {
    this.#instrument = instrument;
  }

  /** Length of a bar; zero before there are two that follow each other. */
  get barMs(): number {
    return this.#barMs;
  }

  /** Null: the line is the header, or empty. A sentence when it is wrong. */
  push(line: string): FileBar | string | null {
    this.#lines += 1;
    if (line === '' || line === '\r') return null;
    const cells = (line.endsWith('\r') ? line.slice(0, -1) : line).split(',');
    if (this.#columns === null) {
      const headed = !TIME.test(cells[0] ?? '');
      const columns = headed ? FIELDS.map((name) => cells.indexOf(name)) : FIELDS.map((_, n) => n);
      const absent = FIELDS.filter((_, n) => (columns[n] ?? -1) < 0);
      if (absent.length > 0) return this.#wrong(`the header has no column ${absent.join(', ')}`);
      this.#columns = columns;
      if (headed) return null;
    }
    const [time = '', open = '', high = '', low = '', close = '', volume = ''] = this.#columns.map((n) => cells[n]);
    return this.#barOf(time, [open, high, low, close], volume);
  }

  #barOf(time: string, prices: readonly [string, string, string, string], volumeText: string): FileBar | string {
    const openMs = Number(time);
    if (!TIME.test(time)) return this.#wrong(`open_time ${JSON.stringify(time)} is not in milliseconds since the epoch`);
    const [open, high, low, close] = prices.map((text) => parsePrice(this.#instrument, text));
    if (open == null || high == null || low == null || close == null) return this.#wrong(this.#badPrice(prices));
    if (low <= 0 || low > Math.min(open, close) || high < Math.max(open, close))
      return this.#wrong(`open ${prices[0]}, high ${prices[1]}, low ${prices[2]}, close ${prices[3]} are no bar`);
    const volume = VOLUME.test(volumeText) ? volumeText : EXPONENT.test(volumeText) ? Number(volumeText).toFixed(8) : null;
    if (volume === null) return this.#wrong(`volume ${JSON.stringify(volumeText)} is not a decimal number`);
    const wrong = this.#place(time, openMs);
    return wrong ?? { openMs, open, high, low, close, row: [openMs, ...prices, volume] };
  }

  #place(time: string, openMs: number): string | null {
    if (openMs % MINUTE_MS !== 0) return this.#wrong(`open_time ${time} is not at a full minute`);
    const stepMs = openMs - this.#lastMs;
    if (this.#lastMs > 0) {
      if (stepMs <= 0) return this.#wrong(`open_time ${time} is not after the one before it: the bars are not sorted`);
      if (this.#barMs === 0) this.#barMs = stepMs;
      if (stepMs % this.#barMs !== 0)
        return this.#wrong(`open_time ${time} is off the grid: bars here are ${this.#barMs / MINUTE_MS} min long`);
    }
    this.#lastMs = openMs;
    return null;
  }

  #badPrice(prices: readonly string[]): string {
    const bad = prices.find((text) => parsePrice(this.#instrument, text) === null) ?? '';
    const { symbol, tickSize } = this.#instrument;
    return `price ${JSON.stringify(bad)} is not a decimal in steps of ${tickSize}, the tick of ${symbol}`;
  }

  readonly #wrong = (what: string): string => `line ${this.#lines}: ${what}`;
}

/** Pieces of bars in order of time; throws TapeProblem. */
export async function* readBars(file: string, instrument: Instrument): AsyncGenerator<readonly FileBar[], void, void> {
  const reader = new BarLines(instrument);
  for await (const { lines, problem } of readLines(file)) {
    const bars: FileBar[] = [];
    for (const line of lines) {
      const bar = reader.push(line);
      if (typeof bar === 'string') throw new TapeProblem(`${file}: ${bar}`);
      if (bar !== null) bars.push(bar);
    }
    if (bars.length > 0) yield bars;
    if (problem !== null) throw new TapeProblem(`${file}: ${problem}`);
  }
  if (reader.barMs === 0) throw new TapeProblem(`${file}: holds fewer than two K-lines`);
}

/** The contract as listed, with finer steps where the file's first bars need them, and the length of a bar. Throws TapeProblem. */
export async function probeBars(
  file: string,
  symbol: string,
): Promise<{ readonly instrument: Instrument; readonly barMs: number; readonly firstMs: number }> {
  const fine = instrumentOf(symbol, 8);
  const reader = new BarLines(fine);
  let [decimals, seen, firstMs] = [0, 0, 0];
  for await (const { lines, problem } of readLines(file)) {
    for (const line of lines) {
      if (seen >= PROBED) break;
      const bar = reader.push(line);
      if (typeof bar === 'string') throw new TapeProblem(`${file}: ${bar}`);
      if (bar === null) continue;
      if (seen++ === 0) firstMs = bar.openMs;
      for (const text of bar.row.slice(1, 5)) decimals = Math.max(decimals, usedDecimals(String(text)));
    }
    if (seen >= PROBED) break;
    if (problem !== null) throw new TapeProblem(`${file}: ${problem}`);
  }
  if (reader.barMs === 0) throw new TapeProblem(`${file}: holds fewer than two K-lines`);
  return { instrument: instrumentOf(symbol, decimals), barMs: reader.barMs, firstMs };
}

/** Prices finer than 1e-5 cannot be probed beside whole lots of a thousandth: money is counted in 1e-8. */
function instrumentOf(symbol: string, priceDecimals: number): Instrument {
  const spec = nearestInstrument(symbol, Math.min(priceDecimals, 8), priceDecimals > 5 ? 0 : 3);
  const fitting = typeof spec === 'string' ? spec : makeInstrument(priceDecimals > 5 ? { ...spec, stepSize: '1', minQty: '1' } : spec);
  if (typeof fitting === 'string') throw new TapeProblem(fitting);
  return fitting;
}

const usedDecimals = (text: string): number => text.replace(/^[^.]*\.?/, '').replace(/0+$/, '').length;
