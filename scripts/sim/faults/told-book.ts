/**
 * Books that are told wrong while the true one goes on: crossed or empty on every stream and query of a symbol, and depth snapshots of
 * some time ago. Works on the texts of the wire, so that seeded and recorded markets are served alike. When a fault ends, the next
 * message of each stream puts right what that stream had told, so that the chain of update ids holds all the time.
 */
import * as z from 'zod';
import { formatPrice, formatSize } from '../../../shared/instrument.ts';
import type { Exchange } from '../../../shared/sim/exchange.ts';
import type { MarketEvent } from '../../../shared/sim/exchange-events.ts';
import type { RestRequest, RestResponse } from '../../../shared/sim/binance/rest.ts';
import { depthJson } from '../../../shared/sim/binance/market-json.ts';
import { Params } from '../../../shared/sim/binance/params.ts';
import type { Armed, FaultBoard } from './board.ts';
import { lots, type Ticks, ticks } from '../../../shared/units.ts';

const symbol = z.string();
const ms = z.number().positive();
export const BOOK_FAULTS = [
  /** For `ms`, a bid above the best ask. */
  z.strictObject({ kind: z.literal('crossed-book'), symbol, ms }),
  /** For `ms`, nothing on a side, or on both. */
  z.strictObject({ kind: z.literal('empty-book'), symbol, ms, side: z.enum(['bids', 'asks', 'both']).default('both') }),
  /** The next depth snapshots are those of `ms` ago. */
  z.strictObject({ kind: z.literal('stale-snapshot'), symbol, ms, count: z.int().positive().default(1) }),
] as const;
const BookFault = z.discriminatedUnion('kind', [...BOOK_FAULTS]);
export type BookFault = z.infer<typeof BookFault>;

type Level = readonly [price: string, size: string];
type SideName = 'bids' | 'asks';
type Wrong = { readonly how: 'crossed' | 'empty'; readonly sides: readonly SideName[]; readonly armed: Armed<BookFault> };
/** What clients of one diff stream have been told and must be freed of: sides that are empty, bids that are not there. */
type Told = { readonly emptied: Set<SideName>; readonly crossing: Set<string> };
type Sides = Record<SideName, readonly Level[]>;

/** How far above the best ask the false bid stands, and its size. */
const CROSS_TICKS = 5;
const CROSS_LOTS = 1_000;
const PUBLISHED_MAX = 2_000;
const DEPTH_STREAM = /^[a-z0-9_]+@depth(?:@\w+)?$/;
const TOP_STREAM = /^[a-z0-9_]+@depth\d+(?:@\w+)?$/;

export class ToldBook {
  readonly #exchange: () => Exchange;
  readonly #wrong = new Map<string, Wrong>();
  readonly #told = new Map<string, Told>();
  readonly #stale = new Map<string, Armed<BookFault>>();
  /** When which state was published, oldest first. */
  readonly #published = new Map<string, { readonly atMs: number; readonly u: number }[]>();

  constructor({ exchange }: { readonly exchange: () => Exchange }) {
    this.#exchange = exchange;
  }

  start(fault: BookFault, board: FaultBoard): void {
    if (fault.kind === 'stale-snapshot') {
      this.#stale.set(fault.symbol, board.arm(fault, { count: fault.count, forMs: null }));
      return;
    }
    const armed = board.arm(fault, { count: null, forMs: fault.ms });
    armed.fire(); // once, however many messages tell of it
    if (fault.kind === 'crossed-book') this.#wrong.set(fault.symbol, { how: 'crossed', sides: ['bids'], armed });
    else this.#wrong.set(fault.symbol, { how: 'empty', sides: fault.side === 'both' ? ['bids', 'asks'] : [fault.side], armed });
  }

