/** Requests and replies of the WebSocket API as texts. Pure. Binance USD-M docs, "WebSocket API General Info" (reference sheet 2026-11, 2.4 and 10). */
import * as z from 'zod';
import type { HttpAnswer } from '../transport.ts';
import { CALLS, type Call } from './limits.ts';
import { type Parameters, type Secret, signPayload } from './sign.ts';
import { parseJson } from './wire.ts';

/** The calls that have a method there and that we send there (10): no batch, no countdown, no list of orders. */
const METHODS: ReadonlyMap<Call, string> = new Map<Call, string>([
  [CALLS.place, 'order.place'],
  [CALLS.amend, 'order.modify'],
  [CALLS.cancel, 'order.cancel'],
  [CALLS.query, 'order.status'],
]);

/** Null: this call has no method. */
export const methodOf = (call: Call): string | null => METHODS.get(call) ?? null;

export type Timing = { readonly recvWindowMs: number; readonly timestampMs: number };

/** A request of a connection that has logged on: it needs the time, and neither key nor signature (10). */
export const requestText = (
  requestId: string,
  { method, parameters, recvWindowMs, timestampMs }: Timing & { readonly method: string; readonly parameters: Parameters },
): string => frameText(requestId, method, [...parameters, ['recvWindow', recvWindowMs], ['timestamp', timestampMs]]);

/** Signed over every parameter in the order of their names (2.4). */
export function logonText(
  requestId: string,
  { apiKey, secret, ...timing }: Timing & { readonly apiKey: string; readonly secret: Secret },
): string {
  const parameters: Parameters = [
    ['apiKey', apiKey],
    ['recvWindow', timing.recvWindowMs],
    ['timestamp', timing.timestampMs],
  ];
  const payload = parameters.map(([name, value]) => `${name}=${value}`).join('&');
  return frameText(requestId, 'session.logon', [...parameters, ['signature', signPayload(payload, secret)]]);
}

/** Decimals travel as texts, whole numbers as numbers, the venue's order id with all its digits. */
function frameText(requestId: string, method: string, parameters: Parameters): string {
  const params = parameters.map(([name, value]) => `${JSON.stringify(name)}:${name === 'orderId' ? value : JSON.stringify(value)}`);
  return `{"id":${JSON.stringify(requestId)},"method":${JSON.stringify(method)},"params":{${params.join(',')}}}`;
}

const id = z.union([z.string(), z.int()]).transform(String);
const Usage = z.object({ rateLimitType: z.string(), interval: z.string(), intervalNum: z.int(), count: z.int() });
const Reply = z.object({
  id,
  status: z.int(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
  rateLimits: z.array(Usage).catch([]).optional(),
});
const Addressed = z.object({ id });

/** `garbled`: a reply that says whom it is for and nothing that can be read. Null: for nobody. */
export type Reply =
  | { readonly kind: 'reply'; readonly id: string; readonly answer: HttpAnswer }
  | { readonly kind: 'garbled'; readonly id: string }
  | null;

/** In the form that an answer over HTTP has, so that one table judges both. */
export function readReply(text: string): Reply {
  const json = parseJson(text);
  const read = Reply.safeParse(json?.value);
  if (read.success) {
    const { status, result, error, rateLimits = [] } = read.data;
    const body = JSON.stringify(status >= 200 && status < 300 ? result : error) ?? '';
    return { kind: 'reply', id: read.data.id, answer: { kind: 'answer', status, headers: headersOf(rateLimits), text: body } };
  }
  const addressed = Addressed.safeParse(json?.value);
  return addressed.success ? { kind: 'garbled', id: addressed.data.id } : null;
}

const HEADERS: Readonly<Record<string, string>> = {
  'REQUEST_WEIGHT 1 MINUTE': 'x-mbx-used-weight-1m',
  'ORDERS 10 SECOND': 'x-mbx-order-count-10s',
  'ORDERS 1 MINUTE': 'x-mbx-order-count-1m',
};

/** The counts under the names that REST gives them (5 and 10). */
function headersOf(usages: readonly z.infer<typeof Usage>[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const { rateLimitType, interval, intervalNum, count } of usages) {
    const name = HEADERS[`${rateLimitType} ${intervalNum} ${interval}`];
    if (name !== undefined) headers.set(name, String(count));
  }
  return headers;
}
