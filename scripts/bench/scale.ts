/**
 * What one gateway costs, and when its snapshots are there, against the number of symbols, of messages a second and of open orders; drawn as a
 * picture. The market is fed with depth messages made before, so that the exchange leaves the gateway a core of its own.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, quantile } from './measure.ts';
import { ROOT } from './order-run.ts';
import { type Panel, type Point, scaleChart } from './scale/chart.ts';
import { RestingOrders } from './scale/orders.ts';
import { ScaleRun, type Ticks } from './scale/scale-run.ts';

const SYMBOLS = [1, 20, 100, 200];
const RATES = [10, 100, 500, 2_000];
const ORDERS = [10, 200, 1_000, 2_000];
const A_SYMBOL = 10;
const MIDDLE = 20;
/** Before the first stretch of a run, while its code gets hot, and before each later one. */
const WARM_UP_MS = 12_000;
const SETTLE_MS = 3_000;
/** For a p99 of landings. */
const LANDINGS_MS = 12_000;
const CPU_GOAL = 70;
const CPU_GOAL_TWENTY = 8;
const LATE_GOAL_MS = 5;
/** A marginal cost that grows by more than this from small to large is not flat. */
const FLAT_GOAL = 1.5;
/** A bare timer in this process later than this at p99 has met a machine too busy to judge. */
const CONTROL_LATE_MS = 5;

/** What was seen in one stretch of time under one load. */
export type Seen = Point & Ticks & { readonly rssMb: number; readonly lateMs: readonly number[]; readonly controlMs: number };

export async function benchScale(short: boolean): Promise<readonly Figure[]> {
  const windowMs = 7_000;
  const bySymbols: Seen[] = [];
  for (const symbols of short ? [MIDDLE, 200] : SYMBOLS) bySymbols.push(await withSymbols(symbols, LANDINGS_MS));
  const byRate = short ? [] : await withRates(windowMs);
  const byOrders = short ? [] : await withOrders(windowMs);
  const panels = [
    { title: 'symbols', unit: `symbols, ${A_SYMBOL} messages a second each`, points: bySymbols },
    { title: 'messages', unit: `messages a second over ${MIDDLE} symbols`, points: byRate },
    { title: 'orders', unit: `open orders over ${MIDDLE} symbols`, points: byOrders },
  ].filter(({ points }) => points.length > 0);
  draw(panels);
  return [
    ...figuresOf(bySymbols),
    ...flatness('symbol', bySymbols),
    ...flatness('message a second', byRate),
    ...flatness('order', byOrders),
  ];
}

async function withSymbols(symbols: number, windowMs: number): Promise<Seen> {
  await using run = await ScaleRun.open({ symbols });
  await run.feed(symbols * A_SYMBOL);
  await sleep(WARM_UP_MS);
  return await look(run, { load: symbols, windowMs });
}

async function withRates(windowMs: number): Promise<Seen[]> {
  await using run = await ScaleRun.open({ symbols: MIDDLE });
  const seen: Seen[] = [];
  await run.feed(MIDDLE * A_SYMBOL);
  await sleep(WARM_UP_MS);
  for (const rate of RATES) {
    await run.feed(rate);
    seen.push(await look(run, { load: rate, windowMs }));
  }
  return seen;
}

async function withOrders(windowMs: number): Promise<Seen[]> {
  await using run = await ScaleRun.open({ symbols: MIDDLE });
  const [seen, orders]: [Seen[], RestingOrders] = [[], new RestingOrders(run)];
  await run.feed(MIDDLE * A_SYMBOL);
  await sleep(WARM_UP_MS);
  for (const count of ORDERS) {
    await orders.growTo(count);
    seen.push(await look(run, { load: count, windowMs }));
  }
  return seen;
}

/** After it has settled. The page of metrics is read outside of what is measured. */
export async function look(run: ScaleRun, { load, windowMs }: { readonly load: number; readonly windowMs: number }): Promise<Seen> {
  await sleep(SETTLE_MS);
  const before = await run.ticks();
  run.parts.landings.begin();
  const [stop, control] = [run.meter(), controlTimer()];
  await sleep(windowMs);
  const [cost, lateMs, controlMs] = [stop(), run.parts.landings.lateMs, control()];
  const after = await run.ticks();
  const ticks = { all: after.all - before.all, late: after.late - before.late, missed: after.missed - before.missed };
  const seen = { load, ...cost, ...ticks, lateMs, controlMs, lateP50Ms: quantile(lateMs, 0.5), lateP99Ms: quantile(lateMs, 0.99) };
  process.stderr.write(
    `scale ${load}: ${(seen.cpuShare * 100).toFixed(1)} % of a core, ${seen.rssMb.toFixed(0)} MB, landed p50 ${seen.lateP50Ms.toFixed(1)}, p99 ${seen.lateP99Ms.toFixed(1)} ms, begun late ${seen.late} of ${seen.all}\n`,
  );
  return seen;
}