  /** Remembers which states of the book the world has seen, and when. */
  note(event: MarketEvent): void {
    const u = event.kind === 'depth' && event.periodMs === 100 ? event.last : event.kind === 'frame' ? lastIdIn(event) : null;
    if (u === null) return;
    const kept = this.#published.get(event.symbol) ?? [];
    this.#published.set(event.symbol, kept);
    kept.push({ atMs: event.atMs, u });
    if (kept.length > 2 * PUBLISHED_MAX) kept.splice(0, PUBLISHED_MAX);
  }

  /** A stream message as it is to be told. */
  message(stream: string, text: string): string {
    if (this.#wrong.size === 0) return text;
    const all = stream === '!bookTicker';
    const name = all ? (/"s":"(\w+)"/.exec(text)?.[1] ?? '') : stream.slice(0, stream.indexOf('@')).toUpperCase();
    const wrong = this.#wrongOf(name);
    if (DEPTH_STREAM.test(stream)) return this.#diff({ stream, name, wrong, text });
    if (!wrong) return text;
    if (TOP_STREAM.test(stream)) {
      const message = JSON.parse(text);
      const { bids, asks } = this.#top(name, wrong, { bids: message.b, asks: message.a });
      return JSON.stringify({ ...message, b: bids, a: asks });
    }
    if (!all && !stream.endsWith('@bookTicker')) return text;
    const message = JSON.parse(text);
    const { bids, asks } = this.#top(name, wrong, { bids: [[message.b, message.B]], asks: [[message.a, message.A]] });
    const [[b, B] = NONE] = bids;
    const [[a, A] = NONE] = asks;
    return JSON.stringify({ ...message, b, B, a, A });
  }

  /** An answer as it is to be told. */
  answer(request: RestRequest, response: RestResponse): RestResponse {
    if (response.status !== 200) return response;
    if (request.path === '/fapi/v1/depth') return this.#snapshot(request, response);
    if (request.path !== '/fapi/v1/ticker/bookTicker' || this.#wrong.size === 0) return response;
    const value = JSON.parse(response.body);
    const told = Array.isArray(value) ? value.map((row) => this.#ticker(row)) : this.#ticker(value);
    return { ...response, body: JSON.stringify(told) };
  }

  #snapshot(request: RestRequest, response: RestResponse): RestResponse {
    const params = new Params(request);
    const name = params.get('symbol');
    const limit = params.findWhole('limit') ?? 500;
    const old = this.#takeStale(name);
    const body = old ? JSON.stringify(this.#stateAt(name, { atMs: this.#exchange().nowMs - old.ms, limit })) : response.body;
    const wrong = this.#wrongOf(name);
    if (!wrong) return { ...response, body };
    const value = JSON.parse(body);
    const { bids, asks } = this.#top(name, wrong, value);
    return { ...response, body: JSON.stringify({ ...value, bids: bids.slice(0, limit), asks: asks.slice(0, limit) }) };
  }

  #ticker(row: { readonly symbol: string } & Record<string, string>): unknown {
    const wrong = this.#wrongOf(row.symbol);
    if (!wrong) return row;
    const { bidPrice = '0', bidQty = '0', askPrice = '0', askQty = '0' } = row;
    const { bids, asks } = this.#top(row.symbol, wrong, { bids: [[bidPrice, bidQty]], asks: [[askPrice, askQty]] });
    const [bid = NONE] = bids;
    const [ask = NONE] = asks;
    return { ...row, bidPrice: bid[0], bidQty: bid[1], askPrice: ask[0], askQty: ask[1] };
  }

  /** The newest published state not younger than `atMs`, as far as states are kept. */
  #stateAt(name: string, { atMs, limit }: { readonly atMs: number; readonly limit: number }): unknown {
    const market = this.#exchange().market(name);
    const kept = this.#published.get(name) ?? [];
    const from = Math.max(
      0,
      kept.findLastIndex((state) => state.atMs <= atMs),
    );
    for (const state of kept.slice(from)) {
      const view = market.published(state.u);
      if (!view) continue;
      const sides = { bids: view.bids.slice(0, limit), asks: view.asks.slice(0, limit) };
      return depthJson(market.instrument, { lastUpdateId: view.lastUpdateId, atMs: state.atMs, ...sides });
    }
    return depthJson(market.instrument, market.depth(limit));
  }

  /** A diff that leads clients of this stream from what they were told to what they are to believe now. */
  #diff(given: { readonly stream: string; readonly name: string; readonly wrong: Wrong | null; readonly text: string }): string {
    const { stream, name, wrong, text } = given;
    const told: Told = this.#told.get(stream) ?? { emptied: new Set(), crossing: new Set() };
    if (!wrong && told.emptied.size === 0 && told.crossing.size === 0) return text;
    this.#told.set(stream, told);
    const message = JSON.parse(text);
    const truth = this.#truth(name);
    const side = (which: SideName, changes: readonly Level[]): readonly Level[] => {
      if (wrong?.how === 'empty' && wrong.sides.includes(which)) {
        if (told.emptied.has(which)) return [];
        told.emptied.add(which);
        return merged([...truth[which], ...changes]).map(([price]) => [price, '0']);
      }
      // Who has read a snapshot since the fault ended holds levels that have gone since: what was removed is told as well.
      return told.emptied.delete(which) ? merged([...changes, ...truth[which]]) : changes;
    };
    const [bids, asks] = [side('bids', message.b), side('asks', message.a)];
    return JSON.stringify({ ...message, b: this.#crossed({ name, wrong, told, bids, truth }), a: asks });
  }

  /** Takes back false bids that were told, and tells the present one. */
  #crossed(given: {
    readonly name: string;
    readonly wrong: Wrong | null;
    readonly told: Told;
    readonly bids: readonly Level[];
    readonly truth: Sides;
  }): readonly Level[] {
    const { name, wrong, told, bids, truth } = given;
    const back = [...told.crossing].map((price): Level => truth.bids.find(([other]) => other === price) ?? [price, '0']);
    told.crossing.clear();
    const cross = wrong?.how === 'crossed' ? this.#crossing(name) : null;
    if (cross) told.crossing.add(cross[0]);
    return merged([...bids, ...back, ...(cross ? [cross] : [])]);
  }

