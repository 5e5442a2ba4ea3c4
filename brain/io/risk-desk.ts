/** What follows from a turn's risk watch outside the brain: log lines, figures, and the request for an emergency stop. Decides nothing. */
import type { Clock } from '../../shared/clock.ts';
import type { Answer } from '../../shared/command.ts';
import type { Request } from '../../shared/io/gateway-client.ts';
import type { Log } from '../../shared/log.ts';
import { type Metrics, type Sample, stateSet } from '../../shared/metrics.ts';
import { TIERS } from '../../shared/risk.ts';
import type { MonoMs } from '../../shared/units.ts';
import { type BreakerState, CLOSED } from '../risk/breaker.ts';
import { ACCOUNT, findingText, type Reading, type RiskEvent, type RiskState, wantsStop } from '../risk/watch.ts';

export type RiskDeskOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly request: (request: Request) => Promise<Answer | null>;
  readonly symbols: readonly string[];
  /** Readings of each symbol are a metric, too; of very many they are not. */
  readonly ofSymbols: boolean;
};

const STATES = ['closed', 'probing', ...TIERS];
const nameOf = (state: BreakerState): string => (state.at === 'open' ? state.tier : state.at === 'half-open' ? 'probing' : 'closed');
const PERCENT = 100;

/** A request for the stop that nothing shows yet is made again after this long. */
const ASK_AGAIN_MS = 500;

export class RiskDesk {
  readonly #options: RiskDeskOptions;
  readonly #events;
  #readings: readonly Reading[] = [];
  #breakers: RiskState['breakers'] = {};
  #askedAt: MonoMs | null = null;

  constructor(options: RiskDeskOptions) {
    const { metrics } = options;
    this.#options = options;
    metrics.readGauge({
      ...{ name: 'brain_risk_reading', help: 'What a monitor reads, in the unit that its name says', labels: ['monitor', 'where'] },
      read: () => this.#shownReadings(),
    });
    metrics.readGauge({
      ...{ name: 'brain_drawdown_ratio', help: 'Fall of the equity from its highest' },
      read: () =>
        this.#shownReadings().flatMap(([{ monitor }, value]): readonly Sample[] =>
          monitor === 'drawdownPercent' ? [[{}, value === null ? null : value / PERCENT]] : [],
        ),
    });
    metrics.readGauge({
      ...{ name: 'brain_breaker', help: 'Circuit breakers: 1 for the state that holds', labels: ['where', 'state'] },
      read: () => this.#shownBreakers(),
    });
    this.#events = metrics.counter('brain_risk_events_total', 'Alarms that rose or fell, and moves of a breaker', ['kind']);
  }

  /** After the state is on disk: what is told and asked for here must outlive this process. */
  take(state: RiskState, { readings, events }: { readonly readings: readonly Reading[]; readonly events: readonly RiskEvent[] }): void {
    for (const event of events) this.#tell(event);
    [this.#breakers, this.#readings] = [state.breakers, readings];
    const reason = wantsStop(state);
    if (reason !== null) void this.#askForStop(reason);
  }

  #shownReadings(): readonly Sample[] {
    const shown = this.#readings.filter(({ where }) => where === ACCOUNT || this.#options.ofSymbols);
    return shown.map(({ monitor, where, value }): Sample => [{ monitor, where }, value]);
  }

  /** Of the account and each symbol; of a run once there was one. */
  #shownBreakers(): readonly Sample[] {
    const places = new Set([ACCOUNT, ...this.#options.symbols, ...Object.keys(this.#breakers)]);
    return [...places].flatMap((where) => {
      const name = nameOf(this.#breakers[where] ?? CLOSED);
      return stateSet('state', { states: STATES, holds: (state) => state === name, labels: { where } });
    });
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
