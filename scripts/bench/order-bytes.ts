/**
 * From a command handed out by the gateway's socket to the signed bytes of its order handed to a socket: parsed, guarded, budgeted, its ledger
 * row written down. Over REST, and by a second gateway over the WebSocket API, whose connection has logged on with a signature. Beside a bare
 * undici `Client` with one `createHmac`, ccxt and the official connector, each in a process of its own, on one simulated venue, timed in turn by
 * the same probe inside each process. Twice: `hot`, the next order as soon as the one before is cancelled, which is what the code costs; and
 * `paced`, with waits in between as in trading, when caches have been given to others and all sides are slower. When the kernel has the bytes is
 * told beside: it wakes the venue up in the same call, and on two cores may let it run first.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { SIM_CREDENTIALS } from '../../shared/config.ts';
import { type Figure, median, quantile } from './measure.ts';
import { Contender, type Trade } from './order-bytes/contender.ts';
import { Ended } from './order-bytes/ended.ts';
import { OurSide } from './order-bytes/our-side.ts';
import { NODE_FLAGS, OrderRun } from './order-run.ts';

const ROUNDS = 5;
/** Orders of one round, by pace. */
const ORDERS = { hot: 250, paced: 60 } as const;
/** Of each side, before the first round: code that runs all day is compiled by then. */
const WARM_UP = 2_500;
/** Between an order, its cancel and the next. */
const PACE_MS = 4;
/** What a probe has seen is in its file by then. */
const PROBE_MS = 2_000;
const SIZE = '0.003';
const GOALS = { bare: 2.5, ccxt: 0.25, connector: 0.25 };
const NOISE_MAX = 2.5;
const PEERS = ['bare', 'ccxt', 'connector'] as const;
const NO_LIMITS = ['--no-limits', '--limit-weight', '1000000', '--limit-orders-10s', '1000000', '--limit-orders-1m', '1000000'];
const OURS = `${SIM_CREDENTIALS.apiKey}:${SIM_CREDENTIALS.secret}`;
const ACCOUNTS = [OURS, ...PEERS.map((name) => `${name}-key:${name}-secret`)].flatMap((account) => ['--account', `${account}:100000`]);
type Peer = (typeof PEERS)[number];
/** Our sides, and the way their orders leave. */
const ROUTES = { rest: 'REST', websocket: 'the WebSocket API' } as const;
type Route = keyof typeof ROUTES;
type Name = Route | Peer;
type Pace = keyof typeof ORDERS;
type Side = { readonly name: Name; readonly trade: Trade; readonly probe: Probe };
type Wish = { readonly price: string; readonly orders: number; readonly pace: Pace };
/** Microseconds from the command. */
type Took = { readonly handed: number; readonly written: number };
type Seen = Readonly<Record<Name, (readonly Took[])[]>>;

export async function benchOrderBytes(): Promise<readonly Figure[]> {
  const keys = mkdtempSync(join(tmpdir(), 'mmbot-keys-'));
  try {
    return await withKey(ed25519In(keys));
  } finally {
    rmSync(keys, { recursive: true, force: true });
  }
}

type Key = { readonly apiKey: string; readonly secret: string; readonly publicFile: string };

/** The only kind of key with which a connection may log on. */
function ed25519In(dir: string): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const publicFile = join(dir, 'public.pem');
  writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return { apiKey: 'websocket-key', secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicFile };
}

async function withKey({ apiKey, secret, publicFile }: Key): Promise<readonly Figure[]> {
  const probes = Object.fromEntries([...Object.keys(ROUTES), ...PEERS].map((name) => [name, new Probe(name)])) as Record<Name, Probe>;
  const simArgs = [...NO_LIMITS, ...ACCOUNTS, '--account', `${apiKey}:@${publicFile}:100000`];
  const symbols = ['BTCUSDT'];
  await using run = await OrderRun.open({ symbols, simArgs, gatewayNodeArgs: (dir) => probes.rest.argsIn(dir) });
  const beside = { run, credentials: { apiKey, secret } };
  await using second = await OrderRun.open({ symbols, simArgs: [], beside, gatewayNodeArgs: (dir) => probes.websocket.argsIn(dir) });
  await using all = new AsyncDisposableStack();
  const ours = async (of: OrderRun, key: string): Promise<OurSide> =>
    all.use(await OurSide.open(of, all.use(await Ended.open({ port: run.simPort, apiKey: key }))));
  const [rest, websocket] = [await ours(run, SIM_CREDENTIALS.apiKey), await ours(second, apiKey)];
  const sides: Side[] = [
    { name: 'rest', trade: (wanted) => rest.trade(wanted), probe: probes.rest },
    { name: 'websocket', trade: (wanted) => websocket.trade(wanted), probe: probes.websocket },
  ];
  for (const name of PEERS) {
    const account = { port: run.simPort, apiKey: `${name}-key`, secret: `${name}-secret` };
    const nodeArgs = [...NODE_FLAGS, ...probes[name].argsIn(run.dir)];
    const contender = all.use(await Contender.open(name, { dir: run.dir, account, nodeArgs }));
    sides.push({ name, trade: (wanted) => contender.trade(wanted), probe: probes[name] });
  }
  const look = async (): Promise<string> => {
    await websocket.look(); // its orders, too, rest on a snapshot of now
    return await rest.look();
  };
  return await measure(sides, look);
}

