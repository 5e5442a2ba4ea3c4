/**
 * K-line files as bars in whole ticks, in pieces, so that memory does not grow with the file: in every form that the reader of market data
 * knows. What is wrong is one line with file and line number. A hole between bars is no mistake: the caller sees it in the times.
 */
import { type Instrument, makeInstrument, parsePrice } from '../../../shared/instrument.ts';
import { nearestInstrument } from '../../../shared/sim/instruments.ts';
import type { BarRow as KnownBar } from '../../../shared/sim/market-rows.ts';
import type { BarRow } from '../../../shared/snapshot.ts';
import type { Ticks } from '../../../shared/units.ts';
import { readRows } from '../../data/read-rows.ts';
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

const MINUTE_MS = 60_000;
/** Bars looked at for the decimals of a contract that is not in the list. */
const PROBED = 2_000;
const PRICES = ['open', 'high', 'low', 'close'] as const;

/** Pieces of bars in order of time; throws TapeProblem. */
export async function* readBars(file: string, instrument: Instrument): AsyncGenerator<readonly FileBar[], void, void> {
  const checked: Prices[] = [];
  let at = 0;
  for await (const rows of rowsOf(file, instrument, (prices) => checked.push(prices))) {
    yield rows.map((row) => barOf(row, checked[at++]));
    checked.splice(0, at); // a row may wait for the one behind it
    at = 0;
  }
}

/** In the order in which the rows are checked, which is that of the rows. */
type Prices = Pick<FileBar, (typeof PRICES)[number]>;

/** The contract as listed, with finer steps where the file's first bars need them, and the length of a bar. Throws TapeProblem. */
export async function probeBars(
  file: string,
  symbol: string,
): Promise<{ readonly instrument: Instrument; readonly barMs: number; readonly firstMs: number }> {
  const probed: KnownBar[] = [];
  for await (const rows of rowsOf(file, instrumentOf(symbol, 8))) {
    probed.push(...rows.slice(0, PROBED - probed.length));
    if (probed.length >= PROBED) break;
  }
  const [first] = probed;
  if (!first) throw new TapeProblem(`${file}: holds no K-lines`);
  const barMs = first.knownMs - first.openMs;
  if (barMs % MINUTE_MS !== 0) throw new TapeProblem(`${file}: bars are ${barMs} ms long, allowed are whole minutes`);
  const decimals = Math.max(...probed.flatMap((row) => PRICES.map((name) => usedDecimals(row[name]))));
  return { instrument: instrumentOf(symbol, decimals), barMs, firstMs: first.openMs };
}

/** Of just this contract, and with prices that it can have. */
const rowsOf = (
  file: string,
  instrument: Instrument,
  onPrices: (prices: Prices) => void = () => undefined,
): AsyncGenerator<readonly KnownBar[], void, void> => {
  const check = (row: KnownBar): string | null => {
    const prices = pricesOf(instrument, row);
    if (typeof prices === 'string') return prices;
    onPrices(prices);
    return null;
  };
  return readRows([file], 'bar', { symbol: instrument.symbol, gaps: 'list', check });
};

function pricesOf(instrument: Instrument, row: KnownBar): Prices | string {
  const [open, high] = [parsePrice(instrument, row.open), parsePrice(instrument, row.high)];
  const [low, close] = [parsePrice(instrument, row.low), parsePrice(instrument, row.close)];
  if (open !== null && high !== null && low !== null && close !== null) return { open, high, low, close };
  const bad = PRICES.map((name) => row[name]).find((text) => parsePrice(instrument, text) === null);
  return `price ${JSON.stringify(bad)} is not a decimal in steps of ${instrument.tickSize}, the tick of ${instrument.symbol}`;
}

function barOf(row: KnownBar, prices: Prices | undefined): FileBar {
  const { openMs, volume } = row;
  if (!prices) throw new Error(`Cannot take bar ${openMs}: it was not checked`);
  const { open, high, low, close } = prices;
  const plain = volume.includes('e') || volume.includes('E') ? Number(volume).toFixed(8) : volume;
  return { openMs, open, high, low, close, row: [openMs, row.open, row.high, row.low, row.close, plain] };
}

/** Prices finer than 1e-5 cannot be probed beside whole lots of a thousandth: money is counted in 1e-8. */
function instrumentOf(symbol: string, priceDecimals: number): Instrument {
  const spec = nearestInstrument(symbol, Math.min(priceDecimals, 8), priceDecimals > 5 ? 0 : 3);
  const fitting = typeof spec === 'string' ? spec : makeInstrument(priceDecimals > 5 ? { ...spec, stepSize: '1', minQty: '1' } : spec);
  if (typeof fitting === 'string') throw new TapeProblem(fitting);
  return fitting;
}

const usedDecimals = (text: string): number => text.replace(/^[^.]*\.?/, '').replace(/0+$/, '').length;
