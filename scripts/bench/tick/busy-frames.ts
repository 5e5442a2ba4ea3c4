/**
 * A busy market of one contract, made up while it runs: the best bid and ask climb a tick at each move, never back, so that every move is news
 * to everybody; in between their sizes change. Best prices come at each turn, the depth behind them at every second one.
 */
import { writeFileSync } from 'node:fs';
import type { TapeFrame } from '../../../shared/sim/market.ts';
import { ScannedDepth } from '../../../shared/sim/tape-quick.ts';

export const TURN_MS = 5;
/** Turns from one move of the best prices to the next: forty in a second. */
const TURNS_A_MOVE = 5;
const TURNS_A_DEPTH = 2;
const LEVELS = 400;
/** A side, nearest to the best first. */
const CHANGES = 10;
/** Best bid at the beginning, in ticks of 0.1; the best ask is a tick above. */
const BID = 600_000;
const FIRST_ID = 1_000_000;

/** A recording with nothing but the opening snapshot, for a simulator to begin from. */
export function writeOpening(file: string, { symbol, atMs }: { readonly symbol: string; readonly atMs: number }): void {
  const rows = (from: number, step: number): [string, string][] =>
    Array.from({ length: LEVELS }, (_, n) => [priceText(from + n * step), sizeText(1_000 + n)]);
  const msg = JSON.stringify({ lastUpdateId: FIRST_ID, E: atMs, T: atMs, bids: rows(BID, -1), asks: rows(BID + 1, 1) });
  writeFileSync(file, `{"t":${atMs / 1_000},"kind":"rest","url":"/fapi/v1/depth?symbol=${symbol}","msg":${msg}}\n`);
}

export class BusyFrames {
  readonly #symbol: string;
  #turn = 0;
  #bid = BID;
  /** Of the depth told last. */
  #told = { bid: BID, id: FIRST_ID };

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  next(atMs: number): readonly TapeFrame[] {
    const turn = ++this.#turn;
    if (turn % TURNS_A_MOVE === 0) this.#bid++;
    const best = this.#best(atMs);
    return turn % TURNS_A_DEPTH === 0 ? [best, this.#depth(atMs)] : [best];
  }

  /** One move with its depth, and nothing in between. */
  move(atMs: number): readonly TapeFrame[] {
    this.#turn++;
    this.#bid++;
    return [this.#best(atMs), this.#depth(atMs)];
  }

  #best(atMs: number): TapeFrame {
    const sizes = `"B":"${sizeText(this.#size(0))}","a":"${priceText(this.#bid + 1)}","A":"${sizeText(this.#size(1))}"`;
    const raw = `{"e":"bookTicker","u":${FIRST_ID + this.#turn},"s":"${this.#symbol}","b":"${priceText(this.#bid)}",${sizes},"T":${atMs},"E":${atMs}}`;
    return { kind: 'best', atMs, symbol: this.#symbol, raw };
  }

  #depth(atMs: number): TapeFrame {
    const { bid: before, id: previous } = this.#told;
    const [bid, last] = [this.#bid, FIRST_ID + this.#turn];
    const bids: number[] = [];
    const asks: number[] = [];
    for (let n = 0; n < CHANGES; n++) {
      bids.push(bid - n, this.#size(2 * n));
      asks.push(bid + 1 + n, this.#size(2 * n + 1));
    }
    for (let passed = before + 1; passed <= bid; passed++) {
      bids.push(passed - LEVELS, 0);
      asks.push(passed, 0, passed + LEVELS, 1_000);
    }
    this.#told = { bid, id: last };
    const levels = `"b":${levelsText(bids)},"a":${levelsText(asks)}`;
    const raw = `{"e":"depthUpdate","E":${atMs},"T":${atMs},"s":"${this.#symbol}","U":${previous},"u":${last},"pu":${previous},${levels}}`;
    const scanned = { bids, asks, priceDecimals: 1, sizeDecimals: 3 };
    return new ScannedDepth({ atMs, symbol: this.#symbol, raw, first: previous, last, previous, scanned });
  }

  /** Of one level in this turn, thousandths: another at each, and the same for best prices and depth. */
  #size(n: number): number {
    return 500 + ((this.#turn * 131 + n * 17) % 4_000);
  }
}

function levelsText(flat: readonly number[]): string {
  let text = '';
  for (let n = 0; n < flat.length; n += 2)
    text += `${n === 0 ? '' : ','}["${priceText(flat[n] as number)}","${sizeText(flat[n + 1] as number)}"]`;
  return `[${text}]`;
}

const priceText = (ticks: number): string => (ticks / 10).toFixed(1);
const sizeText = (thousandths: number): string => (thousandths / 1_000).toFixed(3);
