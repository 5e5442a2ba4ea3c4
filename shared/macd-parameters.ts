/** Parameters of macd-trend in config.json. */
import * as z from 'zod';
import { positiveDecimal } from './config-decimal.ts';
import { BAR_INTERVALS } from './runs.ts';

const count = (min: number, max: number) => z.int().min(min).max(max);

const Shape = z.strictObject({
  interval: z.enum(BAR_INTERVALS).default('5m').describe('bar interval'),
  useOpenBar: z
    .boolean()
    .default(false)
    .describe('true: acts on the bar that is still open too, and takes it back when its close disagrees'),
  fastPeriod: count(2, 200).default(12).describe('bars of the fast average'),
  slowPeriod: count(3, 400).default(26).describe('bars of the slow average; larger than fastPeriod'),
  signalPeriod: count(2, 200).default(9).describe('bars of the signal line'),
  thresholdBps: z.number().min(0).max(1_000).default(0).describe('histogram must exceed this share of price to act, basis points'),
  thresholdDeviations: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe('histogram must exceed this many of its own deviations to act; the larger of both thresholds holds'),
  deviationBars: count(10, 500).default(100).describe('bars over which that deviation (root of the mean square) is averaged'),
  confirmBars: count(0, 20).default(0).describe('an entry waits for so many more closed bars with the histogram beyond its threshold'),
  confirmSlopeBars: count(0, 20).default(0).describe('and until the histogram has grown its way for so many bars in a row; 0: no matter'),
  trendPeriod: count(0, 400).default(0).describe('and for a close on the right side of an average over so many bars; 0: no matter'),
  confirmWithinBars: count(0, 50).default(0).describe('bars after the first possible one within which the confirmations may still come'),
  cooldownBars: count(0, 10_000).default(0).describe('no entry within so many bars after the one before'),
  cooldownMs: count(0, 86_400_000).default(0).describe('no entry within this long after the one before, ms'),
  sizing: z
    .enum(['fixed', 'notional', 'volatility'])
    .default('fixed')
    .describe(
      'position to take: orderSize; worth notional; or by risk: riskPercent of the equity lost when price moves atrMultiple ranges',
    ),
  orderSize: positiveDecimal.describe('position to take, base units; with another sizing the most it may be'),
  notional: positiveDecimal.default('1000').describe('worth of the position, quote units; for sizing "notional"'),
  riskPercent: z.number().gt(0).max(10).default(0.5).describe('loss that is accepted, percent of equity; for sizing "volatility"'),
  atrPeriod: count(2, 200).default(14).describe('bars of the average true range; for sizing "volatility"'),
  atrMultiple: z.number().gt(0).max(50).default(3).describe('average true ranges that price may move against it; for sizing "volatility"'),
  maxSlippageBps: z.number().gt(0).max(500).default(10).describe('limit of an order beyond best price, basis points'),
  maxTries: count(1, 100).default(5).describe('orders after which an entry that is not filled is given up'),
  retryMs: count(0, 600_000).default(1_000).describe('between two orders of which the first filled nothing, ms'),
  direction: z.enum(['both', 'long', 'short']).default('both').describe('positions it may take'),
});

export const MacdParameters = Shape.refine((p) => p.slowPeriod > p.fastPeriod, {
  path: ['slowPeriod'],
  message: 'a number above fastPeriod',
});
export type MacdParameters = Readonly<z.infer<typeof Shape>>;

/** Longest average in it, bars: what has to be read before it can decide follows from that. */
export const longestPeriod = ({ slowPeriod, signalPeriod, trendPeriod, atrPeriod, deviationBars, ...rest }: MacdParameters): number =>
  Math.max(
    slowPeriod,
    trendPeriod,
    atrPeriod,
    rest.thresholdDeviations > 0 ? Math.ceil((slowPeriod + signalPeriod + deviationBars) / 10) : 0,
  );
