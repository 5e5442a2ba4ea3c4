/** Whether a gateway lives at an account, as one who holds no part of it can tell: by its socket, and by the lock that goes with its process. */
import { join } from 'node:path';
import { isLockedFile } from '../../gateway/io/os-lock.ts';
import { accountHash } from '../../shared/config.ts';
import type { Loaded } from '../../shared/config-file.ts';
import { GatewayClient } from '../../shared/io/gateway-client.ts';
import { Header } from '../../shared/snapshot.ts';
import { brainSocketPath } from '../../shared/socket-path.ts';

/** `silent`: its process is there and does not answer. */
export type GatewayLife =
  | { readonly state: 'answers'; readonly header: Header | null }
  | { readonly state: 'silent' }
  | { readonly state: 'none' };

const ANSWER_MS = 1_000;

export const accountDirOf = ({ runDir, config: { environment } }: Loaded, apiKey: string): string =>
  join(runDir, `${environment}-${accountHash(apiKey)}`);

export async function lookForGateway({ config }: Loaded, accountDir: string): Promise<GatewayLife> {
  const configured = config.gateway.socketPath;
  const path = brainSocketPath({ accountDir, configured, runtimeDir: process.env['XDG_RUNTIME_DIR'] });
  const { environment } = config;
  const connected = path.ok
    ? await GatewayClient.connect({ path: path.value, role: 'observer', environment, name: 'look', timeoutMs: ANSWER_MS })
    : null;
  if (connected?.ok === false && connected.error.refused !== null) return { state: 'answers', header: null };
  if (!connected?.ok) return { state: isLocked(accountDir) ? 'silent' : 'none' };
  await using client = connected.value;
  const answer = await client.request({ type: 'query', what: 'status' });
  const header = answer?.type === 'data' ? Header.safeParse(answer.data) : null;
  return answer === null ? { state: 'silent' } : { state: 'answers', header: header?.success ? header.data : null };
}

/** The lock is the process's own: it cannot outlive it. */
export const isLocked = (accountDir: string): boolean => isLockedFile(join(accountDir, 'lock.sqlite'));
