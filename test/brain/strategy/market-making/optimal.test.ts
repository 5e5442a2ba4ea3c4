import { describe, expect, test } from 'vitest';
import { stoikovSpread } from '../../../../brain/strategy/market-making/avellaneda-stoikov.ts';
import { glftShiftPerOrder, glftSpread } from '../../../../brain/strategy/market-making/glft.ts';
import { arrivalsOf, optimalOf } from '../../../../brain/strategy/market-making/optimal.ts';
import type { Senses } from '../../../../brain/strategy/market-making/senses.ts';
import type { Intensity } from '../../../../brain/signals/intensity.ts';
import type { Fit } from '../../../../brain/signals/intensity-fit.ts';
import { mmParameters, senses } from '../../../kit/market-making.ts';

const fitted = (over: Partial<Fit> | null): Partial<Senses> => ({
  intensity: {
    widthBps: 0.1,
    of: { observeMs: 1_000, binBps: 0.1, bins: 20 },
    current: { sinceMs: 0, mid: 1, up: 0, down: 0 },
    counts: { bucketMs: 1, open: { id: 0, value: { cells: [], seconds: 1 } }, closed: [] },
    fit: over === null ? null : { a: 3, k: 0.7, errorA: 0.1, errorK: 0.1, observations: 500, ...over },
    fittedMs: 0,
  } satisfies Intensity,
});
const optimal = (
  over: object,
  { of = {}, sigma = 2, inventory = 0.5, orders = 2.5 }: { of?: Partial<Senses>; sigma?: number; inventory?: number; orders?: number } = {},
) => optimalOf({ parameters: mmParameters(over), senses: senses(of), sigma, inventory, orders });

describe('optimalOf()', () => {
  test('is spreadBps and the share of skewBps as it comes', () => {
    expect(optimal({})).toEqual({ spreadBps: 2, shiftBps: 0.5, arrivals: null });
  });

  test('adds sigma to the spread, within its bounds', () => {
    const of = (over: object, sigma: number): number =>
      optimal({ spread: { model: 'volatility', volatilityFactor: 3, ...over } }, { sigma }).spreadBps;
    expect([of({}, 2), of({ minBps: 9 }, 2), of({ maxBps: 7 }, 2), of({}, 0)]).toEqual([8, 9, 7, 2]);
  });

  test('takes spread and skew of Avellaneda-Stoikov, each by itself', () => {
    const of = { gamma: 0.1, sigma: 2, horizonS: 30 };
    const risk = { gamma: 0.1, horizonMs: 30_000 };
    const intensity = { source: 'configured', decayPerBps: 1.5 };
    const both = optimal({ spread: { model: 'avellaneda-stoikov' }, skew: { model: 'avellaneda-stoikov' }, risk, intensity });
    expect(both.spreadBps).toBe(stoikovSpread({ ...of, k: 1.5 }));
    expect(both.shiftBps).toBe(2.5 * 0.1 * 4 * 30);
    expect(optimal({ skew: { model: 'avellaneda-stoikov' }, risk }).spreadBps).toBe(2);
  });

  test('takes spread and skew of GLFT with the calibrated A and k', () => {
    const input = { gamma: 0.05, sigma: 2, a: 3, k: 0.7 };
    const told = optimal({ spread: { model: 'glft' }, skew: { model: 'glft' } }, { of: fitted({}) });
    expect(told).toEqual({
      spreadBps: glftSpread(input),
      shiftBps: 2.5 * glftShiftPerOrder(input),
      arrivals: { a: 3, k: 0.7, told: 'calibrated' },
    });
  });

  test('bounds the skew, both ways', () => {
    const skew = { model: 'avellaneda-stoikov', maxBps: 4 };
    expect([optimal({ skew }, { orders: 99 }).shiftBps, optimal({ skew }, { orders: -99 }).shiftBps]).toEqual([4, -4]);
  });

  test('widens in a high regime and narrows in a low one, by what is configured', () => {
    const volatility = { highSpreadFactor: 3, lowSpreadFactor: 0.5 };
    const of = (regime: Senses['regime']): number => optimal({ volatility }, { of: { regime } }).spreadBps;
    expect([of('low'), of('normal'), of('high')]).toEqual([1, 2, 6]);
  });
});

test.each<[string, Partial<Senses>, string]>([
  ['nothing has been observed', {}, 'configured: too few observations'],
  ['the observations show no decay', fitted(null), 'configured: no decay in them'],
  ['there are too few', fitted({ observations: 199 }), 'configured: too few observations'],
  ['A is too uncertain', fitted({ errorA: 0.26 }), 'configured: too uncertain'],
  ['k is too uncertain', fitted({ errorK: 0.26 }), 'configured: too uncertain'],
  ['it is good enough', fitted({ errorA: 0.25, errorK: 0.25, observations: 200 }), 'calibrated'],
])('arrivalsOf() tells what it takes when %s', (_name, of, told) => {
  const { a, k, told: said } = arrivalsOf(senses(of), mmParameters({ intensity: { perSecond: 9, decayPerBps: 8 } }));
  expect(said).toBe(told);
  expect([a, k]).toEqual(told === 'calibrated' ? [3, 0.7] : [9, 8]);
});

test('arrivalsOf() does not look at the market where it is told not to', () => {
  const configured = mmParameters({ intensity: { source: 'configured', perSecond: 9, decayPerBps: 8 } });
  expect(arrivalsOf(senses(fitted({})), configured)).toEqual({ a: 9, k: 8, told: 'configured' });
});
