/**
 * Writes each tick to Redis at once, snapshot keys with a life of two real seconds. One write is in flight at a time: a Redis that
 * does not keep up gets the newest, never a queue. A lost connection is re-opened for ever.
 */
import { Redis, ReplyError } from 'ioredis';
import { redisAddress, redisLogin } from '../../shared/io/redis-login.ts';
import { Buckets } from '../../shared/buckets.ts';
import { hidePassword } from '../../shared/config-problem.ts';
import type { Log } from '../../shared/log.ts';
import { type Keys, SNAPSHOT_TTL_MS } from '../../shared/snapshot.ts';
import type { Standing } from '../orders/fence.ts';
import type { Batch } from '../publish/publisher.ts';
import { RedisOwner } from './redis-owner.ts';

export type RedisWriterOptions = {
  readonly url: string;
  readonly keys: Keys;
  /** Who writes: epoch of this run and the lasting name of its run folder. */
  readonly epoch: number;
  readonly instance: string;
  /** Real milliseconds without an acknowledgement after which Redis counts as down. */
  readonly downMs: number;
  readonly log: Log;
};
export type RedisListener = {
  /** A batch was not taken. */
  readonly onRefused: (batch: Batch) => void;
  /** The connection is back: what lasts must be written again. */
  readonly onBack: () => void;
  /** Another live gateway writes to the same keys; nothing is written there any more. */
  readonly onRival: (sentence: string) => void;
};
export type RedisFault = { readonly kind: 'unreachable' | 'rival'; readonly sentence: string };

const CONNECT_MS = 3_000;
const RETRY_MS_MAX = 500;
const ANSWER_MS = 2_000;
/** A proof of ownership is waited for this long. */
const PROOF_MS = 500;
const SILENT: RedisListener = { onRefused: () => undefined, onBack: () => undefined, onRival: () => undefined };

export class RedisWriter implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #options: RedisWriterOptions;
  readonly #owner: RedisOwner;
  #listener = SILENT;
  #writing = false;
  #lost = false;
  /** Null before the first tick. */
  #ackedAt: number | null = null;
  /** Null once it is connected and the keys are ours; else why that cannot be. Never rejects. */
  readonly opened: Promise<RedisFault | null>;
  /** Ticks that were not written because the one before was still unanswered, and ticks that failed. */
  skipped = 0;
  failed = 0;
  reconnects = 0;
  /** From each write to its acknowledgement, real seconds. */
  readonly roundTrip = new Buckets();

  /** Connects at once, and makes sure that no other live gateway writes under the prefix. */
  constructor(options: RedisWriterOptions) {
    const { url, log, keys, epoch, instance } = options;
    this.#options = options;
    this.#redis = new Redis(redisAddress(url), {
      ...redisLogin(),
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: ANSWER_MS,
      socketTimeout: ANSWER_MS, // a connection that died without a word would else be written to for many minutes
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(RETRY_MS_MAX, 20 * times),
    });
    this.#redis.on('error', (error: Error) => log.debug({ error: error.message }, 'Redis connection error')); // 'close' and the age tell the rest
    this.#owner = new RedisOwner({ redis: this.#redis, key: keys.owner, epoch, instance, lifeMs: SNAPSHOT_TTL_MS });
    this.opened = this.#open();
  }

  listen(listener: RedisListener): void {
    this.#listener = listener;
  }

  get down(): boolean {
    return this.#ackedAt !== null && performance.now() - this.#ackedAt > this.#options.downMs;
  }

  /** False while the write before is unanswered. */
  get ready(): boolean {
    return !this.#writing;
  }

  /** Whether the keys are still ours; `untold` when Redis does not say in time. */
  async standing(): Promise<Standing> {
    const late = new Promise<null>((resolve) => setTimeout(resolve, PROOF_MS, null).unref());
    const seen = await Promise.race([this.#owner.look().catch(() => null), late]);
    if (seen === null) return 'untold';
    if (!seen.ours) this.#meetRival(seen.owner);
    return seen.ours ? 'ours' : 'lost';
  }

  /** Resolves when Redis has answered or failed. */
  async write(batch: Batch): Promise<boolean> {
    if (this.#writing || this.#lost) {
      this.skipped++;
      return false;
    }
    this.#writing = true;
    this.#ackedAt ??= performance.now();
    const sentAt = performance.now();
    const written = await this.#send(batch);
    this.#writing = false;
    if (written) {
      this.#ackedAt = performance.now();
      this.roundTrip.add((this.#ackedAt - sentAt) / 1_000);
    } else {
      this.failed++;
      this.#listener.onRefused(batch);
    }
    return written;
  }

  /** The owner key goes at once, so that a successor need not wait for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owner.giveUp().catch((error: Error) => this.#options.log.debug({ error: error.message }, 'Owner key stays'));
    this.#redis.disconnect();
  }

  async #open(): Promise<RedisFault | null> {
    const { url, log } = this.#options;
    try {
      await this.#redis.connect();
      const rival = await this.#owner.take();
      if (rival !== null) return { kind: 'rival', sentence: rival };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#redis.disconnect();
      const where = hidePassword(url);
      const sentence = /^NOPERM/.test(why)
        ? `Redis at ${where} refuses a right that the gateway needs (${why}): give it to its user, scripts/ops/redis/users.acl.template has them all`
        : `Redis does not answer at ${where} (${why}): start one, or correct redis.url`;
      return { kind: 'unreachable', sentence };
    }
    this.#redis.on('ready', () => {
      this.reconnects++;
      log.info({ reconnects: this.reconnects }, 'Redis is back');
      this.#listener.onBack();
    });
    this.#redis.on('close', () => log.warn({}, 'Redis connection closed'));
    return null;
  }

  async #send({ documents, lasting, entries }: Batch): Promise<boolean> {
    const ttl = String(SNAPSHOT_TTL_MS);
    const commands = [
      ...documents.map(([key, text]) => (text === null ? ['DEL', key] : ['SET', key, text, 'PX', ttl])),
      ...lasting.map(([key, text]) => (text === null ? ['DEL', key] : ['SET', key, text])),
      ...entries.map(({ key, field, text, maxLen }) => ['XADD', key, 'MAXLEN', '~', String(maxLen), '*', field, text]),
    ];
    try {
      const { ours, owner } = await this.#owner.write(commands);
      if (!ours) this.#meetRival(owner);
      return ours;
    } catch (error) {
      const { log } = this.#options;
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof ReplyError) log.warn({ error: why }, 'Redis refused a write');
      else log.debug({ error: why }, 'Snapshot not written');
      return false;
    }
  }

  #meetRival(owner: string | null): void {
    this.#lost = true;
    this.#listener.onRival(this.#owner.sentence(owner));
  }
}
