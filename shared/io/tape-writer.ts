/**
 * Writes a tape. A record costs its caller one string; joining, compressing and writing happen in blocks, off the event loop, one at a time.
 * Nothing ever waits for the disk: what does not fit into the queue is dropped, counted, and told by a `gap` record at its place. Every start
 * and every rotation begins a new file, so that nothing is appended to a torn one; the oldest files go when all are larger than allowed.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { Clock, Timer } from '../clock.ts';
import { type TapeGap, type TapeHead, tapeLine, type TapeSource } from '../tape.ts';
import { headerOf } from '../tape-block.ts';

export type TapeLimits = {
  /** A file is followed by the next one at this size or age. */
  readonly fileBytes: number;
  readonly fileMs: number;
  /** Of all files of this kind of process in the folder. */
  readonly totalBytes: number;
};
export type TapeWriterOptions = {
  readonly folder: string;
  readonly head: Omit<TapeHead, 'format' | 'run' | 'file' | 'wallMs' | 'monoMs'>;
  readonly clock: Clock;
  readonly limits: TapeLimits;
  /** Called at the beginning of each file, in its order: what a reader of that file alone has to know. */
  readonly begin?: (tape: TapeWriter) => void;
  /** The disk failed, or is back (null). */
  readonly onFault?: (sentence: string | null) => void;
  readonly blockBytes?: number;
  readonly queueBytes?: number;
  readonly flushMs?: number;
};

/** What a kill -9 loses at most: the records of so long, or so many bytes of text. */
const FLUSH_MS = 1_000;
const BLOCK_BYTES = 262_144;
/** Text that waits for the disk. */
const QUEUE_BYTES = 67_108_864;
const RETRY_MS = 1_000;

export const TAPE_END = '.tape.zst';

type Lost = { records: number; fromMs: number; toMs: number; reason: TapeGap['reason'] };
type Block = {
  readonly lines: readonly string[];
  readonly chars: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly newFile: boolean;
};

const compress = promisify(zstdCompress);

export class TapeWriter implements AsyncDisposable {
  /** Since the start: dropped, and on disk with so many bytes. */
  dropped = 0;
  records = 0;
  bytes = 0;
  readonly #options: TapeWriterOptions;
  readonly #run = randomUUID().slice(0, 8);
  readonly #origin: { readonly wallMs: number; readonly monoMs: number };
  readonly #timer: Timer;
  #file = 0;
  #lines: string[] = [];
  #chars = 0;
  #waitingChars = 0;
  #firstMs = 0;
  #lastMs = 0;
  #newFile = false;
  #fileSince = 0;
  #fileBytes = 0;
  #queue: Block[] = [];
  #lost: Lost | null = null;
  #handle: FileHandle | null = null;
  /** Of the open file, and whether a whole block is in it. */
  #path = '';
  #isEmpty = true;
  #writing: Promise<void> | null = null;
  #fault: string | null = null;
  #disposed = false;

  constructor(options: TapeWriterOptions) {
    const { clock, flushMs = FLUSH_MS } = options;
    this.#options = options;
    this.#origin = { wallMs: clock.wallMs(), monoMs: clock.monoMs() };
    this.#beginFile();
    this.#timer = clock.every(flushMs, () => this.#cut());
  }

  /** Time of a record now: never before an earlier one. */
  nowMs(): number {
    return this.#origin.wallMs + (this.#options.clock.monoMs() - this.#origin.monoMs);
  }

