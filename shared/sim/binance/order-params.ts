/** Orders read from request parameters: units, words and the errors of a malformed one (reference sheet 2026-11, sections 3.1 and 11). */
import { parsePrice, parseSize, type Instrument } from '../../instrument.ts';
import { type Lots, type Ticks, decimalsOf, trimDecimal } from '../../units.ts';
import type { Exchange } from '../exchange.ts';
import type { Side } from '../market.ts';
import type { TimeInForce } from '../matching.ts';
import type { AmendRequest, PlaceRequest } from '../order-desk.ts';
import type { OrderName } from '../order-store.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import type { Params } from './params.ts';
import { invalidValue, missing, Refusal, superfluous } from './refusal.ts';
import { SELF_TRADES, SIDES, TIMES_IN_FORCE } from './words.ts';

const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;
/** Moved to the algo service in December 2025. */
const ALGO_TYPES = ['STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET'];

export function readMarket(exchange: Exchange, params: Params): SymbolMarket {
  const market = exchange.markets.get(params.get('symbol'));
  if (!market) throw new Refusal({ code: -1121, message: 'Invalid symbol.' });
  return market;
}

export function findMarket(exchange: Exchange, params: Params): SymbolMarket | null {
  return params.find('symbol') === undefined ? null : readMarket(exchange, params);
}

export type PlaceReading = { readonly request: PlaceRequest; readonly wantsResult: boolean };

/** `madeUpId` names the order when the client gave it no name. */
export function readPlace({ instrument }: SymbolMarket, params: Params, madeUpId: () => string): PlaceReading {
  const type = readType(params);
  const side = readSide(params);
  const positionSide = params.find('positionSide') ?? 'BOTH';
  if (positionSide !== 'BOTH') throw new Refusal({ code: -4061, message: "Order's position side does not match user's setting." });
  const priceMatch = params.find('priceMatch') ?? 'NONE';
  if (priceMatch !== 'NONE') throw invalidValue('priceMatch');
  if (params.find('closePosition')?.toLowerCase() === 'true')
    throw new Refusal({ code: -4136, message: 'Target strategy invalid for orderType LIMIT,closePosition true' });
  const terms = type === 'limit' ? limitTerms(instrument, params) : marketTerms(params);
  const selfTrade = SELF_TRADES[params.find('selfTradePreventionMode') ?? 'EXPIRE_MAKER'];
  if (selfTrade === undefined) throw invalidValue('selfTradePreventionMode');
  const size = readSize(instrument, params);
  const request = {
    symbol: instrument.symbol,
    side,
    positionSide: 'both' as const,
    type,
    ...terms,
    selfTrade,
    size,
    reduceOnly: params.flag('reduceOnly'),
  };
  const response = params.find('newOrderRespType') ?? 'ACK';
  if (response !== 'ACK' && response !== 'RESULT') throw invalidValue('newOrderRespType');
  return { request: { ...request, clientId: readClientId(params) ?? madeUpId() }, wantsResult: response === 'RESULT' };
}

export function readAmend({ instrument }: SymbolMarket, params: Params): AmendRequest {
  const name = readName(instrument.symbol, params);
  const side = readSide(params);
  const size = readSize(instrument, params);
  const price = readPrice(instrument, params);
  return { ...name, side, size, price, modifyId: params.find('modifyId') ?? null, reduceOnly: params.flag('reduceOnly') };
}

/** By orderId or origClientOrderId; the id wins. */
export function readName(symbol: string, params: Params): OrderName {
  const [id, clientId] = [params.find('orderId'), params.find('origClientOrderId')];
  if (id !== undefined && !/^\d+$/.test(id))
    throw new Refusal({ code: -1100, message: "Illegal characters found in parameter 'orderId'." });
  if (id === undefined && clientId === undefined) throw missing('orderId');
  return { symbol, id, clientId };
}

function readType(params: Params): 'limit' | 'market' {
  const word = params.get('type');
  if (ALGO_TYPES.includes(word))
    throw new Refusal({
      code: -4120,
      message: 'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.',
    });
  if (word === 'LIMIT') return 'limit';
  if (word === 'MARKET') return 'market';
  throw new Refusal({ code: -1116, message: 'Invalid orderType.' });
}

function readSide(params: Params): Side {
  const side = SIDES[params.get('side')];
  if (side === undefined) throw new Refusal({ code: -1117, message: 'Invalid side.' });
  return side;
}

type Terms = { readonly timeInForce: TimeInForce; readonly price: Ticks | null };

function limitTerms(instrument: Instrument, params: Params): Terms {
  const timeInForce = TIMES_IN_FORCE[params.get('timeInForce')];
  if (timeInForce === undefined) throw new Refusal({ code: -1115, message: 'Invalid timeInForce.' });
  return { timeInForce, price: readPrice(instrument, params) };
}

function marketTerms(params: Params): Terms {
  for (const name of ['timeInForce', 'price']) if (params.find(name) !== undefined) throw superfluous(name);
  return { timeInForce: 'ioc', price: null };
}

function readPrice(instrument: Instrument, params: Params): Ticks {
  const text = trimDecimal(params.getDecimal('price'));
  if (Number(text) <= 0) throw new Refusal({ code: -4001, message: 'Price less than or equal to zero.' });
  if (decimalsOf(text) > decimalsOf(instrument.tickSize)) throw tooPrecise();
  const price = parsePrice(instrument, text);
  if (price === null) throw new Refusal({ code: -4014, message: 'Price not increased by tick size.' });
  return price;
}

function readSize(instrument: Instrument, params: Params): Lots {
  const text = trimDecimal(params.getDecimal('quantity'));
  if (decimalsOf(text) > decimalsOf(instrument.stepSize)) throw tooPrecise();
  const size = parseSize(instrument, text);
  if (size === null) throw new Refusal({ code: -4023, message: 'Quantity not increased by step size.' });
  return size;
}

function readClientId(params: Params): string | undefined {
  const id = params.find('newClientOrderId');
  if (id !== undefined && !CLIENT_ID.test(id)) throw new Refusal({ code: -4015, message: 'Client order id is not valid.' });
  return id;
}

const tooPrecise = (): Refusal => new Refusal({ code: -1111, message: 'Precision is over the maximum defined for this asset.' });
