import { expect, test } from 'vitest';
import { ownOpen } from '../../../gateway/orders/core.ts';
import { Strangers } from '../../../gateway/orders/strangers.ts';
import { makeClientId, type Role } from '../../../shared/client-id.ts';
import type { AccountEvent } from '../../../shared/events.ts';
import { lots, ticks, wallMs } from '../../../shared/units.ts';
import { idOf, OrderSide, place, settle, withBrain } from '../../kit/order-side.ts';

const NEWEST = 50_000;
const id = (epoch: number, role: Role = 'quote'): string => makeClientId({ role, epoch, counter: 7 });
const told = (clientId: string, state: 'accepted' | 'canceled' = 'accepted'): AccountEvent => ({
  ...{ kind: 'order', symbol: 'BTCUSDT', clientId, venueId: 'v9', side: 'buy', price: ticks(599_000), size: lots(10), state },
  ...{ filled: lots(0), reduceOnly: false, reason: '', atMs: wallMs(1) },
});
const strangers = (ours: readonly string[] = []) =>
  new Strangers({ newestEpoch: () => NEWEST, isOurs: (clientId) => ours.includes(clientId) });

test.each<[what: string, clientId: string, before: boolean, after: boolean]>([
  ['an epoch above the newest granted', id(NEWEST + 1), true, true],
  ['an older epoch that no row knows', id(NEWEST - 3), false, true],
  ['a close of a gateway we do not know', id(NEWEST - 3, 'close'), false, true],
  ['an order of test-order', id(800_123, 'test'), false, false],
  ['the order of a triggered stop', id(NEWEST + 5, 'stop'), false, false],
  ['the id of a gateway without a ledger', id(912_345, 'close'), false, false],
  ['an order of a person', 'web_abc', false, false],
])('%s: strange before the account was read %s, after it %s', (_what, clientId, before, after) => {
  const watch = strangers();
  expect([watch.told(told(clientId)), watch.found([clientId])]).toEqual(before ? [[clientId], [clientId]] : [[], []]);
  watch.accountRead();
  expect([watch.told(told(clientId)), watch.found(['web_x', clientId])]).toEqual(after ? [[clientId], [clientId]] : [[], []]);
});

test('what the ledger knows is ours, and an end tells nothing: it may be of what an earlier run left', () => {
  const ours = id(NEWEST);
  const watch = strangers([ours]);
  watch.accountRead();
  expect([watch.told(told(ours)), watch.told(told(id(NEWEST - 3), 'canceled'))]).toEqual([[], []]);
});

test('another session on the account: an alarm, own quotes pulled, nothing opened until a person resumes; its orders are left alone', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await side.run(100);
  const theirs = idOf(brain, 77);
  side.venue.tell(told(theirs));
  await settle();
  expect(side.facts).toContain('Another session trades on this account');
  expect([side.status(idOf(brain, 1)), side.core.modes.paused]).toEqual(['canceled', expect.stringContaining(theirs)]);
  expect(side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }))).toMatchObject({ type: 'refused', code: 'paused' });
  const canceled = side.venue.count('cancel');
  side.watch.onAdopted([theirs, idOf(brain, 78)], 'found');
  side.send(side.client('operator', 8), { id: 1, type: 'pause' });
  await side.run(5_000); // the lease runs out, the mode changes
  expect(side.venue.count('cancel')).toBe(canceled);
  expect(ownOpen(side.core)).toEqual([]);
  expect(side.send(side.client('operator', 9), { id: 1, type: 'resume' })).toMatchObject({ type: 'taken' });
  await side.run(100);
  expect([side.core.modes.otherSession, side.venue.count('cancel')]).toEqual([false, canceled + 1]); // the one that the ledger took in
});

test('own orders never look strange: placed, filled, amended and cancelled over the stream', async () => {
  const side = await OrderSide.started();
  const brain = side.client('brain');
  side.send(brain, place(side, brain));
  await side.run(100);
  side.venue.tell(told(idOf(brain, 1)));
  side.venue.fillOrder(idOf(brain, 1), { size: 4, told: true });
  await side.run(100);
  expect(side.core.modes.otherSession).toBe(false);
});
