/** Orders read from request parameters: units, words and the errors of a malformed one (reference sheet 2026-11, sections 3.1 and 11). */
import { parsePrice, parseSize, type Instrument } from '../../instrument.ts';
import { type Lots, type Ticks, decimalsOf, trimDecimal } from '../../units.ts';
import type { Exchange } from '../exchange.ts';
import type { Side } from '../market.ts';
import type { TimeInForce } from '../matching.ts';
import type { AmendRequest, PlaceRequest } from '../order-desk.ts';
import type { OrderName } from '../order-store.ts';
import type { PositionSide } from '../position.ts';
import { matchedPrice, type PriceMatch } from '../price-match.ts';
import type { SymbolMarket } from '../symbol-market.ts';
import type { Params } from './params.ts';
import { invalidValue, missing, Refusal, superfluous } from './refusal.ts';
import { lookUp, POSITION_SIDES, PRICE_MATCHES, SELF_TRADES, SIDES, TIMES_IN_FORCE } from './words.ts';

const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;
const GOOD_TILL_AHEAD_MS = 600_000;
const GOOD_TILL_MAX_MS = 253_402_300_799_000;
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

export type PlaceContext = {
  /** Whether the account is in hedge mode. */
  readonly hedge: boolean;
  readonly nowMs: number;
  /** Names the order when the client gave it no name. */
  readonly madeUpId: () => string;
};

export function readPlace(market: SymbolMarket, params: Params, { hedge, nowMs, madeUpId }: PlaceContext): PlaceReading {
  const { instrument } = market;
  const type = readType(params);
  const side = readSide(params);
  const positionSide = readPositionSide(params, hedge);
  if (params.find('closePosition')?.toLowerCase() === 'true')
    throw new Refusal({ code: -4136, message: 'Target strategy invalid for orderType LIMIT,closePosition true' });
  const terms = type === 'limit' ? limitTerms(market, params, { side, nowMs }) : marketTerms(params);
  const selfTrade = lookUp(SELF_TRADES, params.find('selfTradePreventionMode') ?? 'EXPIRE_MAKER');
  if (selfTrade === undefined) throw new Refusal({ code: -5039, message: 'Invalid self trade prevention mode' });
  const size = readSize(instrument, params);
  const reduceOnly = params.flag('reduceOnly');
  const response = params.find('newOrderRespType') ?? 'ACK';
  if (response !== 'ACK' && response !== 'RESULT') throw invalidValue('newOrderRespType');
  const clientId = readClientId(params) ?? madeUpId();
  const request = { symbol: instrument.symbol, side, positionSide, type, ...terms, selfTrade, size, reduceOnly, clientId };
  return { request, wantsResult: response === 'RESULT' };
}

