/** The page of metrics of one run of the gateway, with all that measures for it: a run that ends and begins anew in this process leaves nothing behind. */
import { meterLoopLag } from '../../shared/io/loop-lag.ts';
import type { MetricsServer, Ready } from '../../shared/io/metrics-server.ts';
import type { Metrics } from '../../shared/metrics.ts';
import { ok, type Result } from '../../shared/result.ts';
import type { Measured } from './meters/measured.ts';
import { registerMeters } from './meters/register.ts';

export type Meterable = { measured(): Measured; ready(): Ready };

export async function openMetrics(
  port: number,
  { gateway, metrics }: { readonly gateway: Meterable; readonly metrics: Metrics },
): Promise<Result<MetricsServer, string>> {
  registerMeters(metrics, gateway.measured());
  const lag = meterLoopLag(metrics);
  const { openMetricsServer } = await import('../../shared/io/metrics-server.ts'); // slow to load: not before positions are protected
  const opened = await openMetricsServer({ port, key: 'gateway.metricsPort', metrics, ready: () => gateway.ready() });
  if (!opened.ok) {
    lag[Symbol.dispose]();
    return opened;
  }
  const server = opened.value;
  return ok({
    port: server.port,
    [Symbol.asyncDispose]: () => {
      lag[Symbol.dispose]();
      return server[Symbol.asyncDispose]();
    },
  });
}
