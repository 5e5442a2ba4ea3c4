/** Key, time window and HMAC of a request (Binance USD-M docs, endpoint security; reference sheet 2026-11, section 2). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Params } from './params.ts';
import { missing, Refusal } from './refusal.ts';

const RECV_WINDOW_DEFAULT_MS = 5_000;
const RECV_WINDOW_MAX_MS = 60_000;
/** A timestamp may be ahead of the server by less than this. */
const AHEAD_MAX_MS = 1_000;

export type SignedParts = {
  /** As they came over the wire: the signature covers these very bytes. */
  readonly query: string;
  readonly body: string;
  readonly params: Params;
  readonly secret: string;
  readonly nowMs: number;
};

/** The key, when the venue knows it. */
export function checkKey(apiKey: string | null, isKnown: (apiKey: string) => boolean): string {
  if (apiKey === null || apiKey === '') throw new Refusal({ code: -2014, message: 'API-key format invalid.', status: 401 });
  if (!isKnown(apiKey)) throw new Refusal({ code: -2015, message: 'Invalid API-key, IP, or permissions for action.', status: 401 });
  return apiKey;
}

/** Time window first, then the signature over query and body joined without a separator. */
export function checkSigned({ query, body, params, secret, nowMs }: SignedParts): void {
  const timestamp = params.getWhole('timestamp');
  const recvWindow = params.findWhole('recvWindow') ?? RECV_WINDOW_DEFAULT_MS;
  const signature = params.find('signature');
  if (signature === undefined) throw missing('signature');
  if (recvWindow > RECV_WINDOW_MAX_MS) throw new Refusal({ code: -1131, message: `recvWindow must be less than ${RECV_WINDOW_MAX_MS}` });
  if (timestamp >= nowMs + AHEAD_MAX_MS)
    throw outsideWindow(`Timestamp for this request was ${AHEAD_MAX_MS}ms ahead of the server's time.`);
  if (nowMs - timestamp > recvWindow) throw outsideWindow('Timestamp for this request is outside of the recvWindow.');
  const expected = createHmac('sha256', secret)
    .update(unsigned(query) + unsigned(body))
    .digest('hex');
  if (!equal(signature.toLowerCase(), expected)) throw new Refusal({ code: -1022, message: 'Signature for this request is not valid.' });
}

const outsideWindow = (message: string): Refusal => new Refusal({ code: -1021, message });

const unsigned = (part: string): string => part.replace(/(?:^|&)signature=[^&]*/, '');

const equal = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
