/** Mark and index price of one symbol: smoothed mid, so distinct from the last trade. In atoms per base unit. */
import { type Atoms, atoms } from '../units.ts';
import { Funding } from './funding.ts';
import type { Bar } from './market.ts';

/** Weight of the newest second. */
const MARK_WEIGHT = 0.2;
const INDEX_WEIGHT = 0.1;
const AVERAGE_WEIGHT = 0.02;

export type Mark = { readonly mark: Atoms; readonly index: Atoms; readonly average: Atoms; readonly updatedMs: number };

export type MarkPriceOptions = {
  readonly symbol: string;
  /** Quote units. */
  readonly price: number;
  readonly atMs: number;
  readonly history: readonly Bar[];
};

export class MarkPrice {
  readonly funding: Funding;
  #mark: number;
  #index: number;
  #average: number;
  #updatedMs: number;
  /** As last asked: it is asked far more often than it changes. */
  #told: Mark | null = null;

  constructor(options: MarkPriceOptions) {
    const { price, atMs } = options;
    this.funding = new Funding(options);
    this.#mark = price;
    this.#index = price;
    this.#average = price;
    this.#updatedMs = atMs;
  }

  /** To be told once a second; null (a side of the book is empty) leaves the prices as they are. */
  second(mid: number | null, atMs: number): void {
    this.#updatedMs = atMs;
    this.#told = null;
    if (mid !== null) {
      this.#mark += MARK_WEIGHT * (mid - this.#mark);
      this.#index += INDEX_WEIGHT * (mid - this.#index);
      this.#average += AVERAGE_WEIGHT * (this.#mark - this.#average);
    }
    this.funding.second({ premium: (this.#mark - this.#index) / this.#index, mark: this.get().mark, atMs });
  }

  /** For a symbol whose prices are told by somebody else: they are these, exactly, until told anew. */
  tell({ mark, index, atMs }: { readonly mark: Atoms; readonly index: Atoms; readonly atMs: number }): void {
    this.#told = { mark, index, average: mark, updatedMs: atMs };
  }

  get(): Mark {
    this.#told ??= { mark: toAtoms(this.#mark), index: toAtoms(this.#index), average: toAtoms(this.#average), updatedMs: this.#updatedMs };
    return this.#told;
  }
}

const toAtoms = (price: number): Atoms => atoms(BigInt(Math.round(price * 1e8)));
