import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delta, Pulse } from '../../../scripts/dashboard/model.ts';
import { View } from '../../../scripts/dashboard/page/view.ts';
import { Store } from '../../../scripts/dashboard/store.ts';

const pulse = (seq: number): Pulse => ({ redisProblem: null, ageMs: 5, wallMs: 1_000, seq });
const deltaOf = (text: string | null): Delta => JSON.parse(text ?? 'null');

test('Store tells what is new since a number, each part once and as it is now', () => {
  const store = new Store();
  store.set('pulse', pulse(1));
  store.set('rows', []);
  expect(deltaOf(store.since(0, 'A'))).toEqual({ first: true, set: { pulse: pulse(1), rows: [] }, add: {} });
  const rev = store.rev;
  store.set('rows', []); // the same again
  expect(store.since(rev, 'A')).toBeNull();
  store.set('pulse', pulse(2));
  store.set('pulse', pulse(3));
  expect(deltaOf(store.since(rev, 'A'))).toEqual({ first: false, set: { pulse: pulse(3) }, add: {} });
});

test('Store sends parts of one symbol to its viewers alone, under their plain name', () => {
  const store = new Store();
  store.set('book', null, 'A');
  store.put('bars', { key: '5', value: [5, 1, 1, 1, 1], symbol: 'A' });
  expect(deltaOf(store.since(0, 'A'))).toEqual({ first: true, set: { book: null }, add: { bars: [['5', [5, 1, 1, 1, 1]]] } });
  expect(store.since(0, 'B')).toBeNull();
});

test('Store keeps so many entries of a log, the newest', () => {
  const store = new Store();
  for (let i = 0; i < 200; i++) store.put('alarms', { key: String(i), value: { atMs: i, code: 'test', severity: 'info', sentence: '' } });
  const { add } = deltaOf(store.since(0, ''));
  expect([add.alarms?.length, add.alarms?.[0]?.[0], add.alarms?.at(-1)?.[0]]).toEqual([120, '80', '199']);
});

test('Store that forgets lets every viewer begin anew, with what is known by then', () => {
  const store = new Store();
  store.set('pulse', pulse(1));
  store.put('bars', { key: '5', value: [5, 1, 1, 1, 1], symbol: 'A' });
  const { rev } = store;
  store.forget();
  expect(deltaOf(store.since(rev, 'A'))).toEqual({ first: true, set: { pulse: pulse(1) }, add: {} });
  const after = store.rev;
  store.set('pulse', pulse(2));
  expect(deltaOf(store.since(after, 'A'))).toMatchObject({ first: false, set: { pulse: pulse(2) } });
});

test('a View that misses any of the steps ends with what the Store holds', () => {
  const change = fc.record({
    seq: fc.integer({ min: 1, max: 4 }),
    bar: fc.integer({ min: 1, max: 3 }),
    price: fc.integer({ min: 1, max: 9 }),
    looks: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1 }), (changes) => {
      const [store, view] = [new Store(), new View(0)];
      let rev = 0;
      const look = (): void => {
        const text = store.since(rev, 'A');
        if (text !== null) view.apply(deltaOf(text), 0);
        rev = store.rev;
      };
      for (const { seq, bar, price, looks } of changes) {
        store.set('pulse', pulse(seq));
        store.put('bars', { key: String(bar), value: [bar, price, price, price, price], symbol: 'A' });
        if (looks) look();
      }
      look();
      const whole = new View(0);
      whole.apply(deltaOf(store.since(0, 'A')), 0);
      expect(view.get('pulse')).toEqual(whole.get('pulse'));
      const sorted = (one: View) => one.log('bars').toSorted(([a], [b]) => a - b);
      expect(sorted(view)).toEqual(sorted(whole));
    }),
    { numRuns: 50 },
  );
});

test('View ages what it shows from the moment it came, and never calls nothing young', () => {
  const view = new View(0);
  expect([view.ageMs(10), view.silentMs(10)]).toEqual([null, 10]);
  view.apply({ first: true, set: { pulse: { ...pulse(1), ageMs: null } }, add: {} }, 10);
  expect(view.ageMs(20)).toBeNull();
  view.apply({ first: false, set: { pulse: { ...pulse(1), ageMs: 100 } }, add: {} }, 20);
  expect([view.ageMs(1_020), view.silentMs(1_020)]).toEqual([1_100, 1_000]);
});
