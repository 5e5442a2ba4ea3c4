/** A simulator on a free port, and a plain client of its wire: signs by hand, keeps every message. Written without any of our adapters. */
import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';
import { type ClockSpec, formatClockSpec } from '../../shared/clock.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { openSimulator, type Simulator, type SimulatorOptions } from '../../scripts/sim/simulator.ts';

export const KEY = 'test-key';
export const SECRET = 'test-secret';
const FUNDS = parseAtoms('10000') ?? ZERO_ATOMS;

export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly rows: readonly Record<string, unknown>[];
  readonly headers: Headers;
};
export type Fields = Readonly<Record<string, string | number>>;

/** An unattended market would fill far orders only by chance; a calm one keeps tests about one thing. */
export async function openTestSim(over: Partial<SimulatorOptions> = {}): Promise<SimClient> {
  const account = { apiKey: KEY, secret: SECRET, balances: { USDT: FUNDS, USDC: FUNDS } };
  const simulator = await openSimulator({
    host: '127.0.0.1',
    port: 0,
    seed: 1,
    speed: 1,
    clock: null,
    symbols: ['BTCUSDT'],
    replay: null,
    profile: 'calm',
    historyDays: 1,
    leadMs: 100,
    limitsEnforced: true,
    accounts: [account],
    onTapeProblem: (problem) => {
      throw problem;
    },
    ...over,
  });
  return new SimClient(simulator);
}

export class SimClient {
  readonly simulator: Simulator;
  readonly #sockets: Socket[] = [];

  constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  get clock(): ClockSpec {
    return this.simulator.clock;
  }

  get clockText(): string {
    return formatClockSpec(this.simulator.clock);
  }

  /** One request exactly as given. */
  async raw(method: string, target: string, over: { readonly apiKey?: string; readonly body?: string } = {}): Promise<Answer> {
    const headers = over.apiKey === undefined ? {} : { 'X-MBX-APIKEY': over.apiKey };
    const response = await fetch(`http://127.0.0.1:${this.simulator.port}${target}`, {
      method,
      headers,
      ...(over.body === undefined ? {} : { body: over.body }),
    });
    const text = await response.text();
    const value: unknown = JSON.parse(text);
    const rows = (Array.isArray(value) ? value : []) as Record<string, unknown>[];
    return { status: response.status, text, body: value as Record<string, unknown>, rows, headers: response.headers };
  }

  get(target: string): Promise<Answer> {
    return this.raw('GET', target);
  }

  async now(): Promise<number> {
    return Number((await this.get('/fapi/v1/time')).body['serverTime']);
  }

  /** A signed request, without the fields that are empty; `code` of a refusal is in the body. */
  async signed(method: string, path: string, fields: Fields = {}): Promise<Answer> {
    // wide: in fast time the usual five seconds are a blink of a busy machine
    const timestamp = await this.now();
    const all: Fields = { recvWindow: 60_000, timestamp, ...fields };
    const payload = Object.entries(all)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    return this.raw(method, `${path}?${payload}&signature=${sign(payload)}`, { apiKey: KEY });
  }

  /** A post-only buy far below the market unless told otherwise. */
  place(fields: Fields = {}): Promise<Answer> {
    const type = fields['type'] ?? 'LIMIT';
    const limit = type === 'LIMIT' ? { timeInForce: 'GTC', price: '62000' } : {};
    return this.signed('POST', '/fapi/v1/order', { symbol: 'BTCUSDT', side: 'BUY', type, quantity: '0.010', ...limit, ...fields });
  }

  admin(path: string, body?: unknown): Promise<Answer> {
    return body === undefined ? this.get(path) : this.raw('POST', path, { body: JSON.stringify(body) });
  }

  async open(path: string): Promise<Socket> {
    const socket = new Socket(`ws://127.0.0.1:${this.simulator.port}${path}`);
    this.#sockets.push(socket);
    await socket.opened;
    return socket;
  }

  async user(query = ''): Promise<Socket> {
    const { body } = await this.raw('POST', '/fapi/v1/listenKey', { apiKey: KEY });
    return this.open(query === '' ? `/private/ws/${body['listenKey']}` : `/private/ws?listenKey=${body['listenKey']}&${query}`);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.simulator.close();
  }
}

export const sign = (payload: string, secret = SECRET): string => createHmac('sha256', secret).update(payload).digest('hex');

export type Message = Record<string, unknown>;

export class Socket {
  readonly texts: string[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  #waiting: (() => void)[] = [];

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.opened = new Promise((resolve, reject) => {
      this.#socket.once('open', () => resolve());
      this.#socket.once('error', reject);
    });
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.on('message', (data) => {
      this.texts.push(data.toString());
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  send(value: unknown): void {
    this.#socket.send(typeof value === 'string' ? value : JSON.stringify(value));
  }

  messages(): readonly Message[] {
    return this.texts.map((text) => JSON.parse(text) as Message);
  }

  /** Resolves with the first message (old or new) that fits; the test's own timeout bounds the wait. */
  async first(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages().find(fits);
      if (found) return found;
      await this.#next();
    }
  }

  async count(atLeast: number): Promise<void> {
    while (this.texts.length < atLeast) await this.#next();
  }

  /** Resolves when all that the peer sent before now has been received. */
  async fence(): Promise<void> {
    const answered = new Promise((resolve) => this.#socket.once('pong', resolve));
    this.#socket.ping();
    await answered;
  }

  close(): void {
    this.#socket.terminate();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
