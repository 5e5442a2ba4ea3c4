/**
 * What it costs to be watched: a duration counted, a page of metrics, a line of the log; and a whole run whose gateway is scraped in every
 * second window of time, so that scraped and unscraped orders are measured in the same minute.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Histogram, Registry } from 'prom-client';
import { Buckets, LATENCY_BOUNDS } from '../../shared/buckets.ts';
import { overlay } from '../../shared/config.ts';
import { processLog } from '../../shared/log.ts';
import { MeteredGateway } from '../../test/kit/gateway-meters.ts';
import { freePort } from '../start/ports.ts';
import { between, type Counts, countsOf, quantileOf } from './buckets-read.ts';
import { type Figure, median, nsPerCall, quantile, sideBySide } from './measure.ts';
import { ROOT, textOf, untilReady, writeConfig } from './run.ts';

const CALLS = 200_000;
const LINES = 20_000;
const PAGES = 200;
const WINDOW_MS = 4_000;
/** Ten times as often as Prometheus does. */
const SCRAPE_MS = 500;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BTCUSDC', 'SOLUSDT'];

export async function benchWatched(windows: number): Promise<readonly Figure[]> {
  return [await countFigure(), await pageFigure(), ...logFigures(), ...(await scrapeFigures(windows))];
}

const plain = (name: string, told: Pick<Figure, 'value' | 'unit'> & Partial<Figure>): Figure => ({
  name,
  goal: null,
  beside: '',
  conclusive: true,
  ...told,
});

async function countFigure(): Promise<Figure> {
  const buckets = new Buckets();
  const library = new Histogram({
    name: 'x_seconds',
    help: 'x',
    labelNames: ['step', 'via'],
    buckets: [...LATENCY_BOUNDS],
    registers: [new Registry()],
  });
  const at = (i: number): number => (i % 100) / 10_000;
  const { ours, floor, conclusive } = await sideBySide({
    ours: () => nsPerCall((i) => buckets.add(at(i)), CALLS),
    floor: () => nsPerCall((i) => library.observe({ step: 'written', via: 'rest' }, at(i)), CALLS),
  });
  return plain('a duration counted', {
    value: ours,
    unit: 'ns',
    goal: 200,
    beside: `the library's own histogram: ${floor.toFixed(0)} ns`,
    conclusive,
  });
}

async function pageFigure(): Promise<Figure> {
  const gateway = await MeteredGateway.open();
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < PAGES; i++) {
    const from = performance.now();
    bytes = (await gateway.scrape()).length;
    times.push(performance.now() - from);
  }
  return plain('a page of metrics made, p50', {
    value: median(times),
    unit: 'ms',
    goal: 10,
    beside: `${Math.round(bytes / 1_000)} kB, one symbol`,
  });
}

function logFigures(): readonly Figure[] {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-bench-log-'));
  try {
    const log = processLog('bench', { level: 'info', dir, maxMb: 5, keep: 1 }).child({ room: 'orders' });
    const line = (n: number): object => ({
      clientId: String(n),
      symbol: 'BTCUSDT',
      fault: { kind: 'rejected', sentence: 'post-only would take' },
    });
    const times: number[] = [];
    for (let n = 0; n < LINES; n++) {
      const from = process.hrtime.bigint();
      log.warn(line(n), 'Order refused');
      times.push(Number(process.hrtime.bigint() - from) / 1_000);
    }
    const beside = 'redacted, written and put aside by size; in one call with the caller';
    return [
      plain('a line of the log in its file, p50', { value: median(times), unit: 'µs', goal: 100, beside }),
      plain('a line of the log in its file, p99', { value: quantile(times, 0.99), unit: 'µs', beside }),
      plain('a line below the level', {
        value: nsPerCall((n) => log.debug(line(n), 'Order refused'), CALLS),
        ...{ unit: 'ns', goal: 1_000, beside: 'nothing is written' },
      }),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function scrapeFigures(windows: number): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-bench-'));
  try {
    const config = await writeConfig(dir, SYMBOLS);
    const port = await freePort();
    writeFileSync(config, JSON.stringify(overlay(JSON.parse(readFileSync(config, 'utf8')), { gateway: { metricsPort: port } })));
    const seconds = (2 * windows * WINDOW_MS) / 1_000 + 15;
    const run = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), '--config', config, '--headless', '--seconds', String(seconds)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const output = textOf(run);
    await untilReady(dir);
    await sleep(WINDOW_MS);
    const sides = { scraped: new Map<number, number>(), alone: new Map<number, number>() };
    for (let n = 0; n < windows; n++) {
      add(sides.alone, await window(port, false));
      add(sides.scraped, await window(port, true));
    }
    if (!JSON.parse(await output).ok) throw new Error('The run was not ok');
    const p99 = { scraped: quantileOf(sides.scraped, 0.99), alone: quantileOf(sides.alone, 0.99) };
    const orders = (side: Counts): number => Math.max(0, ...side.values());
    const beside = `not scraped ${(p99.alone * 1_000).toFixed(2)} ms; ${orders(sides.scraped)} and ${orders(sides.alone)} orders, in turn in ${2 * windows} windows`;
    return [
      plain('command received -> bytes written while scraped, p99', {
        value: p99.scraped * 1_000,
        unit: 'ms',
        goal: 1.5 * p99.alone * 1_000,
        beside,
      }),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** How many orders took how long within a window of time, by the gateway's own buckets. */
async function window(port: number, scraped: boolean): Promise<Counts> {
  const wanted = { port, name: 'mmbot_command_to_wire_seconds' };
  const before = await countsOf(wanted);
  for (let waited = 0; waited < WINDOW_MS; waited += SCRAPE_MS) {
    await sleep(SCRAPE_MS);
    if (scraped) await countsOf(wanted);
  }
  return between(before, await countsOf(wanted));
}

function add(sum: Map<number, number>, more: Counts): void {
  for (const [bound, n] of more) sum.set(bound, (sum.get(bound) ?? 0) + n);
}
