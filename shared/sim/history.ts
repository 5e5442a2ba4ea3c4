/**
 * Past minutes of a simulated market. The path is a log random walk drawn backwards from the price the market opens at, so that the
 * last close is that price: volatility wanders between about a third and three times its usual level over hours, a slow drift of
 * either sign makes trends of some hours, and volume rises with volatility. Same seed, same bars.
 */
import type { Instrument } from '../instrument.ts';
import type { Random } from '../random.ts';
import { decimalsOf } from '../units.ts';
import { BarSum } from './bar-sum.ts';
import { digitsOf, stepWriter, writeScaled } from './decimal.ts';
import type { Bar } from './market.ts';

const MINUTE_MS = 60_000;
const MINUTES_A_DAY = 1_440;

/** Names of the kline intervals and their lengths in milliseconds; all start at multiples of their length since the epoch, UTC. */
export const INTERVALS: Readonly<Record<string, number>> = {
  '1m': MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '2h': 120 * MINUTE_MS,
  '4h': 240 * MINUTE_MS,
  '6h': 360 * MINUTE_MS,
  '8h': 480 * MINUTE_MS,
  '12h': 720 * MINUTE_MS,
  '1d': MINUTES_A_DAY * MINUTE_MS,
};

export type MinuteHistory = {
  /** One-minute bars, ascending, without a hole. */
  readonly bars: readonly Bar[];
  /** End of the last bar, exclusive: a minute boundary. */
  readonly endMs: number;
};

export type HistoryOptions = {
  readonly instrument: Instrument;
  readonly random: Random;
  /** The history ends at the last minute boundary not after this. */
  readonly endMs: number;
  /** Last close, quote units; rounded to the tick. */
  readonly endPrice: number;
  readonly days: number;
};

/** Standard deviation of a usual minute's return: about 55 % a year. */
const MINUTE_SIGMA = 7.6e-4;
/** Mean turnover of a usual minute, quote units. */
const MINUTE_QUOTE = 5_000_000;
const TRADE_QUOTE = 4_000;

type Minute = { readonly sigma: number; readonly change: number };

export function makeHistory({ instrument, random, endMs, endPrice, days }: HistoryOptions): MinuteHistory {
  const end = Math.floor(endMs / MINUTE_MS) * MINUTE_MS;
  const count = Math.round(days * MINUTES_A_DAY);
  const minutes = drawMinutes(random, count);
  const closes = closesBackwards({ instrument, minutes, endPrice });
  const make = barMaker(instrument, random);
  const bars = minutes.map((minute, i) =>
    make({ minute, openMs: end - (count - i) * MINUTE_MS, open: closes[i] ?? 1, close: closes[i + 1] ?? 1 }),
  );
  return { bars, endMs: end };
}

/** Longer bars out of shorter ones, ascending; the first and the last may cover only part of their interval. */
export function aggregate(bars: readonly Bar[], intervalMs: number): Bar[] {
  const made: Bar[] = [];
  let sum: BarSum | null = null;
  for (const bar of bars) {
    const openMs = Math.floor(bar.openMs / intervalMs) * intervalMs;
    if (sum?.openMs !== openMs) {
      if (sum) made.push(sum.bar());
      sum = new BarSum({ openMs, previousClose: sum?.close ?? bar.open, scales: { volume: 0, quote: 0 } });
    }
    sum.addBar(bar);
  }
  if (sum) made.push(sum.bar());
  return made;
}

function drawMinutes(random: Random, count: number): Minute[] {
  let [mood, drift] = [random.normal(), random.normal()]; // both Ornstein-Uhlenbeck with unit variance
  return Array.from({ length: count }, () => {
    mood += -mood / 300 + Math.sqrt(2 / 300) * random.normal();
    drift += -drift / 180 + Math.sqrt(2 / 180) * random.normal();
    const sigma = MINUTE_SIGMA * Math.exp(0.5 * mood);
    return { sigma, change: sigma * (random.normal() + 0.04 * drift) };
  });
}

/** One more price than minutes: the price before the first, then each close, in ticks. */
function closesBackwards({
  instrument,
  minutes,
  endPrice,
}: {
  readonly instrument: Instrument;
  readonly minutes: readonly Minute[];
  readonly endPrice: number;
}): number[] {
  const prices: number[] = [];
  let price = endPrice / Number(instrument.tickSize);
  prices.push(clampTicks(instrument, price));
  for (let i = minutes.length - 1; i >= 0; i--) {
    price *= Math.exp(-(minutes[i]?.change ?? 0));
    prices.push(clampTicks(instrument, price));
  }
  return prices.reverse();
}

type BarPlan = { readonly minute: Minute; readonly openMs: number; readonly open: number; readonly close: number };

function barMaker(instrument: Instrument, random: Random): (plan: BarPlan) => Bar {
  const price = stepWriter(instrument.tickSize);
  const size = stepWriter(instrument.stepSize);
  const scale = decimalsOf(instrument.tickSize) + decimalsOf(instrument.stepSize);
  const unit = digitsOf(instrument.tickSize) * digitsOf(instrument.stepSize);
  const quote = (at: number, n: number): string => writeScaled(BigInt(at) * BigInt(n) * unit, scale);
  const lotQuote = Number(instrument.tickSize) * Number(instrument.stepSize);
  return ({ minute: { sigma, change }, openMs, open, close }) => {
    const wick = (): number => Math.round(Math.abs(random.normal()) * 0.6 * sigma * close);
    const [high, low] = [Math.max(open, close) + wick(), Math.max(1, Math.min(open, close) - wick())];
    const mean = Math.round((open + high + low + close) / 4);
    const turnover =
      MINUTE_QUOTE * (sigma / MINUTE_SIGMA) ** 1.5 * Math.exp(0.5 * random.normal() + Math.min(1, Math.abs(change) / sigma / 3));
    const volume = Math.max(instrument.minLots, Math.round(turnover / (lotQuote * mean)));
    const bought = Math.round(volume * Math.min(1, Math.max(0, 0.5 + 0.2 * Math.tanh(change / sigma) + 0.05 * random.normal())));
    return {
      openMs,
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: size(volume),
      quoteVolume: quote(mean, volume),
      trades: Math.max(1, Math.round(turnover / TRADE_QUOTE)),
      takerBuyVolume: size(bought),
      takerBuyQuoteVolume: quote(mean, bought),
    };
  };
}

const clampTicks = (instrument: Instrument, price: number): number =>
  Math.min(instrument.maxPriceTicks, Math.max(instrument.minPriceTicks, Math.round(price)));
