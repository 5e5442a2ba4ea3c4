import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Vpin, vpin, vpinOf } from '../../../brain/signals/vpin.ts';
import { after, type Look, sinceGap, someHistory, stored, trade } from '../../kit/market-history.ts';

const BUCKETS = 5;
const SIZE = 30;
const update = (before: Vpin | null, { trades }: Look) => vpin(before, { trades, bucketLots: SIZE, buckets: BUCKETS });
const look = (trades: Look['trades']): Look => ({ atMs: 0, mid: 1, trades });

// buckets of 30: buy 20 + sell 10 is 1/3; sell 30 is 1; 6 bought of the third are open
test('vpin() cuts trades at the end of a bucket', () => {
  const state = after([look(null), look([trade('buy', 20), trade('sell', 40), trade('buy', 6)])], update);
  expect(state.closed).toEqual([expect.closeTo(1 / 3, 12), 1]);
  expect(state).toMatchObject({ buys: 6, sells: 0 });
  expect([vpinOf(state, 2), vpinOf(state, 3)]).toEqual([expect.closeTo(2 / 3, 12), null]);
});

test('vpin() agrees with cutting the whole flow lot by lot, over restarts too', () => {
  fc.assert(
    fc.property(someHistory, (history) => {
      const flow = sinceGap(history)
        .slice(1)
        .flatMap(({ trades }) => trades ?? [])
        .flatMap(({ aggressor, size }) => Array.from({ length: size }, () => (aggressor === 'buy' ? 1 : -1) as number));
      const closed = Array.from({ length: Math.floor(flow.length / SIZE) }, (_, i) =>
        Math.abs(flow.slice(i * SIZE, (i + 1) * SIZE).reduce((sum, lot) => sum + lot, 0) / SIZE),
      );
      const state = after<Vpin>(history, (before, one) => update(stored(before), one));
      expect(state.closed).toEqual(closed.slice(-BUCKETS).map((share) => expect.closeTo(share, 12)));
      expect(state.buys + state.sells).toBe(flow.length % SIZE);
    }),
  );
});

test('vpin() takes a trade of a million buckets as quickly as one of a few', () => {
  const state = after([look(null), look([trade('sell', SIZE * 1_000_000 + 7)])], update);
  expect(state).toMatchObject({ closed: [1, 1, 1, 1, 1], buys: 0, sells: 7 });
});