async function measure(sides: readonly Side[], look: () => Promise<string>): Promise<readonly Figure[]> {
  for (const side of sides) await oneRound(side, { price: await look(), orders: WARM_UP, pace: 'hot' });
  const seen = { hot: noneSeen(), paced: noneSeen() };
  for (let round = 0; round < ROUNDS; round++)
    for (const pace of ['hot', 'paced'] as const) {
      const price = await look();
      for (const side of sides) seen[pace][side.name].push(await oneRound(side, { price, orders: ORDERS[pace], pace }));
    }
  const routes = Object.keys(ROUTES) as Route[];
  return routes.flatMap((route) => [...figuresOf(route, 'hot', seen.hot), ...figuresOf(route, 'paced', seen.paced)]);
}

const noneSeen = (): Seen => ({ rest: [], websocket: [], bare: [], ccxt: [], connector: [] });

let ids = 0;
/** Our side sends three messages an order, and the gateway cuts off who sends 2,000 in a second: no side makes more orders in any such stretch. */
const [BURST, BURST_MS] = [600, 1_100];

async function oneRound({ name, trade, probe }: Side, { price, orders, pace }: Wish): Promise<readonly Took[]> {
  const begun: number[] = [];
  for (let n = 0; n < orders; n++) {
    const waitMs = (begun[n - BURST] ?? Number.NEGATIVE_INFINITY) + BURST_MS - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    begun.push(performance.now());
    await trade({ id: String(++ids), price, size: SIZE, restMs: pace === 'hot' ? 0 : PACE_MS });
    if (pace === 'paced') await sleep(PACE_MS);
  }
  const took = await probe.take(orders);
  if (took.length !== orders) throw new Error(`Cannot measure: ${took.length} of ${orders} orders of ${name} left`);
  return took;
}

/** What the probe in a process wrote down. */
class Probe {
  readonly #name: string;
  #file = '';
  #read = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Options of node that load it. */
  argsIn(dir: string): readonly string[] {
    this.#file = join(dir, `${this.#name}.us`);
    writeFileSync(this.#file, '');
    const url = pathToFileURL(join(import.meta.dirname, 'order-bytes/probe.ts'));
    url.searchParams.set('file', this.#file);
    url.searchParams.set('name', this.#name);
    return ['--import', url.href];
  }

  /** Of each order since it was asked last; fewer than `wanted` when they do not come. */
  async take(wanted: number): Promise<readonly Took[]> {
    const end = performance.now() + PROBE_MS;
    let all = this.#lines();
    while (all.length < this.#read + wanted && performance.now() < end) {
      await sleep(10);
      all = this.#lines();
    }
    const fresh = all.slice(this.#read).map((line) => line.split(' ').map(Number));
    this.#read = all.length;
    return fresh.map(([handed = Number.NaN, written = Number.NaN]) => ({ handed, written }));
  }

  #lines(): readonly string[] {
    return readFileSync(this.#file, 'utf8').trim().split('\n').filter(Boolean);
  }
}

const handed = ({ handed: us }: Took): number => us;
const written = ({ written: us }: Took): number => us;
const p50 = (rounds: readonly (readonly Took[])[], of: (took: Took) => number): number =>
  median(rounds.map((round) => median(round.map(of))));

function figuresOf(route: Route, pace: Pace, seen: Seen): readonly Figure[] {
  const bares = seen.bare.map((round) => median(round.map(handed)));
  const conclusive = Math.max(...bares) / Math.min(...bares) <= NOISE_MAX;
  const told = (name: Name): string =>
    `${name} p50 ${p50(seen[name], handed).toFixed(0)}, p99 ${quantile(seen[name].flat().map(handed), 0.99).toFixed(0)} µs (with the kernel: p50 ${p50(seen[name], written).toFixed(0)})`;
  const name = `command on the socket -> order bytes to the socket over ${ROUTES[route]}, ${pace}`;
  const against: Readonly<Record<Peer, string>> = {
    bare: 'bare undici + createHmac',
    ccxt: 'ccxt createOrder',
    connector: 'the official connector',
  };
  const ours = seen[route];
  return PEERS.map((peer) => {
    const beside = `${told(route)}; ${told(peer)}; n ${ours.flat().length} each`;
    const value = median(ratiosTo(seen[peer], ours));
    const figure = { name: `${name} / ${against[peer]}, p50`, value, unit: '×', goal: GOALS[peer], beside, conclusive };
    return { ...figure, ...(peer === 'bare' ? sidesOf(ours, seen) : {}), rounds: ROUNDS };
  });
}

type Rounds = readonly (readonly Took[])[];

/** Ours in theirs, round by round. */
const ratiosTo = (theirs: Rounds, ours: Rounds): readonly number[] =>
  ours.map((took, n) => median(took.map(handed)) / median((theirs[n] ?? []).map(handed)));

/** The floor, ours and the two peers next to each other, told once: with the ratio to the floor. */
function sidesOf(ours: Rounds, seen: Seen): Partial<Figure> {
  const all = ours.flat().map(handed);
  const peers = PEERS.filter((peer) => peer !== 'bare').map((name) => ({
    ...{ name, value: p50(seen[name], handed) },
    ratio: median(ratiosTo(seen[name], ours).map((ratio) => 1 / ratio)),
  }));
  const spread = { p50: median(all), p99: quantile(all, 0.99), p999: all.length < 1_000 ? null : quantile(all, 0.999), unit: 'µs' };
  return { ours: p50(ours, handed), floor: p50(seen.bare, handed), rawUnit: 'µs', peers, spread };
}
