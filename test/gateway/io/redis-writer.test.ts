import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type RedisFault, type RedisListener, RedisWriter } from '../../../gateway/io/redis-writer.ts';
import type { Batch } from '../../../gateway/publish/publisher.ts';
import { rootLog } from '../../../shared/log.ts';
import { keysOf } from '../../../shared/snapshot.ts';
import { TestRedis } from '../../kit/redis.ts';

const log = rootLog({ process: 'test', level: 'silent' });
const keys = keysOf('mm:test');
let server: TestRedis;
let reader: Redis;

beforeAll(async () => {
  server = await TestRedis.start();
  reader = new Redis(server.url, { maxRetriesPerRequest: null });
  reader.on('error', () => undefined);
});
afterAll(async () => {
  reader.disconnect();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => void (await reader.flushall()));

/** A relay that counts how often bytes go out after an answer came back, and can lose what is sent without closing anything. */
class Wire implements AsyncDisposable {
  trips = 0;
  #opened = 0;
  /** Of the connections opened until then nothing comes through any more. */
  #lostTo = 0;
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    [this.#server, this.port] = [server, port];
  }

  static async open(to: number): Promise<Wire> {
    const relay = createServer((client) => {
      const redis = connect(to, '127.0.0.1');
      const number = ++wire.#opened;
      let isAnswered = true;
      client.on('data', (bytes) => {
        if (number <= wire.#lostTo) return;
        if (isAnswered) wire.trips++;
        isAnswered = false;
        redis.write(bytes);
      });
      redis.on('data', (bytes) => {
        isAnswered = true;
        client.write(bytes);
      });
      for (const [one, other] of [[client, redis] as const, [redis, client] as const])
        one.on('close', () => other.destroy()).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const wire = new Wire(relay, (relay.address() as AddressInfo).port);
    return wire;
  }

  loseWhatIsOpen(): void {
    this.#lostTo = this.#opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const batch = (over: Partial<Batch> = {}): Batch => ({
  seq: 1,
  documents: [
    [keys.header, '{"seq":1}'],
    [keys.entryPrice('BTCUSDT'), null],
  ],
  lasting: [[keys.instrument('BTCUSDT'), '{}']],
  entries: [{ key: keys.fills, field: 'fill', text: '{"n":1}', maxLen: 100 }],
  ...over,
});

const options = (over: object = {}) => ({ url: server.url, keys, epoch: 5, instance: 'here', downMs: 300, log, ...over });

async function opened(over: object = {}): Promise<RedisWriter & { readonly told: RedisListener }> {
  const writer = new RedisWriter(options(over));
  const fault = await writer.opened;
  if (fault) throw new Error(fault.sentence);
  const told = { onRefused: vi.fn(), onBack: vi.fn(), onRival: vi.fn() };
  writer.listen(told);
  return Object.assign(writer, { told });
}

async function refused(over: object = {}): Promise<RedisFault | null> {
  await using writer = new RedisWriter(options(over));
  return await writer.opened;
}

test('write() puts the whole batch there at once, snapshot keys with a life, lasting keys without', async () => {
  await reader.set(keys.entryPrice('BTCUSDT'), '60000');
  await using writer = await opened();
  expect(await writer.write(batch())).toBe(true);
  expect(await reader.mget(keys.header, keys.entryPrice('BTCUSDT'), keys.instrument('BTCUSDT'), keys.owner)).toEqual([
    '{"seq":1}',
    null,
    '{}',
    '5 here',
  ]);
  expect(await reader.pttl(keys.header)).toBeGreaterThan(1_000);
  expect(await reader.pttl(keys.instrument('BTCUSDT'))).toBe(-1);
  expect(await reader.xrange(keys.fills, '-', '+')).toMatchObject([[expect.any(String), ['fill', '{"n":1}']]]);
});

test('a write costs one round trip', async () => {
  await using wire = await Wire.open(server.port);
  await using writer = await opened({ url: `redis://127.0.0.1:${wire.port}` });
  for (let n = 1; n < 4; n++) {
    wire.trips = 0;
    expect(await writer.write(batch({ seq: n }))).toBe(true);
    expect(wire.trips).toBe(1);
  }
  expect(await reader.get(keys.header)).toBe('{"seq":1}');
});

test('what Redis refuses of a batch makes it a refused one; the rest of it is written', async () => {
  await using writer = await opened();
  await reader.set(keys.fills, 'no stream');
  expect(await writer.write(batch())).toBe(false);
  expect(writer.told.onRefused).toHaveBeenCalledOnce();
  expect(await reader.get(keys.header)).toBe('{"seq":1}');
  await reader.del(keys.fills);
  expect(await writer.write(batch({ seq: 2 }))).toBe(true);
});

test.each([
  ['out of memory', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'],
  ['a replica that is read only', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
  ['without the right to write', 'ACL SETUSER default -set', 'ACL SETUSER default +@all'],
])('a Redis %s refuses the batch whole; it is no rival, and takes the next one once it can', async (_name, spoil, mend) => {
  const tell = async (command: string): Promise<unknown> => {
    const [name = '', ...args] = command.split(' ');
    return await reader.call(name, ...args);
  };
  await using writer = await opened();
  await tell(spoil);
  expect(await writer.write(batch())).toBe(false);
  expect(await reader.mget(keys.header, keys.instrument('BTCUSDT'))).toEqual([null, null]);
  expect(await reader.exists(keys.fills)).toBe(0);
  await tell(mend);
  expect(writer.failed).toBe(1);
  expect(writer.told.onRival).not.toHaveBeenCalled();
  expect(await writer.write(batch({ seq: 2 }))).toBe(true);
});

test('the key that ran out between two ticks is taken again, and one that a rival took in between is left alone', async () => {
  await using writer = await opened();
  expect(await writer.write(batch())).toBe(true);
  await reader.del(keys.owner);
  expect(await writer.write(batch({ seq: 2, documents: [[keys.header, '2']] }))).toBe(true);
  expect(await reader.mget(keys.owner, keys.header)).toEqual(['5 here', '2']);
  await reader.set(keys.owner, '9 elsewhere');
  expect(await writer.write(batch({ seq: 3, documents: [[keys.header, '3']] }))).toBe(false);
  expect(await reader.mget(keys.owner, keys.header)).toEqual(['9 elsewhere', '2']);
  expect(writer.told.onRival).toHaveBeenCalledOnce();
});

test('after a loss of the connection the key is looked at anew', async () => {
  await using writer = await opened();
  expect(await writer.write(batch())).toBe(true);
  expect(await reader.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')).toBeGreaterThan(0);
  await vi.waitFor(() => expect(writer.told.onBack).toHaveBeenCalled(), 5_000);
  await reader.set(keys.owner, '9 elsewhere');
  expect(await writer.write(batch({ seq: 2 }))).toBe(false);
  expect(writer.told.onRival).toHaveBeenCalledOnce();
});

test('a connection that stays silent without closing is given up for a new one', async () => {
  await using wire = await Wire.open(server.port);
  await using writer = await opened({ url: `redis://127.0.0.1:${wire.port}` });
  expect(await writer.write(batch())).toBe(true);
  wire.loseWhatIsOpen();
  expect(await writer.write(batch({ seq: 2 }))).toBe(false);
  expect(writer.told.onRefused).toHaveBeenCalledWith(expect.objectContaining({ seq: 2 }));
  await vi.waitFor(() => expect(writer.told.onBack).toHaveBeenCalledOnce(), 3_000);
  expect(await writer.write(batch({ seq: 3, documents: [[keys.header, '3']] }))).toBe(true);
  expect(await reader.get(keys.header)).toBe('3');
});

test('only one write is in flight: the next tick is skipped, never queued', async () => {
  await using writer = await opened();
  const [first, second] = [writer.write(batch()), writer.write(batch({ seq: 2 }))];
  expect(await Promise.all([first, second])).toEqual([true, false]);
  expect(writer.skipped).toBe(1);
});

test('another live gateway is refused and keeps its key; a dead one is waited out; our own predecessor is taken over at once', async () => {
  await reader.set(keys.owner, '4 here', 'PX', 60_000);
  {
    await using ours = await opened();
    expect(await reader.get(keys.owner)).toBe('5 here'); // before the first tick
    expect(await ours.write(batch())).toBe(true);
  }
  await reader.set(keys.owner, '4 elsewhere', 'PX', 300);
  const renewing = setInterval(() => void reader.set(keys.owner, '4 elsewhere', 'PX', 400), 30);
  const rival = await refused();
  clearInterval(renewing);
  expect(rival).toMatchObject({ kind: 'rival', sentence: expect.stringContaining('epoch 4') });
  expect(await reader.get(keys.owner)).toBe('4 elsewhere');
  await using waited = await opened();
  expect(await waited.write(batch())).toBe(true);
});

test('of two that start at the same moment one gets the keys', async () => {
  const writers = [new RedisWriter(options()), new RedisWriter(options({ epoch: 6, instance: 'there' }))];
  const taken = await Promise.race(writers.map(async (writer) => ({ writer, fault: await writer.opened })));
  const renewing = setInterval(() => void taken.writer.write(batch()), 20);
  const faults = await Promise.all(writers.map(({ opened: each }) => each));
  clearInterval(renewing);
  expect(faults.map((fault) => fault?.kind ?? null).sort()).toEqual([null, 'rival'].sort());
  for (const writer of writers) await writer[Symbol.asyncDispose]();
});

test('a rival that comes later is noticed before a byte is written over its own, and keeps its key when we go', async () => {
  {
    await using writer = await opened();
    await writer.write(batch());
    await reader.set(keys.owner, '9 elsewhere');
    await reader.set(keys.header, '{"seq":"theirs"}');
    expect(await writer.write(batch())).toBe(false);
    expect(writer.told.onRival).toHaveBeenCalledWith(expect.stringContaining('epoch 9'));
    expect(await writer.write(batch())).toBe(false);
    expect(await reader.get(keys.header)).toBe('{"seq":"theirs"}');
  }
  expect(await reader.get(keys.owner)).toBe('9 elsewhere');
});

test('a right that its user lacks is named at the start', async () => {
  await reader.call('ACL', 'SETUSER', 'default', '-eval');
  const fault = await refused();
  await reader.call('ACL', 'SETUSER', 'default', '+@all');
  expect(fault?.sentence).toMatch(/refuses a right that the gateway needs \(NOPERM.*'eval'.*\): give it to its user/);
});

test('standing() tells whose the keys are, and does not wait long for a Redis that is silent', async () => {
  await using writer = await opened();
  expect(await writer.standing()).toBe('ours');
  await reader.del(keys.owner); // it has run out: nobody else is there
  expect(await writer.standing()).toBe('ours');
  await reader.set(keys.owner, '9 elsewhere');
  expect(await writer.standing()).toBe('lost');
  expect(writer.told.onRival).toHaveBeenCalledOnce();
  await reader.del(keys.owner);
  await server.kill();
  expect(await writer.standing()).toBe('untold');
  await server.boot();
});

test('a killed Redis counts as down, its batch is given back, and the connection comes back by itself', async () => {
  await using writer = await opened();
  const { onRefused, onBack } = writer.told;
  expect(await writer.write(batch())).toBe(true);
  await server.kill();
  expect(await writer.write(batch({ seq: 2 }))).toBe(false);
  expect(onRefused).toHaveBeenCalledWith(expect.objectContaining({ seq: 2 }));
  await vi.waitFor(() => expect(writer.down).toBe(true), 2_000);
  await server.boot();
  await vi.waitFor(() => expect(onBack).toHaveBeenCalled(), 5_000);
  expect(await writer.write(batch({ seq: 3 }))).toBe(true);
  expect(writer.down).toBe(false);
});

test('a Redis that is not there is one sentence without its password', async () => {
  await using gone = await TestRedis.start();
  await gone.kill();
  const fault = await refused({ url: `redis://user:hunter2@127.0.0.1:${gone.port}` });
  expect(fault).toMatchObject({ kind: 'unreachable' });
  expect(JSON.stringify(fault)).not.toContain('hunter2');
});
