import { describe, expect, test } from 'vitest';
import { faultOfAnswer, faultOfSilence, meaningOfCode } from '../../../../gateway/venues/binance/faults.ts';
import type { HttpAnswer } from '../../../../gateway/venues/transport.ts';

const NOW = { venueNowMs: 1_795_000_012_345 };
const answer = (status: number, text: string, headers: Record<string, string> = {}): HttpAnswer => ({
  kind: 'answer',
  status,
  text,
  headers: new Map(Object.entries(headers)),
});
const coded = (status: number, code: number, msg = 'words'): HttpAnswer => answer(status, JSON.stringify({ code, msg }));

/** The table of reference sheet 2026-11, section 11, typed off row by row: codes, its class, and what that must be here. */
const SHEET: readonly (readonly [codes: readonly number[], cls: string, kind: string, reason: string])[] = [
  [[-1000], 'U', 'unknown', 'venue-error'],
  [[-1001], 'U', 'unknown', 'venue-error'],
  [[-1002], 'F', 'auth', 'key'],
  [[-1003], 'T', 'rate-limited', 'too-many-requests'],
  [[-1006], 'U', 'unknown', 'venue-error'],
  [[-1007], 'U', 'unknown', 'venue-error'],
  [[-1008], 'T', 'busy', 'overloaded'],
  [[-1010, -1011, -1013, -1014, -1020, -1023], 'R', 'rejected', 'malformed'],
  [[-1015], 'T', 'rate-limited', 'too-many-orders'],
  [[-1016], 'T', 'busy', 'maintenance'],
  [[-1021], 'T', 'clock', 'timestamp'],
  [[-1022], 'R', 'rejected', 'signature'],
  [[-1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108], 'R', 'rejected', 'malformed'],
  [[-1114, -1115, -1116, -1117, -1118, -1119, -1128, -1130, -1136], 'R', 'rejected', 'malformed'],
  [[-1121], 'R', 'rejected', 'symbol'],
  [[-1109], 'F', 'auth', 'account'],
  [[-1111], 'R', 'rejected', 'filter'],
  [[-1112, -5041], 'T', 'rejected', 'empty-book'],
  [[-1122, -4140, -4141, -5024], 'R', 'rejected', 'symbol'],
  [[-1125], 'T', 'rejected', 'listen-key-gone'],
  [[-2010], 'R', 'rejected', 'order-refused'],
  [[-2011], 'D', 'gone', 'not-found'],
  [[-2012], 'U', 'unknown', 'batch-failed'],
  [[-2013], 'D', 'gone', 'not-found'],
  [[-2014, -2015, -2017], 'F', 'auth', 'key'],
  [[-2018, -2019], 'R', 'rejected', 'insufficient-margin'],
  [[-2020], 'R', 'rejected', 'order-refused'],
  [[-2021, -4142], 'R', 'rejected', 'would-trigger'],
  [[-2022, -4118], 'D', 'rejected', 'reduce-only-refused'],
  [[-2023], 'F', 'auth', 'account'],
  [[-2024], 'R', 'rejected', 'position-insufficient'],
  [[-2025, -4045], 'R', 'rejected', 'open-order-limit'],
  [[-2026], 'R', 'rejected', 'malformed'],
  [[-2027, -2028], 'R', 'rejected', 'insufficient-margin'],
  [[-4001, -4002, -4003, -4004, -4005, -4013, -4014, -4023], 'R', 'rejected', 'filter'],
  [[-4015], 'R', 'rejected', 'malformed'],
  [[-4016, -4024, -4183, -4184, -4210, -4211], 'R', 'rejected', 'price-band'],
  [[-4021], 'R', 'rejected', 'malformed'],
  [[-4028, -4161, -4200, -4203, -4299], 'R', 'rejected', 'leverage'],
  [[-4046, -4059, -4171], 'D', 'rejected', 'no-change'],
  [[-4047, -4048, -4067, -4068, -4531], 'R', 'rejected', 'mode-change-blocked'],
  [[-4060, -4061, -4062], 'F', 'auth', 'position-mode'],
  [[-4082], 'R', 'rejected', 'malformed'],
  [[-4083], 'U', 'unknown', 'batch-failed'],
  [[-4087, -4088, -4192, -4400, -4401], 'R', 'rejected', 'closing-only'],
  [[-4109], 'F', 'auth', 'account'],
  [[-4116], 'D', 'unknown', 'duplicate-id'],
  [[-4117], 'D', 'unknown', 'triggering'],
  [[-4120], 'R', 'rejected', 'malformed'],
  [[-4130], 'R', 'rejected', 'stop-exists'],
  [[-4131], 'R', 'rejected', 'thin-market'],
  [[-4135, -4137, -4138, -4139], 'R', 'rejected', 'malformed'],
  [[-4164], 'R', 'rejected', 'min-notional'],
  [[-4402, -4403], 'F', 'auth', 'account'],
  [[-5021], 'R', 'rejected', 'fok-not-fillable'],
  [[-5022], 'R', 'rejected', 'post-only-would-take'],
  [[-5025, -5026], 'R', 'rejected', 'not-amendable'],
  [[-5027], 'D', 'rejected', 'no-change'],
  [[-5028], 'T', 'clock', 'timestamp'],
  [[-5029], 'R', 'rejected', 'min-notional'],
  [[-5037, -5038, -5039, -5040], 'R', 'rejected', 'malformed'],
  [[-5047], 'R', 'rejected', 'not-reduce-only'],
];

