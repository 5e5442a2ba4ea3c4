import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { RotatingStream } from '../../../gateway/io/rotation.ts';
import { MarketSession } from '../../../gateway/market/session.ts';
import { VirtualClock } from '../../../shared/clock.ts';

const ROTATE_MS = 10_000;
const OVERLAP_MS = 2_000;
const TICK_MS = 100;
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server whose connections the test speaks on, and a clock that it moves. */
async function open() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const clock = new VirtualClock();
  const told: string[] = [];
  const state = { ready: false };
  let wake = Promise.withResolvers<void>();
  const tell = (line: string): void => {
    told.push(line);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const stream = new RotatingStream({
    clock,
    tickMs: TICK_MS,
    session: () => new MarketSession({ silenceMsMax: 1_000_000, retryMs: () => 0 }),
    url: () => Promise.resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`),
    rotateMs: ROTATE_MS,
    overlapMsMax: OVERLAP_MS,
    ready: () => state.ready,
    onFrame: (text, role) => tell(`${role} ${text}`),
    onLive: () => tell('live'),
    onLost: (reason) => tell(`lost ${reason}`),
    onTurn: (turn) => tell(turn),
    onClosed: () => tell('closed'),
  });
  closing.push(() => {
    stream[Symbol.dispose]();
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const until = async (line: string): Promise<void> => {
    while (!told.includes(line)) await wake.promise;
  };
  const accept = async (): Promise<WebSocket> => ((await once(server, 'connection')) as [WebSocket])[0];
  return { clock, told, state, stream, until, accept };
}

/** Live on the first connection, the second one open beside it. */
async function overlapping() {
  const it = await open();
  const old = await it.accept();
  old.send('1');
  await it.until('current 1');
  const second = it.accept();
  it.clock.advance(ROTATE_MS + TICK_MS);
  return { ...it, old, next: await second };
}

test('opens the next connection in time, keeps the old one until the next is ready, then drops it', async () => {
  const { clock, told, state, old, next, until, stream } = await overlapping();
  next.send('a');
  await until('next a');
  old.send('2');
  await until('current 2');
  clock.advance(OVERLAP_MS - TICK_MS);
  expect(told).toEqual(['live', 'current 1', 'begun', 'next a', 'current 2']);
  const session = stream.session;
  state.ready = true;
  const closed = once(old, 'close');
  clock.advance(TICK_MS);
  await closed;
  next.send('b');
  await until('current b');
  expect(told.slice(5)).toEqual(['done', 'current b']);
  expect(stream.session).not.toBe(session);
});

test('takes the next one at the latest after the longest overlap', async () => {
  const { clock, told, next, until } = await overlapping();
  next.send('a');
  await until('next a');
  clock.advance(OVERLAP_MS + 2 * TICK_MS);
  expect(told.at(-1)).toBe('done');
});

test('an old connection that ends while the next delivers is no loss', async () => {
  const { told, old, next, until } = await overlapping();
  next.send('a');
  await until('next a');
  old.terminate();
  await until('done');
  next.send('b');
  await until('current b');
  expect(told.filter((line) => line.startsWith('lost'))).toEqual([]);
});

test('one that ends while the next has said nothing is a loss, and both are opened again until one delivers', async () => {
  const { clock, told, old, until, accept } = await overlapping();
  old.terminate();
  await until('lost disconnected');
  const again = accept();
  clock.advance(1);
  (await again).send('c');
  await until('current c');
  expect(told.slice(-2)).toEqual(['live', 'current c']);
});

test('a connection that is young again after a loss is not replaced before its time', async () => {
  const { clock, told, until, accept } = await open();
  const old = await accept();
  old.send('1');
  await until('current 1');
  clock.advance(ROTATE_MS - TICK_MS);
  old.terminate();
  await until('lost disconnected');
  const again = accept();
  clock.advance(1);
  (await again).send('2');
  await until('current 2');
  clock.advance(ROTATE_MS - TICK_MS);
  expect(told).not.toContain('begun');
  clock.advance(2 * TICK_MS);
  expect(told.at(-1)).toBe('begun');
});
