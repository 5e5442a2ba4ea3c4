/**
 * The product as a person leaves it running, and nothing goes wrong: were its snapshots on time, or did they say that they are not; what do its
 * processes take; does their memory grow.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../start/ports.ts';
import { TestRun } from '../../test/kit/run.ts';
import { valuesOf } from '../../test/kit/scrape.ts';
import { type Growth, growth, residentMb, type Sample } from './memory.ts';

export type SteadyOptions = {
  readonly minutes: number;
  readonly symbols: readonly string[];
  readonly stop: AbortSignal;
  readonly tell: (line: string) => void;
};
export type SteadyFigures = {
  readonly ok: boolean;
  readonly minutes: number;
  readonly symbols: number;
  /** Of all ticks due those begun within 20 ms of their time, or flagged as degraded by the gateway; percent. */
  readonly availability: number;
  readonly ticks: Ticks;
  /** Off their time while the gateway did not say that anything was wrong. */
  readonly unflagged: number;
  /** That ended. */
  readonly orders: number;
  readonly fills: number;
  readonly restarts: number;
  readonly processes: Readonly<Record<Watched, Load>>;
};
type Ticks = { readonly due: number; readonly late: number; readonly missed: number };
type Load = {
  /** Percent of one core, and of the busiest look. */
  readonly cpu: number;
  readonly cpuMost: number;
  readonly rssMostMb: number;
  readonly memory: Growth | null;
};
const WATCHED = ['gateway', 'brain'] as const;
type Watched = (typeof WATCHED)[number];
type Look = {
  readonly atMs: number;
  readonly pids: Readonly<Record<Watched, number>>;
  readonly cpuMs: Readonly<Record<Watched, number>>;
  readonly mb: Readonly<Record<Watched, number>>;
  readonly ticks: { readonly begun: number; readonly late: number; readonly missed: number };
  readonly isFlagged: boolean;
  readonly orders: number;
  readonly fills: number;
};

const LOOK_MS = 5_000;
const WARM_UP_MS = 60_000;
const AVAILABILITY_PERCENT = 99.5;
const CPU_PERCENT = 50;
const RSS_MB = 500;
/** Kernel clock ticks in /proc/PID/stat are hundredths of a second. */
const CPU_TICK_MS = 10;

export async function runSteady({ minutes, symbols, stop, tell }: SteadyOptions): Promise<SteadyFigures> {
  const metricsPort = await freePort();
  await using run = await TestRun.start({ config: { symbols, gateway: { metricsPort } } });
  await run.untilQuoting(symbols[0]);
  await sleep(Math.min(WARM_UP_MS, minutes * 6_000), undefined, { signal: stop }).catch(() => undefined);
  const looks = [await lookAt(run, metricsPort)];
  for (let told = 0; !stop.aborted && spanMs(looks) < minutes * 60_000; ) {
    await sleep(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
    looks.push(await lookAt(run, metricsPort));
    const minute = Math.floor(spanMs(looks) / 60_000);
    if (minute > told && minute % 5 === 0) tell(lineOf(figuresOf(looks, symbols)));
    told = minute;
  }
  return figuresOf(looks, symbols);
}

async function lookAt(run: TestRun, metricsPort: number): Promise<Look> {
  const seen = valuesOf(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
  const read = (name: string): number => seen.get(`mmbot_${name}`) ?? Number.NaN;
  const sum = (name: string): number => [...seen].reduce((total, [key, n]) => total + (key.startsWith(`mmbot_${name}`) ? n : 0), 0);
  const begun = read('snapshot_late_seconds_count');
  const header = await run.header();
  const each = <T>(of: (pid: number) => T): Record<Watched, T> => ({ gateway: of(run.pid('gateway')), brain: of(run.pid('brain')) });
  return {
    atMs: performance.now(),
    pids: each((pid) => pid),
    cpuMs: each(cpuMs),
    mb: each((pid) => residentMb(pid) ?? Number.NaN),
    ticks: { begun, late: begun - read('snapshot_late_seconds_bucket{le="0.02"}'), missed: read('snapshot_ticks_missed_total') },
    isFlagged: header === null || header.mode !== 'normal' || header.reasons.length > 0,
    orders: sum('orders_ended_total'),
    fills: sum('fills_total'),
  };
}

/** Also of its other threads. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * CPU_TICK_MS;
}

const spanMs = (looks: readonly Look[]): number => (looks.at(-1)?.atMs ?? 0) - (looks[0]?.atMs ?? 0);

export function figuresOf(looks: readonly Look[], symbols: readonly string[]): SteadyFigures {
  const pairs = looks.slice(1).map((after, i): Between => ({ before: looks[i] as Look, after }));
  const restarts = pairs.reduce(
    (sum, { before, after }) => sum + WATCHED.filter((name) => before.pids[name] !== after.pids[name]).length,
    0,
  );
  const [first, last] = [looks[0] as Look, looks.at(-1) as Look];
  const count = (of: (ticks: Look['ticks']) => number): number => of(last.ticks) - of(first.ticks);
  const ticks = {
    due: count(({ begun, missed }) => begun + missed),
    late: count(({ late }) => late),
    missed: count(({ missed }) => missed),
  };
  const unflagged = pairs.reduce((sum, { before, after }) => {
    const off = after.ticks.late + after.ticks.missed - before.ticks.late - before.ticks.missed;
    return sum + (before.isFlagged || after.isFlagged ? 0 : off);
  }, 0);
  const availability = (1 - unflagged / ticks.due) * 100;
  const processes = { gateway: loadOf('gateway', pairs), brain: loadOf('brain', pairs) };
  const within = Object.values(processes).every(({ cpu, rssMostMb }) => cpu < CPU_PERCENT && rssMostMb < RSS_MB);
  return {
    ok: availability >= AVAILABILITY_PERCENT && within && restarts === 0,
    minutes: tenth(spanMs(looks) / 60_000),
    symbols: symbols.length,
    availability: Math.round(availability * 1_000) / 1_000,
    ...{ ticks, unflagged, restarts, processes, orders: last.orders - first.orders, fills: last.fills - first.fills },
  };
}
type Between = { readonly before: Look; readonly after: Look };

function loadOf(name: Watched, pairs: readonly Between[]): Load {
  const shares = pairs.map(({ before, after }) => (after.cpuMs[name] - before.cpuMs[name]) / (after.atMs - before.atMs));
  const looks = pairs.map(({ after }) => after);
  const samples = looks.map((look): Sample => ({ pid: look.pids[name], atMs: look.atMs, mb: look.mb[name] }));
  return {
    cpu: tenth((shares.reduce((sum, share) => sum + share, 0) / shares.length) * 100),
    cpuMost: tenth(Math.max(...shares) * 100),
    rssMostMb: Math.round(Math.max(...looks.map(({ mb }) => mb[name]))),
    memory: growth(samples, 0),
  };
}

const tenth = (n: number): number => Math.round(n * 10) / 10;

export function lineOf({ minutes, availability, ticks, unflagged, orders, fills, processes }: SteadyFigures): string {
  const loads = WATCHED.map((name) => {
    const { cpu, rssMostMb, memory } = processes[name];
    return `${name} ${cpu} % CPU, ${rssMostMb} MB at most, ${memory?.mbPerHour ?? '?'} MB/h`;
  });
  const off = `${ticks.late} late, ${ticks.missed} missed, ${unflagged} of them unflagged, of ${ticks.due}`;
  return `${minutes} min: ${availability} % of ticks on time or flagged (${off}); ${orders} orders ended, ${fills} fills; ${loads.join('; ')}`;
}
