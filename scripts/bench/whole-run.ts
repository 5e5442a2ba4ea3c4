/** A whole run on the simulator with four symbols: latency from frame to order, the gateway's CPU, and memory of each process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { overlay } from '../../shared/config.ts';
import { freePort } from '../start/ports.ts';
import type { Summary } from '../start/summary.ts';
import { type Figure, median } from './measure.ts';
import { benchSocket } from './socket.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BTCUSDC', 'SOLUSDT'];
const NAMES = ['sim', 'gateway', 'brain'] as const;
const READY_TRIES = 300;
const TRY_MS = 100;
/** Kernel clock ticks a second in /proc/PID/stat. */
const TICKS = 100;
const RSS_GOAL_MB = 200;
const CPU_GOAL_PERCENT = 10;

type Sample = { readonly cpuTicks: number; readonly rssMb: number };

export async function benchWholeRun(seconds: number): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-bench-'));
  try {
    const config = await writeConfig(dir);
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

async function writeConfig(dir: string): Promise<string> {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const own = {
    symbols: SYMBOLS,
    runDir: 'run',
    redis: { url: `redis://127.0.0.1:${await freePort()}` },
    sim: { port: 0 },
    gateway: { metricsPort: null },
    brain: { metricsPort: null },
    limits: { maxGrossNotional: '1000000', default: { maxPosition: '100', maxOrderNotional: '50000' } },
    strategy: { marketMaking: { orderSize: '0.100', maxInventory: '0.500' } },
  };
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify(overlay(base, own)));
  return file;
}

async function untilReady(dir: string): Promise<void> {
  for (let i = 0; i < READY_TRIES; i++) {
    await sleep(TRY_MS);
    try {
      if (sample(dir).size === NAMES.length) return;
    } catch {
      // not there yet: asked again, and told below
    }
  }
  throw new Error('The run did not start');
}

const pids = (dir: string): Record<string, number> => JSON.parse(readFileSync(join(dir, 'run/start/pids.json'), 'utf8'));
const accountDir = (dir: string): string => {
  const found = /sim-[0-9a-f]{12}/.exec(readFileSync(`/proc/${pids(dir)['gateway']}/maps`, 'utf8'));
  if (!found) throw new Error('The gateway has no account folder open');
  return found[0];
};

function sample(dir: string): ReadonlyMap<string, Sample> {
  return new Map(
    NAMES.map((name) => {
      const stat = readFileSync(`/proc/${pids(dir)[name]}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pids(dir)[name]}/status`, 'utf8'))?.[1] ?? '0';
      return [name, { cpuTicks: Number(stat[11]) + Number(stat[12]), rssMb: Number(rss) / 1_024 }];
    }),
  );
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

function textOf(run: ChildProcess): Promise<string> {
  let text = '';
  run.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve) => run.once('close', () => resolve(text)));
}
