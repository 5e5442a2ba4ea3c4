/** Order entry and account reads over REST. One request is at most one send for orders; what is not certain comes back as `unknown`. */
import type { FillReport } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { trimDecimal } from '../../../shared/units.ts';
import { err, ok } from '../../../shared/result.ts';
import type {
  AccountState,
  AmendRequest,
  Commission,
  FundingPage,
  Holdings,
  Budgets,
  OnWritten,
  OrderEntry,
  OrderRequest,
  OrderRoute,
  VenueFault,
  VenueOrder,
  VenueResult,
} from '../venue.ts';
import { exactly } from './exact.ts';
import { balancesOf, fillsOf, fundingPage, marginRatioOf, orderOf, positionsOf, settingsOf, walletsOf } from './decode-rest.ts';
import {
  amendParameters,
  batchParameters,
  cancelManyParameters,
  orderParameters,
  venueOrderParameters,
  placeParameters,
} from './encode.ts';
import { faultOfElement } from './faults.ts';
import {
  AMENDS,
  CALLS,
  type Call,
  CANCEL_BATCH,
  INCOME_KEPT_MS,
  INCOME_LIMIT,
  ORDER_BATCH,
  OPEN_ORDERS_SINGLE,
  ORDERS_LIMIT,
  TRADES_LIMIT,
} from './limits.ts';
import type { Rest } from './rest.ts';
import type { Parameters } from './sign.ts';
import {
  Account,
  AccountConfig,
  Anything,
  Balances,
  BatchAnswer,
  CommissionRate,
  Income,
  OrderNames,
  Positions,
  RestOrder,
  RestOrders,
  SymbolConfigs,
  Trades,
} from './wire.ts';
import type * as z from 'zod';

type Instruments = ReadonlyMap<string, Instrument>;
type OrderCall = {
  readonly symbol: string;
  readonly parameters: (instrument: Instrument) => Parameters;
  readonly onWritten?: OnWritten;
  readonly reducing?: boolean;
  readonly mayLeave?: () => boolean;
};
type RestOrderEntryOptions = {
  readonly rest: Rest;
  readonly instruments: Instruments;
  readonly route?: () => OrderRoute;
  /** False once nothing new may leave. */
  readonly mayOpen?: () => boolean;
};
type BatchCall = {
  readonly symbols: readonly string[];
  readonly parameters: (instruments: readonly Instrument[]) => Parameters;
  readonly mayLeave?: () => boolean;
};
type Many<T> = { readonly requests: readonly T[]; readonly parameters: (request: T, instrument: Instrument) => Parameters };
type Named = { readonly symbol: string; readonly clientId: string };

export class RestOrderEntry implements OrderEntry {
  readonly #rest: Rest;
  readonly #instruments: Instruments;
  readonly route: () => OrderRoute;
  readonly amends = AMENDS;
  readonly batch = ORDER_BATCH;
  readonly #mayOpen: () => boolean;

  /** `route`: where calls of this client may leave another way. */
  constructor({ rest, instruments, route = () => 'rest', mayOpen = () => true }: RestOrderEntryOptions) {
    this.#rest = rest;
    this.#instruments = instruments;
    this.route = route;
    this.#mayOpen = mayOpen;
  }

  place(request: OrderRequest, onWritten?: OnWritten): Promise<VenueResult<VenueOrder>> {
    const parameters = (instrument: Instrument) => placeParameters(request, instrument);
    const { symbol, reduceOnly: reducing } = request;
    const mayLeave = reducing ? {} : { mayLeave: this.#mayOpen };
    return this.#order(CALLS.place, { symbol, parameters, reducing, ...mayLeave, ...(onWritten ? { onWritten } : {}) });
  }

  /** The answer of a successful amend may still say that the order ended (reference sheet 2026-11, 3.1). */
  async amend(request: AmendRequest, onWritten?: OnWritten): Promise<VenueResult<VenueOrder>> {
    const parameters = (instrument: Instrument) => amendParameters(request, instrument);
    const asked = await this.#order(CALLS.amend, {
      ...{ symbol: request.symbol, parameters, mayLeave: this.#mayOpen },
      ...(onWritten ? { onWritten } : {}),
    });
    return this.#amended(request, asked);
  }

  placeMany(requests: readonly OrderRequest[]): Promise<readonly VenueResult<VenueOrder>[]> {
    return this.#many(CALLS.placeMany, { requests, parameters: placeParameters });
  }

