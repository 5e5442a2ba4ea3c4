/**
 * What the size of the young generation costs a gateway under 50 order actions a second on eight symbols: pauses for garbage, how late its loop
 * is, CPU and memory; each size in runs of its own, all of them in turn. The sizes that `npm start` takes rest on this.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Demand } from './demand.ts';
import { type Figure, median } from './measure.ts';
import { OrderRun } from './order-run.ts';

const SIZES_MB = [4, 8, 16, 32];
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'BNBUSDT', 'DOGEUSDT', 'BTCUSDC', 'ETHUSDC'];
const PER_SECOND = 50;
const WARM_UP_MS = 3_000;
const ROUND_MS = 10_000;
const ROUNDS = 5;
const NO_LIMITS = ['--no-limits', '--limit-weight', '1000000', '--limit-orders-10s', '1000000', '--limit-orders-1m', '1000000'];

type Told = {
  readonly pausesMs: readonly number[];
  readonly loopMs: { readonly p99: number; readonly max: number };
  readonly cpuShare: number;
  readonly rssMb: number;
};

export async function benchPauses(short: boolean): Promise<readonly Figure[]> {
  const seen = SIZES_MB.map((mb): { readonly mb: number; readonly rounds: Told[] } => ({ mb, rounds: [] }));
  for (let round = 0; round < (short ? 1 : ROUNDS); round++) for (const { mb, rounds } of seen) rounds.push(await measured(mb));
  return seen.map(({ mb, rounds }) => figureOf(mb, rounds));
}

async function measured(mb: number): Promise<Told> {
  let file = '';
  await using run = await OrderRun.open({
    ...{ symbols: SYMBOLS, simArgs: NO_LIMITS, onPassed: () => undefined },
    gatewayNodeArgs: (dir) => {
      file = join(dir, 'pauses.json');
      const url = pathToFileURL(join(import.meta.dirname, 'pauses-probe.ts'));
      url.searchParams.set('file', file);
      return [`--max-semi-space-size=${mb}`, '--import', url.href]; // of two sizes the last one counts
    },
  });
  const { client, redisUrl, gatewayPid } = run;
  await using demand = new Demand({
    ...{ client, redisUrl, prefix: 'mm:binance', symbols: SYMBOLS, perSecond: PER_SECOND, onSend: () => undefined },
  });
  await demand.start();
  await sleep(WARM_UP_MS);
  process.kill(gatewayPid, 'SIGUSR2');
  await sleep(ROUND_MS);
  process.kill(gatewayPid, 'SIGUSR2');
  while (!existsSync(file)) await sleep(20);
  return JSON.parse(readFileSync(file, 'utf8')) as Told;
}

/** Each number the median of its rounds. */
function figureOf(mb: number, rounds: readonly Told[]): Figure {
  const middle = (of: (told: Told) => number): number => median(rounds.map(of));
  const pauses = `p50 ${middle(({ pausesMs }) => median(pausesMs)).toFixed(2)}, max ${middle(({ pausesMs }) => Math.max(0, ...pausesMs)).toFixed(1)} ms`;
  const loop = `loop late p99 ${middle(({ loopMs }) => loopMs.p99).toFixed(1)}, max ${middle(({ loopMs }) => loopMs.max).toFixed(1)} ms`;
  const cost = `${(middle(({ cpuShare }) => cpuShare) * 100).toFixed(0)} % of a core, ${middle(({ rssMb }) => rssMb).toFixed(0)} MB`;
  return {
    name: `gateway, young generation ${mb} MB: pauses for garbage`,
    value: middle(({ pausesMs }) => pausesMs.reduce((sum, ms) => sum + ms, 0)) / (ROUND_MS / 1_000),
    ...{ unit: 'ms/s', goal: null, conclusive: true, rounds: rounds.length },
    beside: `${middle(({ pausesMs }) => pausesMs.length)} pauses, ${pauses}; ${loop}; ${cost}`,
  };
}
