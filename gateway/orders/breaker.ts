/**
 * Stops asking what the venue keeps refusing. Three equal refusals of the same kind of request on a symbol, and it is only probed once a
 * minute, until one succeeds, the contract's filters change, or a person resumes. Never asked about cancels and closes. Pure.
 */
import type { OrderKind, Side } from '../../shared/order.ts';
import type { MonoMs } from '../../shared/units.ts';

const EQUAL_MAX = 3;
const PROBE_MS = 60_000;
/** Ordinary answers of a moving market (reference sheet 2026-11, 11: -5022, -5021 are "normal"): the next quote is another one. */
const ORDINARY: ReadonlySet<string> = new Set(['post-only-would-take', 'fok-not-fillable']);

export type Slot = { readonly what: 'place' | 'amend'; readonly symbol: string; readonly side: Side; readonly kind: OrderKind };
/** `version` of the instrument: other filters, another answer. */
type At = { readonly now: MonoMs; readonly version: string };
type Run = { readonly symbol: string; readonly reason: string; readonly version: string; readonly equal: number; readonly probeAt: number };

export class Breaker {
  readonly #runs = new Map<string, Run>();

  /** The venue certainly refused it. */
  refused(slot: Slot, { reason, now, version }: At & { readonly reason: string }): void {
    if (ORDINARY.has(reason)) return;
    const before = this.#runs.get(keyOf(slot));
    const equal = before?.reason === reason && before.version === version ? before.equal + 1 : 1;
    this.#runs.set(keyOf(slot), { symbol: slot.symbol, reason, version, equal, probeAt: now + PROBE_MS });
  }

  accepted(slot: Slot): void {
    this.#runs.delete(keyOf(slot));
  }

  /** It leaves: when it is a probe, the next one is a minute away. */
  sent(slot: Slot, now: MonoMs): void {
    const run = this.#runs.get(keyOf(slot));
    if (run) this.#runs.set(keyOf(slot), { ...run, probeAt: now + PROBE_MS });
  }

  /** Null when it may be asked; else the sentence to refuse with. */
  refusal(slot: Slot, { now, version }: At): string | null {
    const run = this.#runs.get(keyOf(slot));
    if (!run || run.equal < EQUAL_MAX || run.version !== version || now >= run.probeAt) return null;
    return `the venue refused it ${run.equal} times alike (${run.reason}); the next try is in ${Math.ceil((run.probeAt - now) / 1_000)} s`;
  }

  isTripped(symbol: string): boolean {
    return [...this.#runs.values()].some((run) => run.symbol === symbol && run.equal >= EQUAL_MAX);
  }

  clear(): void {
    this.#runs.clear();
  }
}

const keyOf = ({ what, symbol, side, kind }: Slot): string => `${what} ${symbol} ${side} ${kind}`;
