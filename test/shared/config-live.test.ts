import { expect, test } from 'vitest';
import { type Config, checkConfig, overlay } from '../../shared/config.ts';
import { limitsHash } from '../../shared/config-change.ts';
import {
  afterCeiling,
  afterConfirmation,
  afterEdit,
  beginLive,
  ConfigState,
  changesOf,
  hasNothing,
  type LiveConfig,
  stateOf,
  told,
} from '../../shared/config-live.ts';
import { err, ok } from '../../shared/result.ts';
import { config } from '../kit/brain.ts';

const BASE = config();
const edited = (over: object): Config => {
  const checked = checkConfig(overlay(BASE, over));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
};
const edit = (live: LiveConfig, over: object): LiveConfig => afterEdit(live, { loaded: ok(edited(over)), ceiling: live.running.limits });
const MORE = { limits: { maxGrossNotional: '30000' } };
const LESS = { limits: { maxGrossNotional: '10000' } };

test('a good edit comes into force, and the file that says what is in force has nothing to tell', () => {
  const live = edit(beginLive(BASE), { strategy: { marketMaking: { spreadBps: 7 } } });
  expect(live.running.strategy.marketMaking.spreadBps).toBe(7);
  expect(changesOf(BASE, live.running).map(({ path }) => path)).toEqual(['strategy.marketMaking.spreadBps']);
  expect([hasNothing(stateOf(live)), hasNothing(stateOf(beginLive(BASE)))]).toEqual([true, true]);
});

test('a bad edit changes nothing and says why until a good one comes', () => {
  const before = edit(beginLive(BASE), LESS);
  const live = afterEdit(before, { loaded: err(['config.json:3: not JSON']), ceiling: BASE.limits });
  expect([live.running, live.wanted, stateOf(live).refused]).toEqual([before.running, before.wanted, ['config.json:3: not JSON']]);
  expect(stateOf(edit(live, LESS)).refused).toEqual([]);
});

test('limits tighten at once, and what is loosened waits, however often the file is saved', () => {
  const tight = edit(beginLive(BASE), LESS);
  expect([tight.running.limits.maxGrossNotional, stateOf(tight).waiting]).toEqual(['10000', []]);
  const waiting = edit(edit(tight, MORE), MORE);
  expect([waiting.running.limits.maxGrossNotional, stateOf(waiting).waiting]).toEqual([
    '10000',
    ['limits.maxGrossNotional: "10000" -> "30000"'],
  ]);
  const confirmed = afterConfirmation(waiting);
  expect([confirmed.running.limits.maxGrossNotional, hasNothing(stateOf(confirmed))]).toEqual(['30000', true]);
  expect(hasNothing(stateOf(edit(waiting, LESS)))).toBe(true); // taken back before anybody confirmed
});

test('limits stay below the ceiling of another process, and follow it', () => {
  const live = afterCeiling(beginLive(BASE), edited(LESS).limits);
  expect(live.running.limits.maxGrossNotional).toBe('10000');
  expect(afterCeiling(live, edited(MORE).limits).running.limits.maxGrossNotional).toBe(BASE.limits.maxGrossNotional);
  expect(limitsHash(afterCeiling(live, BASE.limits).running)).toBe(limitsHash(BASE));
});

test('what needs a restart is told and not applied', () => {
  const live = edit(beginLive(BASE), { gateway: { leaseMs: 3_000 }, exits: { stopLossPercent: 0.4 } });
  expect([live.running.gateway.leaseMs, live.running.exits.stopLossPercent]).toEqual([BASE.gateway.leaseMs, 0.4]);
  expect(stateOf(live).restart).toEqual([`gateway.leaseMs: ${BASE.gateway.leaseMs} -> 3000`]);
});

test('an edit that does not fit what only a restart changes is refused as a whole', () => {
  const live = edit(beginLive(BASE), {
    strategy: { active: 'mine', custom: { mine: { file: '/mine.ts' } } },
    exits: { stopLossPercent: 0.4 },
  });
  expect(live.running).toBe(BASE);
  expect(stateOf(live).refused).toEqual([
    expect.stringMatching(/^strategy\.active: "mine": allowed is .* as long as nothing is restarted/),
  ]);
});

test('an average over more bars than the gateway gathers waits for a restart, one over fewer does not', () => {
  const { slowPeriod } = BASE.strategy.macdTrend;
  const long = edit(beginLive(BASE), { strategy: { macdTrend: { slowPeriod: 9 * slowPeriod } } });
  expect([long.running, long.refused]).toEqual([
    BASE,
    [expect.stringMatching(/^strategy\.macdTrend: an average over \d+ bars of 5m: allowed is at most \d+/)],
  ]);
  const short = edit(edit(beginLive(BASE), { strategy: { macdTrend: { slowPeriod: slowPeriod - 1 } } }), {});
  expect([short.running.strategy.macdTrend.slowPeriod, short.refused]).toEqual([slowPeriod, []]);
});

test('limitsHash() is of what the limits mean for the symbols that are traded', () => {
  const spelled = edited({ limits: { symbols: { BTCUSDT: BASE.limits.default } } });
  expect(limitsHash(spelled)).toBe(limitsHash(BASE));
  expect(limitsHash(edited(MORE))).not.toBe(limitsHash(BASE));
  expect(limitsHash(edited({ limits: { symbols: { ETHUSDT: { ...BASE.limits.default, maxOpenOrders: 1 } } } }))).toBe(limitsHash(BASE));
});

test('told() is bounded, and what it tells is what the contract takes', () => {
  const refused = told(Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(900)}`));
  expect([refused.length, refused.at(-1)]).toEqual([10, 'and 31 more']);
  expect(ConfigState.safeParse({ refused, waiting: [], restart: [] }).success).toBe(true);
});
