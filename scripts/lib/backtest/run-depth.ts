/** A recording of a book through the backtest, piece by piece: memory does not grow with the file. */
import { basename } from 'node:path';
import { makeInstrument } from '../../../shared/instrument.ts';
import { nearestInstrument } from '../../../shared/sim/instruments.ts';
import type { Level, TapeFrame } from '../../../shared/sim/market.ts';
import type { QueueModelName } from '../../../shared/sim/queue.ts';
import type { Snapshot } from '../../../shared/sim/replay-market.ts';
import { readTape, readTapePieces, TapeProblem } from '../../sim/tape-file.ts';
import { DepthEngine } from './depth-engine.ts';
import type { DepthOptions, DepthSymbol } from './depth-options.ts';
import { dataHash, effectiveHash } from './fingerprint.ts';
import { nothingTraded } from './prepare.ts';
import { type BacktestResult, type GapRow, RESULT_SCHEMA, type RunMeta } from './result.ts';

export type DepthRun = {
  readonly options: DepthOptions;
  readonly file: string;
  /** Exclusive; null: to the end of the data. */
  readonly toMs: number | null;
  readonly build: string;
  readonly assumptions: Readonly<Record<string, string>>;
};

/** Frames looked at for the contract and its first snapshot. */
const PROBED = 200_000;
/** Without any frame for this long something is missing. */
const SILENT_MS = 5_000;

/** Throws TapeProblem and Problem. */
export async function runDepth(run: DepthRun): Promise<BacktestResult> {
  const { options, file, toMs, build, assumptions } = run;
  const engine = new DepthEngine(options);
  const seen = new Watch(options);
  const symbols = new Set(options.symbols.map(({ instrument }) => instrument.symbol));
  const isOver = ({ atMs }: TapeFrame): boolean => toMs !== null && atMs >= toMs;
  reading: for await (const frames of readTapePieces(file)) {
    for (const frame of frames) {
      if (isOver(frame)) break reading;
      if (!symbols.has(frame.symbol)) {
        seen.stranger(frame);
        continue;
      }
      seen.frame(frame);
      engine.give(frame);
      engine.advance(frame.atMs);
    }
  }
  if (seen.lastMs < options.fromMs) throw nothingTraded({ fromMs: options.fromMs, endMs: seen.lastMs });
  for (const gap of seen.allGaps()) engine.tally.gaps.push(gap);
  const meta: RunMeta = {
    ...{
      schema: RESULT_SCHEMA,
      kind: 'depth' as const,
      configHash: effectiveHash(options.config),
      dataHash: await dataHash([file]),
      build,
    },
    ...{ seed: options.seed, fromMs: options.fromMs, toMs: seen.lastMs, records: seen.count },
    ...{ files: [basename(file)], assumptions: { ...assumptions, ...seen.leftOut() } },
  };
  return engine.tally.result({ meta, ...engine.ending() });
}

/** What passes by, for holes: breaks in the chain of differences, and long silences of everything or of the depth alone. */
export class Watch {
  readonly #gaps: GapRow[] = [];
  count = 0;
  lastMs: number;
  readonly #startMs: number;
  readonly #chains: Map<string, { readonly last: number | null; readonly atMs: number }>;
  readonly #strangers = new Map<string, number>();

  constructor({ startMs, symbols }: Pick<DepthOptions, 'startMs' | 'symbols'>) {
    this.lastMs = startMs;
    this.#startMs = startMs;
    this.#chains = new Map(symbols.map(({ instrument }) => [instrument.symbol, { last: null, atMs: startMs }]));
  }

  /** Of a symbol that was not asked for. */
  stranger({ symbol }: TapeFrame): void {
    this.#strangers.set(symbol, (this.#strangers.get(symbol) ?? 0) + 1);
  }

  leftOut(): Readonly<Record<string, string>> {
    const parts = [...this.#strangers].map(([symbol, count]) => `${count} frames of ${symbol}`);
    return parts.length === 0 ? {} : { 'left out': parts.join(', ') };
  }

  /** To be asked for at the end. */
  allGaps(): readonly GapRow[] {
    for (const [symbol, { atMs }] of this.#chains) this.#quiet(symbol, { fromMs: atMs, toMs: this.lastMs });
    return this.#gaps;
  }

  frame(frame: TapeFrame): void {
    const { symbol, atMs } = frame;
    const silent = this.count > 0 && atMs - this.lastMs > SILENT_MS;
    if (silent) this.#gaps.push({ symbol, fromMs: this.lastMs, toMs: atMs, what: 'nothing was received' });
    this.count += 1;
    this.lastMs = Math.max(this.lastMs, atMs);
    if (frame.kind !== 'depth') return;
    const before = this.#chains.get(symbol);
    if (before && !silent) this.#quiet(symbol, { fromMs: before.atMs, toMs: atMs });
    if (before && before.last !== null && frame.previous !== before.last && atMs >= this.#startMs)
      this.#gaps.push({ symbol, fromMs: before.atMs, toMs: atMs, what: 'the chain of depth updates is broken' });
    this.#chains.set(symbol, { last: frame.last, atMs });
  }

  #quiet(symbol: string, hole: { readonly fromMs: number; readonly toMs: number }): void {
    if (hole.toMs - hole.fromMs > SILENT_MS) this.#gaps.push({ symbol, ...hole, what: 'no depth was received' });
  }
}

/** `startMs`: the first record; `knownMs`: from here on every book is known. */
export type Probed = { readonly symbols: readonly DepthSymbol[]; readonly startMs: number; readonly knownMs: number };

/** The contracts asked for as the recording's own snapshots show them; trading begins with the last of these. Throws TapeProblem. */
export async function probeTape(
  file: string,
  asked: { readonly symbols: readonly string[]; readonly queueModel: QueueModelName },
): Promise<Probed> {
  const snapshots = new Map<string, Snapshot>();
  let [frames, startMs] = [0, 0];
  for await (const frame of readTape(file)) {
    if (frames === 0) startMs = frame.atMs;
    if (frame.kind === 'snapshot' && asked.symbols.includes(frame.symbol) && !snapshots.has(frame.symbol))
      snapshots.set(frame.symbol, frame);
    if (snapshots.size === asked.symbols.length || ++frames > PROBED) break;
  }
  const symbols = asked.symbols.map((symbol) => {
    const snapshot = snapshots.get(symbol);
    if (!snapshot) throw new TapeProblem(`${file}: holds no depth snapshot of ${symbol}`);
    return depthSymbol(snapshot, asked.queueModel);
  });
  return { symbols, startMs, knownMs: Math.max(...[...snapshots.values()].map(({ atMs }) => atMs)) };
}

function depthSymbol(snapshot: Snapshot, queueModel: QueueModelName): DepthSymbol {
  const levels = [...snapshot.bids, ...snapshot.asks];
  const spec = nearestInstrument(snapshot.symbol, finest(levels, 0), finest(levels, 1));
  const instrument = typeof spec === 'string' ? spec : makeInstrument(spec);
  if (typeof instrument === 'string') throw new TapeProblem(instrument);
  const startPrice = (Number(snapshot.bids[0]?.[0] ?? snapshot.asks[0]?.[0]) + Number(snapshot.asks[0]?.[0] ?? snapshot.bids[0]?.[0])) / 2;
  return { instrument, market: { kind: 'replay', instrument, snapshot, history: [], startPrice, queueModel, lean: true } };
}

/** Decimals that carry digits. */
const finest = (levels: readonly Level[], n: 0 | 1): number =>
  levels.reduce((most, level) => Math.max(most, level[n].replace(/^[^.]*\.?/, '').replace(/0+$/, '').length), 0);