  async amendMany(requests: readonly AmendRequest[]): Promise<readonly VenueResult<VenueOrder>[]> {
    const asked = await this.#many(CALLS.amendMany, { requests, parameters: amendParameters });
    return Promise.all(requests.map((request, i) => this.#amended(request, asked[i] ?? err(unreadable('no answer for this amend')))));
  }

  async #amended(request: AmendRequest, asked: VenueResult<VenueOrder>): Promise<VenueResult<VenueOrder>> {
    // "Nothing to change" (-5027) is the wanted state: only our picture of the order was old, so it is read.
    const result = !asked.ok && asked.error.reason === 'no-change' ? await this.queryOrder(request) : asked;
    if (!result.ok) return result;
    const lives = result.value.state === 'accepted' || result.value.state === 'partially-filled';
    return ok(lives ? { ...result.value, state: 'amended' } : result.value);
  }

  cancel(order: Named, onWritten?: OnWritten): Promise<VenueResult<VenueOrder>> {
    return this.#order(CALLS.cancel, {
      symbol: order.symbol,
      parameters: () => orderParameters(order),
      ...(onWritten ? { onWritten } : {}),
    });
  }

  queryOrder(order: Named): Promise<VenueResult<VenueOrder>> {
    return this.#order(CALLS.query, { symbol: order.symbol, parameters: () => orderParameters(order) });
  }

  orderOf({ symbol, venueId }: { readonly symbol: string; readonly venueId: string }): Promise<VenueResult<VenueOrder>> {
    return this.#order(CALLS.query, { symbol, parameters: () => venueOrderParameters({ symbol, venueId }) });
  }

  async cancelMany(order: { readonly symbol: string; readonly clientIds: readonly string[] }): Promise<readonly VenueResult<VenueOrder>[]> {
    const batches: (readonly string[])[] = [];
    for (let i = 0; i < order.clientIds.length; i += CANCEL_BATCH) batches.push(order.clientIds.slice(i, i + CANCEL_BATCH));
    const results = await Promise.all(batches.map((clientIds) => this.#cancelBatch({ symbol: order.symbol, clientIds })));
    return results.flat();
  }

  async trades({
    symbol,
    fromTradeId,
  }: {
    readonly symbol: string;
    readonly fromTradeId: string | null;
  }): Promise<VenueResult<readonly FillReport[]>> {
    const instrument = this.#instruments.get(symbol);
    if (!instrument) return err(notOurs(symbol));
    const from: Parameters = fromTradeId === null ? [] : [['fromId', fromTradeId]];
    const result = await this.#rest.call(CALLS.userTrades, {
      schema: Trades,
      parameters: [['symbol', symbol], ...from, ['limit', TRADES_LIMIT]],
    });
    return result.ok ? readable(() => fillsOf(result.value, instrument)) : result;
  }

  async account(): Promise<VenueResult<AccountState>> {
    const [account, positions, openOrders, configs, config] = await Promise.all([
      this.#get(CALLS.account, Account),
      this.#get(CALLS.positionRisk, Positions),
      this.openOrders(),
      this.#get(CALLS.symbolConfig, SymbolConfigs),
      this.#get(CALLS.accountConfig, AccountConfig),
    ]);
    if (!account.ok) return account;
    if (!positions.ok) return positions;
    if (!openOrders.ok) return openOrders;
    if (!configs.ok) return configs;
    if (!config.ok) return config;
    const instruments = this.#instruments;
    const { dualSidePosition: hedgeMode, multiAssetsMargin: multiAssets } = config.value;
    return readable(() => ({
      ...positionsOf(positions.value, { instruments, nowMs: this.#rest.nowMs() }),
      ...settingsOf(configs.value, instruments),
      balances: walletsOf(account.value),
      openOrders: openOrders.value,
      marginRatio: marginRatioOf(account.value, { multiAssets }),
      hedgeMode,
      multiAssets,
    }));
  }

  async holdings(): Promise<VenueResult<Holdings>> {
    const [balances, positions] = await Promise.all([this.#get(CALLS.balance, Balances), this.#get(CALLS.positionRisk, Positions)]);
    if (!balances.ok) return balances;
    if (!positions.ok) return positions;
    const at = { instruments: this.#instruments, nowMs: this.#rest.nowMs() };
    return readable(() => ({ ...positionsOf(positions.value, at), balances: balancesOf(balances.value) }));
  }

  async recentIds(symbol: string): Promise<VenueResult<readonly string[]>> {
    const parameters: Parameters = [
      ['symbol', symbol],
      ['limit', ORDERS_LIMIT],
    ];
    const result = await this.#rest.call(CALLS.allOrders, { schema: OrderNames, parameters });
    return result.ok ? ok(result.value.map(({ clientOrderId }) => clientOrderId)) : result;
  }

  async commission(symbol: string): Promise<VenueResult<Commission>> {
    const result = await this.#rest.call(CALLS.commissionRate, { schema: CommissionRate, parameters: [['symbol', symbol]] });
    if (!result.ok) return result;
    const { makerCommissionRate, takerCommissionRate } = result.value;
    return ok({ maker: trimDecimal(makerCommissionRate), taker: trimDecimal(takerCommissionRate) });
  }

  async fundingPaid({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Promise<VenueResult<FundingPage>> {
    const parameters: Parameters = [
      ['incomeType', 'FUNDING_FEE'],
      ['startTime', Math.max(Math.floor(fromMs), toMs - INCOME_KEPT_MS)],
      ['endTime', Math.ceil(toMs)],
      ['limit', INCOME_LIMIT],
    ];
    const result = await this.#rest.call(CALLS.income, { schema: Income, parameters });
    return result.ok ? readable(() => fundingPage(result.value)) : result;
  }

  #get<T>(call: Call, schema: z.ZodType<T>): Promise<VenueResult<T>> {
    return this.#rest.call(call, { schema, parameters: [] });
  }

  async armDeadMan({ symbol, ms }: { readonly symbol: string; readonly ms: number }): Promise<VenueResult<null>> {
    const result = await this.#rest.call(CALLS.countdown, {
      schema: Anything,
      parameters: [
        ['symbol', symbol],
        ['countdownTime', ms],
      ],
    });
    return result.ok ? ok(null) : result;
  }

  budgets(): Budgets {
    return this.#rest.budgets();
  }

  async #order(call: Call, { symbol, parameters, onWritten, mayLeave, reducing = false }: OrderCall): Promise<VenueResult<VenueOrder>> {
    const instrument = this.#instruments.get(symbol);
    if (!instrument) return err(notOurs(symbol));
    const result = await this.#rest.call(call, {
      schema: RestOrder,
      parameters: parameters(instrument),
      reducing,
      ...(onWritten ? { onWritten } : {}),
      ...(mayLeave ? { mayLeave } : {}),
    });
    return result.ok ? readable(() => orderOf(result.value, instrument)) : result;
  }

  #cancelBatch(order: { readonly symbol: string; readonly clientIds: readonly string[] }): Promise<readonly VenueResult<VenueOrder>[]> {
    const symbols = order.clientIds.map(() => order.symbol);
    return this.#batch(CALLS.cancelMany, { symbols, parameters: () => cancelManyParameters(order) });
  }

  /** Any symbols together. Elements are worked off at once and in no order (3.1): each stands for itself. */
  #many<T extends { readonly symbol: string }>(call: Call, { requests, parameters }: Many<T>): Promise<readonly VenueResult<VenueOrder>[]> {
    const symbols = requests.map(({ symbol }) => symbol);
    return this.#batch(call, {
      symbols,
      mayLeave: this.#mayOpen,
      parameters: (instruments) =>
        batchParameters(requests.flatMap((request, i) => (instruments[i] ? [parameters(request, instruments[i])] : []))),
    });
  }

  /** Results come in the order asked; any other number of results says nothing about any of them. */
  async #batch(call: Call, { symbols, parameters, mayLeave }: BatchCall): Promise<readonly VenueResult<VenueOrder>[]> {
    const all = (fault: VenueFault): readonly VenueResult<VenueOrder>[] => symbols.map(() => err(fault));
    const instruments = symbols.flatMap((symbol) => this.#instruments.get(symbol) ?? []);
    if (instruments.length !== symbols.length) return all(notOurs(symbols.find((symbol) => !this.#instruments.has(symbol)) ?? ''));
    const answer = await this.#rest.call(call, { schema: BatchAnswer, parameters: parameters(instruments), ...(mayLeave && { mayLeave }) });
    if (!answer.ok) return all(answer.error);
    if (answer.value.length !== symbols.length) return all(unreadable('a batch answer of another length than the request'));
    return answer.value.map((element, i) => {
      if ('code' in element) return err(faultOfElement(element, { venueNowMs: this.#rest.nowMs() }));
      const instrument = instruments[i];
      return instrument ? readable(() => orderOf(element, instrument)) : err(notOurs(symbols[i] ?? ''));
    });
  }

  async openOrders(): Promise<VenueResult<readonly VenueOrder[]>> {
    const symbols = [...this.#instruments.keys()];
    const ask = (call: Call, parameters: Parameters) => this.#rest.call(call, { schema: RestOrders, parameters });
    const answers =
      symbols.length > OPEN_ORDERS_SINGLE
        ? [await ask(CALLS.openOrdersAll, [])]
        : await Promise.all(symbols.map((symbol) => ask(CALLS.openOrders, [['symbol', symbol]])));
    const orders: VenueOrder[] = [];
    for (const answer of answers) {
      if (!answer.ok) return answer;
      const read = readable(() => answer.value.flatMap((order) => this.#known(order)));
      if (!read.ok) return read;
      orders.push(...read.value);
    }
    return ok(orders);
  }

  #known(order: RestOrder): readonly VenueOrder[] {
    const instrument = this.#instruments.get(order.symbol);
    return instrument ? [orderOf(order, instrument)] : [];
  }
}

function readable<T>(decode: () => T): VenueResult<T> {
  const value = exactly(() => ({ decoded: decode() }));
  return typeof value === 'string' ? err(unreadable(value)) : ok(value.decoded);
}

const unreadable = (sentence: string): VenueFault => ({ kind: 'unknown', reason: 'unreadable', sentence });
const notOurs = (symbol: string): VenueFault => ({
  kind: 'rejected',
  reason: 'symbol',
  sentence: `not sent: ${symbol} is not a configured symbol`,
});
