/** How the file of the ledger is opened. */
import type { Clock } from '../../shared/clock.ts';
import type { GridNews } from './ledger-grid.ts';
import type { Durability } from './ledger-schema.ts';

export type OpenOptions = {
  readonly path: string;
  readonly clock: Clock;
  readonly durability?: Durability;
  /** What ended longer ago is dropped, and the oldest hour first while the file holds more than `maxMb`. */
  readonly keepDays?: number;
  readonly maxMb?: number;
  /** The file is of an earlier program: bringing it up to date begins, and may take its time. */
  readonly onOld?: (version: number) => void;
  /** Rows of a symbol were brought onto a changed tick or step. */
  readonly onGrid?: (news: GridNews) => void;
  /** How often this process has begun anew because the file could be opened after all. */
  readonly returns?: number;
};
