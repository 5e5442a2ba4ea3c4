/** The REST interface: bytes of a request in, bytes of an answer out, at a simulated time. */
import type { Calls } from './calls.ts';
import type { ApiKey, Keyring } from './keys.ts';
import { TooMany } from './limits.ts';
import { Params } from './params.ts';
import { Refusal } from './refusal.ts';
import { type Route, Verbatim } from './route.ts';
import { checkKey, checkSignature, checkTime, restPayloads } from './security.ts';

export type RestRequest = {
  readonly method: string;
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly body: string;
  readonly apiKey: string | null;
  /** Weight is counted per address. */
  readonly address: string;
  /** How long it was on its way to the engine after it came in at the door, where its time window is checked; absent: not at all. */
  readonly heldMs?: number;
};

export type RestResponse = { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string>> };

export class RestWire {
  readonly #calls: Calls;
  readonly #keyring: Keyring;

  constructor(calls: Calls, keyring: Keyring) {
    this.#calls = calls;
    this.#keyring = keyring;
  }

  /** Answers at the exchange's present time: whoever owns the clock advances it first. */
  handle(request: RestRequest): RestResponse {
    const { limits } = this.#calls;
    const spender = { address: request.address, nowMs: this.#calls.nowMs() };
    const name = `${request.method} ${request.path}`;
    try {
      limits.checkBan(spender);
      const route = this.#calls.route(name);
      if (!route) throw new Refusal({ code: -5000, message: `Path ${request.path}, Method ${request.method} is invalid`, status: 404 });
      const { value, account } = this.#run(name, route, request);
      const counted = route.orders && account !== null ? limits.orderHeaders(account, spender.nowMs) : {};
      const body = value instanceof Verbatim ? value.text : JSON.stringify(value);
      return { status: 200, body, headers: { ...limits.weightHeaders(spender), ...counted } };
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      const retry: Record<string, string> = problem instanceof TooMany ? { 'Retry-After': String(problem.retryAfterS) } : {};
      return { status: problem.status, body: JSON.stringify(problem.body()), headers: { ...limits.weightHeaders(spender), ...retry } };
    }
  }

  #run(name: string, route: Route, request: RestRequest): ReturnType<Calls['run']> {
    const params = new Params(request);
    const identify = (security: 'key' | 'signed'): ApiKey => {
      const key = checkKey(this.#keyring, request);
      if (security === 'signed') {
        checkTime(params, this.#calls.clockMs() - (request.heldMs ?? 0));
        checkSignature(key, params, restPayloads(request));
      }
      return key;
    };
    return this.#calls.run({ name, route, params, address: request.address, identify });
  }
}
