import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, openChromium } from '../kit/chromium.ts';
import { TestRedis } from '../kit/redis.ts';
import { QueueExecutor } from '../../scripts/lib/sweep/queue-executor.ts';
import { openQueueRedis, QUEUE } from '../../scripts/lib/sweep/queue-link.ts';
import { taskOf } from '../../scripts/lib/sweep/trial.ts';
import { typed, walkedLines, worldWith, writeBars } from '../kit/sweep.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'mmbot-sweep-'));
const bars = writeBars(join(dir, 'BTCUSDT-5m.csv'), walkedLines(9_000));
const SEARCH = [
  ...['--search', 'tpe', '--trials', '12', '--generation', '4', '--walk-forward', '2', '--embargo', '1d'],
  ...['--set', 'strategy.macdTrend.fastPeriod=3..40', '--set', 'strategy.macdTrend.slowPeriod=10..100'],
];
/** Two folds of twelve, each with the configuration as it is. */
const TRIALS = 26;

type Running = { readonly child: ChildProcess; readonly said: () => string; readonly ended: Promise<number | null> };
const started = new Set<ChildProcess>();

function start(name: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', `${name}.ts`), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, said: () => text, ended };
}
const sweep = (out: string, ...more: readonly string[]): Running =>
  start('sweep', typed(bars, ...SEARCH, '--out', join(dir, out), ...more));
const worker = (url: string, ...more: readonly string[]): Running => start('sweep-worker', ['--queue', url, '--workers', '1', ...more]);

async function killed({ child, ended }: Running, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  child.kill(signal);
  return ended;
}

const read = (name: string): string => readFileSync(join(dir, name), 'utf8');
const trialsIn = (out: string): readonly string[] => {
  const file = out.replace('.json', '.trials.ndjson');
  return existsSync(join(dir, file)) ? read(file).split('\n').slice(1, -1) : [];
};

/** Until so many trials are on disk. */
async function trialsOnDisk(out: string, count: number): Promise<void> {
  const changes = watch(dir); // begun before the first look
  if (trialsIn(out).length >= count) return;
  for await (const _ of changes) if (trialsIn(out).length >= count) return;
}

/** Complete, nothing twice, and the bytes of the sweep that nobody disturbed. */
function expectWhole(out: string): void {
  const ids = trialsIn(out).map((line): string => JSON.parse(line).id);
  expect([ids.length, new Set(ids).size]).toEqual([TRIALS, TRIALS]);
  expect(read(out)).toBe(read('undisturbed.json'));
  const page = out.replace('.json', '.html');
  expect(read(page)).toBe(read('undisturbed.html'));
}

beforeAll(async () => {
  const whole = sweep('undisturbed.json', '--workers', '2');
  expect([await whole.ended, whole.said()]).toEqual([0, expect.stringContaining('wrote')]);
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a sweep that is killed, or stopped by a person, goes on where it was and ends in the same bytes', async () => {
  const first = sweep('again.json', '--workers', '1');
  await trialsOnDisk('again.json', 4);
  await killed(first);
  const second = sweep('again.json', '--workers', '1');
  await trialsOnDisk('again.json', 10);
  expect(await killed(second, 'SIGINT')).toBe(1);
  expect(second.said()).toContain('sweep: stopped; the same command goes on where it was');
  const before = trialsIn('again.json');
  expect(before.length).toBeLessThan(TRIALS);
  expect(await sweep('again.json', '--workers', '2').ended).toBe(0);
  expect(trialsIn('again.json').slice(0, before.length)).toEqual(before);
  expectWhole('again.json');
});

test('trials of other data are not taken for these', async () => {
  const others = writeBars(join(dir, 'others.csv'), walkedLines(9_000, 2));
  const run = start('sweep', typed(others, ...SEARCH, '--out', join(dir, 'undisturbed.json')));
  expect([await run.ended, run.said()]).toEqual([4, expect.stringContaining('trials of another sweep (the data differ)')]);
});

