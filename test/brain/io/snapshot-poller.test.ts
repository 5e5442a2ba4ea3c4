import { PassThrough } from 'node:stream';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SnapshotPoller } from '../../../brain/io/snapshot-poller.ts';
import type { Documents } from '../../../brain/view.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { rootLog } from '../../../shared/log.ts';
import type { KlinesDoc } from '../../../shared/snapshot.ts';
import { documents, fillDoc, instrumentDoc, KEYS, STAMP, SYMBOL, texts } from '../../kit/brain.ts';
import { TestRedis } from '../../kit/redis.ts';
import { until } from '../../kit/scripted-gateway.ts';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await TestRedis.start();
  redis = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: 0, enableOfflineQueue: false, retryStrategy: () => 20 });
  redis.on('error', () => undefined); // killed by a test
  await until('redis', () => redis.status === 'ready');
});
beforeEach(async () => void (await redis.flushall()));
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const BARS: KlinesDoc = { ...STAMP, seq: 9, symbol: SYMBOL, interval: '5m', status: 'complete', bars: [[0, '1', '1', '1', '1', '1']] };
function poller(interval: string | null = null) {
  const [seen, stream, clock]: [Documents[], PassThrough, VirtualClock] = [[], new PassThrough(), new VirtualClock()];
  const onDocuments = (one: Documents): void => void seen.push(one);
  const log = rootLog({ process: 'test', level: 'info', stream });
  return {
    poller: new SnapshotPoller({ redis, keys: KEYS, symbols: [SYMBOL], interval, clock, log, onDocuments }),
    clock,
    seen,
    logged: () => String(stream.read() ?? ''),
  };
}
const put = async (one: Documents): Promise<void> => void (await redis.mset(texts(one)));

test('it hands on each snapshot once, whole, as it was written', async () => {
  const { poller: one, seen } = poller();
  await one.poll();
  expect(seen).toEqual([]);
  await put(documents());
  await Promise.all([one.poll(), one.poll()]);
  await one.poll();
  expect(seen).toEqual([{ ...documents(), seenAt: 0 }]);
  await put(documents({ head: { seq: 51 } }));
  await one.poll();
  expect(seen.map(({ header }) => header.seq)).toEqual([50, 51]);
});

test('the age of a snapshot counts from the moment it was asked for', async () => {
  const { poller: one, seen, clock } = poller();
  await put(documents());
  const asked = one.poll();
  clock.advance(3_000); // the process stood still while the answer was on its way
  await asked;
  expect([seen[0]?.seenAt, clock.monoMs()]).toEqual([0, 3_000]);
});

test.each<[string, string, keyof Documents['symbols'][string]]>([
  ['book', KEYS.book(SYMBOL), 'book'],
  ['position', KEYS.position(SYMBOL), 'position'],
  ['orders', KEYS.orders(SYMBOL), 'orders'],
  ['instrument', KEYS.instrument(SYMBOL), 'instrument'],
])('a %s that is missing or unreadable is null, told once, and the rest goes on', async (_name, key, part) => {
  const { poller: one, seen, logged } = poller();
  for (const [n, text] of ['{"no":"document"}', 'no JSON', null].entries()) {
    await put(documents({ head: { seq: 60 + n } }));
    if (text === null) await redis.del(key);
    else await redis.set(key, text);
    await one.poll();
  }
  expect(seen.map(({ symbols }) => symbols[SYMBOL]?.[part])).toEqual([null, null, null]);
  expect(seen.map(({ header }) => header.seq)).toEqual([60, 61, 62]);
  expect(logged().match(/Document unreadable/g)).toHaveLength(1);
});

test('a header that cannot be read hands on nothing', async () => {
  const { poller: one, seen } = poller();
  await put(documents());
  await redis.set(KEYS.header, '{"seq":');
  await one.poll();
  await redis.set(KEYS.header, JSON.stringify({ ...documents().header, surprise: 1 }));
  await one.poll();
  expect(seen).toEqual([]);
});

