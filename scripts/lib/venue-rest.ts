/**
 * The venue's REST for a person's tools: the gateway's own client, without the gateway. It opens no stream and never creates, extends or
 * deletes a listenKey: that would cut off a running gateway's.
 */
import * as z from 'zod';
import { openHttp } from '../../gateway/io/http.ts';
import { instrumentsOf, rateLimitsOf } from '../../gateway/venues/binance/instruments.ts';
import { CALLS, type Call, ENDPOINTS, type Endpoints, simEndpoints } from '../../gateway/venues/binance/limits.ts';
import { RestOrderEntry } from '../../gateway/venues/binance/orders.ts';
import { Rest } from '../../gateway/venues/binance/rest.ts';
import { secretOf } from '../../gateway/venues/binance/sign.ts';
import { Depth, ExchangeInfo, parseJson } from '../../gateway/venues/binance/wire.ts';
import type { HttpOutcome, HttpRequest } from '../../gateway/venues/transport.ts';
import type { OrderEntry, VenueResult } from '../../gateway/venues/venue.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import type { Credentials, Loaded } from '../../shared/config-file.ts';
import type { Instrument } from '../../shared/instrument.ts';
import { takeCredentials } from '../../shared/io/take-credentials.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { RestAccount } from './flatten/venue-account.ts';
import { clockNote, nextStep, type Stage } from './next-step.ts';
import { EXIT, movedPortsHint, Problem } from './tool.ts';

/** Binance USD-M docs, "Order Book" with a limit up to 50, and "Mark Price" (reference sheet 2026-11, 3.4). */
const DEPTH_SHORT: Call = { ...CALLS.depth, weight: 2 };
const MARK: Call = { ...CALLS.time, path: '/fapi/v1/premiumIndex' };
const Mark = z.object({ markPrice: z.string() });

const money = z.string().regex(/^-?\d+(\.\d+)?$/);
export const BalanceRows = z.array(z.object({ asset: z.string(), balance: money, availableBalance: money, crossUnPnl: money }));
export type BalanceRow = z.infer<typeof BalanceRows>[number];
export const PositionRows = z.array(
  z.object({
    symbol: z.string(),
    positionSide: z.string(),
    positionAmt: money,
    entryPrice: money,
    markPrice: money,
    unRealizedProfit: money,
  }),
);
export type PositionRow = z.infer<typeof PositionRows>[number];

/** The newest exchange of words, fit to be shown: no header, no signature. `status` is null when no answer came. */
export type Heard = {
  readonly request: string;
  readonly status: number | null;
  readonly answer: string;
  /** The answer as JSON, with ids too long for a number as text; the answer itself when it is none. */
  readonly value: unknown;
};
export type Market = { readonly instrument: Instrument; readonly bestBid: string; readonly bestAsk: string; readonly mark: string };

export class VenueRest implements AsyncDisposable {
  readonly host: string;
  readonly #loaded: Loaded;
  readonly #clock = systemClock();
  readonly #rest: Rest;
  readonly #http: AsyncDisposable;
  #heard: Heard = { request: '', status: null, answer: '', value: null };

  constructor(loaded: Loaded, { apiKey, secret }: Credentials) {
    const { config } = loaded;
    const clock = this.#clock;
    this.#loaded = loaded;
    this.host = endpointsOf(config).rest;
    const http = openHttp({ origin: this.host, clock, timeoutMs: config.gateway.requestTimeoutMs });
    this.#http = http;
    const send = async (request: HttpRequest): Promise<HttpOutcome> => {
      const outcome = await http.send(request);
      this.#heard = heardOf(request, outcome);
      return outcome;
    };
    const { recvWindowMs } = config.gateway;
    this.#rest = new Rest({ send, clock, apiKey, secret: secretOf(secret), recvWindowMs, onCall: () => undefined });
  }

