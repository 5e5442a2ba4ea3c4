import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { SnapshotPoller } from '../../../brain/io/snapshot-poller.ts';
import { RedisWriter } from '../../../gateway/io/redis-writer.ts';
import { openRedis } from '../../../scripts/lib/redis.ts';
import { readState } from '../../../scripts/lib/state.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { redisLogin } from '../../../shared/io/redis-login.ts';
import { rootLog } from '../../../shared/log.ts';
import { keysOf } from '../../../shared/snapshot.ts';
import { AclRedis, type RedisUser } from '../../kit/acl-redis.ts';
import { config, documents, SYMBOL, texts } from '../../kit/brain.ts';

const KEYS = keysOf('mm:binance');
const log = rootLog({ process: 'test', level: 'error', stream: { write: () => undefined } });
let server: AclRedis;
const clients = new Map<RedisUser | null, Redis>();
beforeAll(async () => {
  server = await AclRedis.start();
  for (const user of ['gateway', 'brain', 'reader', 'admin', null] as const) clients.set(user, await server.client(user));
});
afterAll(async () => {
  for (const client of clients.values()) client.disconnect();
  await server[Symbol.asyncDispose]();
});

async function said(user: RedisUser | null, command: string): Promise<string> {
  const [name = '', ...args] = command.split(' ');
  return await (clients.get(user)?.call(name, ...args) ?? Promise.resolve('')).then(
    () => 'ok',
    (error: Error) => error.message,
  );
}

test('gateway, brain and tools do all their work as users of their own', async () => {
  const as = (user: RedisUser): void => {
    for (const [name, value] of Object.entries(server.env(user))) vi.stubEnv(name, value);
  };
  const url = `unix://${server.socket}`;
  as('gateway');
  await using writer = new RedisWriter({ url, keys: KEYS, epoch: 1, instance: 'test', downMs: 500, log });
  expect(await writer.opened).toBeNull();
  const docs = [...texts(documents())];
  const entries = [{ key: KEYS.fills, field: 'fill', text: '{}', maxLen: 10 }];
  expect(await writer.write({ seq: 1, documents: [...docs, [KEYS.entryPrice(SYMBOL), null]], lasting: [[KEYS.epoch, '1']], entries })).toBe(
    true,
  );
  expect(await writer.standing()).toBe('ours');
  as('brain');
  const brain = clients.get('brain');
  const seen: number[] = [];
  const poller = new SnapshotPoller({
    ...{ redis: brain as Redis, keys: KEYS, symbols: [SYMBOL], intervals: [], trades: true, clock: new VirtualClock(), log },
    onDocuments: ({ header }) => void seen.push(header.seq),
  });
  await brain?.ping(); // connected now
  await poller.poll();
  expect([seen.length, poller.failures]).toEqual([1, 0]);
  expect(await said('brain', `SET ${KEYS.brain} {} PX 1000`)).toBe('ok');
  as('reader');
  const loaded = { config: config({ redis: { url } }), file: 'config.json', runDir: 'run' };
  using open = await openRedis(loaded);
  expect((await readState(open.redis, loaded.config)).header).not.toBeNull();
  vi.unstubAllEnvs();
});

test.each<[RedisUser | null, string, RegExp]>([
  ['brain', `SET ${KEYS.header} forged`, /NOPERM/],
  ['brain', `SET ${KEYS.position('BTCUSDT')} forged`, /NOPERM/],
  ['brain', `XADD ${KEYS.fills} * fill forged`, /NOPERM/],
  ['brain', `DEL ${KEYS.header}`, /NOPERM/],
  ['brain', 'GET other:key', /NOPERM/],
  ['gateway', 'SET other:key 1', /NOPERM/],
  ['gateway', 'FLUSHALL', /NOPERM/],
  ['gateway', 'KEYS *', /NOPERM/],
  ['gateway', "EVAL return(redis.call('SET','other:key','1')) 0", /user executing the script/],
  ['gateway', "EVAL return(redis.call('FLUSHALL')) 0", /user executing the script/],
  ['gateway', 'SCRIPT FLUSH', /NOPERM/],
  ['gateway', 'FUNCTION STATS', /NOPERM/],
  ['brain', 'EVAL return(1) 0', /NOPERM/],
  ['reader', 'EVAL return(1) 0', /NOPERM/],
  ['gateway', 'CONFIG SET maxmemory 1', /NOPERM/],
  ['reader', `SET ${KEYS.brain} forged`, /NOPERM/],
  ['reader', 'FLUSHDB', /NOPERM/],
  ['admin', 'FLUSHALL', /NOPERM/],
  ['admin', `SET ${KEYS.header} forged`, /NOPERM/],
  ['admin', `EVAL return(redis.call('SET',KEYS[1],'forged')) 1 ${KEYS.header}`, /NOPERM/],
  ['admin', `DEL ${KEYS.epoch}`, /NOPERM/],
  ['admin', 'DEBUG SLEEP 1', /NOPERM|not allowed/],
  ['admin', 'CONFIG SET dir /tmp', /NOPERM/],
  [null, 'GET x', /NOAUTH|NOPERM/],
])('%s may not %s', async (user, command, refusal) => {
  expect(await said(user, command)).toMatch(refusal);
});

test.each(['INFO', 'CONFIG GET maxmemory', 'SLOWLOG GET 1', 'LATENCY LATEST', 'CLIENT LIST', 'DBSIZE', 'SCAN 0', `GET ${KEYS.brain}`])(
  'admin may look: %s',
  async (command) => {
    expect(await said('admin', command)).toBe('ok');
  },
);

test('the server listens on its socket alone, saves nothing, and its files are for nobody else', async () => {
  const admin = clients.get('admin');
  expect(await admin?.config('GET', 'port')).toEqual(['port', '0']);
  expect(await admin?.config('GET', 'save')).toEqual(['save', '']);
  expect(await admin?.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  expect(statSync(server.socket).mode & 0o777).toBe(0o770);
  for (const name of ['users.acl', 'gateway.password', 'brain.password']) expect(statSync(join(server.dir, name)).mode & 0o077).toBe(0);
});

test('redisLogin() takes the user of the environment, its password from a file, and says which file it cannot read', () => {
  expect(redisLogin({})).toEqual({});
  expect(redisLogin({ MMBOT_REDIS_USER: 'a', MMBOT_REDIS_PASSWORD: 'b', MMBOT_REDIS_PASSWORD_FILE: '/none' })).toEqual({
    username: 'a',
    password: 'b',
  });
  expect(redisLogin(server.env('brain'))).toMatchObject({ username: 'mmbot-brain', password: expect.stringMatching(/^[0-9a-f]{48}$/) });
  expect(() => redisLogin({ MMBOT_REDIS_PASSWORD_FILE: '/none/there' })).toThrow('/none/there cannot be read (ENOENT)');
});
