/** HTTP over kept-alive connections (undici). Tells apart a request that never left and one that was handed to a socket and stayed unanswered. */
import type { Dispatcher, Pool as PoolOf } from 'undici';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { HttpOutcome, HttpRequest, HttpSend } from '../venues/transport.ts';
import { Pool } from './undici-pool.ts';

const CONNECTIONS_MAX = 32;
const KEEP_ALIVE_MS = 30_000;
const CONNECT_REAL_MS = 5_000;
/** An order that waited longer for its socket was decided on a world that is gone; real time. */
const LEAVE_MS = 1_000;
const BODY_BYTES_MAX = 32 * 1_024 * 1_024;

export type HttpOptions = {
  readonly origin: string;
  readonly clock: Clock /** From the call to the whole answer, this clock's time. */;
  readonly timeoutMs: number;
};
export type Http = AsyncDisposable & { readonly send: HttpSend };

export function openHttp({ origin, clock, timeoutMs }: HttpOptions): Http {
  const pool = new Pool(origin, {
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectTimeout: CONNECT_REAL_MS,
    headersTimeout: 0, // the one time-out is ours, by the injected clock
    bodyTimeout: 0,
  });
  return {
    send: (request) => new Promise((resolve) => exchange({ pool, clock, timeoutMs, request, resolve })),
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

type Exchange = {
  pool: PoolOf;
  clock: Clock;
  timeoutMs: number;
  request: HttpRequest;
  resolve: (outcome: HttpOutcome) => void;
};

function exchange({ pool, clock, timeoutMs, request, resolve }: Exchange): void {
  let sent = false;
  const askedAt = performance.now();
  const mayLeave = (): boolean => request.mayLeave === undefined || (request.mayLeave() && performance.now() - askedAt <= LEAVE_MS);
  let done = false;
  let controller: Dispatcher.DispatchController | null = null;
  let timer: Timer | null = null;
  const answer = { status: 0, headers: new Map<string, string>(), chunks: [] as Buffer[], bytes: 0 };
  const finish = (outcome: HttpOutcome): void => {
    if (done) return;
    done = true;
    timer?.cancel();
    resolve(outcome);
  };
  const fail = (reason: string, timedOut: boolean): void => {
    if (!sent) finish({ kind: 'unsent', timedOut, sentence: reason });
    else finish({ kind: 'unanswered', timedOut, sentence: reason });
  };
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      if (done || sent || !mayLeave())
        started.abort(new Error('given up')); // too late, or a second try of the library: an order is never written twice
      else sent = true; // the bytes follow in the same turn
    },
    onRequestSent() {
      request.onWritten?.(clock.monoMs());
    },
    onResponseStart(_controller, status, headers) {
      answer.status = status;
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) answer.headers.set(name.toLowerCase(), String(value));
    },
    onResponseData(_controller, chunk) {
      answer.chunks.push(Buffer.from(chunk));
      answer.bytes += chunk.length;
      if (answer.bytes > BODY_BYTES_MAX) controller?.abort(new Error(`the answer is larger than ${BODY_BYTES_MAX} bytes`));
    },
    onResponseEnd() {
      finish({ kind: 'answer', status: answer.status, headers: answer.headers, text: Buffer.concat(answer.chunks).toString('utf8') });
    },
    onResponseError(_controller, error) {
      fail(reasonOf(error), false);
    },
  };
  pool.dispatch({ method: request.method, path: request.path, headers: { ...request.headers } }, handler); // first of all: an order waits for nothing
  if (done) return;
  timer = clock.after(timeoutMs, () => {
    fail(`no answer within ${timeoutMs} ms`, true);
    controller?.abort(new Error('timed out'));
  });
}

/** The system's code and words, in one line. Never the request: its query carries a signature. */
function reasonOf(error: Error): string {
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  return inner.message.replace(/\s+/g, ' ').trim() || ('code' in error ? String(error.code) : error.name);
}
