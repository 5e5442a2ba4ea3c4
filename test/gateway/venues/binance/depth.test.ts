import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Books, type DepthFrame, type DepthSnapshot } from '../../../../gateway/market/books.ts';
import { decideDepth, DepthRule } from '../../../../gateway/venues/binance/depth.ts';
import { monoMs } from '../../../../shared/units.ts';

const ids = (firstId: number, lastId: number, previousId: number) => ({ firstId, lastId, previousId });

describe('decideDepth()', () => {
  test.each([
    ['buffers without a snapshot', { at: 'buffering', seenId: null }, ids(11, 20, 9), 'BUFFER'],
    ['buffers what chains on', { at: 'buffering', seenId: 9 }, ids(11, 20, 9), 'BUFFER'],
    ['notices a break while buffering', { at: 'buffering', seenId: 8 }, ids(11, 20, 9), 'GAP'],
    ['drops u < L', { at: 'anchoring', snapshotId: 21, seenId: null }, ids(11, 20, 9), 'IGNORE'],
    ['anchors at u = L', { at: 'anchoring', snapshotId: 20, seenId: null }, ids(11, 20, 9), 'APPLY'],
    ['anchors at U <= L <= u', { at: 'anchoring', snapshotId: 15, seenId: 9 }, ids(11, 20, 9), 'APPLY'],
    ['anchors at U = L', { at: 'anchoring', snapshotId: 11, seenId: null }, ids(11, 20, 9), 'APPLY'],
    ['asks again when the snapshot is older than the stream', { at: 'anchoring', snapshotId: 10, seenId: null }, ids(11, 20, 9), 'REFETCH'],
    ['notices a break before the anchor', { at: 'anchoring', snapshotId: 15, seenId: 8 }, ids(11, 20, 9), 'GAP'],
    ['goes on by pu, whatever hole the ids have', { at: 'live', lastId: 9 }, ids(500, 600, 9), 'APPLY'],
    ['refuses U = u + 1 of another pu', { at: 'live', lastId: 10 }, ids(11, 20, 9), 'GAP'],
    ['drops an echo: the chain has told it', { at: 'live', lastId: 20 }, ids(11, 20, 9), 'IGNORE'],
    ['drops a late one from before', { at: 'live', lastId: 30 }, ids(11, 20, 9), 'IGNORE'],
    ['takes an overlap for a break', { at: 'live', lastId: 15 }, ids(11, 20, 9), 'GAP'],
  ] as const)('%s', (_name, phase, event, step) => {
    expect(decideDepth(phase, event).step).toBe(step);
  });
});

/** A made-up exchange: its whole book after every event, by last update id. */
type World = {
  readonly frames: readonly DepthFrame[];
  readonly snapshots: readonly DepthSnapshot[];
  readonly stateAt: ReadonlyMap<number, string>;
};

type Change = { readonly side: 'bids' | 'asks'; readonly level: number; readonly size: number };

function worldOf(events: readonly (readonly Change[])[]): World {
  const book = { bids: new Map([[99, 1]]), asks: new Map([[101, 1]]) };
  const frames: DepthFrame[] = [];
  const snapshots: DepthSnapshot[] = [];
  const stateAt = new Map<number, string>();
  let previousId = 100;
  events.forEach((changes, index) => {
    const flat = { bids: [] as number[], asks: [] as number[] };
    for (const { side, level, size } of changes) {
      const price = side === 'bids' ? 99 - level : 101 + level;
      if (size === 0 && level > 0) book[side].delete(price);
      else book[side].set(price, size + 1);
      flat[side].push(price, book[side].get(price) ?? 0);
    }
    const firstId = previousId + 2;
    const lastId = firstId + 3;
    frames.push({ symbol: 'S', firstId, lastId, previousId, exchangeMs: index, ...flat });
    previousId = lastId;
    stateAt.set(lastId, textOf(book));
    const rows = (side: Map<number, number>): number[] => [...side].flat();
    snapshots.push({
      lastUpdateId: lastId,
      exchangeMs: index,
      bids: rows(book.bids),
      asks: rows(book.asks),
      knownFrom: null,
      knownTo: null,
    });
  });
  return { frames, snapshots, stateAt };
}

const textOf = (book: { bids: Map<number, number>; asks: Map<number, number> }): string =>
  JSON.stringify([[...book.bids].sort((a, b) => b[0] - a[0]), [...book.asks].sort((a, b) => a[0] - b[0])]);

const change: fc.Arbitrary<Change> = fc.record({
  side: fc.constantFrom('bids', 'asks'),
  level: fc.integer({ min: 0, max: 5 }),
  size: fc.integer({ min: 0, max: 3 }),
});
type Trick = 'none' | 'drop' | 'twice' | 'swap' | 'late' | 'echo' | 'reconnect';
const trick: fc.Arbitrary<Trick> = fc.constantFrom<Trick>(
  'none',
  'none',
  'none',
  'none',
  'drop',
  'twice',
  'swap',
  'late',
  'echo',
  'reconnect',
);

