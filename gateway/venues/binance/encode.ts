/** Neutral requests to query parameters. Pure; nothing here signs or sends. Binance USD-M docs, "New Order", "Modify Order" (reference sheet 2026-11, 3.1). */
import { formatPrice, formatSize, type Instrument } from '../../../shared/instrument.ts';
import type { AmendRequest, OrderRequest } from '../venue.ts';
import type { Parameters } from './sign.ts';

const TIMES = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', 'post-only': 'GTX' } as const;

/**
 * Sent with every order, because the venue's pages disagree on the default (15). Of two own orders that meet, the resting one dies: an
 * exit is never stopped by our own quote.
 */
export const SELF_TRADE_MODE = 'EXPIRE_MAKER';

export function placeParameters(request: OrderRequest, instrument: Instrument): Parameters {
  const { symbol, side, kind, price, size, timeInForce, reduceOnly, clientId } = request;
  if (kind === 'limit' && price === null) throw new Error(`Cannot place limit order ${clientId}: it has no price`);
  const limit: Parameters =
    kind === 'limit' && price !== null
      ? [
          ['timeInForce', TIMES[timeInForce]],
          ['price', formatPrice(instrument, price)],
        ]
      : [];
  return [
    ['symbol', symbol],
    ['side', side === 'buy' ? 'BUY' : 'SELL'],
    ['type', kind === 'limit' ? 'LIMIT' : 'MARKET'],
    ['quantity', formatSize(instrument, size)],
    ...limit,
    ...(reduceOnly ? ([['reduceOnly', 'true']] as const) : []),
    ['newClientOrderId', clientId],
    ['selfTradePreventionMode', SELF_TRADE_MODE],
    ['newOrderRespType', 'RESULT'],
  ];
}

/** Price and total size are both mandatory; the venue keeps the order's own self-trade mode. */
export const amendParameters = ({ symbol, clientId, side, price, size }: AmendRequest, instrument: Instrument): Parameters => [
  ['symbol', symbol],
  ['side', side === 'buy' ? 'BUY' : 'SELL'],
  ['quantity', formatSize(instrument, size)],
  ['price', formatPrice(instrument, price)],
  ['origClientOrderId', clientId],
];

/** A JSON list without spaces, every value a string: ids of 19 digits do not survive every JSON number. */
export const batchParameters = (orders: readonly Parameters[]): Parameters => [
  ['batchOrders', JSON.stringify(orders.map((order) => Object.fromEntries(order.map(([name, value]) => [name, String(value)]))))],
];

export const orderParameters = ({ symbol, clientId }: { readonly symbol: string; readonly clientId: string }): Parameters => [
  ['symbol', symbol],
  ['origClientOrderId', clientId],
];

export const venueOrderParameters = ({ symbol, venueId }: { readonly symbol: string; readonly venueId: string }): Parameters => [
  ['symbol', symbol],
  ['orderId', venueId],
];

/** A JSON list without spaces; client ids, because ids of 19 digits do not survive every JSON number. */
export const cancelManyParameters = ({
  symbol,
  clientIds,
}: {
  readonly symbol: string;
  readonly clientIds: readonly string[];
}): Parameters => [
  ['symbol', symbol],
  ['origClientOrderIdList', JSON.stringify(clientIds)],
];

// Stream names: Binance USD-M docs, "Websocket Market Streams" (6); lower case, and percent-encoded for the symbols that are not ASCII

const nameOf = (symbol: string): string => encodeURIComponent(symbol.toLowerCase());

export const publicPath = (symbols: readonly string[]): string =>
  `/public/stream?streams=${symbols.flatMap((symbol) => [`${nameOf(symbol)}@depth@100ms`, `${nameOf(symbol)}@bookTicker`]).join('/')}`;

export const marketPath = (symbols: readonly string[], intervals: readonly string[]): string =>
  `/market/stream?streams=${[
    ...symbols.flatMap((symbol) => [
      `${nameOf(symbol)}@aggTrade`,
      `${nameOf(symbol)}@markPrice@1s`,
      ...intervals.map((interval) => `${nameOf(symbol)}@kline_${interval}`),
    ]),
    '!contractInfo',
  ].join('/')}`;

export const privatePath = (listenKey: string): string => `/private/ws/${encodeURIComponent(listenKey)}`;
