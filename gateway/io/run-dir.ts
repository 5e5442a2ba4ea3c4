/** The folder of one account's runtime state: 0700, one gateway at a time by a lock that vanishes with the process, socket paths that fit. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '../../shared/result.ts';

/** Linux: 108 bytes with the closing zero. */
const SOCKET_PATH_BYTES_MAX = 107;

export type RunDir = Disposable & {
  readonly path: string;
  /** Same for every gateway that ever ran in this folder: tells a dead predecessor from a stranger. */
  readonly instance: string;
  readonly ledger: string;
  readonly brainSocket: string;
  readonly operatorSocket: string;
};
export type RunDirOptions = {
  readonly runDir: string;
  readonly environment: string;
  readonly accountHash: string;
  readonly socketPath: string | null;
  readonly runtimeDir: string | undefined;
};
/** `locked`: another gateway runs here. */
export type RunDirFault = { readonly kind: 'locked' | 'unusable'; readonly sentence: string };

export function openRunDir(options: RunDirOptions): Result<RunDir, RunDirFault> {
  const path = join(options.runDir, `${options.environment}-${options.accountHash}`);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    return err({ kind: 'unusable', sentence: `Cannot use run folder ${path}: ${wordsOf(error)}` });
  }
  const brainSocket = socketIn({ ...options, path, name: 'gateway.sock' });
  if (!brainSocket.ok) return brainSocket;
  const operatorSocket = operatorBeside(brainSocket.value);
  const lock = takeLock(join(path, 'lock.sqlite'));
  if (!lock.ok) return lock;
  const { instance, release } = lock.value;
  return ok({
    path,
    instance,
    ledger: join(path, 'ledger.sqlite'),
    brainSocket: brainSocket.value,
    operatorSocket,
    [Symbol.dispose]: release,
  });
}

/** `gateway.sock` has `operator.sock` beside it; another name `x.sock` has `x-operator.sock`. */
export function operatorBeside(brainSocket: string): string {
  return brainSocket.endsWith('/gateway.sock')
    ? brainSocket.replace(/gateway\.sock$/, 'operator.sock')
    : brainSocket.replace(/(\.sock)?$/, '-operator.sock');
}

type Wanted = RunDirOptions & { readonly path: string; readonly name: string };

function socketIn({ path, name, socketPath, runtimeDir, environment, accountHash }: Wanted): Result<string, RunDirFault> {
  const wanted = socketPath ?? join(path, name);
  if (fits(wanted)) return ok(wanted);
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 8);
  const short = runtimeDir ? join(runtimeDir, `mmbot-${environment}-${accountHash}-${hash}`, name) : null;
  if (socketPath !== null || short === null || !fits(short) || !isPrivate(runtimeDir)) {
    const sentence = `Socket path ${wanted} has ${Buffer.byteLength(operatorBeside(wanted))} bytes, allowed is ${SOCKET_PATH_BYTES_MAX}: set gateway.socketPath or runDir to a shorter path`;
    return err({ kind: 'unusable', sentence });
  }
  mkdirSync(join(short, '..'), { recursive: true, mode: 0o700 });
  return ok(short);
}

const fits = (path: string): boolean => Buffer.byteLength(operatorBeside(path)) <= SOCKET_PATH_BYTES_MAX;

function isPrivate(dir: string | undefined): boolean {
  const found = dir === undefined ? undefined : statSync(dir, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (found.mode & 0o077) === 0;
}

type Lock = { readonly instance: string; readonly release: () => void };

/** SQLite's exclusive lock is an OS lock on the open file: no stale lock can outlive its process. */
function takeLock(file: string): Result<Lock, RunDirFault> {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE;');
    const instance = instanceOf(db);
    db.exec('BEGIN EXCLUSIVE');
    const held = db;
    return ok({ instance, release: () => held.close() });
  } catch (error) {
    db?.close();
    const locked = /locked|busy/.test(wordsOf(error));
    const sentence = locked
      ? `Another gateway runs for this account (lock ${file}): stop it first`
      : `Cannot lock ${file}: ${wordsOf(error)}`;
    return err({ kind: locked ? 'locked' : 'unusable', sentence });
  }
}

function instanceOf(db: DatabaseSync): string {
  db.exec('CREATE TABLE IF NOT EXISTS instance (id TEXT NOT NULL)');
  const found = db.prepare('SELECT id FROM instance').get()?.['id'];
  if (typeof found === 'string') return found;
  const id = randomUUID();
  db.prepare('INSERT INTO instance (id) VALUES (?)').run(id);
  return id;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
