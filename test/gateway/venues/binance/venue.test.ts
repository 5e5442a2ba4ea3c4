import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openBinance } from '../../../../gateway/venues/binance/io/venue.ts';
import type { Venue } from '../../../../gateway/venues/venue.ts';
import { formatClockSpec, systemClock } from '../../../../shared/clock.ts';
import { Config, SIM_CREDENTIALS } from '../../../../shared/config.ts';
import type { AccountEvent } from '../../../../shared/events.ts';
import { rootLog } from '../../../../shared/log.ts';
import { makeMetrics } from '../../../../shared/metrics.ts';
import { Random } from '../../../../shared/random.ts';
import type { BookSide } from '../../../../shared/book.ts';
import { formatPrice, formatSize } from '../../../../shared/instrument.ts';
import { lots, ticks } from '../../../../shared/units.ts';
import { midMinute } from '../../../kit/mid-minute.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

function configFor(port: number, symbols: readonly string[] = ['BTCUSDT', 'ETHUSDT']): Config {
  return Config.parse({
    symbols,
    sim: { port },
    gateway: { requestTimeoutMs: 500 },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 5, skewBps: 1, orderSize: '0.01', maxInventory: '1' },
      macdTrend: { orderSize: '0.01' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '10000' },
  });
}

type Watched = {
  readonly venue: Venue;
  readonly account: AccountEvent[];
  readonly lives: string[];
  readonly log: () => string;
  readonly until: (what: string, holds: () => boolean) => Promise<void>;
};

/** Of both; the whole file takes less than the minute that is left. */
const spec = midMinute();
let sim: ChildProcess;
let port: number;
const opened: AsyncDisposable[] = [];

