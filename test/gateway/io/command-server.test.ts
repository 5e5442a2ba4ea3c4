import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CommandServer, openCommandServer } from '../../../gateway/io/command-server.ts';
import { StallGuard } from '../../../gateway/orders/stall-guard.ts';
import { systemClock } from '../../../shared/clock.ts';
import { rootLog } from '../../../shared/log.ts';
import { OrderSide } from '../../kit/order-side.ts';
import { makeClientId } from '../../../shared/client-id.ts';

const log = rootLog({ process: 'test', level: 'silent' });
let dir = '';
let path = '';
let side: OrderSide;
let server: CommandServer;
const sockets: Socket[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-sock-'));
  path = join(dir, 'gateway.sock');
  side = await OrderSide.started();
  const opened = await open();
  if (!opened.ok) throw new Error(opened.error.sentence);
  server = opened.value;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

const open = () =>
  openCommandServer({
    ...{
      path,
      socket: 'brain',
      clock: systemClock(),
      log,
      stall: new StallGuard({ mono: () => performance.now(), wall: () => Date.now() }),
    },
    handle: (command, received) => side.desk.handle(command, { ...received, at: side.clock.monoMs() }),
    onClosed: (client) => side.desk.closed(client),
  });

class Peer {
  readonly socket: Socket;
  #text = '';
  #lines: string[] = [];
  #waiting: ((line: string | null) => void)[] = [];
  #closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.#text += chunk.toString();
      const lines = this.#text.split('\n');
      this.#text = lines.pop() ?? '';
      this.#lines.push(...lines);
      while (this.#waiting.length > 0 && this.#lines.length > 0) this.#waiting.shift()?.(this.#lines.shift() ?? null);
    });
    socket.on('close', () => {
      this.#closed = true;
      for (const resolve of this.#waiting.splice(0)) resolve(null);
    });
  }

  static async open(): Promise<Peer> {
    const socket = createConnection(path);
    await once(socket, 'connect');
    return new Peer(socket);
  }

  /** The next line; null when the connection was cut. */
  next(): Promise<Record<string, unknown> | null> {
    const held = this.#lines.shift();
    const line =
      held !== undefined || this.#closed
        ? Promise.resolve(held ?? null)
        : new Promise<string | null>((resolve) => this.#waiting.push(resolve));
    return line.then((text) => (text === null ? null : (JSON.parse(text) as Record<string, unknown>)));
  }

  ask(message: object | string): Promise<Record<string, unknown> | null> {
    this.socket.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
    return this.next();
  }
}

const hello = (over: object = {}) => ({
  id: 0,
  type: 'hello',
  role: 'brain',
  schema: 1,
  environment: 'sim',
  configHash: side.core.identity.configHash,
  ...over,
});

test('the socket is for its owner only', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a brain says hello, places, and a second brain is refused until it is gone', async () => {
  const first = await Peer.open();
  const welcome = await first.ask(hello());
  expect(welcome).toMatchObject({ id: 0, type: 'taken', welcome: { environment: 'sim', epoch: 1, brainEpoch: 2, leaseMs: 2_000 } });
  const clientId = makeClientId({ role: 'quote', epoch: 2, counter: 1 });
  const place = {
    id: 7,
    type: 'place',
    clientId,
    symbol: 'BTCUSDT',
    side: 'buy',
    kind: 'limit',
    timeInForce: 'post-only',
    price: '59999.00',
    size: '0.010',
    reduceOnly: false,
  };
  expect(await first.ask({ ...place, basedOn: side.basedOn, ttlMs: 500 })).toMatchObject({ id: 7, type: 'taken' });
  const second = await Peer.open();
  expect(await second.ask(hello())).toMatchObject({ type: 'refused', code: 'brain-present' });
  first.socket.destroy();
  await once(first.socket, 'close');
  let answer = await second.ask(hello());
  while (answer?.['code'] === 'brain-present') answer = await second.ask(hello()); // until the server has seen the close
  expect(answer).toMatchObject({ type: 'taken', welcome: { brainEpoch: 3 } });
});

test.each([
  ['no JSON', 'hello?', null, 'bad-message'],
  ['no object', '42', null, 'bad-message'],
  ['an unknown type', '{"id":3,"type":"dance"}', 3, 'bad-message'],
  ['an unknown field', '{"id":4,"type":"subscribe","what":"snapshot","x":1}', 4, 'bad-message'],
  ['another schema', JSON.stringify({ id: 5, type: 'hello', role: 'brain', schema: 99, environment: 'sim' }), 5, 'wrong-schema'],
  ['no hello before', '{"id":6,"type":"subscribe","what":"snapshot"}', 6, 'no-hello'],
])('a message with %s is refused and the connection lives on', async (_name, text, id, code) => {
  const peer = await Peer.open();
  expect(await peer.ask(text)).toMatchObject({ id, type: 'refused', code });
  expect(await peer.ask(hello())).toMatchObject({ type: 'taken' });
});

