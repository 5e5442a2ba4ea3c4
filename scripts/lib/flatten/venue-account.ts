/** A venue's account for tools of last resort, straight over its REST. Reads only the fields it needs, so that an exotic order hinders nothing. */
import * as z from 'zod';
import { SELF_TRADE_MODE } from '../../../gateway/venues/binance/encode.ts';
import { instrumentsOf, rateLimitsOf } from '../../../gateway/venues/binance/instruments.ts';
import { CALLS, CANCEL_BATCH, type Call, OPEN_ORDERS_SINGLE } from '../../../gateway/venues/binance/limits.ts';
import type { Rest } from '../../../gateway/venues/binance/rest.ts';
import type { Parameters } from '../../../gateway/venues/binance/sign.ts';
import { Anything, ExchangeInfo, id, orderSide } from '../../../gateway/venues/binance/wire.ts';
import type { VenueFault, VenueResult } from '../../../gateway/venues/venue.ts';
import { isOurs } from '../../../shared/client-id.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { err, ok } from '../../../shared/result.ts';
import { toolClientId } from '../test-id.ts';
import { within } from '../within.ts';
import type { CloseOrder, ConditionalOrder, HeldPosition, Look, Quote, RestingOrder, VenueAccount } from './account.ts';

const amount = z.string().regex(/^-?\d+(\.\d+)?$/);
const Orders = z.array(
  z.object({ symbol: z.string(), orderId: id, clientOrderId: z.string(), side: orderSide, price: amount, origQty: amount }),
);
const Conditionals = z.array(z.object({ symbol: z.string(), algoId: id, clientAlgoId: z.string() }));
const Positions = z.array(
  z.object({ symbol: z.string(), positionSide: z.string(), positionAmt: amount, entryPrice: amount, markPrice: amount }),
);
const Best = z.object({ bidPrice: amount, askPrice: amount });
/** Binance USD-M docs, "Symbol Order Book Ticker" (reference sheet 2026-11, 3.4). */
const BOOK_TICKER: Call = { ...CALLS.time, path: '/fapi/v1/ticker/bookTicker', weight: 2 };
/** A read is not waited for longer than this, so that one that hangs costs little; longer where the venue answers slowly. */
const READ_MS = 1_000;
const READ_MS_MAX = 16_000;
const SIDES = { BOTH: 'both', LONG: 'long', SHORT: 'short' } as const;
/** The venue has carried it out already, or an order of that name is none any more. */
const GONE: VenueFault['kind'] = 'gone';

export class RestAccount implements VenueAccount {
  readonly #rest: Rest;
  readonly #clock: Clock;
  #instruments: ReadonlyMap<string, Instrument> = new Map();
  #lastIdMs = 0;
  #patienceMs = READ_MS;

  constructor({ rest, clock }: { readonly rest: Rest; readonly clock: Clock }) {
    this.#rest = rest;
    this.#clock = clock;
  }

  /** Steps and limits of the venue's contracts. Without them everything is closed at market, and paced by the usual limits. */
  async readInstruments(): Promise<VenueFault | null> {
    const info = await this.#rest.call(CALLS.exchangeInfo, { schema: ExchangeInfo, parameters: [] });
    if (!info.ok) return info.error;
    this.#rest.setLimits(rateLimitsOf(info.value));
    const each = info.value.symbols.flatMap(({ symbol }) => {
      const one = instrumentsOf(info.value, [symbol]);
      return one.ok ? [...one.value] : [];
    });
    this.#instruments = new Map(each);
    return null;
  }

  instrument(symbol: string): Instrument | null {
    return this.#instruments.get(symbol) ?? null;
  }

  async look(symbols: readonly string[] | 'all'): Promise<Look> {
    const [orders, conditionals, positions] = await Promise.all([
      this.#timely(this.#list({ symbols, one: CALLS.openOrders, all: CALLS.openOrdersAll }, Orders)),
      this.#timely(this.#list({ symbols, one: CALLS.openStops, all: CALLS.openStopsAll }, Conditionals)),
      this.#timely(this.#rest.call(CALLS.positionRisk, { schema: Positions, parameters: [] })),
    ]);
    const within = (symbol: string): boolean => symbols === 'all' || symbols.includes(symbol);
    return {
      orders: mapped(orders, (rows) => rows.filter(({ symbol }) => within(symbol)).map(orderOf)),
      conditionals: mapped(conditionals, (rows) => rows.filter(({ symbol }) => within(symbol)).map(conditionalOf)),
      positions: mapped(positions, (rows) => rows.filter(({ symbol }) => within(symbol)).flatMap(positionOf)),
    };
  }

