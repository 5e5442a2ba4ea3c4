/**
 * From a command handed out by the gateway's socket to the signed bytes of its order handed to a socket: parsed, guarded, budgeted, its ledger
 * row committed. Beside a bare undici `Client` with one `createHmac`, ccxt and the official connector, each in a process of its own, on one simulated
 * venue, timed in turn by the same probe inside each process. Twice: `hot`, the next order as soon as the one before is cancelled, which is
 * what the code costs; and `paced`, with waits in between as in trading, when caches have been given to others and all sides are slower. When
 * the kernel has the bytes is told beside: it wakes the venue up in the same call, and on two cores may let it run first.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { redisAddress } from '../../shared/io/redis-login.ts';
import { makeClientId } from '../../shared/client-id.ts';
import { SIM_CREDENTIALS } from '../../shared/config.ts';
import { BookDoc, Header, keysOf } from '../../shared/snapshot.ts';
import { type Figure, median, quantile } from './measure.ts';
import { Contender, type Trade, type Wanted } from './order-bytes/contender.ts';
import { Ended } from './order-bytes/ended.ts';
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
const BOOKS_MS = 15_000;
const BELOW = 0.99;
const SIZE = '0.003';
const TTL_MS = 60_000;
const GOALS = { bare: 2.5, ccxt: 0.25, connector: 0.25 };
const NOISE_MAX = 2.5;
const PEERS = ['bare', 'ccxt', 'connector'] as const;
const NO_LIMITS = ['--no-limits', '--limit-weight', '1000000', '--limit-orders-10s', '1000000', '--limit-orders-1m', '1000000'];
const OURS = `${SIM_CREDENTIALS.apiKey}:${SIM_CREDENTIALS.secret}`;
const ACCOUNTS = [OURS, ...PEERS.map((name) => `${name}-key:${name}-secret`)].flatMap((account) => ['--account', `${account}:100000`]);
type Peer = (typeof PEERS)[number];
type Name = 'ours' | Peer;
type Pace = keyof typeof ORDERS;
type Side = { readonly name: string; readonly trade: Trade; readonly probe: Probe };
type Wish = { readonly price: string; readonly orders: number; readonly pace: Pace };
/** Microseconds from the command. */
type Took = { readonly handed: number; readonly written: number };
type Seen = Readonly<Record<Name, (readonly Took[])[]>>;

export async function benchOrderBytes(): Promise<readonly Figure[]> {
  const probes = { ours: new Probe('ours'), bare: new Probe('bare'), ccxt: new Probe('ccxt'), connector: new Probe('connector') };
  await using run = await OrderRun.open({
    ...{ symbols: ['BTCUSDT'], simArgs: [...NO_LIMITS, ...ACCOUNTS] },
    gatewayNodeArgs: (dir) => probes.ours.argsIn(dir),
  });
  await using peers = new AsyncDisposableStack();
  const ended = peers.use(await Ended.open({ port: run.simPort, apiKey: SIM_CREDENTIALS.apiKey }));
  const market = peers.use(await Market.open(run, ended));
  const sides = new Map<Name, Side>([['ours', { name: 'ours', trade: (wanted) => market.trade(wanted), probe: probes.ours }]]);
  for (const name of PEERS) {
    const account = { port: run.simPort, apiKey: `${name}-key`, secret: `${name}-secret` };
    const nodeArgs = [...NODE_FLAGS, ...probes[name].argsIn(run.dir)];
    const contender = peers.use(await Contender.open(name, { dir: run.dir, account, nodeArgs }));
    sides.set(name, { name, trade: (wanted) => contender.trade(wanted), probe: probes[name] });
  }
  for (const side of sides.values()) await oneRound(side, { price: await market.look(), orders: WARM_UP, pace: 'hot' });
  const seen = { hot: noneSeen(), paced: noneSeen() };
  for (let round = 0; round < ROUNDS; round++)
    for (const pace of ['hot', 'paced'] as const) {
      const price = await market.look();
      for (const [name, side] of sides) seen[pace][name].push(await oneRound(side, { price, orders: ORDERS[pace], pace }));
    }
  return [...figuresOf('hot', seen.hot), ...figuresOf('paced', seen.paced)];
}

const noneSeen = (): Seen => ({ ours: [], bare: [], ccxt: [], connector: [] });

let ids = 0;
/** Our side sends three messages an order, and the gateway cuts off who sends 2,000 in a second: every side pauses after so many orders. */
const [BURST, BURST_MS] = [600, 1_100];