export function readAmend(market: SymbolMarket, params: Params): AmendRequest {
  const { instrument } = market;
  const name = readName(instrument.symbol, params);
  const side = readSide(params);
  const size = readSize(instrument, params);
  const priced = readPriced(market, params, side);
  return { ...name, side, size, ...priced, modifyId: readModifyId(params), reduceOnly: params.flag('reduceOnly') };
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

export function readSide(params: Params): Side {
  const side = lookUp(SIDES, params.get('side'));
  if (side === undefined) throw new Refusal({ code: -1117, message: 'Invalid side.' });
  return side;
}

/** One-way mode knows BOTH only, hedge mode LONG and SHORT only, and no reduceOnly: there the sides say what closes. */
export function readPositionSide(params: Params, hedge: boolean): PositionSide {
  const side = lookUp(POSITION_SIDES, params.find('positionSide') ?? 'BOTH');
  if (side === undefined) throw new Refusal({ code: -4060, message: 'Invalid position side.' });
  if (hedge === (side === 'both')) throw new Refusal({ code: -4061, message: "Order's position side does not match user's setting." });
  if (hedge && params.find('reduceOnly') !== undefined)
    throw new Refusal({ code: -4062, message: 'Invalid or improper reduceOnly value.' });
  return side;
}

/** Any whole number; it is echoed digit for digit. */
function readModifyId(params: Params): string | null {
  const id = params.find('modifyId');
  if (id !== undefined && !/^-?\d{1,19}$/.test(id))
    throw new Refusal({ code: -1100, message: "Illegal characters found in parameter 'modifyId'." });
  return id ?? null;
}

type Priced = { readonly price: Ticks; readonly priceMatch: PriceMatch };
type Terms = {
  readonly timeInForce: TimeInForce;
  readonly price: Ticks | null;
  readonly priceMatch?: PriceMatch;
  readonly goodTillMs?: number;
};

function limitTerms(market: SymbolMarket, params: Params, { side, nowMs }: { readonly side: Side; readonly nowMs: number }): Terms {
  const word = params.get('timeInForce');
  // hidden from the public book and open to designated market makers only
  if (word === 'RPI') throw new Refusal({ code: -4088, message: 'User can not place order currently' });
  const timeInForce = lookUp(TIMES_IN_FORCE, word);
  if (timeInForce === undefined) throw new Refusal({ code: -1115, message: 'Invalid timeInForce.' });
  const priced = readPriced(market, params, side);
  if (timeInForce === 'gtd') return { timeInForce, ...priced, goodTillMs: readGoodTill(params, nowMs) };
  if (params.find('goodTillDate') !== undefined) throw superfluous('goodTillDate');
  return { timeInForce, ...priced };
}

function marketTerms(params: Params): Terms {
  for (const name of ['timeInForce', 'price', 'goodTillDate']) if (params.find(name) !== undefined) throw superfluous(name);
  if (readPriceMatch(params) !== 'none')
    throw new Refusal({ code: -5038, message: 'Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT' });
  return { timeInForce: 'ioc', price: null };
}

/** Whole seconds, more than ten minutes ahead (reference sheet 2026-11, section 3.1). */
export function readGoodTill(params: Params, nowMs: number): number {
  const asked = params.getWhole('goodTillDate');
  if (asked <= nowMs + GOOD_TILL_AHEAD_MS || asked >= GOOD_TILL_MAX_MS) {
    const rule = `greater than the current time plus ${GOOD_TILL_AHEAD_MS / 1_000} seconds and smaller than ${GOOD_TILL_MAX_MS}`;
    throw new Refusal({ code: -5040, message: `The goodTillDate timestamp must be ${rule}` });
  }
  return Math.floor(asked / 1_000) * 1_000;
}

/** The client's price, or the one its `priceMatch` finds in the book now; never both. */
function readPriced(market: SymbolMarket, params: Params, side: Side): Priced {
  const priceMatch = readPriceMatch(params);
  if (priceMatch === 'none') return { price: readPrice(market.instrument, params), priceMatch };
  if (params.find('price') !== undefined) throw superfluous('price');
  const price = matchedPrice(market, { side, match: priceMatch });
  if (price === null) throw new Refusal({ code: -5041, message: 'No depth matches this BBO order' });
  return { price, priceMatch };
}

export function readPriceMatch(params: Params): PriceMatch {
  const match = lookUp(PRICE_MATCHES, params.find('priceMatch') ?? 'NONE');
  if (match === undefined) throw new Refusal({ code: -5037, message: 'Invalid price match' });
  return match;
}

export function readPrice(instrument: Instrument, params: Params, name = 'price'): Ticks {
  const text = trimDecimal(params.getDecimal(name));
  if (Number(text) <= 0) throw new Refusal({ code: -4001, message: 'Price less than or equal to zero.' });
  if (decimalsOf(text) > decimalsOf(instrument.tickSize)) throw tooPrecise();
  const price = parsePrice(instrument, text);
  if (price === null) throw new Refusal({ code: -4014, message: 'Price not increased by tick size.' });
  return price;
}

export function readSize(instrument: Instrument, params: Params): Lots {
  const text = trimDecimal(params.getDecimal('quantity'));
  if (decimalsOf(text) > decimalsOf(instrument.stepSize)) throw tooPrecise();
  const size = parseSize(instrument, text);
  if (size === null) throw new Refusal({ code: -4023, message: 'Quantity not increased by step size.' });
  return size;
}

export function readClientId(params: Params, name = 'newClientOrderId'): string | undefined {
  const id = params.find(name);
  if (id !== undefined && !CLIENT_ID.test(id)) throw new Refusal({ code: -4015, message: 'Client order id is not valid.' });
  return id;
}

const tooPrecise = (): Refusal => new Refusal({ code: -1111, message: 'Precision is over the maximum defined for this asset.' });
