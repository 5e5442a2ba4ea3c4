import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRunDir } from '../../../gateway/io/run-dir.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-run-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const options = (over: object = {}) => ({
  runDir: dir,
  environment: 'sim',
  accountHash: 'abc',
  socketPath: null,
  runtimeDir: undefined,
  ...over,
});

test('one gateway an account: the second is locked out, and gets in when the first is gone', () => {
  const first = openRunDir(options());
  if (!first.ok) throw new Error(first.error.sentence);
  expect(statSync(first.value.path).mode & 0o777).toBe(0o700);
  expect(openRunDir(options())).toMatchObject({ ok: false, error: { kind: 'locked' } });
  expect(openRunDir(options({ accountHash: 'other' })).ok).toBe(true);
  const { instance } = first.value;
  first.value[Symbol.dispose]();
  const again = openRunDir(options());
  expect(again).toMatchObject({ ok: true, value: { instance } });
  if (again.ok) again.value[Symbol.dispose]();
});

test('a socket path that is too long moves to the private runtime folder, or is one clear sentence', () => {
  const deep = join(dir, 'x'.repeat(90));
  expect(openRunDir(options({ runDir: deep }))).toMatchObject({
    ok: false,
    error: { kind: 'unusable', sentence: expect.stringContaining('allowed is 107') },
  });
  const moved = openRunDir(options({ runDir: deep, runtimeDir: dir }));
  if (!moved.ok) throw new Error(moved.error.sentence);
  expect(moved.value.brainSocket.startsWith(join(dir, 'mmbot-sim-abc-'))).toBe(true);
  moved.value[Symbol.dispose]();
});

test('the operator has a socket beside the brain one', () => {
  const opened = openRunDir(options({ socketPath: join(dir, 'g.sock') }));
  expect(opened).toMatchObject({ ok: true, value: { brainSocket: join(dir, 'g.sock'), operatorSocket: join(dir, 'g-operator.sock') } });
  if (opened.ok) opened.value[Symbol.dispose]();
});
