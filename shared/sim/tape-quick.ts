/**
 * The messages that a recording is full of, read from their text without making an object of every field: best prices, trades and depth
 * in just the form that the venue sends. Strict: whatever looks any other way is null here, and left to JSON, which decides what it is.
 */
import type { Level, TapeFrame } from './market.ts';

type Depth = Extract<TapeFrame, { kind: 'depth' }>;
/** Digits of prices and sizes without their points, alternating; all prices have as many decimals, and all sizes. */
export type ScannedLevels = {
  readonly bids: readonly number[];
  readonly asks: readonly number[];
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
};
export type QuickLine = { readonly frame: TapeFrame; readonly eventMs: number };

const WHOLE = '(0|[1-9]\\d{0,14})';
const DECIMAL = '"(\\d+(?:\\.\\d+)?)"';
const SYMBOL = '"([A-Z0-9_]+)"';
const pattern = (...parts: readonly string[]): RegExp => new RegExp(`^\\{"stream":"[^"\\\\]*","data":\\{${parts.join(',')}\\}\\}$`);
const BEST = pattern(
  ...['"e":"bookTicker"', `"u":${WHOLE}`, `"s":${SYMBOL}`, `"b":${DECIMAL}`, `"B":${DECIMAL}`, `"a":${DECIMAL}`, `"A":${DECIMAL}`],
  ...[`"T":${WHOLE}`, `"E":${WHOLE}`],
);
const TRADE = pattern(
  ...['"e":"trade"', `"E":${WHOLE}`, `"T":${WHOLE}`, `"s":${SYMBOL}`, `"t":${WHOLE}`, `"p":${DECIMAL}`, `"q":${DECIMAL}`],
  ...['"X":"[A-Z_]*"', '"m":(true|false)'],
);
const HEAD = new RegExp(
  `^\\{"stream":"[^"\\\\]*","data":\\{"e":"depthUpdate","E":${WHOLE},"T":${WHOLE},"s":${SYMBOL},"U":${WHOLE},"u":${WHOLE},"pu":${WHOLE},"b":\\[`,
);
const DATA = ',"data":';
const ASKS = ',"a":[';

/** Text of a frame of a combined stream. */
export function quickLine(text: string, atMs: number): QuickLine | null {
  const from = text.indexOf(DATA) + DATA.length;
  switch (text.charCodeAt(from + KIND_AT)) {
    case LETTER_B:
      return bestOf(text, { atMs, from });
    case LETTER_T:
      return tradeOf(text, { atMs, from });
    case LETTER_D:
      return depthOf(text, { atMs, from });
    default:
      return null;
  }
}

/** First letter of the event's name, in `{"e":"…`. */
const KIND_AT = 6;
const [LETTER_B, LETTER_D, LETTER_T] = [98, 100, 116];
type Place = { readonly atMs: number; readonly from: number };

function bestOf(text: string, { atMs, from }: Place): QuickLine | null {
  const found = BEST.exec(text);
  return found && { frame: { kind: 'best', atMs, symbol: found[2] ?? '', raw: text.slice(from, -1) }, eventMs: Number(found[8]) };
}

function tradeOf(text: string, { atMs, from }: Place): QuickLine | null {
  const found = TRADE.exec(text);
  if (!found) return null;
  const [, eventMs, , symbol = '', tradeId = '', price = '', size = '', maker] = found;
  const told = { tradeId, price, size, buyerIsMaker: maker === 'true', aggregate: false };
  return { frame: { kind: 'trade', atMs, symbol, raw: text.slice(from, -1), ...told }, eventMs: Number(eventMs) };
}

function depthOf(text: string, { atMs, from }: Place): QuickLine | null {
  const head = HEAD.exec(text);
  if (!head) return null;
  const shape: Shape = { priceDecimals: -1, sizeDecimals: -1 };
  const [bids, asks]: [number[], number[]] = [[], []];
  const end = scanList(text, { from: head[0].length, into: bids, shape });
  if (end < 0 || !text.startsWith(ASKS, end)) return null;
  const last = scanList(text, { from: end + ASKS.length, into: asks, shape });
  if (last < 0 || last !== text.length - 2 || !text.endsWith('}}')) return null;
  const ids = { first: Number(head[4]), last: Number(head[5]), previous: Number(head[6]) };
  const named = { atMs, symbol: head[3] ?? '', raw: text.slice(from, -1) };
  return { frame: new ScannedDepth({ ...named, ...ids, scanned: { bids, asks, ...shape } }), eventMs: Number(head[1]) };
}

