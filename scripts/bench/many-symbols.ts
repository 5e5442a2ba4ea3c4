/** One gateway with twenty symbols that all trade: its share of a core, its memory, and how late its snapshots are. Then its stream dies. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { redisAddress } from '../../shared/io/redis-login.ts';
import { SIM_CREDENTIALS } from '../../shared/config.ts';
import { SIM_INSTRUMENTS } from '../../shared/sim/instruments.ts';
import { type Figure, median, quantile } from './measure.ts';
import { ROOT, sample, textOf, TICKS, untilReady, writeConfig } from './run.ts';

const SYMBOLS = SIM_INSTRUMENTS.slice(0, 20).map(({ spec }) => spec.symbol);
const HEADER = 'mm:binance:seq';
const TICK_MS = 100;
const LOOK_MS = 20;
const SETTLE_MS = 10_000;
const CUTS = 20;
const CUT_EVERY_MS = 1_500;
const POLL_MS = 2;
const GONE_MAX_MS = 5_000;
const CPU_GOAL_PERCENT = 35;
const RSS_GOAL_MB = 250;
const LATE_GOAL_MS = 10;
const GONE_GOAL_MS = 300;
/** A bare timer of the same period that is later than this at p99 shows a machine too busy to judge. */
const CONTROL_LATE_MS = 5;

type Size = { readonly seconds: number; readonly cuts?: number };
type Header = { readonly seq: number; readonly wallMs: number };

export async function benchManySymbols({ seconds, cuts = CUTS }: Size): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-bench-'));
  const config = await writeConfig(dir, SYMBOLS);
  const run = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), '--config', config, '--headless'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = textOf(run);
  try {
    await untilReady(dir);
    const { redis: address, sim } = JSON.parse(readFileSync(join(dir, 'run/start/config.json'), 'utf8'));
    const redis = new Redis(redisAddress(address.url), { retryStrategy: () => 100 });
    await sleep(SETTLE_MS);
    const load = await loadOf({ dir, redis, seconds });
    redis.disconnect();
    return [...load, ...(cuts > 0 ? [await quotesGone(`http://127.0.0.1:${sim.port}`, cuts)] : [])];
  } finally {
    run.kill('SIGTERM');
    await output;
    rmSync(dir, { recursive: true, force: true });
  }
}

async function loadOf({ dir, redis, seconds }: { readonly dir: string; readonly redis: Redis; readonly seconds: number }) {
  const control = timerLateness();
  const headers = new Map<number, number>();
  const [before, from] = [sample(dir).get('gateway'), performance.now()];
  while (performance.now() - from < seconds * 1_000) {
    const { seq, wallMs }: Header = JSON.parse((await redis.get(HEADER)) ?? '{}');
    headers.set(seq, wallMs);
    await sleep(LOOK_MS);
  }
  const after = sample(dir).get('gateway');
  const share = (((after?.cpuTicks ?? 0) - (before?.cpuTicks ?? 0)) / TICKS / ((performance.now() - from) / 1_000)) * 100;
  const controlMs = control.stop();
  const conclusive = controlMs <= CONTROL_LATE_MS;
  const what = `${SYMBOLS.length} symbols, depth of each ten times a second`;
  return [
    figure(`gateway CPU, ${what}`, {
      value: share,
      unit: '%',
      goal: CPU_GOAL_PERCENT,
      beside: 'share of a core, with quotes of the market maker where its size fits',
      conclusive,
    }),
    figure(`gateway memory, ${SYMBOLS.length} symbols`, {
      value: after?.rssMb ?? Number.NaN,
      unit: 'MB',
      goal: RSS_GOAL_MB,
      beside: `resident after ${seconds} s`,
      conclusive: true,
    }),
    figure('snapshot later than its tick, p99', {
      value: quantile(latenessOf([...headers.values()]), 0.99),
      unit: 'ms',
      goal: LATE_GOAL_MS,
      beside: `${headers.size} snapshots, to the millisecond; a bare timer ${controlMs.toFixed(1)} ms`,
      conclusive,
    }),
  ];
}

/** How far each is behind the grid of ticks: the grid is where the earliest ones are. */
function latenessOf(walls: readonly number[]): readonly number[] {
  const phases = walls.map((wallMs) => wallMs % TICK_MS);
  const histogram = Array.from({ length: TICK_MS }, (_, at) => phases.filter((phase) => phase === at).length);
  const usual = histogram.indexOf(Math.max(...histogram));
  const signed = phases.map((phase) => ((phase - usual + TICK_MS + TICK_MS / 2) % TICK_MS) - TICK_MS / 2);
  const earliest = quantile(signed, 0.01);
  return signed.map((late) => Math.max(0, late - earliest));
}

/** A timer of the same period in a process that does nothing else. */
function timerLateness(): { readonly stop: () => number } {
  const late: number[] = [];
  let due = performance.now() + TICK_MS;
  const timer = setInterval(() => {
    late.push(Math.max(0, performance.now() - due));
    due = performance.now() + TICK_MS;
  }, TICK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return quantile(late, 0.99);
    },
  };
}

/** The connection of the books dies: how long until none of the orders that rested then is open. */
async function quotesGone(sim: string, cuts: number): Promise<Figure> {
  const times: number[] = [];
  const quotes: number[] = [];
  for (let i = 0; i < cuts; i++) {
    const resting = new Set(await someOrders(sim));
    quotes.push(resting.size);
    await fetch(`${sim}/sim/fault`, { method: 'POST', body: JSON.stringify({ kind: 'close', route: 'public' }) });
    const from = performance.now();
    while ((await openOrders(sim)).some((id) => resting.has(id)) && performance.now() - from < GONE_MAX_MS) await sleep(POLL_MS);
    times.push(performance.now() - from);
    await sleep(CUT_EVERY_MS);
  }
  const beside = `${cuts} cuts with ${Math.min(...quotes)} to ${Math.max(...quotes)} quotes; median ${median(times).toFixed(0)} ms; asked at the exchange`;
  return figure('connection lost -> own quotes gone, worst', {
    value: Math.max(...times),
    unit: 'ms',
    goal: GONE_GOAL_MS,
    beside,
    conclusive: Math.min(...quotes) > 0,
  });
}

/** Quotes are pulled and placed all the time: waits for a moment with some. */
async function someOrders(sim: string): Promise<readonly string[]> {
  const end = performance.now() + GONE_MAX_MS;
  for (;;) {
    const open = await openOrders(sim);
    if (open.length > 0 || performance.now() > end) return open;
    await sleep(POLL_MS);
  }
}

async function openOrders(sim: string): Promise<readonly string[]> {
  const answer = await fetch(`${sim}/sim/account?apiKey=${SIM_CREDENTIALS.apiKey}`);
  const { openOrders: open } = (await answer.json()) as { openOrders: readonly { clientOrderId: string }[] };
  return open.map(({ clientOrderId }) => clientOrderId);
}

const figure = (name: string, rest: Omit<Figure, 'name'>): Figure => ({ name, ...rest });
