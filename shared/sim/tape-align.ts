/**
 * Puts a tape on exchange time. The recorder's clock may be off by seconds, so receive times are shifted by one constant: the median of
 * (event time - receive time) over the first messages. After the shift times never go back. Also names the symbol of collector snapshots.
 */
import type { TapeFrame } from './market.ts';
import type { LineProblem, TapeLine } from './tape.ts';
import { problem } from './tape-frame.ts';
import { ScannedDepth } from './tape-quick.ts';

const SAMPLE = 200;
/** Frames held back at most while event times are too rare to fill the sample. */
const HELD_MAX = 2_000;

export class TapeAligner {
  #held: TapeLine[] = [];
  #offsets: number[] = [];
  #offsetMs: number | null = null;
  #nowMs = Number.NEGATIVE_INFINITY;
  readonly #symbols = new Set<string>();

  /** Milliseconds added to receive times; null while still sampling. */
  get offsetMs(): number | null {
    return this.#offsetMs;
  }

  /** Takes a line in and returns the frames that are ready, in order. */
  push(line: TapeLine): readonly TapeFrame[] | LineProblem {
    if (line.frame.symbol !== '') this.#symbols.add(line.frame.symbol);
    if (this.#offsetMs !== null) return this.#ready(line, this.#offsetMs);
    this.#held.push(line);
    if (line.eventMs !== null) this.#offsets.push(line.eventMs - line.frame.atMs);
    return this.#offsets.length < SAMPLE && this.#held.length < HELD_MAX ? [] : this.end();
  }

  /** Releases what is held: the tape is over, or the sample complete. */
  end(): readonly TapeFrame[] | LineProblem {
    this.#offsetMs ??= medianOf(this.#offsets);
    const held = this.#held;
    this.#held = [];
    const frames: TapeFrame[] = [];
    for (const line of held) {
      const ready = this.#ready(line, this.#offsetMs);
      if ('problem' in ready) return ready;
      frames.push(...ready);
    }
    return frames;
  }

  #ready({ frame }: TapeLine, offsetMs: number): readonly TapeFrame[] | LineProblem {
    this.#nowMs = Math.max(this.#nowMs, frame.atMs + offsetMs);
    if (frame instanceof ScannedDepth) return [frame.at(this.#nowMs)];
    if (frame.symbol !== '') return [{ ...frame, atMs: this.#nowMs }];
    const [symbol, other] = this.#symbols;
    if (symbol === undefined || other !== undefined)
      return problem(`a depth snapshot names no symbol and the tape has ${this.#symbols.size}: exactly one is needed to tell whose it is`);
    return [{ ...frame, symbol, atMs: this.#nowMs }];
  }
}

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
