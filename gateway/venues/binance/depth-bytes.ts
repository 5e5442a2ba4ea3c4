/**
 * Hot path: one depth message, from the bytes of its frame to whole ticks and lots, without a text in between. Strict about the one form
 * that the venue sends, byte for byte; on anything else it gives up, and the readers of text decide what it is.
 * Binance USD-M docs, "Diff. Book Depth Streams" (reference sheet 2026-11, 6).
 */
import type { Instrument } from '../../../shared/instrument.ts';
import { type DepthScale, depthScale, type SentFrame, type Steps } from './depth-frame.ts';

/** Null: not in the usual form. */
export type ByteReader = (bytes: Uint8Array) => SentFrame | null;

const [QUOTE, COMMA, DOT, ZERO, NINE, OPEN, CLOSE, BACKSLASH, END] = [34, 44, 46, 48, 57, 91, 93, 92, 125];
const DIGITS_MAX = 15; // any 15 digits are exact in a double

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const STREAM = bytesOf('{"stream":"');
const DATA = bytesOf('","data":{"e":"depthUpdate","E":');
const TIME = bytesOf(',"T":');
const SYMBOL = bytesOf(',"s":"');
const FIRST = bytesOf('","U":');
const LAST = bytesOf(',"u":');
const PREVIOUS = bytesOf(',"pu":');
const BIDS = bytesOf(',"b":[');
const ASKS = bytesOf(',"a":[');

/** For the given instruments. */
export function byteReader(instruments: Iterable<Instrument>): ByteReader {
  const known = new Known([...instruments].map(depthScale));
  return (bytes) => readBytes(bytes, known);
}

function readBytes(bytes: Uint8Array, known: Known): SentFrame | null {
  let at = nameEnd(bytes, literal(bytes, 0, STREAM));
  const sentMs = whole(bytes, literal(bytes, at, DATA));
  const exchangeMs = whole(bytes, literal(bytes, cursor, TIME));
  at = literal(bytes, cursor, SYMBOL);
  const scale = known.at(bytes, at);
  const firstId = whole(bytes, literal(bytes, cursor, FIRST));
  const lastId = whole(bytes, literal(bytes, cursor, LAST));
  const previousId = whole(bytes, literal(bytes, cursor, PREVIOUS));
  if (scale === null || cursor < 0 || firstId > lastId || previousId >= lastId) return null;
  const bids: number[] = [];
  const asks: number[] = [];
  at = levels(bytes, literal(bytes, cursor, BIDS), { scale, into: bids });
  at = levels(bytes, literal(bytes, at, ASKS), { scale, into: asks });
  if (at < 0 || at !== bytes.length - 2 || bytes[at] !== END || bytes[at + 1] !== END) return null;
  return { symbol: scale.symbol, firstId, lastId, previousId, exchangeMs, sentMs, bids, asks };
}

/** Scales by the bytes of their symbols. */
class Known {
  readonly #bySum = new Map<number, { readonly name: Uint8Array; readonly scale: DepthScale }[]>();

  constructor(scales: readonly DepthScale[]) {
    for (const scale of scales) {
      const name = bytesOf(scale.symbol);
      const sum = sumOf(name, 0, name.length);
      this.#bySum.set(sum, [...(this.#bySum.get(sum) ?? []), { name, scale }]);
    }
  }

  /** That of the name at `from`, up to its closing quote; null of an unknown one. */
  at(bytes: Uint8Array, from: number): DepthScale | null {
    const end = nameEnd(bytes, from);
    cursor = end;
    if (end < 0) return null;
    for (const { name, scale } of this.#bySum.get(sumOf(bytes, from, end)) ?? [])
      if (name.length === end - from && literal(bytes, from, name) === end) return scale;
    return null;
  }
}

function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum = (Math.imul(sum, 31) + (bytes[at] ?? 0)) | 0;
  return sum;
}

/** Behind what was read last; below zero once anything was not as it should be. Every reader passes such a position on. */
let cursor = 0;

/** Position behind the literal that stands at `at`; -1 when another stands there. */
function literal(bytes: Uint8Array, at: number, wanted: Uint8Array): number {
  if (at < 0) return -1;
  for (let n = 0; n < wanted.length; n++) if (bytes[at + n] !== wanted[n]) return -1;
  return at + wanted.length;
}

/** Position of the quote that ends a plain name. */
function nameEnd(bytes: Uint8Array, from: number): number {
  if (from < 0) return -1;
  let at = from;
  for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at])
    if (byte === undefined || byte === BACKSLASH || byte < 32 || byte > 126) return -1;
  return at;
}

/** A whole number as JSON writes it, of at most fifteen digits. */
function whole(bytes: Uint8Array, from: number): number {
  cursor = -1;
  if (from < 0) return -1;
  let value = 0;
  let at = from;
  for (let byte = bytes[at] as number; byte >= ZERO && byte <= NINE; byte = bytes[++at] as number) value = value * 10 + (byte - ZERO);
  const digits = at - from;
  if (digits === 0 || digits > DIGITS_MAX || (digits > 1 && bytes[from] === ZERO)) return -1;
  cursor = at;
  return value;
}

type List = { readonly scale: DepthScale; readonly into: number[] };

/** `["price","size"],…]` from after the opening bracket; the position behind the closing one, or -1. */
function levels(bytes: Uint8Array, from: number, { scale: { price, size }, into }: List): number {
  if (from < 0) return -1;
  if (bytes[from] === CLOSE) return from + 1;
  for (let at = from; ; ) {
    if (bytes[at] !== OPEN || bytes[at + 1] !== QUOTE) return -1;
    const ticks = steps(bytes, at + 2, price);
    if (ticks < 1 || bytes[cursor] !== COMMA || bytes[cursor + 1] !== QUOTE) return -1;
    const lots = steps(bytes, cursor + 2, size);
    if (lots < 0 || bytes[cursor] !== CLOSE) return -1;
    into.push(ticks, lots);
    const next = bytes[cursor + 1];
    if (next === CLOSE) return cursor + 2;
    if (next !== COMMA) return -1;
    at = cursor + 2;
  }
}

/** Steps in the plain decimal at `from`, up to its closing quote; -1 when it is anything else, or off step. A byte beyond the end is no digit. */
function steps(bytes: Uint8Array, from: number, { scale, unit }: Steps): number {
  let at = from;
  let count = 0;
  let byte = bytes[at] as number;
  while (byte >= ZERO && byte <= NINE) {
    count = count * 10 + (byte - ZERO);
    byte = bytes[++at] as number;
  }
  if (at === from) return -1;
  let left = scale;
  if (byte === DOT) {
    byte = bytes[++at] as number;
    while (left > 0 && byte >= ZERO && byte <= NINE) {
      count = count * 10 + (byte - ZERO);
      left--;
      byte = bytes[++at] as number;
    }
    while (byte === ZERO) byte = bytes[++at] as number;
    if (bytes[at - 1] === DOT) return -1;
  }
  if (byte !== QUOTE || at - from > DIGITS_MAX) return -1; // another digit here is finer than the step
  for (; left > 0; left--) count *= 10;
  cursor = at + 1;
  if (count > Number.MAX_SAFE_INTEGER) return -1;
  if (unit === 1) return count;
  return count % unit === 0 ? count / unit : -1;
}
