import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Outbox } from '../../../gateway/io/outbox.ts';

let dir = '';
let near: Socket;
let far: Socket;
let close: () => void;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-outbox-'));
  const server = createServer().listen(join(dir, 's'));
  far = createConnection(join(dir, 's'));
  [near] = (await once(server, 'connection')) as [Socket];
  close = () => server.close();
});
afterEach(() => {
  near.destroy();
  far.destroy();
  close();
  rmSync(dir, { recursive: true, force: true });
});

async function read(lines: number): Promise<readonly string[]> {
  let text = '';
  while (text.split('\n').length <= lines) text += String((await once(far, 'data'))[0]);
  return text.split('\n').slice(0, -1);
}

test('what was to leave in the turn of a command leaves before its answer; answers keep their order and go out as one', async () => {
  const written: string[] = [];
  const write = near.write.bind(near) as (text: string) => boolean;
  const noted = (text: string): boolean => {
    written.push(text);
    return write(text);
  };
  Object.assign(near, { write: noted });
  const outbox = new Outbox({ socket: near, onSlow: () => undefined });
  setImmediate(() => written.push('order')); // as the HTTP client sends on a connection that was idle
  outbox.answer('1\n');
  outbox.answer('2\n');
  expect(written).toEqual([]);
  expect(await read(2)).toEqual(['1', '2']);
  expect(written).toEqual(['order', '1\n2\n']);
});

test('a push never overtakes an answer', async () => {
  const outbox = new Outbox({ socket: near, onSlow: () => undefined });
  outbox.answer('taken\n');
  outbox.push({ line: 'snapshot\n', seq: 1, base: null });
  expect(await read(2)).toEqual(['taken', 'snapshot']);
});

test('a client that reads nothing is told of once its unread answers are too many', async () => {
  let slow = 0;
  far.pause();
  const outbox = new Outbox({ socket: near, onSlow: () => slow++ });
  for (let n = 0; n < 4; n++) {
    outbox.answer(`${'x'.repeat(400_000)}\n`);
    outbox.flush();
    if (n === 0) expect(slow).toBe(0);
  }
  expect(slow).toBeGreaterThan(0);
});

test('nothing is written to a client that is gone', () => {
  const outbox = new Outbox({ socket: near, onSlow: () => undefined });
  outbox.answer('late\n');
  near.destroy();
  expect(() => outbox.flush()).not.toThrow();
  expect(near.writableLength).toBe(0);
});