  /** The account for tools of last resort; with steps and limits of the contracts, when the venue tells them. */
  async account(): Promise<RestAccount> {
    const account = new RestAccount({ rest: this.#rest, clock: this.#clock });
    const fault = await account.readInstruments();
    if (fault?.kind === 'auth') this.need(err(fault), 'contact');
    return account;
  }

  get clock(): Clock {
    return this.#clock;
  }

  get heard(): Heard {
    return this.#heard;
  }

  /** Sets our clock by the venue's; proves that the host is there and is a venue. */
  async syncClock(): Promise<void> {
    this.need(await this.#rest.syncClock(), 'contact');
  }

  /** Of the venue's clock, before ours; ms, after `syncClock`. */
  clockAheadMs(): number {
    return this.#rest.nowMs() - this.#clock.wallMs();
  }

  async market(symbol: string): Promise<Market> {
    const info = this.need(await this.#rest.call(CALLS.exchangeInfo, { schema: ExchangeInfo, parameters: [] }), 'contact');
    this.#rest.setLimits(rateLimitsOf(info));
    const instrument = instrumentsOf(info, [symbol]);
    if (!instrument.ok) throw new Problem(EXIT.usage, [`--symbol: ${instrument.error}`]);
    const [only] = instrument.value.values();
    if (!only) throw new Error(`Cannot find ${symbol} among its own instruments`);
    const [depth, mark] = await Promise.all([this.#depth(symbol), this.#mark(symbol)]);
    return { instrument: only, ...depth, mark };
  }

  orders(instrument: Instrument): OrderEntry {
    return new RestOrderEntry({ rest: this.#rest, instruments: new Map([[instrument.symbol, instrument]]) });
  }

  async balances(): Promise<readonly BalanceRow[]> {
    return this.need(await this.#rest.call(CALLS.balance, { schema: BalanceRows, parameters: [] }), 'account');
  }

  async positions(): Promise<readonly PositionRow[]> {
    return this.need(await this.#rest.call(CALLS.positionRisk, { schema: PositionRows, parameters: [] }), 'account');
  }

  /** The value, or a problem that names the next step. */
  need<T>(result: VenueResult<T>, stage: Stage): T {
    if (result.ok) return result.value;
    const { config, file } = this.#loaded;
    const { code, sentence } = nextStep(result.error, {
      ...{ stage, file, host: this.host, moved: movedPortsHint(this.#loaded) },
      environment: config.environment,
      source: sourceOf(config),
      recvWindowMs: config.gateway.recvWindowMs,
    });
    throw new Problem(code, [sentence]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }

  async #depth(symbol: string): Promise<{ readonly bestBid: string; readonly bestAsk: string }> {
    const parameters = [
      ['symbol', symbol],
      ['limit', 5],
    ] as const;
    const depth = this.need(await this.#rest.call(DEPTH_SHORT, { schema: Depth, parameters }), 'contact');
    const [bid, ask] = [depth.bids[0]?.[0], depth.asks[0]?.[0]];
    if (bid === undefined || ask === undefined) throw new Problem(EXIT.failed, [`${symbol} has an empty book side now: try again later`]);
    return { bestBid: bid, bestAsk: ask };
  }

  async #mark(symbol: string): Promise<string> {
    return this.need(await this.#rest.call(MARK, { schema: Mark, parameters: [['symbol', symbol]] }), 'contact').markPrice;
  }
}

/** Reads the key and connects; a problem that names the next step when the environment has no account to ask. */
export async function openVenueRest(loaded: Loaded, env: NodeJS.ProcessEnv): Promise<VenueRest> {
  return connectVenueRest(loaded, await takeKey(loaded, env));
}

/** The key, out of the environment and into this process alone; a problem when there is none, or it cannot be one. */
export async function takeKey(loaded: Loaded, env: NodeJS.ProcessEnv): Promise<Credentials> {
  const taken = await takeCredentials(loaded, env);
  const credentials = taken.ok ? fitForHeader(loaded, taken.value) : taken;
  if (!credentials.ok) throw new Problem(EXIT.usage, [credentials.error]);
  return credentials.value;
}

/** For who has the key already, and may try again. */
export async function connectVenueRest(loaded: Loaded, credentials: Credentials): Promise<VenueRest> {
  if (loaded.config.environment === 'paper')
    throw new Problem(EXIT.refused, [
      'environment paper: its account is a file of ours, no exchange has it: see scripts/mm status and scripts/test-balance',
    ]);
  const venue = new VenueRest(loaded, credentials);
  try {
    await venue.syncClock();
    // the simulator's time is its own
    const note = loaded.config.environment === 'sim' ? null : clockNote(venue.clockAheadMs());
    if (note !== null) process.stderr.write(`note: ${note}\n`);
    return venue;
  } catch (error) {
    await venue[Symbol.asyncDispose]();
    throw error;
  }
}

/** A key with a blank or a line end in it cannot stand in a header; it is told here, where no library can print it. */
function fitForHeader(loaded: Loaded, credentials: Credentials): Result<Credentials, string> {
  const { apiKey, secret } = credentials;
  const { environment } = loaded.config;
  if (!/^[\x21-\x7e]+$/.test(apiKey) || (secret.trim() !== secret && !secret.includes('PRIVATE KEY')))
    return err(`credentials.${environment}: the key or secret of ${sourceOf(loaded.config)} has blanks or line ends: paste it again`);
  return ok(credentials);
}

function endpointsOf({ environment, endpoints, sim }: Config): Endpoints {
  if (environment === 'sim') return endpoints.sim ?? simEndpoints(sim.port);
  return environment === 'testnet' ? (endpoints.testnet ?? ENDPOINTS.testnet) : (endpoints.mainnet ?? ENDPOINTS.mainnet);
}

/** Where the key comes from, in words, never the key. */
function sourceOf({ environment, credentials }: Config): string {
  const source = environment === 'paper' ? undefined : credentials[environment];
  if (!source) return "the simulator's own public key";
  if (source.apiKey !== undefined) return `credentials.${environment} in the config`;
  if (source.keystore !== undefined) return `credentials.${environment}.keystore (${source.keystore})`;
  if (source.file !== undefined) return `credentials.${environment}.file (${source.file})`;
  return `credentials.${environment} (${source.apiKeyEnv} and ${source.secretEnv})`;
}

function heardOf({ method, path }: HttpRequest, outcome: HttpOutcome): Heard {
  const request = `${method} ${path.replace(/[?&]signature=[^&]*/, '')}`;
  if (outcome.kind !== 'answer') return { request, status: null, answer: outcome.sentence, value: null };
  const { status, text } = outcome;
  return { request, status, answer: text, value: parseJson(text)?.value ?? text };
}
