/** The REST interface: bytes of a request in, bytes of an answer out, at a simulated time. */
import type { Random } from '../../random.ts';
import type { Exchange } from '../exchange.ts';
import { ACCOUNT_ROUTES } from './account-routes.ts';
import { RateLimits, type Spender, TooMany } from './limits.ts';
import type { ListenKeys } from './listen-keys.ts';
import { MARKET_ROUTES } from './market-routes.ts';
import { ORDER_ROUTES } from './order-routes.ts';
import { Params } from './params.ts';
import { Refusal } from './refusal.ts';
import { type Route, Verbatim } from './route.ts';
import { checkKey, checkSigned } from './security.ts';

export type RestRequest = {
  readonly method: string;
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly body: string;
  readonly apiKey: string | null;
  /** Weight is counted per address. */
  readonly address: string;
};

export type RestResponse = { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string>> };

export type RestOptions = {
  readonly exchange: Exchange;
  readonly listenKeys: ListenKeys;
  /** API key to secret. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly random: Random;
  readonly limitsEnforced: boolean;
};

const ROUTES: Readonly<Record<string, Route>> = { ...MARKET_ROUTES, ...ORDER_ROUTES, ...ACCOUNT_ROUTES };
const CLIENT_ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export class RestWire {
  readonly #options: RestOptions;
  readonly #limits: RateLimits;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#limits = new RateLimits({ enforced: options.limitsEnforced });
  }

  /** Answers at the exchange's present time: whoever owns the clock advances it first. */
  handle(request: RestRequest): RestResponse {
    const nowMs = Math.floor(this.#options.exchange.nowMs);
    const spender: Spender = { address: request.address, apiKey: request.apiKey, nowMs };
    const route = ROUTES[`${request.method} ${request.path}`];
    if (!route)
      return {
        status: 404,
        body: JSON.stringify({ code: -5000, msg: `Path ${request.path}, Method ${request.method} is invalid` }),
        headers: {},
      };
    try {
      const value = this.#run(route, request, spender);
      const headers = { ...this.#limits.weightHeaders(spender), ...(route.orders ? this.#limits.orderHeaders(spender) : {}) };
      return { status: 200, body: value instanceof Verbatim ? value.text : JSON.stringify(value), headers };
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      const retry: Record<string, string> = problem instanceof TooMany ? { 'Retry-After': String(problem.retryAfterS) } : {};
      return {
        status: problem.status,
        body: JSON.stringify(problem.body()),
        headers: { ...this.#limits.weightHeaders(spender), ...retry },
      };
    }
  }

  #run(route: Route, request: RestRequest, spender: Spender): unknown {
    const { secrets, exchange, listenKeys } = this.#options;
    const params = new Params(request);
    const weight = typeof route.weight === 'number' ? route.weight : route.weight(params);
    const [orders10s, orders1m] = route.orders ?? [0, 0];
    this.#limits.spend(spender, { weight, orders10s, orders1m });
    const apiKey = route.security === 'none' ? '' : checkKey(request.apiKey, (key) => secrets.has(key));
    if (route.security === 'signed') checkSigned({ ...request, params, secret: secrets.get(apiKey) ?? '', nowMs: spender.nowMs });
    return route.run({ exchange, listenKeys, params, apiKey, nowMs: spender.nowMs, madeUpId: () => this.#madeUpId() });
  }

  #madeUpId(): string {
    const letter = (): string => CLIENT_ID_LETTERS[this.#options.random.int({ min: 0, max: CLIENT_ID_LETTERS.length - 1 })] ?? '0';
    return Array.from({ length: 22 }, letter).join('');
  }
}
