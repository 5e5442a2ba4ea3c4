/** What has to be read before anything else: the venue's clock, the instruments, and the proof that the key is taken. */
import type { Clock } from '../../../shared/clock.ts';
import type { Config } from '../../../shared/config.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { VenueFault, VenueResult } from '../venue.ts';
import { instrumentsOf, rateLimitsOf } from './instruments.ts';
import { type Call, CALLS } from './limits.ts';
import type { Rest } from './rest.ts';
import { Balances, ExchangeInfo } from './wire.ts';
import type * as z from 'zod';

/** Waiting before each time a first read is asked again. */
const ASK_AGAIN_MS = [20, 50, 100, 200] as const;

export type Prepare = {
  readonly rest: Rest;
  readonly config: Config;
  readonly host: string;
  readonly keyed: boolean;
  readonly clock: Clock;
};

export async function prepare({ rest, config, host, keyed, clock }: Prepare): Promise<Result<ReadonlyMap<string, Instrument>, VenueFault>> {
  const ask = <T>(call: Call, schema: z.ZodType<T>) => patiently(() => rest.call(call, { schema, parameters: [] }), clock);
  const asked = ask(CALLS.exchangeInfo, ExchangeInfo);
  const synced = await patiently(() => rest.syncClock(), clock);
  if (!synced.ok) return err({ ...synced.error, sentence: `Cannot reach the venue at ${host}: ${synced.error.sentence}` });
  const proof = keyed ? ask(CALLS.balance, Balances) : null; // signed, so the clock comes first
  const info = await asked;
  if (!info.ok) return err({ ...info.error, sentence: `Cannot read the instruments at ${host}: ${info.error.sentence}` });
  rest.setLimits(rateLimitsOf(info.value));
  const instruments = instrumentsOf(info.value, config.symbols);
  if (!instruments.ok) return err({ kind: 'rejected', reason: 'symbol', sentence: instruments.error });
  const key = await proof;
  if (key === null || key.ok) return ok(instruments.value);
  const refused = key.error.kind === 'auth' || key.error.kind === 'rejected';
  const what = refused ? `The venue at ${host} refuses the API key or its secret` : `Cannot read the account at ${host}`;
  return err({ ...key.error, kind: refused ? 'auth' : key.error.kind, sentence: `${what}: ${key.error.sentence}` });
}

/** A venue that is there and answers nonsense is asked again: going away and coming back would cost a whole start. */
async function patiently<T>(ask: () => Promise<VenueResult<T>>, clock: Clock): Promise<VenueResult<T>> {
  for (const waitMs of ASK_AGAIN_MS) {
    const result = await ask();
    if (result.ok || (result.error.kind !== 'unknown' && result.error.kind !== 'busy')) return result;
    await clock.sleep(waitMs);
  }
  return ask();
}
