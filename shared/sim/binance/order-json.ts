/** Orders and own trades as REST shows them (Binance USD-M docs, trade endpoints; reference sheet 2026-11, section 3). */
import { formatPrice, formatSize, type Instrument, notionalOf } from '../../instrument.ts';
import { type Atoms, atoms, formatAtoms, lots, ZERO_ATOMS } from '../../units.ts';
import type { Amendment } from '../amendments.ts';
import type { OwnTrade, SimOrder } from '../exchange-events.ts';
import { bigId } from './json.ts';
import { positionSideWord, priceMatchWord, selfTradeWord, sideWord, statusWord, timeWord, typeWord } from './words.ts';

/** Average fill price, '0' before the first fill. */
export function averagePrice(instrument: Instrument, { filled, filledNotional }: Pick<SimOrder, 'filled' | 'filledNotional'>): Atoms {
  if (filled === 0) return ZERO_ATOMS;
  return atoms((filledNotional * 100_000_000n) / (BigInt(filled) * instrument.stepAtoms));
}

/** Answer to place, amend and cancel: without avgPrice and cumQuote since 2026-06-30. */
export function resultJson(instrument: Instrument, order: SimOrder): Record<string, unknown> {
  return {
    orderId: bigId(order.id),
    symbol: order.symbol,
    status: statusWord(order),
    clientOrderId: order.clientId,
    price: formatPrice(instrument, order.price),
    origQty: formatSize(instrument, order.size),
    executedQty: formatSize(instrument, order.filled),
    cumQty: formatSize(instrument, order.filled),
    timeInForce: timeWord(order),
    type: typeWord(order),
    ...commonJson(order),
    updateTime: Math.floor(order.updatedMs),
  };
}

/** Answer to an amendment: `modifyId` comes back when it was sent (2026-07-22), the pair since the CM-UM integration. */
export const amendedJson = (instrument: Instrument, order: SimOrder, modifyId: string | null): Record<string, unknown> => ({
  ...resultJson(instrument, order),
  pair: order.symbol,
  ...(modifyId === null ? {} : { modifyId: bigId(modifyId) }),
});

/** Answer to GET order, openOrder, openOrders and allOrders. */
export function queryJson(instrument: Instrument, order: SimOrder): Record<string, unknown> {
  return {
    orderId: bigId(order.id),
    symbol: order.symbol,
    status: statusWord(order),
    clientOrderId: order.clientId,
    price: formatPrice(instrument, order.price),
    avgPrice: formatAtoms(averagePrice(instrument, order)),
    origQty: formatSize(instrument, order.size),
    executedQty: formatSize(instrument, order.filled),
    cumQuote: formatAtoms(order.filledNotional),
    timeInForce: timeWord(order),
    type: typeWord(order),
    ...commonJson(order),
    time: Math.floor(order.createdMs),
    updateTime: Math.floor(order.updatedMs),
  };
}

function commonJson(order: SimOrder): Record<string, unknown> {
  return {
    reduceOnly: order.reduceOnly,
    closePosition: false,
    side: sideWord(order.side),
    positionSide: positionSideWord(order.positionSide),
    stopPrice: '0',
    workingType: 'CONTRACT_PRICE',
    priceProtect: false,
    origType: typeWord(order),
    priceMatch: priceMatchWord(order),
    selfTradePreventionMode: selfTradeWord(order),
    goodTillDate: order.goodTillMs ?? 0,
  };
}

/** One row of orderAmendment. */
export function amendmentJson(instrument: Instrument, { id, order, price, size, modifyId, atMs }: Amendment): Record<string, unknown> {
  return {
    amendmentId: id,
    symbol: order.symbol,
    pair: order.symbol,
    orderId: bigId(order.id),
    clientOrderId: order.clientId,
    time: Math.floor(atMs),
    amendment: {
      price: { before: formatPrice(instrument, price.before), after: formatPrice(instrument, price.after) },
      origQty: { before: formatSize(instrument, size.before), after: formatSize(instrument, size.after) },
      count: order.amends,
      ...(modifyId === null ? {} : { modifyId: bigId(modifyId) }),
    },
    priceMatch: priceMatchWord(order),
  };
}

/** One row of userTrades: it has no client order id. */
export function tradeJson(instrument: Instrument, trade: OwnTrade): Record<string, unknown> {
  const { order } = trade;
  return {
    symbol: order.symbol,
    pair: order.symbol,
    id: trade.id,
    orderId: bigId(order.id),
    side: sideWord(order.side),
    price: formatPrice(instrument, trade.price),
    qty: formatSize(instrument, trade.size),
    realizedPnl: formatAtoms(trade.realized),
    quoteQty: formatAtoms(notionalOf(instrument, { price: trade.price, size: lots(trade.size) })),
    baseQty: '0',
    commission: formatAtoms(trade.fee),
    commissionAsset: trade.feeAsset,
    marginAsset: trade.feeAsset,
    time: Math.floor(trade.atMs),
    positionSide: positionSideWord(order.positionSide),
    buyer: order.side === 'buy',
    maker: trade.maker,
  };
}
