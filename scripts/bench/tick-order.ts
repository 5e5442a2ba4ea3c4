/**
 * From a frame that changes the best bid to the order that answers it, both seen on the wire: the real gateway and brain with the push feed,
 * a bare pipeline of two processes on the same transports, and ccxt in one process, in turn, on one simulated market. Two of them, because at
 * some orders a second a process mostly sleeps and each order finds its code and its data cold: waking up is then most of what anybody takes,
 * and ccxt is as fast as the bare pipeline. `busy` moves its best bid forty times a second, with two hundred messages of best prices and a
 * hundred of depth; `storm` is the seeded market at its liveliest, some moves a second. Gateway and brain go on reading the market while the
 * others have their turn, and only they read the depth: what that costs on a machine with few cores is in the figures of all.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, median, quantile } from './measure.ts';
import { Contender } from './tick/contender.ts';
import { type Market, OurRun } from './tick/our-run.ts';
import { openRelay, type Relay } from './tick/relay.ts';

const ROUNDS = 5;
/** Orders are ten times as frequent in the busy market. */
const [BUSY_MS, STORM_MS] = [2_500, 4_000];
const WARM_UP_MS = 2_000;
const SETTLE_MS = 400;
/** Fewer orders in a round say nothing about its median. */
const ORDERS_MIN = 10;
const [FLOOR_GOAL, CCXT_GOAL, TAIL_GOAL] = [1.6, 0.4, 5];
const NOISE_MAX = 2;
const NAMES: Readonly<Record<Compared, string>> = { busy: 'busy market', storm: 'market of some moves a second' };

type Compared = Exclude<Market, 'sparse'>;
type Side = { readonly relay: Relay; readonly turn: (on: boolean) => Promise<void> | void };
type Rounds = readonly (readonly number[])[];

/** Short: the busy market alone. */
export async function benchTickToOrder(short: boolean): Promise<readonly Figure[]> {
  return [...(await benchMarket('busy', BUSY_MS)), ...(short ? [] : await benchMarket('storm', STORM_MS))];
}

async function benchMarket(market: Compared, roundMs: number): Promise<readonly Figure[]> {
  await using ours = await OurRun.open({ feed: 'push', market });
  await using bareRelay = await openRelay(ours.simPort);
  await using ccxtRelay = await openRelay(ours.simPort);
  await using bare = contender('bare', { relay: bareRelay, ours });
  await using ccxt = contender('ccxt', { relay: ccxtRelay, ours });
  const sides: readonly Side[] = [
    { relay: ours.relay, turn: (on) => ours.turn(on) },
    { relay: bareRelay, turn: (on) => bare.turn(on) },
    { relay: ccxtRelay, turn: (on) => ccxt.turn(on) },
  ];
  const seen: (readonly number[])[][] = sides.map(() => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [n, side] of sides.entries()) {
      const took = await oneRound(side, round < 0 ? WARM_UP_MS : roundMs);
      if (round >= 0) seen[n]?.push(took); // the first one warms up
    }
  }
  return figuresOf(market, { ours: seen[0] ?? [], bare: seen[1] ?? [], ccxt: seen[2] ?? [] });
}

const contender = (name: 'bare' | 'ccxt', { relay, ours }: { readonly relay: Relay; readonly ours: OurRun }): Contender =>
  new Contender(join(import.meta.dirname, `tick/${name}.ts`), {
    port: relay.port,
    dir: ours.dir,
    apiKey: `${name}-key`,
    secret: `${name}-secret`,
  });

async function oneRound({ relay, turn }: Side, ms: number): Promise<readonly number[]> {
  await turn(true);
  await sleep(SETTLE_MS);
  relay.take();
  await sleep(ms);
  const took = relay.take().map(({ tookMs }) => tookMs * 1_000);
  await turn(false);
  await sleep(SETTLE_MS);
  return took;
}

function figuresOf(market: Compared, { ours, bare, ccxt }: Readonly<Record<'ours' | 'bare' | 'ccxt', Rounds>>): readonly Figure[] {
  const [mine, floor, peer] = [ours, bare, ccxt].map((rounds) => rounds.map((took) => median(took)));
  const ratios = (of: readonly number[] = []): number => median((mine ?? []).map((us, n) => us / (of[n] ?? Number.NaN)));
  const all = ours.flat();
  const [p50, p99] = [median(all), quantile(all, 0.99)];
  const told = (name: string, rounds: Rounds): string =>
    `${name} p50 ${median(rounds.map((took) => median(took))).toFixed(0)}, p99 ${quantile(rounds.flat(), 0.99).toFixed(0)} µs, n ${rounds.flat().length}`;
  const floors = floor ?? [];
  const conclusive =
    Math.max(...floors) / Math.min(...floors) <= NOISE_MAX &&
    [ours, bare, ccxt].every((rounds) => rounds.every((took) => took.length >= ORDERS_MIN));
  const name = `frame -> order bytes, push feed, ${NAMES[market]}`;
  return [
    {
      ...{ name: `${name} / bare pipeline, p50`, value: ratios(floor), unit: '×', goal: FLOOR_GOAL, conclusive },
      beside: `${told('ours', ours)}; ${told('bare', bare)}; the relay is in both`,
      ...{ ours: median(mine ?? []), floor: median(floor ?? []), rawUnit: 'µs', rounds: ours.length },
      peers: [{ name: 'ccxt', value: median(peer ?? []), ratio: 1 / ratios(peer) }],
      spread: { p50, p99, p999: all.length < 1_000 ? null : quantile(all, 0.999), unit: 'µs' },
    },
    {
      ...{ name: `${name} / ccxt in one process, p50`, value: ratios(peer), unit: '×', goal: CCXT_GOAL, conclusive },
      beside: told('ccxt', ccxt),
    },
    {
      ...{ name: `${name}, p99 / p50`, value: p99 / p50, unit: '×', goal: TAIL_GOAL, conclusive },
      beside: `p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)} µs`,
    },
  ];
}
