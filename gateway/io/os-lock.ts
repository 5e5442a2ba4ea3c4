/** Locks that the operating system keeps: none outlives its process, and a process that stands still (SIGSTOP) goes on holding its own. */
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '../../shared/result.ts';

/** `locked`: another process holds it. */
export type LockFault = { readonly kind: 'locked' | 'unusable'; readonly sentence: string };
export type FileLock = Disposable & {
  /** Kept in the file: same for everybody who ever held it. */
  readonly id: string;
  /** This very file, on this machine: a copy of the folder is another. */
  readonly inode: string;
  /** False once the file was removed or replaced: then it locks nothing any more. */
  readonly holds: () => boolean;
};

/** SQLite's exclusive lock is one of the system's on the open file. */
export function lockFile(file: string): Result<FileLock, LockFault> {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE;');
    const id = idOf(db);
    db.exec('BEGIN EXCLUSIVE');
    const [held, inode] = [db, inodeOf(file) ?? ''];
    return ok({ id, inode, holds: () => inodeOf(file) === inode, [Symbol.dispose]: () => held.close() });
  } catch (error) {
    db?.close();
    const words = error instanceof Error ? error.message : String(error);
    const locked = /locked|busy/.test(words);
    return err({
      kind: locked ? 'locked' : 'unusable',
      sentence: locked ? `held by another process (${file})` : `cannot lock ${file}: ${words}`,
    });
  }
}

/** Whether somebody holds it now. Only looked at, so that it hinders no start. */
export function isLockedFile(file: string): boolean {
  if (!existsSync(file)) return false;
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    db.prepare('SELECT id FROM instance').get();
    return false;
  } catch (error) {
    return /locked|busy/.test(error instanceof Error ? error.message : '');
  } finally {
    db?.close();
  }
}

/**
 * A name that only one process of the machine can have, whoever its user and whatever its folders: a socket without a file, which Linux
 * alone knows. Elsewhere nothing is locked by it.
 */
export async function lockName(name: string, platform: NodeJS.Platform = process.platform): Promise<Result<AsyncDisposable, LockFault>> {
  if (platform !== 'linux') return ok({ [Symbol.asyncDispose]: () => Promise.resolve() });
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const kind = error.code === 'EADDRINUSE' ? 'locked' : 'unusable';
      resolve(err({ kind, sentence: kind === 'locked' ? 'held by another process' : `cannot lock ${name}: ${error.message}` }));
    });
    server.listen({ path: `\0${name}` }, () => {
      server.unref();
      resolve(ok({ [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())) }));
    });
  });
}

function idOf(db: DatabaseSync): string {
  db.exec('CREATE TABLE IF NOT EXISTS instance (id TEXT NOT NULL)');
  const found = db.prepare('SELECT id FROM instance').get()?.['id'];
  if (typeof found === 'string') return found;
  const id = randomUUID();
  db.prepare('INSERT INTO instance (id) VALUES (?)').run(id);
  return id;
}

function inodeOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.dev}.${found.ino}` : null;
}
