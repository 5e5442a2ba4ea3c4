/** The mid some time after each fill, as it was known then; null where the data is too coarse or ends before. */
import { MARKOUT_MS } from './result.ts';

type Waiting = { readonly dueMs: number; readonly after: (string | null)[] };
/** What was last seen may be this old, or this share of the time asked for, whichever is more. */
const AGE_MS = 50;
const AGE_SHARE = 0.1;

/** Of one symbol. */
export class Markouts {
  readonly #queues: readonly Waiting[][] = MARKOUT_MS.map(() => []);
  /** Mids that somebody waits for. */
  #waiting = 0;
  #atMs = Number.NEGATIVE_INFINITY;
  #mid: string | null = null;

  /** The list is filled in as the mids come. */
  begin(atMs: number): readonly (string | null)[] {
    const after: (string | null)[] = MARKOUT_MS.map(() => null);
    for (const [n, ms] of MARKOUT_MS.entries()) this.#queues[n]?.push({ dueMs: atMs + ms, after });
    this.#waiting += MARKOUT_MS.length;
    return after;
  }

  /** `mid` makes its text only when somebody waits for it. */
  onMid(atMs: number, mid: () => string): void {
    this.#resolve(atMs);
    this.#atMs = atMs;
    this.#mid = this.#waiting > 0 ? mid() : null;
  }

  /** No more data: what was due by then is told. */
  end(atMs: number): void {
    this.#resolve(atMs + 1);
  }

  #resolve(beforeMs: number): void {
    if (this.#waiting === 0) return;
    for (const [n, queue] of this.#queues.entries()) {
      const ageMax = Math.max(AGE_MS, (MARKOUT_MS[n] ?? 0) * AGE_SHARE);
      while (queue[0] && queue[0].dueMs < beforeMs) {
        const { dueMs, after } = queue.shift() as Waiting;
        this.#waiting -= 1;
        after[n] = dueMs - this.#atMs <= ageMax ? this.#mid : null;
      }
    }
  }
}
