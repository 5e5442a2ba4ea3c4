import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PanicFile } from '../../../gateway/io/panic-file.ts';
import { readPanic, writePanic } from '../../../shared/panic-file.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-panic-'));
});
afterEach(() => {
  chmodSync(dir, 0o700);
  rmSync(dir, { recursive: true });
});
const write = (text = ''): void => writeFileSync(join(dir, 'PANIC'), text);

test('look() tells of a file once, takes it in under another name, and of a new one again', () => {
  const file = new PanicFile(dir);
  expect(file.look()).toBeNull();
  write('fire in the hall\n');
  expect(file.look()).toEqual({ reason: 'fire in the hall', everything: false });
  expect([file.look(), existsSync(join(dir, 'PANIC.taken'))]).toEqual([null, true]);
  write('everything\nagain');
  expect(file.look()).toEqual({ reason: 'again', everything: true });
});

test('a file that was there before the start counts; one taken in by an earlier run is told apart', () => {
  write();
  expect(new PanicFile(dir).lookTaken()).toBeNull();
  expect(new PanicFile(dir).look()).toEqual({ reason: 'file PANIC', everything: false });
  expect(new PanicFile(dir).look()).toBeNull();
  expect(new PanicFile(dir).lookTaken()).toEqual({ reason: 'file PANIC', everything: false });
});

test('clear() takes away what was taken in, and refuses while a new one waits', () => {
  const file = new PanicFile(dir);
  expect(file.clear()).toBeNull();
  write();
  file.look();
  write();
  expect(file.clear()).toMatch(/PANIC is there: remove it first/);
  file.look();
  expect(file.clear()).toBeNull();
  expect(existsSync(join(dir, 'PANIC.taken'))).toBe(false);
});

test('keep() holds a stop that came by another way, until clear()', () => {
  const file = new PanicFile(dir);
  file.keep({ reason: 'mm panic', everything: true });
  expect([file.look(), new PanicFile(dir).lookTaken()]).toEqual([null, { reason: 'mm panic', everything: true }]);
  expect([file.clear(), new PanicFile(dir).lookTaken()]).toEqual([null, null]);
});

test('something that cannot be read or moved stops all the same, and once', () => {
  mkdirSync(join(dir, 'PANIC'));
  mkdirSync(join(dir, 'PANIC.taken'));
  writeFileSync(join(dir, 'PANIC.taken', 'x'), ''); // a folder with something in it cannot be replaced
  const file = new PanicFile(dir);
  expect(file.look()).toEqual({ reason: 'file PANIC', everything: false });
  expect(file.look()).toBeNull();
  expect(file.clear()).toMatch(/remove it first/);
});

test('writePanic() is what readPanic() reads; a reason has an end', () => {
  for (const request of [
    { reason: 'watchdog', everything: false },
    { reason: 'all of it', everything: true },
  ])
    expect(readPanic(writePanic(request))).toEqual(request);
  expect(readPanic('x'.repeat(1_000)).reason).toHaveLength(200);
  expect(readPanic('everything')).toEqual({ reason: 'file PANIC', everything: true });
});
