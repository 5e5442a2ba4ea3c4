import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Config, checkConfig, configJsonSchema, limitsOf, overlay } from '../../shared/config.ts';
import { applyOf, diffConfigs, isLooser, keysOfSchema, mergeLive, tighterLimits } from '../../shared/config-change.ts';
import type { SchemaNode } from '../../shared/config-problem.ts';
import { compareDecimals } from '../../shared/units.ts';
import { config } from '../kit/brain.ts';

const BASE = config();
const { default: _, ...EXTRA } = BASE.limits;
const edited = (over: object): Config => {
  const checked = checkConfig(overlay(BASE, over));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
};

test('every key of the configuration says when an edit of it takes effect', () => {
  const keys = keysOfSchema(configJsonSchema() as SchemaNode);
  expect(keys).toContain('strategy.marketMaking.spreadBps');
  expect(keys.filter((key) => applyOf(key) === null)).toEqual([]);
});

test.each([
  ['strategy.marketMaking.spreadBps', { strategy: { marketMaking: { spreadBps: 7 } } }, '2', '7', 'live'],
  ['strategy.active', { strategy: { active: 'macd-trend' } }, '"market-making"', '"macd-trend"', 'drain'],
  ['strategy.macdTrend.interval', { strategy: { macdTrend: { interval: '1m' } } }, '"5m"', '"1m"', 'restart'],
  ['exits.stopLossPercent', { exits: { stopLossPercent: 0.4 } }, '0.5', '0.4', 'live'],
  ['limits.default.maxPosition', { limits: { default: { maxPosition: '0.2' } } }, '"0.100"', '"0.2"', 'confirm'],
  ['symbols', { symbols: ['BTCUSDT', 'ETHUSDT'] }, '["BTCUSDT"]', '["BTCUSDT","ETHUSDT"]', 'restart'],
  ['sim.seed', { sim: { seed: 9 } }, '1', '9', 'restart'],
  [
    'redis.url',
    { redis: { url: 'redis://me:PLANTED@127.0.0.1:1' } },
    '"redis://127.0.0.1:6379"',
    '"redis://(hidden)@127.0.0.1:1"',
    'restart',
  ],
  ['credentials.testnet.apiKey', { credentials: { testnet: { apiKey: 'PLANTED' } } }, '(hidden)', '(hidden)', 'restart'],
])('diffConfigs() tells %s with both values and when it takes effect', (path, over, from, to, apply) => {
  expect(diffConfigs(BASE, edited(over))).toEqual([{ path, from, to, apply }]);
});

test('diffConfigs() of equal configurations is empty', () => {
  expect(diffConfigs(BASE, edited({}))).toEqual([]);
});

test('mergeLive() takes what is live, keeps what needs a restart', () => {
  const wanted = edited({
    symbols: ['ETHUSDT'],
    strategy: { marketMaking: { spreadBps: 7 }, macdTrend: { interval: '1m' } },
    sim: { seed: 3 },
  });
  const merged = mergeLive({ running: BASE, wanted, confirmed: false });
  expect(diffConfigs(BASE, merged).map(({ path }) => path)).toEqual(expect.arrayContaining(['strategy.marketMaking.spreadBps']));
  expect([merged.symbols, merged.sim.seed, merged.strategy.macdTrend.interval]).toEqual([['BTCUSDT'], 1, '5m']);
});

test('mergeLive() tightens limits at once and loosens them only when confirmed', () => {
  const wanted = edited({ limits: { maxGrossNotional: '30000', default: { maxPosition: '0.05', maxOrderNotional: '9000' } } });
  const asked = mergeLive({ running: BASE, wanted, confirmed: false });
  expect(asked.limits.maxGrossNotional).toBe('20000');
  expect(limitsOf(asked, 'BTCUSDT')).toMatchObject({ maxPosition: '0.05', maxOrderNotional: '5000' });
  expect(limitsOf(mergeLive({ running: BASE, wanted, confirmed: true }), 'BTCUSDT')).toMatchObject({ maxOrderNotional: '9000' });
  expect([isLooser({ running: BASE, wanted }), isLooser({ running: BASE, wanted: edited({}) })]).toEqual([true, false]);
});

test.each([
  ['a higher share of the equity', { equity: { maxPositionPercent: 3 } }, true],
  ['a lower one', { equity: { maxPositionPercent: 1 } }, false],
  ['a lower floor of the margin', { margin: { minAvailablePercent: 5 } }, true],
  ['a higher one', { margin: { minAvailablePercent: 50 } }, false],
  ['more commands a second', { rate: { maxCommandsPerSecond: 60 } }, true],
  ['the same limits written out by symbol', { symbols: { BTCUSDT: BASE.limits.default } }, false],
])('isLooser() judges %s', (_name, limits, want) => {
  const wanted = edited({ limits });
  expect(isLooser({ running: BASE, wanted })).toBe(want);
  expect(mergeLive({ running: BASE, wanted, confirmed: false }).limits.equity.maxPositionPercent).toBeLessThanOrEqual(2);
});

test('a limit that is gone means zero, and one that appears is looser', () => {
  const none: Config = { ...BASE, limits: { ...EXTRA, symbols: {} } };
  expect(limitsOf({ ...BASE, limits: tighterLimits(BASE, none) }, 'BTCUSDT')).toMatchObject({ maxPosition: '0', maxOpenOrders: 0 });
  expect([isLooser({ running: BASE, wanted: none }), isLooser({ running: none, wanted: BASE })]).toEqual([false, true]);
});

const anyLimits = fc.record({
  maxPosition: fc.integer({ min: 0, max: 999 }).map((n) => (n / 1_000).toString()),
  maxOrderNotional: fc.integer({ min: 0, max: 99_999 }).map(String),
  maxOpenOrders: fc.integer({ min: 0, max: 200 }),
  collarPercent: fc.integer({ min: 1, max: 20 }),
});
const anyConfig = fc
  .record({ gross: fc.integer({ min: 0, max: 99_999 }).map(String), fallback: fc.option(anyLimits), named: fc.option(anyLimits) })
  .map(
    ({ gross, fallback, named }): Config => ({
      ...BASE,
      limits: { ...EXTRA, maxGrossNotional: gross, ...(fallback ? { default: fallback } : {}), symbols: named ? { BTCUSDT: named } : {} },
    }),
  );

test('unconfirmed, no limit is ever above what was in force nor above what is wanted; both ways give the same', () => {
  fc.assert(
    fc.property(anyConfig, anyConfig, (running, wanted) => {
      const merged = { ...BASE, limits: tighterLimits(running, wanted) };
      const got = limitsOf(merged, 'BTCUSDT');
      for (const one of [running, wanted]) {
        const limits = limitsOf(one, 'BTCUSDT');
        expect(compareDecimals(got?.maxPosition ?? '0', limits?.maxPosition ?? '0')).toBeLessThanOrEqual(0);
        expect(compareDecimals(got?.maxOrderNotional ?? '0', limits?.maxOrderNotional ?? '0')).toBeLessThanOrEqual(0);
        expect(got?.maxOpenOrders ?? 0).toBeLessThanOrEqual(limits?.maxOpenOrders ?? 0);
        expect(got?.collarPercent ?? 0).toBeLessThanOrEqual(limits?.collarPercent ?? 0.000_001);
        expect(compareDecimals(merged.limits.maxGrossNotional, one.limits.maxGrossNotional)).toBeLessThanOrEqual(0);
      }
      expect(isLooser({ running: merged, wanted: merged })).toBe(false);
    }),
  );
});
