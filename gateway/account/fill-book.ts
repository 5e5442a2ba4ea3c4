/** Fills by (symbol, trade id): the newest in memory, older ones in the archive; and which of them lack their fee. Pure. */
import type { FillReport } from '../../shared/events.ts';
import type { MonoMs } from '../../shared/units.ts';
import { type Archive, type BookedFill, dropOldest, fillKey } from './rows.ts';

const FILLS_KEPT = 4_096;
/** A fast notice of a fill tells no fee; what tells it comes right after, or is looked for: then, and four times as late each time. */
const FEE_MS = 5_000;
const FEE_FACTOR = 4;
const FEE_MS_MAX = 3_600_000;

type Key = { readonly symbol: string; readonly tradeId: string };
type OfOrder = { readonly symbol: string; readonly venueId: string };
type Feeless = { readonly symbol: string; dueAt: number; waitMs: number };
/** Told: every part of it is booked under true names. A fill: it is booked under this other name. */
export type Twin = 'told' | BookedFill | null;

export class FillBook {
  readonly #archive: Archive;
  readonly #fills = new Map<string, BookedFill>();
  /** Fills whose fee nobody has told yet. */
  readonly #feeless = new Map<string, Feeless>();

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  find(key: Key): BookedFill | null {
    return this.#fills.get(fillKey(key)) ?? this.#archive.findFill(key);
  }

  /** A fill that nobody booked before. */
  book(fill: BookedFill, now: MonoMs): void {
    if (fill.fee === null) this.#feeless.set(fillKey(fill), { symbol: fill.symbol, dueAt: now + FEE_MS, waitMs: FEE_MS });
    dropOldest(this.#feeless, FILLS_KEPT);
    this.keep(fill);
  }

  /** The newest state of a fill that is booked. */
  keep(fill: BookedFill): void {
    if (fill.fee !== null) this.#feeless.delete(fillKey(fill));
    this.#fills.set(fillKey(fill), fill);
    dropOldest(this.#fills, FILLS_KEPT);
  }

  /** The same fill with its order's name: as it is now, wherever it was taken from. */
  named(fill: BookedFill, clientId: string): BookedFill {
    const named = { ...(this.#fills.get(fillKey(fill)) ?? fill), clientId };
    this.keep(named);
    return named;
  }

  rename(fill: BookedFill, tradeId: string): BookedFill {
    this.#fills.delete(fillKey(fill));
    const renamed = { ...fill, tradeId };
    this.keep(renamed);
    return renamed;
  }

  /** A forced close is told twice under two names: by the stream without a trade id, by the list of trades with one. */
  twinOf(report: FillReport): Twin {
    const total = forcedTotal(report.tradeId);
    const known = this.#ofOrder(report);
    if (total !== null) {
      const named = known.filter((fill) => forcedTotal(fill.tradeId) === null);
      return named.reduce((sum, fill) => sum + fill.size, 0) >= total ? 'told' : null;
    }
    return known.find((fill) => forcedTotal(fill.tradeId) !== null && fill.size === report.size && fill.side === report.side) ?? null;
  }

  /** How many fills of the symbol have no fee yet. */
  feeless(symbol: string): number {
    return [...this.#feeless.values()].filter((each) => each.symbol === symbol).length;
  }

  /** It is time to look for the fee of one in the venue's list of trades. */
  lacksFee(symbol: string, now: MonoMs): boolean {
    for (const each of this.#feeless.values()) if (each.symbol === symbol && now >= each.dueAt) return true;
    return false;
  }

  /** The list was read: what has no fee yet is looked for later. */
  askedForFees(symbol: string, now: MonoMs): void {
    for (const each of this.#feeless.values()) {
      if (each.symbol !== symbol) continue;
      each.waitMs = Math.min(FEE_MS_MAX, each.waitMs * FEE_FACTOR);
      each.dueAt = now + each.waitMs;
    }
  }

  /** In memory and archived, each once: what memory holds is newer. */
  #ofOrder(key: OfOrder): readonly BookedFill[] {
    const all = new Map(this.#archive.fillsOfOrder(key).map((fill) => [fill.n, fill]));
    for (const fill of this.#fills.values()) if (fill.symbol === key.symbol && fill.venueId === key.venueId) all.set(fill.n, fill);
    return [...all.values()];
  }
}

/** Filled total in the name of a fill that the venue gave none; null for a trade id. */
function forcedTotal(tradeId: string): number | null {
  const at = tradeId.indexOf('@');
  return at < 0 ? null : Number(tradeId.slice(at + 1));
}