test.each([
  ['without memory', false],
  ['with its memory', true],
])('kill -9 of a worker and of Redis, which comes back %s: nothing is lost, nothing twice, the same bytes', async (_, persists) => {
  await using redis = await TestRedis.start({ persists });
  const out = `queue-${persists}.json`;
  const run = sweep(out, '--queue', redis.url);
  const [one] = [worker(redis.url), worker(redis.url)];
  await trialsOnDisk(out, 4);
  await killed(one as Running);
  await trialsOnDisk(out, 9);
  await redis.kill();
  expect(trialsIn(out).length).toBeLessThan(TRIALS);
  await redis.boot();
  expect([await run.ended, run.said()]).toEqual([0, expect.stringContaining('wrote')]);
  expectWhole(out);
  expect(await jobsLeft(redis.url)).toEqual([]);
});

async function jobsLeft(url: string): Promise<readonly string[]> {
  const client = new Redis(url);
  const keys = await client.keys('mm-sweep:trials:*-*');
  client.disconnect();
  return keys.filter((key) => !key.endsWith('stalled-check'));
}

test('a worker refuses other data, in one line, and leaves its trials to one that has the same', async () => {
  await using redis = await TestRedis.start();
  const elsewhere = join(dir, 'elsewhere');
  mkdirSync(elsewhere);
  writeBars(join(elsewhere, 'BTCUSDT-5m.csv'), walkedLines(9_000, 3));
  const run = sweep('elsewhere.json', '--queue', redis.url);
  const wrong = worker(redis.url, '--data', elsewhere);
  expect(await wrong.ended).toBe(4);
  expect(wrong.said().trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^sweep-worker: .*: other data \(.*\) than that of the sweep/),
  ]);
  const right = worker(redis.url, '--data', dir);
  expect(await run.ended).toBe(0);
  expectWhole('elsewhere.json');
  expect([await killed(right, 'SIGTERM'), right.said()]).toEqual([0, expect.stringContaining(`${TRIALS} trials done`)]);
});

test('a sweep ends when a person says so, also where Redis goes away under its last words', async () => {
  await using redis = await TestRedis.start();
  const executor = await QueueExecutor.open(redis.url, { world: worldWith(), say: () => undefined });
  void executor.run(taskOf({}, [{ fromMs: 0, toMs: 1 }]));
  const other = new Redis(redis.url);
  other.on('error', () => undefined);
  await other.client('PAUSE', 60_000, 'ALL'); // it answers nobody any more
  const ended = executor[Symbol.asyncDispose]();
  await redis.kill();
  await expect(ended).resolves.toBeUndefined();
  other.disconnect();
});

test('a database that is not there, and an answer that is no outcome, end a sweep in one line', async () => {
  await using redis = await TestRedis.start();
  await expect(openQueueRedis(`${redis.url}/99`)).rejects.toThrow(/does not answer at .*\(ERR DB index is out of range\)/);
  await using executor = await QueueExecutor.open(redis.url, { world: worldWith(), say: () => undefined });
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  const other = new Worker(QUEUE.name, async () => ({ kind: 'nonsense' }), { connection, prefix: QUEUE.prefix });
  await expect(executor.run(taskOf({}, [{ fromMs: 0, toMs: 1 }]))).rejects.toThrow('a worker answered with what is no outcome of a trial');
  await other.close();
  connection.disconnect();
});

const chromium = chromiumPath();
const SEEN = `({
  canvases: [...document.querySelectorAll('canvas')].filter((one) => one.width > 100).length,
  maps: document.querySelectorAll('.heat table').length,
  wide: document.documentElement.scrollWidth - innerWidth,
})`;

describe.skipIf(chromium === null)('the page of a sweep in Chromium', () => {
  test.each([
    { width: 1_200, colorScheme: 'light' },
    { width: 390, colorScheme: 'dark' },
  ] as const)('draws everything without a word, $width wide and $colorScheme', async ({ width, colorScheme }) => {
    const browser = await openChromium(chromium ?? '');
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const url = pathToFileURL(join(dir, 'undisturbed.html')).href;
    const told: string[] = [];
    page.on('console', (message) => told.push(message.text()));
    page.on('pageerror', (error) => told.push(error.message));
    page.on('request', (request) => void (request.url() === url || told.push(request.url())));
    await page.goto(url);
    const seen = await page.evaluate(SEEN);
    await browser.close();
    expect({ told, seen }).toEqual({ told: [], seen: { canvases: 3, maps: 2, wide: 0 } });
  });
});
