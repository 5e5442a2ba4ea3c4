import { expect, test } from 'vitest';
import { wallMs, lots } from '../../../shared/units.ts';
import { fill, report } from '../../kit/orders.ts';
import { idOf, place, settle, withBrain } from '../../kit/order-side.ts';

test('a forced close is booked, pulls the quotes of its symbol and halts it until an operator resumes', async () => {
  const { side, brain } = await withBrain();
  const operator = side.client('operator', 2);
  side.send(brain, place(side, brain));
  await settle();

  const order = { clientId: 'autoclose-1', venueId: '88', side: 'sell' } as const;
  side.venue.position = -4;
  side.venue.tell(fill({ ...order, tradeId: '88@4' }));
  side.venue.tell({ kind: 'forced-close', symbol: 'BTCUSDT', clientId: 'autoclose-1', what: 'liquidation', atMs: wallMs(1) });
  await settle();
  expect(side.facts).toContain('The venue closed a position by force');
  expect(side.core.keeper.ledger.positions.row('BTCUSDT').size).toBe(-4);
  expect(side.status(idOf(brain, 1))).toBe('canceled');
  const refused = side.send(brain, place(side, brain, { clientId: idOf(brain, 2) }));
  expect(refused).toMatchObject({ code: 'paused', sentence: expect.stringContaining('liquidation') });
  await side.run(200);

  expect(side.send(operator, { id: 1, type: 'resume' })).toMatchObject({ type: 'taken' });
  expect(side.core.modes.halted('BTCUSDT')).toBeNull();
});

test('an order that the venue calls filled cannot be amended while its fill is on the way', async () => {
  const { side, brain } = await withBrain();
  side.send(brain, place(side, brain));
  await settle();
  side.venue.tell(report({ clientId: idOf(brain, 1), venueId: 'v1', state: 'filled', filled: lots(10), atMs: wallMs(2e12) }));

  expect(side.status(idOf(brain, 1))).toBe('open');
  const { basedOn } = side;
  const amend = {
    id: 2,
    type: 'amend',
    symbol: 'BTCUSDT',
    clientId: idOf(brain, 1),
    price: '59998.00',
    size: '0.020',
    basedOn,
    ttlMs: 500,
  } as const;
  expect(side.send(brain, amend)).toMatchObject({ code: 'order-busy', sentence: expect.stringContaining('filled') });
});
