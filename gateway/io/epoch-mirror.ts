/** The highest epoch that Redis was told of, for a gateway that has lost its own files. */
import { Redis } from 'ioredis';
import { redisAddress, redisLogin } from '../../shared/io/redis-login.ts';
import type { Log } from '../../shared/log.ts';

const CONNECT_MS = 2_000;

export type MirrorOptions = { readonly url: string; readonly key: string; readonly log: Log };

/** 0 where Redis knows of none, or does not answer: that it is away is told by the start itself. */
export async function mirroredEpoch({ url, key, log }: MirrorOptions): Promise<number> {
  const redis = new Redis(redisAddress(url), {
    ...redisLogin(),
    ...{ lazyConnect: true, connectTimeout: CONNECT_MS, commandTimeout: CONNECT_MS, enableOfflineQueue: false },
    ...{ maxRetriesPerRequest: 0, retryStrategy: () => null },
  });
  redis.on('error', (error: Error) => log.debug({ error: error.message }, 'Redis connection error'));
  try {
    await redis.connect();
    const text = (await redis.get(key)) ?? '';
    return /^\d{1,6}$/.test(text) ? Number(text) : 0;
  } catch (error) {
    log.debug({ error: error instanceof Error ? error.message : String(error) }, 'Epoch in Redis not read');
    return 0;
  } finally {
    redis.disconnect();
  }
}
