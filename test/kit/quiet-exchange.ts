/** An exchange whose public does nothing by itself: a ladder of orders around 64,000, and a second account that moves the price. */
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import { Exchange, type ExchangeOptions } from '../../shared/sim/exchange.ts';
import type { UserEvent } from '../../shared/sim/exchange-events.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import type { FlowAction, FlowMarket, Side } from '../../shared/sim/market.ts';
import type { PlaceRequest, Trader } from '../../shared/sim/order-desk.ts';
import { lots, parseAtoms, ticks, ZERO_ATOMS } from '../../shared/units.ts';

export const QUIET_START_MS = 1_700_000_000_000;
export const SYMBOL = 'BTCUSDT';
const START_TICKS = 640_000;
/** One order of 1 BTC each whole dollar, this far to both sides. */
const LADDER_DOLLARS = 3_000;
const NEVER_MS = 1e12;

export const QUIET_INSTRUMENT = quietInstrument();

export type QuietExchange = {
  readonly exchange: Exchange;
  readonly user: Trader;
  /** Events of the account under test, oldest first. */
  readonly events: readonly UserEvent[];
  /** Takes everything up to that price from one side of the book, then one lot there: the last price is exactly it. */
  readonly trade: (price: number) => void;
  readonly order: (over: Partial<PlaceRequest>) => void;
};

export function openQuietExchange(over: Partial<ExchangeOptions> = {}): QuietExchange {
  const events: UserEvent[] = [];
  const funds = { USDT: parseAtoms('1000000000') ?? ZERO_ATOMS };
  const exchange = new Exchange({
    startMs: QUIET_START_MS,
    random: new Random(1),
    markets: [{ kind: 'flow', flow: quietFlow(), again: quietFlow, history: [], startPrice: START_TICKS / 10 }],
    accounts: [
      { apiKey: 'user', balances: { USDT: parseAtoms('100000') ?? ZERO_ATOMS } },
      { apiKey: 'mover', balances: funds },
    ],
    onMarket: () => undefined,
    onUser: (event) => {
      if (event.apiKey === 'user') events.push(event);
    },
    ...over,
  });
  const mover = exchange.trader('mover');
  mover.account.set(SYMBOL, { leverage: 1 }); // may hold as much as it likes
  const user = exchange.trader('user');
  let moves = 0;
  const place = (trader: Trader, request: Partial<PlaceRequest>): void => {
    const placed = exchange.desk.place(trader, { ...MARKET_BUY, clientId: `m${++moves}`, ...request });
    if (!placed.ok) throw new Error(`Cannot place in the quiet market: ${placed.error.kind}`);
  };
  const limit = (side: Side, price: number, size: number): void =>
    place(mover, { type: 'limit', timeInForce: 'gtc', selfTrade: 'none', side, price: ticks(price), size: lots(size) });
  const trade = (price: number): void => {
    const side = price >= (exchange.market(SYMBOL).best('sell')?.price ?? price) ? 'buy' : 'sell';
    for (;;) {
      const best = exchange.market(SYMBOL).best(side === 'buy' ? 'sell' : 'buy');
      if (!best || (side === 'buy' ? best.price >= price : best.price <= price)) break;
      limit(side, best.price, best.size);
    }
    if (exchange.market(SYMBOL).best(side === 'buy' ? 'sell' : 'buy')?.price !== price)
      limit(side === 'buy' ? 'sell' : 'buy', price, 1_000);
    limit(side, price, 1);
    exchange.advance(exchange.nowMs);
  };
  return { exchange, user, events, trade, order: (request) => place(user, request) };
}

const MARKET_BUY: PlaceRequest = {
  symbol: SYMBOL,
  side: 'buy',
  positionSide: 'both',
  type: 'market',
  timeInForce: 'ioc',
  selfTrade: 'none',
  price: null,
  size: lots(10),
  reduceOnly: false,
  clientId: 'm',
};

function quietInstrument(): Instrument {
  const found = findInstrument(SYMBOL);
  const instrument = found ? makeInstrument(found.spec) : 'it is unknown';
  if (typeof instrument === 'string') throw new Error(`Cannot open ${SYMBOL}: ${instrument}`);
  return instrument;
}

function quietFlow(): FlowMarket {
  const steps = Array.from({ length: LADDER_DOLLARS }, (_, at) => at + 1);
  const rung = (side: Side, dollars: number): FlowAction => ({
    kind: 'limit',
    flowId: dollars * 2 + (side === 'buy' ? 0 : 1),
    side,
    price: ticks(START_TICKS + (side === 'buy' ? -10 : 10) * dollars),
    size: lots(1_000),
  });
  return {
    instrument: QUIET_INSTRUMENT,
    opening: () => steps.flatMap((dollars) => [rung('buy', dollars), rung('sell', dollars)]),
    nextDelayMs: () => NEVER_MS,
    act: () => [],
    gone: () => undefined,
  };
}
