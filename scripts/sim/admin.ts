/** The simulator's own interface under /sim: the truth for tests, and faults on request. */
import { algoQueryJson } from '../../shared/sim/binance/algo-json.ts';
import * as z from 'zod';
import type { Exchange } from '../../shared/sim/exchange.ts';
import { queryJson } from '../../shared/sim/binance/order-json.ts';
import { positionRiskJson } from '../../shared/sim/binance/position-json.ts';
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import { formatAtoms, sumDecimals } from '../../shared/units.ts';
import type { PriceSize } from '../../shared/sim/exchange-events.ts';
import { notionalOf } from '../../shared/instrument.ts';
import { type Faults, readFault } from './faults/fault.ts';
import { faultSchemas } from './faults/fault-help.ts';
import type { StreamHub } from './stream-hub.ts';
import type { Stepper } from './stepper.ts';
import type { ReplayState } from './tape-feed.ts';

export type AdminOptions = {
  readonly exchange: Exchange;
  readonly hub: StreamHub;
  readonly faults: Faults;
  /** Null when time runs by itself. */
  readonly stepper: Stepper | null;
  readonly seed: number;
  readonly replay: () => ReplayState | null;
};

export type AdminRequest = { readonly method: string; readonly url: URL; readonly body: string };
export type AdminAnswer = { readonly status: number; readonly value: unknown };

const Advance = z.union([z.strictObject({ ms: z.int().positive() }), z.strictObject({ toMs: z.int().positive() })]);

const ok = (value: unknown): AdminAnswer => ({ status: 200, value });
const bad = (problem: string, status = 400): AdminAnswer => ({ status, value: { problem } });

export class Admin {
  readonly #options: AdminOptions;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  handle({ method, url, body }: AdminRequest): AdminAnswer | Promise<AdminAnswer> {
    switch (`${method} ${url.pathname}`) {
      case 'GET /sim/state':
        return ok(this.#state());
      case 'GET /sim/book':
        return this.#book(url.searchParams);
      case 'GET /sim/account':
        return this.#account(url.searchParams.get('apiKey') ?? '');
      case 'GET /sim/faults':
        return ok(this.#options.faults.parts.board.rows());
      case 'GET /sim/faults/kinds':
        return ok(faultSchemas());
      case 'POST /sim/fault':
        return this.#fault(body);
      case 'POST /sim/expire-listen-key':
        return this.#expireKey(body);
      case 'POST /sim/advance':
        return this.#advance(body);
      default:
        return bad(
          `${method} ${url.pathname}: unknown, known are GET /sim/state, /sim/book, /sim/account, /sim/faults, /sim/faults/kinds, POST /sim/fault, /sim/expire-listen-key, /sim/advance`,
        );
    }
  }

  #state(): Record<string, unknown> {
    const { exchange, seed, hub } = this.#options;
    const replay = this.#options.replay();
    const symbols = [...exchange.markets.keys()];
    return { nowMs: Math.floor(exchange.nowMs), mode: replay ? 'replay' : 'flow', seed, symbols, replay, streams: hub.counts() };
  }

  #book(search: URLSearchParams): AdminAnswer {
    const symbol = search.get('symbol') ?? '';
    const market = this.#options.exchange.markets.get(symbol);
    if (!market) return bad(`symbol: ${JSON.stringify(symbol)} is not open here`);
    const u = search.get('u');
    if (u !== null && !/^\d{1,15}$/.test(u)) return bad(`u: ${JSON.stringify(u)} is not an update id`);
    const view = market.published(u === null ? null : Number(u));
    if (!view) return bad(`u: no kept state of ${symbol} ends at ${u ?? 'any update id yet'}`, 404);
    const levels = (side: readonly PriceSize[]): unknown =>
      side.map(([price, size]) => [formatPrice(market.instrument, price), formatSize(market.instrument, size)]);
    return ok({ symbol, lastUpdateId: view.lastUpdateId, bids: levels(view.bids), asks: levels(view.asks) });
  }

  #account(apiKey: string): AdminAnswer {
    const { exchange } = this.#options;
    if (!exchange.hasAccount(apiKey)) return bad(`apiKey: ${JSON.stringify(apiKey)} has no account here`);
    const trader = exchange.trader(apiKey);
    const instrument = (symbol: string): Instrument => exchange.market(symbol).instrument;
    const trades = trader.orders.trades(null);
    const notionals = trades.map(({ order, price, size }) => formatAtoms(notionalOf(instrument(order.symbol), { price, size })));
    return ok({
      positions: positionRiskJson({ exchange, trader }, null),
      openOrders: trader.orders.open(null).map((order) => queryJson(instrument(order.symbol), order)),
      /** Conditional orders that wait. */
      stops: exchange.algos.open(trader, null).map((order) => algoQueryJson(instrument(order.symbol), order)),
      balances: trader.account.wallets().map(({ asset, balance }) => ({ asset, balance: formatAtoms(balance) })),
      tradesCount: trades.length,
      volume: sumDecimals(notionals) ?? '0',
    });
  }

  #fault(body: string): AdminAnswer {
    const fault = readFault(parseJson(body));
    const started = fault.ok ? this.#options.faults.start(fault.value) : fault;
    return started.ok ? ok(started.value) : bad(started.error);
  }

  async #advance(body: string): Promise<AdminAnswer> {
    const { stepper } = this.#options;
    if (!stepper) return bad('advance: time runs by itself; start with --stepped', 409);
    const read = Advance.safeParse(parseJson(body));
    if (!read.success) return bad('advance: allowed is {"ms": N} or {"toMs": N}, N above 0');
    const byMs = 'ms' in read.data ? read.data.ms : read.data.toMs - stepper.nowMs;
    if (byMs < 0) return bad(`toMs: it is ${stepper.nowMs} already, and time never goes back`);
    await stepper.advance(byMs);
    return ok({ nowMs: stepper.nowMs });
  }

  #expireKey(body: string): AdminAnswer {
    const request = parseJson(body || '{}');
    const named = typeof request === 'object' && request !== null && 'apiKey' in request ? { apiKey: String(request.apiKey) } : {};
    const started = this.#options.faults.start({ kind: 'expire-listen-key', ...named });
    return started.ok ? ok(started.value) : bad(started.error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // answered as a malformed fault
  }
}
