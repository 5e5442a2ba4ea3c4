/** The adapter's REST on a scripted line and a virtual clock. */
import { RestOrderEntry } from '../../gateway/venues/binance/orders.ts';
import { Rest } from '../../gateway/venues/binance/rest.ts';
import { secretOf } from '../../gateway/venues/binance/sign.ts';
import type { HttpOutcome, HttpRequest } from '../../gateway/venues/transport.ts';
import type { OrderRequest } from '../../gateway/venues/venue.ts';
import { VirtualClock } from '../../shared/clock.ts';
import { lots, ticks } from '../../shared/units.ts';
import { BTCUSDT } from './venue-data.ts';

export const SECRET = secretOf('a-secret');
export const answer = (value: unknown, status = 200, headers: Record<string, string> = {}): HttpOutcome => ({
  kind: 'answer',
  status,
  headers: new Map(Object.entries(headers)),
  text: typeof value === 'string' ? value : JSON.stringify(value),
});
export const coded = (code: number, status = 400): HttpOutcome => answer({ code, msg: 'words' }, status);
export const RESET: HttpOutcome = { kind: 'unanswered', timedOut: false, sentence: 'ECONNRESET' };
export const REFUSED: HttpOutcome = { kind: 'unsent', timedOut: false, sentence: 'ECONNREFUSED' };
export const LATE: HttpOutcome = { kind: 'unanswered', timedOut: true, sentence: 'no answer' };
export const ORDER = {
  orderId: 17,
  symbol: 'BTCUSDT',
  status: 'NEW',
  clientOrderId: '42',
  price: '61000.10',
  origQty: '0.020',
  executedQty: '0.000',
  timeInForce: 'GTX',
  type: 'LIMIT',
  side: 'BUY',
  reduceOnly: false,
  updateTime: 1_795_000_000_000,
};
export const PLACE: OrderRequest = {
  symbol: 'BTCUSDT',
  clientId: '42',
  side: 'buy',
  kind: 'limit',
  timeInForce: 'post-only',
  price: ticks(610_001),
  size: lots(20),
  reduceOnly: false,
};

/** REST of a venue that answers from a script, and a clock that runs on while the code sleeps. */
export function scriptedRest(script: (request: HttpRequest, n: number) => HttpOutcome, { serverAheadMs = 0, latencyMs = 0 } = {}) {
  const clock = new VirtualClock();
  const sent: { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly atMs: number }[] = [];
  const rest = new Rest({
    clock,
    apiKey: 'a-key',
    secret: SECRET,
    recvWindowMs: 1_500,
    onCall: () => {},
    send: (request) => {
      request.onWritten?.(clock.monoMs());
      const url = new URL(request.path, 'http://venue');
      if (url.pathname === '/fapi/v1/time') {
        clock.advance(latencyMs);
        const serverTime = clock.wallMs() + serverAheadMs;
        clock.advance(latencyMs);
        return Promise.resolve(answer({ serverTime }));
      }
      sent.push({ method: request.method, path: request.path, query: url.searchParams, atMs: clock.monoMs() });
      return Promise.resolve(script(request, sent.length));
    },
  });
  const orders = new RestOrderEntry({ rest, instruments: new Map([['BTCUSDT', BTCUSDT]]) });
  /** Lets sleeping code go on until it ends. */
  const run = async <T>(work: Promise<T>): Promise<T> => {
    let done = false;
    const watched = work.finally(() => {
      done = true;
    });
    for (let i = 0; i < 2_000 && !done; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!done) clock.advance(1);
    }
    return watched;
  };
  return { clock, rest, orders, sent, run };
}
