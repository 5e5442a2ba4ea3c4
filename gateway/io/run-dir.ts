/** The folder of one account's runtime state: 0700, one gateway at a time by a lock that vanishes with the process, socket paths that fit. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '../../shared/result.ts';
import { brainSocketPath, LEDGER_FILE, operatorBeside } from '../../shared/socket-path.ts';

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
  const brainSocket = brainSocketPath({ accountDir: path, configured: options.socketPath, runtimeDir: options.runtimeDir });
  if (!brainSocket.ok) return err({ kind: 'unusable', sentence: brainSocket.error });
  mkdirSync(dirname(brainSocket.value), { recursive: true, mode: 0o700 });
  const operatorSocket = operatorBeside(brainSocket.value);
  const lock = takeLock(join(path, 'lock.sqlite'), 'gateway');
  if (!lock.ok) return lock;
  const { instance, release } = lock.value;
  return ok({
    path,
    instance,
    ledger: join(path, LEDGER_FILE),
    brainSocket: brainSocket.value,
    operatorSocket,
    [Symbol.dispose]: release,
  });
}

export type Lock = { readonly instance: string; readonly release: () => void };

/** SQLite's exclusive lock is an OS lock on the open file: no stale lock can outlive its process. `who`: for the sentence. */
export function takeLock(file: string, who: string): Result<Lock, RunDirFault> {
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
      ? `Another ${who} runs for this account (lock ${file}): stop it first`
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
