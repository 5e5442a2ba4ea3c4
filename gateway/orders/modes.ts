/** What the gateway lets through. Emergency stop and pause survive restarts: they are on disk before they are told. */
export type ModesOptions = {
  readonly stopped: string | null;
  readonly paused: string | null;
  readonly save: (key: 'stopped' | 'paused', value: string | null) => boolean;
};

export class Modes {
  readonly #save: ModesOptions['save'];
  #stopped: string | null;
  #paused: string | null;
  shuttingDown = false;

  constructor({ stopped, paused, save }: ModesOptions) {
    this.#stopped = stopped;
    this.#paused = paused;
    this.#save = save;
  }

  /** Reason of the emergency stop; null when none holds. */
  get stopped(): string | null {
    return this.#stopped;
  }

  get paused(): string | null {
    return this.#paused;
  }

  stop(reason: string): void {
    this.#stopped = reason || 'no reason given';
    this.#save('stopped', this.#stopped);
  }

  pause(reason: string): void {
    this.#paused = reason || 'no reason given';
    this.#save('paused', this.#paused);
  }

  /** False when it cannot be put on disk: then stop and pause hold on. */
  resume(): boolean {
    if (!this.#save('stopped', null) || !this.#save('paused', null)) return false;
    this.#stopped = null;
    this.#paused = null;
    return true;
  }
}
