/**
 * A position whose price nobody can see: its book is not live and its mark is old. The stop at the venue is what protects it then. It is
 * alarmed, and when it lasts the position is closed at market, because a position that cannot be watched is not held. Pure.
 */
import type { MonoMs } from '../../shared/units.ts';

export type BlindView = {
  readonly symbol: string;
  readonly holds: boolean;
  readonly bookLive: boolean;
  /** Null while no mark is known. */
  readonly markAgeMs: number | null;
};
export type BlindLimits = {
  /** An older mark says nothing. */
  readonly markAgeMsMax: number;
  readonly alarmMs: number;
  /** 0: never closed for blindness. */
  readonly closeMs: number;
};
export type BlindStep = { readonly kind: 'alarm' | 'close' | 'sees-again'; readonly symbol: string; readonly blindMs: number };

type Blind = { readonly since: MonoMs; readonly told: 'nothing' | 'alarm' | 'close' };

export class BlindWatch {
  readonly #limits: BlindLimits;
  readonly #blind = new Map<string, Blind>();

  constructor(limits: BlindLimits) {
    this.#limits = limits;
  }

  /** Called often with each symbol; each step comes once. */
  look({ symbol, holds, bookLive, markAgeMs }: BlindView, now: MonoMs): BlindStep | null {
    const { markAgeMsMax, alarmMs, closeMs } = this.#limits;
    const sees = bookLive || (markAgeMs !== null && markAgeMs <= markAgeMsMax);
    const before = this.#blind.get(symbol);
    if (!holds || sees) {
      this.#blind.delete(symbol);
      return before && before.told !== 'nothing' ? { kind: 'sees-again', symbol, blindMs: now - before.since } : null;
    }
    const blind = before ?? { since: now, told: 'nothing' };
    const blindMs = now - blind.since;
    const kind = closeMs > 0 && blindMs >= closeMs ? 'close' : blindMs >= alarmMs ? 'alarm' : 'nothing';
    this.#blind.set(symbol, { since: blind.since, told: kind });
    return kind === 'nothing' || kind === blind.told ? null : { kind, symbol, blindMs };
  }

  isBlind(symbol: string): boolean {
    return (this.#blind.get(symbol)?.told ?? 'nothing') !== 'nothing';
  }
}
