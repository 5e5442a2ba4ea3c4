/** A whole run on the simulator with four symbols: latency from frame to order, the gateway's CPU, and memory of each process. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Summary } from '../start/summary.ts';
import { type Figure, median } from './measure.ts';
import { accountDir, NAMES, ROOT, type Sample, sample, textOf, TICKS, untilReady, writeConfig } from './run.ts';
import { benchSocket } from './socket.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BTCUSDC', 'SOLUSDT'];
const RSS_GOAL_MB = 200;
const CPU_GOAL_PERCENT = 10;

export async function benchWholeRun(seconds: number): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-bench-'));
  try {
    const config = await writeConfig(dir, SYMBOLS);
    const run = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), '--config', config, '--headless', '--seconds', String(seconds)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const output = textOf(run);
    await untilReady(dir);
    const [before, from] = [sample(dir), performance.now()];
    const operatorPath = join(dir, 'run', accountDir(dir), 'operator.sock');
    await sleep(Math.max(5, seconds - 20) * 1_000);
    const [after, elapsedMs] = [sample(dir), performance.now() - from];
    const socket = await benchSocket({ operatorPath, dir });
    const summary = JSON.parse(await output) as Summary;
    if (!summary.ok) throw new Error(`The run was not ok: ${summary.errors.join('; ')}`);
    return [
      socket,
      ...latencyFigures(summary),
      cpuFigure({ before, after, elapsedMs }),
      ...NAMES.map((name) => memoryFigure(name, { sample: after.get(name), seconds })),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function latencyFigures({ latencyUs }: Summary): Figure[] {
  const beside = `poll feed: half a snapshot and half a poll period are in it; ${availableParallelism()} cores`;
  const { frameToOrder, command } = latencyUs;
  return [
    {
      name: 'frame received -> order bytes written, p50',
      value: frameToOrder.p50 / 1_000,
      unit: 'ms',
      goal: null,
      beside,
      conclusive: true,
    },
    {
      name: 'frame received -> order bytes written, p99',
      value: frameToOrder.p99 / 1_000,
      unit: 'ms',
      goal: null,
      beside,
      conclusive: true,
    },
    {
      name: 'command received -> order bytes written, p50',
      value: command.p50 / 1_000,
      unit: 'ms',
      goal: null,
      beside: 'ledger commit and signature are in it',
      conclusive: true,
    },
    {
      name: 'command received -> order bytes written, p99',
      value: command.p99 / 1_000,
      unit: 'ms',
      goal: null,
      beside: '',
      conclusive: true,
    },
  ];
}

type Span = { readonly before: ReadonlyMap<string, Sample>; readonly after: ReadonlyMap<string, Sample>; readonly elapsedMs: number };

function cpuFigure({ before, after, elapsedMs }: Span): Figure {
  const ticks = (after.get('gateway')?.cpuTicks ?? 0) - (before.get('gateway')?.cpuTicks ?? 0);
  const percent = (ticks / TICKS / (elapsedMs / 1_000)) * 100;
  const beside = `the whole gateway: books, streams, orders and the snapshot writer, ${SYMBOLS.length} symbols x 20 levels`;
  return { name: 'gateway CPU, share of a core', value: percent, unit: '%', goal: CPU_GOAL_PERCENT, beside, conclusive: true };
}

function memoryFigure(name: string, { sample: seen, seconds }: { readonly sample: Sample | undefined; readonly seconds: number }): Figure {
  return {
    name: `memory of ${name}`,
    value: median([seen?.rssMb ?? Number.NaN]),
    unit: 'MB',
    goal: RSS_GOAL_MB,
    beside: `resident after ${Math.max(5, seconds - 20)} s`,
    conclusive: true,
  };
}
