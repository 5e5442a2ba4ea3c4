/** How far a sweep is, on a terminal: what earlier runs have left counts for nothing in the time that is left. */
import { progressLine, progressText } from '../progress.ts';

export class Progress implements Disposable {
  readonly #line = progressLine();
  readonly #startedAt = performance.now();
  readonly #total: number;
  #done = 0;
  #known = 0;

  constructor(total: number) {
    this.#total = total;
  }

  done({ known }: { readonly known: boolean }): void {
    this.#done += 1;
    if (known) this.#known += 1;
    const told = `${this.#done} of ${this.#total} trials${this.#known > 0 ? `, ${this.#known} known` : ''}`;
    const [done, total] = [this.#done - this.#known, this.#total - this.#known];
    this.#line.show(progressText({ done, total, tookMs: performance.now() - this.#startedAt }, told));
  }

  /** A line that stays. */
  say(line: string): void {
    this.#line.end();
    process.stderr.write(`${line}\n`);
  }

  [Symbol.dispose](): void {
    this.#line.end();
  }
}