  /** False: it was dropped. A text that rests on what the file has told already is given as a function: a new file asks for it once more. */
  write(source: TapeSource, name: string, raw: string | (() => string)): boolean {
    if (this.#disposed) return false;
    let text = typeof raw === 'string' ? raw : raw();
    const { blockBytes = BLOCK_BYTES, queueBytes = QUEUE_BYTES } = this.#options;
    const atMs = this.nowMs();
    if (this.#chars + this.#waitingChars + text.length > queueBytes) {
      this.#lose({ records: 1, fromMs: atMs, toMs: atMs, reason: 'queue-full' });
      return false;
    }
    const file = this.#file;
    if (this.#chars + text.length > blockBytes) this.#cut();
    if (this.#file !== file && typeof raw !== 'string') text = raw();
    this.#tellLost();
    this.#add(atMs, tapeLine({ atMs, source, name, raw: text }));
    return true;
  }

  /** Everything written so far is on disk, or the disk failed. */
  async flush(): Promise<void> {
    this.#cut();
    while (this.#writing !== null) await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#timer.cancel();
    this.#tellLost();
    this.#disposed = true;
    await this.flush();
    await this.#close();
  }

  #add(atMs: number, line: string): void {
    if (this.#lines.length === 0) this.#firstMs = atMs;
    this.#lastMs = atMs;
    this.#lines.push(line);
    this.#chars += line.length;
  }

  #cut(): void {
    if (this.#lines.length > 0) {
      const block = { lines: this.#lines, chars: this.#chars, firstMs: this.#firstMs, lastMs: this.#lastMs, newFile: this.#newFile };
      this.#queue.push(block);
      this.#waitingChars += block.chars;
      [this.#lines, this.#chars, this.#newFile] = [[], 0, false];
    }
    const { fileBytes, fileMs } = this.#options.limits;
    const isDue = this.#fileBytes >= fileBytes || this.nowMs() - this.#fileSince >= fileMs;
    if (isDue && !this.#disposed) this.#beginFile();
    this.#kick();
  }

  #kick(): void {
    if (this.#writing || this.#queue.length === 0) return;
    this.#writing = this.#drain().finally(() => {
      this.#writing = null;
      this.#kick();
    });
  }

  /** The next block is the first of a new file. */
  #beginFile(): void {
    const atMs = this.nowMs();
    this.#newFile = true;
    this.#fileSince = atMs;
    this.#fileBytes = 0;
    this.#file++;
    this.#add(atMs, this.#headLine(atMs));
    this.#options.begin?.(this);
  }

  #headLine(atMs: number): string {
    const { head } = this.#options;
    const told: TapeHead = { format: 1, ...head, ...this.#origin, run: this.#run, file: this.#file };
    return tapeLine({ atMs, source: 'head', name: head.process, raw: JSON.stringify(told) });
  }

  async #drain(): Promise<void> {
    for (let block = this.#queue.shift(); block; block = this.#queue.shift()) {
      const problem = await this.#put(block).then(() => null, sentenceOf);
      this.#waitingChars -= block.chars;
      if (problem !== null) await this.#failed(block, problem);
      else if (this.#fault !== null) this.#setFault(null);
    }
  }

  async #put({ lines: told, firstMs, lastMs, newFile }: Block): Promise<void> {
    const lines = this.#handle || newFile ? told : [this.#headLine(firstMs), ...told]; // after a failure in the middle of a file
    if (newFile || this.#handle === null) await this.#open(firstMs);
    const text = Buffer.from(lines.join(''), 'utf8');
    const frame = await compress(text);
    const bytes = Buffer.concat([headerOf({ textBytes: text.length, records: lines.length, firstMs, lastMs }, frame), frame]);
    for (let at = 0; at < bytes.length; ) at += (await this.#handle?.write(bytes, at))?.bytesWritten ?? 0;
    this.#isEmpty = false;
    this.#fileBytes += bytes.length;
    this.bytes += bytes.length;
    this.records += lines.length;
  }

  /** What could not be written is missing; whatever half of it is in the file, the next one begins anew. */
  async #failed({ lines, firstMs, lastMs }: Block, problem: string): Promise<void> {
    this.#lose({ records: lines.length, fromMs: firstMs, toMs: lastMs, reason: 'disk' });
    await this.#close().catch(() => undefined); // its data is lost already, and told
    if (this.#isEmpty && this.#path !== '') await rm(this.#path).catch(() => undefined); // a disk that stays full gathers no files
    this.#setFault(`Tape cannot be written: ${problem}`);
    this.#fileSince = Number.NEGATIVE_INFINITY;
    if (!this.#disposed) await this.#options.clock.sleep(RETRY_MS);
  }

  async #open(firstMs: number): Promise<void> {
    await this.#close();
    const { folder, head } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stamp = new Date(Math.floor(firstMs)).toISOString().replace(/[-:.]/g, '');
    const name = `${head.process}-${stamp}-${this.#run}-${String(this.#file).padStart(4, '0')}${TAPE_END}`;
    [this.#path, this.#isEmpty] = [join(folder, name), true];
    this.#handle = await open(this.#path, 'ax', 0o600);
    this.#dropOldest(name);
  }

  #dropOldest(current: string): void {
    const { folder, head, limits } = this.#options;
    const mine = readdirSync(folder).filter((name) => name.startsWith(`${head.process}-`) && name.endsWith(TAPE_END) && name !== current);
    const files = mine
      .sort()
      .map((name) => ({ path: join(folder, name), bytes: statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0 }));
    let total = files.reduce((sum, { bytes }) => sum + bytes, limits.fileBytes); // and room for the one that begins
    for (const { path, bytes } of files) {
      if (total <= limits.totalBytes) return;
      rmSync(path, { force: true });
      total -= bytes;
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  #lose(lost: Lost): void {
    this.dropped += lost.records;
    const before = this.#lost;
    this.#lost = before ? { ...before, records: before.records + lost.records, toMs: Math.max(before.toMs, lost.toMs) } : lost;
  }

  #tellLost(): void {
    const lost = this.#lost;
    if (lost === null) return;
    this.#lost = null;
    const atMs = this.nowMs();
    this.#add(atMs, tapeLine({ atMs, source: 'gap', name: lost.reason, raw: JSON.stringify({ ...lost, bytes: null } satisfies TapeGap) }));
  }

  #setFault(fault: string | null): void {
    if ((this.#fault === null) !== (fault === null)) this.#options.onFault?.(fault);
    this.#fault = fault;
  }
}

const sentenceOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));
