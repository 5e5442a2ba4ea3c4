/** Asks a gateway for far more than the venue allows: places, amends and cancels at a fixed rate over many slots, as a strategy would. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { redisAddress } from '../../shared/io/redis-login.ts';
import { makeClientId } from '../../shared/client-id.ts';
import { formatPrice, formatSize, fractionalTicks, type Instrument, makeInstrument } from '../../shared/instrument.ts';
import type { GatewayClient, Request } from '../../shared/io/gateway-client.ts';
import { BookDoc, Header, InstrumentDoc, keysOf, OrdersDoc } from '../../shared/snapshot.ts';
import { Random } from '../../shared/random.ts';
import { type Ticks, ticks } from '../../shared/units.ts';
import { smallestSize } from '../lib/plan-order.ts';

export type DemandOptions = {
  readonly client: GatewayClient;
  readonly redisUrl: string;
  readonly prefix: string;
  readonly symbols: readonly string[];
  readonly perSecond: number;
  /** Right before it is written to the socket. */
  readonly onSend: (request: Request) => void;
};
export type Asked = { places: number; amends: number; cancels: number; refused: Record<string, number> };

const LEVELS = 3;
/** Of the actions on a resting quote, this share takes it back. */
const CANCEL_SHARE = 0.2;
/** From the gateway's first snapshot to a book of every symbol. */
const BOOKS_MS = 15_000;
const LOOK_MS = 50;
const TTL_MS = 500;
const FROM_BEST = { least: 0.0005, span: 0.002 } as const;

type Slot = { readonly symbol: string; readonly side: 'buy' | 'sell'; clientId: string | null; askedAt: number };

export class Demand implements AsyncDisposable {
  readonly asked: Asked = { places: 0, amends: 0, cancels: 0, refused: {} };
  readonly #options: DemandOptions;
  readonly #redis: Redis;
  readonly #random = new Random(11);
  readonly #slots: readonly Slot[];
  readonly #instruments = new Map<string, Instrument>();
  readonly #best = new Map<string, { readonly bid: string; readonly ask: string }>();
  #status = new Map<string, string>();
  #basedOn = { epoch: 0, seq: 0 };
  #counter = 0;
  #turn = 0;
  #from = 0;
  #done = 0;
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(options: DemandOptions) {
    this.#options = options;
    this.#redis = new Redis(redisAddress(options.redisUrl));
    const sides = ['buy', 'sell'] as const;
    this.#slots = Array.from({ length: LEVELS }, () => options.symbols.flatMap((symbol) => sides.map((side) => ({ symbol, side }))))
      .flat()
      .map((slot) => ({ ...slot, clientId: null, askedAt: 0 }));
  }

