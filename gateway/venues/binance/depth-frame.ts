/**
 * Hot path: one depth message, text to whole ticks and lots, without a schema run and without big integers. `DepthUpdate` in wire.ts is its
 * test oracle. The reader is a plain function of text, so that a byte scanner can take its place.
 */
import { countSteps, decimalsOf, trimDecimal } from '../../../shared/units.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { DepthFrame } from '../../market/books.ts';
import { LISTS_OUT, scanLists } from './depth-scan.ts';

/** How to count steps of one size fast: the step is `unit` x 10^-scale. */
export type Steps = { readonly step: string; readonly scale: number; readonly unit: number };
export type DepthScale = { readonly symbol: string; readonly price: Steps; readonly size: Steps };
/** `symbol` is null when not even that could be read. */
export type DepthRefusal = { readonly refused: string; readonly symbol: string | null };
/** `sentMs`: the venue's wall time when it sent the message. */
export type SentFrame = DepthFrame & { readonly sentMs: number };
export type DepthReader = (text: string) => SentFrame | DepthRefusal;

const DIGITS_MAX = 15; // any 15 digits are exact in a double

export const depthScale = (instrument: Instrument): DepthScale => ({
  symbol: instrument.symbol,
  price: stepsOf(instrument.tickSize),
  size: stepsOf(instrument.stepSize),
});

/** A reader for the given instruments; combined (`{"stream","data"}`) or raw messages. Binance USD-M docs, "Diff. Book Depth Streams" (reference sheet 2026-11, 6). */
export function depthReader(instruments: Iterable<Instrument>): DepthReader {
  const scales = new Map([...instruments].map((instrument) => [instrument.symbol, depthScale(instrument)]));
  return (text) => readScanned(text, scales) ?? readParsed(text, scales);
}

/** The fields are checked below, one by one. */
type Fields = { e?: unknown; s?: unknown; E?: unknown; T?: unknown; U?: unknown; u?: unknown; pu?: unknown; b?: unknown; a?: unknown };
type Message = (Fields & { stream?: unknown; data?: Fields | null }) | null;
type Scales = ReadonlyMap<string, DepthScale>;
type Lists = { readonly bids: number[] | null; readonly asks: number[] | null };

/** The usual message, its lists read from the text; null where anything about it is unusual. */
function readScanned(text: string, scales: Scales): SentFrame | null {
  const from = text.indexOf(SYMBOL) + SYMBOL.length;
  const symbol = text.slice(from, text.indexOf('"', from));
  const scale = scales.get(symbol);
  const scanned = scale ? scanLists(text, scale) : null;
  if (!scale || !scanned) return null;
  const data = fieldsOf(scanned.head);
  if (!data || data.s !== symbol || data.b !== LISTS_OUT || data.a !== LISTS_OUT) return null;
  const frame = frameOf(data, { scale, lists: scanned });
  return 'refused' in frame ? null : frame;
}
const SYMBOL = '"s":"';

/** Any message, by JSON alone: decides what is refused, and why. */
function readParsed(text: string, scales: Scales): SentFrame | DepthRefusal {
  const data = fieldsOf(text);
  if (data === undefined) return { refused: 'not JSON', symbol: null };
  const scale = typeof data?.s === 'string' ? scales.get(data.s) : undefined;
  if (!data || !scale) return { refused: 'not a message of a known symbol', symbol: null };
  return frameOf(data, { scale, lists: { bids: levelsOf(data.b, scale), asks: levelsOf(data.a, scale) } });
}

/** Undefined when it is not JSON. */
function fieldsOf(text: string): Fields | null | undefined {
  try {
    const message = JSON.parse(text) as Message;
    return typeof message?.stream === 'string' && message.data !== undefined ? message.data : message;
  } catch {
    return undefined;
  }
}

function frameOf(
  data: Fields,
  { scale, lists: { bids, asks } }: { readonly scale: DepthScale; readonly lists: Lists },
): SentFrame | DepthRefusal {
  const { symbol } = scale;
  const { U, u, pu, T, E } = data;
  if (data.e !== 'depthUpdate') return { refused: 'not a depth update', symbol };
  if (!(isWhole(U) && isWhole(u) && isWhole(pu) && isWhole(T) && isWhole(E))) return { refused: 'an id or a time is missing', symbol };
  if (U > u || pu >= u) return { refused: 'its update ids do not rise', symbol };
  if (bids === null || asks === null) return { refused: 'a level is malformed or off its step', symbol };
  return { symbol, firstId: U, lastId: u, previousId: pu, exchangeMs: T, sentMs: E, bids, asks };
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

/** Price and size alternating, in ticks and lots; null when one level is not exact. From index `lenientFrom` on, a level that is not is left out. */
export function levelsOf(value: unknown, { price, size }: DepthScale, lenientFrom = Number.POSITIVE_INFINITY): number[] | null {
  if (!Array.isArray(value)) return null;
  const flat: number[] = [];
  for (let i = 0; i < value.length; i++) {
    const row: unknown = value[i];
    if (!Array.isArray(row) || row.length !== 2) return null;
    const ticks = exactSteps(row[0], price);
    const lots = exactSteps(row[1], size);
    if (ticks >= 1 && lots >= 0) flat.push(ticks, lots);
    else if (i < lenientFrom) return null;
  }
  return flat;
}

/** Steps in a plain unsigned decimal; -1 when malformed or off step. */
export function exactSteps(text: unknown, steps: Steps): number {
  if (typeof text !== 'string') return -1;
  const { scale, unit } = steps;
  const length = text.length;
  if (length === 0 || length > DIGITS_MAX) return slowSteps(text, steps);
  let count = 0;
  let decimals = -1; // digits after the point so far; -1 before it
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      if (decimals < scale) {
        count = count * 10 + digit;
        if (decimals >= 0) decimals++;
      } else if (digit !== 0) return -1; // finer than the step
    } else if (digit === -2 && decimals < 0 && i > 0 && i < length - 1) {
      decimals = 0;
    } else return -1;
  }
  for (let i = decimals < 0 ? 0 : decimals; i < scale; i++) count *= 10;
  if (count > Number.MAX_SAFE_INTEGER) return slowSteps(text, steps);
  if (unit === 1) return count;
  return count % unit === 0 ? count / unit : -1;
}

function slowSteps(text: string, { step }: Steps): number {
  const count = countSteps({ text, step });
  return count === null || count < 0 ? -1 : count;
}

export function stepsOf(step: string): Steps {
  const trimmed = trimDecimal(step);
  const scale = decimalsOf(trimmed);
  return { step, scale, unit: Number(trimmed.replace('.', '')) };
}