  async cancelOrders({ symbol, ids }: { readonly symbol: string; readonly ids: readonly string[] }): Promise<VenueResult<null>> {
    const batches = Array.from({ length: Math.ceil(ids.length / CANCEL_BATCH) }, (_, i) =>
      ids.slice(i * CANCEL_BATCH, (i + 1) * CANCEL_BATCH),
    );
    const answers = await Promise.all(batches.map((batch) => this.#cancelBatch(symbol, batch)));
    return answers.find((answer) => !answer.ok) ?? ok(null);
  }

  async cancelConditional(algoId: string): Promise<VenueResult<null>> {
    return done(await this.#rest.call(CALLS.cancelStop, { schema: Anything, parameters: [['algoId', algoId]] }));
  }

  async close({ symbol, positionSide, side, price, size }: CloseOrder): Promise<VenueResult<null>> {
    const hedged = positionSide !== 'both'; // there a side only reduces by itself, and the word is refused (reference sheet 2026-11, 3.1)
    const parameters: Parameters = [
      ['symbol', symbol],
      ['side', side === 'buy' ? 'BUY' : 'SELL'],
      ...(hedged ? ([['positionSide', positionSide.toUpperCase()]] as const) : ([['reduceOnly', 'true']] as const)),
      ['type', price === null ? 'MARKET' : 'LIMIT'],
      ['quantity', size],
      ...(price === null
        ? []
        : ([
            ['timeInForce', 'IOC'],
            ['price', price],
          ] as const)),
      ['newClientOrderId', this.#nextId()],
      ['selfTradePreventionMode', SELF_TRADE_MODE],
      ['newOrderRespType', 'RESULT'],
    ];
    const answer = await this.#rest.call(CALLS.place, { schema: Anything, parameters, reducing: true });
    return answer.ok ? ok(null) : answer;
  }

  async quote(symbol: string): Promise<VenueResult<Quote>> {
    const answer = await this.#timely(this.#rest.call(BOOK_TICKER, { schema: Best, parameters: [['symbol', symbol]] }));
    if (!answer.ok) return answer;
    const { bidPrice: bid, askPrice: ask } = answer.value;
    const empty: VenueFault = { kind: 'rejected', reason: 'empty-book', sentence: `${symbol} has an empty book side` };
    return Number(bid) > 0 && Number(ask) > 0 ? ok({ bid, ask }) : err(empty);
  }

  /** A read without an answer is asked anew in the next round. */
  async #timely<T>(read: Promise<VenueResult<T>>): Promise<VenueResult<T>> {
    const [ms, from] = [this.#patienceMs, this.#clock.monoMs()];
    const answer = await within(read, { clock: this.#clock, ms });
    const tookMs = this.#clock.monoMs() - from;
    this.#patienceMs = Math.min(READ_MS_MAX, Math.max(READ_MS, 2 * tookMs));
    return answer ?? err({ kind: 'unknown', reason: 'time-out', sentence: `no answer within ${ms} ms` });
  }

  /** Up to some symbols one call each is cheaper than the one for all. */
  async #list<T>(
    { symbols, one, all }: { readonly symbols: readonly string[] | 'all'; readonly one: Call; readonly all: Call },
    schema: z.ZodType<readonly T[]>,
  ): Promise<VenueResult<readonly T[]>> {
    if (symbols === 'all' || symbols.length > OPEN_ORDERS_SINGLE) return this.#rest.call(all, { schema, parameters: [] });
    const answers = await Promise.all(symbols.map((symbol) => this.#rest.call(one, { schema, parameters: [['symbol', symbol]] })));
    const rows: T[] = [];
    for (const answer of answers) {
      if (!answer.ok) return answer;
      rows.push(...answer.value);
    }
    return ok(rows);
  }

  /** By the venue's own ids, digit for digit: names of others may hold anything. What became of each is seen at the next look. */
  async #cancelBatch(symbol: string, ids: readonly string[]): Promise<VenueResult<null>> {
    const parameters: Parameters = [
      ['symbol', symbol],
      ['orderIdList', `[${ids.join(',')}]`],
    ];
    return done(await this.#rest.call(CALLS.cancelMany, { schema: Anything, parameters }));
  }

  /** One id for each millisecond, never the same twice. */
  #nextId(): string {
    this.#lastIdMs = Math.max(this.#lastIdMs + 1, Date.now());
    return toolClientId('close', this.#lastIdMs);
  }
}

const done = (answer: VenueResult<unknown>): VenueResult<null> => (answer.ok || answer.error.kind === GONE ? ok(null) : answer);

const mapped = <T, U>(result: VenueResult<T>, change: (value: T) => U): VenueResult<U> => (result.ok ? ok(change(result.value)) : result);

const orderOf = (row: z.infer<typeof Orders>[number]): RestingOrder => ({
  symbol: row.symbol,
  id: row.orderId,
  own: isOurs(row.clientOrderId),
  side: row.side === 'BUY' ? 'buy' : 'sell',
  price: row.price,
  size: row.origQty,
});

const conditionalOf = ({ symbol, algoId, clientAlgoId }: z.infer<typeof Conditionals>[number]): ConditionalOrder => ({
  symbol,
  id: algoId,
  own: isOurs(clientAlgoId),
});

function positionOf({
  symbol,
  positionSide,
  positionAmt,
  entryPrice,
  markPrice,
}: z.infer<typeof Positions>[number]): readonly HeldPosition[] {
  if (Number(positionAmt) === 0) return [];
  const side = positionSide === 'LONG' || positionSide === 'SHORT' ? SIDES[positionSide] : 'both';
  return [{ symbol, side, size: positionAmt, entryPrice, markPrice }];
}
