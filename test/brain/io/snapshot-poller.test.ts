import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { SnapshotPoller } from '../../../brain/io/snapshot-poller.ts';
import type { TradeNews } from '../../../brain/news.ts';
import type { Documents } from '../../../brain/view.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import type { Pushed } from '../../../shared/command.ts';
import { rootLog } from '../../../shared/log.ts';
import type { KlinesDoc } from '../../../shared/snapshot.ts';
import { docsOf, documents, fillDoc, instrumentDoc, KEYS, STAMP, SYMBOL, texts, tradeDoc } from '../../kit/brain.ts';
import { TestRedis } from '../../kit/redis.ts';
import { until } from '../../kit/scripted-gateway.ts';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await TestRedis.start();
  redis = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: 0, enableOfflineQueue: false, retryStrategy: () => 20 });
  redis.on('error', () => undefined); // killed by a test
  redis.setMaxListeners(0); // of each test's own poller
  await until('redis', () => redis.status === 'ready');
});
beforeEach(async () => void (await redis.flushall()));
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const BARS: KlinesDoc = { ...STAMP, seq: 9, symbol: SYMBOL, interval: '5m', status: 'complete', bars: [[0, '1', '1', '1', '1', '1']] };
function poller({ intervals = [] as readonly string[], trades = false } = {}) {
  const [seen, lines, clock]: [Documents[], string[], VirtualClock] = [[], [], new VirtualClock()];
  const onDocuments = (one: Documents): void => void seen.push(one);
  const log = rootLog({ process: 'test', level: 'info', stream: { write: (line) => void lines.push(line) } });
  return {
    poller: new SnapshotPoller({ redis, keys: KEYS, symbols: [SYMBOL], intervals, trades, clock, log, onDocuments }),
    clock,
    seen,
    logged: () => lines.join(''),
  };
}
const push = (told: ReadonlyMap<string, string>, entries: Pushed['entries'] = []): readonly Pushed[] => [
  { type: 'snapshot', at: 0, docs: docsOf(told), entries },
];
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
  expect(one.unusual).toBe(0); // none of them needed its schema
});

