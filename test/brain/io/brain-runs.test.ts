import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { BrainStore } from '../../../brain/io/brain-store.ts';
import { configHash } from '../../../shared/config.ts';
import type { BrainDoc } from '../../../shared/brain-doc.ts';
import { config, documents, fillDoc, KEYS, positionDoc, runWith, SYMBOL, docsOf, texts, tradeDoc } from '../../kit/brain.ts';
import { CONFIG, Rig, RigHome } from '../../kit/brain-rig.ts';
import { ownFill, Puppet, quote, to, wish } from '../../kit/runs.ts';
import { until } from '../../kit/scripted-gateway.ts';

let home: RigHome;
beforeAll(async () => {
  home = await RigHome.open();
});
beforeEach(async () => void (await home.redis.flushall()));
afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

/** Two runs on the symbol that do what the test tells them. */
const two = () => {
  const [a, b] = [new Puppet('a'), new Puppet('b')];
  return { a, b, runs: [runWith(a.strategy), runWith(b.strategy)] };
};
const runOf = (doc: BrainDoc, id: string) => doc.runs?.find(({ run }) => run === id);

test('orders carry the run they belong to, and the document tells of each', async () => {
  const { a, b, runs } = two();
  a.wish = wish({ quotes: [quote('buy', '59990.00')] });
  b.wish = wish({ quotes: [quote('sell', '60010.00')] });
  await using rig = await Rig.start(home, { runs });
  const doc = await rig.tick();
  await until('both quotes', () => rig.places.length === 2);
  expect(rig.places.map(({ strategy, side }) => [strategy, side])).toEqual([
    ['a', 'buy'],
    ['b', 'sell'],
  ]);
  expect(doc).toMatchObject({ strategy: 'a,b', unassigned: { [SYMBOL]: '0' } });
  expect(doc.runs).toMatchObject([
    {
      run: 'a',
      strategy: 'a',
      symbol: SYMBOL,
      reason: 'told',
      quotes: [{ side: 'buy', price: '59990.00', size: '0.010' }],
      why: [{ reason: 'told', count: 1 }],
    },
    { run: 'b', quotes: [{ side: 'sell' }], position: '0', entryPrice: null },
  ]);
});

test('shares live on over a restart: what was traded meanwhile is read from the ledger of the gateway', async () => {
  const store = home.newStore();
  const fills = [
    ownFill(1, { run: 'a', size: '0.030' }),
    ownFill(2, { run: 'b', size: '-0.010' }),
    ownFill(3, { run: 'b', size: '-0.005' }),
    fillDoc(4, { side: 'sell', size: '0.005', role: 'close' }),
  ];
  const held = (size: string) => ({ docs: { position: positionDoc({ size, entryPrice: '60000' }) } });
  {
    await using rig = await Rig.start(home, { store, runs: two().runs });
    await rig.tick();
    await home.add(...fills.slice(0, 2));
    const doc = await rig.tick({ ...held('0.020'), head: { fillSeq: 2 } });
    expect([runOf(doc, 'a'), runOf(doc, 'b')]).toMatchObject([{ position: '0.03', entryPrice: '60000' }, { position: '-0.01' }]);
    rig.gateway.positions = { fillSeq: 2, positions: [{ symbol: SYMBOL, baseline: '0', position: '0.020' }] };
    expect(await rig.brain.stop()).toMatchObject({ done: true });
  }
  await home.redis.del(KEYS.fills);
  const { a, b, runs } = two();
  await using again = await Rig.start(home, {
    ...{ store, runs },
    before: ({ gateway }) => {
      gateway.fills = fills;
      gateway.positions = { fillSeq: 4, positions: [{ symbol: SYMBOL, baseline: '0', position: '0.010' }] };
    },
  });
  again.seq = 100;
  await until('the shares', async () => {
    const doc = await again.tick({ ...held('0.010'), head: { fillSeq: 4 } });
    return runOf(doc, 'a')?.position === '0.02' && runOf(doc, 'b')?.position === '-0.01' && doc.unassigned?.[SYMBOL] === '0';
  });
  expect([a.last.position, b.last.position, a.last.netPosition]).toEqual([20, -10, 10]);
});

