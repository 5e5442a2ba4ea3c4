/** The next order that closes a position: limited takers first, then market; where the venue refuses that, limited again. Pure. */
import { floorSteps, formatPrice, formatSize, fractionalTicks, type Instrument } from '../../../shared/instrument.ts';
import type { Side } from '../../../shared/order.ts';
import { lots, ticks } from '../../../shared/units.ts';
import type { CloseOrder, HeldPosition, Quote } from './account.ts';

export type Closing = {
  readonly position: HeldPosition;
  readonly instrument: Instrument | null;
  readonly quote: Quote | null;
  /** Orders sent for it before. */
  readonly tries: number;
  /** The last market order was refused. */
  readonly marketRefused: boolean;
};

/** How far beyond the best price each limited try may take. */
const SLIPPAGE = [0.001, 0.003, 0.01] as const;

export function closeOrder(closing: Closing): CloseOrder {
  const { position, instrument } = closing;
  const long = !position.size.startsWith('-');
  const side: Side = long ? 'sell' : 'buy';
  const base = { symbol: position.symbol, positionSide: position.side, side };
  const price = limitPrice(closing, side);
  return { ...base, price, size: sizeOf(position, { instrument, atMarket: price === null }) };
}

/** Null: at market. */
function limitPrice({ position, instrument, quote, tries, marketRefused }: Closing, side: Side): string | null {
  const slippage = SLIPPAGE[tries] ?? (marketRefused ? SLIPPAGE.at(-1) : undefined);
  if (slippage === undefined || instrument === null || quote === null) return null;
  const mark = fractionalTicks(instrument, position.markPrice);
  const [bid, ask] = [
    floorSteps({ text: quote.bid, step: instrument.tickSize }),
    floorSteps({ text: quote.ask, step: instrument.tickSize }),
  ];
  const wanted = side === 'buy' ? Math.ceil(ask * (1 + slippage)) : Math.floor(bid * (1 - slippage));
  const up = mark > 0 ? Math.floor(mark * Number(instrument.multiplierUp)) - 1 : Number.POSITIVE_INFINITY;
  const down = mark > 0 ? Math.ceil(mark * Number(instrument.multiplierDown)) + 1 : 0;
  const banded = side === 'buy' ? Math.min(wanted, up) : Math.max(wanted, down);
  return formatPrice(instrument, ticks(Math.min(Math.max(banded, instrument.minPriceTicks), instrument.maxPriceTicks)));
}

/** As much as one order may have; the rest comes next. */
function sizeOf(
  { size }: HeldPosition,
  { instrument, atMarket }: { readonly instrument: Instrument | null; readonly atMarket: boolean },
): string {
  const whole = size.replace(/^-/, '');
  if (instrument === null) return whole;
  const held = floorSteps({ text: whole, step: instrument.stepSize });
  if (held === 0) return whole; // less than a step: the venue says what it thinks of it
  return formatSize(instrument, lots(Math.min(held, atMarket ? instrument.maxMarketLots : instrument.maxLots)));
}
