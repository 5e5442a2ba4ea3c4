import { expect, test } from 'vitest';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../scripts/start/ports.ts';
import { ensureRedis } from '../../../scripts/start/redis.ts';

test('a Redis that does not answer is told of without its password', async () => {
  const url = 'redis://user:pla@nted@127.0.0.1:1';
  const asked = { url, mayStart: false, dir: '/none', logFile: null, env: {}, onFatal: () => undefined };
  const told = await ensureRedis(asked);
  expect(told).toEqual({ ok: false, error: expect.stringMatching(/^Redis does not answer at redis:\/\/\(hidden\)@127\.0\.0\.1:1: /) });
});

test('a Redis of our own is used through its socket, which is for nobody else, and through loopback where the path is too long', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-redis-'));
  const port = await freePort();
  const logFile = { path: join(dir, 'redis.log'), maxBytes: 1e6, keep: 0 };
  const asked = { url: `redis://127.0.0.1:${port}`, mayStart: true, logFile, env: process.env, onFatal: () => undefined };
  const long = join(dir, 'x'.repeat(100));
  try {
    const [near, far] = [await ensureRedis({ ...asked, dir }), await ensureRedis({ ...asked, url: 'unix:///none/there', dir: long })];
    if (!near.ok || !far.ok) throw new Error('Redis does not start');
    const socket = join(dir, 'redis.sock');
    expect(near.value).toMatchObject({ url: `unix://${socket}`, port });
    expect(statSync(socket).mode & 0o077).toBe(0);
    expect(far.value.url).toBe(`redis://127.0.0.1:${far.value.port}`);
    expect(await ensureRedis({ ...asked, url: near.value.url, dir })).toEqual({ ok: true, value: { url: near.value.url, child: null } });
    for (const { value } of [near, far]) await value.child?.stop(2_000);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