test('a message split at every byte is one message', async () => {
  const peer = await Peer.open();
  peer.socket.setNoDelay(true);
  for (const byte of `${JSON.stringify(hello())}\n`) await new Promise((resolve) => peer.socket.write(byte, resolve));
  expect(await peer.next()).toMatchObject({ type: 'taken' });
});

test('an oversized message is told so and cut off, and nobody else notices', async () => {
  const [large, other] = [await Peer.open(), await Peer.open()];
  large.socket.write('x'.repeat(70_000));
  expect(await large.next()).toMatchObject({ code: 'too-large' });
  expect(await large.next()).toBeNull();
  expect(await other.ask(hello())).toMatchObject({ type: 'taken' });
  expect(server.cut['too-large']).toBe(1);
});

test('a flood is cut off', async () => {
  const [flooding, other] = [await Peer.open(), await Peer.open()];
  flooding.socket.write('{"id":1,"type":"heartbeat","processed":null}\n'.repeat(20_000)); // in some second of it 2,000 are taken
  const codes = new Set<unknown>();
  for (let line = await flooding.next(); line !== null; line = await flooding.next()) codes.add(line['code']);
  expect(codes.isSubsetOf(new Set(['no-hello', 'flood']))).toBe(true); // its last word may be lost: it was still sending when it was cut off
  expect(server.cut.flood).toBe(1);
  expect(await other.ask(hello())).toMatchObject({ type: 'taken' });
}, 60_000);

test('subscribers get what is pushed; a slow one gets the newest when it reads again', async () => {
  const peer = await Peer.open();
  await peer.ask(hello({ role: 'observer' }));
  expect(server.hasSubscribers).toBe(false);
  await peer.ask({ id: 1, type: 'subscribe', what: 'snapshot' });
  expect(server.hasSubscribers).toBe(true);
  peer.socket.pause();
  const filler = 'y'.repeat(60_000);
  for (let n = 1; n <= 200; n++) server.push({ seq: n, base: null, line: `${JSON.stringify({ type: 'snapshot', n, filler })}\n` });
  peer.socket.resume();
  const seen: number[] = [];
  for (let line = await peer.next(); line !== null && seen.at(-1) !== 200; line = seen.at(-1) === 200 ? null : await peer.next())
    seen.push(Number(line['n']));
  expect(seen.at(-1)).toBe(200);
  expect(seen.length).toBeLessThan(100);
});

test('a push that adds to one goes to those who have got that; who comes later waits for a whole one', async () => {
  const push = (seq: number, base: number | null): void =>
    server.push({ seq, base, line: `${JSON.stringify({ type: 'snapshot', seq })}\n` });
  const subscribed = async (): Promise<Peer> => {
    const peer = await Peer.open();
    await peer.ask(hello({ role: 'observer' }));
    await peer.ask({ id: 1, type: 'subscribe', what: 'snapshot' });
    return peer;
  };
  const first = await subscribed();
  for (const [seq, base] of [
    [1, null],
    [2, 1],
  ] as const)
    push(seq, base);
  const second = await subscribed();
  for (const [seq, base] of [
    [3, 2],
    [4, null],
    [5, 4],
  ] as const)
    push(seq, base);
  const heard = async (peer: Peer, count: number): Promise<readonly unknown[]> => {
    const seen: unknown[] = [];
    while (seen.length < count) seen.push((await peer.next())?.['seq']);
    return seen;
  };
  expect([await heard(first, 5), await heard(second, 2)]).toEqual([
    [1, 2, 3, 4, 5],
    [4, 5],
  ]);
});

test('a client that never reads its answers is cut off instead of growing memory', async () => {
  side.desk.handle = (command) => ({ id: command.id, type: 'data', data: 'z'.repeat(60_000) });
  const peer = await Peer.open();
  peer.socket.pause();
  peer.socket.write('{"id":1,"type":"subscribe","what":"snapshot"}\n'.repeat(200));
  await once(peer.socket.resume(), 'close');
  expect(server.cut.slow).toBe(1);
});

