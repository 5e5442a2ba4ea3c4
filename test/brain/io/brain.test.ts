import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Place } from '../../../shared/command.ts';
import { configHash } from '../../../shared/config.ts';
import { parseClientId } from '../../../shared/client-id.ts';
import type { BrainDoc } from '../../../shared/brain-doc.ts';
import type { OrderDoc } from '../../../shared/snapshot.ts';
import { config, documents, fillDoc, KEYS, type Over, orderDoc, ordersDoc, positionDoc, SYMBOL, docsOf, texts } from '../../kit/brain.ts';
import { CONFIG, Rig, RigHome } from '../../kit/brain-rig.ts';
import { until } from '../../kit/scripted-gateway.ts';

let home: RigHome;
beforeAll(async () => {
  home = await RigHome.open();
});
beforeEach(async () => void (await home.redis.flushall()));
afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

const shown = (places: readonly Place[]): OrderDoc[] =>
  places.map(({ clientId, side, price, size }) => orderDoc({ clientId, side, price: price ?? null, size }));
const symbolOf = (doc: BrainDoc) => doc.symbols[SYMBOL]!;

test('it quotes on the first fresh snapshot, based on it, and says what it wants and why', async () => {
  await using rig = await Rig.start(home);
  const doc = await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  expect(rig.places).toMatchObject([
    { side: 'buy', price: '59994.00', size: '0.010', kind: 'limit', timeInForce: 'post-only', basedOn: { epoch: 3, seq: 51 }, ttlMs: 500 },
    { side: 'sell', price: '60006.10', size: '0.010', basedOn: { epoch: 3, seq: 51 } },
  ]);
  expect(rig.places.map(({ clientId }) => parseClientId(clientId))).toMatchObject([
    { role: 'quote', epoch: 1 },
    { role: 'quote', epoch: 1 },
  ]);
  expect(doc).toMatchObject({ brainEpoch: 1, strategy: 'market-making', decisions: 1, risk: { state: 'normal', reasons: [] } });
  expect(symbolOf(doc)).toMatchObject({ reason: 'quoting', position: '0', quotes: [{ price: '59994.00' }, { price: '60006.10' }] });
  expect(rig.ready).toBe(1);
});

test('it acts once on a snapshot, however often it polls, and waits for what it sent to become visible', async () => {
  await using rig = await Rig.start(home);
  rig.gateway.seq = 53; // taken: visible from 54 on
  for (let n = 0; n < 3; n++) await rig.tick();
  await rig.put({ head: { wallMs: 1 } }, rig.seq); // the same number again, by another route
  expect((await rig.tick({ docs: { orders: ordersDoc(shown(rig.places)) } })).decisions).toBe(4);
  expect(rig.gateway.commands.filter(({ type }) => type === 'place' || type === 'amend' || type === 'cancel')).toHaveLength(2);
});

test('what one turn asks for is one message', async () => {
  await using rig = await Rig.start(home);
  await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  expect(rig.gateway.batches).toEqual([2]);
  rig.gateway.seq = rig.seq;
  const moved = shown(rig.places).map((row, n) => (n === 0 ? { ...row, price: '59000.00' } : row));
  await rig.tick({ docs: { orders: ordersDoc(moved) } });
  await until('the amend', () => rig.gateway.of('amend').length === 1);
  expect(rig.gateway.batches).toEqual([2]); // one command is no batch
});

test('a batch that is refused whole is refused command by command', async () => {
  await using rig = await Rig.start(home);
  rig.gateway.refuseBatches = 'flood';
  await until('the refusal', async () => symbolOf(await rig.tick()).reason === 'refused-flood');
  rig.gateway.refuseBatches = null;
  await until('both quotes', async () => (await rig.tick()) && rig.places.length === 2);
});

test('an order that snapshots show no more is asked for, and its place stays taken until the answer', async () => {
  await using rig = await Rig.start(home);
  await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  rig.gateway.seq = rig.seq;
  const [bid, ask] = shown(rig.places);
  for (const row of [bid!, ask!]) rig.gateway.ledger.set(row.clientId, row);
  await rig.tick({ docs: { orders: ordersDoc([bid!, ask!]) } });
  await rig.tick({ docs: { orders: ordersDoc([ask!]) } });
  await until('the question', () => rig.gateway.of('query').some(({ clientId }) => clientId === bid!.clientId));
  await rig.tick({ docs: { orders: ordersDoc([ask!]) } });
  expect(rig.places).toHaveLength(2); // the ledger says that it lives
  rig.gateway.ledger.set(bid!.clientId, { ...bid!, status: 'filled', filled: bid!.size });
  await until('a new bid', async () => (await rig.tick({ docs: { orders: ordersDoc([ask!]) } })) && rig.places.length === 3);
  expect(rig.places[2]).toMatchObject({ side: 'buy' });
});

