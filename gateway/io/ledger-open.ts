/** The ledger opened: its file with what reads and writes it, and the journal of placements beside it, whose rows of a run that was killed are in the tables then. */
import type { DatabaseSync } from 'node:sqlite';
import { LedgerReader } from './ledger-reader.ts';
import type { OpenOptions } from './ledger-options.ts';
import { Retention } from './ledger-retention.ts';
import { inTransaction, openLedgerFile } from './ledger-schema.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { type Placed, PlacedJournal } from './placed-journal.ts';

export type OpenLedger = Disposable & {
  readonly db: DatabaseSync;
  readonly reader: LedgerReader;
  readonly writer: LedgerWriter;
  readonly retention: Retention;
  /** Null for a ledger in memory, which no run finds again. */
  readonly journal: PlacedJournal | null;
};

const MB = 1_024 * 1_024;

/** Throws one sentence when it cannot be used. */
export function openLedger({ path, clock, durability = 'process', keepDays = 30, maxMb = 2_000, onOld }: OpenOptions): OpenLedger {
  const journal = path === ':memory:' ? null : new PlacedJournal(path, durability);
  const left = journal?.left() ?? []; // first: one of another program must be found while that program can still open the tables
  const db = openLedgerFile(path, { durability, wallMs: clock.wallMs(), onOld });
  const close = (): void => {
    journal?.[Symbol.dispose]();
    db.close();
  };
  try {
    const writer = new LedgerWriter(db);
    takeOver(left, { db, writer });
    journal?.empty(); // only after the tables have it
    const parts = { reader: new LedgerReader(db), retention: new Retention(db, { keepDays, maxBytes: maxMb * MB }) };
    return { db, journal, writer, ...parts, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

function takeOver(left: readonly Placed[], { db, writer }: Pick<OpenLedger, 'db' | 'writer'>): void {
  if (left.length === 0) return;
  inTransaction(db, () => {
    for (const { row, wallMs } of left) writer.placed(row, wallMs);
  });
}