  async start(): Promise<void> {
    const { prefix, symbols } = this.#options;
    for (const symbol of symbols) {
      const made = makeInstrument(InstrumentDoc.parse(JSON.parse((await this.#redis.get(keysOf(prefix).instrument(symbol))) ?? 'null')));
      if (typeof made === 'string') throw new Error(made);
      this.#instruments.set(symbol, made);
    }
    const end = performance.now() + BOOKS_MS;
    for (await this.#look(); this.#best.size < symbols.length; await this.#look()) {
      if (performance.now() > end) throw new Error(`No book of every symbol within ${BOOKS_MS} ms`);
      await sleep(LOOK_MS);
    }
    this.#from = performance.now();
    this.#timers = [setInterval(() => void this.#look(), LOOK_MS), setInterval(() => this.#catchUp(), 5)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#redis.disconnect();
  }

  /** As many actions as the rate asks for by now, late timers or not. */
  #catchUp(): void {
    const due = Math.floor(((performance.now() - this.#from) / 1_000) * this.#options.perSecond);
    for (; this.#done < due; this.#done++) this.#act();
  }

  async #look(): Promise<void> {
    const keys = keysOf(this.#options.prefix);
    const { symbols } = this.#options;
    const texts = await this.#redis.mget([keys.header, ...symbols.map(keys.book), ...symbols.map(keys.orders)]);
    const [header, ...rest] = texts.map((text): unknown => JSON.parse(text ?? 'null'));
    const { epoch, seq } = Header.parse(header);
    this.#basedOn = { epoch, seq };
    for (const document of rest.slice(0, symbols.length)) {
      const { symbol, bids, asks } = BookDoc.parse(document);
      const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
      if (bid !== undefined && ask !== undefined) this.#best.set(symbol, { bid, ask });
    }
    const orders = rest.slice(symbols.length).flatMap((document) => OrdersDoc.parse(document).orders);
    this.#status = new Map(orders.map(({ clientId, status }) => [clientId, status]));
  }

  #act(): void {
    for (let tries = 0; tries < this.#slots.length; tries++) {
      const slot = this.#slots[this.#turn++ % this.#slots.length];
      const request = slot && this.#next(slot);
      if (!slot || !request) continue;
      slot.askedAt = performance.now();
      void this.#send(request, slot);
      return;
    }
  }

  /** Null while its order is on its way. */
  #next(slot: Slot): Request | null {
    const shown = slot.clientId === null ? undefined : this.#status.get(slot.clientId);
    const fresh = performance.now() - slot.askedAt < 3 * LOOK_MS;
    if (slot.clientId !== null && (shown === undefined ? fresh : shown === 'sent' || shown === 'amending' || shown === 'canceling'))
      return null;
    const price = this.#price(slot);
    if (shown === 'open' || shown === 'partially-filled') {
      if (this.#random.chance(CANCEL_SHARE)) return { type: 'cancel', clientId: slot.clientId ?? '' };
      return { type: 'amend', clientId: slot.clientId ?? '', ...this.#texts(slot.symbol, price), basedOn: this.#basedOn, ttlMs: TTL_MS };
    }
    slot.clientId = makeClientId({ role: 'operator', epoch: this.#options.client.welcome.brainEpoch, counter: this.#counter++ });
    const { clientId, symbol, side } = slot;
    const rest = { kind: 'limit', timeInForce: 'post-only', reduceOnly: false, reason: 'bench' } as const;
    return { type: 'place', clientId, symbol, side, ...rest, ...this.#texts(symbol, price), basedOn: this.#basedOn, ttlMs: TTL_MS };
  }

  async #send(request: Request, slot: Slot): Promise<void> {
    const { asked } = this;
    if (request.type === 'place') asked.places++;
    else if (request.type === 'amend') asked.amends++;
    else if (request.type === 'cancel') asked.cancels++;
    this.#options.onSend(request);
    const answer = await this.#options.client.request(request);
    if (answer?.type !== 'refused') return;
    asked.refused[answer.code] = (asked.refused[answer.code] ?? 0) + 1;
    if (request.type === 'place') slot.clientId = null;
  }

  #price({ symbol, side }: Slot): Ticks {
    const [instrument, best] = [this.#instrument(symbol), this.#best.get(symbol)];
    if (!best) throw new Error(`No book of ${symbol}`);
    const away = FROM_BEST.least + this.#random.float() * FROM_BEST.span;
    const [bid, ask] = [fractionalTicks(instrument, best.bid), fractionalTicks(instrument, best.ask)];
    return ticks(side === 'buy' ? Math.floor(bid * (1 - away)) : Math.ceil(ask * (1 + away)));
  }

  /** One size for all prices of a symbol, so that an amend never lacks notional. */
  #texts(symbol: string, price: Ticks): { readonly price: string; readonly size: string } {
    const instrument = this.#instrument(symbol);
    const size = smallestSize(instrument, ticks(Math.floor(price * 0.9)));
    return { price: formatPrice(instrument, price), size: formatSize(instrument, size) };
  }

  #instrument(symbol: string): Instrument {
    const instrument = this.#instruments.get(symbol);
    if (!instrument) throw new Error(`No instrument ${symbol}`);
    return instrument;
  }
}
