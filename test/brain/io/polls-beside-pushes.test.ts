import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SnapshotPoller } from '../../../brain/io/snapshot-poller.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { rootLog } from '../../../shared/log.ts';
import { docsOf, documents, KEYS, SYMBOL, texts } from '../../kit/brain.ts';
import { TestRedis } from '../../kit/redis.ts';
import { until } from '../../kit/scripted-gateway.ts';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await TestRedis.start();
  redis = new Redis(server.port, '127.0.0.1');
  await until('redis', () => redis.status === 'ready');
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const getsSoFar = async (): Promise<number> => Number(/cmdstat_get:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);

test('while pushes come close together polls are few; when they end all polls are back', async () => {
  const clock = new VirtualClock();
  const log = rootLog({ process: 'test', level: 'info', stream: { write: () => undefined } });
  const one = new SnapshotPoller({
    ...{ redis, keys: KEYS, symbols: [SYMBOL], intervals: [], trades: false, clock, log },
    onDocuments: () => undefined,
  });
  const pushed = texts(documents({ head: { seq: 60 } }));
  const polls = async (ms: number, isPushed: boolean): Promise<number> => {
    const before = await getsSoFar();
    for (let at = 0; at < ms; at += 10) {
      if (isPushed) one.takePush([{ type: 'snapshot', at: 0, docs: docsOf(pushed) }]);
      clock.advance(10);
      await redis.ping(); // its answer comes after that of the poll
    }
    return (await getsSoFar()) - before;
  };
  one.start({ pollMs: 10, snapshotMs: 100 });
  expect(await polls(200, true)).toBe(4);
  expect(await polls(200, false)).toBe(17); // the last push is forgotten after 50 ms
  one.stop();
});
