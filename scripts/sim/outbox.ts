/**
 * Whatever leaves the simulator leaves at the end of the step that made it, in the order in which it was made: an answer, a message or a
 * closing never tells of a state that a crash in the middle of the step could still undo. A step is one advance of time or one request.
 */
export class Outbox {
  readonly #beforeFlush: () => void;
  #waiting: (() => void)[] = [];
  #steps = 0;
  #flushing = false;

  /** `beforeFlush` runs before anything leaves: what must outlast a crash is made durable there. */
  constructor({ beforeFlush }: { readonly beforeFlush: () => void }) {
    this.#beforeFlush = beforeFlush;
  }

  /** Outside of any step it leaves at once. */
  put(leave: () => void): void {
    this.#waiting.push(leave);
    if (this.#steps === 0) this.#flush();
  }

  /** Runs one step; steps within it leave together with it. Nothing of a step that threw leaves. */
  step<T>(run: () => T): T {
    this.#steps++;
    let done = false;
    try {
      const result = run();
      done = true;
      return result;
    } finally {
      this.#steps--;
      if (!done) this.#waiting = [];
      else if (this.#steps === 0) this.#flush();
    }
  }

  /** What leaving makes leaves after all that is leaving already. */
  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#waiting.length > 0) {
      this.#beforeFlush();
      const leaving = this.#waiting;
      this.#waiting = [];
      for (const leave of leaving) leave();
    }
    this.#flushing = false;
  }
}
