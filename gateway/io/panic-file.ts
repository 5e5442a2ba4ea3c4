/**
 * `PANIC` in the folder of the account: whoever makes it stops the gateway, whatever else is dead, and before its start as well. Looked
 * for many times a second, which costs a microsecond; watching the folder would wake us at each write of the ledger beside it. Taken in
 * it becomes `PANIC.taken`, which shows that a gateway has seen it and lies there until a person resumes; a stop by any other way is kept
 * there too, for the day on which the ledger is lost. A new `PANIC` is a new stop.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PANIC_FILE, type PanicRequest, readPanic, takenFile, writePanic } from '../../shared/panic-file.ts';

export class PanicFile {
  readonly #path: string;
  readonly #takenPath: string;
  /** Time of change of one that could not be renamed. */
  #stuckMs: number | null = null;

  constructor(folder: string) {
    this.#path = join(folder, PANIC_FILE);
    this.#takenPath = takenFile(this.#path);
  }

  /** What is asked for anew; null when nothing is. */
  look(): PanicRequest | null {
    const changedMs = changeOf(this.#path);
    if (changedMs === null || changedMs === this.#stuckMs) return null;
    const request = read(this.#path);
    try {
      renameSync(this.#path, this.#takenPath);
    } catch {
      this.#stuckMs = changedMs; // it holds all the same; resuming tells of it
    }
    return request;
  }

  /** As if it had been asked for by the file: the stop outlives a ledger that is lost. */
  keep(request: PanicRequest): void {
    try {
      writeFileSync(this.#takenPath, writePanic(request), { mode: 0o600 });
    } catch {
      // the ledger keeps it as well, and memory until then
    }
  }

  /** What an earlier run took in and no person has lifted. */
  lookTaken(): PanicRequest | null {
    return changeOf(this.#takenPath) === null ? null : read(this.#takenPath);
  }

  /** Takes away what was taken in. Why it cannot be, or null. */
  clear(): string | null {
    if (changeOf(this.#path) !== null) return `${this.#path} is there: remove it first`;
    try {
      rmSync(this.#takenPath, { force: true });
      return null;
    } catch (error) {
      return `${this.#takenPath} cannot be removed (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`;
    }
  }
}

/** It is there: its words matter less than that. */
function read(path: string): PanicRequest {
  try {
    return readPanic(readFileSync(path, 'utf8'));
  } catch {
    return readPanic('');
  }
}

/** Null: there is none. One that cannot be looked at is one. */
function changeOf(path: string): number | null {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
  } catch {
    return 0;
  }
}
