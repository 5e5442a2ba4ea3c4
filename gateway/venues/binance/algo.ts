/** Conditional orders of the Binance USD-M algo service: messages, requests and calls (reference sheet 2026-11, sections 3.2 and 8.6). */
import * as z from 'zod';
import type { StopReport } from '../../../shared/events.ts';
import { formatPrice, formatSize, type Instrument } from '../../../shared/instrument.ts';
import { err, ok } from '../../../shared/result.ts';
import { wallMs } from '../../../shared/units.ts';
import type { StopEntry, StopRequest, VenueFault, VenueResult } from '../venue.ts';
import { exactly, exactPrice, exactSize, Inexact, sideOf } from './exact.ts';
import { SELF_TRADE_MODE } from './encode.ts';
import { CALLS, OPEN_ORDERS_SINGLE, ORDERS_LIMIT } from './limits.ts';
import type { Rest } from './rest.ts';
import type { Parameters } from './sign.ts';
import { type AlgoUpdate, Anything, decimal, id, orderSide } from './wire.ts';

/** Placement and query; a placement does not tell `actualOrderId`. */
export const RestAlgo = z.object({
  algoId: id,
  clientAlgoId: z.string(),
  symbol: z.string(),
  side: orderSide,
  quantity: decimal,
  algoStatus: z.string(),
  triggerPrice: z.union([decimal, z.literal('')]),
  reduceOnly: z.boolean(),
  closePosition: z.boolean().default(false),
  /** '' until it was triggered. */
  actualOrderId: z.union([id, z.literal('')]).default(''),
  updateTime: z.int(),
});
export type RestAlgo = z.infer<typeof RestAlgo>;
const AlgoName = z.object({ clientAlgoId: z.string() });

const WORKING = { mark: 'MARK_PRICE', last: 'CONTRACT_PRICE' } as const;
const STATES: Readonly<Record<string, StopReport['state']>> = {
  NEW: 'waiting',
  TRIGGERING: 'triggering',
  TRIGGERED: 'triggered',
  FINISHED: 'finished',
  CANCELED: 'canceled',
  EXPIRED: 'expired',
  REJECTED: 'rejected',
};

/** Reduce-only with a quantity, never `closePosition`: the venue refuses a second one of that kind (-4130), so it could not be moved. */
export const stopParameters = (request: StopRequest, instrument: Instrument): Parameters => [
  ['algoType', 'CONDITIONAL'],
  ['symbol', request.symbol],
  ['side', request.side === 'buy' ? 'BUY' : 'SELL'],
  ['type', 'STOP_MARKET'],
  ['quantity', formatSize(instrument, request.size)],
  ['triggerPrice', formatPrice(instrument, request.trigger)],
  ['workingType', WORKING[request.working]],
  ['reduceOnly', 'true'],
  ['clientAlgoId', request.clientId],
  ['selfTradePreventionMode', SELF_TRADE_MODE],
];

/** Throws `Inexact` on a value off the instrument's steps. */
export function stopOf(algo: RestAlgo, instrument: Instrument): StopReport {
  return {
    kind: 'stop',
    symbol: algo.symbol,
    clientId: algo.clientAlgoId,
    venueId: algo.algoId,
    state: stateOf(algo.algoStatus),
    side: sideOf(algo.side),
    trigger: triggerOf(algo.triggerPrice, instrument),
    size: exactSize(instrument, algo.quantity),
    reduceOnly: algo.reduceOnly || algo.closePosition,
    childId: algo.actualOrderId,
    reason: '',
    atMs: wallMs(algo.updateTime),
  };
}

/** `T` is when it happened; `rm` says in words why it died at its trigger. */
export const stopEvent = ({ o, T }: AlgoUpdate, instrument: Instrument): StopReport => ({
  kind: 'stop',
  symbol: o.s,
  clientId: o.caid,
  venueId: o.aid,
  state: stateOf(o.X),
  side: sideOf(o.S),
  trigger: triggerOf(o.tp, instrument),
  size: exactSize(instrument, o.q),
  reduceOnly: o.R || o.cp,
  childId: o.ai,
  reason: o.rm,
  atMs: wallMs(T),
});

