/** Parameters of the arbitrage strategy, as they stand under `strategy.arbitrage`. */
import * as z from 'zod';

const minutes = (min: number, max: number) => z.number().min(min).max(max);
const bps = (max: number) => z.number().min(0).max(max);

export const ArbitrageParameters = z.strictObject({
  orderSize: z
    .string()
    .regex(/^(?=.*[1-9])\d+(\.\d+)?$/, 'a decimal above zero in quotes such as "0.010"')
    .default('0.010')
    .describe('size of each leg, base units'),
  entryBps: bps(1_000).default(3).describe('least net edge to enter for: after four fees, the way out and funding, basis points'),
  exitBps: bps(1_000).default(0.5).describe('leaves when no more than this is left to the mean, basis points'),
  meanMinutes: minutes(0.1, 10_080).default(60).describe('time constant of the mean of the spread, minutes'),
  warmUpMinutes: minutes(0, 10_080).default(20).describe('nothing is entered before the mean has been followed for so long, minutes'),
  holdMinutes: minutes(0, 10_080).default(60).describe('expected time to the mean: funding in it is counted on entering, minutes'),
  maxHoldMinutes: minutes(1, 43_200).default(480).describe('leaves after this in any case, minutes'),
  hedgeDeadlineMs: z.int().min(100).max(600_000).default(3_000).describe('a leg that is not hedged within this is unwound, ms'),
  cooldownMs: z.int().min(0).max(86_400_000).default(10_000).describe('between two trades, ms'),
  maxSlippageBps: bps(500).default(2).describe('limit of an order that enters, beyond best price, basis points'),
  exitSlippageBps: bps(500).default(20).describe('limit of an order that hedges or leaves, beyond best price, basis points'),
});
export type ArbitrageParameters = Readonly<z.infer<typeof ArbitrageParameters>>;
