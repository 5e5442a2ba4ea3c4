/**
 * What the gateway lets through. Emergency stop, pause and halts of single symbols survive restarts: they are on disk before they are told; when the disk fails they
 * hold in memory at once, and are written as soon as it can be.
 */
export type SavedMode = 'stopped' | 'paused' | 'halted';
export type ModesOptions = {
  readonly stopped: string | null;
  readonly paused: string | null;
  /** JSON of reasons by symbol, as it was saved. */
  readonly halted?: string | null;
  readonly save: (key: SavedMode, value: string | null) => boolean;
};

const STRANGERS_MAX = 1_000;

export class Modes {
  readonly #save: ModesOptions['save'];
  #stopped: string | null;
  #paused: string | null;
  readonly #halted: Map<string, string>;
  readonly #unsaved = new Set<SavedMode>();
  shuttingDown = false;
  /** The venue asked for margin, or is about to: nothing new until the account has enough again. */
  marginCall = false;
  /** Orders with our tag on this account that somebody else has made; the first thousand of them. */
  readonly strangers = new Set<string>();

  constructor({ stopped, paused, halted, save }: ModesOptions) {
    this.#stopped = stopped;
    this.#paused = paused;
    this.#halted = new Map(Object.entries(JSON.parse(halted ?? '{}') as Record<string, string>));
    this.#save = save;
  }

  /** Reason of the emergency stop; null when none holds. */
  get stopped(): string | null {
    return this.#stopped;
  }

  get paused(): string | null {
    return this.#paused;
  }

  /** Why nothing new may be opened on a symbol until an operator resumes; null when it may. */
  halted(symbol: string): string | null {
    return this.#halted.get(symbol) ?? null;
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

  /** False when the symbol is halted already. */
  halt(symbol: string, reason: string): boolean {
    if (this.#halted.has(symbol)) return false;
    this.#halted.set(symbol, reason);
    this.#unsaved.add('halted');
    this.retry();
    return true;
  }

  /** Another session trades on this account. */
  get otherSession(): boolean {
    return this.strangers.size > 0;
  }

  addStranger(clientId: string): void {
    if (this.strangers.size < STRANGERS_MAX) this.strangers.add(clientId);
  }

  /** Writes what the disk has not taken yet. Called often. */
  retry(): void {
    for (const key of this.#unsaved) if (this.#save(key, this.#value(key))) this.#unsaved.delete(key);
  }

  /** False when it cannot be put on disk: then stop, pause and halts hold on. */
  resume(): boolean {
    const all = ['stopped', 'paused', 'halted'] as const;
    if (!all.every((key) => this.#save(key, null))) {
      for (const key of all) if (this.#value(key) !== null) this.#unsaved.add(key); // some may be gone from the disk already
      return false;
    }
    this.#stopped = null;
    this.#paused = null;
    this.strangers.clear();
    this.#halted.clear();
    this.#unsaved.clear();
    return true;
  }

  #value(key: SavedMode): string | null {
    if (key === 'halted') return this.#halted.size === 0 ? null : JSON.stringify(Object.fromEntries(this.#halted));
    return key === 'stopped' ? this.#stopped : this.#paused;
  }
}
