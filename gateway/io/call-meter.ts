/** Times of order calls with a histogram behind them; label values are the fixed few of step and way. */
import type { Clock } from '../../shared/clock.ts';
import type { Metrics } from '../../shared/metrics.ts';
import { CALL_STEPS, CallTimes } from '../publish/call-times.ts';

type MeterOptions = { readonly clock: Clock; readonly speed: number; readonly metrics: Metrics };

export function meteredCalls({ clock, speed, metrics }: MeterOptions): CallTimes {
  const help = 'Order calls by how they left: command to bytes written, written to acknowledged, written to told on the private stream';
  const seconds = metrics.histogram('order_call_seconds', help, ['step', 'via']);
  const ways = (via: 'rest' | 'websocket') => Object.fromEntries(CALL_STEPS.map((step) => [step, seconds.with({ step, via })]));
  const rows = { rest: ways('rest'), websocket: ways('websocket') };
  return new CallTimes({ clock, speed, observe: (step, via, took) => rows[via][step]?.add(took) });
}
