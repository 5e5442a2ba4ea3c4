/** What is taken over from the venue, when, and with what words: sizes, fills that no list holds, entry prices. */
import { describe, expect, test } from 'vitest';
import type { Lots } from '../../../shared/units.ts';
import { lots } from '../../../shared/units.ts';
import type { VenueOrder } from '../../../gateway/venues/venue.ts';
import { idOf, live, type OrderSide, place, withBrain } from '../../kit/order-side.ts';
import { fault } from '../../kit/scripted-venue.ts';

const corrections = (side: OrderSide) => side.written.flatMap((change) => change.corrections);
const row = (side: OrderSide) => side.core.keeper.ledger.positions.row('BTCUSDT');

describe('a position that no fill explains', () => {
  test('is taken over after it was read three times, with its reason and an alarm', async () => {
    const { side, brain } = await withBrain();
    const before = side.venue.count('holdings') + side.venue.count('account');
    side.venue.position = 7;
    side.reconciler.want('test');
    await live(side, brain, 1_500);
    expect([row(side).size, corrections(side), side.alarmed]).toEqual([0, [], []]);
    await live(side, brain, 1_500);
    expect(corrections(side)).toMatchObject([{ kind: 'position', from: 0, to: 7, entryPrice: '60000', reason: expect.any(String) }]);
    expect([row(side).size, row(side).baseline, side.alarmed]).toEqual([7, 7, ['position-corrected']]);
    expect(side.venue.count('holdings') + side.venue.count('account') - before).toBeGreaterThanOrEqual(3);
  });

  test('is not taken over where it is gone at the next read', async () => {
    const { side, brain } = await withBrain();
    side.venue.position = 7;
    side.reconciler.want('test');
    await live(side, brain, 1_000);
    side.venue.position = 0; // REST had lagged behind
    await live(side, brain, 5_000);
    expect([row(side).size, corrections(side), side.alarmed]).toEqual([0, [], []]);
  });

  test('is not taken over on a read that fails; the reconcile begins anew', async () => {
    const { side, brain } = await withBrain();
    side.venue.position = 7;
    side.reconciler.want('test');
    await live(side, brain, 500);
    side.venue.answers.account.push(fault('unreachable'), fault('unreachable'));
    await live(side, brain, 1_500);
    expect([row(side).size, corrections(side)]).toEqual([0, []]);
    await live(side, brain, 6_000);
    expect([row(side).size, corrections(side).length]).toEqual([7, 1]);
  });
});

/** The stream says that the order is filled, and no trade ever shows it. */
function tellFilled(side: OrderSide, clientId: string, filled: Lots): void {
  const order = side.venue.open.get(clientId);
  if (!order) throw new Error(`${clientId} is not open`);
  const done: VenueOrder = { ...order, filled, state: 'filled', atMs: side.venue.nowMs() };
  side.venue.open.delete(clientId);
  side.venue.others.push(done);
  side.venue.tell(done);
}

describe('fills that the venue states and no list of trades holds', () => {
  test('are looked for in three rounds; then the order takes the word, and the position does not', async () => {
    const { side, brain } = await withBrain();
    const clientId = idOf(brain, 1);
    side.send(brain, place(side, brain));
    await live(side, brain, 500);
    tellFilled(side, clientId, lots(10));
    await live(side, brain, 1_000);
    expect([side.status(clientId), row(side).size]).toEqual(['open', 0]); // its lots count as open
    await live(side, brain, 20_000);
    const order = corrections(side).filter(({ kind }) => kind === 'order');
    expect(order).toMatchObject([{ clientId, to: 'filled', reason: 'fills-not-found' }]);
    expect([side.status(clientId), row(side).size]).toEqual(['filled', 0]);
    expect(side.facts).toContain('Fills of an order are in no list of the venue');
  });

  test('are booked where the list tells them late', async () => {
    const { side, brain } = await withBrain();
    const clientId = idOf(brain, 1);
    side.send(brain, place(side, brain));
    await live(side, brain, 500);
    const order = side.venue.open.get(clientId);
    if (!order) throw new Error('it does not rest');
    side.venue.fillOrder(clientId, { size: 10, told: false });
    const late = side.venue.fills.splice(0);
    side.venue.tell({ ...order, filled: lots(10), state: 'filled', atMs: side.venue.nowMs() });
    await live(side, brain, 1_700);
    side.venue.fills.push(...late);
    await live(side, brain, 20_000);
    expect([side.status(clientId), row(side).size, row(side).fills]).toEqual(['filled', 10, 1]);
    expect(corrections(side).filter(({ kind }) => kind === 'order' || kind === 'position')).toEqual([]);
    expect(side.facts).not.toContain('Fills of an order are in no list of the venue');
  });
});

test('an entry price that our fills do not lead to is taken over when it lasts, in the open', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await live(side, brain, 500);
  side.venue.fillOrder(idOf(brain, 1), { size: 10, told: true }); // at 59999; the venue says 60000
  const { atMs } = side.venue.fills[0] ?? { atMs: side.venue.nowMs() };
  side.venue.tell({ kind: 'position', symbol: 'BTCUSDT', size: lots(10), entryPrice: '60000', atMs });
  await live(side, brain, 1_000);
  expect(corrections(side)).toEqual([]);
  await live(side, brain, 10_000);
  expect(corrections(side)).toMatchObject([
    {
      kind: 'entry-price',
      fromText: expect.stringMatching(/^59999/),
      toText: expect.stringMatching(/^60000/),
      reason: 'fills-lead-elsewhere',
    },
  ]);
  expect([row(side).size, side.alarmed]).toEqual([10, ['position-corrected']]);
});
