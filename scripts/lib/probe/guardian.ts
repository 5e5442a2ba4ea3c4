/**
 * A second process beside the probe: when the probe is killed, its orders and its position are taken away all the same. Its key comes over IPC.
 * A gateway that was quicker has them instead: it cancels what is ours and nobody wants, and protects what is held.
 */
import { accountOptions, lockAccount } from '../../../gateway/io/run-dir.ts';
import type { Loaded, Credentials } from '../../../shared/config-file.ts';
import { Bench } from './bench.ts';
import { cleanUpLater, LATE_MS, markOf } from './clean-up.ts';
import { ProbeWire } from './wire.ts';

export type Charge = { readonly loaded: Loaded; readonly credentials: Credentials; readonly symbol: string };

/** Ten minutes without a network; the next probe cleans up, too. A simulator that is gone took its orders along. */
const TRIES = { sim: 1, testnet: 100 } as const;

let charge: Charge | null = null;
process.on('message', (message: Charge | 'done') => {
  if (message === 'done') process.exit(0);
  charge = message;
  process.send?.('ready');
});
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined); // meant for the probe: it says when it is done

process.once('disconnect', () => void guard());

async function guard(): Promise<void> {
  if (charge === null) process.exit(0);
  const { loaded, credentials, symbol } = charge;
  const lock = await lockAccount(accountOptions(loaded, credentials)); // until it has ended, when all is let go of
  if (!lock.ok && lock.error.kind === 'locked') process.exit(1);
  await using wire = new ProbeWire(loaded.config, credentials);
  const open = async (): Promise<Bench | null> => ((await wire.syncClock()) ? await Bench.open(wire, symbol) : null);
  const tries = loaded.config.environment === 'sim' ? TRIES.sim : TRIES.testnet;
  const left = await cleanUpLater(open, { mark: markOf(charge), tries, pauseMs: LATE_MS });
  process.exit(left.length === 0 ? 0 : 1);
}
