import { expect, test } from 'vitest';
import type { Note } from '../../../gateway/account/audit-rows.ts';
import { Stamps } from '../../../gateway/account/stamps.ts';
import { Audit } from '../../../gateway/orders/audit.ts';
import { auditedVenue } from '../../../gateway/orders/audited-venue.ts';
import type { OrderEntry } from '../../../gateway/venues/venue.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { openFence } from '../../kit/order-side.ts';
import { id, request } from '../../kit/orders.ts';
import { fault, ScriptedVenue } from '../../kit/scripted-venue.ts';

function audited(over: Partial<OrderEntry> = {}) {
  const clock = new VirtualClock();
  const venue = new ScriptedVenue(clock);
  Object.assign(venue.orders, over);
  const notes: Note[] = [];
  const audit = new Audit({ stamps: new Stamps(clock), take: (note) => notes.push(note) });
  const told = (): readonly string[] =>
    notes.map((note) => [note.kind, 'what' in note ? note.what : note.code, note.clientId.slice(-9, -2)].join(' '));
  return { venue, notes, told, audited: auditedVenue(venue, { fence: openFence(), audit }) };
}

test('what the venue has beside orders, and what it lacks, passes through', () => {
  const batch = { most: 5, orders10s: 1, orders1m: 5, weight: 5 };
  const { venue, audited: seen } = audited({ batch });
  expect([seen.name, seen.instruments, seen.orders.batch, seen.orders.budgets()]).toEqual([
    'scripted',
    venue.instruments,
    batch,
    venue.budgets,
  ]);
  expect([seen.orders.placeMany, seen.orders.commission]).toEqual([undefined, undefined]);
  expect(seen.market.book('BTCUSDT').status).toBe('live');
});

test('orders, amends and cancels of one request are noted one by one, each with its own answer', async () => {
  const placeMany: OrderEntry['placeMany'] = async (requests) => requests.map(() => ({ ok: false, error: fault('rejected', 'filter') }));
  const { audited: seen, told, notes } = audited({ placeMany });
  await seen.orders.placeMany?.([request(), request({ clientId: id(2) })]);
  expect(told()).toEqual([
    'request place 0000001',
    'request place 0000002',
    'answer rejected: filter 0000001',
    'refusal place 0000001',
    'answer rejected: filter 0000002',
    'refusal place 0000002',
  ]);
  notes.length = 0;
  await seen.orders.cancelMany({ symbol: 'BTCUSDT', clientIds: [id(1), 'web_person'] });
  expect(told()).toEqual(['request cancel 0000001', 'answer gone 0000001', 'refusal cancel 0000001']);
});

test('a request to which no answer comes is not told as refused', async () => {
  const { venue, audited: seen, told } = audited();
  venue.answers.place.push(fault('unknown'));
  await seen.orders.place(request());
  expect(told()).toEqual(['request place 0000001', 'answer unknown 0000001']);
});
