import { expect, test } from 'vitest';
import { type BlindView, BlindWatch } from '../../../gateway/orders/blind.ts';
import { monoMs } from '../../../shared/units.ts';
import { CONFIG, live, OrderSide } from '../../kit/order-side.ts';

const LIMITS = { markAgeMsMax: 5_000, alarmMs: 3_000, closeMs: 60_000 };
const DARK: BlindView = { symbol: 'BTCUSDT', holds: true, bookLive: false, markAgeMs: 5_001 };
const kinds = (looks: readonly (readonly [at: number, over?: Partial<BlindView>])[], over = {}) => {
  const watch = new BlindWatch({ ...LIMITS, ...over });
  return looks.map(([at, view]) => watch.look({ ...DARK, ...view }, monoMs(at))?.kind ?? '-');
};

test.each([
  [
    'alarms once, then closes once',
    [[0], [2_999], [3_000], [3_100], [59_999], [60_000], [61_000]],
    ['-', '-', 'alarm', '-', '-', 'close', '-'],
  ],
  [
    'counts a missing mark as no mark',
    [
      [0, { markAgeMs: null }],
      [3_000, { markAgeMs: null }],
    ],
    ['-', 'alarm'],
  ],
  [
    'is content with a fresh mark',
    [
      [0, { markAgeMs: 5_000 }],
      [60_000, { markAgeMs: 5_000 }],
    ],
    ['-', '-'],
  ],
  [
    'is content with a live book',
    [
      [0, { bookLive: true }],
      [60_000, { bookLive: true }],
    ],
    ['-', '-'],
  ],
  [
    'does not care without a position',
    [
      [0, { holds: false }],
      [60_000, { holds: false }],
    ],
    ['-', '-'],
  ],
  [
    'tells when it sees again, and counts anew',
    [[0], [3_000], [4_000, { bookLive: true }], [5_000], [7_999], [8_000]],
    ['-', 'alarm', 'sees-again', '-', '-', 'alarm'],
  ],
  ['says nothing of a short blindness', [[0], [2_999], [3_000, { bookLive: true }]], ['-', '-', '-']],
] as const)('BlindWatch %s', (_name, looks, want) => {
  expect(kinds(looks)).toEqual(want);
});

test('BlindWatch never closes when it is told not to', () => {
  expect(kinds([[0], [3_000], [1e9]], { closeMs: 0 })).toEqual(['-', 'alarm', '-']);
});

/** Long 20 lots, account known. */
async function holding() {
  const gateway = { ...CONFIG.gateway, blind: { ...CONFIG.gateway.blind, closeMs: 10_000 } };
  const side = new OrderSide({ ...CONFIG, gateway });
  side.venue.position = 20;
  await side.venue.start({
    onAccount: (event) => side.watch.onAccount(event),
    onBookLive: (symbol, isLive, reason) => side.watch.onBookLive(symbol, { live: isLive, reason }),
    onTrade: () => undefined,
  });
  await side.run(1_000);
  const brain = side.client('brain');
  const wait = (ms: number) => live(side, brain, ms);
  return { side, wait };
}

test('a dead book alone is no blindness: the mark is there', async () => {
  const { side, wait } = await holding();
  side.venue.status = 'stale';
  await wait(15_000);
  expect([side.venue.position, side.facts.filter((fact) => /cannot be seen/.test(fact))]).toEqual([20, []]);
});

test('a dead mark alone is no blindness: the book is there', async () => {
  const { side, wait } = await holding();
  side.venue.markAgeMs = null;
  await wait(15_000);
  expect([side.venue.position, side.facts.filter((fact) => /cannot be seen/.test(fact))]).toEqual([20, []]);
});

test('both dead: an alarm after three seconds, the stop at the venue stays, and the position is closed at market in the end', async () => {
  const { side, wait } = await holding();
  side.venue.status = 'stale';
  side.venue.markAgeMs = null;
  await wait(4_000);
  expect(side.facts).toContain('A position cannot be seen: its book is not live and its mark is old');
  expect(side.venue.stops.waiting()).toHaveLength(1);
  expect(side.venue.position).toBe(20);
  await wait(15_000);
  expect(side.facts).toContain('A position that could not be seen is closed');
  expect(side.venue.position).toBe(0);
});
