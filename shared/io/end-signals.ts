/**
 * Being asked to end: by SIGINT, SIGTERM, or a parent that is gone, since nobody would stop us later. The first asks, each more says that a
 * person is impatient; none of them ends the process by itself.
 */
export class EndSignals {
  readonly #ending = new AbortController();
  readonly #asked = Promise.withResolvers<string>();
  #again: () => void = () => undefined;
  #count = 0;

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.on(name, () => this.#take(name));
  }

  /** Aborted within the signal's own turn. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Its name, once one has come. */
  get asked(): Promise<string> {
    return this.#asked.promise;
  }

  /** Called at each further one; at once when there was more than one already. */
  onAgain(call: () => void): void {
    this.#again = call;
    if (this.#count > 1) call();
  }

  /** As a signal would, for another reason. */
  end(): void {
    this.#ending.abort();
  }

  #take(name: string): void {
    this.#count++;
    this.#ending.abort();
    this.#asked.resolve(name);
    if (this.#count > 1 && name !== 'disconnect') this.#again();
  }
}
