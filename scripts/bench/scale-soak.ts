/**
 * A gateway with two hundred symbols over minutes, all of its market fed: whether its memory grows, and how many of its ticks were on time or,
 * where they were not, told so by the gateway's own mode.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, quantile } from './measure.ts';
import { ScaleRun } from './scale/scale-run.ts';

const SYMBOLS = 200;
const PER_SECOND = 2_000;
const WARM_UP_MS = 20_000;
const LOOK_MS = 1_000;
const RSS_GOAL_MB = 300;
/** Of an hour; what is within the noise of the collector counts as none. */
const SLOPE_GOAL_MB = 30;
const AVAILABLE_GOAL_PERCENT = 0.5;
const CPU_GOAL_PERCENT = 70;
const ON_TIME_MS = 20;

type Look = { readonly atMs: number; readonly rssMb: number; readonly isFlagged: boolean };

export async function benchScaleSoak(minutes: number): Promise<readonly Figure[]> {
  await using run = await ScaleRun.open({ symbols: SYMBOLS });
  await run.feed(PER_SECOND);
  await sleep(WARM_UP_MS);
  const before = await run.ticks();
  run.parts.landings.begin();
  const [stop, looks] = [run.meter(), await watch(run, minutes * 60_000)];
  const [cost, lateMs, after] = [stop(), run.parts.landings.lateMs, await run.ticks()];
  const due = after.all - before.all + after.missed - before.missed;
  const flagged = looks.filter(({ isFlagged }) => isFlagged).length / looks.length;
  const offTime = after.late - before.late + after.missed - before.missed;
  const told = `${minutes} minutes, ${SYMBOLS} symbols × ${PER_SECOND / SYMBOLS} depth messages a second`;
  const figure = (name: string, rest: Omit<Figure, 'name' | 'conclusive'>): Figure => ({
    name: `soak: ${name}`,
    conclusive: true,
    ...rest,
  });
  const rss = looks.map(({ rssMb }) => rssMb);
  return [
    figure('ticks neither on time nor flagged', {
      ...{ value: Math.max(0, offTime / due - flagged) * 100, unit: '%', goal: AVAILABLE_GOAL_PERCENT },
      beside: `${offTime} of ${due} begun over ${ON_TIME_MS} ms late or missed, flagged in ${(flagged * 100).toFixed(2)} % of looks; ${told}`,
    }),
    figure('snapshot in Redis behind its tick, p99', {
      ...{ value: quantile(lateMs, 0.99), unit: 'ms', goal: null, beside: `${lateMs.length} snapshots` },
      spread: { p50: quantile(lateMs, 0.5), p99: quantile(lateMs, 0.99), p999: quantile(lateMs, 0.999), unit: 'ms' },
    }),
    figure('gateway CPU', { value: cost.cpuShare * 100, unit: '%', goal: CPU_GOAL_PERCENT, beside: told, cpuShare: cost.cpuShare }),
    figure('gateway memory, largest', {
      value: Math.max(...rss),
      unit: 'MB',
      goal: RSS_GOAL_MB,
      beside: `resident, once a second; ${told}`,
    }),
    figure('growth of memory', {
      ...{ value: slopeOf(looks) * 3_600_000, unit: 'MB/h', goal: SLOPE_GOAL_MB },
      beside: `least squares over the second half; told as an hour's, measured over ${minutes / 2} minutes`,
    }),
  ];
}

async function watch(run: ScaleRun, forMs: number): Promise<readonly Look[]> {
  const [looks, from]: [Look[], number] = [[], performance.now()];
  while (performance.now() - from < forMs) {
    await sleep(LOOK_MS);
    const { mode, reasons } = await run.parts.landings.header();
    looks.push({ atMs: performance.now() - from, rssMb: run.rssMb(), isFlagged: mode !== 'normal' || reasons.length > 0 });
  }
  return looks;
}

/** Megabytes a millisecond, of the second half. */
function slopeOf(looks: readonly Look[]): number {
  const half = looks.slice(Math.floor(looks.length / 2));
  const mean = (of: (look: Look) => number): number => half.reduce((sum, look) => sum + of(look), 0) / half.length;
  const [atMs, rssMb] = [mean((look) => look.atMs), mean((look) => look.rssMb)];
  const covered = half.reduce((sum, look) => sum + (look.atMs - atMs) * (look.rssMb - rssMb), 0);
  const spread = half.reduce((sum, look) => sum + (look.atMs - atMs) ** 2, 0);
  return covered / spread;
}
