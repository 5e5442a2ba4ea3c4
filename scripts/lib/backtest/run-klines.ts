/** Reads the K-line files of a backtest together, bar by bar in order of time, and runs it. Memory does not grow with the files. */
import { basename } from 'node:path';
import type { FileBar } from './bar-file.ts';
import { readBars } from './bar-file.ts';
import { dataHash, effectiveHash } from './fingerprint.ts';
import { KlineEngine } from './kline-engine.ts';
import type { KlineOptions } from './kline-options.ts';
import { nothingTraded } from './prepare.ts';
import { type BacktestResult, RESULT_SCHEMA, type RunMeta } from './result.ts';

export type KlineRun = {
  readonly options: KlineOptions;
  /** One for each symbol, in their order. */
  readonly files: readonly string[];
  /** Exclusive; null: to the end of the data. */
  readonly toMs: number | null;
  readonly build: string;
  readonly assumptions: Readonly<Record<string, string>>;
  /** Told now and then how far it is. */
  readonly onProgress?: (atMs: number) => void;
  /** Of the files, where they were read before: bars of each in the order of `files`, and the hash of their content. */
  readonly atHand?: KlinesAtHand;
};
export type KlinesAtHand = { readonly bars: readonly (readonly FileBar[])[]; readonly dataHash: string };

/** Throws TapeProblem and Problem. */
export async function runKlines(run: KlineRun): Promise<BacktestResult> {
  const { options, files, build, assumptions } = run;
  const engine = new KlineEngine(options);
  const endMs = await playBars(run, engine);
  if (endMs <= options.fromMs) throw nothingTraded({ fromMs: options.fromMs, endMs });
  const meta: RunMeta = {
    ...{
      schema: RESULT_SCHEMA,
      kind: 'klines' as const,
      configHash: effectiveHash(options.config),
      dataHash: run.atHand?.dataHash ?? (await dataHash(files)),
      build,
    },
    ...{ seed: options.seed, fromMs: options.fromMs, toMs: endMs, records: engine.bars },
    ...{ files: files.map((file) => basename(file)), assumptions },
  };
  return engine.tally.result({ meta, ...engine.ending() });
}

/** Time at which the last bar has closed. */
async function playBars(run: KlineRun, engine: KlineEngine): Promise<number> {
  const { options, files, atHand } = run;
  const cursors = options.symbols.map(({ instrument }, n) => {
    const bars = atHand?.bars[n];
    return new Cursor(instrument.symbol, bars ? inOnePiece(bars) : readBars(files[n] ?? '', instrument));
  });
  try {
    return await playAll(run, { engine, cursors });
  } finally {
    for (const cursor of cursors) await cursor.close(); // files that were not read to their end
  }
}

type Playing = { readonly engine: KlineEngine; readonly cursors: readonly Cursor[] };

async function playAll({ options, toMs, onProgress }: KlineRun, { engine, cursors }: Playing): Promise<number> {
  for (let endMs = 0; ; ) {
    for (const cursor of cursors) if (cursor.head === null) await cursor.fill();
    const openMs = Math.min(...cursors.map(({ head }) => head?.openMs ?? Number.POSITIVE_INFINITY));
    if (openMs === Number.POSITIVE_INFINITY || (toMs !== null && openMs >= toMs)) return endMs;
    endMs = takeWhile(cursors, { engine, openMs, toMs }) + options.barMs;
    onProgress?.(endMs);
  }
}

type Taking = { readonly engine: KlineEngine; readonly openMs: number; readonly toMs: number | null };

/** As long as every file that goes on has a bar at hand; the open time of the last one. */
function takeWhile(cursors: readonly Cursor[], { engine, openMs, toMs }: Taking): number {
  const bars = new Map<string, FileBar>();
  for (let [atMs, last] = [openMs, openMs]; ; ) {
    bars.clear();
    for (const cursor of cursors) {
      const { head } = cursor;
      if (head?.openMs !== atMs) continue;
      bars.set(cursor.symbol, head);
      cursor.shift();
    }
    engine.take({ openMs: atMs, bars });
    last = atMs;
    atMs = Number.POSITIVE_INFINITY;
    for (const { head, ended } of cursors) {
      if (head === null && !ended) return last;
      if (head !== null && head.openMs < atMs) atMs = head.openMs;
    }
    if (atMs === Number.POSITIVE_INFINITY || (toMs !== null && atMs >= toMs)) return last;
  }
}

async function* inOnePiece(bars: readonly FileBar[]): AsyncGenerator<readonly FileBar[], void, void> {
  yield bars;
}

class Cursor {
  readonly symbol: string;
  ended = false;
  readonly #pieces: AsyncGenerator<readonly FileBar[], void, void>;
  #piece: readonly FileBar[] = [];
  #at = 0;

  constructor(symbol: string, pieces: AsyncGenerator<readonly FileBar[], void, void>) {
    this.symbol = symbol;
    this.#pieces = pieces;
  }

  get head(): FileBar | null {
    return this.#piece[this.#at] ?? null;
  }

  async close(): Promise<void> {
    await this.#pieces.return();
  }

  shift(): void {
    this.#at += 1;
  }

  async fill(): Promise<void> {
    if (this.ended) return;
    const next = await this.#pieces.next();
    if (next.done) this.ended = true;
    else [this.#piece, this.#at] = [next.value, 0];
  }
}
