/** Own fills in order of number and each once, from the stream while it goes on without a hole, else from the gateway's ledger. */
import { FillsAnswer, type PositionsAnswer } from '../../shared/command.ts';
import type { Log } from '../../shared/log.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { FillBook } from '../portfolio/position.ts';

export type FillReaderOptions = {
  /** Data of the answer to `query fills`; null when there is none. */
  readonly ask: (range: { readonly after: number; readonly limit: number }) => Promise<unknown>;
  readonly log: Log;
};

const AT_ONCE = 200;

export class FillReader {
  readonly #options: FillReaderOptions;
  readonly #book = new FillBook();
  /** Number of the newest fill read; null before the first `begin`. */
  #seq: number | null = null;
  #ready: FillDoc[] = [];
  #fees: FillDoc[] = [];
  #reading = false;
  #turn = 0;

  constructor(options: FillReaderOptions) {
    this.#options = options;
  }

  /** Number of the newest fill counted in `position`. */
  get fillSeq(): number | null {
    return this.#book.fillSeq;
  }

  /** By the fills read; null while it is not known. */
  position(symbol: string): string | null {
    return this.#book.position(symbol);
  }

  /** At each hello. `counted`: the newest fill that the sub-ledgers hold; numbers that went back belong to another ledger. */
  begin(answer: PositionsAnswer, counted: number | null): void {
    this.#book.rebase(answer);
    const from = this.#seq ?? counted ?? answer.fillSeq;
    this.#seq = Math.min(from, answer.fillSeq);
    if (from > answer.fillSeq) this.#ready = [];
  }

  add(fills: readonly FillDoc[]): void {
    for (const fill of fills) {
      if (this.#seq === null || fill.n !== this.#seq + 1) continue;
      this.#seq = fill.n;
      this.#book.add(fill);
      this.#ready.push(fill);
    }
  }

  /** Those not taken yet, up to a number: what is newer than a snapshot is not in its position. */
  take(upTo: number): readonly FillDoc[] {
    const taken = this.#ready.filter(({ n }) => n <= upTo);
    if (taken.length > 0) this.#ready = this.#ready.filter(({ n }) => n > upTo);
    return taken;
  }

  /** Fills taken earlier, with fees that were told meanwhile. */
  takeFees(): readonly FillDoc[] {
    const taken = this.#fees;
    if (taken.length > 0) this.#fees = [];
    return taken;
  }

  isBehind(fillSeq: number): boolean {
    return this.#seq !== null && this.#seq < fillSeq;
  }

  /** Asks the gateway for what the stream did not tell; one such reading is under way at a time. */
  async catchUp(wanted: () => number): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.isBehind(wanted())) if (!(await this.#askNext())) break;
    } catch (error) {
      this.#options.log.warn({ problem: error instanceof Error ? error.message : String(error) }, 'Fills not read: trying again');
    } finally {
      this.#reading = false;
    }
  }

  /** Asks for fees that were not known when the fills were told; each time from another one on. */
  async askFees(owed: readonly number[]): Promise<void> {
    if (owed.length === 0) return;
    const from = owed[this.#turn++ % owed.length] ?? 0;
    const answer = FillsAnswer.safeParse(await this.#options.ask({ after: from - 1, limit: AT_ONCE }));
    const wanted = new Set(owed);
    if (answer.success) this.#fees.push(...answer.data.fills.filter(({ n, fee }) => fee !== null && wanted.has(n)));
  }

  async #askNext(): Promise<boolean> {
    const before = this.#seq ?? 0;
    const answer = FillsAnswer.safeParse(await this.#options.ask({ after: before, limit: AT_ONCE }));
    if (answer.success) this.add(answer.data.fills);
    return this.#seq !== null && this.#seq > before;
  }
}