test('an unanswered command is not sent again while it may still take effect', async () => {
  await using rig = await Rig.start(home);
  rig.gateway.script = ({ type }) => (type === 'place' ? null : undefined);
  for (let n = 0; n < 5; n++) await rig.tick();
  expect(rig.places).toHaveLength(2);
});

test('a refused order is not asked for again at the next snapshot, but later', async () => {
  await using rig = await Rig.start(home);
  rig.gateway.script = ({ type }) => (type === 'place' ? { type: 'refused', code: 'budget', sentence: 'no weight left' } : undefined);
  await rig.tick();
  await until('both were refused', async () => rig.places.length === 2 && symbolOf(await rig.tick()).reason === 'refused-budget');
  expect(rig.places).toHaveLength(2);
  rig.gateway.script = () => undefined;
  await until('it tries again', async () => symbolOf(await rig.tick()).reason === 'quoting');
  await until('both quotes', () => rig.places.length === 4);
});

test.each<[string, Over, string]>([
  ['another config', { head: { configHash: 'eeeeeeeeeeee' } }, 'wrong-config'],
  ['another account', { head: { accountHash: 'eeeeeeeeeeee' } }, 'wrong-account'],
  ['another environment', { head: { environment: 'testnet' } }, 'wrong-environment'],
])('a snapshot of %s is not processed, and it says so', async (_name, over, reason) => {
  await using rig = await Rig.start(home);
  const first = await rig.tick();
  await rig.put(over);
  await until('the reason', async () => symbolOf((await rig.doc())!).reason === reason);
  expect(await rig.doc()).toMatchObject({ processed: first.processed, decisions: 1, risk: { state: 'blocked', reasons: [reason] } });
  expect(rig.places.length).toBeLessThanOrEqual(2);
});

test('a snapshot that was not made under its lease lets it trade nothing', async () => {
  await using rig = await Rig.start(home);
  for (const brainEpoch of [0, 9]) expect(symbolOf(await rig.tick({ head: { brainEpoch } })).reason).toBe('no-lease');
  expect(rig.places).toEqual([]);
});

test('a new run of the gateway whose numbers begin again leaves nothing hanging', async () => {
  await using rig = await Rig.start(home);
  rig.gateway.seq = 90_000; // what is taken now would be visible from there on
  await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  await rig.gateway.down();
  [rig.gateway.epoch, rig.gateway.seq, rig.seq] = [4, 1, 0];
  await rig.gateway.listen();
  await until('a new lease', () => rig.gateway.of('hello').length === 2 && !rig.brain.problems().includes('no-gateway'));
  expect(symbolOf(await rig.tick()).reason).toBe('quoting');
  await until('quotes again', () => rig.places.length === 4);
  expect(rig.places.slice(2).map(({ clientId, basedOn }) => [parseClientId(clientId)?.epoch, basedOn])).toEqual([
    [2, { epoch: 4, seq: 1 }],
    [2, { epoch: 4, seq: 1 }],
  ]);
});

test('what the run before left in Redis is not acted on under the new one', async () => {
  await using rig = await Rig.start(home);
  await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  rig.gateway.epoch = 4;
  rig.gateway.cut();
  await until('a new lease', () => rig.gateway.of('hello').length === 2 && !rig.brain.problems().includes('no-gateway'));
  await rig.put({ head: { epoch: 3, seq: 99 } }, 99);
  await until('the reason', async () => symbolOf((await rig.doc())!).reason === 'other-gateway-run');
  expect(rig.places).toHaveLength(2);
});

const positionIs = (rig: Rig, want: string, fillSeq: number) =>
  until(`position ${want}`, async () => {
    const doc = await rig.tick({ head: { fillSeq } });
    return symbolOf(doc).position === want && doc.fillSeq === fillSeq;
  });

