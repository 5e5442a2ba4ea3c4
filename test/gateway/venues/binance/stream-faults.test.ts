/** The public side against the simulator's faults: a live book is the published one, and it comes back by itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WatchedVenue } from '../../../kit/watched-venue.ts';

const stream = 'btcusdt@depth@100ms';

describe('faults of the depth stream, one after the other', () => {
  let watched: WatchedVenue;

  beforeAll(async () => {
    watched = await WatchedVenue.open({ sim: { speed: 5 } });
  });
  afterAll(async () => {
    const { compared, wrong } = await watched.differences();
    await watched[Symbol.asyncDispose]();
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(20);
  });

  test.each([
    ['a lost message', { kind: 'drop', stream }, 'gap'],
    ['a hole', { kind: 'gap', stream, ms: 1_500 }, 'gap'],
    ['a message after the next one', { kind: 'reorder', stream, count: 3 }, 'gap'],
    ['a crossed book', { kind: 'crossed-book', symbol: 'BTCUSDT', ms: 1_500 }, 'crossed'],
    ['an empty book', { kind: 'empty-book', symbol: 'BTCUSDT', ms: 1_500 }, 'empty'],
    ['a socket that dies', { kind: 'close', route: 'public' }, 'disconnected'],
    ['a socket that dies amid messages', { kind: 'disconnect-at', route: 'public', message: 7 }, 'disconnected'],
    ['a socket that is open and dead', { kind: 'half-open', route: 'public' }, 'silent'],
  ])('%s', async (_name, fault, reason) => {
    const from = watched.lives.length;
    const since = (): readonly string[] => watched.lives.slice(from);
    await watched.fault(fault);
    await watched.until('the loss', () => since().includes(`BTCUSDT ${reason}`));
    await watched.untilLive();
    expect(watched.venue.market.counters('BTCUSDT').gapsUnresolved).toBe(0);
    if (!('route' in fault)) expect(since().filter((line) => line.startsWith('ETHUSDT'))).toEqual([]);
  });

  test('messages told twice change nothing, and take no book down', async () => {
    const from = watched.lives.length;
    const { messages, dropped } = watched.venue.market.counters('BTCUSDT');
    await watched.fault({ kind: 'duplicate', route: 'public', count: 40 });
    await watched.until('many messages', () => watched.venue.market.counters('BTCUSDT').messages > messages + 30);
    expect(watched.lives.slice(from)).toEqual([]);
    expect(watched.venue.market.counters('BTCUSDT').dropped).toBeGreaterThan(dropped);
  });

  test('a snapshot of some time ago leads to another one', async () => {
    const from = watched.lives.length;
    await watched.fault({ kind: 'stale-snapshot', symbol: 'BTCUSDT', ms: 3_000, count: 2 });
    await watched.fault({ kind: 'drop', stream });
    await watched.until('the gap', () => watched.lives.slice(from).includes('BTCUSDT gap'));
    await watched.untilLive();
  });
});

describe('streams that are late or dead', () => {
  test('messages that are late make the book stale at once, and the next one in time makes it live without a snapshot', async () => {
    await using watched = await WatchedVenue.open();
    await watched.fault({ kind: 'delay', stream, byMs: 1_300, count: 1 });
    await watched.until('the lag', () => watched.lives.includes('BTCUSDT lag'));
    await watched.untilLive();
    expect(watched.venue.market.counters('BTCUSDT')).toMatchObject({ gaps: 0, resyncs: 0 });
    expect(watched.venue.market.health().delayMs).toBeGreaterThan(0);
    expect(watched.log).toContain('the clock is read again');
  });

  test('one stream that dies takes its own book down, one read shows that it missed something, and no other book suffers', async () => {
    await using watched = await WatchedVenue.open({ gateway: { bookStaleMs: 400 } });
    await watched.fault({ kind: 'gap', stream: 'ethusdt@depth@100ms', ms: 1_500 });
    await watched.until('the silence', () => watched.lives.includes('ETHUSDT silent'));
    await watched.until('the read', () => watched.venue.market.book('ETHUSDT').reason === 'missed-changes');
    expect(watched.status('ETHUSDT')).toBe('syncing');
    await watched.untilLive();
    expect(watched.lives.filter((line) => line.startsWith('BTCUSDT'))).toEqual(['BTCUSDT live']);
    expect((await watched.differences()).wrong).toEqual([]);
  });
});

describe('connections that take turns', () => {
  test('before the venue ends them, without a book that is not live, a trade told twice or an account that is lost', async () => {
    await using watched = await WatchedVenue.open({ sim: { speed: 3, disconnectAfterMs: 12_000 }, venue: { rotateMs: 5_000 } });
    const turns = (): number => watched.log.split('"turn":"done"').length - 1;
    await watched.until('turns of every stream', () => turns() >= 4);
    expect(watched.lives).toEqual(expect.arrayContaining(['BTCUSDT live', 'ETHUSDT live']));
    expect(watched.lives).toHaveLength(2);
    expect(watched.venue.market.counters('BTCUSDT')).toMatchObject({ gaps: 0, resyncs: 0 });
    const states = watched.account.flatMap((event) => (event.kind === 'stream' ? [event.state] : []));
    expect([states.length > 1, new Set(states)]).toEqual([true, new Set(['live'])]);
    const ids = watched.trades.map(({ symbol, tradeId }) => `${symbol} ${tradeId}`);
    expect([ids.length > 10, new Set(ids).size]).toEqual([true, ids.length]);
    expect((await watched.differences()).wrong).toEqual([]);
  });
});

test('a close of a bar that is lost is read over REST; until then the bars are unknown', async () => {
  await using watched = await WatchedVenue.open({ sim: { speed: 40, symbols: ['BTCUSDT'] } });
  const bars = () => watched.venue.market.bars('BTCUSDT', '1m');
  await watched.until('bars', () => bars().status === 'complete');
  const newest = bars().closed.at(-1)?.openMs ?? 0;
  await watched.fault({ kind: 'slow', path: '/fapi/v1/klines', byMs: 40 * 300, count: 1 }); // long enough to be seen unknown
  await watched.fault({ kind: 'gap', route: 'market', stream: 'btcusdt@kline_1m', ms: 130_000 });
  await watched.until('unknown bars', () => bars().status === 'bars-unknown');
  await watched.until('the bars again', () => bars().status === 'complete' && (bars().closed.at(-1)?.openMs ?? 0) >= newest + 120_000);
  const opens = bars().closed.map(({ openMs }) => openMs);
  expect(opens.every((at, n) => n === 0 || at === (opens[n - 1] ?? 0) + 60_000)).toBe(true);
});
