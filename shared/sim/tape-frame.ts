/** The venue's JSON text of one recorded message into a frame, checked; what cannot be used is one clear sentence. */
import type { Level, TapeFrame } from './market.ts';

export type LineProblem = { readonly problem: string };
export const problem = (text: string): LineProblem => ({ problem: text });

type Decoded = { readonly frame: TapeFrame; readonly eventMs: number | null } | 'skip' | LineProblem;
type Fields = Readonly<Record<string, unknown>>;
type Data = { readonly atMs: number; readonly raw: string; readonly symbol: string };

const DECIMAL = /^\d+(\.\d+)?$/;

/** `raw` is the `data` object of a combined-stream message. Streams we do not replay are skipped. */
export function decodeData({ atMs, stream, raw }: { readonly atMs: number; readonly stream: string; readonly raw: string }): Decoded {
  const fields = parse(raw);
  if (!fields) return problem(`"data" of stream ${JSON.stringify(stream)} is not one JSON object`);
  const eventMs = typeof fields['E'] === 'number' ? fields['E'] : null;
  const { s: symbol, e: event } = fields;
  if (typeof symbol !== 'string' || symbol === '')
    return typeof event === 'string' || !event ? problem(`stream ${JSON.stringify(stream)} has no symbol "s"`) : 'skip';
  const frame = frameOf(fields, { atMs, raw, symbol }, typeof event === 'string' ? event : 'bookTicker');
  if (frame === null) return 'skip';
  return 'problem' in frame ? problem(`stream ${JSON.stringify(stream)}: ${frame.problem}`) : { frame, eventMs };
}

/** `raw` is the body of a REST depth answer. */
export function decodeSnapshot({ atMs, symbol, raw }: Data): Decoded {
  const fields = parse(raw);
  if (!fields) return problem('the depth snapshot is not one JSON object');
  const lastUpdateId = idOf(fields['lastUpdateId']);
  const [bids, asks] = [levelsOf(fields['bids']), levelsOf(fields['asks'])];
  if (lastUpdateId === null) return problem('the depth snapshot has no usable lastUpdateId (a whole number below 2^53)');
  if (!bids || !asks) return problem('the depth snapshot has no usable bids and asks');
  const eventMs = typeof fields['E'] === 'number' ? fields['E'] : null;
  return { frame: { kind: 'snapshot', atMs, symbol, raw, lastUpdateId, bids, asks }, eventMs };
}

function frameOf(fields: Fields, data: Data, event: string): TapeFrame | LineProblem | null {
  switch (event) {
    case 'depthUpdate':
      return depthOf(fields, data);
    case 'bookTicker':
      return bestOf(fields, data);
    case 'trade':
      return tradeOf(fields, data, { id: fields['t'], aggregate: false });
    case 'aggTrade':
      return tradeOf(fields, data, { id: fields['a'], aggregate: true });
    case 'kline':
      return klineOf(fields, data);
    default:
      return null;
  }
}

function depthOf(fields: Fields, data: Data): TapeFrame | LineProblem {
  const [first, last, previous] = [idOf(fields['U']), idOf(fields['u']), idOf(fields['pu'])];
  if (first === null || last === null || previous === null) return problem('U, u and pu must be whole numbers below 2^53');
  const [bids, asks] = [levelsOf(fields['b']), levelsOf(fields['a'])];
  if (!bids || !asks) return problem('b and a must be lists of [price, size] decimals');
  return { kind: 'depth', ...data, first, last, previous, bids, asks };
}

function bestOf({ u, b, B, a, A }: Fields, data: Data): TapeFrame | LineProblem {
  if (idOf(u) === null || ![b, B, a, A].every(isDecimal)) return problem('best prices need a whole number u and decimals b, B, a and A');
  return { kind: 'best', ...data };
}

function tradeOf(
  fields: Fields,
  data: Data,
  { id, aggregate }: { readonly id: unknown; readonly aggregate: boolean },
): TapeFrame | LineProblem {
  const { p: price, q: size, m: buyerIsMaker } = fields;
  const tradeId = idOf(id);
  if (tradeId === null) return problem('the trade id must be a whole number below 2^53');
  if (!isDecimal(price) || !isDecimal(size) || typeof buyerIsMaker !== 'boolean')
    return problem('a trade needs decimals p and q and a boolean m');
  return { kind: 'trade', ...data, tradeId: String(tradeId), price, size, buyerIsMaker, aggregate };
}

function klineOf(fields: Fields, data: Data): TapeFrame | LineProblem {
  const { k } = fields;
  const interval = typeof k === 'object' && k !== null && 'i' in k ? k.i : null;
  return typeof interval === 'string' ? { kind: 'kline', ...data, interval } : problem('a kline needs k.i');
}

function parse(raw: string): Fields | null {
  try {
    const value: unknown = JSON.parse(raw);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isDecimal = (value: unknown): value is string => typeof value === 'string' && DECIMAL.test(value);
const isLevel = (value: unknown): value is Level => Array.isArray(value) && isDecimal(value[0]) && isDecimal(value[1]);
const levelsOf = (value: unknown): readonly Level[] | null => (Array.isArray(value) && value.every(isLevel) ? value : null);
/** Ids beyond 2^53 lose digits in JSON.parse, so they are refused rather than used. */
const idOf = (value: unknown): number | null => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null);
