/** What waits to be written to the ledger, in order. Bounded: notes are given up first, and counted; changes of money and orders much later. */
import type { Note } from '../account/audit-rows.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { Entry, Pending, Refusals } from './ledger-writer.ts';

/** Rows of changes that wait for a disk to come back; beyond it they are in memory only, and the next start asks the venue. */
const CHANGED_ROWS_MAX = 50_000;
const NOTES_MAX = 10_000;
/** Refusals of one batch that are kept word for word; more of a kind are counted on one line. */
const REFUSALS_WHOLE = 20;

export class LedgerQueue {
  #pending: Pending[] = [];
  #rows = 0;
  #notes = 0;
  #refusals = 0;
  readonly #folded = new Map<string, Refusals>();
  readonly #orders = new Map<string, LedgerOrder>();
  /** Notes and changes that found no room. */
  lost = 0;

  get size(): number {
    return this.#pending.length;
  }

  /** The newest row of an order that waits. */
  order(clientId: string): LedgerOrder | null {
    return this.#orders.get(clientId) ?? null;
  }

  /** Highest id of an order that waits, of those that begin so; '' when none does. */
  highest(group: string): string {
    let highest = '';
    for (const clientId of this.#orders.keys()) if (clientId.startsWith(group) && clientId > highest) highest = clientId;
    return highest;
  }

  /** False: there was no room. */
  addChange(entry: Entry): boolean {
    const rows = rowsOf(entry);
    if (this.#rows + rows > CHANGED_ROWS_MAX) return this.#lose();
    this.#rows += rows;
    this.#pending.push(entry);
    for (const row of entry.change.orders) this.#orders.set(row.clientId, row);
    return true;
  }

  addNote(note: Note): void {
    if (this.#notes >= NOTES_MAX) {
      this.#lose();
      return;
    }
    this.#notes++;
    if (note.kind !== 'refusal') this.#pending.push(note);
    else this.#addRefusal({ kind: 'refusals', refusal: note, times: 1 });
  }

  first(count: number): readonly Pending[] {
    return this.#pending.slice(0, count);
  }

  /** The first ones are written. */
  drop(count: number): void {
    const rest = this.#pending.slice(count);
    this.#pending = rest;
    this.#rows = rest.reduce((sum, pending) => sum + rowsOf(pending), 0);
    this.#notes = rest.filter(({ kind }) => kind !== 'change').length;
    this.#folded.clear();
    this.#refusals = 0;
    this.#orders.clear();
    for (const pending of rest) if (pending.kind === 'change') for (const row of pending.change.orders) this.#orders.set(row.clientId, row);
  }

  /** A brain that repeats what is refused says little new. */
  #addRefusal(entry: Refusals): void {
    const { by, symbol, what, code } = entry.refusal;
    const key = `${by} ${symbol} ${what} ${code}`;
    const same = this.#folded.get(key);
    if (++this.#refusals > REFUSALS_WHOLE && same) {
      same.times++;
      this.#notes--;
      return;
    }
    this.#folded.set(key, entry);
    this.#pending.push(entry);
  }

  #lose(): false {
    this.lost++;
    return false;
  }
}

function rowsOf(pending: Pending): number {
  if (pending.kind !== 'change') return 0;
  const { orders, fills, positions, corrections } = pending.change;
  return orders.length + fills.length + positions.length + corrections.length + 1;
}