beforeAll(async () => {
  sim = spawn(
    process.execPath,
    [join(ROOT, 'scripts', 'sim.ts'), '--port', '0', '--json', '--profile', 'fast', '--clock', formatClockSpec(spec)],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  if (!sim.stdout) throw new Error('The simulator has no output');
  const [line] = (await once(createInterface(sim.stdout), 'line')) as [string];
  port = (JSON.parse(line) as { port: number }).port;
});

afterAll(async () => {
  const ended = once(sim, 'exit');
  sim.kill('SIGKILL');
  await ended;
});

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function open(config = configFor(port), credentials: { apiKey: string; secret: string } = SIM_CREDENTIALS) {
  const lines: string[] = [];
  const log = rootLog({ process: 'test', level: 'debug', stream: { write: (line: string) => void lines.push(line) } });
  const result = await openBinance({
    config,
    credentials,
    clock: systemClock(spec),
    random: new Random(1),
    log,
    metrics: makeMetrics('test'),
  });
  if (result.ok) opened.push(result.value);
  return { result, log: () => lines.join('') };
}

async function watch(gateway: Partial<Config['gateway']> = {}): Promise<Watched> {
  const config = configFor(port);
  const { result, log } = await open({ ...config, gateway: { ...config.gateway, ...gateway } });
  if (!result.ok) throw new Error(result.error.sentence);
  const venue = result.value;
  const [account, lives]: [AccountEvent[], string[]] = [[], []];
  let wake = Promise.withResolvers<void>();
  const stir = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  await venue.start({
    onAccount: (event) => {
      account.push(event);
      stir();
    },
    onBookLive: (symbol, live, reason) => {
      lives.push(`${symbol} ${live ? 'live' : reason}`);
      stir();
    },
    onTop: stir,
    onTrade: stir,
  });
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const end = systemClock().monoMs() + 15_000;
    while (!holds()) {
      if (systemClock().monoMs() > end) throw new Error(`Waited in vain for ${what}: ${lives.join(', ')}`);
      await Promise.race([wake.promise, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
  };
  await until(
    'everything live',
    () =>
      account.length > 0 &&
      ['BTCUSDT', 'ETHUSDT'].every(
        (s) => venue.market.book(s).status === 'live' && venue.market.bars(s, '5m').status === 'complete' && venue.market.mark(s),
      ),
  );
  return { venue, account, lives, log, until };
}

async function fault(body: unknown): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/sim/fault`, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status, await answer.text()).toBe(200);
}
const far = (venue: Venue) => {
  const best = venue.market.book('BTCUSDT').book.bestBid;
  if (best === null) throw new Error('The book is empty');
  return {
    symbol: 'BTCUSDT',
    side: 'buy',
    kind: 'limit',
    timeInForce: 'post-only',
    price: ticks(best - 2_000),
    size: lots(20),
    reduceOnly: false,
  } as const;
};

describe('openBinance()', () => {
  test('says in one sentence that nobody answers', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const free = (server.address() as AddressInfo).port;
    await new Promise((resolve) => server.close(resolve));
    const { result } = await open(configFor(free));
    expect(result).toMatchObject({
      ok: false,
      error: {
        kind: 'unreachable',
        sentence: expect.stringMatching(/^Cannot reach the venue at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/),
      },
    });
  });

  test.each([
    ['key', { ...SIM_CREDENTIALS, apiKey: 'no-such-key' }],
    ['secret', { ...SIM_CREDENTIALS, secret: 'no-such-secret' }],
  ])('says in one sentence that the %s is wrong, without telling it', async (_name, credentials) => {
    const { result, log } = await open(configFor(port), credentials);
    expect(result).toMatchObject({
      ok: false,
      error: { kind: 'auth', sentence: expect.stringMatching(/refuses the API key or its secret/) },
    });
    expect(JSON.stringify(result) + log()).not.toMatch(/no-such/);
  });

  test('names the nearest symbols of one that is not there', async () => {
    const { result } = await open(configFor(port, ['BTCUDST']));
    expect(result).toMatchObject({
      ok: false,
      error: { kind: 'rejected', reason: 'symbol', sentence: expect.stringMatching(/"BTCUDST".*BTCUSDT/) },
    });
  });
});

describe('a venue on the simulator', () => {
  test('comes live, trades, and tells of it on the private stream and over REST alike', async () => {
    const { venue, account, until } = await watch();
    const written: number[] = [];
    const placed = await venue.orders.place({ ...far(venue), clientId: '101' }, (at) => written.push(at));
    expect(placed).toMatchObject({ ok: true, value: { state: 'accepted', clientId: '101' } });
    expect(written).toHaveLength(1);
    const price = ticks(far(venue).price - 10);
    expect(await venue.orders.amend({ symbol: 'BTCUSDT', clientId: '101', side: 'buy', price, size: lots(30) })).toMatchObject({
      ok: true,
      value: { state: 'amended', price, size: 30 },
    });
    const state = await venue.orders.account();
    expect(state).toMatchObject({
      ok: true,
      value: {
        hedgeMode: false,
        openOrders: [{ clientId: '101', price, size: 30 }],
        positions: [
          { symbol: 'BTCUSDT', size: 0 },
          { symbol: 'ETHUSDT', size: 0 },
        ],
      },
    });
    const canceled = await venue.orders.cancelMany({ symbol: 'BTCUSDT', clientIds: ['101', '999'] });
    expect(canceled.map((result) => (result.ok ? result.value.state : result.error.kind))).toEqual(['canceled', 'gone']);
    const bought = await venue.orders.place({ ...far(venue), clientId: '102', kind: 'market', timeInForce: 'gtc', price: null });
    expect(bought).toMatchObject({ ok: true, value: { state: 'filled', filled: 20 } });
    await until('the fill', () => account.some((event) => event.kind === 'order' && event.clientId === '102' && event.state === 'filled'));
    const streamed = account.filter((event) => event.kind === 'fill' && event.clientId === '102' && event.fee !== null);
    const trades = await venue.orders.trades({ symbol: 'BTCUSDT', fromTradeId: null });
    expect(trades.ok && trades.value).toEqual(streamed.map((fill) => ({ ...fill, clientId: '' })));
    expect(account.findLast((event) => event.kind === 'position')).toMatchObject({ symbol: 'BTCUSDT', size: 20 });
    expect(await venue.orders.queryOrder({ symbol: 'BTCUSDT', clientId: '102' })).toMatchObject({ ok: true, value: { state: 'filled' } });
    expect(await venue.orders.armDeadMan({ symbol: 'BTCUSDT', ms: 0 })).toEqual({ ok: true, value: null });
    expect(venue.orders.budgets().orders1m.used).toBeGreaterThanOrEqual(3);
  });

  test('a lost depth message takes that book down, and a snapshot mends it', async () => {
    const { venue, lives, until } = await watch();
    const from = lives.length;
    await fault({ kind: 'drop-depth', symbol: 'BTCUSDT', count: 1 });
    await until('the gap', () => lives.includes('BTCUSDT gap'));
    await until('the mended book', () => venue.market.book('BTCUSDT').status === 'live');
    expect(venue.market.counters('BTCUSDT')).toMatchObject({ gaps: 1, gapsUnresolved: 0, resyncs: 1 });
    expect(lives.slice(from).filter((line) => line.startsWith('ETHUSDT'))).toEqual([]);
    const { lastUpdateId, book } = venue.market.book('BTCUSDT');
    const instrument = venue.instruments.get('BTCUSDT');
    if (!instrument) throw new Error('No instrument');
    const levels = (side: BookSide) =>
      Array.from({ length: side.count }, (_, n) => [
        formatPrice(instrument, side.priceAt(n) ?? ticks(0)),
        formatSize(instrument, side.sizeAt(n)),
      ]);
    const ours = { symbol: 'BTCUSDT', lastUpdateId, bids: levels(book.bids), asks: levels(book.asks) };
    expect(ours.bids.length).toBeGreaterThan(20);
    const truth = await fetch(`http://127.0.0.1:${port}/sim/book?symbol=BTCUSDT&u=${lastUpdateId}`);
    expect(await truth.json()).toEqual(ours);
  });

  test('closed streams come back by themselves, and the account says live again', async () => {
    const { venue, account, lives, until } = await watch();
    for (const route of ['public', 'market', 'private']) await fault({ kind: 'close', route });
    await until(
      'the loss',
      () => lives.includes('BTCUSDT disconnected') && account.some((event) => event.kind === 'stream' && event.state === 'lost'),
    );
    await until(
      'the return',
      () =>
        venue.market.book('BTCUSDT').status === 'live' &&
        venue.market.bars('BTCUSDT', '5m').status === 'complete' &&
        venue.accountHealth().state === 'live',
    );
    expect(account.filter((event) => event.kind === 'stream').map((event) => event.state)).toEqual(['live', 'lost', 'live']);
    expect(venue.market.health().state).toBe('live');
  });

  test('an expired key is replaced', async () => {
    const { account, until } = await watch();
    const answer = await fetch(`http://127.0.0.1:${port}/sim/expire-listen-key`, {
      method: 'POST',
      body: JSON.stringify({ apiKey: SIM_CREDENTIALS.apiKey }),
    });
    expect(answer.status, await answer.text()).toBe(200);
    await until('the new stream', () => account.filter((event) => event.kind === 'stream' && event.state === 'live').length === 2);
    expect(account.find((event) => event.kind === 'stream' && event.state === 'lost')).toMatchObject({ reason: 'key-expired' });
  });

  test('a key that a keep-alive finds gone is replaced, with an alarm', async () => {
    const { account, log, until } = await watch({ keepAliveMs: 200 });
    await fault({
      kind: 'reply',
      method: 'PUT',
      path: '/fapi/v1/listenKey',
      execute: false,
      status: 400,
      body: '{"code":-1125,"msg":"This listenKey does not exist."}',
    });
    await until('the new stream', () => account.filter((event) => event.kind === 'stream' && event.state === 'live').length === 2);
    expect(account.find((event) => event.kind === 'stream' && event.state === 'lost')).toMatchObject({ reason: 'key-gone' });
    expect(log()).toContain('Keep-alive of the private stream failed');
  });

  test('a stream that says nothing more makes its books stale, and they come back with it', async () => {
    const { venue, lives, until } = await watch({ bookStaleMs: 400 });
    await fault({ kind: 'silence', route: 'public', ms: 1_500 });
    await until('stale books', () => lives.includes('BTCUSDT silent') && lives.includes('ETHUSDT silent'));
    await until('their return', () => ['BTCUSDT', 'ETHUSDT'].every((symbol) => venue.market.book(symbol).status === 'live'));
    expect(venue.market.counters('BTCUSDT').gapsUnresolved).toBe(0);
  });

  test('an order whose answer never comes is unknown, sent once, and found by its id', async () => {
    const { venue } = await watch();
    await fault({ kind: 'hang', method: 'POST', path: '/fapi/v1/order', execute: true });
    expect(await venue.orders.place({ ...far(venue), clientId: '103' })).toMatchObject({
      ok: false,
      error: { kind: 'unknown', reason: 'time-out' },
    });
    expect(await venue.orders.queryOrder({ symbol: 'BTCUSDT', clientId: '103' })).toMatchObject({ ok: true, value: { state: 'accepted' } });
    expect(await venue.orders.cancel({ symbol: 'BTCUSDT', clientId: '103' })).toMatchObject({ ok: true, value: { state: 'canceled' } });
  });

  test('neither key, secret, signature nor listen key is ever logged', async () => {
    const { venue, log, account, until } = await watch();
    await fault({ kind: 'close', route: 'private' });
    await fault({
      kind: 'reply',
      method: 'POST',
      path: '/fapi/v1/listenKey',
      execute: false,
      status: 503,
      body: '{"code":-1000,"msg":"Unknown error"}',
    });
    await fault({ kind: 'close', route: 'private' });
    await until('the return', () => account.filter((event) => event.kind === 'stream' && event.state === 'live').length === 2);
    await venue.orders.cancel({ symbol: 'BTCUSDT', clientId: '1' });
    expect(log()).toContain('No key for the private stream');
    expect(log()).not.toMatch(new RegExp(`${SIM_CREDENTIALS.apiKey}|${SIM_CREDENTIALS.secret}|signature=|/private/ws/`));
  });
});
