/**
 * The market on a tape of our own as frames. While a connection is replaced two of them tell the same: echoes are dropped, and what one
 * tells ahead of the other waits its turn.
 */
import type { TapeFrame } from '../../shared/sim/market.ts';
import { type LineProblem, parseRestText, parseStreamText, type TapeLine } from '../../shared/sim/tape.ts';
import { decodeSnapshot } from '../../shared/sim/tape-frame.ts';
import type { TapeRecord } from '../../shared/tape.ts';

type Depth = Extract<TapeFrame, { readonly kind: 'depth' }>;

const PUBLIC = /^(?:public|market)#/;
const ANSWER = /^200 GET (\S+)$/;
/** More that waits for a connection to catch up is told as it is, and the chain will show the break. */
const HELD_MAX = 200;

/** What a record tells of the market; 'skip': nothing. */
export function lineOf({ source, name, raw, atMs }: TapeRecord): TapeLine | 'skip' | LineProblem {
  if (source === 'stream' && PUBLIC.test(name)) return parseStreamText(raw, atMs) ?? { problem: 'a frame that is no stream message' };
  if (source === 'book') return decodeSnapshot({ atMs, symbol: name, raw });
  const path = source === 'rest' ? ANSWER.exec(name)?.[1] : undefined;
  return path === undefined ? 'skip' : parseRestText(path, { atMs, text: raw });
}

export class Weave {
  #run = '';
  readonly #open = new Map<string, Set<string>>();
  readonly #lastId = new Map<string, number>();
  readonly #lastTrade = new Map<string, number>();
  readonly #kept = new Map<string, number>();
  #held: TapeLine[] = [];

  /** A `head` record: of another run of the recorder no connection is left. */
  begin({ raw }: TapeRecord): void {
    const { run }: { readonly run?: string } = JSON.parse(raw);
    if (run !== this.#run) this.#open.clear();
    this.#run = run ?? '';
  }

  /** A `connection` record; what waited for the connection that closed goes on. */
  connection({ name, raw }: TapeRecord): readonly TapeLine[] {
    const { event }: { readonly event?: string } = JSON.parse(raw);
    const route = name.split('#')[0] ?? '';
    const open = this.#open.get(route) ?? new Set();
    if (event === 'opened') open.add(name);
    else open.delete(name);
    this.#open.set(route, open);
    return open.size > 1 ? [] : this.#release();
  }

  take(line: TapeLine, name: string): readonly TapeLine[] {
    const { frame } = line;
    if (frame.kind === 'snapshot') {
      this.#lastId.delete(frame.symbol); // the chain begins anew
      this.#kept.set(frame.symbol, frame.lastUpdateId);
    }
    const overlaps = (this.#open.get(name.split('#')[0] ?? '')?.size ?? 0) > 1;
    if (frame.kind === 'trade') return this.#isEcho(frame, overlaps) ? [] : [line];
    return frame.kind === 'depth' ? this.#depth(line, { frame, overlaps }) : [line];
  }

  #isEcho({ symbol, tradeId, aggregate }: Extract<TapeFrame, { readonly kind: 'trade' }>, overlaps: boolean): boolean {
    const key = `${symbol} ${aggregate}`;
    const id = Number(tradeId);
    if (overlaps && id <= (this.#lastTrade.get(key) ?? 0)) return true;
    this.#lastTrade.set(key, id);
    return false;
  }

  #depth(line: TapeLine, { frame, overlaps }: { readonly frame: Depth; readonly overlaps: boolean }): readonly TapeLine[] {
    const lastId = this.#lastId.get(frame.symbol);
    if (overlaps && lastId !== undefined) {
      if (frame.last <= lastId) return [];
      if (frame.previous !== lastId && this.#held.length < HELD_MAX) {
        this.#held.push(line);
        return [];
      }
    }
    this.#lastId.set(frame.symbol, frame.last);
    return [this.#anchored(line, frame), ...this.#follow(frame.symbol)];
  }

  /** After a book that was kept the next difference follows exactly; a venue's snapshot it spans. */
  #anchored(line: TapeLine, frame: Depth): TapeLine {
    const kept = this.#kept.get(frame.symbol);
    this.#kept.delete(frame.symbol);
    if (kept === undefined || kept !== frame.previous) return line;
    const { bids, asks } = frame; // it may make them only when they are asked for
    return { ...line, frame: { ...frame, first: kept, bids, asks } };
  }

  /** Those that chain on now. */
  #follow(symbol: string): readonly TapeLine[] {
    const out: TapeLine[] = [];
    for (let next = this.#next(symbol); next; next = this.#next(symbol)) {
      this.#held = this.#held.filter((held) => held !== next);
      if (next.frame.kind === 'depth') this.#lastId.set(symbol, next.frame.last);
      out.push(next);
    }
    return out;
  }

  #next(symbol: string): TapeLine | undefined {
    const lastId = this.#lastId.get(symbol);
    return this.#held.find(({ frame }) => frame.kind === 'depth' && frame.symbol === symbol && frame.previous === lastId);
  }

  #release(): readonly TapeLine[] {
    const held = this.#held;
    this.#held = [];
    return held.filter(({ frame }) => {
      const isNew = frame.kind === 'depth' && frame.last > (this.#lastId.get(frame.symbol) ?? 0);
      if (isNew) this.#lastId.set(frame.symbol, frame.last);
      return isNew;
    });
  }
}
