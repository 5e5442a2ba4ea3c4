import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Header } from '../../../shared/snapshot.ts';
import { bookDoc, config, fillDoc, type Over, positionDoc, SYMBOL } from '../../kit/brain.ts';
import { Rig, RigHome } from '../../kit/brain-rig.ts';
import { until } from '../../kit/scripted-gateway.ts';

let home: RigHome;
beforeAll(async () => {
  home = await RigHome.open();
});
beforeEach(async () => void (await home.redis.flushall()));
afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

/** The age of the feed is off: these tests write snapshots when they like. */
const cfg = (risk: object = {}) =>
  config({
    brain: { pollMs: 1 },
    gateway: { leaseMs: 2_000 },
    risk: { monitors: { feedAgeMs: { on: false }, acknowledgeMs: { on: false }, ...risk } },
  });
const wide = (rig: Rig): Over => ({
  docs: { book: bookDoc({ epoch: 3, seq: rig.seq + 1, bids: [['59000.00', '1.000']], asks: [['61000.00', '1.000']] }) },
});
const lost = (unrealizedPnl: string): Over => ({ docs: { position: positionDoc({ size: '0.010', entryPrice: '60000', unrealizedPnl }) } });
const stops = (rig: Rig) => rig.gateway.of('emergencyStop');
const HELD = { reason: 'r', source: 'brain', everything: false, phase: 'done', sinceMs: 0, left: [] } satisfies Header['emergency'];

test('a breaker that opens takes the quotes back, is told in the document and the log, and holds after a kill', async () => {
  const store = home.newStore();
  {
    await using rig = await Rig.start(home, { cfg: cfg(), store });
    await rig.tick();
    await until('both quotes', () => rig.places.length === 2);
    rig.gateway.seq = rig.seq;
    const doc = await rig.tick(wide(rig));
    expect(doc.risk).toMatchObject({
      ...{ state: 'restrained', reasons: [`breaker-pause:${SYMBOL}`] },
      breakers: [{ where: SYMBOL, at: 'open', tier: 'pause', findings: [{ monitor: 'spreadBps', threshold: 100 }] }],
      alarms: expect.arrayContaining([expect.objectContaining({ monitor: 'spreadBps', where: SYMBOL, alarm: 'act', on: true })]),
      readings: { dailyLossPercent: 0 },
    });
    expect(doc.symbols[SYMBOL]).toMatchObject({ reason: 'breaker-paused', quotes: [] });
    expect(rig.logged).toContain('"msg":"Circuit breaker"');
    expect(rig.logged).toContain('spreadBps 333.3, allowed 100');
  }
  await using rig = await Rig.start(home, { cfg: cfg(), store });
  rig.seq = 100; // beyond what the one before has seen
  const doc = await rig.tick();
  expect(doc.risk.breakers).toMatchObject([{ where: SYMBOL, at: 'open', tier: 'pause' }]);
  expect(rig.places).toEqual([]);
});

test('a drawdown asks the gateway for the emergency stop until it holds, also after a kill, and never resumes by itself', async () => {
  const store = home.newStore();
  {
    await using rig = await Rig.start(home, { cfg: cfg(), store });
    rig.gateway.script = ({ type }) => (type === 'emergencyStop' ? null : undefined); // lost on its way
    await rig.tick(lost('0'));
    await rig.tick(lost('-600'));
    await until('the request', () => stops(rig).length === 1);
    expect(stops(rig)[0]?.reason).toBe('breaker of account: drawdownPercent 6, allowed 5');
  }
  await using rig = await Rig.start(home, { cfg: cfg(), store });
  rig.seq = 100; // beyond what the one before has seen
  await until('the request again', async () => (await rig.tick(lost('-600'))) && stops(rig).length > 0);
  await rig.tick({ ...lost('-600'), head: { emergency: HELD, mode: 'stopped' } });
  const asked = stops(rig).length;
  for (let n = 0; n < 5; n++) await rig.tick({ ...lost('-600'), head: { emergency: HELD, mode: 'stopped' } });
  expect(stops(rig)).toHaveLength(asked);
  const resumed = await rig.tick(lost('-600'));
  expect(stops(rig)).toHaveLength(asked); // the person has seen the loss
  expect(resumed.risk.breakers).toMatchObject([{ where: 'account', tier: 'pause' }]); // of the day's loss
  expect(rig.gateway.of('resume')).toEqual([]);
});

test('what is sent and what is refused reaches the monitors', async () => {
  await using rig = await Rig.start(home, { cfg: cfg() });
  rig.gateway.script = ({ type }) => (type === 'place' ? { type: 'refused', code: 'budget', sentence: 'no' } : undefined);
  expect((await rig.tick()).risk.readings).toMatchObject({ ordersPerMinute: 0, rejectPercent: 0 });
  await until('both orders counted', async () => (await rig.tick()).risk.readings?.['ordersPerMinute'] === 2);
});

test('a fill that the stream tells twice is one fill for the monitors', async () => {
  await using rig = await Rig.start(home, { cfg: cfg() });
  await rig.tick();
  await home.add(fillDoc(1));
  await home.add(fillDoc(1));
  await until('the fill counted', async () => (await rig.tick({ head: { fillSeq: 1 } })).risk.readings?.['fillsPerMinute'] !== 0);
  expect((await rig.tick({ head: { fillSeq: 1 } })).risk.readings).toMatchObject({ fillsPerMinute: 1 });
});
