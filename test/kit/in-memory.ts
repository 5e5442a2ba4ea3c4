/** Lines between a gateway and a simulator in one process: no socket, no port, and no time but the clock that both share. */
import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { Http, HttpOptions } from '../../gateway/io/http.ts';
import type { OpenSocket, SocketHandlers } from '../../gateway/io/websocket.ts';
import type { HttpOutcome, HttpRequest } from '../../gateway/venues/transport.ts';
import type { Told } from '../../scripts/sim/faults/call-faults.ts';
import type { Simulator } from '../../scripts/sim/simulator.ts';
import { parseStreamUrl } from '../../scripts/sim/stream-url.ts';

const ADDRESS = '127.0.0.1';
/** As `ws` counts the states of a socket. */
const OPEN = 1;
const CLOSED = 3;

export function inMemory(simulator: Simulator): { readonly http: (options: HttpOptions) => Http; readonly socket: OpenSocket } {
  return { http: (options) => httpTo(simulator, options), socket: (url, handlers) => socketTo(simulator, url, handlers) };
}

function httpTo({ inside }: Simulator, { clock, timeoutMs }: HttpOptions): Http {
  const { network, driver, rest, outbox } = inside;
  const line = { there: network.ways.open('orders'), back: network.ways.open('orders') };
  const send = ({ method, path: target, headers, onWritten }: HttpRequest): Promise<HttpOutcome> =>
    new Promise((resolve) => {
      const [path = '', query = ''] = splitOnce(target, '?');
      const call = { method, path, query, body: '', apiKey: headers['X-MBX-APIKEY'] ?? null, address: ADDRESS };
      const late = { kind: 'unanswered', timedOut: true, sentence: `no answer within ${timeoutMs} ms` } as const;
      const timer = clock.after(timeoutMs, () => resolve(late));
      const leave = (told: Told): void => {
        timer.cancel();
        resolve(outcomeOf(told));
      };
      onWritten?.(clock.monoMs());
      driver.now();
      outbox.step(() => network.path.pass({ request: call, run: (heldMs) => rest.handle({ ...call, heldMs }) }, line, leave));
    });
  return { send, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function outcomeOf({ status, body, headers, resetAt }: Told): HttpOutcome {
  if (resetAt !== null) return { kind: 'unanswered', timedOut: false, sentence: 'ECONNRESET' };
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { kind: 'answer', status, headers: new Map(lower), text: body };
}

function socketTo({ inside }: Simulator, url: string, handlers: SocketHandlers): ReturnType<OpenSocket> {
  const { network, driver } = inside;
  const far = new FarEnd(handlers);
  driver.now();
  const target = parseStreamUrl(new URL(url).pathname + new URL(url).search);
  const { sockets, venue } = network.faults.parts;
  const refusal = !target ? 404 : venue.closed() !== null ? 503 : sockets.refusal(target.route);
  void nextTurn().then(() => {
    if (typeof refusal === 'number') handlers.onRefused?.({ kind: 'answer', status: refusal, headers: new Map(), text: '' });
    if (!target || refusal !== undefined || far.readyState === CLOSED) return far.end('refused');
    network.hub.add(far as unknown as WebSocket, target);
    handlers.onOpen();
  });
  return {
    ping: () => far.answerPing(),
    destroy: () => far.end('given up'),
    canSend: () => far.readyState === OPEN,
    send: (text) => void far.emit('message', text),
  };
}

/** The exchange's end of a socket: as much of `WebSocket` as its stream hub uses. */
class FarEnd extends EventEmitter {
  readonly OPEN = OPEN;
  readonly bufferedAmount = 0;
  readonly #handlers: SocketHandlers;
  readyState = OPEN;
  #frozen = false;

  constructor(handlers: SocketHandlers) {
    super();
    this.#handlers = handlers;
  }

  send(data: Buffer | string): void {
    if (this.readyState === OPEN) this.#handlers.onText(data.toString(), Buffer.from(data));
  }

  ping(): void {
    if (this.readyState === OPEN) this.emit('pong');
  }

  /** Half open: it is read no more, so a ping is answered by nobody. */
  pause(): void {
    this.#frozen = true;
  }

  answerPing(): void {
    if (this.readyState === OPEN && !this.#frozen) this.#handlers.onPong();
  }

  close(code: number): void {
    this.end(`closed with code ${code}`);
  }

  terminate(): void {
    this.end('ECONNRESET');
  }

  end(sentence: string): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.emit('close');
    this.#handlers.onClosed(sentence);
  }
}

function splitOnce(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
