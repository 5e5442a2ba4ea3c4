/** A market that follows K-lines: the bars before its start as one-minute history, the others as the path of its fair price. */
import type { Instrument } from '../instrument.ts';
import type { Random } from '../random.ts';
import { BarPath, type PathBar, priceAt, turnsOf } from './bar-path.ts';
import { stepWriter } from './decimal.ts';
import { FairPrice, type PriceSource } from './fair-price.ts';
import type { FlowProfile } from './flow-profile.ts';
import { makeHistory } from './history.ts';
import type { KlineRow } from './kline-table.ts';
import type { Bar } from './market.ts';

export type KlineMarketOptions = {
  readonly instrument: Instrument;
  readonly random: Random;
  readonly profile: FlowProfile;
  /** Without a hole. */
  readonly rows: readonly KlineRow[];
  readonly barMs: number;
  /** Open time of the bar that the market begins with. */
  readonly fromMs: number;
  /** When the market begins, a full minute; the bars are moved so that the first falls on it. */
  readonly startMs: number;
  readonly historyDays: number;
};

export type KlineMarket = { readonly path: PriceSource; readonly history: readonly Bar[] /** Quote units. */; readonly startPrice: number };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A usual trade, quote units: a file does not tell how many there were. */
const TRADE_QUOTE = 4_000;

/** Null when no bar opens at `fromMs`. */
export function makeKlineMarket(options: KlineMarketOptions): KlineMarket | null {
  const { instrument, random, profile, rows, barMs, fromMs } = options;
  const index = rows.findIndex(({ openMs }) => openMs === fromMs);
  const [first, ...others] = rows.slice(Math.max(0, index)).map((row) => pathBar(instrument, row));
  if (index < 0 || !first) return null;
  const then = (price: number): PriceSource => new FairPrice({ random: random.fork('after the bars'), price, profile });
  const path = new BarPath({ bars: [first, ...others], barMs, random: random.fork('bars'), then });
  return { path, history: historyOf(options, rows.slice(0, index)), startPrice: first.open * Number(instrument.tickSize) };
}

function pathBar({ tickSize }: Instrument, row: KlineRow): PathBar {
  const tick = Number(tickSize);
  const [open, high, low, close] = [row.open, row.high, row.low, row.close].map((text) => Number(text) / tick) as [
    number,
    number,
    number,
    number,
  ];
  return { openMs: row.openMs, open, high, low, close, volume: Number(row.volume) };
}

/** What the file tells of the days before, and made-up minutes before that. */
function historyOf(
  { instrument, random, barMs, fromMs, startMs, historyDays, rows }: KlineMarketOptions,
  past: readonly KlineRow[],
): readonly Bar[] {
  const kept = past.filter(({ openMs }) => openMs >= fromMs - historyDays * DAY_MS);
  const writer = minuteWriter(instrument);
  const parts = random.fork('minutes');
  const told = kept.flatMap((row) => minutesOf(pathBar(instrument, row), { count: barMs / MINUTE_MS, random: parts }));
  const moved = told.map((minute) => writer({ ...minute, openMs: minute.openMs + startMs - fromMs }));
  const days = historyDays - (told.length * MINUTE_MS) / DAY_MS;
  const endPrice = Number((kept[0] ?? rows.find(({ openMs }) => openMs === fromMs))?.open);
  const endMs = startMs - told.length * MINUTE_MS;
  return days <= 0 ? moved : [...makeHistory({ instrument, random: random.fork('history'), endMs, endPrice, days }).bars, ...moved];
}

/** The minutes of a longer bar, which put together are that bar. */
function minutesOf(bar: PathBar, { count, random }: { readonly count: number; readonly random: Random }): readonly PathBar[] {
  if (count === 1) return [bar];
  const turns = turnsOf(bar, random);
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i / count, (i + 1) / count];
    const seen = [
      priceAt(turns, from),
      priceAt(turns, to),
      ...turns.filter(({ part }) => part >= from && part <= to).map(({ price }) => price),
    ];
    const prices = { open: priceAt(turns, from), high: Math.max(...seen), low: Math.min(...seen), close: priceAt(turns, to) };
    return { openMs: bar.openMs + i * MINUTE_MS, ...prices, volume: bar.volume / count };
  });
}

/** Whole ticks and lots; half of the volume is taken to have been bought. */
function minuteWriter({ tickSize, stepSize }: Instrument): (minute: PathBar) => Bar {
  const [price, size, quote] = [stepWriter(tickSize), stepWriter(stepSize), stepWriter('0.01')];
  return ({ openMs, open, high, low, close, volume }) => {
    const lots = Math.round(volume / Number(stepSize));
    const bought = Math.floor(lots / 2);
    const middle = ((Math.round(open) + Math.round(close)) / 2) * Number(tickSize) * Number(stepSize);
    const turnover = (n: number): string => quote(Math.round(middle * n * 100));
    return {
      openMs,
      open: price(Math.round(open)),
      high: price(Math.round(high)),
      low: price(Math.round(low)),
      close: price(Math.round(close)),
      volume: size(lots),
      quoteVolume: turnover(lots),
      trades: lots === 0 ? 0 : Math.max(1, Math.round((middle * lots) / TRADE_QUOTE)),
      takerBuyVolume: size(bought),
      takerBuyQuoteVolume: turnover(bought),
    };
  };
}
