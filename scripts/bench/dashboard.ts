/** What the live page costs with one viewer: its own share of a core, and what a gateway beside it does with and without, in turn. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Summary } from '../start/summary.ts';
import { type Figure, median, quantile } from './measure.ts';
import { lateness } from './order-run.ts';
import { pids, ROOT, sample, textOf, TICKS, untilReady, writeConfig } from './run.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BTCUSDC', 'SOLUSDT'];
const CPU_GOAL_PERCENT = 5;
/** Of two runs that differ by nothing. */
const SAME = 1.1;
const SETTLE_MS = 6_000;
const NOISE_MAX = 1.5;

type Round = {
  readonly commandP99Us: number;
  readonly frameP99Us: number;
  readonly orders: number;
  readonly gatewayCpu: number;
  /** Shares of a core; null without it. */
  readonly dashboardCpu: number | null;
  readonly timerP99Ms: number;
  readonly bytesPerS: number;
};

export async function benchDashboard({
  rounds,
  seconds,
}: {
  readonly rounds: number;
  readonly seconds: number;
}): Promise<readonly Figure[]> {
  const seen: { readonly without: Round; readonly beside: Round }[] = [];
  for (let i = 0; i < rounds; i++) seen.push({ without: await round(seconds, false), beside: await round(seconds, true) });
  const of = (which: 'without' | 'beside', name: keyof Round): number => median(seen.map((one) => Number(one[which][name])));
  const timers = seen.flatMap(({ without, beside }) => [without.timerP99Ms, beside.timerP99Ms]);
  const conclusive = Math.max(...timers) <= NOISE_MAX * Math.min(...timers);
  const control = `a bare timer was late by ${of('without', 'timerP99Ms').toFixed(2)} ms without, ${of('beside', 'timerP99Ms').toFixed(2)} ms with (p99)`;
  const ratio = (name: string, field: 'commandP99Us' | 'frameP99Us'): Figure => ({
    ...{
      name: `${name}, p99, with the page over without`,
      value: median(seen.map((one) => one.beside[field] / one.without[field])),
      unit: 'x',
    },
    ...{ goal: SAME, conclusive },
    beside: `${(of('without', field) / 1_000).toFixed(2)} ms without, ${(of('beside', field) / 1_000).toFixed(2)} ms with, of ${of('beside', 'orders')} orders; ${control}`,
  });
  return [
    {
      ...{
        name: 'dashboard CPU with one viewer, share of a core',
        value: of('beside', 'dashboardCpu') * 100,
        unit: '%',
        goal: CPU_GOAL_PERCENT,
      },
      ...{ beside: `${SYMBOLS.length} symbols, ${(of('beside', 'bytesPerS') / 1_024).toFixed(0)} KB/s to the viewer`, conclusive: true },
    },
    ratio('command received -> order bytes written', 'commandP99Us'),
    ratio('frame received -> order bytes written', 'frameP99Us'),
    {
      ...{ name: 'gateway CPU with the page, share of a core', value: of('beside', 'gatewayCpu') * 100, unit: '%', goal: null },
      ...{ beside: `${(of('without', 'gatewayCpu') * 100).toFixed(1)} % without`, conclusive: true },
    },
  ];
}

async function round(seconds: number, withPage: boolean): Promise<Round> {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-bench-'));
  try {
    const config = await writeConfig(dir, SYMBOLS);
    const more = withPage ? ['--dashboard'] : [];
    const args = [join(ROOT, 'scripts/start.ts'), '--config', config, '--headless', '--seconds', String(seconds), ...more];
    const run = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const output = textOf(run);
    await untilReady(dir);
    await sleep(SETTLE_MS);
    const viewer = withPage ? openViewer(dir) : null;
    await sleep(withPage ? 1_000 : 0);
    const before = ticksOf(dir);
    const [from, bytes] = [performance.now(), viewer?.bytes() ?? 0];
    const late = await lateness(Math.max(5, seconds - 12) * 1_000);
    const [after, s] = [ticksOf(dir), (performance.now() - from) / 1_000];
    const bytesPerS = ((viewer?.bytes() ?? 0) - bytes) / s;
    viewer?.close();
    const summary = JSON.parse(await output) as Summary;
    if (!summary.ok) throw new Error(`The run was not ok: ${summary.errors.join('; ')}`);
    const share = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / TICKS / s;
    return {
      ...{
        commandP99Us: summary.latencyUs.command.p99,
        frameP99Us: summary.latencyUs.frameToOrder.p99,
        orders: summary.orders.placed,
        gatewayCpu: share('gateway'),
      },
      ...{ dashboardCpu: withPage ? share('dashboard') : null, timerP99Ms: quantile(late, 0.99), bytesPerS },
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function ticksOf(dir: string): ReadonlyMap<string, number> {
  const all = new Map([...sample(dir)].map(([name, { cpuTicks }]) => [name, cpuTicks]));
  const pid = pids(dir)['dashboard'];
  const stat =
    pid === undefined
      ? null
      : readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
  if (stat) all.set('dashboard', Number(stat[11]) + Number(stat[12]));
  return all;
}

/** Reads the stream as an open page does. */
function openViewer(dir: string) {
  const { dashboard } = JSON.parse(readFileSync(join(dir, 'run/start/config.json'), 'utf8')) as { dashboard: { port: number } };
  const host = `127.0.0.1:${dashboard.port}`;
  const socket = new WebSocket(`ws://${host}/api/stream?symbol=${SYMBOLS[0]}`, { origin: `http://${host}` });
  let bytes = 0;
  socket.on('message', (data: Buffer) => {
    bytes += data.length;
  });
  socket.on('error', () => undefined); // the run has ended before us: what was read counts
  return { bytes: () => bytes, close: () => socket.terminate() };
}