export class RestStopEntry implements StopEntry {
  readonly #rest: Rest;
  readonly #instruments: ReadonlyMap<string, Instrument>;

  constructor({ rest, instruments }: { readonly rest: Rest; readonly instruments: ReadonlyMap<string, Instrument> }) {
    this.#rest = rest;
    this.#instruments = instruments;
  }

  async placeStop(request: StopRequest): Promise<VenueResult<StopReport>> {
    const instrument = this.#instruments.get(request.symbol);
    if (!instrument) return err(notOurs(request.symbol));
    const result = await this.#rest.call(CALLS.placeStop, { schema: RestAlgo, parameters: stopParameters(request, instrument) });
    return result.ok ? readable(() => stopOf(result.value, instrument)) : result;
  }

  async cancelStop({ clientId }: { readonly clientId: string }): Promise<VenueResult<null>> {
    const result = await this.#rest.call(CALLS.cancelStop, { schema: Anything, parameters: [['clientAlgoId', clientId]] });
    return result.ok ? ok(null) : result;
  }

  async queryStop({ symbol, clientId }: { readonly symbol: string; readonly clientId: string }): Promise<VenueResult<StopReport>> {
    const instrument = this.#instruments.get(symbol);
    if (!instrument) return err(notOurs(symbol));
    const result = await this.#rest.call(CALLS.queryStop, { schema: RestAlgo, parameters: [['clientAlgoId', clientId]] });
    return result.ok ? readable(() => stopOf(result.value, instrument)) : result;
  }

  /** Up to some symbols one call each is cheaper than the one for all (3.2). */
  async openStops(): Promise<VenueResult<readonly StopReport[]>> {
    const symbols = [...this.#instruments.keys()];
    const schema = z.array(RestAlgo);
    const answers =
      symbols.length > OPEN_ORDERS_SINGLE
        ? [await this.#rest.call(CALLS.openStopsAll, { schema, parameters: [] })]
        : await Promise.all(symbols.map((symbol) => this.#rest.call(CALLS.openStops, { schema, parameters: [['symbol', symbol]] })));
    const rows: RestAlgo[] = [];
    for (const answer of answers) {
      if (!answer.ok) return answer;
      rows.push(...answer.value);
    }
    return readable(() => rows.flatMap((row) => this.#known(row)));
  }

  async recentStopIds(symbol: string): Promise<VenueResult<readonly string[]>> {
    const parameters: Parameters = [
      ['symbol', symbol],
      ['limit', ORDERS_LIMIT],
    ];
    const result = await this.#rest.call(CALLS.allStops, { schema: z.array(AlgoName), parameters });
    return result.ok ? ok(result.value.map(({ clientAlgoId }) => clientAlgoId)) : result;
  }

  #known(row: RestAlgo): readonly StopReport[] {
    const instrument = this.#instruments.get(row.symbol);
    return instrument ? [stopOf(row, instrument)] : [];
  }
}

function stateOf(word: string): StopReport['state'] {
  const state = STATES[word];
  if (state === undefined) throw new Inexact(`algo status ${word} is not a documented one`);
  return state;
}

const triggerOf = (text: string, instrument: Instrument): StopReport['trigger'] =>
  Number(text) === 0 ? null : exactPrice(instrument, text);

function readable<T>(decode: () => T): VenueResult<T> {
  const value = exactly(() => ({ decoded: decode() }));
  return typeof value === 'string'
    ? err({ kind: 'unknown', reason: 'unreadable', sentence: value } satisfies VenueFault)
    : ok(value.decoded);
}

const notOurs = (symbol: string): VenueFault => ({
  kind: 'rejected',
  reason: 'symbol',
  sentence: `not sent: ${symbol} is not a configured symbol`,
});
