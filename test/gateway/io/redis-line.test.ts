import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type LineOptions, RedisLine } from '../../../gateway/io/redis-line.ts';
import { RespError } from '../../../gateway/publish/resp.ts';
import { openTlsFront } from '../../../scripts/sim/tls-front.ts';
import { TestRedis } from '../../kit/redis.ts';

let server: TestRedis;
beforeAll(async () => {
  server = await TestRedis.start();
});
afterAll(async () => await server[Symbol.asyncDispose]());

const options = (redis: LineOptions['redis'], over: Partial<LineOptions> = {}): LineOptions => ({
  ...{ redis: { host: '127.0.0.1', ...redis }, answerMs: 2_000, retryMs: () => 10 },
  ...{ onBack: vi.fn(), onClosed: vi.fn() },
  ...over,
});

test('many commands are answered in order, and a refused one is a reply like others', async () => {
  using line = new RedisLine(options({ port: server.port, db: 2 }));
  await line.open();
  const [one, two] = await Promise.all([
    line.send([
      ['SET', 'a', 'ü'],
      ['INCR', 'a'],
      ['GET', 'a'],
    ]),
    line.send([['MULTI'], ['SET', 'b', '1'], ['EXEC']]),
  ]);
  expect(one).toEqual(['OK', expect.any(RespError), 'ü']);
  expect(two).toEqual(['OK', 'QUEUED', ['OK']]);
  using other = new RedisLine(options({ port: server.port }));
  await other.open();
  expect(await other.send([['GET', 'a']])).toEqual([null]); // of another database
});

test('over TLS it trusts what it is told to trust, and nobody else', async () => {
  const front = await openTlsFront({ host: '127.0.0.1', port: 0, targetPort: server.port });
  try {
    using line = new RedisLine(options({ port: front.port, tls: { ca: front.certificate } }));
    await line.open();
    expect(await line.send([['PING']])).toEqual(['PONG']);
    using strict = new RedisLine(options({ port: front.port, tls: {} }));
    await expect(strict.open()).rejects.toThrow(/certificate/);
  } finally {
    await front.close();
  }
});

test('a login that is refused, and an address where nobody is, are told at once and not tried again', async () => {
  using line = new RedisLine(options({ port: server.port, username: 'nobody', password: 'wrong' }));
  await expect(line.open()).rejects.toThrow(/WRONGPASS/);
  await expect(line.send([['PING']])).rejects.toThrow('no connection');
  using nowhere = new RedisLine(options({ path: '/none/there.sock' }));
  await expect(nowhere.open()).rejects.toThrow(/ENOENT/);
});

/** Says what it is told to say to every bytes that come. */
async function talking(say: (socket: Socket) => void): Promise<{ readonly port: number; readonly server: Server }> {
  const talker = createServer((socket) => socket.on('data', () => say(socket)).on('error', () => undefined));
  await new Promise<void>((resolve) => talker.listen(0, '127.0.0.1', resolve));
  const address = talker.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server: talker };
}

test.each<[string, (socket: Socket) => void]>([
  ['a Redis that stays silent', () => undefined],
  ['what is no Redis', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['an answer too many', (socket) => socket.write('+OK\r\n+OK\r\n')],
  ['a connection that breaks', (socket) => socket.destroy()],
])('%s costs the connection: what was on its way fails, and it is opened anew', async (_name, say) => {
  const { port, server: talker } = await talking(say);
  const told = options({ port }, { answerMs: 50 });
  using line = new RedisLine(told);
  await line.open();
  await line.send([['SET', 'a', '1']]).catch((error: Error) => expect(error.message).toContain('closed'));
  await vi.waitFor(() => expect(told.onBack).toHaveBeenCalled(), 2_000);
  expect(told.onClosed).toHaveBeenCalled();
  talker.close();
});
