/** Listen keys: one per account, 60 minutes of life, found by API key (Binance USD-M docs, user data streams; reference sheet 2026-11, 8.1). */
import type { Random } from '../../random.ts';
import type { Agenda, Entry } from '../agenda.ts';

const LIFE_MS = 60 * 60_000;
const LENGTH = 64;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

type Held = { readonly listenKey: string; readonly apiKey: string; end: Entry };

export type ListenKeysOptions = {
  readonly random: Random;
  readonly agenda: Agenda;
  /** The key ended by itself; its sockets stay open and silent. */
  readonly onExpired: (listenKey: string) => void;
};

export class ListenKeys {
  readonly #options: ListenKeysOptions;
  readonly #byAccount = new Map<string, Held>();
  readonly #byKey = new Map<string, Held>();

  constructor(options: ListenKeysOptions) {
    this.#options = options;
  }

  /** The account's active key with its life renewed, or a new one. */
  create(apiKey: string, nowMs: number): string {
    const held = this.renew(apiKey, nowMs);
    if (held !== null) return held;
    const listenKey = Array.from({ length: LENGTH }, () => LETTERS[this.#options.random.int({ min: 0, max: LETTERS.length - 1 })]).join('');
    const fresh: Held = { listenKey, apiKey, end: this.#endAt(listenKey, nowMs) };
    this.#byAccount.set(apiKey, fresh);
    this.#byKey.set(listenKey, fresh);
    return listenKey;
  }

  /** Null when the account has no active key. */
  renew(apiKey: string, nowMs: number): string | null {
    const held = this.#byAccount.get(apiKey);
    if (!held) return null;
    held.end.cancel();
    held.end = this.#endAt(held.listenKey, nowMs);
    return held.listenKey;
  }

  close(apiKey: string): boolean {
    const held = this.#byAccount.get(apiKey);
    if (!held) return false;
    held.end.cancel();
    this.#byAccount.delete(apiKey);
    return this.#byKey.delete(held.listenKey);
  }

  /** Whose events a key stands for; null when it is not active. */
  accountOf(listenKey: string): string | null {
    return this.#byKey.get(listenKey)?.apiKey ?? null;
  }

  /** Ends the account's key before its time; false when it has none. */
  expire(apiKey: string): boolean {
    const held = this.#byAccount.get(apiKey);
    if (!held) return false;
    this.#options.onExpired(held.listenKey);
    return this.close(apiKey);
  }

  #endAt(listenKey: string, nowMs: number): Entry {
    return this.#options.agenda.at(nowMs + LIFE_MS, () => {
      const held = this.#byKey.get(listenKey);
      if (held) this.expire(held.apiKey);
    });
  }
}
