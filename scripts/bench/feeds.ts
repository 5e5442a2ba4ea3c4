/**
 * Both feeds of one strategy in a whole run: from a frame to the order that answers it with the polled one, beside what two grids leave by
 * arithmetic; the time that a decision takes with each; and orders at a venue that takes its time, as the processes' own metrics tell it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../start/ports.ts';
import { between, type Counts, countsOf, quantileOf } from './buckets-read.ts';
import { type Figure, median, quantile } from './measure.ts';
import { lateness } from './order-run.ts';
import { type Market, OurRun, POLL_MS } from './tick/our-run.ts';
import { meanOverPhases, type Timed } from './tick/phases.ts';

const WARM_MS = 4_000;
const POLL_MEASURED_MS = 60_000;
const PUSH_MEASURED_MS = 20_000;
const [POLL_SHORT_MS, PUSH_SHORT_MS] = [30_000, 10_000];
/** Of `config.json`. */
const SNAPSHOT_MS = 100;
/** Of a call to the simulated engine, and of its answer back. */
const LEG_MS = 5;
const [POLL_GOAL, DECISION_GOAL_MS, ACK_GOAL_MS] = [1.05, 5, 20];
/** A bare timer that is later than this at its p95 was on a machine too busy to judge. */
const LATE_MS_MAX = 5;
/** Of a mean; larger, and it says nothing about the goal. */
const ERROR_MAX = 0.025;

type Seen = {
  readonly timed: readonly Timed[];
  readonly turns: Counts;
  readonly written: Counts;
  readonly acknowledged: Counts;
  readonly lateMs: number;
};

export async function benchFeeds(short: boolean): Promise<readonly Figure[]> {
  const poll = await seenWith('poll', { forMs: short ? POLL_SHORT_MS : POLL_MEASURED_MS, market: 'sparse' });
  const push = await seenWith('push', {
    forMs: short ? PUSH_SHORT_MS : PUSH_MEASURED_MS,
    simArgs: ['--latency-orders', `fixed:${LEG_MS}`],
  });
  return [pollFigure(poll), decisionFigure('poll', poll), decisionFigure('push', push), acknowledgedFigure(push)];
}

type Running = { readonly forMs: number; readonly market?: Market; readonly simArgs?: readonly string[] };

async function seenWith(feed: 'poll' | 'push', { forMs, ...how }: Running): Promise<Seen> {
  const ports = { gateway: await freePort(), brain: await freePort() };
  await using ours = await OurRun.open({ feed, ...how, metricsPorts: ports });
  await ours.turn(true);
  await sleep(WARM_MS);
  const read = async (): Promise<readonly Counts[]> => {
    const calls = { port: ports.gateway, name: 'mmbot_order_call_seconds' };
    return [
      await countsOf({ port: ports.brain, name: 'mmbot_brain_turn_seconds' }),
      await countsOf({ ...calls, labels: { step: 'written', via: 'rest' } }),
      await countsOf({ ...calls, labels: { step: 'acknowledged', via: 'rest' } }),
    ];
  };
  const before = await read();
  ours.relay.take();
  const late = await lateness(forMs);
  const timed = ours.relay.take();
  const [turns, written, acknowledged] = (await read()).map((counts, n) => between(before[n] ?? new Map(), counts));
  const none: Counts = new Map();
  return {
    ...{ timed, turns: turns ?? none, written: written ?? none, acknowledged: acknowledged ?? none },
    lateMs: quantile(late, 0.95),
  };
}

const isQuiet = ({ lateMs }: Seen): boolean => lateMs <= LATE_MS_MAX;
const countOf = (counts: Counts): number => Math.max(0, ...counts.values());
const lateText = ({ lateMs }: Seen): string => `a bare timer was ${lateMs.toFixed(1)} ms late at its p95`;

function pollFigure(seen: Seen): Figure {
  const { timed } = seen;
  const { meanMs: ours, errorMs } = meanOverPhases(timed, SNAPSHOT_MS);
  const floor = (SNAPSHOT_MS + POLL_MS) / 2;
  const tookMs = timed.map((one) => one.tookMs);
  return {
    ...{ name: `frame -> order bytes, poll feed, ${POLL_MS} ms poll / arithmetic floor, mean`, value: ours / floor, unit: '×' },
    ...{ goal: POLL_GOAL, conclusive: isQuiet(seen) && errorMs / floor <= ERROR_MAX, ours, floor, rawUnit: 'ms', rounds: 1 },
    beside:
      `half a snapshot and half a poll period, over all phases of the ticks, n ${timed.length}, standard error ${errorMs.toFixed(2)} ms; ` +
      lateText(seen),
    spread: { p50: median(tookMs), p99: quantile(tookMs, 0.99), p999: null, unit: 'ms' },
  };
}

function decisionFigure(feed: string, seen: Seen): Figure {
  const { turns } = seen;
  return {
    ...{ name: `decision, ${feed} feed, p95`, value: quantileOf(turns, 0.95) * 1_000, unit: 'ms', goal: DECISION_GOAL_MS },
    beside: `p50 ${(quantileOf(turns, 0.5) * 1_000).toFixed(2)} ms by the brain's own buckets, n ${countOf(turns)}; ${lateText(seen)}`,
    conclusive: isQuiet(seen),
  };
}

/** Of the sum of two times is known that at most so many are above it as are of either: 2.5 % of each make 5 %. */
function acknowledgedFigure(seen: Seen): Figure {
  const { written, acknowledged } = seen;
  const [toWire, toAnswer] = [written, acknowledged].map((counts) => quantileOf(counts, 0.975) * 1_000);
  const delayMs = 2 * LEG_MS;
  return {
    name: `command -> acknowledged, venue delay of ${delayMs} ms, p95 at most`,
    ...{ value: (toWire ?? Number.NaN) + (toAnswer ?? Number.NaN), unit: 'ms', goal: ACK_GOAL_MS + delayMs },
    beside: `the p97.5 of command to bytes and of bytes to answer by the gateway's own buckets, n ${countOf(acknowledged)}; ${lateText(seen)}`,
    conclusive: isQuiet(seen),
  };
}
