/** Quotes both sides of mid at a fixed spread, shifted against the inventory; the side that would grow a full inventory stops. */
import type { MarketMakingParameters } from '../../shared/config.ts';
import { floorSteps, type Instrument, notionalOf, priceNumber } from '../../shared/instrument.ts';
import type { Side } from '../../shared/order.ts';
import { lots, ticks } from '../../shared/units.ts';
import type { Strategy, SymbolView, WantedQuote } from './strategy.ts';

const BPS = 10_000;

/** Stateless: the quotes follow from the view alone. */
export function marketMaking(parameters: MarketMakingParameters): Strategy<null> {
  return {
    name: 'market-making',
    role: 'quote',
    initial: () => null,
    decide: (view) => {
      const mid = (view.bestBid + view.bestAsk) / 2;
      const inventory = inventoryRatio(parameters, view);
      const fair = mid * (1 - (inventory * parameters.skewBps) / BPS);
      const quotes = Array.from({ length: parameters.levels }, (_, level) => level).flatMap((level) =>
        (['buy', 'sell'] as const).flatMap((side) => quoteOf({ parameters, view, side, level, fair })),
      );
      const reason =
        quotes.length === 0
          ? 'size-below-minimum'
          : quotes.some((q) => q.side === 'buy') && quotes.some((q) => q.side === 'sell')
            ? 'quoting'
            : 'inventory-full';
      return {
        wish: {
          quotes,
          target: null,
          reason,
          signals: { mid: priceNumber(view.instrument, mid), fair: priceNumber(view.instrument, fair), inventory },
        },
        state: null,
      };
    },
  };
}

/** -1 (full short) to 1 (full long). */
export function inventoryRatio({ maxInventory }: MarketMakingParameters, { position, instrument }: SymbolView): number {
  const full = floorSteps({ text: maxInventory, step: instrument.stepSize });
  return full === 0 ? 0 : Math.max(-1, Math.min(1, position / full));
}

type QuoteOptions = {
  readonly parameters: MarketMakingParameters;
  readonly view: SymbolView;
  readonly side: Side;
  readonly level: number;
  readonly fair: number;
};

/** One quote, rounded away from the market and at least one tick from taking; none where inventory or the venue's minimum forbids it. */
function quoteOf({ parameters, view, side, level, fair }: QuoteOptions): WantedQuote[] {
  const { instrument } = view;
  const distance = (fair * (parameters.spreadBps / 2 + level * parameters.levelGapBps)) / BPS;
  const price =
    side === 'buy' ? Math.min(Math.floor(fair - distance), view.bestAsk - 1) : Math.max(Math.ceil(fair + distance), view.bestBid + 1);
  const size = sizeOf({ parameters, view, side, level });
  if (price < instrument.minPriceTicks || price > instrument.maxPriceTicks || !isWorthSending({ instrument, price, size })) return [];
  return [{ side, price: ticks(price), size: lots(size), level }];
}

/** What still fits under `maxInventory`, nearer levels first. */
function sizeOf({ parameters, view, side, level }: Omit<QuoteOptions, 'fair'>): number {
  const step = view.instrument.stepSize;
  const each = floorSteps({ text: parameters.orderSize, step });
  const full = floorSteps({ text: parameters.maxInventory, step });
  const room = full - (side === 'buy' ? view.position : -view.position) - level * each;
  return Math.max(0, Math.min(each, room));
}

export function isWorthSending({
  instrument,
  price,
  size,
}: {
  readonly instrument: Instrument;
  readonly price: number;
  readonly size: number;
}): boolean {
  return size >= instrument.minLots && notionalOf(instrument, { price: ticks(price), size: lots(size) }) >= instrument.minNotionalAtoms;
}
