/** Conditional orders read from request parameters, and the errors of malformed ones (reference sheet 2026-11, sections 3.2 and 11). */
import type { Instrument } from '../../instrument.ts';
import type { Lots, Ticks } from '../../units.ts';
import { type AlgoRequest, type AlgoType, isLimit, isTrailing } from '../algo-order.ts';
import type { AlgoName } from '../algo-store.ts';
import { ALGO_TIMES, ALGO_TYPES, WORKING_PRICES } from './algo-words.ts';
import { readClientId, readGoodTill, readPositionSide, readPrice, readPriceMatch, readSide, readSize } from './order-params.ts';
import type { Params } from './params.ts';
import { invalidValue, missing, Refusal, refusalOf, superfluous } from './refusal.ts';
import { lookUp, SELF_TRADES } from './words.ts';

const CALLBACK_PERCENT = { min: 0.1, max: 20 } as const;

type Reading = {
  readonly instrument: Instrument;
  readonly params: Params;
  /** The account is in hedge mode. */
  readonly hedge: boolean;
  readonly nowMs: number;
  /** Names the order when the client gave it no name. */
  readonly madeUpId: () => string;
};

export function readAlgo({ instrument, params, hedge, nowMs, madeUpId }: Reading): AlgoRequest {
  if (params.get('algoType') !== 'CONDITIONAL') throw invalidValue('algoType');
  const side = readSide(params);
  const type = readType(params);
  const positionSide = readPositionSide(params, hedge);
  const response = params.find('newOrderRespType') ?? 'ACK';
  if (response !== 'ACK' && response !== 'RESULT') throw invalidValue('newOrderRespType');
  const timeInForce = wordIn(
    ALGO_TIMES,
    params.find('timeInForce') ?? 'GTC',
    () => new Refusal({ code: -1115, message: 'Invalid timeInForce.' }),
  );
  if (timeInForce !== 'gtd' && params.find('goodTillDate') !== undefined) throw superfluous('goodTillDate');
  return {
    symbol: instrument.symbol,
    side,
    positionSide,
    type,
    timeInForce,
    goodTillMs: timeInForce === 'gtd' ? readGoodTill(params, nowMs) : null,
    working: wordIn(WORKING_PRICES, params.find('workingType') ?? 'CONTRACT_PRICE', () => invalidValue('workingType')),
    priceProtect: params.flag('priceProtect'),
    selfTrade: wordIn(
      SELF_TRADES,
      params.find('selfTradePreventionMode') ?? 'NONE',
      () => new Refusal({ code: -5039, message: 'Invalid self trade prevention mode' }),
    ),
    ...readAmount(instrument, params, { type, side, positionSide }),
    ...readLevels(instrument, params, type),
    clientId: readClientId(params, 'clientAlgoId') ?? madeUpId(),
  };
}

/** By algoId or clientAlgoId; the id wins. */
export function readAlgoName(params: Params): AlgoName {
  const [id, clientId] = [params.find('algoId'), params.find('clientAlgoId')];
  if (id !== undefined && !/^\d+$/.test(id)) throw new Refusal({ code: -1100, message: "Illegal characters found in parameter 'algoId'." });
  if (id === undefined && clientId === undefined) throw missing('algoId');
  return { id, clientId };
}

function readType(params: Params): AlgoType {
  return wordIn(ALGO_TYPES, params.get('type'), () => new Refusal({ code: -1116, message: 'Invalid orderType.' }));
}

type Direction = Pick<AlgoRequest, 'type' | 'side' | 'positionSide'>;
type Amount = { readonly size: Lots | null; readonly reduceOnly: boolean };

/** A size, or the whole position: then neither size nor reduceOnly may be given. */
function readAmount(instrument: Instrument, params: Params, { type, side, positionSide }: Direction): Amount {
  const reduceOnly = params.flag('reduceOnly');
  if (!params.flag('closePosition')) return { size: readSize(instrument, params), reduceOnly };
  if (type !== 'stop-market' && type !== 'take-profit-market')
    throw new Refusal({ code: -4136, message: `Target strategy invalid for orderType ${params.get('type')},closePosition true` });
  if (params.find('quantity') !== undefined)
    throw new Refusal({ code: -4137, message: 'Quantity must be zero with closePosition equals true' });
  if (reduceOnly) throw superfluous('reduceonly');
  if (params.find('reduceOnly') !== undefined)
    throw new Refusal({ code: -4138, message: 'Reduce only must be true with closePosition equals true' });
  const opens = (side === 'buy' && positionSide === 'long') || (side === 'sell' && positionSide === 'short');
  if (opens) throw refusalOf({ kind: 'reduce-only' });
  return { size: null, reduceOnly: false };
}

type Levels = Pick<AlgoRequest, 'price' | 'priceMatch' | 'trigger' | 'activate' | 'callbackBps'>;

function readLevels(instrument: Instrument, params: Params, type: AlgoType): Levels {
  for (const name of notFor(type)) if (params.find(name) !== undefined) throw superfluous(name);
  const priced = readPriced(instrument, params, type);
  if (!isTrailing({ type })) return { ...priced, trigger: readTrigger(instrument, params), activate: null, callbackBps: null };
  return { ...priced, trigger: null, activate: readActivate(instrument, params), callbackBps: readCallback(params) };
}

/** A limit order has a price or a place in the book, which is looked up at the trigger. */
function readPriced(instrument: Instrument, params: Params, type: AlgoType): Pick<AlgoRequest, 'price' | 'priceMatch'> {
  const priceMatch = readPriceMatch(params);
  if (priceMatch === 'none') return { price: isLimit({ type }) ? readPrice(instrument, params) : null, priceMatch };
  if (!isLimit({ type })) throw new Refusal({ code: -5038, message: 'Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT' });
  if (params.find('price') !== undefined) throw superfluous('price');
  return { price: null, priceMatch };
}

function notFor(type: AlgoType): readonly string[] {
  if (isTrailing({ type })) return ['price', 'triggerPrice'];
  return isLimit({ type }) ? ['activatePrice', 'callbackRate'] : ['price', 'activatePrice', 'callbackRate'];
}

function readTrigger(instrument: Instrument, params: Params): Ticks {
  if (Number(params.getDecimal('triggerPrice')) <= 0) throw new Refusal({ code: -4006, message: 'Stop price less than zero.' });
  return readPrice(instrument, params, 'triggerPrice');
}

function readActivate(instrument: Instrument, params: Params): Ticks | null {
  if (params.find('activatePrice') === undefined) return null;
  if (Number(params.getDecimal('activatePrice')) <= 0) throw new Refusal({ code: -4135, message: 'Invalid activation price' });
  return readPrice(instrument, params, 'activatePrice');
}

/** In hundredths of a percent. */
function readCallback(params: Params): number {
  const percent = Number(params.getDecimal('callbackRate'));
  const bps = Math.round(percent * 100);
  if (percent < CALLBACK_PERCENT.min || percent > CALLBACK_PERCENT.max || Math.abs(percent * 100 - bps) > 1e-9)
    throw new Refusal({ code: -2007, message: 'Invalid callBack rate.' });
  return bps;
}

function wordIn<T>(words: Readonly<Record<string, T>>, word: string, refuse: () => Refusal): T {
  const value = lookUp(words, word);
  if (value === undefined) throw refuse();
  return value;
}
