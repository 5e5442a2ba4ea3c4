import { describe, expect, test } from 'vitest';
import { type Absence, isProvenAbsent, reconcileOrders, silentOrders } from '../../../gateway/account/reconcile.ts';
import { Convergence, ROUNDS_MAX } from '../../../gateway/account/convergence.ts';
import { UNKNOWN_GRACE_MS, UnknownWatch } from '../../../gateway/account/unknown-watch.ts';
import type { VenueOrder } from '../../../gateway/venues/venue.ts';
import { lots, monoMs, wallMs } from '../../../shared/units.ts';
import { at, id, ledger, report, request } from '../../kit/orders.ts';

const DAY_MS = 86_400_000;
const listed = (over: Parameters<typeof report>[0] = {}): VenueOrder => ({ ...report(over), orderKind: 'limit', timeInForce: 'post-only' });

function unknownRow() {
  const book = ledger();
  book.take(request(), at(1_000));
  const [row] = book.move(id(1), { kind: 'timed-out', now: at(2_000) }).orders;
  if (!row) throw new Error('no row');
  return row;
}

describe('isProvenAbsent()', () => {
  const row = unknownRow();
  const proved: Absence = {
    row,
    sentAt: monoMs(1_000),
    askedAt: monoMs(5_500),
    nowWall: wallMs(row.sentWallMs + 5_000),
    recvWindowMs: 1_500,
    knownSince: monoMs(0),
    looseFills: 0,
    unlistedAt: null,
  };
  const old = { nowWall: wallMs(row.sentWallMs + 3 * DAY_MS) };
  test.each<[string, Partial<Absence>, boolean]>([
    ['late enough, all healthy', {}, true],
    ['asked before the window and its margin were over', { askedAt: monoMs(5_499) }, false],
    ['an amend left later', { sentAt: monoMs(1_001) }, false],
    ['the account is not known', { knownSince: null }, false],
    ['the stream broke meanwhile', { knownSince: monoMs(1_500) }, false],
    ['a fill that nobody explains', { looseFills: 1 }, false],
    ['the venue once stated a fill that is not booked', { row: { ...row, statedFilled: lots(1) } }, false],
    ['it has ended', { row: { ...row, order: { ...row.order, status: 'canceled' } } }, false],
    ['older than the venue remembers', old, false],
    ['older, and absent from a list that was asked for too early', { ...old, unlistedAt: monoMs(2_000) }, false],
    ['older, and absent from the list of open orders', { ...old, unlistedAt: monoMs(5_500) }, true],
  ])('%s: %s', (_name, over, wanted) => {
    expect(isProvenAbsent({ ...proved, ...over })).toBe(wanted);
  });
});

test('reconcileOrders() asks about what one side alone holds for open, and leaves what is too young for the read', () => {
  const book = ledger();
  for (const n of [1, 2, 3, 4]) book.take(request({ clientId: id(n) }), at(n === 4 ? 9_500 : 1_000));
  book.move(id(2), { kind: 'timed-out', now: at(2_000) });
  book.move(id(3), { kind: 'canceled', now: at(8_500) });
  const openOrders = [listed(), listed({ clientId: id(3) }), listed({ clientId: id(9) }), listed({ clientId: 'web_1' })];
  const idOf = (each: ReturnType<typeof reconcileOrders>[number]): string =>
    'clientId' in each ? each.clientId : 'report' in each && each.report.kind === 'order' ? each.report.clientId : '';
  const found = (readAt: number) =>
    reconcileOrders({ ledger: book, openOrders, readAt: monoMs(readAt) }).map((each) => `${each.kind} ${idOf(each).at(-3)} ${each.reason}`);
  expect(found(10_000)).toEqual([
    'merge 1 open-at-venue',
    'ask 3 ended-here-open-there',
    'adopt 9 ours-but-not-in-ledger',
    'foreign b not-ours',
    'ask 2 unknown',
  ]);
  expect(found(9_000)).not.toContain('ask 3 ended-here-open-there'); // the read began before the end was a second old
});

test('silentOrders() are those without a word for longer than their state allows', () => {
  const book = ledger();
  for (const n of [1, 2, 3, 4]) book.take(request({ clientId: id(n) }), at(0));
  book.report(report({ clientId: id(2), venueId: 'v2' }), { now: at(100) });
  book.move(id(3), { kind: 'timed-out', now: at(100) });
  const silent = (now: number) =>
    silentOrders({
      ...{ ledger: book, now: monoMs(now), since: monoMs(0), patience: { answerMs: 5_000, restMs: 60_000 } },
      isHeld: (clientId) => clientId === id(4),
    }).map(({ clientId }) => clientId);
  expect(silent(4_999)).toEqual([]);
  expect(silent(5_000)).toEqual([id(1)]);
  expect(silent(60_100)).toEqual([id(1), id(2)]);
});

test('Convergence raises one alarm after so many rounds without agreement, and takes it back with the first that agrees', () => {
  const convergence = new Convergence();
  const news = Array.from({ length: ROUNDS_MAX + 1 }, (_, n) => convergence.add(n % 2 === 0 ? 'corrected' : 'failed'));
  expect(news).toEqual([...Array.from({ length: ROUNDS_MAX - 1 }, () => null), 'alarm', null]);
  expect(convergence.failing).toBe(true);
  expect([convergence.add('agrees'), convergence.failing, convergence.add('agrees')]).toEqual(['over', false, null]);
});

test('UnknownWatch names the order that has been unknown for too long, and nothing once it is known', () => {
  const row = unknownRow();
  const watch = new UnknownWatch([row], monoMs(0));
  watch.see([row], monoMs(1_000)); // told again: it counts from the first time
  expect(watch.overdue('BTCUSDT', monoMs(UNKNOWN_GRACE_MS - 1))).toBeNull();
  expect(watch.overdue('BTCUSDT', monoMs(UNKNOWN_GRACE_MS))).toBe(id(1));
  expect(watch.overdue('ETHUSDT', monoMs(UNKNOWN_GRACE_MS))).toBeNull();
  watch.see([{ ...row, order: { ...row.order, status: 'open' } }], monoMs(2_000));
  expect(watch.overdue('BTCUSDT', monoMs(9_000))).toBeNull();
});
