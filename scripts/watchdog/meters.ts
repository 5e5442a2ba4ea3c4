/** Metrics of the watchdog: the silence of the gateway, what it did about it, and what became of its messages. */
import { meterLoopLag } from '../../shared/io/loop-lag.ts';
import type { Metrics } from '../../shared/metrics.ts';

export type WatchdogMeasured = {
  readonly silentMs: () => number;
  readonly acts: () => number;
  readonly venueFailures: () => number;
};
export type MessageResult = 'sent' | 'failed' | 'dropped';

export function meterWatchdog(metrics: Metrics, { silentMs, acts, venueFailures }: WatchdogMeasured): void {
  const silent = { name: 'gateway_silent_seconds', help: 'Since the last sign of life of the gateway' };
  metrics.readGauge({ ...silent, read: () => [[{}, silentMs() / 1_000]] });
  metrics.readCounter({ name: 'watchdog_acts_total', help: 'How often it has acted', read: () => [[{}, acts()]] });
  const failures = { name: 'watchdog_venue_failures_total', help: 'Reads of the account that failed' };
  metrics.readCounter({ ...failures, read: () => [[{}, venueFailures()]] });
  meterLoopLag(metrics);
}

/** Counts one try; channels are those of the configuration, each at zero from the beginning. */
export function meterMessages(metrics: Metrics, channels: readonly string[]): (channel: string, result: MessageResult) => void {
  const help = 'Messages of alerts by channel and what became of each try';
  const counter = metrics.counter('alert_messages_total', help, ['channel', 'result']);
  for (const channel of channels) for (const result of ['sent', 'failed', 'dropped'] as const) counter.inc({ channel, result }, 0);
  return (channel, result) => counter.inc({ channel, result });
}