async function oneRound({ name, trade, probe }: Side, { price, orders, pace }: Wish): Promise<readonly Took[]> {
  let burstAt = performance.now();
  for (let n = 0; n < orders; n++) {
    if (n > 0 && n % BURST === 0) {
      await sleep(Math.max(0, burstAt + BURST_MS - performance.now()));
      burstAt = performance.now();
    }
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

/** Our side: a client of the gateway, with the snapshot that its orders rest on. */
class Market implements AsyncDisposable {
  readonly #run: OrderRun;
  readonly #redis: Redis;
  readonly #ended: Ended;
  #basedOn = { epoch: 0, seq: 0 };

  private constructor(run: OrderRun, ended: Ended) {
    this.#run = run;
    this.#ended = ended;
    this.#redis = new Redis(redisAddress(run.redisUrl));
  }

  static async open(run: OrderRun, ended: Ended): Promise<Market> {
    const market = new Market(run, ended);
    const end = performance.now() + BOOKS_MS;
    while ((await market.#bid()) === null) {
      if (performance.now() > end) throw new Error(`No book within ${BOOKS_MS} ms`);
      await sleep(50);
    }
    return market;
  }

  /** A price behind the market. */
  async look(): Promise<string> {
    return (Number(await this.#bid()) * BELOW).toFixed(1).replace(/\.\d$/, '.0');
  }

  /** As the contenders: over when the venue has cancelled it and the gateway knows. */
  async trade({ id, price, size, restMs }: Wanted): Promise<void> {
    const { client } = this.#run;
    const clientId = makeClientId({ role: 'operator', epoch: client.welcome.brainEpoch, counter: Number(id) });
    const terms = { symbol: 'BTCUSDT', side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false } as const;
    const placed = await client.request({ type: 'place', clientId, ...terms, price, size, basedOn: this.#basedOn, ttlMs: TTL_MS });
    if (placed?.type !== 'taken') throw new Error(`Cannot measure: ${JSON.stringify(placed)}`);
    if (restMs > 0) await sleep(restMs);
    const ended = this.#ended.of(clientId);
    await client.request({ type: 'cancel', clientId });
    await ended;
    await client.request({ type: 'query', what: 'order', clientId }); // what came before is worked off when it is answered
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }

  async #bid(): Promise<string | null> {
    const keys = keysOf('mm:binance');
    const [header, book] = (await this.#redis.mget(keys.header, keys.book('BTCUSDT'))).map((text): unknown => JSON.parse(text ?? 'null'));
    if (!header || !book) return null;
    const { epoch, seq } = Header.parse(header);
    this.#basedOn = { epoch, seq };
    return BookDoc.parse(book).bids[0]?.[0] ?? null;
  }
}

const handed = ({ handed: us }: Took): number => us;
const written = ({ written: us }: Took): number => us;
const p50 = (rounds: readonly (readonly Took[])[], of: (took: Took) => number): number =>
  median(rounds.map((round) => median(round.map(of))));

function figuresOf(pace: Pace, seen: Seen): readonly Figure[] {
  const bares = seen.bare.map((round) => median(round.map(handed)));
  const conclusive = Math.max(...bares) / Math.min(...bares) <= NOISE_MAX;
  const told = (name: Name): string =>
    `${name} p50 ${p50(seen[name], handed).toFixed(0)}, p99 ${quantile(seen[name].flat().map(handed), 0.99).toFixed(0)} µs (with the kernel: p50 ${p50(seen[name], written).toFixed(0)})`;
  const name = `command on the socket -> order bytes to the socket, ${pace}`;
  const against: Readonly<Record<Peer, string>> = {
    bare: 'bare undici + createHmac',
    ccxt: 'ccxt createOrder',
    connector: 'the official connector',
  };
  return PEERS.map((peer) => {
    const beside = `${told('ours')}; ${told(peer)}; n ${seen.ours.flat().length} each`;
    const value = median(ratiosTo(seen, peer));
    const figure = { name: `${name} / ${against[peer]}, p50`, value, unit: '×', goal: GOALS[peer], beside, conclusive };
    return { ...figure, ...(peer === 'bare' ? sidesOf(seen) : {}), rounds: ROUNDS };
  });
}

/** Ours in theirs, round by round. */
const ratiosTo = (seen: Seen, peer: Peer): readonly number[] =>
  seen.ours.map((took, n) => median(took.map(handed)) / median((seen[peer][n] ?? []).map(handed)));

/** The floor, ours and the two peers next to each other, told once: with the ratio to the floor. */
function sidesOf(seen: Seen): Partial<Figure> {
  const all = seen.ours.flat().map(handed);
  const peers = PEERS.filter((peer) => peer !== 'bare').map((name) => ({
    ...{ name, value: p50(seen[name], handed) },
    ratio: median(ratiosTo(seen, name).map((ratio) => 1 / ratio)),
  }));
  const spread = { p50: median(all), p99: quantile(all, 0.99), p999: all.length < 1_000 ? null : quantile(all, 0.999), unit: 'µs' };
  return { ours: p50(seen.ours, handed), floor: p50(seen.bare, handed), rawUnit: 'µs', peers, spread };
}
