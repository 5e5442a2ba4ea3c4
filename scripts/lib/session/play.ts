/**
 * Plays a recorded session through the backtester. The venue lives by the times at which it made its messages, the gateway by those at
 * which it received them: no snapshot shows anything that was not received by then. Memory is bounded by a few seconds of the tape.
 */
import type { TapeRecord } from '../../../shared/tape.ts';
import type { TapeFrame } from '../../../shared/sim/market.ts';
import { frameAt } from '../../../shared/sim/tape-quick.ts';
import { DepthEngine } from '../backtest/depth-engine.ts';
import type { DepthOptions, Ways } from '../backtest/depth-options.ts';
import type { Remembered } from '../../../brain/step.ts';
import { rememberedOf, type Start } from '../replay/brain.ts';
import { lineOf, Weave } from '../../sim/own-tape.ts';
import { CommandLog, type LoggedCommand } from './command-log.ts';
import { MadeTimes } from './feed-seen.ts';
import { Footprint } from './footprint.ts';
import { HeardBooks } from './heard-books.ts';
import { recordsOfSession } from './read-session.ts';
import type { Session } from './session.ts';

export type Playing = {
  readonly session: Session;
  readonly options: Omit<DepthOptions, 'recorded'>;
  readonly ways: Ways;
  /** When a snapshot of that number is decided on; null: never. */
  readonly look: (snapshot: { readonly atMs: number; readonly epoch: number; readonly seq: number }) => number | null;
};

/** A market message that is on its way for longer comes to the venue of the backtest late. */
const AHEAD_MS = 3_000;
/** Of one moment: trades before the best prices that they left, and those before the levels behind. */
const AFTER_MS = { trade: 0, kline: 0, best: 0.001, depth: 0.002, snapshot: 0.002 } as const;

export type Played = { readonly engine: DepthEngine; readonly commands: readonly LoggedCommand[]; readonly records: number };

export async function play(playing: Playing): Promise<Played> {
  const { session, options, ways } = playing;
  const books = new HeardBooks(session.instruments);
  const log = new CommandLog(session.instruments);
  const engine = new DepthEngine({
    ...options,
    recorded: {
      ways,
      books,
      remembered: rememberedBy(session),
      onSent: (...sent) => log.sent(...sent),
      onActed: (...acted) => log.acted(...acted),
    },
  });
  const player = new Player({ ...playing, engine, books });
  let count = 0;
  for await (const records of recordsOfSession(session)) {
    count += records.length;
    for (const record of records) if (record.atMs <= session.endMs) player.take(record);
    const reachedMs = records.at(-1)?.atMs ?? 0;
    engine.advance(Math.max(options.startMs, reachedMs - AHEAD_MS));
  }
  engine.advance(session.endMs);
  return { engine, commands: log.commands, records: count };
}

const rememberedBy = ({ remembered, firstMs }: Session): Remembered | null =>
  remembered === null ? null : rememberedOf(JSON.parse(remembered) as Start, firstMs);

type Parts = Playing & { readonly engine: DepthEngine; readonly books: HeardBooks };

class Player {
  readonly #parts: Parts;
  readonly #weave = new Weave();
  readonly #made: MadeTimes;
  readonly #footprint: Footprint | null;
  readonly #symbols: ReadonlySet<string>;

  constructor(parts: Parts) {
    const { session, options } = parts;
    this.#parts = parts;
    this.#made = new MadeTimes(session);
    this.#footprint = session.inPublic ? new Footprint(session) : null;
    this.#symbols = new Set(options.symbols.map(({ instrument }) => instrument.symbol));
  }

  take(record: TapeRecord): void {
    const { engine, books } = this.#parts;
    const { agenda } = engine.venue.exchange;
    this.#market(record);
    if (record.source === 'published') this.#publish(record);
    else agenda.at(record.atMs, () => books.take(record));
  }

  #publish({ raw, atMs }: TapeRecord): void {
    const { engine, books, look } = this.#parts;
    const stamp = JSON.parse(raw) as { readonly epoch: number; readonly seq: number };
    engine.venue.exchange.agenda.at(atMs, () => {
      for (const { symbol, trade } of books.trades()) engine.tell(symbol, [trade]);
      engine.publish(look({ atMs, ...stamp }));
    });
  }

  #market(record: TapeRecord): void {
    if (record.source === 'head') this.#weave.begin(record);
    const line = record.source === 'connection' ? null : lineOf(record);
    if (line === 'skip' || (line && 'problem' in line)) return;
    for (const ready of line ? this.#weave.take(line, record.name) : this.#weave.connection(record)) {
      const atMs = this.#made.of(ready);
      const frame = this.#footprint ? this.#footprint.without(ready.frame, atMs) : ready.frame;
      if (frame && this.#symbols.has(frame.symbol)) this.#give(frame, atMs + AFTER_MS[frame.kind]);
    }
  }

  #give(frame: TapeFrame, atMs: number): void {
    const { engine, options } = this.#parts;
    engine.give(frameAt(frame, Math.max(atMs, options.startMs, engine.venue.nowMs)));
  }
}
