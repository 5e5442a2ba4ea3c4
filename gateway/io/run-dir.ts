/**
 * The folder of one account's runtime state: 0700, socket paths that fit, and the place of one gateway: its folder, its sockets and its
 * account belong to one process at a time, by locks that vanish with the process.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { accountHash } from '../../shared/config.ts';
import type { Credentials, Loaded } from '../../shared/config-file.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { brainSocketPath, LEDGER_FILE, operatorBeside } from '../../shared/socket-path.ts';
import { type FileLock, lockFile, lockName } from './os-lock.ts';

export type RunDir = AsyncDisposable & {
  readonly path: string;
  /**
   * Same for every gateway that ever ran in this very folder of this machine: tells a dead predecessor from a stranger, and from a copy of
   * the folder elsewhere.
   */
  readonly instance: string;
  readonly ledger: string;
  readonly brainSocket: string;
  readonly operatorSocket: string;
  /** False when the folder was removed or replaced under us: then another may run in our place, and what is written here is lost. */
  readonly holds: () => boolean;
};
export type RunDirOptions = AccountOptions & {
  readonly socketPath: string | null;
  readonly runtimeDir: string | undefined;
};
export type AccountOptions = {
  readonly runDir: string;
  readonly environment: string;
  readonly accountHash: string;
  /** What names the account at the venue, never told to anybody; null where the account exists in this folder alone. */
  readonly account: string | null;
};
const LOCK_FILE = 'lock.sqlite';

/** `locked`: another gateway runs here, or a probe. */
export type RunDirFault = { readonly kind: 'locked' | 'unusable'; readonly sentence: string };

export async function openRunDir(options: RunDirOptions): Promise<Result<RunDir, RunDirFault>> {
  const path = join(options.runDir, `${options.environment}-${options.accountHash}`);
  const brainSocket = brainSocketPath({ accountDir: path, configured: options.socketPath, runtimeDir: options.runtimeDir });
  if (!brainSocket.ok) return err({ kind: 'unusable', sentence: brainSocket.error });
  const socketDir = resolve(dirname(brainSocket.value));
  for (const dir of [path, socketDir]) {
    const problem = makePrivate(dir, { ours: dir === path });
    if (problem !== null) return err({ kind: 'unusable', sentence: problem });
  }
  await using locks = new AsyncDisposableStack();
  const taken = takePlace(locks, { path, socket: brainSocket.value, socketDir });
  if (!taken.ok) return taken;
  const account = await takeAccount(locks, options);
  if (!account.ok) return account;
  const held = locks.move();
  return ok({
    path,
    instance: `${taken.value.id}.${shortHash(`${hostname()} ${taken.value.inode}`)}`,
    ledger: join(path, LEDGER_FILE),
    brainSocket: brainSocket.value,
    operatorSocket: operatorBeside(brainSocket.value),
    holds: taken.value.holds,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  });
}

/** Keeps gateways of an account away for a while, without a place of its own: the folder is locked where there is one, and none is made. */
export async function lockAccount(options: AccountOptions): Promise<Result<AsyncDisposable, RunDirFault>> {
  await using locks = new AsyncDisposableStack();
  const path = join(options.runDir, `${options.environment}-${options.accountHash}`);
  const folder = existsSync(path) ? lockFolder(path) : null;
  if (folder?.ok === false) return folder;
  if (folder) locks.use(folder.value);
  const account = await takeAccount(locks, options);
  return account.ok ? ok(locks.move()) : account;
}

/** Of what a configuration and a key name. */
export function accountOptions({ config, runDir }: Loaded, { apiKey }: Pick<Credentials, 'apiKey'>): AccountOptions {
  const { environment, sim, endpoints } = config;
  const where = environment === 'sim' ? (endpoints.sim?.rest ?? sim.port) : environment;
  return { runDir, environment, accountHash: accountHash(apiKey), account: environment === 'paper' ? null : `${where} ${apiKey}` };
}

const lockFolder = (path: string): Result<FileLock, RunDirFault> => {
  const folder = lockFile(join(path, LOCK_FILE));
  return folder.ok ? folder : refused(folder.error, 'Another gateway, or a probe, runs for this account: stop it first: its lock is');
};

type Place = { readonly path: string; readonly socket: string; readonly socketDir: string };

/** The folder, and the socket where it lies elsewhere: two accounts may be configured to the same one. */
function takePlace(locks: AsyncDisposableStack, { path, socket, socketDir }: Place): Result<FileLock, RunDirFault> {
  const folder = lockFolder(path);
  if (!folder.ok) return folder;
  locks.use(folder.value);
  if (socketDir === resolve(path)) return folder;
  const beside = lockFile(`${socket}.lock`);
  if (!beside.ok)
    return refused(beside.error, `Another gateway listens at ${socket}: stop it first, or set gateway.socketPath: its lock is`);
  locks.use(beside.value);
  return folder;
}

async function takeAccount(locks: AsyncDisposableStack, { account, environment }: AccountOptions): Promise<Result<null, RunDirFault>> {
  if (account === null) return ok(null);
  const lock = await lockName(`mmbot-${environment}-${shortHash(account)}`);
  if (!lock.ok)
    return refused(
      lock.error,
      'Another gateway, or a probe, of this machine is at this account from another run folder: stop it first: its lock is',
    );
  locks.use(lock.value);
  return ok(null);
}

const refused = ({ kind, sentence }: RunDirFault, words: string): Result<never, RunDirFault> =>
  err({ kind, sentence: kind === 'locked' ? `${words} ${sentence}` : sentence });

/** A sentence when it cannot be; a folder of others keeps its mode. */
function makePrivate(dir: string, { ours }: { readonly ours: boolean }): string | null {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (ours) chmodSync(dir, 0o700);
    return null;
  } catch (error) {
    return `Cannot use run folder ${dir}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
