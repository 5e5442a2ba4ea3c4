/** Order routes of the simulated wire called without a socket, on a market that stands still. */
import { Random } from '../../shared/random.ts';
import { ListenKeys } from '../../shared/sim/binance/listen-keys.ts';
import { VENUE_LIMITS } from '../../shared/sim/binance/limits.ts';
import { ORDER_ROUTES } from '../../shared/sim/binance/order-routes.ts';
import { Params } from '../../shared/sim/binance/params.ts';
import { Refusal } from '../../shared/sim/binance/refusal.ts';
import { userMessage } from '../../shared/sim/binance/user-json.ts';
import { openStillDesk } from './desk.ts';

export type Fields = Readonly<Record<string, string | number>>;
export type Row = Record<string, unknown>;

export function openOrderCalls(options: Parameters<typeof openStillDesk>[0] = {}) {
  const desk = openStillDesk(options);
  const { exchange, events } = desk;
  const listenKeys = new ListenKeys({ random: new Random(1), agenda: exchange.agenda, onExpired: () => undefined });
  let names = 0;

  /** The JSON a client reads, or the body of the refusal; `lateMs` after it was received. */
  function call(name: string, fields: Fields = {}, lateMs = 0): Row & readonly Row[] {
    const route = ORDER_ROUTES[name];
    if (!route) throw new Error(`Cannot call ${name}: there is no such route`);
    const query = Object.entries(fields).map(([field, value]) => `${field}=${encodeURIComponent(value)}`);
    const params = new Params({ query: query.join('&'), body: '' });
    const nowMs = exchange.nowMs + lateMs;
    const context = { exchange, listenKeys, params, apiKey: 'one', key: null, figures: VENUE_LIMITS, nowMs, clockMs: nowMs };
    return JSON.parse(JSON.stringify(answer(() => route.run({ ...context, madeUpId: () => `made-up-${++names}` })))) as Row &
      readonly Row[];
  }

  return {
    ...desk,
    call,
    /** A good-till-cancel buy of two lots far below the market unless told otherwise. */
    place: (fields: Fields = {}) => call('POST /fapi/v1/order', { ...LIMIT, ...fields }),
    /** Bodies of the order events told so far. */
    told: (): readonly Row[] =>
      events
        .map((event) => JSON.parse(userMessage((symbol) => exchange.market(symbol).instrument, event).text) as Row)
        .flatMap((body) => (body['e'] === 'ORDER_TRADE_UPDATE' ? [body['o'] as Row] : [])),
  };
}

export const LIMIT = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.002', price: '63900' } as const;
export const MARKET = { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.002' } as const;

function answer(run: () => unknown): unknown {
  try {
    return run();
  } catch (problem) {
    if (problem instanceof Refusal) return problem.body();
    throw problem;
  }
}
