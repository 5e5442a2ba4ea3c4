import { describe, expect, test } from 'vitest';
import {
  type FundingTimes,
  fundingTimes,
  inFundingWindow,
  NO_FUNDING_TIMES,
  tiltBps,
} from '../../../../brain/strategy/market-making/funding.ts';
import { wallMs } from '../../../../shared/units.ts';
import { mmParameters } from '../../../kit/market-making.ts';

const NEXT = 1_700_006_400_000;
const EIGHT_HOURS = 28_800_000;
const told = (rate: number, nextMs = NEXT) => ({ rate, nextMs: wallMs(nextMs) });

describe('fundingTimes()', () => {
  const at = (before: FundingTimes, atMs: number, nextMs: number | null): FundingTimes =>
    fundingTimes(before, { funding: nextMs === null ? null : told(0, nextMs), atMs });

  test('keeps the time that has passed when the venue tells the next one', () => {
    const before = at(NO_FUNDING_TIMES, NEXT - 1, NEXT);
    expect(before).toEqual({ lastMs: null, nextMs: NEXT });
    expect(at(before, NEXT - 1, NEXT)).toBe(before);
    expect(at(before, NEXT + 5, NEXT + EIGHT_HOURS)).toEqual({ lastMs: NEXT, nextMs: NEXT + EIGHT_HOURS });
  });

  test('keeps it too where the venue is late with the next one, or silent', () => {
    const before = at(NO_FUNDING_TIMES, NEXT - 1, NEXT);
    for (const next of [NEXT, null]) {
      const passed = at(before, NEXT, next);
      expect(passed).toEqual({ lastMs: NEXT, nextMs: NEXT });
      expect(at(passed, NEXT + 9, NEXT + EIGHT_HOURS)).toEqual({ lastMs: NEXT, nextMs: NEXT + EIGHT_HOURS });
    }
  });
});

describe('inFundingWindow()', () => {
  const window = { window: 'pull', beforeMs: 1_000, afterMs: 500 };
  test.each([
    ['just before it', -1_001, false],
    ['at its begin', -1_000, true],
    ['at the funding time', 0, true],
    ['at its last moment', 499, true],
    ['at its end', 500, false],
  ])('%s', (_name, offset, want) => {
    const parameters = mmParameters({ funding: window });
    const ahead = { lastMs: null, nextMs: NEXT };
    const passed = { lastMs: NEXT, nextMs: NEXT + EIGHT_HOURS };
    for (const times of [ahead, passed]) expect(inFundingWindow(times, { parameters, atMs: NEXT + offset })).toBe(want);
  });

  test('is nowhere by default, and while no time is known', () => {
    expect(inFundingWindow({ lastMs: NEXT, nextMs: NEXT }, { parameters: mmParameters(), atMs: NEXT })).toBe(false);
    expect(inFundingWindow(NO_FUNDING_TIMES, { parameters: mmParameters({ funding: window }), atMs: NEXT })).toBe(false);
  });
});

// longs pay 3 basis points: the quotes go down, by twice as much, half of it half an hour before when it grows over an hour
test.each([
  ['an hour before', 0.0003, 3_600_000, 0],
  ['half an hour before', 0.0003, 1_800_000, -3],
  ['at the time', 0.0003, 0, -6],
  ['when the venue is late with the next time', 0.0003, -60_000, -6],
  ['when shorts pay', -0.0003, 0, 6],
])('tiltBps() %s', (_name, rate, beforeMs, want) => {
  const parameters = mmParameters({ funding: { tiltWeight: 2, tiltMs: 3_600_000 } });
  expect(tiltBps(told(rate), { parameters, atMs: NEXT - beforeMs })).toBeCloseTo(want, 9);
});

test('tiltBps() is nothing by default, and while the rate is not known', () => {
  expect(tiltBps(told(0.01), { parameters: mmParameters(), atMs: NEXT })).toBe(0);
  expect(tiltBps(null, { parameters: mmParameters({ funding: { tiltWeight: 2 } }), atMs: NEXT })).toBe(0);
});
