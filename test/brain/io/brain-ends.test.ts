import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Place } from '../../../shared/command.ts';
import type { BrainDoc } from '../../../shared/brain-doc.ts';
import type { OrderDoc } from '../../../shared/snapshot.ts';
import { fillDoc, orderDoc, ordersDoc, SYMBOL } from '../../kit/brain.ts';
import { Rig, RigHome } from '../../kit/brain-rig.ts';
import { until } from '../../kit/scripted-gateway.ts';

let home: RigHome;
beforeAll(async () => {
  home = await RigHome.open();
});
beforeEach(async () => void (await home.redis.flushall()));
afterAll(() => home[Symbol.asyncDispose]());

const shown = (places: readonly Place[]): OrderDoc[] =>
  places.map(({ clientId, side, price, size }) => orderDoc({ clientId, side, price: price ?? null, size }));
const symbolOf = (doc: BrainDoc) => doc.symbols[SYMBOL]!;
const open = (places: readonly Place[]) => shown(places).map((order) => ({ symbol: SYMBOL, ...order }));

async function quoting(): Promise<Rig> {
  const rig = await Rig.start(home);
  await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  return rig;
}

test("it stops with the gateway's proof: quotes gone, fills read, and the last word in Redis", async () => {
  await using rig = await quoting();
  rig.gateway.orders = open(rig.places);
  const stopped = rig.brain.stop();
  await until('it asks again', () => rig.gateway.of('cancelAll').length >= 2);
  await rig.tick(); // an empty snapshot proves nothing: it may be an old one
  expect(rig.places).toHaveLength(2);
  rig.gateway.fills = [fillDoc(1)];
  rig.gateway.positions = { fillSeq: 1, positions: [{ symbol: SYMBOL, baseline: '0', position: '0.01' }] };
  rig.gateway.orders = [];
  expect(await stopped).toEqual({ done: true, sentence: expect.stringContaining('fills are read up to 1') });
  expect([rig.places.length, symbolOf((await rig.doc())!).position]).toEqual([2, '0.01']);
});

test('asked to stop twice while a quote does not go: less patience, one more look, and what is left by name', async () => {
  await using rig = await quoting();
  rig.gateway.orders = open(rig.places.slice(0, 1));
  const stopped = rig.brain.stop();
  rig.brain.hurry();
  const { done, sentence } = await stopped;
  expect([done, sentence]).toEqual([false, expect.stringMatching(/NOT proved .*1 are open: \d{19} open.*the gateway cancels them/)]);
});

test('a gateway that is away at the stop: it comes to its proof when the gateway is back in time', async () => {
  await using rig = await quoting();
  await rig.gateway.down();
  const stopped = rig.brain.stop();
  await rig.gateway.listen();
  expect(await stopped).toMatchObject({ done: true });
});

test('it tells how long its start took: the exits look at the first snapshot, and quoting is what the gateway shows', async () => {
  await using rig = await Rig.start(home);
  expect(rig.times.ms).toEqual({ protected: null, ready: null, quoting: null });
  await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  expect([rig.times.ms.protected, rig.times.ms.quoting]).toEqual([expect.any(Number), null]);
  await rig.tick({ docs: { orders: ordersDoc(shown(rig.places)) } });
  expect(rig.times.ms.quoting).toEqual(expect.any(Number));
});

test('snapshots made before its lease was granted are passed over: what they show is about to change', async () => {
  const before = ({ gateway }: Rig): void => {
    gateway.seq = 52;
  };
  await using rig = await Rig.start(home, { before });
  await rig.put({}, 51);
  rig.seq = 51;
  expect(await rig.tick({}).then(({ decisions, processed }) => [decisions, processed.seq])).toEqual([1, 52]);
});

test('a dead Redis does not keep it from proving that its quotes are gone', async () => {
  await using rig = await quoting();
  await home.server.kill();
  expect(await rig.brain.stop()).toMatchObject({ done: true });
  await home.server.boot();
});