test.each([
  ['known, and of this snapshot', { epoch: 3, seq: 50, known: true, assets: [] }, true],
  ['unknown', { epoch: 3, seq: 50, known: false, assets: [] }, false],
  ['of another snapshot', { epoch: 3, seq: 49, known: true, assets: [] }, false],
])('a balance that is %s', async (_name, balance, known) => {
  const { poller: one, seen } = poller();
  await put(documents());
  await redis.set(KEYS.balance, JSON.stringify(balance));
  await one.poll();
  expect(seen[0]?.balanceKnown).toBe(known);
});

test('bars are read when a strategy reads them, and only then', async () => {
  await put(documents({ docs: { klines: BARS } }));
  for (const [interval, want] of [
    ['5m', BARS],
    [null, null],
  ] as const) {
    const { poller: one, seen } = poller(interval);
    await one.poll();
    expect(seen[0]?.symbols[SYMBOL]?.klines).toEqual(want);
  }
});

test('a push without what lasts keeps what the last poll told of it', async () => {
  const { poller: one, seen } = poller('5m');
  await put(documents({ docs: { klines: BARS } }));
  await one.poll();
  const pushed = texts(documents({ head: { seq: 51 } }));
  pushed.delete(KEYS.instrument(SYMBOL));
  one.take(pushed);
  expect(seen[1]).toMatchObject({ header: { seq: 51 }, symbols: { [SYMBOL]: { instrument: instrumentDoc(), klines: BARS } } });
});

test('a push that is no snapshot does no harm', async () => {
  const { poller: one, seen } = poller();
  one.take(new Map([[KEYS.header, 'not JSON']]));
  one.take(new Map([[KEYS.book(SYMBOL), '{}']]));
  expect(seen).toEqual([]);
});

test('an instrument that vanishes from Redis is unknown again', async () => {
  const { poller: one, seen } = poller();
  await put(documents());
  await one.poll();
  await redis.flushall();
  await put(documents({ head: { seq: 51 }, docs: { instrument: null } }));
  await one.poll();
  one.take(new Map([...texts(documents({ head: { seq: 52 }, docs: { instrument: null } }))]));
  expect(seen.map(({ symbols }) => symbols[SYMBOL]?.instrument === null)).toEqual([false, true, true]);
});

test('fills come once each, oldest first, and again from the beginning after a rewind', async () => {
  const { poller: one } = poller();
  const add = (n: number) => redis.xadd(KEYS.fills, '*', 'fill', JSON.stringify(fillDoc(n)));
  expect(await one.fills()).toEqual([]);
  await add(1);
  await add(2);
  expect(await one.fills()).toEqual([fillDoc(1), fillDoc(2)]);
  await add(3);
  await redis.xadd(KEYS.fills, '*', 'fill', 'not a fill');
  await add(4);
  expect((await one.fills()).map(({ n }) => n)).toEqual([3, 4]);
  expect(await one.fills()).toEqual([]);
  one.rewindFills();
  expect((await one.fills()).map(({ n }) => n)).toEqual([1, 2, 3, 4]);
});

test('it goes on by itself after Redis was killed and came back empty', async () => {
  const { poller: one, seen, logged } = poller();
  await put(documents());
  await one.poll();
  await put(documents({ head: { seq: 51 } }));
  const asked = one.poll();
  redis.disconnect(true); // in the middle of a poll
  await asked;
  expect(logged()).toMatch(/"level":40.*Snapshot could not be fetched from Redis/);
  await until('redis', () => redis.status === 'ready');
  await server.kill();
  await until('the loss', () => redis.status !== 'ready');
  await one.poll();
  await server.boot();
  await until('redis', () => redis.status === 'ready');
  await one.poll();
  await put(documents({ head: { seq: 70 } }));
  await one.poll();
  expect(seen.map(({ header }) => header.seq)).toEqual([50, 70]);
});
