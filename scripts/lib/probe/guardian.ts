/** A second process beside the probe: when the probe is killed, its orders and its position are taken away all the same. Its key comes over IPC. */
import type { Loaded, Credentials } from '../../../shared/config-file.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bench } from './bench.ts';
import { cleanUp, LATE_MS, markOf } from './clean-up.ts';
import { ProbeWire } from './wire.ts';

export type Charge = { readonly loaded: Loaded; readonly credentials: Credentials; readonly symbol: string };

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
  await using wire = new ProbeWire(loaded.config, credentials);
  const isThere = await wire.syncClock();
  const bench = isThere ? await Bench.open(wire, symbol) : null;
  const mark = markOf(charge);
  if (bench) await cleanUp(bench, mark, { mayBeLate: true });
  if (bench) await sleep(LATE_MS); // an order that was on its way may come until then
  const left = bench ? await cleanUp(bench, mark) : ['the venue does not answer'];
  process.exit(left.length === 0 ? 0 : 1);
}
