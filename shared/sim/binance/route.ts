/** What every route of the simulated REST interface is made of. */
import type { Exchange } from '../exchange.ts';
import type { Trader } from '../order-desk.ts';
import type { ApiKey } from './keys.ts';
import type { LimitFigures } from './limits.ts';
import type { ListenKeys } from './listen-keys.ts';
import type { Params } from './params.ts';
import { Refusal } from './refusal.ts';

export type Context = {
  readonly exchange: Exchange;
  readonly listenKeys: ListenKeys;
  readonly params: Params;
  /** Names the account; empty on a public route. */
  readonly apiKey: string;
  /** The key it was called with; null on a public route. */
  readonly key: ApiKey | null;
  readonly figures: LimitFigures;
  readonly nowMs: number;
  /** The same as the venue's clock has it, which may be wrong. */
  readonly clockMs: number;
  /** Names an order whose sender gave none. */
  readonly madeUpId: () => string;
};

export type Route = {
  readonly security: 'none' | 'key' | 'signed';
  readonly weight: number | ((params: Params) => number);
  /** What the call counts on the ORDERS limits: 10 s, 1 min. */
  readonly orders?: readonly [number, number];
  /** The answer as a JSON value, or its very text. */
  readonly run: (context: Context) => unknown;
};

/** An answer that is sent as it is. */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const traderOf = ({ exchange, apiKey }: Context): Trader => exchange.trader(apiKey);

export const startAfterEnd = (): Refusal => new Refusal({ code: -1023, message: 'Start time is greater than end time.' });

/** Rows in the window of startTime, endTime, fromId and limit, oldest first; the newest `limit` unless a start is given. */
export function pageOf<T>(
  params: Params,
  rows: readonly T[],
  { timeOf, limitDefault, limitMax }: { readonly timeOf: (row: T) => number; readonly limitDefault: number; readonly limitMax: number },
): readonly T[] {
  const [start, end] = [params.findWhole('startTime'), params.findWhole('endTime')];
  const limit = params.findWhole('limit') ?? limitDefault;
  if (limit < 1 || limit > limitMax) throw new Refusal({ code: -1130, message: "Data sent for parameter 'limit' is not valid." });
  if (start !== undefined && end !== undefined && start > end) throw startAfterEnd();
  const within = rows.filter((row) => (start === undefined || timeOf(row) >= start) && (end === undefined || timeOf(row) <= end));
  return start === undefined ? within.slice(-limit) : within.slice(0, limit);
}
