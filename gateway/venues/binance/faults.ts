/**
 * What an answer that is not a success means. Binance USD-M docs, "Error Code" and "General Info / HTTP Return Codes" (reference sheet
 * 2026-11, 11 and 12). Whatever is not known to be harmless is `unknown`: asked about, never sent again.
 */
import type { HttpAnswer, HttpOutcome } from '../transport.ts';
import type { FaultKind, VenueFault } from '../venue.ts';

type Meaning = { readonly kind: FaultKind; readonly reason: string };
type Row = readonly [kind: FaultKind, reason: string, codes: readonly number[]];

/**
 * Source of every row: reference sheet 2026-11, section 11, in its order. Class R of the sheet is `rejected`; U `unknown`; T `busy`, `clock`
 * or `rate-limited`, and `rejected` where only a new decision helps; F (stop trading) `auth`; D is named by its reason.
 */
const ROWS: readonly Row[] = [
  ['unknown', 'venue-error', [-1000, -1001, -1006, -1007]],
  ['auth', 'key', [-1002, -2014, -2015, -2017]],
  ['rate-limited', 'too-many-requests', [-1003]],
  ['rate-limited', 'too-many-orders', [-1015]],
  ['busy', 'overloaded', [-1008]],
  ['busy', 'maintenance', [-1016]],
  ['rejected', 'malformed', [-1010, -1011, -1013, -1014, -1020, -1023]],
  [
    'rejected',
    'malformed',
    [-1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1114, -1115, -1116, -1117, -1118, -1119, -1128, -1130, -1136],
  ],
  ['clock', 'timestamp', [-1021, -5028]],
  ['rejected', 'signature', [-1022]],
  ['auth', 'account', [-1109, -4109, -2023, -4402, -4403]],
  ['rejected', 'filter', [-1111, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4023]],
  ['rejected', 'empty-book', [-1112, -5041]],
  ['rejected', 'symbol', [-1121, -1122, -4140, -4141, -5024]],
  ['rejected', 'listen-key-gone', [-1125]],
  ['rejected', 'order-refused', [-2010, -2020]],
  ['gone', 'not-found', [-2011, -2013]],
  ['unknown', 'batch-failed', [-2012, -4083]],
  ['rejected', 'insufficient-margin', [-2018, -2019, -2027, -2028]],
  ['rejected', 'would-trigger', [-2021, -4142]],
  ['rejected', 'reduce-only-refused', [-2022, -4118]],
  ['rejected', 'position-insufficient', [-2024]],
  ['rejected', 'open-order-limit', [-2025, -4045]],
  ['rejected', 'malformed', [-2026, -4015, -4021, -4082, -4120, -4135, -4137, -4138, -4139, -5037, -5038, -5039, -5040]],
  ['rejected', 'price-band', [-4016, -4024, -4183, -4184, -4210, -4211]],
  ['rejected', 'leverage', [-4028, -4161]],
  ['rejected', 'no-change', [-4046, -4059, -4171, -5027]],
  ['rejected', 'mode-change-blocked', [-4047, -4048, -4067, -4068, -4531]],
  ['auth', 'position-mode', [-4060, -4061, -4062]],
  ['rejected', 'closing-only', [-4087, -4088, -4192, -4400, -4401]],
  ['unknown', 'duplicate-id', [-4116]], // an open order has this id, probably an earlier send: ask
  ['unknown', 'triggering', [-4117]],
  ['rejected', 'stop-exists', [-4130]],
  ['rejected', 'thin-market', [-4131]],
  ['rejected', 'min-notional', [-4164, -5029]],
  ['rejected', 'fok-not-fillable', [-5021]],
  ['rejected', 'post-only-would-take', [-5022]],
  ['rejected', 'not-amendable', [-5025, -5026]],
  ['rejected', 'not-reduce-only', [-5047]],
];
const CODES: ReadonlyMap<number, Meaning> = new Map(
  ROWS.flatMap(([kind, reason, codes]) => codes.map((code) => [code, { kind, reason }] as const)),
);

/** Meaning of a code; one that is not listed is a reject only where the sheet says so (end of section 11), else unknown. */
export function meaningOfCode(code: number, status: number): Meaning {
  const known = CODES.get(code);
  if (known) return known;
  if (code <= -4200 && code > -4300) return { kind: 'rejected', reason: 'leverage' }; // the sheet's row "-42xx"
  const sense = /^-(?:11\d\d|2\d\d\d|4\d\d\d|5\d\d\d)$/.test(String(code));
  return status === 400 && sense ? { kind: 'rejected', reason: 'refused' } : { kind: 'unknown', reason: 'venue-error' };
}

