/** Conditional orders as REST and the private stream show them (Binance USD-M docs, algo orders; reference sheet 2026-11, sections 3.2 and 8.6). */
import { formatPrice, formatSize, type Instrument } from '../../instrument.ts';
import { formatAtoms, lots, parseAtoms, type Ticks, ZERO_ATOMS } from '../../units.ts';
import type { AlgoOrder } from '../algo-order.ts';
import { algoStatusWord, algoTimeWord, algoTypeWord, reasonWord, workingWord } from './algo-words.ts';
import { bigId } from './json.ts';
import { averagePrice } from './order-json.ts';
import { positionSideWord, priceMatchWord, selfTradeWord, sideWord } from './words.ts';

/** Answer to a placement. */
export function algoPlacedJson(instrument: Instrument, order: AlgoOrder): Record<string, unknown> {
  return {
    ...headJson(instrument, order),
    ...tailJson(instrument, order),
    icebergQuantity: null,
    ...trailingJson(instrument, order),
    ...timesJson(order),
  };
}

/** Answer to the queries: with what became of it in the market. */
export function algoQueryJson(instrument: Instrument, order: AlgoOrder): Record<string, unknown> {
  const { child } = order;
  return {
    ...headJson(instrument, order),
    actualOrderId: child?.id ?? '',
    actualPrice: child ? averageOf(instrument, child) : '0',
    actualQty: child ? formatSize(instrument, child.filled) : '0',
    actualType: child ? child.type.toUpperCase() : '',
    ...tailJson(instrument, order),
    icebergQuantity: null,
    tpTriggerPrice: '0',
    tpPrice: '0',
    slTriggerPrice: '0',
    slPrice: '0',
    tpOrderType: '',
    ...trailingJson(instrument, order),
    ...timesJson(order),
  };
}

/** `o` of ALGO_UPDATE. */
export function algoUpdate(instrument: Instrument, order: AlgoOrder): Record<string, unknown> {
  const { child } = order;
  return {
    caid: order.clientId,
    aid: bigId(order.id),
    at: 'CONDITIONAL',
    o: algoTypeWord(order),
    s: order.symbol,
    S: sideWord(order.side),
    ps: positionSideWord(order.positionSide),
    f: algoTimeWord(order),
    q: sizeOf(instrument, order),
    X: algoStatusWord(order),
    ai: child?.id ?? '',
    ap: child ? averageOf(instrument, child) : '0',
    aq: child ? formatSize(instrument, child.filled) : '0',
    act: child ? child.type.toUpperCase() : '0',
    tp: priceOf(instrument, order.trigger),
    p: priceOf(instrument, order.price),
    V: selfTradeWord(order),
    wt: workingWord(order),
    pm: priceMatchWord(order),
    cp: order.size === null,
    pP: order.priceProtect,
    R: order.reduceOnly,
    tt: Math.floor(order.triggeredMs),
    gtd: order.goodTillMs ?? 0,
    rm: reasonWord(order.reason),
    ia: order.activated,
  };
}

function headJson(instrument: Instrument, order: AlgoOrder): Record<string, unknown> {
  return {
    algoId: bigId(order.id),
    clientAlgoId: order.clientId,
    algoType: 'CONDITIONAL',
    orderType: algoTypeWord(order),
    symbol: order.symbol,
    side: sideWord(order.side),
    positionSide: positionSideWord(order.positionSide),
    timeInForce: algoTimeWord(order),
    quantity: sizeOf(instrument, order),
    algoStatus: algoStatusWord(order),
  };
}

function tailJson(instrument: Instrument, order: AlgoOrder): Record<string, unknown> {
  return {
    triggerPrice: priceOf(instrument, order.trigger),
    price: priceOf(instrument, order.price),
    selfTradePreventionMode: selfTradeWord(order),
    workingType: workingWord(order),
    priceMatch: priceMatchWord(order),
    closePosition: order.size === null,
    priceProtect: order.priceProtect,
    reduceOnly: order.reduceOnly,
  };
}

/** Empty for all but trailing stops. */
const trailingJson = (instrument: Instrument, { activate, callbackBps }: AlgoOrder): Record<string, unknown> => ({
  activatePrice: activate === null ? '' : formatPrice(instrument, activate),
  callbackRate: callbackBps === null ? '' : String(callbackBps / 100),
});

const timesJson = (order: AlgoOrder): Record<string, unknown> => ({
  createTime: Math.floor(order.createdMs),
  updateTime: Math.floor(order.updatedMs),
  triggerTime: Math.floor(order.triggeredMs),
  goodTillDate: order.goodTillMs ?? 0,
});

function averageOf(instrument: Instrument, { filled, filledNotional }: NonNullable<AlgoOrder['child']>): string {
  return formatAtoms(averagePrice(instrument, { filled, filledNotional: parseAtoms(filledNotional) ?? ZERO_ATOMS }));
}

const priceOf = (instrument: Instrument, price: Ticks | null): string => (price === null ? '0' : formatPrice(instrument, price));
const sizeOf = (instrument: Instrument, { size }: AlgoOrder): string => formatSize(instrument, size ?? lots(0));
