/** Processes that do not speak in Redis: watchdog, simulator, and the dashboard itself; and the alerts that the watchdog keeps. */
import type { Loaded } from '../../shared/config-file.ts';
import { openAlerts } from '../alerts/commands.ts';
import { Problem } from '../lib/tool.ts';
import type { AlertsView, HealthRow } from './model.ts';

const PROBE_MS = 1_000;

export class Probes {
  #cpu = process.cpuUsage();
  #at = performance.now();

  async look({ config }: Loaded): Promise<readonly HealthRow[]> {
    const { environment, watchdog, sim, endpoints } = config;
    const simUrl = endpoints.sim?.rest ?? `http://127.0.0.1:${sim.port}`;
    return [await watchdogRow(watchdog.metricsPort, environment), ...(environment === 'sim' ? [await simRow(simUrl)] : []), this.#own()];
  }

  /** Of the time since the last look. */
  #own(): HealthRow {
    const { user, system } = process.cpuUsage(this.#cpu);
    const ms = performance.now() - this.#at;
    [this.#cpu, this.#at] = [process.cpuUsage(), performance.now()];
    const text = `${(((user + system) / 1_000 / ms) * 100).toFixed(1)} % of a core, ${Math.round(process.memoryUsage.rss() / 1e6)} MB`;
    return { name: 'dashboard', kind: 'process', light: 'good', text };
  }
}

async function watchdogRow(port: number | null, environment: string): Promise<HealthRow> {
  const row = { name: 'watchdog', kind: 'process' } as const;
  if (port === null || port === 0) return { ...row, light: 'unknown', text: `unknown: watchdog.metricsPort is ${port}` };
  const status = await statusOf(`http://127.0.0.1:${port}/readyz`);
  if (status === null) return { ...row, light: environment === 'sim' ? 'unknown' : 'warn', text: 'not running (npm run watchdog)' };
  return status === 200 ? { ...row, light: 'good', text: 'watching' } : { ...row, light: 'warn', text: 'cannot see the account' };
}

async function simRow(url: string): Promise<HealthRow> {
  const status = await statusOf(`${url}/fapi/v1/ping`);
  return { name: 'sim', kind: 'process', light: status === 200 ? 'good' : 'bad', text: status === 200 ? 'answers' : 'no answer' };
}

async function statusOf(url: string): Promise<number | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return null; // nobody there, which is the answer
  }
}

/** Of the watchdog; null: none has told of anything here. */
export function watchdogAlerts(loaded: Loaded): AlertsView['open'] {
  try {
    return openAlerts(loaded).map(({ id, code, severity, symbol, sentence, sinceMs, acknowledged }) => ({
      ...{ id, code, severity, symbol, sentence, sinceMs, acknowledged },
    }));
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}
