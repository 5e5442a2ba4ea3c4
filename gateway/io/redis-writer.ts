/**
 * Writes each tick to Redis as one MULTI, snapshot keys with a life of two real seconds. One write is in flight at a time: a Redis that
 * does not keep up gets the newest, never a queue. A lost connection is re-opened for ever.
 */
import { Redis } from 'ioredis';
import { hidePassword } from '../../shared/config-problem.ts';
import type { Log } from '../../shared/log.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { type Keys, SNAPSHOT_TTL_MS } from '../../shared/snapshot.ts';
import type { Batch } from '../publish/publisher.ts';

export type RedisWriterOptions = {
  readonly url: string;
  readonly keys: Keys;
  /** Who writes: epoch of this run and the lasting name of its run folder. */
  readonly epoch: number;
  readonly instance: string;
  /** Real milliseconds without an acknowledgement after which Redis counts as down. */
  readonly downMs: number;
  readonly log: Log;
  /** A batch was not taken. */
  readonly onRefused: (batch: Batch) => void;
  /** The connection is back: what lasts must be written again. */
  readonly onBack: () => void;
  /** Another live gateway writes to the same keys. */
  readonly onRival: (sentence: string) => void;
};
export type RedisFault = { readonly kind: 'unreachable' | 'rival'; readonly sentence: string };

const CONNECT_MS = 3_000;
const RETRY_MS_MAX = 500;
const ANSWER_MS = 2_000;
const WATCH_MS = 100;

/** Connects and makes sure that no other live gateway writes under the prefix. */
export async function openRedisWriter(options: RedisWriterOptions): Promise<Result<RedisWriter, RedisFault>> {
  const redis = new Redis(options.url.replace(/^unix:\/\//, ''), {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: ANSWER_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(RETRY_MS_MAX, 20 * times),
  });
  redis.on('error', (error: Error) => options.log.debug({ error: error.message }, 'Redis connection error')); // 'close' and the age tell the rest
  const hindrance = await connect(redis, options);
  if (hindrance === null) return ok(new RedisWriter(redis, options));
  redis.disconnect();
  return err(hindrance);
}

async function connect(redis: Redis, options: RedisWriterOptions): Promise<RedisFault | null> {
  try {
    await redis.connect();
    await redis.ping();
    return await findRival(redis, options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: 'unreachable',
      sentence: `Redis does not answer at ${hidePassword(options.url)} (${why}): start one, or correct redis.url`,
    };
  }
}

/**
 * The owner key of a dead gateway runs out by itself; a living one keeps renewing it. Our own run folder's is a dead predecessor's:
 * only one gateway holds the folder's lock.
 */
async function findRival(redis: Redis, { keys, instance }: RedisWriterOptions): Promise<RedisFault | null> {
  for (let lastLeft = Number.POSITIVE_INFINITY; ; ) {
    const [owner, leftMs] = await Promise.all([redis.get(keys.owner), redis.pttl(keys.owner)]);
    if (owner === null || owner.endsWith(` ${instance}`)) return null;
    if (leftMs < 0 || leftMs > lastLeft)
      return {
        kind: 'rival',
        sentence: `Another live gateway (epoch ${owner.split(' ')[0]}) writes to ${keys.owner}: stop it, or set redis.prefix`,
      };
    lastLeft = leftMs;
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  }
}

export class RedisWriter implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #options: RedisWriterOptions;
  readonly #owner: string;
  #writing = false;
  #ackedAt = performance.now();
  /** Ticks that were not written because the one before was still unanswered, and ticks that failed. */
  skipped = 0;
  failed = 0;
  reconnects = 0;

  constructor(redis: Redis, options: RedisWriterOptions) {
    this.#redis = redis;
    this.#options = options;
    this.#owner = `${options.epoch} ${options.instance}`;
    redis.on('ready', () => {
      this.reconnects++;
      options.log.info({ reconnects: this.reconnects }, 'Redis is back');
      options.onBack();
    });
    redis.on('close', () => options.log.warn({}, 'Redis connection closed'));
  }

  get down(): boolean {
    return performance.now() - this.#ackedAt > this.#options.downMs;
  }

  /** False while the write before is unanswered. */
  get ready(): boolean {
    return !this.#writing;
  }

  /** Resolves when Redis has answered or failed. */
  async write(batch: Batch): Promise<boolean> {
    if (this.#writing) {
      this.skipped++;
      return false;
    }
    this.#writing = true;
    const written = await this.#send(batch);
    this.#writing = false;
    if (written) this.#ackedAt = performance.now();
    else {
      this.failed++;
      this.#options.onRefused(batch);
    }
    return written;
  }

  /** The owner key goes at once, so that a successor need not wait for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis
      .del(this.#options.keys.owner)
      .catch((error: Error) => this.#options.log.debug({ error: error.message }, 'Owner key stays'));
    this.#redis.disconnect();
  }

  async #send({ documents, lasting, entries }: Batch): Promise<boolean> {
    const ttl = String(SNAPSHOT_TTL_MS);
    const commands = [
      ['set', this.#options.keys.owner, this.#owner, 'PX', ttl, 'GET'],
      ...documents.map(([key, text]) => (text === null ? ['del', key] : ['set', key, text, 'PX', ttl])),
      ...lasting.map(([key, text]) => (text === null ? ['del', key] : ['set', key, text])),
      ...entries.map(({ key, field, text, maxLen }) => ['xadd', key, 'MAXLEN', '~', String(maxLen), '*', field, text]),
    ];
    try {
      const answers = await this.#redis.multi(commands).exec();
      return this.#check(answers ?? []);
    } catch (error) {
      this.#options.log.debug({ error: error instanceof Error ? error.message : String(error) }, 'Snapshot not written');
      return false;
    }
  }

  #check(answers: readonly [error: Error | null, result: unknown][]): boolean {
    const failed = answers.find(([error]) => error !== null);
    if (failed || answers.length === 0) {
      this.#options.log.warn({ error: failed?.[0]?.message ?? 'transaction was discarded' }, 'Redis refused a write');
      return false;
    }
    const before = answers[0]?.[1];
    if (typeof before === 'string' && before !== this.#owner && !before.endsWith(` ${this.#options.instance}`))
      this.#options.onRival(`Another live gateway (epoch ${before.split(' ')[0]}) writes to ${this.#options.keys.owner}`);
    return true;
  }
}
