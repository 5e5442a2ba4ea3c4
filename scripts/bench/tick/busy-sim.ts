/**
 * The exchange of the busy market as a process: accounts, orders and REST are the simulator's own, its public is made up (busy-frames.ts).
 * Arguments: scratch folder, symbol, then one account for each, as the simulator takes them.
 */
import { join } from 'node:path';
import { readAccount } from '../../sim/accounts.ts';
import { openSimulator } from '../../sim/simulator.ts';
import { BusyFrames, TURN_MS, writeOpening } from './busy-frames.ts';

const LIMITS = { weightPerMinute: 1_000_000, ordersPer10s: 1_000_000, ordersPerMinute: 1_000_000 };

const [dir = '', symbol = '', ...accounts] = process.argv.slice(2);
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

setInterval(() => {
  const atMs = Math.floor(inside.clock.wallMs());
  for (const frame of frames.next(atMs)) exchange.schedule({ frame, atMs, onDone: () => undefined });
  inside.driver.now();
}, TURN_MS);

for (const end of ['disconnect', 'SIGTERM'] as const) process.once(end, () => void simulator.close().then(() => process.exit(0)));
process.send?.({ kind: 'ready', port: simulator.port });
