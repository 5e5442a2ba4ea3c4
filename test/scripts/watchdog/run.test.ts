/** The watchdog's judgement and acts on a real simulator, with its own time on a virtual clock and no gateway but what the test plays. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openRunDir } from '../../../gateway/io/run-dir.ts';
import { AlertDesk } from '../../../scripts/alerts/desk.ts';
import { Outbox } from '../../../scripts/alerts/outbox.ts';
import { accountDirOf } from '../../../scripts/lib/gateway-life.ts';
import { Eyes } from '../../../scripts/watchdog/eyes.ts';
import { WatchdogRun } from '../../../scripts/watchdog/run.ts';
import { VenueWatch } from '../../../scripts/watchdog/venue-watch.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { accountHash } from '../../../shared/config.ts';
import { type Loaded, loadConfig } from '../../../shared/config-file.ts';
import { LIFE_FILE, type Life } from '../../../shared/life-file.ts';
import { rootLog } from '../../../shared/log.ts';
import { Random } from '../../../shared/random.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../../kit/sim-client.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SILENCE_MS = 5_000;
const LOOK_MS = 1_000;
let sim: SimClient;
let dir = '';
let clock: VirtualClock;
let log: string;
let open: {
  readonly run: WatchdogRun;
  readonly eyes: Eyes;
  readonly venue: VenueWatch;
  readonly desk: AlertDesk;
  readonly folder: string;
} | null = null;

beforeAll(async () => {
  sim = await openTestSim({ historyDays: 0 });
});
afterAll(() => sim.close());
beforeEach(() => {
  [dir, clock, log] = [mkdtempSync(join(tmpdir(), 'mmbot-watchdog-')), new VirtualClock(), ''];
});
afterEach(async () => {
  await open?.eyes[Symbol.asyncDispose]();
  await open?.venue[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
  await sim.admin('/sim/fault', { kind: 'clear' });
  await clean();
});

function load(policy: string, port = sim.simulator.port): Loaded {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const own = {
    runDir: 'run',
    sim: { port },
    redis: { url: 'redis://127.0.0.1:1' },
    gateway: { recvWindowMs: 12_000 }, // a busy machine may stand still between signature and answer; what acts waits for as long
    watchdog: { policy, silenceMs: SILENCE_MS, lookMs: LOOK_MS },
  };
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify({ ...base, ...own, credentials: { sim: { apiKey: KEY, secret: SECRET } } }), { mode: 0o600 });
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join());
  return loaded.value;
}

/** `life`: what the gateway last said of itself; null: none has run here. */
function watch(
  policy: 'alert' | 'cancel' | 'flatten',
  { life = 'running', port }: { readonly life?: Life['state'] | null; readonly port?: number } = {},
) {
  const loaded = load(policy, port);
  const folder = accountDirOf(loaded, KEY);
  mkdirSync(folder, { recursive: true });
  if (life !== null) writeFileSync(join(folder, LIFE_FILE), JSON.stringify({ state: life, epoch: 7, pid: 1, wallMs: 1 }));
  const sink = new PassThrough();
  sink.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const { config } = loaded;
  const redact = (text: string): string => text;
  const outbox = new Outbox({ channels: [], clock, random: new Random(1), redact, onResult: () => undefined });
  const desk = new AlertDesk({ config: config.alerts, from: 'sim', folder, outbox, clock, redact, onProblem: () => undefined });
  const eyes = new Eyes({ loaded, apiKey: KEY, accountDir: folder });
  const venue = new VenueWatch({ loaded, credentials: { apiKey: KEY, secret: SECRET }, say: () => undefined });
  const run = new WatchdogRun({
    config,
    accountDir: folder,
    clock,
    log: rootLog({ process: 'watchdog', level: 'info', stream: sink }),
    eyes,
    venue,
    desk,
    outbox,
  });
  open = { run, eyes, venue, desk, folder };
  return open;
}

/** Looks once a second of its time until something holds; the venue answers in real time. */
async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 50_000; // only what never comes is waited for so long
  while (performance.now() < end) {
    await open?.run.look();
    if (await holds()) return;
    clock.advance(LOOK_MS);
    await sleep(5);
  }
  throw new Error(`Not seen: ${what}\n${log}`);
}
const looksPass = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    await open?.run.look();
    clock.advance(LOOK_MS);
  }
};

