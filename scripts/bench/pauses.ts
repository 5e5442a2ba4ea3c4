/**
 * What the size of the young generation costs a gateway under 50 order actions a second on eight symbols: pauses for garbage, how late its loop
 * is, CPU and memory; each size in a run of its own, in turn. The sizes that `npm start` takes rest on this.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Demand } from './demand.ts';
import { type Figure, median, quantile } from './measure.ts';
import { OrderRun } from './order-run.ts';

const SIZES_MB = [4, 8, 16, 32];
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'BNBUSDT', 'DOGEUSDT', 'BTCUSDC', 'ETHUSDC'];
const PER_SECOND = 50;
const WARM_UP_MS = 3_000;
const ROUND_MS = 10_000;
const NO_LIMITS = ['--no-limits', '--limit-weight', '1000000', '--limit-orders-10s', '1000000', '--limit-orders-1m', '1000000'];

type Told = {
  readonly pausesMs: readonly number[];
  readonly loopMs: { readonly p99: number; readonly max: number };
  readonly cpuShare: number;
  readonly rssMb: number;
};

export async function benchPauses(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const mb of SIZES_MB) figures.push(figureOf(mb, await measured(mb)));
  return figures;
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

function figureOf(mb: number, { pausesMs, loopMs, cpuShare, rssMb }: Told): Figure {
  const all = pausesMs.reduce((sum, ms) => sum + ms, 0);
  const spread = `p50 ${median(pausesMs).toFixed(2)}, p99 ${quantile(pausesMs, 0.99).toFixed(2)}, max ${Math.max(0, ...pausesMs).toFixed(1)} ms`;
  const loop = `loop late p99 ${loopMs.p99.toFixed(1)}, max ${loopMs.max.toFixed(1)} ms`;
  return {
    ...{ name: `gateway, young generation ${mb} MB: pauses for garbage`, value: all / (ROUND_MS / 1_000), unit: 'ms/s', goal: null },
    beside: `${pausesMs.length} pauses, ${spread}; ${loop}; ${(cpuShare * 100).toFixed(0)} % of a core, ${rssMb.toFixed(0)} MB`,
    conclusive: true,
  };
}
