import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockAccount, openRunDir, type RunDir, type RunDirOptions } from '../../../gateway/io/run-dir.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-run-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const options = (over: Partial<RunDirOptions> = {}): RunDirOptions => ({
  ...{ runDir: dir, environment: 'sim', accountHash: 'abc', socketPath: null, runtimeDir: undefined, account: null },
  ...over,
});

async function opened(over: Partial<RunDirOptions> = {}): Promise<RunDir> {
  const result = await openRunDir(options(over));
  if (!result.ok) throw new Error(result.error.sentence);
  return result.value;
}

const LOCKED = { ok: false, error: { kind: 'locked' } };

test('one gateway a folder: the second is locked out, and gets in under the same name when the first is gone', async () => {
  const first = await opened();
  expect(statSync(first.path).mode & 0o777).toBe(0o700);
  expect(await openRunDir(options())).toMatchObject(LOCKED);
  await using _other = await opened({ accountHash: 'other' });
  const { instance } = first;
  await first[Symbol.asyncDispose]();
  await using again = await opened();
  expect(again.instance).toBe(instance);
});

test('one gateway an account on one machine, whatever its run folder', async () => {
  const [here, there] = [join(dir, 'here'), join(dir, 'there')];
  const account = `key of ${dir}`;
  const first = await opened({ runDir: here, account });
  const second = await openRunDir(options({ runDir: there, account }));
  expect(second).toMatchObject({ ok: false, error: { kind: 'locked', sentence: expect.stringContaining('another run folder') } });
  expect(JSON.stringify(second)).not.toContain(account);
  await using _paper = await opened({ runDir: there }); // an account that exists there alone; the failed start let go of the folder
  await using _other = await opened({ runDir: join(dir, 'other'), account: `${account}, another` });
  await first[Symbol.asyncDispose]();
  await using _again = await opened({ runDir: here, account });
});

test('one gateway a socket, whatever its account', async () => {
  const socketPath = join(dir, 'shared', 'g.sock');
  await using _first = await opened({ socketPath });
  const second = await openRunDir(options({ accountHash: 'other', socketPath }));
  expect(second).toMatchObject({ ok: false, error: { kind: 'locked', sentence: expect.stringContaining(socketPath) } });
});

test('a folder that was replaced under us is ours no more, and a copy of it is another place', async () => {
  await using place = await opened();
  expect(place.holds()).toBe(true);
  cpSync(dir, `${dir}-copy`, { recursive: true });
  await using copy = await opened({ runDir: `${dir}-copy` });
  expect(copy.instance).not.toBe(place.instance);
  expect(copy.instance.split('.')[0]).toBe(place.instance.split('.')[0]);
  renameSync(`${dir}-copy`, join(dir, 'copy'));
  renameSync(place.path, join(dir, 'moved'));
  expect(place.holds()).toBe(false);
});

test('a socket path that is too long moves to the private runtime folder, or is one clear sentence', async () => {
  const deep = join(dir, 'x'.repeat(90));
  expect(await openRunDir(options({ runDir: deep }))).toMatchObject({
    ok: false,
    error: { kind: 'unusable', sentence: expect.stringContaining('allowed is 107') },
  });
  await using moved = await opened({ runDir: deep, runtimeDir: dir });
  expect(moved.brainSocket.startsWith(join(dir, 'mmbot-sim-abc-'))).toBe(true);
});

test('the operator has a socket beside the brain one', async () => {
  await using place = await opened({ socketPath: join(dir, 'g.sock') });
  expect(place).toMatchObject({ brainSocket: join(dir, 'g.sock'), operatorSocket: join(dir, 'g-operator.sock') });
});

test('a probe and a gateway keep each other away, in one run folder or in two, and a probe leaves no folder', async () => {
  const account = `probed key of ${dir}`;
  const there = join(dir, 'there');
  const lock = await lockAccount(options({ account }));
  if (!lock.ok) throw new Error(lock.error.sentence);
  expect(readdirSync(dir)).toEqual([]);
  expect(await openRunDir(options({ account }))).toMatchObject(LOCKED);
  expect(await openRunDir(options({ account, runDir: there }))).toMatchObject(LOCKED);
  await lock.value[Symbol.asyncDispose]();
  const gateway = await opened({ account });
  expect(await lockAccount(options({ account }))).toMatchObject(LOCKED);
  expect(await lockAccount(options({ account, runDir: there }))).toMatchObject(LOCKED);
  await gateway[Symbol.asyncDispose]();
  const again = await lockAccount(options({ account: null })); // the folder alone, as on a system without names
  if (!again.ok) throw new Error(again.error.sentence);
  expect(await openRunDir(options())).toMatchObject(LOCKED);
  await again.value[Symbol.asyncDispose]();
});