/** A depth message whose levels are numbers already; their texts are made for whoever asks. */
export class ScannedDepth implements Depth {
  readonly kind = 'depth';
  readonly atMs: number;
  readonly symbol: string;
  readonly raw: string;
  readonly first: number;
  readonly last: number;
  readonly previous: number;
  readonly scanned: ScannedLevels;

  constructor(told: Omit<ScannedDepth, 'kind' | 'bids' | 'asks' | 'at'>) {
    this.atMs = told.atMs;
    this.symbol = told.symbol;
    this.raw = told.raw;
    this.first = told.first;
    this.last = told.last;
    this.previous = told.previous;
    this.scanned = told.scanned;
  }

  get bids(): readonly Level[] {
    return textsOf(this.scanned.bids, this.scanned);
  }

  get asks(): readonly Level[] {
    return textsOf(this.scanned.asks, this.scanned);
  }

  /** The same at another time. */
  at(atMs: number): ScannedDepth {
    const { symbol, raw, first, last, previous, scanned } = this;
    return new ScannedDepth({ atMs, symbol, raw, first, last, previous, scanned });
  }
}

/** The same frame at another time. */
export const frameAt = (frame: TapeFrame, atMs: number): TapeFrame => (frame instanceof ScannedDepth ? frame.at(atMs) : { ...frame, atMs });

/** As sent: every number has the decimals of all. */
function textsOf(flat: readonly number[], { priceDecimals, sizeDecimals }: ScannedLevels): readonly Level[] {
  const levels: Level[] = [];
  for (let n = 0; n < flat.length; n += 2) levels.push([written(flat[n] ?? 0, priceDecimals), written(flat[n + 1] ?? 0, sizeDecimals)]);
  return levels;
}

function written(digits: number, decimals: number): string {
  const text = String(digits).padStart(decimals + 1, '0');
  return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}

/** Decimals of the numbers read so far; -1 before the first. */
type Shape = { priceDecimals: number; sizeDecimals: number };
type List = { readonly from: number; readonly into: number[]; readonly shape: Shape };

const [QUOTE, COMMA, DOT, ZERO, NINE, OPEN, CLOSE] = [34, 44, 46, 48, 57, 91, 93];
const DIGITS_MAX = 15; // any 15 digits are exact in a double

/** Behind the number that `scanNumber` read last, its closing quote included, and how many decimals it had. */
let cursor = 0;
let decimals = 0;

/** `["price","size"],…]` from after the opening bracket; the position after the closing one, or -1. */
function scanList(text: string, { from, into, shape }: List): number {
  let at = from;
  if (text.charCodeAt(at) === CLOSE) return at + 1;
  for (;;) {
    if (text.charCodeAt(at) !== OPEN || text.charCodeAt(at + 1) !== QUOTE) return -1;
    const price = scanNumber(text, at + 2);
    if (price < 0 || text.charCodeAt(cursor) !== COMMA || text.charCodeAt(cursor + 1) !== QUOTE) return -1;
    if (decimals !== shape.priceDecimals) {
      if (shape.priceDecimals >= 0) return -1;
      shape.priceDecimals = decimals;
    }
    const size = scanNumber(text, cursor + 2);
    if (size < 0 || text.charCodeAt(cursor) !== CLOSE) return -1;
    if (decimals !== shape.sizeDecimals) {
      if (shape.sizeDecimals >= 0) return -1;
      shape.sizeDecimals = decimals;
    }
    into.push(price, size);
    const next = text.charCodeAt(cursor + 1);
    if (next === CLOSE) return cursor + 2;
    if (next !== COMMA) return -1;
    at = cursor + 2;
  }
}

/** All digits of a plain decimal up to its closing quote; -1 when it is anything else, or would be written in another way again. */
function scanNumber(text: string, from: number): number {
  let digits = 0;
  let point = -1;
  let at = from;
  let code = text.charCodeAt(at);
  for (; code !== QUOTE; code = text.charCodeAt(++at)) {
    if (code >= ZERO && code <= NINE) digits = digits * 10 + (code - ZERO);
    else if (code === DOT && point < 0 && at > from) point = at;
    else return -1; // the end of the text as well
  }
  if (at === from || at - from > DIGITS_MAX || point === at - 1) return -1;
  const whole = point < 0 ? at - from : point - from;
  if (whole > 1 && text.charCodeAt(from) === ZERO) return -1;
  decimals = point < 0 ? 0 : at - point - 1;
  cursor = at + 1;
  return digits;
}