test('its position is what the gateway told at hello plus the fills it has read', async () => {
  await using rig = await Rig.start(home, {
    before: ({ gateway }) => {
      gateway.positions = { fillSeq: 7, positions: [{ symbol: SYMBOL, baseline: '1', position: '0.5' }] };
    },
  });
  await home.add(fillDoc(7, { size: '0.300' }), fillDoc(8, { size: '0.010' }), fillDoc(9, { side: 'sell', size: '0.002' }));
  await positionIs(rig, '0.508', 9);
  expect(rig.gateway.of('query').filter(({ what }) => what !== 'order')).toMatchObject([{ what: 'config' }, { what: 'positions' }]);
});

test('a hole in the stream, and a stream that is gone, are filled from the ledger', async () => {
  await using rig = await Rig.start(home);
  rig.gateway.fills = [1, 2, 3].map((n) => fillDoc(n));
  await home.add(fillDoc(1), fillDoc(3));
  await positionIs(rig, '0.03', 3);
  expect(rig.gateway.of('query').filter(({ what }) => what === 'fills')[0]).toMatchObject({ after: 1, limit: 200 });
  await home.redis.del(KEYS.fills);
  rig.gateway.fills = [1, 2, 3, 4, 5].map((n) => fillDoc(n));
  await positionIs(rig, '0.05', 5);
});

test('more fills than one answer holds are asked for page by page', async () => {
  await using rig = await Rig.start(home);
  rig.gateway.fills = Array.from({ length: 450 }, (_, n) => fillDoc(n + 1, { size: '0.001' }));
  await positionIs(rig, '0.45', 450);
});

const losing = { docs: { position: positionDoc({ size: '0.010', entryPrice: '61000' }) } };

test('a hard exit is one request to close, remembered over a restart and counted once', async () => {
  const store = home.newStore();
  {
    await using rig = await Rig.start(home, { store });
    await rig.tick();
    await rig.tick(losing);
    await until('the close', () => rig.gateway.of('closePosition').length === 1);
    expect(rig.gateway.of('closePosition')[0]).toMatchObject({ symbol: SYMBOL, reason: 'stop-loss', ladder: 'taker' });
    expect(symbolOf(await rig.tick({ ...losing, head: { closing: [SYMBOL] } }))).toMatchObject({
      stopLosses: 1,
      reason: 'closing-position',
    });
    expect(rig.gateway.of('closePosition')).toHaveLength(1);
  }
  await using again = await Rig.start(home, { store });
  again.seq = 100;
  expect(symbolOf(await again.tick({ ...losing, head: { closing: [SYMBOL] } }))).toMatchObject({
    stopLosses: 1,
    reason: 'closing-position',
  });
  expect(again.places).toEqual([]);
});

test('a take-profit rests first', async () => {
  await using rig = await Rig.start(home);
  await rig.tick({ docs: { position: positionDoc({ size: '0.010', entryPrice: '59000' }) } });
  await until('the close', () => rig.gateway.of('closePosition').length === 1);
  expect(rig.gateway.of('closePosition')[0]).toMatchObject({ reason: 'take-profit', ladder: 'maker-first' });
});

test('a store that cannot be read opens the breaker: nothing is opened, a loss is still cut', async () => {
  const store = home.newStore();
  writeFileSync(store, 'no database, whatever its name says '.repeat(100));
  await using rig = await Rig.start(home, { store });
  expect(await rig.tick()).toMatchObject({ risk: { state: 'blocked', reasons: ['store-unreadable'] } });
  expect(rig.places).toEqual([]);
  await rig.tick(losing);
  await until('the close', () => rig.gateway.of('closePosition').length === 1);
  await rig.tick(losing);
});

test('with the push feed it acts on what is pushed, and on what is polled when nothing is', async () => {
  await using rig = await Rig.start(home, { cfg: config({ brain: { pollMs: 1, feed: 'push' }, gateway: { leaseMs: 400 } }) });
  await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  const pushed = documents({ head: { seq: 60, configHash: configHash(CONFIG), brainEpoch: 1 } });
  rig.gateway.push(docsOf(texts(pushed)));
  await until('the decision on the push', async () => (await rig.doc())?.processed.seq === 60);
  rig.seq = 60;
  expect((await rig.tick()).processed.seq).toBe(61);
});

test('it lives through the death of Redis', async () => {
  await using rig = await Rig.start(home);
  await rig.tick();
  await home.server.kill();
  await until('the loss', () => home.redis.status !== 'ready');
  await home.server.boot();
  await until('redis', () => home.redis.status === 'ready');
  await until('a decision', async () => {
    await rig.put({});
    return ((await rig.doc())?.decisions ?? 0) > 1;
  });
  expect(rig.fatal).toEqual([]);
});