export type ErrorBody = { readonly code: number; readonly msg: string };
type Context = { readonly venueNowMs: number };

/** Null when the answer is a success. */
export function faultOfAnswer(answer: HttpAnswer, { venueNowMs }: Context): VenueFault | null {
  const { status, text } = answer;
  if (status >= 200 && status < 300) return null;
  const body = errorBody(text);
  const sentence = `HTTP ${status}${body ? `, code ${body.code}: ${body.msg}` : `: ${plain(text)}`}`;
  if (status === 418 || status === 429) return limited({ answer, body, sentence, venueNowMs });
  if (status === 503) return { ...meaningOf503(body, text), sentence };
  if (status === 403) return { kind: 'auth', reason: 'firewall', sentence };
  if (status === 408 || status >= 500) return { kind: 'unknown', reason: 'venue-error', sentence };
  if (body) return codeFault(body, { status, sentence, venueNowMs });
  if (status === 401) return { kind: 'auth', reason: 'key', sentence };
  return { kind: status >= 400 ? 'rejected' : 'unknown', reason: '', sentence };
}

/** One element of a batch answer that carries a code instead of an order. */
export const faultOfElement = (body: ErrorBody, { venueNowMs }: Context): VenueFault =>
  codeFault(body, { status: 400, sentence: `code ${body.code}: ${body.msg}`, venueNowMs });

/** Section 12: of the 503s only the exact words tell whether the order may live. */
const BUSY_503 = 'Service Unavailable.';
function meaningOf503(body: ErrorBody | null, text: string): Meaning {
  if (body?.code === -1008) return { kind: 'busy', reason: 'overloaded' };
  if ((body?.msg ?? text).trim() === BUSY_503) return { kind: 'busy', reason: 'overloaded' };
  return { kind: 'unknown', reason: 'venue-error' };
}

/** A request that brought no answer. */
export const faultOfSilence = (outcome: Exclude<HttpOutcome, HttpAnswer>): VenueFault =>
  outcome.kind === 'unsent'
    ? { kind: 'unreachable', reason: 'not-sent', sentence: outcome.sentence }
    : { kind: 'unknown', reason: outcome.timedOut ? 'time-out' : 'connection-lost', sentence: outcome.sentence };

function codeFault(
  body: ErrorBody,
  { status, sentence, venueNowMs }: { status: number; sentence: string; venueNowMs: number },
): VenueFault {
  const { kind, reason } = meaningOfCode(body.code, status);
  if (kind !== 'rate-limited') return { kind, reason, sentence };
  const until = bannedUntil(body.msg);
  if (until !== null) return { kind: 'banned', reason: 'banned', sentence, retryAfterMs: Math.max(1_000, until - venueNowMs) };
  return { kind, reason, sentence, retryAfterMs: toNext(body.code === -1015 ? 10_000 : 60_000, venueNowMs) };
}

type Limited = { readonly answer: HttpAnswer; readonly body: ErrorBody | null; readonly sentence: string; readonly venueNowMs: number };

/** Section 5: Retry-After in seconds when it is there, the unban time in the text, else the next minute. */
function limited({ answer, body, sentence, venueNowMs }: Limited): VenueFault {
  const banned = answer.status === 418;
  const header = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const until = bannedUntil(body?.msg ?? '');
  const told = Math.max(header >= 0 ? header * 1_000 : 0, until === null ? 0 : until - venueNowMs);
  const retryAfterMs = told > 0 ? told : banned ? 120_000 : toNext(body?.code === -1015 ? 10_000 : 60_000, venueNowMs);
  const reason = banned ? 'banned' : body?.code === -1015 ? 'too-many-orders' : 'too-many-requests';
  return { kind: banned ? 'banned' : 'rate-limited', reason, sentence, retryAfterMs };
}

const bannedUntil = (text: string): number | null => {
  const match = /banned until (\d{13})/.exec(text);
  return match ? Number(match[1]) : null;
};
const toNext = (windowMs: number, nowMs: number): number => windowMs - (nowMs % windowMs);

function errorBody(text: string): ErrorBody | null {
  try {
    const { code, msg } = Object(JSON.parse(text)) as { code?: unknown; msg?: unknown };
    return typeof code === 'number' && code < 0 ? { code, msg: typeof msg === 'string' ? plain(msg) : '' } : null;
  } catch {
    return null; // not JSON: a proxy's page, judged by its status alone
  }
}

/** One short printable line. */
const plain = (text: string): string => text.replace(/[^\x20-\x7e\u0080-\uffff]+/g, ' ').slice(0, 200);
