/** Reads recordings from disk: gunzip, lines, frames. What is wrong with a file is one line with file and line number. */
import type { Level, TapeFrame } from '../../shared/sim/market.ts';
import { detectFormat, type LineProblem, parseTapeLine, type TapeFormat } from '../../shared/sim/tape.ts';
import { TapeAligner } from '../../shared/sim/tape-align.ts';
import type { TapeRecord } from '../../shared/tape.ts';
import { TapeFault } from '../../shared/io/tape-reader.ts';
import { lineOf, Weave } from './own-tape.ts';
import { isOwnTape, readTapes } from './tape-folder.ts';
import { readLines } from './tape-lines.ts';

/** One line for a person: file, line number, what is wrong. */
export class TapeProblem extends Error {
  override readonly name = 'TapeProblem';
}

export type TapeSymbol = {
  readonly symbol: string;
  readonly frames: number;
  /** Decimals that carry digits anywhere in depth and trades: '61800.20' counts 1. */
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
  /** Last best bid and ask the recording told, as sent; null when it has no best-price stream for this symbol. */
  readonly lastBest: { readonly bid: Level; readonly ask: Level } | null;
};

export type TapeScan = {
  readonly format: TapeFormat | 'tape';
  /** In order of first appearance. */
  readonly symbols: readonly TapeSymbol[];
  /** Exchange-aligned, as the frames are. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly frames: number;
  readonly counts: Readonly<Record<TapeFrame['kind'], number>>;
};

/** Yields frames in receive order, aligned to exchange time; throws TapeProblem, but only after all that was readable. */
export async function* readTape(file: string): AsyncGenerator<TapeFrame, void, void> {
  for await (const batch of readBatches(file)) yield* batch.frames;
}

/** The same, as many frames at a time as one piece of the file held: not every frame is worth a turn of the event loop. */
export async function* readTapePieces(file: string): AsyncGenerator<readonly TapeFrame[], void, void> {
  for await (const { frames } of readBatches(file)) yield frames;
}

/** Reads the whole tape once and tells what is in it; throws TapeProblem. */
export async function scanTape(file: string): Promise<TapeScan> {
  const seen = new Map<string, Seen>();
  const counts = { depth: 0, best: 0, trade: 0, kline: 0, snapshot: 0 };
  let [format, firstMs, lastMs, total]: [TapeScan['format'], number, number, number] = ['collector', 0, 0, 0];
  for await (const batch of readBatches(file)) {
    format = batch.format;
    for (const frame of batch.frames) {
      if (total === 0) firstMs = frame.atMs;
      lastMs = frame.atMs;
      total += 1;
      counts[frame.kind] += 1;
      note(seen, frame);
    }
  }
  if (total === 0) throw new TapeProblem(`${file}: holds no market data`);
  const symbols = [...seen].map(([symbol, { best, ...rest }]) => ({ symbol, ...rest, lastBest: best === null ? null : bestOf(best) }));
  return { format, symbols, firstMs, lastMs, frames: total, counts };
}

type Batch = { readonly format: TapeFormat | 'tape'; readonly frames: readonly TapeFrame[] };

/** A batch is what one piece of the file completed, so that a long tape costs few turns of the event loop. */
async function* readBatches(file: string): AsyncGenerator<Batch, void, void> {
  if (isOwnTape(file)) return yield* readOwn(file);
  const decoder = new Decoder();
  for await (const piece of readLines(file)) {
    let wrong = decoder.take(piece.lines) ?? decoder.where(piece.problem);
    if (piece.last || wrong !== null) wrong = decoder.end(wrong);
    const frames = decoder.drain();
    if (decoder.format !== null && frames.length > 0) yield { format: decoder.format, frames };
    if (wrong !== null) throw new TapeProblem(`${file}: ${wrong}`);
  }
}

/** Of a tape of our own, a file or a folder; a gap in it ends the reading with a problem, after all that came before. */
async function* readOwn(file: string): AsyncGenerator<Batch, void, void> {
  const decoder = new Decoder();
  try {
    for await (const records of readTapes(file, { only: (name) => !name.startsWith('brain-') })) {
      const wrong = decoder.takeRecords(records);
      const frames = decoder.drain();
      if (frames.length > 0) yield { format: 'tape', frames };
      if (wrong !== null) throw new TapeProblem(`${file}: ${wrong}`);
    }
  } catch (fault) {
    throw fault instanceof TapeFault ? new TapeProblem(fault.message) : fault;
  }
  const wrong = decoder.end(null);
  const frames = decoder.drain();
  if (frames.length > 0) yield { format: 'tape', frames };
  if (wrong !== null) throw new TapeProblem(`${file}: ${wrong}`);
}

/** Streams that are received side by side are written down a little out of order; more is a file that was put together wrongly. */
const BACK_MS_MAX = 1_000;

class Decoder {
  format: TapeFormat | null = null;
  #lineNumber = 0;
  /** Newest time of a line so far. */
  #receivedMs = Number.NEGATIVE_INFINITY;
  #frames: TapeFrame[] = [];
  readonly #aligner = new TapeAligner();
  readonly #weave = new Weave();

  /** Stops at the first line that is wrong and tells what is; null when all is well. */
  take(lines: readonly string[]): string | null {
    for (const line of lines) {
      this.#lineNumber += 1;
      this.format ??= detectFormat(line);
      if (this.format === null) return this.where('neither a raw collector nor a JSON-lines recording');
      const parsed = parseTapeLine(this.format, line, this.#lineNumber);
      if (parsed === 'skip') continue;
      if ('problem' in parsed) return parsed.problem;
      const backMs = this.#receivedMs - parsed.frame.atMs;
      if (backMs > BACK_MS_MAX) return this.where(`was received ${backMs.toFixed(0)} ms before a line above it: lines are to be in order`);
      this.#receivedMs = Math.max(this.#receivedMs, parsed.frame.atMs);
      const wrong = this.#keep(this.#aligner.push(parsed));
      if (wrong !== null) return wrong;
    }
    return null;
  }

  takeRecords(records: readonly TapeRecord[]): string | null {
    for (const record of records) {
      this.#lineNumber += 1;
      if (record.source === 'head') this.#weave.begin(record);
      if (record.source === 'gap') return this.end(`record ${this.#lineNumber}: records are missing (${record.name}): ${record.raw}`);
      const line = record.source === 'connection' ? null : lineOf(record);
      if (line === 'skip') continue;
      if (line && 'problem' in line) return `record ${this.#lineNumber}: ${line.problem}`;
      for (const ready of line ? this.#weave.take(line, record.name) : this.#weave.connection(record)) {
        const wrong = this.#keep(this.#aligner.push(ready));
        if (wrong !== null) return wrong;
      }
    }
    return null;
  }

  /** Releases held frames; `wrong` is what was found before and stays the problem to tell. */
  end(wrong: string | null): string | null {
    const late = this.#keep(this.#aligner.end());
    return wrong ?? late;
  }

  drain(): readonly TapeFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  where(what: string | null): string | null {
    if (what === null || this.#lineNumber === 0) return what;
    return `line ${this.#lineNumber}: ${what}`;
  }

  #keep(ready: readonly TapeFrame[] | LineProblem): string | null {
    if ('problem' in ready) return this.where(ready.problem);
    for (const frame of ready) this.#frames.push(frame);
    return null;
  }
}

type Seen = { frames: number; priceDecimals: number; qtyDecimals: number; best: string | null };

function note(seen: Map<string, Seen>, frame: TapeFrame): void {
  const symbol = seen.get(frame.symbol) ?? { frames: 0, priceDecimals: 0, qtyDecimals: 0, best: null };
  seen.set(frame.symbol, symbol);
  symbol.frames += 1;
  if (frame.kind === 'best') symbol.best = frame.raw;
  if (frame.kind === 'trade') noteLevel(symbol, [frame.price, frame.size]);
  if (frame.kind !== 'depth' && frame.kind !== 'snapshot') return;
  for (const level of frame.bids) noteLevel(symbol, level);
  for (const level of frame.asks) noteLevel(symbol, level);
}

function noteLevel(symbol: Seen, [price, size]: Level): void {
  symbol.priceDecimals = Math.max(symbol.priceDecimals, usedDecimals(price));
  symbol.qtyDecimals = Math.max(symbol.qtyDecimals, usedDecimals(size));
}

/** Decimals without trailing zeros, without making a string: a scan asks millions of times. */
function usedDecimals(text: string): number {
  const dot = text.indexOf('.');
  if (dot < 0) return 0;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end -= 1;
  return end - dot - 1;
}

function bestOf(raw: string): { readonly bid: Level; readonly ask: Level } {
  const { b = '', B = '', a = '', A = '' }: Readonly<Record<string, string>> = JSON.parse(raw);
  return { bid: [b, B], ask: [a, A] };
}
