import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openBinance } from '../../../../gateway/venues/binance/io/venue.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { Config } from '../../../../shared/config.ts';
import { rootLog } from '../../../../shared/log.ts';
import { makeMetrics } from '../../../../shared/metrics.ts';
import { Random } from '../../../../shared/random.ts';
import { KEY, openTestSim, SECRET } from '../../../kit/sim-client.ts';

const BAN_MS = 2_000;
/** Whatever left in the same moment as the request that met the ban may still pass; on a busy machine it passes late. */
const SAME_MOMENT_MS = 300;

/** A relay that notes each connection and each piece of bytes towards the venue. */
async function openRelay(port: number) {
  const sentAt: number[] = [];
  let refusedAt: number | null = null;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    sentAt.push(performance.now());
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one) && other.destroy());
    }
    near.on('data', () => sentAt.push(performance.now()));
    far.on('data', (chunk: Buffer) => {
      if (chunk.toString('latin1').startsWith('HTTP/1.1 418')) refusedAt ??= performance.now();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = (): void => {
    cut();
    server.close();
  };
  return { port: address.port, sentAt, refusedAt: () => refusedAt, cut, close };
}

async function setUp() {
  const sim = await openTestSim();
  const relay = await openRelay(sim.simulator.port);
  const config = Config.parse({
    symbols: ['BTCUSDT'],
    endpoints: { sim: { rest: `http://127.0.0.1:${relay.port}`, stream: `ws://127.0.0.1:${relay.port}` } },
    gateway: { requestTimeoutMs: 1_000 },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 5, skewBps: 1, orderSize: '0.01', maxInventory: '1' },
      macdTrend: { orderSize: '0.01' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '10000' },
  });
  const log = rootLog({ process: 'test', level: 'fatal' });
  const parts = { clock: systemClock(), random: new Random(1), log, metrics: makeMetrics('test') };
  const opened = await openBinance({ config, credentials: { apiKey: KEY, secret: SECRET }, ...parts });
  if (!opened.ok) throw new Error(opened.error.sentence);
  const venue = opened.value;
  await venue.start({ onAccount: () => undefined, onBookLive: () => undefined, onTrade: () => undefined });
  const isLive = (): boolean => venue.market.book('BTCUSDT').status === 'live' && venue.accountHealth().state === 'live';
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const end = performance.now() + 12_000;
    while (!holds()) {
      if (performance.now() > end) throw new Error(`Waited in vain until ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await until('live', isLive);
  return { sim, relay, venue, isLive, until };
}

test.each([
  ['a call', false],
  ['the opening of a stream', true],
])('after a ban that %s met, no byte leaves and no connection is opened until its end; then all comes back', async (_name, cutFirst) => {
  const { sim, relay, venue, isLive, until } = await setUp();
  try {
    const bannedAt = performance.now();
    await sim.raw('POST', '/sim/fault', { body: JSON.stringify({ kind: 'ban', ms: BAN_MS }) });
    if (cutFirst) relay.cut();
    else expect(await venue.orders.account()).toMatchObject({ ok: false, error: { kind: 'banned' } });
    await until('the venue has refused', () => relay.refusedAt() !== null);
    const toldAt = Math.max(relay.refusedAt() ?? 0, cutFirst ? 0 : performance.now());
    await until('what left in the same moment has passed', () => performance.now() > toldAt + SAME_MOMENT_MS);
    relay.cut();
    await until('the ban is over', () => performance.now() >= bannedAt + BAN_MS);
    const during = relay.sentAt.filter((at) => at > toldAt + SAME_MOMENT_MS && at < bannedAt + BAN_MS);
    expect(during).toEqual([]);
    await until('live again', isLive);
    expect(relay.sentAt.at(-1)).toBeGreaterThan(bannedAt + BAN_MS);
  } finally {
    await venue[Symbol.asyncDispose]();
    relay.close();
    await sim.close();
  }
});
