/** How late timers of this process come: the time in which nothing else could run. Real time. */
import { Buckets } from '../buckets.ts';
import type { Metrics } from '../metrics.ts';

const PERIOD_MS = 100;

/** Looks ten times a second; what stands still for seconds is one late timer. */
export function meterLoopLag(metrics: Metrics): Disposable {
  const lag = new Buckets();
  let due = performance.now() + PERIOD_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lag.add(Math.max(0, now - due) / 1_000);
    due = now + PERIOD_MS;
  }, PERIOD_MS);
  timer.unref();
  metrics.readHistogram({
    ...{ name: 'loop_lag_seconds', help: 'How late a timer of this process came; ten looks a second' },
    read: () => [[{}, lag]],
  });
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
