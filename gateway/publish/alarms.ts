/**
 * Alarms of this run, newest few hundred, for whoever asks: the gateway raises and keeps them, the watchdog reads and sends them. So no
 * key of a channel is here, and no channel that hangs can hold up an order. A brain's own come through it at a bounded rate.
 */
import { type AlarmCode, type AlarmDoc, type AlarmsAnswer, SENTENCE_MAX } from '../../shared/alarm.ts';
import type { Clock } from '../../shared/clock.ts';
import type { MonoMs } from '../../shared/units.ts';

const KEPT = 256;
/** Of answers: each fits one message of the socket. */
const ANSWER_MAX = 100;
/** Of clients, in a minute: they cannot push the gateway's own out. */
const CLIENTS_A_MINUTE = 30;
const MINUTE_MS = 60_000;

export type Raised = { readonly code: AlarmCode; readonly symbol?: string | undefined; readonly sentence: string };

export class Alarms {
  readonly #clock: Clock;
  readonly #epoch: number;
  #kept: readonly AlarmDoc[] = [];
  #n = 0;
  #ofClients: readonly MonoMs[] = [];
  /** Raised in this run, by code. */
  readonly counts = new Map<AlarmCode, number>();

  constructor({ clock, epoch }: { readonly clock: Clock; readonly epoch: number }) {
    this.#clock = clock;
    this.#epoch = epoch;
  }

  raise({ code, symbol, sentence }: Raised): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
    const alarm = { n: ++this.#n, code, symbol: symbol ?? null, sentence: sentence.slice(0, SENTENCE_MAX), wallMs: this.#clock.wallMs() };
    this.#kept = [...this.#kept, alarm].slice(-KEPT);
  }

  /** The same from a brain or a person; false: too many in a minute. */
  raiseFor(raised: Raised): boolean {
    const now = this.#clock.monoMs();
    this.#ofClients = this.#ofClients.filter((at) => now - at < MINUTE_MS);
    if (this.#ofClients.length >= CLIENTS_A_MINUTE) return false;
    this.#ofClients = [...this.#ofClients, now];
    this.raise(raised);
    return true;
  }

  after(n: number): AlarmsAnswer {
    return { epoch: this.#epoch, alarms: this.#kept.filter((alarm) => alarm.n > n).slice(0, ANSWER_MAX) };
  }
}
