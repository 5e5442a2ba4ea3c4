/** An exchange whose public stands still: a fixed ladder of orders and nothing else, so that a test is about the orders it sends. */
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import type { UserEvent } from '../../shared/sim/exchange-events.ts';
import { Exchange } from '../../shared/sim/exchange.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import type { FlowAction, FlowMarket, Side } from '../../shared/sim/market.ts';
import type { AmendRequest, PlaceRequest } from '../../shared/sim/order-desk.ts';
import { lots, parseAtoms, ticks, ZERO_ATOMS } from '../../shared/units.ts';

export const START_MS = 1_795_000_000_000;
export const SYMBOL = 'BTCUSDT';
/** In ticks; the best bid is one below, the best ask one above. */
export const MID = 640_000;
/** Lots of every level of the ladder. */
export const LEVEL_LOTS = 10;
const NEVER_MS = 1e12;

export type DeskOrder = Partial<Omit<PlaceRequest, 'price' | 'size' | 'symbol'>> & {
  readonly price?: number | null;
  readonly size?: number;
};
export type DeskAmend = Partial<Omit<AmendRequest, 'price' | 'size'>> & { readonly price: number; readonly size: number };

export type StillDesk = ReturnType<typeof openStillDesk>;

/** `levels` stand on each side of the middle, one tick apart. */
export function openStillDesk({
  accounts = ['one'],
  levels = 30,
  instrument: over = {},
}: {
  readonly accounts?: readonly string[];
  readonly levels?: number;
  readonly instrument?: Partial<Instrument>;
} = {}) {
  const found = findInstrument(SYMBOL);
  const made = found ? makeInstrument(found.spec) : `${SYMBOL} is unknown`;
  if (typeof made === 'string') throw new Error(made);
  const instrument = { ...made, ...over };
  const events: UserEvent[] = [];
  const balances = { USDT: parseAtoms('10000000') ?? ZERO_ATOMS };
  const exchange = new Exchange({
    startMs: START_MS,
    random: new Random(1),
    markets: [{ kind: 'flow', flow: stillFlow(instrument, levels), history: [], startPrice: 64_000 }],
    accounts: accounts.map((apiKey) => ({ apiKey, balances })),
    onMarket: () => undefined,
    onUser: (event) => events.push(event),
  });
  let names = 0;
  const account = (apiKey = 'one') => {
    const trader = exchange.trader(apiKey);
    return {
      trader,
      place: (order: DeskOrder = {}) => exchange.desk.place(trader, requestOf(order, `o${++names}`)),
      amend: ({ price, size, ...rest }: DeskAmend) =>
        exchange.desk.amend(trader, {
          symbol: SYMBOL,
          side: 'buy',
          modifyId: null,
          reduceOnly: false,
          ...rest,
          price: ticks(price),
          size: lots(size),
        }),
      cancel: (clientId: string) => exchange.desk.cancel(trader, { symbol: SYMBOL, clientId }),
      order: (clientId: string) => trader.orders.find({ symbol: SYMBOL, clientId }),
      position: (side: 'both' | 'long' | 'short' = 'both') => trader.account.position(SYMBOL, side).size,
    };
  };
  return { exchange, events, account, market: exchange.market(SYMBOL) };
}

/** A good-till-cancel buy of two lots far below the market unless told otherwise. */
function requestOf({ price = MID - 1_000, size = 2, ...over }: DeskOrder, clientId: string): PlaceRequest {
  const type = over.type ?? 'limit';
  return {
    symbol: SYMBOL,
    side: 'buy',
    positionSide: 'both',
    type,
    timeInForce: type === 'market' ? 'ioc' : 'gtc',
    selfTrade: 'expire-maker',
    reduceOnly: false,
    clientId,
    ...over,
    price: type === 'market' || price === null ? null : ticks(price),
    size: lots(size),
  };
}

function stillFlow(instrument: Instrument, levels: number): FlowMarket {
  const ladder = (side: Side): FlowAction[] =>
    Array.from({ length: levels }, (_, i) => ({
      kind: 'limit',
      flowId: i * 2 + (side === 'buy' ? 0 : 1),
      side,
      price: ticks(MID + (side === 'buy' ? -1 - i : 1 + i)),
      size: lots(LEVEL_LOTS),
    }));
  return {
    instrument,
    opening: () => [...ladder('buy'), ...ladder('sell')],
    nextDelayMs: () => NEVER_MS,
    act: () => [],
    gone: () => undefined,
  };
}
