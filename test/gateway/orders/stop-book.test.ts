import { expect, test } from 'vitest';
import { StopBook, type StopRow } from '../../../gateway/orders/stop-book.ts';
import type { StopStatus } from '../../../gateway/orders/stop-plan.ts';
import type { StopReport } from '../../../shared/events.ts';
import { lots, monoMs, ticks, wallMs } from '../../../shared/units.ts';
import { at, id } from '../../kit/orders.ts';

const OWN = id(1, { role: 'stop' });
const request = { symbol: 'BTCUSDT', clientId: OWN, side: 'sell', trigger: ticks(588_000), size: lots(10), working: 'mark' } as const;
const report = (over: Partial<StopReport> = {}): StopReport => ({
  ...{ kind: 'stop', symbol: 'BTCUSDT', clientId: OWN, venueId: 'a1', state: 'waiting', side: 'sell', trigger: ticks(588_000) },
  ...{ size: lots(10), reduceOnly: true, childId: '', reason: '', atMs: wallMs(1) },
  ...over,
});

function open(rows: readonly StopRow[] = []) {
  const saved: StopRow[] = [];
  const book = new StopBook({ rows, save: (row) => saved.push(row) > 0, now: at(0) });
  return { book, saved };
}

/** A book with one own stop in the status named. */
function withStop(status: StopStatus) {
  const made = open();
  made.book.take(request, at(0));
  made.book.move(OWN, { status, now: at(10) });
  return made;
}

test.each<[StopStatus, StopReport['state'], StopStatus]>([
  ['placing', 'waiting', 'resting'],
  ['unknown', 'waiting', 'resting'],
  ['resting', 'waiting', 'resting'],
  ['canceling', 'waiting', 'canceling'],
  ['triggered', 'waiting', 'triggered'],
  ['ended', 'waiting', 'ended'],
  ['placing', 'triggering', 'triggered'],
  ['resting', 'triggered', 'triggered'],
  ['canceling', 'finished', 'triggered'],
  ['resting', 'canceled', 'ended'],
  ['triggered', 'expired', 'ended'],
  ['unknown', 'rejected', 'ended'],
  ['ended', 'triggered', 'ended'],
])('a stop that is %s and told %s is %s', (before, state, after) => {
  const { book } = withStop(before);
  book.report(report({ state }), at(20));
  expect(book.row(OWN)?.status).toBe(after);
});

test('every change is saved, what is told twice is not', () => {
  const { book, saved } = open();
  expect(book.take(request, at(0))).toBe(true);
  for (const ms of [10, 20]) book.report(report(), at(ms));
  for (const ms of [30, 40]) book.report(report({ state: 'triggered', childId: 'v9' }), at(ms));
  expect(saved.map(({ status, childId }) => [status, childId])).toEqual([
    ['placing', ''],
    ['resting', ''],
    ['triggered', 'v9'],
  ]);
});

test('why it died is kept; it is told once, and let go of after a minute', () => {
  const { book } = withStop('triggered');
  book.report(report({ state: 'rejected', reason: 'Reduce Only reject' }), at(20));
  expect(book.row(OWN)).toMatchObject({ status: 'ended', reason: 'Reduce Only reject' });
  expect(book.live()).toEqual([]);
  book.prune(monoMs(60_019));
  expect(book.row(OWN)).not.toBeNull();
  book.prune(monoMs(60_020));
  expect(book.row(OWN)).toBeNull();
});

test('steps of a changed instrument are taken from the venue', () => {
  const { book } = withStop('resting');
  book.report(report({ trigger: ticks(5_880_000), size: lots(100) }), at(20));
  expect(book.row(OWN)).toMatchObject({ status: 'resting', trigger: 5_880_000, size: 100, changedAt: 10 });
});

test('what an earlier run left is unknown until the venue tells, what it saw triggered is not', () => {
  const left = (clientId: string, status: StopStatus): StopRow => ({
    ...{ ...request, clientId, status, changedAt: monoMs(9e9), sentAt: monoMs(9e9), sentWallMs: wallMs(1) },
    ...{ venueId: 'a1', childId: '', reason: '' },
  });
  const { book } = open([left(OWN, 'resting'), left(id(2, { role: 'stop' }), 'placing'), left(id(3, { role: 'stop' }), 'triggered')]);
  expect(book.live().map(({ status, changedAt, sentAt }) => [status, changedAt, sentAt])).toEqual([
    ['unknown', 0, 0],
    ['unknown', 0, 0],
    ['triggered', 0, 0],
  ]);
});

test('a list settles what it names; ours that it lacks are to be asked for, unless they changed while it was read', () => {
  const { book } = withStop('resting');
  const listed = report({ clientId: id(2, { role: 'stop' }), venueId: 'a2' });
  book.list([listed], { readAt: monoMs(500), now: at(600) });
  expect(book.live().map(({ status }) => status)).toEqual(['resting', 'resting']);
  book.list([listed], { readAt: monoMs(2_000), now: at(2_100) });
  expect(book.live().map(({ status }) => status)).toEqual(['unknown', 'resting']);
});

test('one thought gone that waits all the same is taken up again', () => {
  const { book } = withStop('ended');
  book.list([report()], { readAt: monoMs(500), now: at(600) }); // read too early to say so
  expect(book.row(OWN)?.status).toBe('ended');
  book.list([report()], { readAt: monoMs(2_000), now: at(2_100) });
  expect(book.row(OWN)?.status).toBe('resting');
});

test('those of others are shown from list and stream, and never become ours', () => {
  const { book, saved } = open();
  const foreign = report({ clientId: 'web_1', trigger: null });
  book.report(foreign, at(1));
  expect(book.foreign('BTCUSDT')).toEqual([foreign]);
  book.report({ ...foreign, state: 'canceled' }, at(2));
  expect(book.foreign('BTCUSDT')).toEqual([]);
  book.list([foreign, report({ clientId: 'web_2', symbol: 'ETHUSDT' })], { readAt: monoMs(3), now: at(3) });
  expect([book.foreign('BTCUSDT').length, book.foreign('ETHUSDT').length, book.live().length, saved.length]).toEqual([1, 1, 0, 0]);
});
