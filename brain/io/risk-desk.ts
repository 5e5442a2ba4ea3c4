/** What follows from a turn's risk watch outside the brain: log lines, figures, and the request for an emergency stop. Decides nothing. */
import type { Clock } from '../../shared/clock.ts';
import type { Answer } from '../../shared/command.ts';
import type { Request } from '../../shared/io/gateway-client.ts';
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { MonoMs } from '../../shared/units.ts';
import { ACCOUNT, findingText, type Reading, type RiskEvent, type RiskState, severityAt, wantsStop } from '../risk/watch.ts';

export type RiskDeskOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly request: (request: Request) => Promise<Answer | null>;
  /** Readings of each symbol are a metric, too; of very many they are not. */
  readonly ofSymbols: boolean;
};

/** A request for the stop that nothing shows yet is made again after this long. */
const ASK_AGAIN_MS = 500;

export class RiskDesk {
  readonly #options: RiskDeskOptions;
  readonly #readings;
  readonly #breakers;
  readonly #events;
  #askedAt: MonoMs | null = null;

  constructor(options: RiskDeskOptions) {
    const { metrics } = options;
    this.#options = options;
    this.#readings = metrics.gauge('brain_risk_reading', 'What a monitor reads, in its own unit', ['monitor', 'where']);
    this.#breakers = metrics.gauge('brain_breaker', '0 closed, 1 probing, 2 widen, 3 one-sided, 4 pause, 5 emergency', ['where']);
    this.#events = metrics.counter('brain_risk_events_total', 'Alarms that rose or fell, and moves of a breaker', ['kind']);
  }

  /** After the state is on disk: what is told and asked for here must outlive this process. */
  take(state: RiskState, { readings, events }: { readonly readings: readonly Reading[]; readonly events: readonly RiskEvent[] }): void {
    for (const event of events) this.#tell(event);
    for (const [where, breaker] of Object.entries(state.breakers)) this.#breakers.set({ where }, severityAt(breaker));
    for (const { monitor, where, value } of readings)
      if (value !== null && (where === ACCOUNT || this.#options.ofSymbols)) this.#readings.set({ monitor, where }, value);
    const reason = wantsStop(state);
    if (reason !== null) void this.#askForStop(reason);
  }

  #tell(event: RiskEvent): void {
    const { log } = this.#options;
    if (event.kind === 'alarm') {
      const { monitor, where, alarm, reading } = event;
      this.#events.inc({ kind: `alarm-${alarm}` });
      log[alarm === 'quiet' ? 'info' : 'warn']({ monitor, where, alarm, reading }, 'Risk monitor');
      return;
    }
    const { kind, tier, findings } = event.event;
    this.#events.inc({ kind: `breaker-${kind}` });
    const evidence = findings.map(findingText);
    log[kind === 'closed' || kind === 'probing' ? 'info' : 'warn']({ where: event.where, kind, tier, evidence }, 'Circuit breaker');
  }

  async #askForStop(reason: string): Promise<void> {
    const { clock, log, request } = this.#options;
    const now = clock.monoMs();
    if (this.#askedAt !== null && now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = now;
    const answer = await request({ type: 'emergencyStop', reason });
    const sentence = answer === null ? 'no answer' : answer.type === 'refused' ? answer.sentence : undefined;
    log.error({ reason, sentence }, sentence === undefined ? 'Emergency stop asked for' : 'Emergency stop not taken: asking again');
  }
}
