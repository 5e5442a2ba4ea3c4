import { expect, test } from 'vitest';
import { DeedsBook } from '../../../brain/risk/deeds.ts';
import { documents, fillDoc, header, orderDoc, ordersDoc, SYMBOL } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';
import { monoMs } from '../../../shared/units.ts';

const place = { kind: 'place' } as Parameters<DeedsBook['sent']>[0];
const cancel = { kind: 'cancel', symbol: SYMBOL, clientId: id(1) } as const;
const rows = (...orders: Parameters<typeof orderDoc>[0][]) =>
  documents({ docs: { orders: ordersDoc(orders.map((row) => orderDoc(row))) } });
const CALM = documents();
const NOTHING = { orders: 0, cancels: 0, refused: 0, unanswered: 0, fills: 0, reads: 0, readsFailed: 0, acknowledged: [] };

test('DeedsBook counts what was sent, once', () => {
  const book = new DeedsBook();
  for (const command of [place, place, cancel]) book.sent(command);
  expect(book.take(CALM, 0)).toEqual({ ...NOTHING, orders: 2, cancels: 1 });
  expect(book.take(CALM, 0)).toEqual(NOTHING);
});

test('DeedsBook counts refusals, but not those that a race explains', () => {
  const book = new DeedsBook();
  for (const code of ['collar', 'budget', 'order-busy', 'order-ended', 'unknown-order', 'stale-epoch', 'filter'] as const)
    book.refused(code);
  expect(book.take(CALM, 0).refused).toBe(2);
});

test('DeedsBook counts an order that the venue rejected, or does not answer for, once while it is shown, and no post-only race', () => {
  const book = new DeedsBook();
  const bad = rows(
    { clientId: id(1), status: 'rejected', reason: 'insufficient-margin' },
    { clientId: id(2), status: 'rejected', reason: 'post-only-would-take' },
    { clientId: id(3), status: 'unknown' },
    { clientId: id(4), status: 'rejected', reason: 'filter', role: 'stop' },
  );
  expect(book.take(bad, 0)).toMatchObject({ refused: 1, unanswered: 1 });
  expect(book.take(bad, 0)).toMatchObject({ refused: 0, unanswered: 0 });
});

test('DeedsBook counts the reads of the gateway from the first look at one of its runs on', () => {
  const book = new DeedsBook();
  const reads = (asked: number, failed: number, over: { readonly epoch?: number } = {}) => {
    const { reads: all, readsFailed } = book.take(documents({ head: { reads: { asked, failed }, ...over } }), 0);
    return [all, readsFailed];
  };
  expect([reads(100, 40), reads(103, 41), reads(103, 41)]).toEqual([
    [0, 0],
    [3, 1],
    [0, 0],
  ]);
  const epoch = header().epoch + 1;
  expect([reads(9, 9, { epoch }), reads(10, 10, { epoch })]).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test('DeedsBook times a command until the snapshot that shows it', () => {
  const book = new DeedsBook();
  book.take(CALM, 0);
  book.taken({ sentAt: monoMs(1_000) }, 51);
  book.taken({ sentAt: monoMs(1_020) }, 52);
  expect(book.take(documents({ head: { seq: 51 } }), 1_100).acknowledged).toEqual([100]);
  expect(book.take(documents({ head: { seq: 52 } }), 1_200).acknowledged).toEqual([180]);
});

test('DeedsBook: what a gateway that died has not answered is no error share, and what it took is not timed', () => {
  const book = new DeedsBook();
  book.take(CALM, 0);
  book.unanswered();
  book.taken({ sentAt: monoMs(1_000) }, 99);
  expect(book.take(documents({ head: { epoch: header().epoch + 1, seq: 3 } }), 5_000)).toEqual(NOTHING);
  book.unanswered();
  expect(book.take(documents({ head: { epoch: header().epoch + 1, seq: 4 } }), 5_100).unanswered).toBe(1);
});

test('DeedsBook counts fills of now, not those that were missed in a long absence', () => {
  const fills = [0, 59_999, 60_000].map((ageMs, n) => fillDoc(n + 1, { wallMs: header().wallMs - ageMs }));
  expect(new DeedsBook().take({ ...CALM, fills }, 0).fills).toBe(2);
});
