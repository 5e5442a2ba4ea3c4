/** Key, time window and signature of a request (Binance USD-M docs, endpoint security; reference sheet 2026-11, section 2). */
import type { ApiKey, Keyring } from './keys.ts';
import { encode, type Params } from './params.ts';
import { Refusal } from './refusal.ts';

const RECV_WINDOW_DEFAULT_MS = 5_000;
const RECV_WINDOW_MAX_MS = 60_000;
/** A timestamp may be ahead of the server by less than this. */
const AHEAD_MAX_MS = 1_000;
const KEY_FORMAT = /^[\w-]{1,128}$/;

export type KeyClaim = { readonly apiKey: string | null; readonly address: string };

/** The key, when the venue knows it and admits it from there. */
export function checkKey(keyring: Keyring, { apiKey, address }: KeyClaim): ApiKey {
  if (apiKey === null || !KEY_FORMAT.test(apiKey)) throw new Refusal({ code: -2014, message: 'API-key format invalid.', status: 401 });
  const key = keyring.get(apiKey);
  if (!key?.admits(address)) throw notPermitted();
  return key;
}

export const notPermitted = (): Refusal =>
  new Refusal({ code: -2015, message: 'Invalid API-key, IP, or permissions for action.', status: 401 });

/** Accepted when timestamp < server + 1000 and server - timestamp <= recvWindow. */
export function checkTime(params: Params, nowMs: number): void {
  const timestamp = params.getWhole('timestamp');
  const recvWindow = params.findWhole('recvWindow') ?? RECV_WINDOW_DEFAULT_MS;
  if (recvWindow > RECV_WINDOW_MAX_MS) throw new Refusal({ code: -1131, message: `recvWindow must be less than ${RECV_WINDOW_MAX_MS}` });
  if (timestamp >= nowMs + AHEAD_MAX_MS)
    throw outsideWindow(`Timestamp for this request was ${AHEAD_MAX_MS}ms ahead of the server's time.`);
  if (nowMs - timestamp > recvWindow) throw outsideWindow('Timestamp for this request is outside of the recvWindow.');
}

/** `payloads`: the texts a good signature may cover; none when there is no way to sign such a request. */
export function checkSignature(key: ApiKey, params: Params, payloads: readonly string[]): void {
  const signature = params.get('signature');
  if (payloads.some((payload) => key.isSigned(payload, signature))) return;
  throw new Refusal({ code: -1022, message: 'Signature for this request is not valid.' });
}

/** Query immediately followed by body, as they came over the wire; the signature is the last parameter of its part and not covered. */
export function restPayloads({ query, body }: { readonly query: string; readonly body: string }): readonly string[] {
  const parts = [query, body].map((part) => part.replace(/(?:^|&)signature=[^&]*$/, ''));
  return parts.some((part) => /(?:^|&)signature=/.test(part)) ? [] : [parts.join('')];
}

/** Sorted by name, joined with `&`; values raw as documented, or percent-encoded as Binance's own connector does. */
export function wsPayloads(values: ReadonlyMap<string, string>): readonly string[] {
  const signed = [...values].filter(([name]) => name !== 'signature').toSorted(([a], [b]) => (a < b ? -1 : 1));
  const join = (write: (value: string) => string): string => signed.map(([name, value]) => `${name}=${write(value)}`).join('&');
  return [join((value) => value), join(encode)];
}

/**
 * The matching engine looks at the window again when it executes an order or an amendment, at `clockMs`: that may be later than the request
 * was received (reference sheet 2026-11, section 0, -5028). A batch's elements have no timestamp of their own.
 */
export function checkEngineWindow({ params, clockMs }: { readonly params: Params; readonly clockMs: number }): void {
  const timestamp = params.findWhole('timestamp');
  if (timestamp === undefined || clockMs - timestamp <= (params.findWhole('recvWindow') ?? RECV_WINDOW_DEFAULT_MS)) return;
  throw new Refusal({ code: -5028, message: 'Timestamp for this request is outside of the ME recvWindow.' });
}

const outsideWindow = (message: string): Refusal => new Refusal({ code: -1021, message });
