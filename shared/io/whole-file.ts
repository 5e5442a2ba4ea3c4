/** Puts a file in the place of another: on the disk itself, and whole, before it has the name. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Of mode 0600. Throws when it cannot be written; then the old one is as it was. */
export function replaceFile(path: string, text: string): void {
  const part = `${path}.${process.pid}.tmp`;
  try {
    rmSync(part, { force: true }); // of a process of this number that died here
    writeWhole(part, text);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeWhole(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text); // all of it or an error: a single write may end short on a full disk and say nothing
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A name that is new there is on disk, too. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
