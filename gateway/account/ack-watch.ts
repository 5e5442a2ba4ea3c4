/**
 * The private stream can die in silence: socket open, key gone, no events. An order that the venue acknowledged and that the stream says
 * nothing of is the proof (reference sheet 2026-11, 8.1). Pure.
 */
import type { MonoMs } from '../../shared/units.ts';

/** Events told before their acknowledgement are remembered this long. */
const TOLD_KEPT_MS = 10_000;

export class AckWatch {
  readonly #silenceMsMax: number;
  readonly #waiting = new Map<string, MonoMs>();
  readonly #told = new Map<string, MonoMs>();

  constructor({ silenceMsMax }: { readonly silenceMsMax: number }) {
    this.#silenceMsMax = silenceMsMax;
  }

  acked(clientId: string, now: MonoMs): void {
    if (!this.#told.has(clientId)) this.#waiting.set(clientId, now);
  }

  told(clientId: string, now: MonoMs): void {
    this.#waiting.delete(clientId);
    this.#told.delete(clientId);
    this.#told.set(clientId, now);
  }

  /** Another stream, another silence. */
  reset(): void {
    this.#waiting.clear();
  }

  /** True once for a stream that has been silent for too long. */
  overdue(now: MonoMs): boolean {
    for (const [clientId, at] of this.#told) {
      if (now - at < TOLD_KEPT_MS) break;
      this.#told.delete(clientId);
    }
    const [oldest] = this.#waiting.values();
    if (oldest === undefined || now - oldest < this.#silenceMsMax) return false;
    this.#waiting.clear();
    return true;
  }
}
