/** What the doctor wants to know of the venue, read once over connections of its own. Sends nothing that changes anything, and leaves listenKeys alone. */
import * as z from 'zod';
import type { Clock } from '../../../../shared/clock.ts';
import type { Config } from '../../../../shared/config.ts';
import type { Credentials } from '../../../../shared/config-file.ts';
import { isOurs } from '../../../../shared/client-id.ts';
import { err, ok } from '../../../../shared/result.ts';
import type { AccountFacts, ContractFacts, RightsFacts, RouteFact, VenueFacts } from '../../../doctor/facts.ts';
import type { Known } from '../../../doctor/finding.ts';
import { openHttp } from '../../../io/http.ts';
import type { VenueResult } from '../../venue.ts';
import { marketPath, publicPath } from '../encode.ts';
import { endpointsOf, tradesRealMoney } from '../endpoints.ts';
import { instrumentsOf } from '../instruments.ts';
import { KeyRights } from '../key-rights.ts';
import { type Call, CALLS, type Endpoints, OPEN_ORDERS_SINGLE } from '../limits.ts';
import { Rest } from '../rest.ts';
import { type Parameters, secretOf } from '../sign.ts';
import { Account, ExchangeInfo, OrderNames, PremiumIndexes, SymbolConfigs } from '../wire.ts';
import { waitForData } from './wait-for-data.ts';

export type Examined = {
  readonly config: Config;
  /** Null: public data only. */
  readonly credentials: Credentials | null;
  readonly clock: Clock;
  /** How long a stream may take until it speaks; real ms. */
  readonly patienceMs: number;
};

const NO_KEY: Credentials = { apiKey: '', secret: 'none' };
const AccountConfig = z.object({ dualSidePosition: z.boolean(), multiAssetsMargin: z.boolean(), canTrade: z.boolean().optional() });
const Mark = z.object({ symbol: z.string(), markPrice: z.string() });

export async function examineBinance(asked: Examined): Promise<VenueFacts> {
  const { config, credentials, clock } = asked;
  const endpoints = endpointsOf(config);
  const { recvWindowMs, requestTimeoutMs: timeoutMs } = config.gateway;
  await using http = openHttp({ origin: endpoints.rest, clock, timeoutMs });
  const key = credentials ?? NO_KEY;
  const rest = new Rest({
    send: http.send,
    clock,
    apiKey: key.apiKey,
    secret: secretOf(key.secret),
    recvWindowMs,
    onCall: () => undefined,
  });
  const reader = new Reader(rest, config);
  const [read, streams, orderSocket] = await Promise.all([
    reader.read(credentials !== null),
    streamsOf(asked, endpoints),
    orderSocketOf(asked, endpoints),
  ]);
  const rights = credentials === null ? null : await rightsOf(asked, { endpoints, rest });
  return { host: endpoints.rest, ...read, streams, orderSocket, rights, realMoney: tradesRealMoney(endpoints) };
}

class Reader {
  readonly #rest: Rest;
  readonly #config: Config;

  constructor(rest: Rest, config: Config) {
    this.#rest = rest;
    this.#config = config;
  }

