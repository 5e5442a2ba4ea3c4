/** The WebSocket API: one session per connection, frame of a request in, frame of a reply out (reference sheet 2026-11, section 10). */
import type { Calls, Outcome } from './calls.ts';
import type { ApiKey, Keyring } from './keys.ts';
import { type Params, paramsOf, queryOf } from './params.ts';
import { missing, Refusal } from './refusal.ts';
import type { RestRequest, RestResponse } from './rest.ts';
import { Verbatim } from './route.ts';
import { checkKey, checkSignature, checkTime, wsPayloads } from './security.ts';
import { callOf } from './ws-api-methods.ts';
import { BadFrame, readRequest, type RequestId, type WsRequest } from './ws-api-request.ts';

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

/** A frame that was read. */
export type WsCall = {
  /** The REST call it is; null for a session method and for a frame that is no request. */
  readonly request: RestRequest | null;
  /** Carries it out, at the exchange's present time, `heldMs` after it came in at the door, and answers as REST would. */
  readonly run: (heldMs?: number) => RestResponse;
  /** The frame that brings an answer back. */
  readonly frame: (response: RestResponse) => string;
};

type SessionAct = 'logon' | 'status' | 'logout';
type Logon = { readonly key: ApiKey; readonly sinceMs: number };

export class WsSession {
  readonly #options: WsApiOptions;
  readonly #peer: WsPeer;
  readonly #connectedMs: number;
  #logon: Logon | null = null;
  #heldMs = 0;

  constructor(options: WsApiOptions, peer: WsPeer) {
    this.#options = options;
    this.#peer = peer;
    this.#connectedMs = options.calls.nowMs();
  }

  read(text: string): WsCall {
    let read: WsRequest;
    try {
      read = readRequest(text);
    } catch (problem) {
      if (!(problem instanceof BadFrame)) throw problem;
      const fail = (): never => {
        throw problem;
      };
      return { request: null, run: () => this.#answer(fail), frame: (response) => this.#frame(problem.id, response, null) };
    }
    let account: string | null = null;
    const run = (heldMs = 0): RestResponse =>
      this.#answer(() => {
        this.#heldMs = heldMs;
        const done = this.#run(read);
        account = done.account;
        return done.value;
      });
    return { request: this.#asRest(read), run, frame: (response) => this.#frame(read.id, response, account) };
  }

  #asRest({ values, ...method }: WsRequest): RestRequest | null {
    const [verb, path] = callOf(method)?.split(' ') ?? [];
    if (verb === undefined || path === undefined) return null;
    return { method: verb, path, query: queryOf(values), body: '', apiKey: values.get('apiKey') ?? null, address: this.#peer.address };
  }

  #answer(run: () => unknown): RestResponse {
    try {
      this.#options.calls.limits.checkBan(this.#spender());
      const value = run();
      return { status: 200, body: value instanceof Verbatim ? value.text : JSON.stringify(value), headers: {} };
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      return { status: problem.status, body: JSON.stringify(problem.body()), headers: {} };
    }
  }

  /** `account`: whose order counts the reply shows; null: none. */
  #frame(id: RequestId, { status, body }: RestResponse, account: string | null): string {
    const { limits } = this.#options.calls;
    const usage = this.#peer.showsUsage ? `,"rateLimits":${JSON.stringify(limits.usage({ ...this.#spender(), account }))}` : '';
    return `{"id":${JSON.stringify(id)},"status":${status},"${status === 200 ? 'result' : 'error'}":${body}${usage}}`;
  }

  #run(request: WsRequest): Outcome {
    const session = request.version === 1 ? SESSION_METHODS.get(request.name) : undefined;
    if (session !== undefined) return { value: this.#session(session, request), account: null };
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
    return { value, account: route.orders ? account : null };
  }

  /** After a logon a request needs no key and no signature; one that brings a key is judged by itself. */
  #identify({ values }: WsRequest, params: Params, security: 'key' | 'signed'): ApiKey {
    const { calls, keyring } = this.#options;
    if (!values.has('apiKey') && this.#logon) {
      if (security === 'signed') checkTime(params, calls.clockMs() - this.#heldMs);
      return this.#logon.key;
    }
    const key = checkKey(keyring, { apiKey: params.get('apiKey'), address: this.#peer.address });
    if (security === 'signed') {
      checkTime(params, calls.clockMs() - this.#heldMs);
      checkSignature(key, params, wsPayloads(values));
    }
    return key;
  }

  #session(act: SessionAct, request: WsRequest): unknown {
    this.#options.calls.limits.spendWeight(this.#spender(), SESSION_WEIGHT);
    if (act === 'logon') this.#logOn(request);
    if (act === 'logout') this.#logon = null;
    return {
      apiKey: this.#logon?.key.spec.apiKey ?? null,
      authorizedSince: this.#logon?.sinceMs ?? null,
      connectedSince: this.#connectedMs,
      returnRateLimits: this.#peer.showsUsage,
      serverTime: this.#options.calls.clockMs(),
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
}

const SESSION_METHODS: ReadonlyMap<string, SessionAct> = new Map([
  ['session.logon', 'logon'],
  ['session.status', 'status'],
  ['session.logout', 'logout'],
]);
