/** The WebSocket API: one session per connection, text of a request in, text of a reply out (reference sheet 2026-11, section 10). */
import type { Calls } from './calls.ts';
import type { ApiKey, Keyring } from './keys.ts';
import { type Params, paramsOf } from './params.ts';
import { missing, Refusal } from './refusal.ts';
import { Verbatim } from './route.ts';
import { checkKey, checkSignature, checkTime, wsPayloads } from './security.ts';
import { callOf } from './ws-api-methods.ts';
import { BadFrame, readRequest, type WsRequest } from './ws-api-request.ts';

const HANDSHAKE_WEIGHT = 5;
const SESSION_WEIGHT = 2;
const UNKNOWN_WEIGHT = 1;

export type WsApiOptions = { readonly calls: Calls; readonly keyring: Keyring };
export type WsPeer = { readonly address: string /** Whether replies carry the usage of the limits. */; readonly showsUsage: boolean };

/** The peer when its handshake is accepted; throws `TooMany` beyond the weight limit and for a banned address. */
export function openSession(options: WsApiOptions, peer: WsPeer): WsSession {
  const spender = { address: peer.address, nowMs: options.calls.nowMs() };
  options.calls.limits.checkBan(spender);
  options.calls.limits.spendWeight(spender, HANDSHAKE_WEIGHT);
  return new WsSession(options, peer);
}

type Done = { readonly result: unknown /** Whose order counts the reply shows; null: none. */; readonly account: string | null };
type Logon = { readonly key: ApiKey; readonly sinceMs: number };

export class WsSession {
  readonly #options: WsApiOptions;
  readonly #peer: WsPeer;
  readonly #connectedMs: number;
  #logon: Logon | null = null;

  constructor(options: WsApiOptions, peer: WsPeer) {
    this.#options = options;
    this.#peer = peer;
    this.#connectedMs = options.calls.nowMs();
  }

  /** Answers at the exchange's present time: whoever owns the clock advances it first. */
  handle(text: string): string {
    const { calls } = this.#options;
    let id: unknown = null;
    try {
      calls.limits.checkBan(this.#spender());
      const request = readRequest(text);
      id = request.id;
      const { result, account } = this.#run(request);
      const body = result instanceof Verbatim ? result.text : JSON.stringify(result);
      return `{"id":${JSON.stringify(id)},"status":200,"result":${body}${this.#usage(account)}}`;
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      if (problem instanceof BadFrame) id = problem.id;
      const error = JSON.stringify(problem.body());
      return `{"id":${JSON.stringify(id)},"status":${problem.status},"error":${error}${this.#usage(null)}}`;
    }
  }

  #run(request: WsRequest): Done {
    const session = request.version === 1 ? SESSION_METHODS[request.name] : undefined;
    if (session !== undefined) return { result: this.#session(session, request), account: null };
    const { calls } = this.#options;
    const name = callOf(request);
    const route = name === null ? null : calls.route(name);
    if (name === null || route === null) {
      calls.limits.spendWeight(this.#spender(), UNKNOWN_WEIGHT);
      throw new Refusal({ code: -5000, message: `Method ${request.method} is invalid`, status: 404 });
    }
    const params = paramsOf(request.values);
    const identify = (security: 'key' | 'signed'): ApiKey => this.#identify(request, params, security);
    const { value, account } = calls.run({ name, route, params, address: this.#peer.address, identify });
    return { result: value, account: route.orders ? account : null };
  }

  /** After a logon a request needs no key and no signature; one that brings a key is judged by itself. */
  #identify({ values }: WsRequest, params: Params, security: 'key' | 'signed'): ApiKey {
    const { calls, keyring } = this.#options;
    if (!values.has('apiKey') && this.#logon) {
      if (security === 'signed') checkTime(params, calls.nowMs());
      return this.#logon.key;
    }
    const key = checkKey(keyring, { apiKey: params.get('apiKey'), address: this.#peer.address });
    if (security === 'signed') {
      checkTime(params, calls.nowMs());
      checkSignature(key, params, wsPayloads(values));
    }
    return key;
  }

  #session(act: 'logon' | 'status' | 'logout', request: WsRequest): unknown {
    this.#options.calls.limits.spendWeight(this.#spender(), SESSION_WEIGHT);
    if (act === 'logon') this.#logOn(request);
    if (act === 'logout') this.#logon = null;
    return {
      apiKey: this.#logon?.key.spec.apiKey ?? null,
      authorizedSince: this.#logon?.sinceMs ?? null,
      connectedSince: this.#connectedMs,
      returnRateLimits: this.#peer.showsUsage,
      serverTime: this.#options.calls.nowMs(),
    };
  }

  /** Replaces the key of an earlier logon. */
  #logOn(request: WsRequest): void {
    if (!request.values.has('apiKey')) throw missing('apiKey');
    const key = this.#identify(request, paramsOf(request.values), 'signed');
    if (key.kind !== 'ED25519') throw new Refusal({ code: -4056, message: `${key.kind} API key is not supported.` });
    this.#logon = { key, sinceMs: this.#options.calls.nowMs() };
  }

  #spender(): { readonly address: string; readonly nowMs: number } {
    return { address: this.#peer.address, nowMs: this.#options.calls.nowMs() };
  }

  #usage(account: string | null): string {
    if (!this.#peer.showsUsage) return '';
    return `,"rateLimits":${JSON.stringify(this.#options.calls.limits.usage({ ...this.#spender(), account }))}`;
  }
}

const SESSION_METHODS: Readonly<Record<string, 'logon' | 'status' | 'logout'>> = {
  'session.logon': 'logon',
  'session.status': 'status',
  'session.logout': 'logout',
};