  #top(name: string, { how, sides }: Wrong, { bids, asks }: Sides): Sides {
    if (how === 'empty') return { bids: sides.includes('bids') ? [] : bids, asks: sides.includes('asks') ? [] : asks };
    const cross = this.#crossing(name);
    return { bids: cross ? [cross, ...bids.filter(([price]) => price !== cross[0])] : bids, asks };
  }

  #crossing(name: string): Level | null {
    const market = this.#exchange().market(name);
    const ask = market.best('sell');
    if (!ask) return null;
    const price: Ticks = ticks(ask.price + CROSS_TICKS);
    return [formatPrice(market.instrument, price), formatSize(market.instrument, lots(CROSS_LOTS))];
  }

  #truth(name: string): Sides {
    const market = this.#exchange().market(name);
    const { bids, asks } = depthJson(market.instrument, market.depth(Number.POSITIVE_INFINITY)) as Sides;
    return { bids, asks };
  }

  #wrongOf(name: string): Wrong | null {
    const wrong = this.#wrong.get(name);
    return wrong?.armed.isLive() ? wrong : null;
  }

  #takeStale(name: string): { readonly ms: number } | null {
    const stale = this.#stale.get(name);
    if (!stale?.isLive()) return null;
    stale.fire();
    return stale.fault;
  }
}

const NONE: Level = ['0', '0'];

/** One level a price, the last one told. */
const merged = (levels: readonly Level[]): readonly Level[] => [...new Map(levels.map((level) => [level[0], level])).values()];

function lastIdIn(event: Extract<MarketEvent, { kind: 'frame' }>): number | null {
  const match = event.feed === 'depth' ? /"u":(\d+)/.exec(event.raw) : null;
  return match ? Number(match[1]) : null;
}
