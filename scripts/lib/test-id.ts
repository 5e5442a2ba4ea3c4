/**
 * Client ids of tools that speak to the venue themselves (test-order, flatten, the watchdog), made without a gateway to grant an epoch. Rule: a ledger grants epochs from the count of eight-minute steps
 * since 2026 upward, one for each start and hello (below 800 000 until the year 2038), and a gateway without its ledger uses 900 000 and
 * above; so 800 000 ... 899 999 belong to the tools, one id for each role and millisecond of real time since 2026 (unique until 2057).
 */
import { COUNTER_MAX, makeClientId } from '../../shared/client-id.ts';

export const TEST_EPOCHS = { first: 800_000, last: 899_999 } as const;
const ORIGIN_MS = Date.UTC(2026, 0, 1);
const PER_EPOCH = COUNTER_MAX + 1;

/** `wallMs` is real wall time. Throws outside 2026 ... 2057: a clock that is wrong by decades must not make an id twice. */
export function toolClientId(role: 'test' | 'close', wallMs: number): string {
  const n = Math.floor(wallMs) - ORIGIN_MS;
  const epoch = TEST_EPOCHS.first + Math.floor(n / PER_EPOCH);
  if (n < 0 || epoch > TEST_EPOCHS.last)
    throw new RangeError(`Cannot make a client id: the machine's clock says ${new Date(wallMs).toISOString()}`);
  return makeClientId({ role, epoch, counter: n % PER_EPOCH });
}

export const testClientId = (wallMs: number): string => toolClientId('test', wallMs);
