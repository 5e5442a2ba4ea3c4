/**
 * A session on the simulator in virtual time: its exchange and wire, the real venue adapter and order side of the gateway, and the brain,
 * in one process, with the latencies of the simulator's network. What the account's own book of trades says is the truth of it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeRuns } from '../../brain/runs.ts';
import { openBinance } from '../../gateway/venues/binance/io/venue.ts';
import { STEPPED_START_MS } from '../../scripts/sim/stepper.ts';
import type { VirtualClock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import type { OwnTrade, SimOrder } from '../../shared/sim/exchange-events.ts';
import type { FlowProfile } from '../../shared/sim/flow-profile.ts';
import { atoms } from '../../shared/units.ts';
import { inMemory } from './in-memory.ts';
import { KEY, openTestSim, SECRET } from './sim-client.ts';
import { VirtualBrain } from './virtual-brain.ts';
import { VirtualGateway } from './virtual-gateway.ts';

export const SESSION_MS = { feed: 5, order: 20, response: 20, look: 10 } as const;
export const FUNDS = atoms(500_000n * 100_000_000n);
/** What waits for an answer goes on after so much simulated time. */
const SLICE_MS = 1;

export type Session = {
  readonly trades: readonly OwnTrade[];
  readonly orders: readonly SimOrder[];
  /** Time of the first snapshot that was decided on, and of the end. */
  readonly firstMs: number;
  readonly endMs: number;
};
export type SessionOptions = {
  readonly config: Config;
  readonly symbol: string;
  readonly seed: number;
  readonly profile: FlowProfile;
  readonly seconds: number;
};

const fixed = (ms: number) => ({ kind: 'fixed', ms, spike: null }) as const;

export async function liveSession({ config, symbol, seed, profile, seconds }: SessionOptions): Promise<Session> {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-session-'));
  const latencies = { orders: fixed(SESSION_MS.order), market: fixed(SESSION_MS.feed), user: fixed(SESSION_MS.response) };
  const accounts = [{ apiKey: KEY, secret: SECRET, balances: { USDT: FUNDS } }];
  const sim = await openTestSim({ seed, profile, symbols: [symbol], steppedFromMs: STEPPED_START_MS, accounts, latencies });
  const clock = sim.simulator.inside.clock as VirtualClock;
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += SLICE_MS) {
      clock.advance(SLICE_MS);
      await nextTurn();
    }
  };
  let firstMs: number | null = null;
  const brain = new VirtualBrain({
    ...{ config, symbol, clock, runs: makeRuns(config), storeFile: join(dir, 'brain.sqlite') },
    onTurn: ({ documents }) => {
      if (documents.header.brainEpoch > 0) firstMs ??= documents.header.wallMs;
    },
  });
  const log = rootLog({ process: 'gateway', level: 'fatal', stream: new PassThrough().resume() });
  let gateway: VirtualGateway | null = null;
  const opening = (async (): Promise<void> => {
    const venue = await openBinance({
      ...{ config, credentials: { apiKey: KEY, secret: SECRET }, clock, random: new Random(seed).fork('venue'), log },
      ...{
        metrics: makeMetrics('gateway'),
        lines: inMemory(sim.simulator),
        endpoints: { rest: 'http://exchange', stream: 'ws://exchange' },
      },
    });
    if (!venue.ok) throw new Error(venue.error.sentence);
    const opened = new VirtualGateway({
      ...{ config, clock, venue: venue.value, ledgerFile: join(dir, 'ledger.sqlite'), onError: () => undefined },
      onSnapshot: (pushed) => clock.after(SESSION_MS.look, () => brain.take(pushed)),
    });
    await opened.start();
    gateway = opened;
    brain.connect(opened);
  })();
  while (gateway === null) await Promise.race([opening, pass(50)]);
  await pass(seconds * 1_000);
  brain[Symbol.dispose]();
  await (gateway as VirtualGateway)[Symbol.asyncDispose]();
  const { exchange } = sim.simulator;
  const { orders } = exchange.trader(KEY);
  const session = {
    trades: orders.trades(symbol),
    orders: orders.all(symbol),
    firstMs: firstMs ?? STEPPED_START_MS,
    endMs: exchange.nowMs,
  };
  await sim.close();
  rmSync(dir, { recursive: true, force: true });
  return session;
}
