import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isToken, tokenOf, TooMany } from '../../../scripts/dashboard/token.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-token-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('tokenOf() makes one for its owner alone, and finds the same again', () => {
  const file = join(dir, 'run', 'token');
  const made = tokenOf(file);
  expect(made.ok && made.value).toMatch(/^[\w-]{43}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(tokenOf(file)).toEqual(made);
  expect(made.ok && readFileSync(file, 'utf8').trim() === made.value).toBe(true);
});

test.each([
  ['that others can read', 'A'.repeat(43), 0o644],
  ['that holds none', 'password', 0o600],
])('tokenOf() refuses a file %s, and says what to do', (name, text, mode) => {
  const file = join(dir, name.replaceAll(' ', '-'));
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  const read = tokenOf(file);
  expect(!read.ok && read.error).toContain('delete it');
  expect(!read.ok && read.error).not.toContain(text);
});

test('isToken() knows the right one, whatever the length of a wrong one', () => {
  expect(['right', 'wrong', '', 'right2', 'righ'].map((sent) => isToken(sent, 'right'))).toEqual([true, false, false, false, false]);
});

test('TooMany tells when there are too many beyond the most within the time, and forgotten after it', () => {
  const wrong = new TooMany({ most: 2, withinMs: 100 });
  expect([0, 1, 2, 3, 150].map((at) => wrong.add(at))).toEqual([false, false, true, true, false]);
});
