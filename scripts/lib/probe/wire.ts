/** The venue's REST as the probe speaks it: one call at a time, the answer as it came, with its code. Sends nothing twice. */
import * as z from 'zod';
import { type Http, openHttp } from '../../../gateway/io/http.ts';
import { endpointsOf } from '../../../gateway/venues/binance/endpoints.ts';
import { instrumentsOf } from '../../../gateway/venues/binance/instruments.ts';
import { waitForData } from '../../../gateway/venues/binance/io/wait-for-data.ts';
import { marketPath, publicPath } from '../../../gateway/venues/binance/encode.ts';
import { type Parameters, type Secret, secretOf, signQuery } from '../../../gateway/venues/binance/sign.ts';
import { ExchangeInfo, parseJson } from '../../../gateway/venues/binance/wire.ts';
import type { RouteFact } from '../../../gateway/doctor/facts.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Config } from '../../../shared/config.ts';
import type { Credentials } from '../../../shared/config-file.ts';
import type { Instrument } from '../../../shared/instrument.ts';

/** `code` is null for a success; `status` is null when no answer came. */
export type Reply = { readonly status: number | null; readonly code: number | null; readonly value: unknown; readonly words: string };
export type Asked = {
  readonly parameters: Parameters;
  readonly recvWindowMs?: number /** Added to the time of the request. */;
  readonly shiftMs?: number;
};

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
const isPlain = (asked: Parameters | Asked): asked is Parameters => Array.isArray(asked);

const Failure = z.object({ code: z.int().optional(), msg: z.string() });
const Time = z.object({ serverTime: z.int() });
const RECV_WINDOW_MS = 5_000;
const TIMEOUT_MS = 10_000;

export class ProbeWire implements AsyncDisposable {
  readonly host: string;
  readonly keyKind: string;
  readonly #http: Http;
  readonly #stream: string;
  readonly #apiKey: string;
  readonly #secret: Secret;
  #aheadMs = 0;

  constructor(config: Config, { apiKey, secret }: Credentials) {
    const { rest, stream } = endpointsOf(config);
    this.host = rest;
    this.#stream = stream;
    this.#apiKey = apiKey;
    this.#secret = secretOf(secret);
    this.keyKind = this.#secret.kind;
    this.#http = openHttp({ origin: rest, clock: systemClock(), timeoutMs: TIMEOUT_MS });
  }

  /** The venue's time counts, not ours. False: it does not answer. */
  async syncClock(): Promise<boolean> {
    const from = Date.now();
    const time = Time.safeParse((await this.#send('GET', '/fapi/v1/time', {})).value);
    if (time.success) this.#aheadMs = time.data.serverTime - (from + Date.now()) / 2;
    return time.success;
  }

  async instrument(symbol: string): Promise<Instrument | null> {
    const info = ExchangeInfo.safeParse((await this.#send('GET', '/fapi/v1/exchangeInfo', {})).value);
    const found = info.success ? instrumentsOf(info.data, [symbol]) : null;
    return found?.ok ? (found.value.get(symbol) ?? null) : null;
  }

  get(path: string, parameters: Parameters = []): Promise<Reply> {
    return this.signed('GET', path, parameters);
  }

  open(path: string): Promise<Reply> {
    return this.#send('GET', path, {});
  }

  /** With the key alone, unsigned. */
  keyed(method: 'POST' | 'GET', path: string): Promise<Reply> {
    return this.#send(method, path, { 'X-MBX-APIKEY': this.#apiKey });
  }

  signed(method: Method, path: string, asked: Parameters | Asked): Promise<Reply> {
    const { parameters, recvWindowMs = RECV_WINDOW_MS, shiftMs = 0 } = isPlain(asked) ? { parameters: asked } : asked;
    const timestampMs = Math.floor(Date.now() + this.#aheadMs + shiftMs);
    const query = signQuery(parameters, { secret: this.#secret, recvWindowMs, timestampMs });
    return this.#send(method, `${path}?${query}`, { 'X-MBX-APIKEY': this.#apiKey });
  }

  /** Whether the routed public streams of the symbol speak. */
  streams(symbol: string, patienceMs: number): Promise<readonly RouteFact[]> {
    const paths = [publicPath([symbol]), marketPath([symbol], [])];
    return Promise.all(paths.map((path) => waitForData(`${this.#stream}${path}`, { patienceMs })));
  }

  privateUrl(listenKey: string): string {
    return `${this.#stream}/private/ws/${encodeURIComponent(listenKey)}`;
  }

  async #send(method: Method, path: string, headers: Readonly<Record<string, string>>): Promise<Reply> {
    const outcome = await this.#http.send({ method, path, headers });
    if (outcome.kind !== 'answer') return { status: null, code: null, value: null, words: outcome.sentence };
    const value = parseJson(outcome.text)?.value ?? null;
    const failure = Failure.safeParse(value);
    const failed = outcome.status !== 200;
    const code = failed && failure.success ? (failure.data.code ?? null) : null;
    const words = failed
      ? `HTTP ${outcome.status}${code === null ? '' : ` code ${code}`}${failure.success ? ` ${failure.data.msg}` : ''}`
      : 'accepted';
    return { status: outcome.status, code, value, words };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }
}

export const accepted = ({ status }: Reply): boolean => status === 200;
