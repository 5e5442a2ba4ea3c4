import { expect, test } from 'vitest';
import { ensureRedis } from '../../../scripts/start/redis.ts';

test('a Redis that does not answer is told of without its password', async () => {
  const url = 'redis://user:pla@nted@127.0.0.1:1';
  const asked = { url, mayStart: false, dir: '/none', logFile: null, env: {}, onFatal: () => undefined };
  const told = await ensureRedis(asked);
  expect(told).toEqual({ ok: false, error: expect.stringMatching(/^Redis does not answer at redis:\/\/\(hidden\)@127\.0\.0\.1:1: /) });
});
