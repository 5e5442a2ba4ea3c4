/**
 * A log on disk that cannot grow without end: at a size it becomes `name.1`, what was `name.1` becomes `name.2`, and so on. A file that
 * somebody else moved away (logrotate) or removed is begun anew within a second, without a signal: SIGUSR2 means something else here. A
 * disk that takes nothing costs lines, never the process; how many is told as soon as it takes them again. Where a full file cannot be put
 * aside it is begun anew in its place: the newest lines count, and the disk that the ledger needs must not fill.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type LogFileOptions = {
  readonly path: string;
  /** Size at which it is put aside; a line is never divided. */
  readonly maxBytes: number;
  /** Files put aside that are kept. */
  readonly keep: number;
};

const LOOK_MS = 1_000;
const NEWLINE = 10;

export class LogFile {
  readonly #options: LogFileOptions;
  #fd: number | null = null;
  #inode = 0n;
  #size = 0;
  #isWhole = true;
  /** The file ends in the midst of a line that nobody will go on with. */
  #isTorn = false;
  #lookedAt = 0;
  #lost = 0;

  constructor(options: LogFileOptions) {
    this.#options = options;
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    this.#open();
  }

  /** Bytes of whole lines, or of parts of them in order. */
  write(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    try {
      this.#look();
      if (this.#isWhole && this.#size > 0 && this.#size + bytes.length > this.#options.maxBytes) this.#rotate();
      this.#put(bytes);
    } catch {
      this.#lost++;
      this.#close();
    }
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  #put(bytes: Uint8Array): void {
    if (this.#fd === null) throw new Error(`Cannot write ${this.#options.path}: it is not open`);
    if (this.#isTorn) this.#size += this.#all(this.#fd, Buffer.of(NEWLINE));
    this.#isTorn = false;
    if (this.#lost > 0 && this.#isWhole) {
      this.#size += this.#all(this.#fd, warning({ lost: this.#lost, msg: 'Log lines lost' }));
      this.#lost = 0;
    }
    this.#size += this.#all(this.#fd, bytes);
    this.#isWhole = bytes.at(-1) === NEWLINE;
  }

  #all(fd: number, bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    return bytes.length;
  }

  /** Once a second: whether the path is still our file. */
  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    const there = statSync(this.#options.path, { bigint: true, throwIfNoEntry: false });
    if (this.#fd !== null && there?.ino === this.#inode) return;
    this.#close();
    this.#open();
  }

  #rotate(): void {
    this.#close();
    const problem = putAside(this.#options);
    this.#open();
    if (problem === null || this.#fd === null) return;
    ftruncateSync(this.#fd);
    [this.#size, this.#isTorn] = [0, false];
    this.#size += this.#all(this.#fd, warning({ problem, msg: 'Log file cannot be put aside: begun anew in its place' }));
  }

  #open(): void {
    this.#fd = openSync(this.#options.path, 'a+', 0o600);
    const { ino, size } = fstatSync(this.#fd, { bigint: true });
    [this.#inode, this.#size, this.#isWhole] = [ino, Number(size), true];
    const last = Buffer.of(NEWLINE);
    if (size > 0n) readSync(this.#fd, last, 0, 1, Number(size) - 1);
    this.#isTorn = last[0] !== NEWLINE;
  }

  #close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

const warning = (fields: object): Uint8Array =>
  Buffer.from(`${JSON.stringify({ level: 40, time: new Date().toISOString(), ...fields })}\n`);

/** Why not; null: done. */
function putAside({ path, keep }: LogFileOptions): string | null {
  try {
    rmSync(`${path}.${keep}`, { force: true });
    for (let n = keep - 1; n >= 1; n--) moveIfThere(`${path}.${n}`, `${path}.${n + 1}`);
    if (keep > 0) moveIfThere(path, `${path}.1`);
    else rmSync(path, { force: true });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function moveIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}
