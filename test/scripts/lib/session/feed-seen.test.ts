import { expect, test } from 'vitest';
import { FeedSeen, MadeTimes } from '../../../../scripts/lib/session/feed-seen.ts';
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

const best = (eventMs: number | null, heardMs = AT + 8) => ({
  frame: { kind: 'best', atMs: heardMs, symbol: 'BTCUSDT', raw: '' } as const,
  eventMs,
});

test('a message was made when its stamp says, moved to our clock, but never after it was received', () => {
  const times = new MadeTimes({ offsetMs: 2, feedMs: 5, retold: null });
  expect(times.of(best(AT))).toBe(AT + 2);
  expect(times.of(best(AT + 7))).toBe(AT + 8);
  expect(times.of(best(null))).toBe(AT + 3);
  expect(times.of(best(AT - 86_400_000))).toBe(AT + 3); // of another day: as long on its way as is usual
});

test('what a simulator passes on has stamps of another clock: it was on its way as long as the nearest trade, told anew', () => {
  const retold = [9, 14, 20].map((heardMs) => ({ heardMs: AT + heardMs, stampMs: AT + heardMs - 6 }));
  const times = new MadeTimes({ offsetMs: 2, feedMs: 1, retold });
  const made = (stampMs: number, heardMs: number): number => times.of(best(AT + stampMs, AT + heardMs)) - AT;
  expect(made(7, 5)).toBe(4); // the next trade is heard too late to say anything
  expect(made(7, 8.5)).toBe(4.5); // it is heard just behind it
  expect(made(-20, 11)).toBe(7);
  expect(made(12, 17.5)).toBe(13.5);
  expect(made(12, 24)).toBe(23);
  expect(made(12, 24.5)).toBe(23.5);
  const told = { tradeId: '1', price: '1.0', size: '1', buyerIsMaker: true, aggregate: true };
  const trade = { ...best(null, AT + 14).frame, kind: 'trade', ...told } as const;
  expect(times.of({ frame: trade, eventMs: AT + 8 })).toBe(AT + 10); // of the stamp itself
});

test('what a simulator passes on keeps its order, also where the trades beside it were on their way for longer', () => {
  const retold = [{ heardMs: AT + 20, stampMs: AT + 8 }];
  const times = new MadeTimes({ offsetMs: 2, feedMs: 1, retold });
  expect(times.of(best(AT, AT + 15))).toBe(AT + 14);
  expect(times.of(best(AT, AT + 18))).toBe(AT + 14);
  expect(times.of(best(AT, AT + 26))).toBe(AT + 25);
});
