/**
 * The owner key: who may write under a prefix. It lives as long as it is renewed, and only its owner, or nobody, is ever followed: whatever is
 * written under it goes with a look at it into one script, which Redis runs without anything in between.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

export type OwnerOptions = {
  readonly redis: Redis;
  readonly key: string;
  /** Of this run of the gateway. */
  readonly epoch: number;
  /** Same for every run in one run folder. */
  readonly instance: string;
  /** Real milliseconds. */
  readonly lifeMs: number;
};
/** `ours` is also a key that has run out: whoever finds none may take it. */
export type Ownership = { readonly ours: boolean; readonly owner: string | null };
/** Its name and its arguments. */
export type RedisCommand = readonly string[];

const WATCH_MS = 100;

/**
 * KEYS: the owner key. ARGV: whose it shall be, for how many ms, whose it may have been, then each command behind the number of its parts.
 * Answers with the owner that is in the way and has then written nothing; else nil, or the first refusal once all commands were tried.
 */
const WRITE = `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] and owner ~= ARGV[3] then return owner end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local failed, at = false, 4
while at <= #ARGV do
  local last = at + ARGV[at]
  local reply = redis.pcall(unpack(ARGV, at + 1, last))
  if not failed and type(reply) == 'table' and reply.err then failed = reply end
  at = last + 1
end
return failed`;

export class RedisOwner {
  readonly #options: OwnerOptions;
  readonly #mine: string;

  constructor(options: OwnerOptions) {
    this.#options = options;
    this.#mine = `${options.epoch} ${options.instance}`;
  }

  /**
   * Takes the key; the sentence of a rival instead. The key of a dead gateway runs out by itself, a living one keeps renewing it. One of our
   * own run folder is a dead predecessor's: only one gateway holds the folder's lock.
   */
  async take(): Promise<string | null> {
    const { redis, key, instance } = this.#options;
    for (let lastLeft = Number.POSITIVE_INFINITY; ; ) {
      const [owner, leftMs] = await Promise.all([redis.get(key), redis.pttl(key)]);
      const dead = owner === null || owner.endsWith(` ${instance}`);
      if (dead && (await this.#write([], owner ?? this.#mine)).ours) return null;
      if (!dead) {
        if (leftMs < 0 || leftMs > lastLeft) return `${this.sentence(owner)}: stop it, or set redis.prefix`;
        lastLeft = leftMs;
        await sleep(Math.min(WATCH_MS, leftMs + 1));
      } else lastLeft = Number.POSITIVE_INFINITY; // somebody was faster: look who
    }
  }

  /** Who owns it now. */
  async look(): Promise<Ownership> {
    const owner = await this.#options.redis.get(this.#options.key);
    return { ours: owner === null || owner === this.#mine, owner };
  }

  /** Renews the key and writes, when it is still ours. Rejects when Redis refused any of it, or did not answer. */
  async write(commands: readonly RedisCommand[]): Promise<Ownership> {
    return await this.#write(commands, this.#mine);
  }

  /** Gives the key up, so that a successor need not wait for it; one of another stays. */
  async giveUp(): Promise<void> {
    await this.#write([['DEL', this.#options.key]], this.#mine);
  }

  sentence(owner: string | null): string {
    return `Another live gateway (epoch ${owner?.split(' ')[0] ?? 'unknown'}) writes to ${this.#options.key}`;
  }

  async #write(commands: readonly RedisCommand[], was: string): Promise<Ownership> {
    const { redis, key, lifeMs } = this.#options;
    const told = [this.#mine, String(lifeMs), was];
    for (const command of commands) told.push(String(command.length), ...command);
    const owner = await redis.eval(WRITE, 1, key, ...told);
    return { ours: owner === null, owner: owner === null ? this.#mine : String(owner) };
  }
}