describe('meaningOfCode()', () => {
  test.each(SHEET.flatMap(([codes, cls, kind, reason]) => codes.map((code) => [code, cls, kind, reason] as const)))(
    'reads %i of class %s as %s (%s)',
    (code, cls, kind, reason) => {
      expect(meaningOfCode(code, 400)).toEqual({ kind, reason });
      if (cls === 'U' || cls === 'F') expect(kind).toBe(cls === 'U' ? 'unknown' : 'auth');
      else expect(kind).not.toBe('auth');
    },
  );

  test.each([
    [-1199, 400, 'rejected'],
    [-4999, 400, 'rejected'],
    [-1099, 400, 'unknown'],
    [-4999, 200, 'unknown'],
    [-9000, 400, 'unknown'],
  ])('reads the unlisted %i with HTTP %i as %s', (code, status, kind) => {
    expect(meaningOfCode(code, status).kind).toBe(kind);
  });
});

describe('faultOfAnswer()', () => {
  test('is null for a success', () => {
    expect(faultOfAnswer(answer(200, '{}'), NOW)).toBeNull();
  });

  test.each([
    ['503 unknown error', answer(503, '{"code":-1000,"msg":"Unknown error, please check your request or try again later."}'), 'unknown'],
    ['503 unavailable', answer(503, '{"code":-1000,"msg":"Service Unavailable."}'), 'busy'],
    ['503 unavailable as bare text', answer(503, 'Service Unavailable.'), 'busy'],
    [
      '503 internal error',
      answer(503, '{"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}'),
      'unknown',
    ],
    ['503 request occur', answer(503, 'Request occur unknown error.'), 'unknown'],
    ['503 overloaded', coded(503, -1008), 'busy'],
    ['503 of a proxy', answer(503, '<html>503 Service Temporarily Unavailable</html>'), 'unknown'],
    ['500', answer(500, ''), 'unknown'],
    ['502 HTML', answer(502, '<html></html>'), 'unknown'],
    ['504', answer(504, 'gateway time-out'), 'unknown'],
    ['408 with -1007', coded(408, -1007), 'unknown'],
    ['403 of the firewall', answer(403, '<html>forbidden</html>'), 'auth'],
    ['401 without code', answer(401, ''), 'auth'],
    ['400 without code', answer(400, 'bad'), 'rejected'],
    ['400 with a code', coded(400, -5022), 'rejected'],
    ['401 with -2015', coded(401, -2015), 'auth'],
  ])('judges %s', (_name, given, kind) => {
    expect(faultOfAnswer(given, NOW)?.kind).toBe(kind);
  });

  test.each([
    ['429 with Retry-After', answer(429, '{"code":-1003,"msg":"Too many requests"}', { 'retry-after': '7' }), 'rate-limited', 7_000],
    ['429 without', coded(429, -1003), 'rate-limited', 60_000 - (NOW.venueNowMs % 60_000)],
    ['429 of the order count', coded(429, -1015), 'rate-limited', 10_000 - (NOW.venueNowMs % 10_000)],
    ['400 with -1015', coded(400, -1015), 'rate-limited', 10_000 - (NOW.venueNowMs % 10_000)],
    ['418 with the unban time', coded(418, -1003, 'Way too many requests; IP banned until 1795000132345.'), 'banned', 120_000],
    ['418 with Retry-After', answer(418, '', { 'retry-after': '300' }), 'banned', 300_000],
    ['418 alone', answer(418, ''), 'banned', 120_000],
  ])('tells how long to wait after %s', (_name, given, kind, retryAfterMs) => {
    expect(faultOfAnswer(given, NOW)).toMatchObject({ kind, retryAfterMs });
  });

  test('shows the code and one short line of words', () => {
    const fault = faultOfAnswer(coded(400, -4014, 'Price not\nincreased by tick size.'), NOW);
    expect(fault?.sentence).toBe('HTTP 400, code -4014: Price not increased by tick size.');
  });
});

test.each([
  [{ kind: 'unsent', timedOut: false, sentence: 'refused' } as const, 'unreachable', 'not-sent'],
  [{ kind: 'unanswered', timedOut: true, sentence: 'late' } as const, 'unknown', 'time-out'],
  [{ kind: 'unanswered', timedOut: false, sentence: 'reset' } as const, 'unknown', 'connection-lost'],
])('faultOfSilence() of %o', (outcome, kind, reason) => {
  expect(faultOfSilence(outcome)).toMatchObject({ kind, reason });
});
