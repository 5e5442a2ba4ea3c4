import { expect, test } from 'vitest';
import { Breaker, type Slot } from '../../../gateway/orders/breaker.ts';
import { monoMs } from '../../../shared/units.ts';

const SLOT: Slot = { what: 'place', symbol: 'BTCUSDT', side: 'buy', kind: 'limit' };
const at = (now: number, version = 'v1') => ({ now: monoMs(now), version });
function refusedTimes(breaker: Breaker, n: number, { reason = 'insufficient-margin', now = 0 } = {}): Breaker {
  for (let i = 0; i < n; i++) breaker.refused(SLOT, { ...at(now), reason });
  return breaker;
}

test('three equal refusals leave one probe a minute', () => {
  const breaker = refusedTimes(new Breaker(), 2);
  expect(breaker.refusal(SLOT, at(1))).toBeNull();
  refusedTimes(breaker, 1);
  expect(breaker.refusal(SLOT, at(1))).toContain('3 times alike (insufficient-margin)');
  expect(breaker.isTripped('BTCUSDT')).toBe(true);
  expect(breaker.refusal(SLOT, at(59_999))).not.toBeNull();
  expect(breaker.refusal(SLOT, at(60_000))).toBeNull();
  breaker.sent(SLOT, monoMs(60_000));
  expect(breaker.refusal(SLOT, at(60_001))).not.toBeNull(); // its answer is not there yet
  refusedTimes(breaker, 1, { now: 60_010 });
  expect(breaker.refusal(SLOT, at(120_000))).not.toBeNull();
  expect(breaker.refusal(SLOT, at(120_010))).toBeNull();
});

test.each<[string, (breaker: Breaker) => void]>([
  ['a success', (breaker) => breaker.accepted(SLOT)],
  ['a person who resumes', (breaker) => breaker.clear()],
])('%s lifts it', (_name, lift) => {
  const breaker = refusedTimes(new Breaker(), 3);
  lift(breaker);
  expect([breaker.refusal(SLOT, at(1)), breaker.isTripped('BTCUSDT')]).toEqual([null, false]);
});

test('other filters of the contract lift it', () => {
  expect(refusedTimes(new Breaker(), 3).refusal(SLOT, at(1, 'v2'))).toBeNull();
});

test.each<[string, Partial<Slot>]>([
  ['symbol', { symbol: 'ETHUSDT' }],
  ['side', { side: 'sell' }],
  ['kind', { kind: 'market' }],
  ['request', { what: 'amend' }],
])('another %s goes on', (_name, over) => {
  expect(refusedTimes(new Breaker(), 3).refusal({ ...SLOT, ...over }, at(1))).toBeNull();
});

test('another reason begins the count anew; ordinary answers of a market do not count', () => {
  const breaker = refusedTimes(new Breaker(), 2);
  refusedTimes(breaker, 2, { reason: 'filter' });
  refusedTimes(breaker, 9, { reason: 'post-only-would-take' });
  expect(breaker.refusal(SLOT, at(1))).toBeNull();
});
