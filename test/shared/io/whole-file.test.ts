import fs, { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile } from '../../../shared/io/whole-file.ts';

const REAL = { fsyncSync: fs.fsyncSync, renameSync: fs.renameSync };
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-whole-'));
});
afterEach(() => {
  Object.assign(fs, REAL);
  syncBuiltinESMExports();
  rmSync(dir, { recursive: true, force: true });
});

/** Stands before the calls of the operating system. */
function watched(over: Partial<typeof REAL> = {}): string[] {
  const calls: string[] = [];
  fs.fsyncSync = (file) => {
    calls.push(fs.fstatSync(file).isDirectory() ? 'sync folder' : `sync ${fs.fstatSync(file).size} bytes`);
    REAL.fsyncSync(file);
  };
  fs.renameSync = (from, to) => {
    calls.push('rename');
    (over.renameSync ?? REAL.renameSync)(from, to);
  };
  syncBuiltinESMExports();
  return calls;
}

test('replaceFile() has the text on the disk before its name, and the name before it returns', () => {
  const path = join(dir, 'config.local.json');
  writeFileSync(path, 'old', { mode: 0o644 });
  chmodSync(path, 0o644);
  const calls = watched();
  replaceFile(path, 'the new one');
  expect(calls).toEqual(['sync 11 bytes', 'rename', 'sync folder']);
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777, readdirSync(dir)]).toEqual([
    'the new one',
    0o600,
    ['config.local.json'],
  ]);
});

test('replaceFile() leaves the old one and nothing beside it when it fails', () => {
  const path = join(dir, 'config.local.json');
  writeFileSync(path, 'old');
  watched({
    renameSync: () => {
      throw new Error('EIO');
    },
  });
  expect(() => replaceFile(path, 'new')).toThrow('EIO');
  expect([readFileSync(path, 'utf8'), readdirSync(dir)]).toEqual(['old', ['config.local.json']]);
});
