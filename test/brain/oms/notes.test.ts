import { describe, expect, test } from 'vitest';
import { answered, EMPTY_OMS, forget, look, noteSent, type OmsState } from '../../../brain/oms/notes.ts';
import type { OrderCommand, Pending, PlaceCommand, WorkingOrder } from '../../../brain/oms/working.ts';
import type { OrderStatus } from '../../../shared/order.ts';
import { lots, monoMs, ticks } from '../../../shared/units.ts';
import { LEASE, SYMBOL, working } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

const ID = id(1, { epoch: LEASE });
const PLACE: PlaceCommand = {
  ...{
    kind: 'place',
    symbol: SYMBOL,
    clientId: ID,
    side: 'buy',
    timeInForce: 'post-only',
    reduceOnly: false,
    reason: 'quoting',
    strategy: 'mm',
    tag: 'a',
  },
  ...{ price: ticks(600_000), size: lots(10) },
};
const order = (over: Partial<WorkingOrder> = {}): WorkingOrder => working({ clientId: ID, price: ticks(600_000), size: lots(10), ...over });
const pendingOf = (command: OrderCommand): Pending => ({ command, role: 'quote', sentAt: monoMs(0), visibleFrom: null });
type Seen = {
  readonly shown?: readonly WorkingOrder[];
  readonly pending?: readonly OrderCommand[];
  readonly lease?: number;
  readonly now?: number;
};
const see = (oms: OmsState, { shown = [], pending = [], lease = LEASE, now = 100 }: Seen = {}) =>
  look(oms, { shown, pending: pending.map(pendingOf), lease, now: monoMs(now) });
const send = (oms: OmsState, commands: readonly OrderCommand[], now = 0, flips = false): OmsState =>
  noteSent(oms, { commands, isFlip: () => flips, now: monoMs(now) });
const sent = send({ ...EMPTY_OMS, lease: LEASE }, [PLACE]);

describe('an order that was placed', () => {
  test('is not missed while its command is on its way', () => {
    expect(see(sent, { pending: [PLACE] })).toMatchObject({ vanished: [], ask: [] });
  });

  test('is missed once its command is not, and no snapshot shows it', () => {
    expect(see(sent)).toMatchObject({ vanished: [{ clientId: ID, status: 'unknown', size: 10 }], ask: [ID] });
  });

  test('is forgotten when it was refused', () => {
    expect(see(forget(sent, ID))).toMatchObject({ vanished: [], ask: [] });
  });

  test.each<OrderStatus>(['filled', 'canceled', 'expired', 'rejected'])('is forgotten when it is shown to have ended: %s', (status) => {
    const { oms } = see(see(sent, { shown: [order()] }).oms, { shown: [order({ status })] });
    expect(see(oms)).toMatchObject({ vanished: [], ask: [] });
  });

  test('that vanishes after it was shown counts with what was last known of it, until it is shown again', () => {
    const { oms } = see(sent, { shown: [order({ status: 'partially-filled', filled: lots(4) })] });
    const missed = see(oms, { now: 200 });
    expect(missed.vanished).toMatchObject([{ status: 'unknown', filled: 4 }]);
    expect(see(missed.oms, { shown: [order()], now: 300 })).toMatchObject({ vanished: [], ask: [] });
  });

  test('is asked for again when no answer comes, and is not asked for while one may', () => {
    const first = see(sent, { now: 100 });
    const second = see(first.oms, { now: 1_099 });
    expect([first.ask, second.ask, see(second.oms, { now: 1_100 }).ask]).toEqual([[ID], [], [ID]]);
  });

  test('is of no matter under a newer lease', () => {
    const { oms, vanished } = see(sent, { lease: LEASE + 1 });
    expect([vanished, oms.notes.size, oms.lease]).toEqual([[], 0, LEASE + 1]);
  });
});

describe('the answer of the ledger', () => {
  const missed = see(sent).oms;
  test.each<[string, WorkingOrder | null, number]>([
    ['that it has never heard of it ends it', null, 0],
    ['that it has ended ends it', order({ status: 'filled' }), 0],
    ['that it lives keeps it', order({ filled: lots(3) }), 1],
  ])('%s', (_name, told, kept) => {
    const { vanished } = see(answered(missed, { clientId: ID, order: told }), { now: 200 });
    expect(vanished).toHaveLength(kept);
    if (told && kept) expect(vanished[0]?.filled).toBe(told.filled);
  });

  test('about an order that was shown meanwhile to have ended changes nothing', () => {
    const gone = see(missed, { shown: [order({ status: 'canceled' })] }).oms;
    expect(answered(gone, { clientId: ID, order: order() })).toBe(gone);
  });
});

describe('a post-only order that would have taken', () => {
  const rejected = order({ status: 'rejected', reason: 'post-only-would-take' });
  const amend = { kind: 'amend', symbol: SYMBOL, strategy: 'mm', clientId: ID, price: ticks(600_050), size: lots(10) } as const;

  test('bounds its side, once', () => {
    const first = see(sent, { shown: [rejected] }).oms;
    expect(first.repricing.buy).toMatchObject({ bound: 599_999, inARow: 1 });
    expect(see(first, { shown: [rejected], now: 200 }).oms.repricing).toEqual(first.repricing);
  });

  test('may be an amended one that the venue cancelled, at the price it was to have', () => {
    const amended = send(see(sent, { shown: [order()] }).oms, [amend], 100);
    const still = see(amended, { shown: [order()], pending: [amend], now: 150 }).oms;
    expect(see(still, { shown: [order({ status: 'canceled', reason: '' })], now: 200 }).oms.repricing.buy?.bound).toBe(600_049);
  });

  test('is not one that we cancelled, or that somebody cancelled', () => {
    const shown = see(sent, { shown: [order()] }).oms;
    const ended = { shown: [order({ status: 'canceled', reason: '' })], now: 200 };
    const ours = send(send(shown, [amend], 100), [{ kind: 'cancel', symbol: SYMBOL, clientId: ID }], 110);
    expect([see(shown, ended).oms.repricing.buy, see(ours, ended).oms.repricing.buy]).toEqual([null, null]);
  });

  test('is over when the venue takes one as near', () => {
    const bounded = see(sent, { shown: [rejected] }).oms;
    const next = send(bounded, [{ ...PLACE, clientId: id(2, { epoch: LEASE }), price: ticks(599_999) }], 100);
    const taken = order({ clientId: id(2, { epoch: LEASE }), price: ticks(599_999) });
    expect(see(next, { shown: [taken], now: 150 }).oms.repricing.buy).toBeNull();
  });
});

test('amends are counted, and a move that goes back where it came from is a flip', () => {
  const amend = (price: number): OrderCommand => ({
    kind: 'amend',
    symbol: SYMBOL,
    strategy: 'mm',
    clientId: ID,
    price: ticks(price),
    size: lots(10),
  });
  const once = send(see(sent, { shown: [order()] }).oms, [amend(600_010)], 100);
  expect(once.notes.get(ID)).toMatchObject({ amends: 1, movedAt: 100, cameFrom: 600_000, flips: 0, tag: 'a' });
  const back = send(see(once, { shown: [order({ price: ticks(600_010) })] }).oms, [amend(600_000)], 200, true);
  expect(back.notes.get(ID)).toMatchObject({ amends: 2, movedAt: 200, cameFrom: 600_010, flips: 1 });
});