type Run = {
  readonly wrongAndLive: number;
  readonly liveAtEnd: boolean;
  readonly counters: ReturnType<Books['counters']>;
  readonly snapshotsAtOnce: number;
};

/** Feeds the world through a bad line; each asked snapshot is answered `latency` events later, as the exchange stood `latency` / 2 before. */
function runThrough(world: World, { tricks, latency }: { tricks: readonly Trick[]; latency: number }): Run {
  let wrongAndLive = 0;
  let asked: number | null = null;
  let outstanding = 0;
  let snapshotsAtOnce = 0;
  let at = 0;
  const told = { live: false };
  const books = new Books({
    symbols: ['S'],
    rule: () => new DepthRule(),
    staleMs: 1_000_000,
    port: {
      fetchSnapshot: () => {
        asked = at;
        outstanding++;
        snapshotsAtOnce = Math.max(snapshotsAtOnce, outstanding);
      },
      onLive: (_symbol, live) => {
        expect(live).toBe(!told.live);
        told.live = live;
      },
      onTop: () => {},
      retryMs: () => 0,
    },
  });
  const check = (): void => {
    const view = books.view('S');
    expect(view.status === 'live').toBe(told.live);
    if (view.status !== 'live') return;
    const side = (which: 'bids' | 'asks') =>
      Array.from({ length: view.book[which].count }, (_, n) => [view.book[which].priceAt(n), view.book[which].sizeAt(n)]);
    if (JSON.stringify([side('bids'), side('asks')]) !== world.stateAt.get(view.lastUpdateId)) wrongAndLive++;
  };
  const answer = (): void => {
    if (asked === null || at < asked + latency) return;
    const snapshot = world.snapshots[Math.min(at, asked + Math.floor(latency / 2))];
    asked = null;
    outstanding--;
    if (snapshot) books.load('S', snapshot, monoMs(at));
    check();
  };
  const order = world.frames.flatMap((frame, index): readonly (DepthFrame | 'reconnect')[] => {
    switch (tricks[index % Math.max(1, tricks.length)]) {
      case 'drop':
        return [];
      case 'twice':
        return [frame, frame];
      case 'echo': {
        const earlier = world.frames[index - 4];
        return earlier ? [frame, earlier] : [frame];
      }
      case 'reconnect':
        return ['reconnect', frame];
      default:
        return [frame];
    }
  });
  for (let i = 1; i < order.length; i++) {
    const [a, b] = [order[i - 1], order[i]];
    if (tricks[i % Math.max(1, tricks.length)] === 'swap' && a && b) [order[i - 1], order[i]] = [b, a];
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i];
    if (tricks[i % Math.max(1, tricks.length)] === 'late' && item) order.splice(i, 1, ...order.splice(i + 1, 3), item);
  }
  for (const item of order) {
    if (item === 'reconnect') books.lost('disconnected');
    else {
      books.frame(item, monoMs(at));
      at = Math.max(at, world.frames.indexOf(item));
    }
    check();
    answer();
  }
  return { wrongAndLive, liveAtEnd: told.live, counters: books.counters('S'), snapshotsAtOnce };
}

describe('Books with the futures rule', () => {
  test('are never wrong and live, whatever is dropped, doubled, swapped or cut, and ask for one snapshot at a time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 4 }), { minLength: 5, maxLength: 60 }),
        fc.array(trick, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 6 }),
        (events, tricks, latency) => {
          const run = runThrough(worldOf(events), { tricks, latency });
          expect(run.wrongAndLive).toBe(0);
          expect(run.snapshotsAtOnce).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('come live on an undisturbed line and stay so', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 4 }), { minLength: 20, maxLength: 40 }),
        fc.integer({ min: 0, max: 6 }),
        (events, latency) => {
          const run = runThrough(worldOf(events), { tricks: ['none'], latency });
          expect(run).toMatchObject({ wrongAndLive: 0, liveAtEnd: true, counters: { gaps: 0, gapsUnresolved: 0, resyncs: 0 } });
          expect(run.counters.applied + run.counters.dropped).toBe(run.counters.messages);
        },
      ),
    );
  });

  test('come back after a dropped message, and say so in their counters', () => {
    const events = Array.from({ length: 40 }, (_, n): readonly Change[] => [{ side: 'bids', level: n % 4, size: 1 + (n % 3) }]);
    const tricks = Array.from({ length: 40 }, (_, n): Trick => (n === 15 ? 'drop' : 'none'));
    const run = runThrough(worldOf(events), { tricks, latency: 3 });
    expect(run).toMatchObject({ wrongAndLive: 0, liveAtEnd: true, counters: { gaps: 1, gapsUnresolved: 0, resyncs: 1 } });
  });
});