const own = (counter: number) => makeClientId({ role: 'quote', epoch: 1, counter });
async function leave(): Promise<void> {
  expect((await sim.place({ newClientOrderId: own(1) })).status).toBe(200);
  expect((await sim.place({ newClientOrderId: 'web_1', price: '61000' })).status).toBe(200);
  expect(
    (await sim.admin('/sim/fault', { kind: 'manual-order', apiKey: KEY, symbol: 'BTCUSDT', side: 'BUY', quantity: '0.050' })).status,
  ).toBe(200);
}
const truth = async () => {
  const { positions, openOrders } = (await sim.admin(`/sim/account?apiKey=${KEY}`)).body as {
    positions: { positionAmt: string }[];
    openOrders: { clientOrderId: string }[];
  };
  return { position: Number(positions[0]?.positionAmt ?? 0), orders: openOrders.map(({ clientOrderId }) => clientOrderId) };
};
async function clean(): Promise<void> {
  for (const clientId of [own(1), 'web_1'])
    await sim.signed('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: clientId });
  const { position } = await truth();
  if (position !== 0)
    await sim.admin('/sim/fault', { kind: 'manual-order', apiKey: KEY, symbol: 'BTCUSDT', side: 'SELL', quantity: position.toFixed(3) });
}
const acted = () => open?.desk.open().find(({ code }) => code === 'watchdog-acted');
const silent = () => open?.desk.open().find(({ code }) => code === 'gateway-silent');

test('a venue that is asked again and again while it is being opened is opened once, and read on', async () => {
  const { venue } = watch('alert');
  const reads: ReturnType<typeof venue.inspect>[] = [];
  for (let i = 0; i < 30; i++) {
    reads.push(venue.inspect());
    await sleep(1);
  }
  const unread = (await Promise.all(reads)).map((done) => done?.unread);
  expect(unread).toEqual(reads.map(() => []));
  expect([await venue.inspect(), venue.fault, venue.failures]).toMatchObject([{ unread: [] }, null, 0]);
});

test('alert: it tells what a dead gateway left, and touches nothing', async () => {
  await leave();
  watch('alert');
  await until('what was left', () => silent()?.sentence.includes('position 0.050') === true);
  await looksPass(20);
  expect(await truth()).toEqual({ position: 0.05, orders: [own(1), 'web_1'] });
  expect([open?.run.acts, acted()]).toEqual([0, undefined]);
});

test('cancel: our orders go; the position, orders of others, and a gateway that may come back are left alone', async () => {
  await leave();
  const { folder } = watch('cancel');
  await until('the act', () => acted() !== undefined);
  expect(await truth()).toEqual({ position: 0.05, orders: ['web_1'] });
  expect([existsSync(join(folder, 'PANIC')), acted()?.sentence]).toEqual([
    false,
    expect.stringMatching(/own order.*: cancel: confirmed by the exchange$/),
  ]);
});

test('flatten: the fence first, then everything of ours; and it looks on for what may still appear', async () => {
  await leave();
  const { folder } = watch('flatten');
  await until('the act', () => acted() !== undefined);
  expect(await truth()).toEqual({ position: 0, orders: ['web_1'] });
  expect(readFileSync(join(folder, 'PANIC'), 'utf8')).toMatch(/^watchdog: no sign of life for \d+ s\n$/);
  await sim.place({ newClientOrderId: own(1) }); // an order that was on its way, say
  await until('the second act', async () => !(await truth()).orders.includes(own(1)));
});

test.each<[string, Life['state'] | null]>([
  ['has ended in order, with a position on purpose', 'ended'],
  ['has never run here', null],
])('a gateway that %s is no business of its', async (_name, life) => {
  await leave();
  const { folder } = watch('flatten', { life });
  await looksPass(30);
  expect(await truth()).toEqual({ position: 0.05, orders: [own(1), 'web_1'] });
  expect([existsSync(join(folder, 'PANIC')), silent()]).toEqual([false, undefined]);
});

test('a process that lives and takes the file stops by itself: nobody acts beside it; one that is frozen is acted for', async () => {
  await leave();
  const { folder } = watch('flatten');
  const hash = accountHash(KEY);
  const held = await openRunDir({
    runDir: join(dir, 'run'),
    environment: 'sim',
    accountHash: hash,
    socketPath: null,
    runtimeDir: undefined,
    account: null,
  });
  if (!held.ok) throw new Error(held.error.sentence);
  await until('the fence', () => existsSync(join(folder, 'PANIC')));
  renameSync(join(folder, 'PANIC'), join(folder, 'PANIC.taken'));
  await until('its own word', () => log.includes('has taken the stop itself'));
  expect([(await truth()).position, open?.run.acts]).toEqual([0.05, 0]);
  await until('the act, because it did nothing', () => acted() !== undefined);
  expect((await truth()).position).toBe(0);
  await held.value[Symbol.asyncDispose]();
});

test('a venue that fails is tried on, and told of after a while', async () => {
  await leave();
  watch('flatten');
  for (const path of ['/fapi/v3/*', '/fapi/v1/open*'])
    await sim.admin('/sim/fault', { kind: 'error', method: 'GET', path, error: 'shutting-down', ms: 600_000 });
  await until('its blindness', () => open?.desk.open().some(({ code }) => code === 'watchdog-blind') === true);
  expect([(await truth()).position, open?.run.acts]).toEqual([0.05, 0]);
  await sim.admin('/sim/fault', { kind: 'clear' });
  await until('the act', () => acted() !== undefined);
  expect(await truth()).toEqual({ position: 0, orders: ['web_1'] });
});
