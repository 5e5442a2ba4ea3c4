/**
 * Reads the level lists of a depth message straight from its text, without making a string for each number, and leaves the rest of the
 * message to JSON. Strict about the form the venue sends; on anything else it gives up, and the ordinary reader decides.
 */
import type { DepthScale, Steps } from './depth-frame.ts';

/** `head` is the message with both lists replaced by `LISTS_OUT`, so that what stood around them can still be checked. */
export type Scanned = { readonly head: string; readonly bids: number[]; readonly asks: number[] };
export const LISTS_OUT = '(levels)';

const [QUOTE, COMMA, DOT, ZERO, NINE, OPEN, CLOSE] = [34, 44, 46, 48, 57, 91, 93];
const DIGITS_MAX = 15; // any 15 digits are exact in a double
const BIDS = '"b":[';
const ASKS = '"a":[';

/** Null when a list is missing, not in the usual place, or holds anything but exact levels. */
export function scanLists(text: string, scale: DepthScale): Scanned | null {
  const bidsAt = text.indexOf(BIDS) + BIDS.length;
  if (bidsAt < BIDS.length) return null;
  const bids: number[] = [];
  const bidsEnd = scanList(text, { from: bidsAt, scale, into: bids });
  if (bidsEnd < 0) return null;
  const asksAt = text.indexOf(ASKS, bidsEnd) + ASKS.length;
  if (asksAt < ASKS.length) return null;
  const asks: number[] = [];
  const asksEnd = scanList(text, { from: asksAt, scale, into: asks });
  if (asksEnd < 0) return null;
  const head = `${text.slice(0, bidsAt - 1)}"${LISTS_OUT}"${text.slice(bidsEnd, asksAt - 1)}"${LISTS_OUT}"${text.slice(asksEnd)}`;
  return { head, bids, asks };
}

type List = { readonly from: number; readonly scale: DepthScale; readonly into: number[] };

/** Position after the number that `scanSteps` read last, its closing quote included. */
let cursor = 0;

/** `["price","size"],…]` from after the opening bracket; the position after the closing one, or -1. */
function scanList(text: string, { from, scale, into }: List): number {
  let at = from;
  if (text.charCodeAt(at) === CLOSE) return at + 1;
  for (;;) {
    if (text.charCodeAt(at) !== OPEN || text.charCodeAt(at + 1) !== QUOTE) return -1;
    const price = scanSteps(text, at + 2, scale.price);
    if (price < 1 || text.charCodeAt(cursor) !== COMMA || text.charCodeAt(cursor + 1) !== QUOTE) return -1;
    const size = scanSteps(text, cursor + 2, scale.size);
    if (size < 0 || text.charCodeAt(cursor) !== CLOSE) return -1;
    into.push(price, size);
    const next = text.charCodeAt(cursor + 1);
    if (next === CLOSE) return cursor + 2;
    if (next !== COMMA) return -1;
    at = cursor + 2;
  }
}

/** Steps in the plain decimal at `from`, up to its closing quote; -1 when it is anything else, or off step. */
function scanSteps(text: string, from: number, { scale, unit }: Steps): number {
  let count = 0;
  let decimals = -1; // digits after the point so far; -1 before it
  let at = from;
  let code = text.charCodeAt(at);
  for (; code !== QUOTE; code = text.charCodeAt(++at)) {
    if (code >= ZERO && code <= NINE) {
      if (decimals < scale) {
        count = count * 10 + (code - ZERO);
        if (decimals >= 0) decimals++;
      } else if (code !== ZERO) return -1; // finer than the step
    } else if (code === DOT && decimals < 0 && at > from) decimals = 0;
    else return -1; // the end of the text as well
  }
  if (at === from || at - from > DIGITS_MAX || text.charCodeAt(at - 1) === DOT) return -1;
  for (let i = decimals < 0 ? 0 : decimals; i < scale; i++) count *= 10;
  if (count > Number.MAX_SAFE_INTEGER) return -1;
  cursor = at + 1;
  if (unit === 1) return count;
  return count % unit === 0 ? count / unit : -1;
}
