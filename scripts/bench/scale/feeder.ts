/**
 * The exchange of a scale run as a process: accounts, orders and REST are the simulator's own; its market is fed with depth messages that were
 * made before, as many a second as it is told over IPC, one symbol after the other.
 */
import { join } from 'node:path';
import { SIM_CREDENTIALS } from '../../../shared/config.ts';
import { formatClockSpec } from '../../../shared/clock.ts';
import { openSimulator } from '../../sim/simulator.ts';
import { readAccount } from '../../sim/accounts.ts';
import { Frames, symbolsOf, writeTape } from './frames.ts';

/** Messages of this stretch of time are sent together. */
const TURN_MS = 5;
const LIMITS = { weightPerMinute: 1_000_000, ordersPer10s: 1_000_000, ordersPerMinute: 1_000_000 };

const [dir = '', count = '1'] = process.argv.slice(2);
const symbols = symbolsOf(Number(count));
const replay = join(dir, 'opening.jsonl');
writeTape(replay, { symbols, atMs: Date.now() });
const now = Date.now();
const simulator = await openSimulator({
  ...{ host: '127.0.0.1', port: 0, seed: 1, speed: 1, symbols, replay, leadMs: 0, historyDays: 1, profile: 'calm' },
  clock: { originMs: now, originRealMs: now, speed: 1 },
  ...{ limitsEnforced: false, limitFigures: LIMITS },
  accounts: [readAccount(`${SIM_CREDENTIALS.apiKey}:${SIM_CREDENTIALS.secret}:1000000`)],
  onTapeProblem: (problem) => {
    throw problem;
  },
});
const { exchange, inside } = simulator;
const frames = new Frames(symbols);
let [perSecond, fromMs, sent, turn] = [0, performance.now(), 0, 0];

setInterval(() => {
  const due = Math.floor(((performance.now() - fromMs) / 1_000) * perSecond);
  const atMs = inside.clock.wallMs();
  for (; sent < due; sent++) {
    const frame = frames.next(symbols[turn++ % symbols.length] ?? '', atMs);
    exchange.schedule({ frame, atMs, onDone: () => undefined });
  }
  inside.driver.now();
}, TURN_MS);

process.on('message', (rate: number) => {
  [perSecond, fromMs, sent] = [rate, performance.now(), 0];
});
process.once('disconnect', () => void simulator.close().then(() => process.exit(0)));
process.once('SIGTERM', () => void simulator.close().then(() => process.exit(0)));
process.send?.({ kind: 'ready', port: simulator.port, clock: formatClockSpec(simulator.clock), symbols: simulator.symbols.length });