  async read(keyed: boolean): Promise<Pick<VenueFacts, 'rest' | 'clockAheadMs' | 'account' | 'contracts'>> {
    const synced = await this.#rest.syncClock();
    if (!synced.ok) {
      const why = err(synced.error.sentence);
      return { rest: why, clockAheadMs: why, account: keyed ? why : null, contracts: why };
    }
    const clockAheadMs = ok(this.#rest.nowMs() - Date.now());
    const from = performance.now();
    const again = await this.#rest.call(CALLS.time, { schema: z.unknown(), parameters: [] });
    const rest = again.ok ? ok(performance.now() - from) : err(again.error.sentence);
    const [account, contracts] = await Promise.all([keyed ? this.#account() : null, this.#contracts()]);
    return { rest, clockAheadMs, account, contracts };
  }

  async #account(): Promise<Known<AccountFacts>> {
    const [account, config, settings] = [
      await this.#get(CALLS.account, Account),
      await this.#get(CALLS.accountConfig, AccountConfig),
      await this.#get(CALLS.symbolConfig, SymbolConfigs),
    ];
    if (!account.ok) return account;
    if (!config.ok) return config;
    if (!settings.ok) return settings;
    return ok({
      hedgeMode: config.value.dualSidePosition,
      multiAssets: config.value.multiAssetsMargin,
      canTrade: config.value.canTrade ?? null,
      equity: Object.fromEntries(account.value.assets.map(({ asset, marginBalance }) => [asset, Number(marginBalance)])),
      symbols: settings.value.map(({ symbol, leverage, marginType }) => ({ symbol, leverage, isolated: /^isolated$/i.test(marginType) })),
      foreignOrders: await this.#foreignOrders(),
    });
  }

  async #foreignOrders(): Promise<Known<number>> {
    const { symbols } = this.#config;
    const lists =
      symbols.length > OPEN_ORDERS_SINGLE
        ? [await this.#get(CALLS.openOrdersAll, OrderNames)]
        : await Promise.all(symbols.map((symbol) => this.#get(CALLS.openOrders, OrderNames, [['symbol', symbol]])));
    let foreign = 0;
    for (const list of lists) {
      if (!list.ok) return list;
      foreign += list.value.filter(({ clientOrderId }) => !isOurs(clientOrderId)).length;
    }
    return ok(foreign);
  }

  async #contracts(): Promise<Known<readonly ContractFacts[]>> {
    const [info, marks] = [await this.#get(CALLS.exchangeInfo, ExchangeInfo), await this.#get(CALLS.premiumIndexAll, PremiumIndexes)];
    if (!info.ok) return info;
    if (!marks.ok) return marks;
    const instruments = instrumentsOf(info.value, this.#config.symbols);
    if (!instruments.ok) return instruments;
    const priced = new Map(
      marks.value.flatMap((row) => (Mark.safeParse(row).success ? [[row.symbol, Number(Mark.parse(row).markPrice)] as const] : [])),
    );
    return ok(
      [...instruments.value.values()].map(({ symbol, quoteAsset, trading, minNotional }) => ({
        ...{ symbol, quoteAsset, trading },
        minNotional: Number(minNotional),
        mark: priced.get(symbol) ?? 0,
      })),
    );
  }

  async #get<T>(call: Call, schema: z.ZodType<T>, parameters: Parameters = []): Promise<Known<T>> {
    return knownOf(await this.#rest.call(call, { schema, parameters }));
  }
}

const knownOf = <T>(result: VenueResult<T>): Known<T> => (result.ok ? result : err(result.error.sentence));

async function streamsOf({ config, credentials, patienceMs }: Examined, { stream }: Endpoints): Promise<VenueFacts['streams']> {
  const symbols = config.symbols.slice(0, 1);
  const [open, market, own] = await Promise.all([
    waitForData(`${stream}${publicPath(symbols)}`, { patienceMs }),
    waitForData(`${stream}${marketPath(symbols, [])}`, { patienceMs }),
    credentials === null ? null : privateRoute(stream, patienceMs),
  ]);
  return { public: open, market, private: own };
}

/** Without a key of a stream, which only the gateway may make: the route opens, and says nothing (1.1). */
async function privateRoute(stream: string, patienceMs: number): Promise<RouteFact> {
  const fact = await waitForData(`${stream}/private/ws`, { patienceMs, pongIsEnough: true });
  return fact.state === 'silent'
    ? { ...fact, sentence: 'it opens and answers pings; whether events arrive is only seen with orders' }
    : fact;
}

function orderSocketOf({ config, patienceMs }: Examined, { api }: Endpoints): Promise<RouteFact> | null {
  if (config.gateway.orderEntry !== 'websocket' || api === undefined) return null;
  const ask = JSON.stringify({ id: 'doctor', method: 'ticker.book', params: { symbol: config.symbols[0] } });
  return waitForData(api, { patienceMs, ask });
}

async function rightsOf(
  { config, credentials, clock }: Examined,
  { endpoints, rest }: { readonly endpoints: Endpoints; readonly rest: Rest },
): Promise<Known<RightsFacts> | null> {
  if (endpoints.wallet === undefined || credentials === null)
    return config.environment === 'mainnet' ? err('endpoints.mainnet.wallet is missing') : null;
  const { recvWindowMs, requestTimeoutMs: timeoutMs } = config.gateway;
  await using http = openHttp({ origin: endpoints.wallet, clock, timeoutMs });
  const keyed = { apiKey: credentials.apiKey, secret: secretOf(credentials.secret), recvWindowMs };
  const wallet = new Rest({ ...keyed, send: http.send, clock, nowMs: rest.nowMs(), onCall: () => undefined });
  const told = knownOf(await wallet.call(CALLS.keyRights, { schema: KeyRights, parameters: [] }));
  if (!told.ok) return told;
  const { enableWithdrawals, enableFutures, ipRestrict } = told.value;
  return ok({ withdraw: enableWithdrawals ?? null, futures: enableFutures ?? null, addressList: ipRestrict ?? null });
}
