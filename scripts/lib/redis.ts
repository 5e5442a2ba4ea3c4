/** Redis for a person's tools: connects once, and says what to do when it cannot. */
import { Redis } from 'ioredis';
import { redisAddress, redisLogin } from '../../shared/io/redis-login.ts';
import type { Loaded } from '../../shared/config-file.ts';
import { hidePassword } from '../../shared/config-problem.ts';
import { EXIT, movedPortsHint, Problem } from './tool.ts';

const CONNECT_MS = 2_000;

export type OpenRedis = Disposable & { readonly redis: Redis };

/** A problem with exit code 3 when nobody answers. Later losses make single commands fail at once. */
export async function openRedis(loaded: Loaded): Promise<OpenRedis> {
  const { url } = loaded.config.redis;
  const redis = new Redis(redisAddress(url), {
    ...redisLogin(),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: CONNECT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let why = 'no answer';
  redis.on('error', (error) => {
    why = error.message || String((error as NodeJS.ErrnoException).code);
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    if (error instanceof Error && !/Connection is closed/.test(error.message)) why = error.message;
    const start = loaded.config.environment === 'sim' ? 'start everything with npm start, or a redis-server' : 'start a redis-server';
    const sentence = `Redis does not answer at ${hidePassword(url)} (${why || 'refused'}): ${start}, or correct redis.url in ${loaded.file}`;
    throw new Problem(EXIT.unreachable, [`${sentence}${movedPortsHint(loaded)}`]);
  }
  return { redis, [Symbol.dispose]: () => redis.disconnect() };
}
