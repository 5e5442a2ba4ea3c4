/** One beginning of the process: a gateway may begin anew in it, and what outlives a beginning must not speak to one that is over. */

/** The end of the process, as one beginning hears it. */
export class Beginning implements Disposable {
  readonly #ending = new AbortController();
  readonly #over = new AbortController();

  constructor(ending: AbortSignal) {
    if (ending.aborted) this.#ending.abort();
    ending.addEventListener('abort', () => this.#ending.abort(), { signal: this.#over.signal });
  }

  /** Aborted in the turn of the process's own. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}

export type Panics = { readonly to: (act: ((signal: string) => void) | null) => void };

/** SIGUSR2 stops everything, each time it comes; one that comes while there is nothing to stop waits until there is. */
export function panicSignals(): Panics {
  let waiting: string | null = null;
  let perform: ((signal: string) => void) | null = null;
  process.on('SIGUSR2', (signal) => {
    if (perform) perform(signal);
    else waiting = signal;
  });
  return {
    to: (act) => {
      perform = act;
      const signal = waiting;
      if (act === null || signal === null) return;
      waiting = null;
      act(signal);
    },
  };
}
