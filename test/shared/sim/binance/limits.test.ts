import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimits, rateLimitRows, TooMany, VENUE_LIMITS } from '../../../../shared/sim/binance/limits.ts';

const AT_MS = 1_700_000_040_000; // a whole minute
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const me = (nowMs: number, address = 'a') => ({ address, nowMs });

function thrownBy(run: () => void): TooMany | null {
  try {
    run();
    return null;
  } catch (problem) {
    if (problem instanceof TooMany) return problem;
    throw problem;
  }
}

/** Sends until the address is banned; the ban. */
function goOn(limits: RateLimits, nowMs: number): { readonly ban: TooMany; readonly refused: number } {
  for (let refused = 0; ; refused++) {
    const problem = thrownBy(() => limits.spendWeight(me(nowMs), VENUE_LIMITS.weightPerMinute + 1));
    if (problem?.status === 418) return { ban: problem, refused };
    expect(problem?.status).toBe(429);
  }
}

test('spendWeight() takes exactly the limit in a minute, per address, and again in the next', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 }),
      (weightPerMinute, costs) => {
        const limits = new RateLimits({ enforced: true, figures: { ...VENUE_LIMITS, weightPerMinute } });
        let used = 0;
        for (const cost of costs) {
          used += cost;
          expect(thrownBy(() => limits.spendWeight(me(AT_MS + 1), cost)) === null).toBe(used <= weightPerMinute);
        }
        expect(thrownBy(() => limits.spendWeight(me(AT_MS + 1, 'other'), weightPerMinute))).toBeNull();
        expect(thrownBy(() => limits.spendWeight(me(AT_MS + MINUTE_MS), weightPerMinute))).toBeNull();
      },
    ),
  );
});

test('a refusal says when the window turns', () => {
  const limits = new RateLimits({ enforced: true });
  const problem = thrownBy(() => limits.spendWeight(me(AT_MS + 15_500), 2_401));
  expect(problem).toMatchObject({ code: -1003, status: 429, retryAfterS: 45, retryAtMs: AT_MS + MINUTE_MS });
});

test.each([
  ['10 s', 300, 10_000, 'TEN_SECONDS'],
  ['1 min', 1_200, 60_000, 'MINUTE'],
])('orders beyond %s are refused, counted per account whatever the address', (_name, limit, periodMs, word) => {
  const limits = new RateLimits({ enforced: true });
  const place = (nowMs: number, address: string) =>
    thrownBy(() => limits.spendOrders(me(nowMs, address), { account: 'x', orders10s: periodMs === 10_000 ? 1 : 0, orders1m: 1 }));
  for (let i = 0; i < limit; i++) expect(place(AT_MS, `a${i}`)).toBeNull();
  expect(place(AT_MS, 'b')).toMatchObject({ code: -1015, status: 429, message: expect.stringContaining(`${limit} orders per ${word}`) });
  expect(place(AT_MS + periodMs, 'b')).toBeNull();
});

test('the funding pool holds 500 calls of five minutes and leaves the weight alone', () => {
  const limits = new RateLimits({ enforced: true });
  const at = Math.ceil(AT_MS / 300_000) * 300_000;
  for (let i = 0; i < 500; i++) expect(thrownBy(() => limits.spendFunding(me(at)))).toBeNull();
  expect(thrownBy(() => limits.spendFunding(me(at)))).toMatchObject({ code: -1003, status: 429, retryAfterS: 300 });
  expect(limits.weightHeaders(me(at))).toEqual({ 'X-MBX-USED-WEIGHT-1M': '0' });
  expect(thrownBy(() => limits.spendFunding(me(at + 300_000)))).toBeNull();
});

test('who goes on after 429 is banned for two minutes, then twice as long each time, up to three days', () => {
  const limits = new RateLimits({ enforced: true });
  const lives: number[] = [];
  let nowMs = AT_MS;
  for (let round = 0; round < 14; round++) {
    const { ban, refused } = goOn(limits, nowMs);
    expect(refused).toBe(100);
    expect(ban.message).toContain(`IP banned until ${ban.retryAtMs}.`);
    lives.push(ban.retryAtMs - nowMs);
    expect(thrownBy(() => limits.checkBan(me(ban.retryAtMs - 1)))).toMatchObject({ code: -1003, status: 418, retryAfterS: 1 });
    expect(thrownBy(() => limits.checkBan(me(ban.retryAtMs)))).toBeNull();
    nowMs = Math.ceil(ban.retryAtMs / MINUTE_MS) * MINUTE_MS;
  }
  expect(lives.slice(0, 4)).toEqual([2, 4, 8, 16].map((minutes) => minutes * MINUTE_MS));
  expect(lives.slice(-2)).toEqual([3 * DAY_MS, 3 * DAY_MS]);
});

test('ban() holds although limits are not enforced, for one address', () => {
  const limits = new RateLimits({ enforced: false });
  expect(thrownBy(() => limits.spendWeight(me(AT_MS), 1_000_000))).toBeNull();
  limits.ban('a', AT_MS + 1_500.5);
  expect(thrownBy(() => limits.checkBan(me(AT_MS)))).toMatchObject({ status: 418, retryAtMs: AT_MS + 1_500, retryAfterS: 2 });
  expect(thrownBy(() => limits.checkBan(me(AT_MS, 'b')))).toBeNull();
});

test('usage() and rateLimitRows() tell the same figures', () => {
  const figures = { weightPerMinute: 6_000, ordersPer10s: 3, ordersPerMinute: 5 };
  const limits = new RateLimits({ enforced: true, figures });
  limits.spendWeight(me(AT_MS), 7);
  limits.spendOrders(me(AT_MS), { account: 'x', orders10s: 2, orders1m: 1 });
  const rows = limits.usage({ ...me(AT_MS), account: 'x' });
  expect(rows.map(({ count }) => count)).toEqual([2, 1, 7]);
  const bare = rows.map(({ count, ...row }) => row);
  expect(bare).toEqual(expect.arrayContaining([...rateLimitRows(figures)]));
  expect(limits.usage({ ...me(AT_MS), account: null })).toEqual(rows.slice(2));
});
