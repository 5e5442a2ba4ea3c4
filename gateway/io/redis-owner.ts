/**
 * The owner key: who may write under a prefix. It lives as long as it is renewed, and only its owner, or nobody, is ever followed: what is
 * written under it is written in one transaction that falls through when the key changes in between. Each write watches and reads the key
 * again behind its transaction, so that the next one finds it watched and costs a single round trip.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { type Reply, type RespCommand, RespError } from '../publish/resp.ts';
import type { RedisLine } from './redis-line.ts';

export type OwnerOptions = {
  readonly redis: Redis;
  /** What is written at every tick goes over this one. */
  readonly line: Pick<RedisLine, 'send'>;
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
/** Null: the key changed meanwhile, nothing was written. */
export type Written = readonly Reply[] | RespError | null;
type Outcome = { readonly ownership: Ownership; readonly written: Written };

const WATCH_MS = 100;

export class RedisOwner {
  readonly #options: OwnerOptions;
  readonly #mine: string;
  /** Ours, and watched since on the connection that is open. */
  #isHeld = false;

  constructor(options: OwnerOptions) {
    this.#options = options;
    this.#mine = `${options.epoch} ${options.instance}`;
  }

  /** A new connection of the line watches nothing. */
  lineClosed(): void {
    this.#isHeld = false;
  }

  /**
   * Takes the key; the sentence of a rival instead. The key of a dead gateway runs out by itself, a living one keeps renewing it. One of our
   * own run folder is a dead predecessor's: only one gateway holds the folder's lock.
   */
  async take(): Promise<string | null> {
    const { redis, key, instance } = this.#options;
    for (let lastLeft = Number.POSITIVE_INFINITY; ; ) {
      const [owner, leftMs] = await this.#watched();
      const dead = owner === null || owner.endsWith(` ${instance}`);
      if (dead && (await redis.multi([this.#renewal()]).exec()) !== null) return null;
      if (!dead) {
        await redis.unwatch();
        if (leftMs < 0 || leftMs > lastLeft) return `${this.sentence(owner)}: stop it, or set redis.prefix`;
        lastLeft = leftMs;
        await sleep(Math.min(WATCH_MS, leftMs + 1));
      } else lastLeft = Number.POSITIVE_INFINITY; // somebody was faster: look who
      if (redis.status === 'end') throw new Error(`connection closed while ${key} was watched`);
    }
  }

  /** Who owns it now. */
  async look(): Promise<Ownership> {
    const owner = await this.#options.redis.get(this.#options.key);
    return { ours: owner === null || owner === this.#mine, owner };
  }

  /** Renews the key and writes, when it is still ours. */
  async write(commands: readonly RespCommand[]): Promise<Outcome> {
    const wasHeld = this.#isHeld;
    const ownership = wasHeld ? { ours: true, owner: this.#mine } : this.#ownership(await this.#options.line.send(this.#watch()));
    if (!ownership.ours) return await this.#leave({ ownership, written: null });
    this.#isHeld = false; // until the answer: whoever throws below has lost sight of it
    const { next, written } = await this.#transact(commands);
    this.#isHeld = next.ours;
    if (!next.ours) return await this.#leave({ ownership: next, written });
    return written === null && wasHeld ? await this.#again(commands) : { ownership: next, written };
  }

  /** Gives the key up, so that a successor need not wait for it; one of another stays. */
  async giveUp(): Promise<void> {
    const { redis, key } = this.#options;
    const [owner] = await this.#watched();
    if (owner === this.#mine) await redis.multi([['del', key]]).exec();
    else await redis.unwatch();
  }

  sentence(owner: string | null): string {
    return `Another live gateway (epoch ${owner?.split(' ')[0] ?? 'unknown'}) writes to ${this.#options.key}`;
  }

  /** The key ran out, or was touched, since it was watched at the tick before; it is ours now. */
  async #again(commands: readonly RespCommand[]): Promise<Outcome> {
    this.#isHeld = false;
    return await this.write(commands);
  }

  /** One text out: the transaction, and the watch for the next one. */
  async #transact(commands: readonly RespCommand[]): Promise<{ readonly next: Ownership; readonly written: Written }> {
    const watch = this.#watch();
    const replies = await this.#options.line.send([['MULTI'], this.#renewal(), ...commands, ['EXEC'], ...watch]);
    const next = this.#ownership(replies.slice(-watch.length));
    const queued = replies.slice(0, -watch.length - 1).find((reply) => reply instanceof RespError);
    const written = queued ?? replies.at(-watch.length - 1) ?? null;
    if (written !== null && !(written instanceof RespError) && !Array.isArray(written)) throw new Error('EXEC was answered by no array');
    return { next, written: written as Written };
  }

  async #leave(outcome: Outcome): Promise<Outcome> {
    await this.#options.line.send([['UNWATCH']]);
    return outcome;
  }

  #watch(): readonly RespCommand[] {
    const { key } = this.#options;
    return [
      ['WATCH', key],
      ['GET', key],
    ];
  }

  /** From the answers to `#watch`; a Redis that refuses them tells nothing about the key. */
  #ownership([watched, owner]: readonly Reply[]): Ownership {
    for (const reply of [watched, owner]) if (reply instanceof RespError) throw reply;
    if (owner !== null && typeof owner !== 'string') throw new Error('GET was answered by no text');
    return { ours: owner === null || owner === this.#mine, owner };
  }

  #renewal(): string[] {
    return ['set', this.#options.key, this.#mine, 'PX', String(this.#options.lifeMs)];
  }

  async #watched(): Promise<readonly [owner: string | null, leftMs: number]> {
    const { redis, key } = this.#options;
    const [, owner, left] = await Promise.all([redis.watch(key), redis.get(key), redis.pttl(key)]);
    return [owner, left];
  }
}
