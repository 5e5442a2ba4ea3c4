/**
 * Epochs of client ids: each is granted once, whatever is lost. The last one is kept in the ledger and, flushed at every grant, in a file
 * beside it, so that neither a deleted ledger nor a loss of power brings one back; and it never falls behind the clock. Where both are gone,
 * Redis and the venue's own list of orders tell what was used.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { parseClientId } from '../../shared/client-id.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { Venue } from '../venues/venue.ts';

/** Grants of the ledger: on disk before they are returned; null when they cannot be. */
export type EpochStore = { readonly grantEpoch: (atLeast: number) => number | null; readonly lastEpoch: () => number };
export type EpochsOptions = {
  readonly store: EpochStore;
  readonly path: string;
  readonly clock: Clock;
  /** Epochs that others tell of. */
  readonly seen: readonly number[];
};

const SLOT_MS = 480_000;
const FIRST_MS = Date.UTC(2026, 0, 1);
/** Where those begin that are granted without a disk; others get there in 2039. */
export const DISKLESS = 900_000;
const DISKLESS_COUNT = 99_999;

export class EpochSource {
  readonly #options: EpochsOptions;
  #last: number;
  #diskless: number;

  constructor(options: EpochsOptions) {
    const known = [options.store.lastEpoch(), readEpoch(options.path), ...options.seen];
    this.#options = options;
    this.#last = Math.max(0, ...known.filter((epoch) => epoch < DISKLESS));
    this.#diskless = Math.max(0, ...known.filter((epoch) => epoch >= DISKLESS));
  }

  /** The highest that was ever granted with a disk. */
  get last(): number {
    return this.#last;
  }

  /** Null: it could not be put on disk, or all are used up. */
  grant(): number | null {
    const { store, path, clock } = this.#options;
    const granted = store.grantEpoch(Math.max(this.#last + 1, slotOf(clock)));
    if (granted === null || !writeEpoch(path, granted)) return null;
    this.#last = granted;
    return granted;
  }

  /** Closes go on without a disk: their ids come from a range of their own, another one with every second. */
  grantAnyway(): number {
    const granted = this.grant();
    if (granted !== null) return granted;
    const second = Math.floor(this.#options.clock.wallMs() / 1_000) % DISKLESS_COUNT;
    this.#diskless = Math.max(DISKLESS + second, this.#diskless + 1);
    return this.#diskless;
  }
}

/** One for each eight minutes since 2026: where a lost ledger began is far behind. */
const slotOf = (clock: Clock): number => Math.max(1, Math.floor((clock.wallMs() - FIRST_MS) / SLOT_MS));

/** 0 where nothing is written, or nothing that can be read. */
export function readEpoch(path: string): number {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^\d{1,6}$/.test(text) ? Number(text) : 0;
  } catch {
    return 0; // there is none yet
  }
}

/** Whole or not at all, and on the disk itself before this returns. */
function writeEpoch(path: string, epoch: number): boolean {
  try {
    const next = `${path}.next`;
    const file = openSync(next, 'w', 0o600);
    writeSync(file, `${epoch}\n`);
    fsyncSync(file);
    closeSync(file);
    renameSync(next, path);
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
    return true;
  } catch {
    return false; // told by the caller as a ledger that cannot be written
  }
}

/** Epochs in our ids among the venue's newest orders and stops; a sentence when the venue cannot be read. */
export async function epochsAtVenue({ orders, stops, instruments }: Venue): Promise<Result<readonly number[], string>> {
  const ids: string[] = [];
  for (const symbol of instruments.keys())
    for (const read of [await orders.recentIds(symbol), await stops?.recentStopIds(symbol)]) {
      if (read && !read.ok) return err(read.error.sentence);
      ids.push(...(read?.value ?? []));
    }
  return ok([...new Set(ids.flatMap((id) => parseClientId(id)?.epoch ?? []))]);
}
