/**
 * A new snapshot under a book that stays live. The venue's snapshot reaches a thousand levels a side; beyond them only what was touched
 * since is known, so a market that moves far enough uncovers levels nobody told us of (reference sheet 2026-11, 7). Near that edge a
 * second snapshot is asked for while the chain of differences goes on; the two meet at the first difference that covers its id. Pure.
 */
import type { Book } from '../../shared/book.ts';
import type { DepthFrame, DepthSnapshot } from './books.ts';

type Known = Pick<DepthSnapshot, 'knownFrom' | 'knownTo'>;

/** Levels a side that have to lie within the snapshot: twice and a half of what is published. */
const MARGIN_LEVELS = 50;
/** A hundred seconds at ten a second; a snapshot that takes longer is no use. */
const FRAMES_MAX = 1_000;

/** The best price itself lies where the snapshot did not reach: a better one may rest there untold. */
export const isBeyond = (book: Book, { knownFrom, knownTo }: Known): boolean =>
  (knownFrom !== null && (book.bestBid ?? knownFrom) < knownFrom) || (knownTo !== null && (book.bestAsk ?? knownTo) > knownTo);

/** How many of the best levels a side have to be known: never more than half of what a snapshot brings. */
export const marginOf = ({ bids, asks }: Pick<DepthSnapshot, 'bids' | 'asks'>): number =>
  Math.min(MARGIN_LEVELS, Math.floor(Math.min(bids.length, asks.length) / 4));

/** Still right at the top, but not `margin` levels deep. */
export const isNearEdge = ({ bids, asks }: Book, { knownFrom, knownTo }: Known, margin: number): boolean =>
  margin > 0 &&
  ((knownFrom !== null && (bids.priceAt(margin - 1) ?? 0) < knownFrom) ||
    (knownTo !== null && (asks.priceAt(margin - 1) ?? Number.POSITIVE_INFINITY) > knownTo));

export type Met = { readonly snapshot: DepthSnapshot; readonly frames: readonly DepthFrame[] };

/** The differences since a snapshot was asked for. */
export class Refresh {
  readonly #frames: DepthFrame[] = [];
  #snapshot: DepthSnapshot | null = null;

  /** One difference that was applied to the live book. */
  add(frame: DepthFrame): void {
    this.#frames.push(frame);
  }

  answer(snapshot: DepthSnapshot): void {
    this.#snapshot = snapshot;
  }

  /** The snapshot and what to apply on it; `wait` while it is ahead of the stream or on its way; `missed` when it fits nothing kept. */
  meet(): Met | 'wait' | 'missed' {
    if (this.#frames.length > FRAMES_MAX) return 'missed';
    const snapshot = this.#snapshot;
    if (!snapshot) return 'wait';
    const from = this.#frames.findIndex(({ lastId }) => lastId >= snapshot.lastUpdateId);
    const anchor = this.#frames[from];
    if (!anchor) return 'wait';
    return anchor.firstId <= snapshot.lastUpdateId ? { snapshot, frames: this.#frames.slice(from) } : 'missed';
  }
}
