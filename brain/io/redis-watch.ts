/** Losses of Redis in the log: one line when it is gone, one when it is back; what fails in between says nothing new. */
import type { Redis } from 'ioredis';
import type { Log } from '../../shared/log.ts';

export type RedisWatchOptions = { readonly redis: Pick<Redis, 'on' | 'status'>; readonly log: Log };

export class RedisWatch {
  readonly #options: RedisWatchOptions;
  #lostAt: number | null = null;
  /** Told since Redis answered last; the server may be there and refuse. */
  readonly #told = new Set<string>();

  constructor(options: RedisWatchOptions) {
    const { redis, log } = options;
    this.#options = options;
    redis.on('close', () => {
      if (this.#lostAt !== null) return; // each try to connect ends so
      this.#lostAt = performance.now();
      log.warn('Redis lost: nothing is decided until it is back');
    });
    redis.on('ready', () => {
      if (this.#lostAt === null) return;
      log.info({ goneMs: Math.round(performance.now() - this.#lostAt) }, 'Redis is back');
      this.#lostAt = null;
    });
  }

  /** A call failed. Told once for each kind of trouble, and not at all where the loss of the connection was told. */
  failed(what: string, error: unknown): void {
    const { redis, log } = this.#options;
    const problem = error instanceof Error ? error.message : String(error);
    if (this.#lostAt !== null || redis.status !== 'ready' || CONNECTION.test(problem)) return;
    if (this.#told.has(what)) return;
    this.#told.add(what);
    log.warn({ what, problem }, 'Redis refuses');
  }

  /** A call was answered. */
  answered(what: string): void {
    if (this.#told.delete(what)) this.#options.log.info({ what }, 'Redis takes it again');
  }
}

/** The client's own words for a connection that is gone, which is told by itself. */
const CONNECTION = /Connection is closed|max retries per request|isn't writeable|ECONNRESET|EPIPE|ECONNREFUSED/;
