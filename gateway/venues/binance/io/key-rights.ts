/** Reads the rights of the API key from the venue's wallet host, once, over a connection of its own. */
import type { Clock } from '../../../../shared/clock.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';
import type { WallMs } from '../../../../shared/units.ts';
import type { Http, HttpOptions } from '../../../io/http.ts';
import type { VenueFault } from '../../venue.ts';
import { judgeKeyRights, KeyRights, unknownRights } from '../key-rights.ts';
import { CALLS } from '../limits.ts';
import { Rest } from '../rest.ts';
import type { Secret } from '../sign.ts';

export type KeyRightsOptions = {
  /** Undefined: no such host is known, which is a warning. */
  readonly origin: string | undefined;
  readonly openHttp: (options: HttpOptions) => Http;
  readonly clock: Clock;
  /** The venue's time now: its hosts share one clock, and the wallet host has no time call of ours. */
  readonly nowMs: WallMs;
  readonly apiKey: string;
  readonly secret: Secret;
  readonly recvWindowMs: number;
  readonly timeoutMs: number;
};

/**
 * Warnings, or the fault `key-rights` of a key that is not fit for real money. A host that cannot be asked is a warning: whether the key
 * trades is seen by trading, and the wallet host may be down while the exchange is not.
 */
export async function checkKeyRights(options: KeyRightsOptions): Promise<Result<readonly string[], VenueFault>> {
  const { origin, openHttp, timeoutMs, ...keyed } = options;
  if (origin === undefined) return ok([unknownRights('endpoints.mainnet.wallet is missing')]);
  await using http = openHttp({ origin, clock: keyed.clock, timeoutMs });
  const rest = new Rest({ ...keyed, send: http.send, onCall: () => undefined });
  const answer = await rest.call(CALLS.keyRights, { schema: KeyRights, parameters: [] });
  if (!answer.ok) return ok([unknownRights(`${origin}: ${answer.error.sentence}`)]);
  const judged = judgeKeyRights(answer.value);
  return judged.ok ? judged : err({ kind: 'auth', reason: 'key-rights', sentence: judged.error });
}
