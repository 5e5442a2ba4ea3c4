import { expect, test } from 'vitest';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { Ledger } from '../../../gateway/account/ledger.ts';
import type { Change } from '../../../gateway/account/rows.ts';
import type { FillReport } from '../../../shared/events.ts';
import { systemClock } from '../../../shared/clock.ts';
import { lots } from '../../../shared/units.ts';
import { at, fill, id, instrument, ledger, position, report, request } from '../../kit/orders.ts';

/** One forced close of two fills, as the stream names it and as the list of trades does. */
const forced = (tradeId: string, over: Partial<FillReport> = {}): FillReport =>
  fill({ clientId: 'autoclose-1', venueId: '88', side: 'sell', tradeId, ...over });
const STREAM = [forced('88@4'), forced('88@8')];
const LIST = [forced('501', { clientId: '' }), forced('502', { clientId: '' })];

test.each([
  ['stream, then list', [...STREAM, ...LIST]],
  ['list, then stream', [...LIST, ...STREAM]],
  ['both, one by one', [STREAM[0], LIST[0], STREAM[1], LIST[1]]],
  ['list ahead of the stream', [STREAM[0], LIST[0], LIST[1], STREAM[1]]],
  ['each twice', [...STREAM, ...STREAM, ...LIST, ...LIST, ...STREAM]],
  ['a stream that missed the first', [STREAM[1], ...LIST]],
])('a forced close is booked once under its two names: %s', (_name, told) => {
  const book = ledger();
  for (const one of told) if (one) book.fill(one, at(1));
  expect(book.positions.row('BTCUSDT')).toMatchObject({ size: -8, fills: 2 });
  expect(book.fillSeq).toBe(2);
});

test('fills of orders not yet known, and names of forced ones, survive a restart', () => {
  using store = new LedgerStore({ path: ':memory:', clock: systemClock() });
  const open = () =>
    new Ledger({
      instruments: new Map([['BTCUSDT', instrument()]]),
      archive: store,
      state: store.load(new Map([['BTCUSDT', instrument()]])),
    });
  const keep = (change: Change): void => void store.write(change);
  const before = open();
  keep(before.adoptBaseline({ report: position(), sinceTradeId: null, now: at(0) }));
  keep(before.take(request(), at(1)));
  keep(before.fill(fill({ clientId: '', venueId: 'v9', tradeId: '700', size: lots(10) }), at(2)));
  keep(before.fill(forced('88@4'), at(3)));

  const after = open();
  expect(after.looseFills({ symbol: 'BTCUSDT', side: 'buy', sinceMs: 0 })).toHaveLength(1);
  keep(after.fill(forced('501', { clientId: '' }), at(4)));
  keep(after.report(report({ venueId: 'v9', state: 'filled', filled: lots(10) }), { now: at(5) }));
  expect(after.order(id(1))?.order).toMatchObject({ status: 'filled', filled: 10 });
  expect(after.positions.row('BTCUSDT')).toMatchObject({ size: 6, fills: 2 });

  const again = open();
  keep(again.fill(forced('88@4'), at(6)));
  keep(again.fill(forced('501'), at(7)));
  expect(again.positions.row('BTCUSDT')).toMatchObject({ size: 6, fills: 2 });
});
