/** The venue's words for orders, both ways. */
import type { ExpiryReason, OrderStatus, SimOrder } from '../exchange-events.ts';
import type { Side } from '../market.ts';
import type { SelfTrade, TimeInForce } from '../matching.ts';
import type { PositionSide } from '../position.ts';
import type { PriceMatch } from '../price-match.ts';

/** What a client's word stands for; undefined when the venue has no such word. */
export const lookUp = <T>(words: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(words, word) ? words[word] : undefined;

export const SIDES: Readonly<Record<string, Side>> = { BUY: 'buy', SELL: 'sell' };
export const sideWord = (side: Side): 'BUY' | 'SELL' => (side === 'buy' ? 'BUY' : 'SELL');

export const POSITION_SIDES: Readonly<Record<string, PositionSide>> = { BOTH: 'both', LONG: 'long', SHORT: 'short' };
const POSITION_SIDE_WORDS: Readonly<Record<PositionSide, string>> = { both: 'BOTH', long: 'LONG', short: 'SHORT' };
export const positionSideWord = (side: PositionSide): string => POSITION_SIDE_WORDS[side];

export const TIMES_IN_FORCE: Readonly<Record<string, TimeInForce>> = { GTC: 'gtc', IOC: 'ioc', FOK: 'fok', GTX: 'post-only', GTD: 'gtd' };
const TIME_WORDS: Readonly<Record<TimeInForce, string>> = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', 'post-only': 'GTX', gtd: 'GTD' };

/** OPPONENT_10 and OPPONENT_20 are withdrawn (reference sheet 2026-11, section 0). */
export const PRICE_MATCHES: Readonly<Record<string, PriceMatch>> = {
  NONE: 'none',
  OPPONENT: 'opponent',
  OPPONENT_5: 'opponent-5',
  QUEUE: 'queue',
  QUEUE_5: 'queue-5',
  QUEUE_10: 'queue-10',
  QUEUE_20: 'queue-20',
};
const PRICE_MATCH_WORDS: Readonly<Record<PriceMatch, string>> = {
  none: 'NONE',
  opponent: 'OPPONENT',
  'opponent-5': 'OPPONENT_5',
  queue: 'QUEUE',
  'queue-5': 'QUEUE_5',
  'queue-10': 'QUEUE_10',
  'queue-20': 'QUEUE_20',
};

export const SELF_TRADES: Readonly<Record<string, SelfTrade>> = {
  NONE: 'none',
  EXPIRE_TAKER: 'expire-taker',
  EXPIRE_MAKER: 'expire-maker',
  EXPIRE_BOTH: 'expire-both',
};
const SELF_TRADE_WORDS: Readonly<Record<SelfTrade, string>> = {
  none: 'NONE',
  'expire-taker': 'EXPIRE_TAKER',
  'expire-maker': 'EXPIRE_MAKER',
  'expire-both': 'EXPIRE_BOTH',
};

const STATUS_WORDS: Readonly<Record<OrderStatus, string>> = {
  new: 'NEW',
  'partially-filled': 'PARTIALLY_FILLED',
  filled: 'FILLED',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  'expired-in-match': 'EXPIRED_IN_MATCH',
};

/** ORDER_TRADE_UPDATE `er` (reference sheet 2026-11, section 8.2). */
const EXPIRY_WORDS: Readonly<Record<ExpiryReason, string>> = {
  none: '0',
  'self-trade': '1',
  'ioc-left': '2',
  'ioc-self-trade': '3',
  'reduce-only': '4',
  liquidated: '5',
  delisted: '7',
  'market-left': '9',
};

export const statusWord = (order: Pick<SimOrder, 'status'>): string => STATUS_WORDS[order.status];
export const typeWord = (order: SimOrder): string => (order.type === 'limit' ? 'LIMIT' : 'MARKET');
/** A market order shows GTC, whatever it was entered as. */
export const timeWord = (order: SimOrder): string => (order.type === 'market' ? 'GTC' : TIME_WORDS[order.timeInForce]);
export const priceMatchWord = (order: Pick<SimOrder, 'priceMatch'>): string => PRICE_MATCH_WORDS[order.priceMatch];
export const selfTradeWord = (order: Pick<SimOrder, 'selfTrade'>): string => SELF_TRADE_WORDS[order.selfTrade];
export const expiryWord = (order: SimOrder): string => EXPIRY_WORDS[order.expiry];
