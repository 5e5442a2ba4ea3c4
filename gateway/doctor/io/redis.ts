/** Facts of the Redis server: three questions over a connection of its own. */
import { Redis } from 'ioredis';
import { redisAddress, redisLogin, type RedisLogin } from '../../../shared/io/redis-login.ts';
import { err, ok } from '../../../shared/result.ts';
import type { RedisFacts } from '../facts.ts';
import type { Known } from '../finding.ts';

const ANSWER_MS = 2_000;
const PINGS = 5;

export async function redisFacts(url: string): Promise<Known<RedisFacts>> {
  try {
    return await factsAs(redisLogin(), url);
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error)); // the file of the password cannot be read
  }
}

async function factsAs(login: RedisLogin, url: string): Promise<Known<RedisFacts>> {
  const redis = new Redis(redisAddress(url), {
    ...login,
    lazyConnect: true,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let why = '';
  redis.on('error', (error: NodeJS.ErrnoException) => {
    why = error.code ?? error.message;
  });
  try {
    await redis.connect();
    return ok(await read(redis));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return err(/Connection is closed/.test(words) && why !== '' ? why : words);
  } finally {
    redis.disconnect();
  }
}

async function read(redis: Redis): Promise<RedisFacts> {
  const info = fieldsOf(await redis.info());
  const [settings, openToAll, pingMs] = [await settingsOf(redis), await openToAllOf(redis), await pingOf(redis)];
  return {
    ...{ pingMs, settings, openToAll },
    mayScript: await redis.eval('return 1', 0).then(
      () => true,
      () => false,
    ),
    version: info.get('valkey_version') ?? info.get('redis_version') ?? '0',
    role: info.get('role') ?? 'unknown',
    maxMemory: Number(info.get('maxmemory') ?? 0),
    usedMemory: Number(info.get('used_memory') ?? 0),
    policy: info.get('maxmemory_policy') ?? 'unknown',
    lastSaveOk: info.get('rdb_last_bgsave_status') !== 'err',
    lastAppendOk: info.get('aof_last_write_status') !== 'err',
  };
}

const fieldsOf = (info: string): ReadonlyMap<string, string> =>
  new Map(
    info
      .split(/\r?\n/)
      .flatMap((line) => (line.includes(':') ? [[line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]] : [])),
  );

async function settingsOf(redis: Redis): Promise<RedisFacts['settings']> {
  const rows = await redis.config('GET', '*').catch(() => null);
  if (!Array.isArray(rows)) return err('CONFIG GET is not allowed');
  const at = new Map(rows.map((value, i) => [String(rows[i - 1]), String(value)] as const).filter((_, i) => i % 2 === 1));
  return ok({
    bind: (at.get('bind') ?? '').split(' ').filter(Boolean),
    protectedMode: at.get('protected-mode') === 'yes',
    password: (at.get('requirepass') ?? '') !== '',
    fsync: at.get('appendfsync') ?? '',
    appendOnly: at.get('appendonly') === 'yes',
    stopsOnSaveError: at.get('stop-writes-on-bgsave-error') !== 'no',
    save: at.get('save') ?? '',
  });
}

/** The user that a client without a name and password is. */
async function openToAllOf(redis: Redis): Promise<RedisFacts['openToAll']> {
  const user = await redis.call('ACL', 'GETUSER', 'default').catch(() => null);
  if (!Array.isArray(user)) return err('ACL GETUSER is not allowed');
  const flags = user[user.indexOf('flags') + 1];
  return Array.isArray(flags) ? ok(flags.includes('on') && flags.includes('nopass')) : err('ACL GETUSER answers otherwise than known');
}

/** The fastest of some. */
async function pingOf(redis: Redis): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < PINGS; i++) {
    const from = performance.now();
    await redis.ping();
    best = Math.min(best, performance.now() - from);
  }
  return best;
}
