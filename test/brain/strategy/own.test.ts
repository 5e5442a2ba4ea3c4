import { expect, test } from 'vitest';
import { defineStrategy, lotsIn, midOf, ownStrategy, quoteAt, targetOf, z } from '../../../brain/strategy/own.ts';
import { firstWish, sampleBars, sampleView } from '../../../brain/strategy/sample.ts';
import { sealAlone } from '../../../brain/strategy/seat.ts';

const counting = defineStrategy({
  parameters: z.strictObject({ by: z.number().default(1).describe('step of the count') }),
  reads: { trades: true, bars: true },
  toleranceBps: 0.3,
  initial: () => ({ calls: 0 }),
  decide: (_view, { parameters: { by }, state }) => ({ reason: `call-${state.calls}`, state: { calls: state.calls + by } }),
  resume: { maxAgeMs: 1_000, read: (saved) => z.strictObject({ calls: z.number() }).safeParse(saved).data },
});
const named = { name: 'counting', parameters: { by: 2 }, bars: '5m' } as const;

test('an own strategy is like any other: parameters, state, what it reads, a role of its own', () => {
  const strategy = ownStrategy(counting, named);
  expect(strategy).toMatchObject({ name: 'counting', role: 'custom', reads: { trades: true, bars: '5m' }, toleranceBps: 0.3 });
  const first = strategy.decide(sampleView(), strategy.initial());
  expect(first).toEqual({ wish: { quotes: [], target: null, reason: 'call-0', signals: {}, detail: {} }, state: { calls: 2 } });
  expect(strategy.decide(sampleView(), first.state).wish.reason).toBe('call-2');
});

test('its state is taken up while it is young, readable and of the past', () => {
  const sealed = sealAlone(ownStrategy(counting, named));
  const text = (saved: string, atMs: number) => sealed.resume({ text: saved, atMs }, 5_000)?.text() ?? null;
  expect(text('{"calls":7}', 4_000)).toBe('{"calls":7}');
  expect(text('{"calls":7}', 10_000)).toBe('{"calls":7}'); // by a clock that is ahead of ours
  expect([text('{"calls":7}', 3_999), text('{"calls":7}', 10_001), text('{"cals":7}', 4_500), text('{"calls"', 4_500)]).toEqual([
    null,
    null,
    null,
    null,
  ]);
  expect(
    sealAlone(ownStrategy(defineStrategy({ parameters: z.strictObject({}), decide: () => ({}) }), { ...named, parameters: {} })).resume(
      { text: 'null', atMs: 0 },
      0,
    ),
  ).toBeNull();
});

test('what it leaves out is nothing; nothing at all is an error', () => {
  const of = (asked: unknown) => firstWish(defineStrategy({ parameters: z.strictObject({}), decide: () => asked as object }));
  expect(of({})).toEqual({ quotes: [], target: null, reason: 'no-wish', signals: {}, detail: {} });
  expect(of({ quotes: quoteAt(sampleView(), { side: 'buy', price: 599_000, size: '0.01' }) }).reason).toBe('quoting');
  expect(of({ target: targetOf(sampleView(), '-0.0205', 5) })).toMatchObject({
    target: { position: -21, slippageBps: 5 },
    reason: 'target',
  });
  expect(() => of(Promise.resolve({}))).toThrow('asynchronous');
  for (const nothing of [undefined, null, 5]) expect(() => of(nothing)).toThrow('decide returned no object');
});

test.each([
  ['buy', 599_990.7, '0.0109', [{ side: 'buy', price: 599_990, size: 10, level: 0 }]],
  ['sell', 600_010.2, '0.010', [{ side: 'sell', price: 600_011, size: 10, level: 0 }]],
  ['buy', 600_009, '0.010', [{ side: 'buy', price: 600_000, size: 10, level: 0 }]],
  ['sell', 599_000, '0.010', [{ side: 'sell', price: 600_001, size: 10, level: 0 }]],
  ['buy', 599_990, '0.0009', []],
  ['buy', 999, '0.010', []],
] as const)('quoteAt() %s at %d for %s', (side, price, size, want) => {
  expect(quoteAt(sampleView(), { side, price, size })).toEqual(want);
});

test('the helpers count in ticks and lots of the symbol', () => {
  expect([midOf(sampleView()), lotsIn(sampleView(), '0.0109'), lotsIn(sampleView(), '-0.010')]).toEqual([600_000.5, 10, -10]);
});

test('firstWish() shows what a strategy wants, with parameters of the test', () => {
  expect(firstWish(counting, { view: sampleView({ bars: sampleBars(3) }) }).reason).toBe('call-0');
  expect(() => firstWish(counting, { parameters: { by: 'x' } })).toThrow();
});
