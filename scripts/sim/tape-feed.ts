/** Feeds a recording to the exchange a little ahead of its time; memory stays bounded however long the tape. */
import type { Exchange } from '../../shared/sim/exchange.ts';
import type { TapeFrame } from '../../shared/sim/market.ts';
import type { Snapshot } from '../../shared/sim/replay-market.ts';
import { readTape, TapeProblem } from './tape-file.ts';

const AHEAD_MAX = 4_000;

export type ReplayState = { readonly ended: boolean; readonly sent: number; readonly total: number };

export class TapeFeed {
  readonly #options: { readonly file: string; readonly exchange: Exchange; readonly shiftMs: number; readonly total: number };
  #sent = 0;
  #scheduled = 0;
  #read = false;
  #stopped = false;
  #roomMade: (() => void) | null = null;
  #scheduledToMs = Number.NEGATIVE_INFINITY;
  #more: (() => void) | null = null;

  constructor(options: { readonly file: string; readonly exchange: Exchange; readonly shiftMs: number; readonly total: number }) {
    this.#options = options;
  }

  state(): ReplayState {
    return { ended: this.#read && this.#sent === this.#scheduled, sent: this.#sent, total: this.#options.total };
  }

  /** Reads to the end of the tape, waiting whenever it is far enough ahead. */
  async run(): Promise<void> {
    for await (const frame of readTape(this.#options.file)) {
      if (this.#stopped) return;
      this.#schedule(frame);
      if (this.#scheduled - this.#sent >= AHEAD_MAX) await this.#room();
    }
    this.#read = true;
    this.#more?.();
  }

  /** How far stepped time may go, at most to `untilMs`: all frames up to there are on the agenda. Waits for the disk. */
  async reach(untilMs: number): Promise<number> {
    while (!this.#read && !this.#stopped && this.#scheduledToMs < untilMs && this.#scheduled - this.#sent < AHEAD_MAX) {
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    }
    return this.#read || this.#stopped ? untilMs : Math.min(untilMs, this.#scheduledToMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#roomMade?.();
    this.#more?.();
  }

  #schedule(frame: TapeFrame): void {
    this.#scheduled++;
    const onDone = (): void => {
      this.#sent++;
      if (this.#scheduled - this.#sent <= AHEAD_MAX / 2) this.#roomMade?.();
    };
    this.#scheduledToMs = frame.atMs + this.#options.shiftMs;
    this.#options.exchange.schedule({ frame, atMs: this.#scheduledToMs, onDone });
    this.#more?.();
  }

  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#roomMade = resolve;
    });
    this.#roomMade = null;
  }
}

/** The first recorded snapshot of each symbol. */
export async function findSnapshots(file: string, symbols: readonly string[]): Promise<ReadonlyMap<string, Snapshot>> {
  const found = new Map<string, Snapshot>();
  for await (const frame of readTape(file)) {
    if (frame.kind === 'snapshot' && !found.has(frame.symbol)) found.set(frame.symbol, frame);
    if (symbols.every((symbol) => found.has(symbol))) return found;
  }
  const missing = symbols.filter((symbol) => !found.has(symbol));
  throw new TapeProblem(`${file}: has no depth snapshot of ${missing.join(', ')}, so its book cannot be rebuilt`);
}
