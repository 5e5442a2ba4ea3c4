/** A market of any number of made-up contracts whose depth messages are made before the run: only ids and times are written into each. */
import { writeFileSync } from 'node:fs';
import type { TapeFrame } from '../../../shared/sim/market.ts';
import { ScannedDepth } from '../../../shared/sim/tape-quick.ts';

const LEVELS = 400;
/** Best bid, in hundredths; the best ask is a tick above. */
const BID = 10_000;
/** Different messages, told again and again; changes a side in each. */
const SHAPES = 16;
const CHANGES = 10;
const FIRST_ID = 1_000_000;
const IDS_A_FRAME = 20;

export const symbolsOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `S${String(n + 1).padStart(3, '0')}USDT`);

/** A recording with nothing but the opening snapshot of each, for a simulator to begin from. */
export function writeTape(file: string, { symbols, atMs }: { readonly symbols: readonly string[]; readonly atMs: number }): void {
  const rows = (from: number, step: number): [string, string][] =>
    Array.from({ length: LEVELS }, (_, n) => [priceText(from + n * step), sizeText(1_000 + n)]);
  const msg = JSON.stringify({ lastUpdateId: FIRST_ID, E: atMs, T: atMs, bids: rows(BID, -1), asks: rows(BID + 1, 1) });
  const line = (symbol: string): string => `{"t":${atMs / 1_000},"kind":"rest","url":"/fapi/v1/depth?symbol=${symbol}","msg":${msg}}\n`;
  writeFileSync(file, symbols.map(line).join(''));
}

type Shape = { readonly bids: readonly number[]; readonly asks: readonly number[]; readonly text: string };

/** The best prices are there in every second message only, so that the top moves all the time. */
function shapeOf(n: number): Shape {
  const side = (from: number, step: number): readonly number[] =>
    Array.from({ length: CHANGES }, (_, i) => {
      const away = i < CHANGES / 2 ? i : i + ((n * 7) % 30);
      return [from + away * step, away === 0 && n % 2 === 1 ? 0 : 500 + ((n * 131 + i * 17) % 4_000)];
    }).flat();
  const json = (levels: readonly number[]): string => {
    const pairs = levels.flatMap((price, i) => (i % 2 === 0 ? [[priceText(price), sizeText(levels[i + 1] ?? 0)]] : []));
    return JSON.stringify(pairs);
  };
  const [bids, asks] = [side(BID, -1), side(BID + 1, 1)];
  return { bids, asks, text: `"b":${json(bids)},"a":${json(asks)}` };
}

export class Frames {
  readonly #shapes = Array.from({ length: SHAPES }, (_, n) => shapeOf(n));
  readonly #sent: Map<string, number>;

  constructor(symbols: readonly string[]) {
    this.#sent = new Map(symbols.map((symbol) => [symbol, 0]));
  }

  next(symbol: string, atMs: number): TapeFrame {
    const n = this.#sent.get(symbol) ?? 0;
    this.#sent.set(symbol, n + 1);
    const shape = this.#shapes[n % SHAPES] as Shape;
    const previous = FIRST_ID + n * IDS_A_FRAME;
    const last = previous + IDS_A_FRAME;
    const raw = `{"e":"depthUpdate","E":${atMs},"T":${atMs},"s":"${symbol}","U":${previous},"u":${last},"pu":${previous},${shape.text}}`;
    const scanned = { bids: shape.bids, asks: shape.asks, priceDecimals: 2, sizeDecimals: 3 };
    return new ScannedDepth({ atMs, symbol, raw, first: previous, last, previous, scanned });
  }
}

const priceText = (hundredths: number): string => (hundredths / 100).toFixed(2);
const sizeText = (thousandths: number): string => (thousandths / 1_000).toFixed(3);