/** How late a bare timer of the same period is in this process, p99 in ms. */
function controlTimer(): () => number {
  const late: number[] = [];
  let due = performance.now() + 100;
  const timer = setInterval(() => {
    late.push(Math.max(0, performance.now() - due));
    due = performance.now() + 100;
  }, 100);
  return () => {
    clearInterval(timer);
    return quantile(late, 0.99);
  };
}

function draw(panels: readonly Panel[]): void {
  const file = join(ROOT, 'run', 'scale.svg');
  mkdirSync(join(ROOT, 'run'), { recursive: true, mode: 0o700 });
  writeFileSync(file, scaleChart(panels, `node ${process.version}; the market is fed with messages made before`));
  process.stderr.write(`picture: ${file}\n`);
}

function figuresOf(bySymbols: readonly Seen[]): readonly Figure[] {
  const [twenty, most] = [bySymbols.find(({ load }) => load === MIDDLE), bySymbols.at(-1)];
  if (!twenty || !most) return [];
  return [landed(twenty, LATE_GOAL_MS), cpu(twenty, CPU_GOAL_TWENTY), cpu(most, CPU_GOAL), begun(most), landed(most, null), memory(most)];
}

const isQuiet = ({ controlMs }: Seen): boolean => controlMs <= CONTROL_LATE_MS;
const controlled = ({ controlMs }: Seen): string => `a bare timer ${controlMs.toFixed(1)} ms late at p99`;

const landed = (seen: Seen, goal: number | null): Figure => ({
  ...{ name: `snapshot in Redis behind its tick, ${seen.load} symbols, p99`, value: seen.lateP99Ms, unit: 'ms', goal },
  spread: { p50: seen.lateP50Ms, p99: seen.lateP99Ms, p999: null, unit: 'ms' },
  beside: `${seen.lateMs.length} snapshots, told by Redis itself; ${controlled(seen)}`,
  conclusive: isQuiet(seen),
});

const cpu = (seen: Seen, goal: number): Figure => ({
  ...{ name: `gateway CPU, ${seen.load} symbols × ${A_SYMBOL} depth messages a second`, value: seen.cpuShare * 100, unit: '%', goal },
  beside: 'share of a core, all threads; nothing trades',
  conclusive: isQuiet(seen),
  cpuShare: seen.cpuShare,
});

const begun = (seen: Seen): Figure => ({
  ...{ name: `snapshot ticks begun over 20 ms late or missed, ${seen.load} symbols`, value: seen.late + seen.missed, unit: '', goal: 0 },
  beside: `of ${seen.all}; ${controlled(seen)}`,
  conclusive: isQuiet(seen),
});

const memory = (seen: Seen): Figure => ({
  ...{ name: `gateway memory, ${seen.load} symbols`, value: seen.rssMb, unit: 'MB', goal: null, conclusive: true },
  beside: 'resident, shortly after the start',
});

/** What one more costs where there are many, beside what one more costs where there are few. */
function flatness(what: string, seen: readonly Seen[]): readonly Figure[] {
  const [first, middle, last] = [seen[0], seen.at(-2), seen.at(-1)];
  if (!first || !middle || !last || seen.length < 3) return [];
  const slope = (from: Seen, to: Seen): number => (to.cpuShare - from.cpuShare) / (to.load - from.load);
  const [few, many] = [slope(first, middle), slope(middle, last)];
  return [
    {
      ...{ name: `one more ${what}: CPU from ${middle.load} to ${last.load} / from ${first.load} to ${middle.load}`, value: many / few },
      ...{ unit: '×', goal: FLAT_GOAL, ours: many * 1e6, floor: few * 1e6, rawUnit: 'µs/s' },
      beside: 'processor time a second for one more; 1 is flat',
      conclusive: seen.every(isQuiet) && few > 0,
    },
  ];
}
