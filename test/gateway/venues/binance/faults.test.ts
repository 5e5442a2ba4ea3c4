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

describe('meaningOfCode()', () => {
  test.each([
    [-1000, 'unknown', 'venue-error'],
    [-1001, 'unknown', 'venue-error'],
    [-1006, 'unknown', 'venue-error'],
    [-1007, 'unknown', 'venue-error'],
    [-1003, 'rate-limited', 'too-many-requests'],
    [-1015, 'rate-limited', 'too-many-orders'],
    [-1008, 'busy', 'overloaded'],
    [-1016, 'busy', 'maintenance'],
    [-1021, 'clock', 'timestamp'],
    [-5028, 'clock', 'timestamp'],
    [-1022, 'rejected', 'signature'],
    [-1102, 'rejected', 'malformed'],
    [-1111, 'rejected', 'filter'],
    [-1121, 'rejected', 'symbol'],
    [-1125, 'rejected', 'listen-key-gone'],
    [-2011, 'gone', 'not-found'],
    [-2012, 'unknown', 'batch-failed'],
    [-2013, 'gone', 'not-found'],
    [-2014, 'auth', 'key'],
    [-2015, 'auth', 'key'],
    [-2019, 'rejected', 'insufficient-margin'],
    [-2022, 'rejected', 'reduce-only-refused'],
    [-4118, 'rejected', 'reduce-only-refused'],
    [-2025, 'rejected', 'open-order-limit'],
    [-4014, 'rejected', 'filter'],
    [-4016, 'rejected', 'price-band'],
    [-4061, 'auth', 'position-mode'],
    [-4116, 'unknown', 'duplicate-id'],
    [-4131, 'rejected', 'thin-market'],
    [-4164, 'rejected', 'min-notional'],
    [-5021, 'rejected', 'fok-not-fillable'],
    [-5022, 'rejected', 'post-only-would-take'],
    [-5027, 'rejected', 'no-change'],
  ])('reads %i as %s (%s)', (code, kind, reason) => {
    expect(meaningOfCode(code, 400)).toEqual({ kind, reason });
  });

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
