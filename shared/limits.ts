/** The limits of config.json: what no order may pass, checked by brain and gateway with different code. An absent limit means zero. */
import * as z from 'zod';

/** Zero is a meaningful limit: nothing may be traded. */
const limitDecimal = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'a decimal in quotes such as "0.010"')
  .describe('decimal string');
const percent = (max: number) => z.number().gt(0).max(max);
export const symbolName = z.string().regex(/^[^\s:/]{1,40}$/, 'a venue symbol such as "BTCUSDT"');

export const SymbolLimits = z.strictObject({
  maxPosition: limitDecimal.describe('largest position either way, base units; worst case of held, resting, in-flight and unknown orders'),
  maxOrderNotional: limitDecimal.describe('largest single order, quote units'),
  maxOrderSize: limitDecimal.optional().describe('largest single order, base units; absent: maxOrderNotional alone bounds it'),
  maxOpenOrders: z.int().min(0).max(200).describe('most orders open at once on the symbol'),
  collarPercent: percent(20).describe('largest distance of an order price from mid, percent'),
});
export type SymbolLimits = Readonly<z.infer<typeof SymbolLimits>>;

const EquityLimits = z.strictObject({
  maxOrderPercent: percent(100).default(0.5).describe('largest single order, percent of the equity'),
  maxPositionPercent: percent(2_000).default(2).describe('largest worst-case position of a symbol, percent of the equity'),
  maxDailyLossPercent: percent(100)
    .default(1)
    .describe(
      'loss since midnight UTC, open positions included, after which only orders that reduce are let through; percent of the equity',
    ),
});
const MarginFloors = z.strictObject({
  minAvailablePercent: z.number().min(0).max(100).default(20).describe('margin that must stay available, percent of the equity'),
  maxRatioPercent: percent(100).default(60).describe('highest maintenance margin, percent of the margin balance; 100 is liquidation'),
  minLiquidationPercent: z.number().min(0).max(50).default(5).describe('least distance of the mark to the liquidation price, percent'),
});
const RateLimits = z.strictObject({
  maxCommandsPerSecond: z
    .int()
    .min(1)
    .max(1_000)
    .default(50)
    .describe('orders and amends that would open, a second; cancels and closes are free'),
  maxOrdersPerFill: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(5_000)
    .describe('orders and amends for each fill over an hour; above it nothing new is opened'),
});

export const Limits = z.strictObject({
  maxGrossNotional: limitDecimal.describe('largest sum of worst-case positions over all symbols, quote units'),
  default: SymbolLimits.optional().describe(
    'limits of symbols not named below; without it and without an own entry a symbol may not trade',
  ),
  symbols: z.record(symbolName, SymbolLimits).default({}).describe('limits of single symbols, instead of the default ones'),
  equity: EquityLimits.prefault({}).describe('limits that move with the equity: wallet and unrealized profit of the margin asset'),
  margin: MarginFloors.prefault({}).describe('below these floors only orders that reduce are let through'),
  rate: RateLimits.prefault({}).describe('how much may be sent at all, whatever the venue allows'),
});
export type Limits = Readonly<z.infer<typeof Limits>>;
export type RateLimits = Limits['rate'];
