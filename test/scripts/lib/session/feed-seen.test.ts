import { expect, test } from 'vitest';
import { FeedSeen, madeMs } from '../../../../scripts/lib/session/feed-seen.ts';
import type { RecordedFill } from '../../../../scripts/lib/session/session.ts';
import type { TapeRecord } from '../../../../shared/tape.ts';

const AT = 1_700_000_000_000;
const trade = (first: number, last: number, recvMs = AT + 8): TapeRecord => ({
  ...{ atMs: recvMs, source: 'stream', name: 'market#2' },
  raw: `{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":${AT},"s":"BTCUSDT","a":${first},"p":"1.0","q":"1","f":${first},"l":${last},"T":${AT},"m":true}}`,
});
const fill = (tradeId: string, maker = true) => ({ symbol: 'BTCUSDT', tradeId, maker }) as RecordedFill;

test('own orders stood in the public book where public trades tell of their fills', () => {
  const feed = new FeedSeen();
  for (const [first, last] of [
    [10, 12],
    [13, 13],
    [14, 20],
  ] as const)
    feed.take(trade(first, last));
  expect(feed.inPublic([fill('11'), fill('13'), fill('99')])).toBe(true);
  expect(feed.inPublic([fill('11'), fill('98'), fill('99')])).toBe(false); // paper, or a recording that was served
  expect(feed.inPublic([fill('11', false), fill('1@2')])).toBeNull(); // takers, and forced closes without a number, say nothing
});

test('prints are looked up in the order of their numbers, whatever order they came in, and between them is nobody', () => {
  const feed = new FeedSeen();
  for (const [first, last] of [
    [40, 45],
    [10, 12],
    [30, 30],
  ] as const)
    feed.take(trade(first, last));
  for (const id of ['10', '12', '30', '40', '45']) expect(feed.inPublic([fill(id)])).toBe(true);
  for (const id of ['9', '13', '29', '31', '39', '46']) expect(feed.inPublic([fill(id)])).toBe(false);
  feed.take(trade(13, 14)); // after somebody has looked
  expect(feed.inPublic([fill('13')])).toBe(true);
});

test('a message was made when its stamp says, moved to our clock, but never after it was received', () => {
  const line = (eventMs: number | null) => ({
    frame: { kind: 'best', atMs: AT + 8, symbol: 'BTCUSDT', raw: '' } as const,
    eventMs,
  });
  const clock = { offsetMs: 2, feedMs: 5 };
  expect(madeMs(line(AT), clock)).toBe(AT + 2);
  expect(madeMs(line(AT + 7), clock)).toBe(AT + 8);
  expect(madeMs(line(null), clock)).toBe(AT + 3);
  expect(madeMs(line(AT - 86_400_000), clock)).toBe(AT + 3); // of another day: as long on its way as is usual
});