test('the socket file of a dead process is taken over, that of a live one and another file are not', async () => {
  expect(await open()).toMatchObject({ ok: false, error: { kind: 'in-use' } });
  await server[Symbol.asyncDispose]();
  const dead = createServer().listen(path);
  await once(dead, 'listening');
  dead.unref();
  // a process that dies leaves its file behind: closing the handle without unlinking it shows the same
  const { renameSync } = await import('node:fs');
  renameSync(path, `${path}.kept`);
  await new Promise((resolve) => dead.close(resolve));
  renameSync(`${path}.kept`, path);
  const again = await open();
  expect(again.ok).toBe(true);
  if (again.ok) await again.value[Symbol.asyncDispose]();
  writeFileSync(path, 'not a socket');
  expect(await open()).toMatchObject({ ok: false, error: { kind: 'unusable' } });
});

test('many clients together wait for the next second instead of slowing the gateway, and each is answered in the end; the brain does not wait', async () => {
  const brain = await Peer.open();
  await brain.ask(hello());
  const peers = await Promise.all(Array.from({ length: 4 }, () => Peer.open()));
  const lines = `${JSON.stringify({ id: 1, type: 'query', what: 'status' })}\n`.repeat(1_500);
  for (const peer of peers) peer.socket.write(lines);
  const answers = peers.map(async (peer) => {
    for (let n = 0; n < 1_500; n++) if ((await peer.next()) === null) return n;
    return 1_500;
  });
  let done = false;
  const all = Promise.all(answers).finally(() => (done = true));
  const beat = await brain.ask({ id: 9, type: 'heartbeat', processed: null });
  expect([beat?.['type'], done]).toEqual(['taken', false]);
  expect(await all).toEqual([1_500, 1_500, 1_500, 1_500]);
  expect(server.cut.flood).toBe(0);
});

test('a storm of connections is not heard, and the door opens again', async () => {
  const storm = await Promise.all(Array.from({ length: 120 }, () => Peer.open()));
  const heard = await Promise.all(storm.map(async (peer) => (await peer.ask({ id: 1, type: 'subscribe', what: 'snapshot' })) !== null));
  expect(heard.filter(Boolean).length).toBeLessThanOrEqual(64);
  expect(server.cut.flood).toBeGreaterThan(0);
  for (const peer of storm) peer.socket.destroy();
  const answered = async (): Promise<boolean> => (await (await Peer.open()).ask({ id: 1, type: 'subscribe', what: 'snapshot' })) !== null;
  while (!(await answered())) await new Promise((resolve) => setTimeout(resolve, 50)); // a door that is shut says nothing when it opens
});

test('an epoch that a person used for no order is granted again, one that was used is not', async () => {
  const greet = () => side.client('operator', ++connections);
  let connections = 50;
  const first = greet();
  side.desk.closed(first);
  const second = greet();
  expect(second.epoch).toBe(first.epoch);
  const id = makeClientId({ role: 'operator', epoch: second.epoch, counter: 1 });
  expect(side.send(second, { id: 1, type: 'amend', clientId: id, price: '1', size: '1', basedOn: side.basedOn, ttlMs: 500 }).type).toBe(
    'refused',
  );
  side.desk.closed(second);
  expect(greet().epoch).toBeGreaterThan(second.epoch);
});

test('a client with much to say does not hold up another, nor timers', async () => {
  const LINES = 200;
  const served: number[] = [];
  const slow = await openCommandServer({
    ...{ path: join(dir, 'slow.sock'), socket: 'brain', clock: systemClock(), log },
    stall: new StallGuard({ mono: () => performance.now(), wall: () => Date.now() }),
    handle: ({ id }) => {
      for (const end = performance.now() + 1; performance.now() < end; );
      served.push(id);
      return { id, type: 'data', data: null };
    },
    onClosed: () => undefined,
  });
  if (!slow.ok) throw new Error(slow.error.sentence);
  await using _slow = slow.value;
  path = join(dir, 'slow.sock');
  const [talker, other] = [await Peer.open(), await Peer.open()];
  const query = (id: number): string => `${JSON.stringify({ id, type: 'query', what: 'status' })}\n`;
  let servedAtTimer = LINES;
  setTimeout(() => (servedAtTimer = served.length), 2);
  talker.socket.write(Array.from({ length: LINES }, () => query(1)).join(''));
  other.socket.write(query(2));
  await other.next();
  expect(served.indexOf(2)).toBeLessThan(LINES / 4);
  for (let n = 0; n < LINES; n++) expect(await talker.next()).toMatchObject({ id: 1 });
  expect(servedAtTimer).toBeLessThan(LINES / 2);
});
