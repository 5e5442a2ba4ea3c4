/**
 * The exchange of a made-up market as a process: accounts, orders and REST are the simulator's own, its public is from busy-frames.ts. `busy`:
 * forty moves a second. `sparse`: a move at a time, so that each is seen for itself; they come in steps that fall on each phase of every grid
 * (SPARSE_MS), so that the mean wait for a grid is known from a few of them.
 * Arguments: which of the two, scratch folder, symbol, then one account for each, as the simulator takes them.
 */
import { join } from 'node:path';
import { readAccount } from '../../sim/accounts.ts';
import { openSimulator } from '../../sim/simulator.ts';
import type { TapeFrame } from '../../../shared/sim/market.ts';
import { BusyFrames, TURN_MS, writeOpening } from './busy-frames.ts';

const LIMITS = { weightPerMinute: 1_000_000, ordersPer10s: 1_000_000, ordersPerMinute: 1_000_000 };

/** A golden section of 100 ms apart on grids of 100 and, in whole milliseconds, of 10; far enough apart for a snapshot, a poll and an order. */
const SPARSE_MS = 261.803;

const [market = '', dir = '', symbol = '', ...accounts] = process.argv.slice(2);
const now = Date.now();
const replay = join(dir, 'opening.jsonl');
writeOpening(replay, { symbol, atMs: now });
const simulator = await openSimulator({
  ...{ host: '127.0.0.1', port: 0, seed: 1, speed: 1, symbols: [symbol], replay, leadMs: 0, historyDays: 1, profile: 'calm' },
  clock: { originMs: now, originRealMs: now, speed: 1 },
  ...{ limitsEnforced: false, limitFigures: LIMITS },
  accounts: accounts.map(readAccount),
  onTapeProblem: (problem) => {
    throw problem;
  },
});
const { exchange, inside } = simulator;
const frames = new BusyFrames(symbol);

function tell(frame: TapeFrame): void {
  exchange.schedule({ frame, atMs: frame.atMs, onDone: () => undefined });
}

const nowMs = (): number => Math.floor(inside.clock.wallMs());

function busyTurn(): void {
  for (const frame of frames.next(nowMs())) tell(frame);
  inside.driver.now();
}

function sparseMove(dueAt: number): void {
  for (const frame of frames.move(nowMs())) tell(frame);
  inside.driver.now();
  setTimeout(sparseMove, dueAt + SPARSE_MS - performance.now(), dueAt + SPARSE_MS);
}

if (market === 'sparse') sparseMove(performance.now());
else setInterval(busyTurn, TURN_MS);

for (const end of ['disconnect', 'SIGTERM'] as const) process.once(end, () => void simulator.close().then(() => process.exit(0)));
process.send?.({ kind: 'ready', port: simulator.port });
