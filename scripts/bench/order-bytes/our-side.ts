/** Our side of the bench `order-bytes`: a client of the gateway, with the snapshot that its orders rest on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { makeClientId } from '../../../shared/client-id.ts';
import { redisAddress } from '../../../shared/io/redis-login.ts';
import { BookDoc, Header, keysOf } from '../../../shared/snapshot.ts';
import type { OrderRun } from '../order-run.ts';
import type { Wanted } from './contender.ts';
import type { Ended } from './ended.ts';

const BOOKS_MS = 15_000;
const BELOW = 0.99;
const TTL_MS = 60_000;

export class OurSide implements AsyncDisposable {
  readonly #run: OrderRun;
  readonly #redis: Redis;
  readonly #ended: Ended;
  #basedOn = { epoch: 0, seq: 0 };

  private constructor(run: OrderRun, ended: Ended) {
    this.#run = run;
    this.#ended = ended;
    this.#redis = new Redis(redisAddress(run.redisUrl));
  }

  static async open(run: OrderRun, ended: Ended): Promise<OurSide> {
    const market = new OurSide(run, ended);
    const end = performance.now() + BOOKS_MS;
    while ((await market.#bid()) === null) {
      if (performance.now() > end) throw new Error(`No book within ${BOOKS_MS} ms`);
      await sleep(50);
    }
    return market;
  }

  /** A price behind the market. */
  async look(): Promise<string> {
    return (Number(await this.#bid()) * BELOW).toFixed(1).replace(/\.\d$/, '.0');
  }

  /** As the contenders: over when the venue has cancelled it and the gateway knows. */
  async trade({ id, price, size, restMs }: Wanted): Promise<void> {
    const { client } = this.#run;
    const clientId = makeClientId({ role: 'operator', epoch: client.welcome.brainEpoch, counter: Number(id) });
    const terms = { symbol: 'BTCUSDT', side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false } as const;
    const placed = await client.request({ type: 'place', clientId, ...terms, price, size, basedOn: this.#basedOn, ttlMs: TTL_MS });
    if (placed?.type !== 'taken') throw new Error(`Cannot measure: ${JSON.stringify(placed)}`);
    if (restMs > 0) await sleep(restMs);
    const ended = this.#ended.of(clientId);
    await client.request({ type: 'cancel', clientId });
    await ended;
    await client.request({ type: 'query', what: 'order', clientId }); // what came before is worked off when it is answered
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }

  async #bid(): Promise<string | null> {
    const keys = keysOf(this.#run.prefix);
    const [header, book] = (await this.#redis.mget(keys.header, keys.book('BTCUSDT'))).map((text): unknown => JSON.parse(text ?? 'null'));
    if (!header || !book) return null;
    const { epoch, seq, health } = Header.parse(header);
    if (health.orderEntry === 'fallback') return null; // its orders do not leave over the WebSocket API yet
    this.#basedOn = { epoch, seq };
    return BookDoc.parse(book).bids[0]?.[0] ?? null;
  }
}