test('of two gateways the newer is the one with the higher epoch, or the one that answers us: one without a disk counts from above', async () => {
  const { poller: one, seen } = poller();
  const epochs = async (epoch: number, seq: number): Promise<readonly number[]> => {
    await put(documents({ head: { epoch, seq } }));
    await one.poll();
    return seen.map(({ header }) => header.epoch);
  };
  expect(await epochs(900_123, 7)).toEqual([900_123]);
  expect(await epochs(5, 1)).toEqual([900_123]);
  one.follow(5);
  expect(await epochs(5, 2)).toEqual([900_123, 5]);
  expect(await epochs(4, 9)).toEqual([900_123, 5]);
  expect(await epochs(6, 1)).toEqual([900_123, 5, 6]);
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
  expect(one.unusual).toBe(2);
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

test('the equity of an asset is wallet plus unrealized profit, unknown where the profit is', async () => {
  const { poller: one, seen } = poller();
  await put(documents());
  const asset = (name: string, unrealized: string | null) => ({ asset: name, wallet: '10000.5', available: '1', unrealized });
  const assets = [asset('USDT', '-0.75'), asset('USDC', null)];
  await redis.set(KEYS.balance, JSON.stringify({ epoch: 3, seq: 50, known: true, assets }));
  await one.poll();
  expect(seen[0]?.equity).toEqual({ USDT: '9999.75', USDC: null });
});

test('bars are read when a strategy reads them, and only then', async () => {
  await put(documents({ docs: { klines: { '5m': BARS } } }));
  for (const [intervals, want] of [
    [['5m'], { '5m': BARS }],
    [[], {}],
  ] as const) {
    const { poller: one, seen } = poller({ intervals });
    await one.poll();
    expect(seen[0]?.symbols[SYMBOL]?.klines).toEqual(want);
  }
});

test('what other strategies read is read from the next poll on, also when one is on its way', async () => {
  const { poller: one, seen } = poller();
  await put(documents());
  await redis.set(KEYS.klines(SYMBOL, '5m'), JSON.stringify(BARS));
  const before = one.poll();
  one.read({ intervals: ['5m'], trades: true });
  await before;
  expect(seen).toHaveLength(1);
  expect(seen[0]?.symbols[SYMBOL]).toMatchObject({
    book: { symbol: SYMBOL },
    instrument: { symbol: SYMBOL },
    position: { symbol: SYMBOL },
  });
  await put(documents({ head: { seq: 51 } }));
  await one.poll();
  expect([seen[1]?.symbols[SYMBOL]?.klines['5m'], seen[1]?.symbols[SYMBOL]?.trades !== null]).toEqual([BARS, true]);
  one.read({ intervals: [], trades: false });
  await put(documents({ head: { seq: 52 } }));
  await one.poll();
  expect([seen[2]?.symbols[SYMBOL]?.klines, seen[2]?.symbols[SYMBOL]?.trades]).toEqual([{}, null]);
});

test('a push without what lasts keeps what the last poll told of it', async () => {
  const { poller: one, seen } = poller({ intervals: ['5m'] });
  await put(documents({ docs: { klines: { '5m': BARS } } }));
  await one.poll();
  const pushed = texts(documents({ head: { seq: 51 } }));
  pushed.delete(KEYS.instrument(SYMBOL));
  one.takePush(push(pushed));
  expect(seen[1]).toMatchObject({ header: { seq: 51 }, symbols: { [SYMBOL]: { instrument: instrumentDoc(), klines: { '5m': BARS } } } });
});

test('a poll that pushes have overtaken still tells what lasts: new bars, and an instrument that is there or gone', async () => {
  const { poller: one, seen } = poller({ intervals: ['5m'] });
  const later: KlinesDoc = { ...BARS, seq: 52, bars: [...BARS.bars, [300_000, '2', '2', '2', '2', '2']] };
  const pushed = (seq: number): readonly Pushed[] => {
    const told = texts(documents({ head: { seq } }));
    told.delete(KEYS.instrument(SYMBOL));
    return push(told);
  };
  const lasting = () => [seen.at(-1)?.symbols[SYMBOL]?.instrument, seen.at(-1)?.symbols[SYMBOL]?.klines['5m']];
  one.takePush(pushed(51)); // before the first poll
  expect(lasting()).toEqual([null, null]);
  await put(documents({ docs: { klines: { '5m': BARS } } }));
  await one.poll();
  one.takePush(pushed(53));
  expect(lasting()).toEqual([instrumentDoc(), BARS]);
  await put(documents({ head: { seq: 52 }, docs: { klines: { '5m': later } } }));
  await one.poll();
  one.takePush(pushed(54));
  expect(lasting()).toEqual([instrumentDoc(), later]);
  await redis.del(KEYS.instrument(SYMBOL));
  await put(documents({ head: { seq: 53 }, docs: { instrument: null, klines: { '5m': later } } }));
  await one.poll();
  one.takePush(pushed(55));
  expect(lasting()).toEqual([null, later]);
  expect(seen.map(({ header }) => header.seq)).toEqual([51, 53, 54, 55]);
});

test('a push that waited while this process stood still is as old as that', async () => {
  const { poller: one, seen, clock } = poller();
  clock.advance(1_000);
  one.life.beat();
  clock.advance(5_000);
  const stood = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_000);
  one.life.beat();
  stood.mockRestore();
  one.takePush(push(texts(documents({ head: { seq: 52 } }))));
  expect(seen.map(({ seenAt }) => seenAt)).toEqual([1_000]);
});

test('a push that is no snapshot does no harm', async () => {
  const { poller: one, seen } = poller();
  one.takePush(push(new Map([[KEYS.header, '"no header"']])));
  one.takePush(push(new Map([[KEYS.book(SYMBOL), '{}']])));
  expect(seen).toEqual([]);
});

test('an instrument that vanishes from Redis is unknown again', async () => {
  const { poller: one, seen } = poller();
  await put(documents());
  await one.poll();
  await redis.flushall();
  await put(documents({ head: { seq: 51 }, docs: { instrument: null } }));
  await one.poll();
  one.takePush(push(texts(documents({ head: { seq: 52 }, docs: { instrument: null } }))));
  expect(seen.map(({ symbols }) => symbols[SYMBOL]?.instrument === null)).toEqual([false, true, true]);
});

const add = (n: number) => redis.xadd(KEYS.fills, '*', 'fill', JSON.stringify(fillDoc(n)));

test('fills come with the snapshot they were written with, once each, oldest first, and again after a rewind', async () => {
  const { poller: one, seen, logged } = poller();
  const next = async (seq: number): Promise<number[]> => {
    await put(documents({ head: { seq } }));
    await one.poll();
    return seen.at(-1)!.fills.map(({ n }) => n);
  };
  expect(await next(51)).toEqual([]);
  await add(1);
  await add(2);
  expect(await next(52)).toEqual([1, 2]);
  await add(3);
  await redis.xadd(KEYS.fills, '*', 'fill', 'not a fill');
  await add(4);
  expect(await next(53)).toEqual([3, 4]);
  expect(await next(54)).toEqual([]);
  one.rewind();
  expect(await next(55)).toEqual([1, 2, 3, 4]);
  expect(logged().match(/Document unreadable/g)).toHaveLength(1);
});

test('at the start only the newest fills are read', async () => {
  const { poller: one, seen } = poller();
  await Promise.all(Array.from({ length: 250 }, (_, n) => add(n + 1)));
  await put(documents());
  await one.poll();
  expect(seen[0]?.fills.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n + 51));
});

