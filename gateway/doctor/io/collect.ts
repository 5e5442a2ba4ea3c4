/** Gathers all facts at once. Changes nothing anywhere. */
import { join } from 'node:path';
import { systemClock } from '../../../shared/clock.ts';
import { accountHash } from '../../../shared/config.ts';
import type { Credentials, Loaded } from '../../../shared/config-file.ts';
import { ok, type Result } from '../../../shared/result.ts';
import { examineVenue, unverifiedOf } from '../../venues/io/examine.ts';
import { diagnose } from '../doctor.ts';
import type { Facts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { fileFacts, probeFacts } from './files.ts';
import { machineFacts, ownProcesses } from './machine.ts';
import { redisFacts } from './redis.ts';

export type Patient = {
  readonly loaded: Loaded;
  /** Why there is no key, where there is none. */
  readonly credentials: Result<Credentials, string>;
  /** How long a stream may take until it speaks; real ms. */
  readonly patienceMs?: number;
};

/** The slowest stream that owes data speaks once a second. */
const PATIENCE_MS = 8_000;

export async function collect({ loaded, credentials, patienceMs = PATIENCE_MS }: Patient): Promise<Facts> {
  const { config, runDir } = loaded;
  const keyed = credentials.ok && config.environment !== 'paper' ? credentials.value : null;
  const name = credentials.ok ? accountHash(credentials.value.apiKey) : null;
  const [machine, redis, venue] = await Promise.all([
    machineFacts(runDir),
    redisFacts(config.redis.url),
    examineVenue({ config, credentials: keyed, clock: systemClock(), patienceMs }),
  ]);
  return {
    nowMs: Date.now(),
    ...{ machine, redis, venue },
    files: fileFacts({ loaded, accountDir: name === null ? null : join(runDir, `${config.environment}-${name}`) }),
    processes: ownProcesses(),
    key: name === null ? (credentials as Result<never, string>) : ok(name),
    probe: probeFacts(runDir),
    unverified: unverifiedOf(config.venue),
  };
}

export const examine = async (patient: Patient): Promise<readonly Finding[]> => diagnose(await collect(patient), patient.loaded.config);
