import { expect, test } from 'vitest';
import { wallMs } from '../../../shared/units.ts';
import { idOf, live, place, settle, withBrain } from '../../kit/order-side.ts';
import { fault } from '../../kit/scripted-venue.ts';

test('a margin call pulls the quotes and lets only reducing orders through, until a read says that margin is healthy', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await settle();
  side.venue.marginRatio = 0.7;
  side.venue.tell({ kind: 'margin-call', symbols: ['BTCUSDT'], atMs: wallMs(1) });
  await live(side, brain, 500);
  expect(side.status(idOf(brain, 1))).toBe('canceled');
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ code: 'reduce-only-mode' });

  side.venue.marginRatio = 0.3;
  side.reconciler.want('test');
  await live(side, brain, 300);
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ type: 'taken' });
});

test('a short margin is seen in a read without any call', async () => {
  const { side, brain } = await withBrain();
  side.venue.marginRatio = 0.85;
  side.reconciler.want('test');
  await live(side, brain, 300);
  expect(side.send(brain, place(side, brain))).toMatchObject({ code: 'reduce-only-mode' });
});

test('a line that fails lets cancels through and nothing else, and recovers by itself', async () => {
  const { side, brain } = await withBrain();
  let failing = false;
  Object.assign(side.venue, { lineHealth: () => ({ failing, clockAgeMs: 0 }) });
  side.send(brain, place(side, brain));
  await settle();
  failing = true;
  await live(side, brain, 200);
  expect(side.status(idOf(brain, 1))).toBe('canceled');
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ code: 'cancel-only-mode' });

  failing = false;
  await live(side, brain, 200);
  expect(side.facts.filter((fact) => fact === 'Mode changed').length).toBeGreaterThanOrEqual(3);
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ type: 'taken' });
});

test('a leverage above what is expected halts its symbol, and frees it when it is lowered', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await settle();
  side.venue.leverage = 50;
  side.venue.tell({ kind: 'leverage', symbol: 'BTCUSDT', leverage: 50, atMs: wallMs(1) });
  await live(side, brain, 200);
  expect(side.status(idOf(brain, 1))).toBe('canceled');
  const refused = side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }));
  expect(refused).toMatchObject({ type: 'refused', sentence: expect.stringContaining('leverage 50') });

  side.venue.leverage = 20;
  side.venue.tell({ kind: 'leverage', symbol: 'BTCUSDT', leverage: 20, atMs: wallMs(2) });
  await live(side, brain, 200);
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ type: 'taken' });
});

test('a stream that says nothing of an acknowledged order is opened anew', async () => {
  const { side, brain } = await withBrain();
  const reopened: string[] = [];
  Object.assign(side.venue, { reopenAccount: (reason: string) => reopened.push(reason) });
  side.send(brain, place(side, brain)); // the scripted venue answers and tells nothing
  await live(side, brain, 1_900);
  expect(reopened).toEqual([]);
  await live(side, brain, 300);
  expect(reopened).toEqual(['silent-after-ack']);
});

test('a suspicious refusal has the account read, once for a storm of them', async () => {
  const { side, brain } = await withBrain();
  const before = side.venue.count('account');
  side.venue.answers.place.push(fault('rejected', 'insufficient-margin'), fault('rejected', 'insufficient-margin'));
  side.send(brain, place(side, brain));
  side.send(brain, place(side, brain, { clientId: idOf(brain, 2), price: '59998.00' }));
  await live(side, brain, 500);
  expect(side.venue.count('account') - before).toBe(1);
});

test('between whole reads of the account positions and balances are read every thirty seconds', async () => {
  const { side, brain } = await withBrain();
  const before = [side.venue.count('account'), side.venue.count('holdings')];
  await live(side, brain, 61_000);
  expect([side.venue.count('account') - (before[0] ?? 0), side.venue.count('holdings') - (before[1] ?? 0)]).toEqual([0, 2]);
  await live(side, brain, 61_000);
  expect(side.venue.count('account') - (before[0] ?? 0)).toBe(1);
});