test('a state that may be taken up is, after a restart', async () => {
  const store = home.newStore();
  {
    await using rig = await Rig.start(home, { store, runs: two().runs });
    for (let n = 0; n < 3; n++) await rig.tick({ head: { wallMs: Date.now() } });
    expect(await rig.brain.stop()).toMatchObject({ done: true });
  }
  await using again = await Rig.start(home, { store, runs: two().runs });
  again.seq = 100;
  expect(runOf(await again.tick(), 'a')?.signals['decisions']).toBeGreaterThanOrEqual(3);
});

test('a book entry between runs is on disk before anything else happens', async () => {
  const store = home.newStore();
  const { a, b, runs } = two();
  [a.wish, b.wish] = [to('0.010'), to('-0.010')];
  await using rig = await Rig.start(home, { store, runs });
  const doc = await rig.tick();
  expect([runOf(doc, 'a'), runOf(doc, 'b')]).toMatchObject([{ reason: 'crossed-inside', position: '0.01' }, { position: '-0.01' }]);
  using reader = new BrainStore(store);
  expect(reader.portfolio?.ledgers[SYMBOL]?.holdings['a']?.size).toBe(1_000_000n);
  expect(rig.places).toEqual([]);
});

test('a strategy that throws is told once, as an error, and is a problem; the brain goes on', async () => {
  const { a, b, runs } = two();
  a.error = new Error('no such thing');
  b.wish = wish({ quotes: [quote('sell', '60010.00')] });
  await using rig = await Rig.start(home, { runs });
  await rig.tick();
  const doc = await rig.tick();
  expect(runOf(doc, 'a')).toMatchObject({ reason: 'strategy-failed', detail: { problem: expect.stringMatching(/^Error: no such thing/) } });
  expect([rig.brain.problems(), rig.fatal]).toEqual([['strategy-failed:a'], []]);
  expect(rig.logged.match(/"level":50.*"run":"a".*Strategy failed/g)).toHaveLength(1);
  await until('its quote', () => rig.places.some(({ strategy }) => strategy === 'b'));
});

test('public trades reach a strategy that asks, by poll and by push alike', async () => {
  const a = new Puppet('a', { reads: { trades: true } });
  await using rig = await Rig.start(home, {
    cfg: config({ brain: { pollMs: 1, feed: 'push' }, gateway: { leaseMs: 400 } }),
    runs: [runWith(a.strategy)],
  });
  const addTrade = (n: number) => home.redis.xadd(KEYS.trades(SYMBOL), '*', 'trade', JSON.stringify(tradeDoc(n)));
  await addTrade(1);
  await rig.tick();
  await addTrade(2);
  await rig.tick();
  expect(a.last.trades?.map(({ size }) => size)).toEqual([10]);
  const pushed = documents({ head: { seq: 60, configHash: configHash(CONFIG), brainEpoch: 1 } });
  rig.gateway.push(docsOf(texts(pushed)), [{ key: KEYS.trades(SYMBOL), text: JSON.stringify(tradeDoc(3, { size: '0.030' })) }]);
  await until('the decision on the push', async () => (await rig.doc())?.processed.seq === 60);
  expect(a.last.trades?.map(({ size }) => size)).toEqual([30]);
  [rig.seq] = [60];
  await addTrade(3);
  await rig.tick();
  expect(a.last.trades).toEqual([]);
});

test('a shadow is told of beside the run, and nothing of it reaches the gateway', async () => {
  const shadow = [{ id: 'wide', run: 'market-making', with: { spreadBps: 8, levels: 3 } }];
  const cfg = config({ ...CONFIG, strategy: { ...CONFIG.strategy, shadow } });
  await using rig = await Rig.start(home, { cfg, shadowed: true });
  const commission = { maker: '0.0002', taker: '0.0005' };
  for (let n = 0; n < 3; n++) await rig.tick({ docs: { position: positionDoc({ commission }) } });
  const [told] = (await rig.doc())?.shadow ?? [];
  expect(told).toMatchObject({ shadow: 'wide', run: 'market-making', reason: 'quoting', failure: null });
  expect(told?.quotes).toHaveLength(6);
  expect(rig.shadows?.runs.map(({ id }) => id)).toEqual(['wide']);
  expect(new Set(rig.places.map(({ strategy }) => strategy))).toEqual(new Set(['market-making']));
  expect(rig.places.every(({ price }) => ['59994.00', '60006.10'].includes(price ?? ''))).toBe(true);
});