describe('public trades', () => {
  const addTrade = (...numbers: readonly number[]) =>
    Promise.all(numbers.map((n) => redis.xadd(KEYS.trades(SYMBOL), '*', 'trade', JSON.stringify(tradeDoc(n)))));
  const reader = () => {
    const { poller: one, seen } = poller({ trades: true });
    const last = (): TradeNews => seen.at(-1)!.symbols[SYMBOL]!.trades!;
    return {
      one,
      last,
      next: async (seq: number): Promise<TradeNews> => {
        await put(documents({ head: { seq } }));
        await one.poll();
        return last();
      },
    };
  };
  const numbers = ({ rows }: TradeNews): number[] => rows.map(({ n }) => n);

  test('are not read when no strategy asks', async () => {
    const { poller: one, seen } = poller();
    await addTrade(1);
    await put(documents());
    await one.poll();
    expect(seen[0]?.symbols[SYMBOL]?.trades).toBeNull();
  });

  test('come with the snapshot they were written with, each once, and follow each other', async () => {
    const { next } = reader();
    await addTrade(1, 2, 3);
    const first = await next(51);
    expect(numbers(first)).toEqual([3]);
    await addTrade(4, 5);
    const second = await next(52);
    expect([numbers(second), second.from]).toEqual([[4, 5], first.to]);
    const third = await next(53);
    expect([numbers(third), third.from, third.to]).toEqual([[], second.to, second.to]);
  });

  test('that were trimmed, or lost with Redis, are a hole', async () => {
    const { next, one } = reader();
    await addTrade(1);
    const first = await next(51);
    await addTrade(2, 3, 4);
    await redis.xtrim(KEYS.trades(SYMBOL), 'MAXLEN', '1');
    const second = await next(52);
    expect([numbers(second), second.from === first.to]).toEqual([[4], false]);
    await redis.flushall();
    one.rewind();
    await addTrade(7);
    const third = await next(53);
    expect([numbers(third), third.from === second.to]).toEqual([[7], false]);
  });

  test('pushed and polled are the same trades: none counts twice', async () => {
    const { next, one, last } = reader();
    await addTrade(1);
    const first = await next(51);
    const entries = [2, 3].map((n) => ({ key: KEYS.trades(SYMBOL), text: JSON.stringify(tradeDoc(n)) }));
    one.takePush(push(texts(documents({ head: { seq: 52 } })), entries));
    const pushed = last();
    expect([numbers(pushed), pushed.from]).toEqual([[2, 3], first.to]);
    await addTrade(2, 3, 4);
    const polled = await next(53);
    expect([numbers(polled), polled.from]).toEqual([[4], pushed.to]);
  });

  test('of a snapshot that is passed over are kept for the next', async () => {
    const { next, one, last } = reader();
    await addTrade(1);
    const first = await next(60);
    const entries = [{ key: KEYS.trades(SYMBOL), text: JSON.stringify(tradeDoc(2)) }];
    one.takePush(push(texts(documents({ head: { seq: 59 } })), entries));
    expect(last()).toBe(first);
    const second = await next(61);
    expect([numbers(second), second.from]).toEqual([[2], first.to]);
  });
});

test('it goes on by itself after Redis was killed and came back empty, and each loss and each return is one line', async () => {
  const { poller: one, seen, logged } = poller();
  await put(documents());
  await one.poll();
  await put(documents({ head: { seq: 51 } }));
  const asked = one.poll();
  redis.disconnect(true); // in the middle of a poll
  await asked;
  await until('its return', () => logged().includes('Redis is back'));
  await server.kill();
  await until('the loss', () => redis.status !== 'ready');
  await one.poll();
  await server.boot();
  await until('redis', () => redis.status === 'ready');
  await one.poll();
  await put(documents({ head: { seq: 70 } }));
  await one.poll();
  expect(seen.map(({ header }) => header.seq)).toEqual([50, 70]);
  const lines = logged()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly level: number; readonly msg: string });
  const [lost, back] = [
    [40, 'Redis lost: nothing is decided until it is back'],
    [30, 'Redis is back'],
  ];
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([lost, back, lost, back]);
});

test('a Redis that is there and refuses is told once, and again when it takes it', async () => {
  const { poller: one, logged } = poller();
  const keys = KEYS.header;
  await redis.del(keys);
  await redis.lpush(keys, 'not a string');
  for (let n = 0; n < 3; n++) await one.poll();
  await redis.del(keys);
  await put(documents({ head: { seq: 80 } }));
  await one.poll();
  const lines = logged()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly msg: string; readonly problem?: string });
  expect(lines.map(({ msg }) => msg)).toEqual(['Redis refuses', 'Redis takes it again']);
  expect(lines[0]?.problem).toContain('WRONGTYPE');
});
