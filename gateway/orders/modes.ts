/**
 * What the gateway lets through. Emergency stop and pause survive restarts: they are on disk before they are told; when the disk fails they
 * hold in memory at once, and are written as soon as it can be.
 */
export type ModesOptions = {
  readonly stopped: string | null;
  readonly paused: string | null;
  readonly save: (key: 'stopped' | 'paused', value: string | null) => boolean;
};

export class Modes {
  readonly #save: ModesOptions['save'];
  #stopped: string | null;
  #paused: string | null;
  readonly #unsaved = new Set<'stopped' | 'paused'>();
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
    this.#unsaved.add('stopped');
    this.retry();
  }

  pause(reason: string): void {
    this.#paused = reason || 'no reason given';
    this.#unsaved.add('paused');
    this.retry();
  }

  /** Writes what the disk has not taken yet. Called often. */
  retry(): void {
    const values = { stopped: this.#stopped, paused: this.#paused };
    for (const key of this.#unsaved) if (this.#save(key, values[key])) this.#unsaved.delete(key);
  }

  /** False when it cannot be put on disk: then stop and pause hold on. */
  resume(): boolean {
    if (!this.#save('stopped', null) || !this.#save('paused', null)) {
      if (this.#stopped !== null) this.#unsaved.add('stopped'); // one of the two may be gone from the disk already
      return false;
    }
    this.#stopped = null;
    this.#paused = null;
    this.#unsaved.clear();
    return true;
  }
}
