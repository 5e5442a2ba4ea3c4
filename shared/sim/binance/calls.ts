/** One call of the venue, whichever door it came in by: ban, weight, key, permission, order count, and the route itself. */
import type { Random } from '../../random.ts';
import type { Exchange } from '../exchange.ts';
import { ACCOUNT_ROUTES } from './account-routes.ts';
import { ALGO_ROUTES } from './algo-routes.ts';
import { FUNDING_ROUTES } from './funding-routes.ts';
import { KEY_ROUTES } from './key-routes.ts';
import type { ApiKey } from './keys.ts';
import type { RateLimits } from './limits.ts';
import type { ListenKeys } from './listen-keys.ts';
import { MARKET_ROUTES } from './market-routes.ts';
import { ORDER_ROUTES } from './order-routes.ts';
import type { Params } from './params.ts';
import type { Route } from './route.ts';
import { notPermitted } from './security.ts';

/** Every call there is, by its name. */
export const ROUTES: Readonly<Record<string, Route>> = {
  ...MARKET_ROUTES,
  ...FUNDING_ROUTES,
  ...ORDER_ROUTES,
  ...ALGO_ROUTES,
  ...ACCOUNT_ROUTES,
  ...KEY_ROUTES,
};
const FUNDING_CALLS: readonly string[] = ['GET /fapi/v1/fundingRate', 'GET /fapi/v1/fundingInfo'];
const CLIENT_ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export type CallsOptions = {
  readonly exchange: Exchange;
  readonly listenKeys: ListenKeys;
  readonly limits: RateLimits;
  readonly random: Random;
  /** How far the venue's clock is ahead of the true time; absent: not at all. */
  readonly skewMs?: () => number;
};

export type Call = {
  /** Method and path of the REST interface: 'GET /fapi/v1/time'. */
  readonly name: string;
  readonly route: Route;
  readonly params: Params;
  /** Weight is counted per address. */
  readonly address: string;
  /** Who calls; throws a `Refusal` when the key, the time or the signature is not good. */
  readonly identify: (security: 'key' | 'signed') => ApiKey;
};

export type Outcome = { readonly value: unknown /** Null on a public route. */; readonly account: string | null };

export class Calls {
  readonly limits: RateLimits;
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.limits = options.limits;
  }

  /** The exchange's present time: whoever owns the clock advances it first. */
  nowMs(): number {
    return Math.floor(this.#options.exchange.nowMs);
  }

  /** What the venue's clock says: it may be wrong. */
  clockMs(): number {
    return this.nowMs() + (this.#options.skewMs?.() ?? 0);
  }

  route(name: string): Route | null {
    return ROUTES[name] ?? null;
  }

  /** Throws a `Refusal`; a refused call counts its weight, and its orders when its key was good. */
  run({ name, route, params, address, identify }: Call): Outcome {
    const { exchange, listenKeys } = this.#options;
    const spender = { address, nowMs: this.nowMs() };
    if (FUNDING_CALLS.includes(name)) this.limits.spendFunding(spender);
    else this.limits.spendWeight(spender, typeof route.weight === 'number' ? route.weight : route.weight(params));
    const key = route.security === 'none' ? null : identify(route.security);
    if (key && isTrade(name, route) && !key.spec.canTrade) throw notPermitted();
    const account = key?.spec.account ?? null;
    const [orders10s, orders1m] = route.orders ?? [0, 0];
    this.limits.spendOrders(spender, { account: account ?? '', orders10s, orders1m });
    const at = { nowMs: spender.nowMs, clockMs: this.clockMs() };
    const context = { exchange, listenKeys, params, key, apiKey: account ?? '', ...at, figures: this.limits.figures };
    const value = route.run({ ...context, madeUpId: () => this.#madeUpId() });
    exchange.advance(exchange.nowMs); // what the call set off at this very instant: triggered orders
    return { value, account };
  }

  #madeUpId(): string {
    const letter = (): string => CLIENT_ID_LETTERS[this.#options.random.int({ min: 0, max: CLIENT_ID_LETTERS.length - 1 })] ?? '0';
    return Array.from({ length: 22 }, letter).join('');
  }
}

/** Signed calls that change something are TRADE, the others USER_DATA. */
const isTrade = (name: string, { security }: Route): boolean => security === 'signed' && !name.startsWith('GET ');
