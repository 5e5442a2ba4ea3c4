import { expect, test } from 'vitest';
import { parseAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import { CONFIG, idOf, live, OrderSide, place } from '../../kit/order-side.ts';

const money = (text: string) => parseAtoms(text) ?? ZERO_ATOMS;
const limits = (equity: object, margin: object = {}) => ({
  ...CONFIG,
  limits: { ...CONFIG.limits, equity: { ...CONFIG.limits.equity, ...equity }, margin: { ...CONFIG.limits.margin, ...margin } },
});

/** The wallet goes to this, as after a loss that the ledger has booked as well. */
async function started(config = CONFIG) {
  const side = await OrderSide.started(config);
  const brain = side.client('brain');
  await live(side, brain, 300);
  const order = (counter: number, over = {}) => side.send(brain, place(side, brain, { clientId: idOf(brain, counter), ...over }));
  return { side, brain, order };
}
const setFunds = (side: OrderSide, wallet: string, available: string) =>
  side.core.keeper.setBalance({
    kind: 'balance',
    asset: 'USDT',
    wallet: money(wallet),
    available: money(available),
    atMs: side.venue.nowMs(),
  });
/** Funding is paid: a loss that needs no trade. */
const pay = (side: OrderSide, amount: string, symbol: string | null = 'BTCUSDT') =>
  side.core.keeper.handle({ kind: 'funding', symbol, asset: 'USDT', amount: money(amount), atMs: side.venue.nowMs() });

test('a loss of the day above its share makes the gateway reduce-only, until a person resumes; just at it does not', async () => {
  const { side, brain, order } = await started(limits({ maxDailyLossPercent: 1 }));
  setFunds(side, '10000', '10000');
  await live(side, brain, 300);
  pay(side, '-100');
  setFunds(side, '9900', '9900');
  await live(side, brain, 300);
  expect([side.core.risk.lost, order(1).type]).toEqual([[], 'taken']);
  pay(side, '-0.01', null); // of a position that the venue did not name, and none is held here
  setFunds(side, '9899.99', '9899.99');
  await live(side, brain, 300);
  expect(side.core.risk.lost).toEqual(['USDT']);
  expect(side.facts).toContain('Daily loss limit reached');
  expect(order(2)).toMatchObject({ type: 'refused', code: 'reduce-only-mode', sentence: expect.stringContaining('daily-loss') });
  pay(side, '500');
  await live(side, brain, 300);
  expect(side.core.risk.lost).toEqual(['USDT']); // what was won back does not lift it
  const operator = side.client('operator', 2);
  side.send(operator, { id: 1, type: 'resume' });
  await live(side, brain, 300);
  expect([side.core.risk.lost, order(3).type]).toEqual([[], 'taken']);
});

test('margin below its floor opens nothing, and a little above it again does', async () => {
  const { side, brain, order } = await started(limits({}, { minAvailablePercent: 20 }));
  const after = async (available: string) => {
    setFunds(side, '10000', available);
    await live(side, brain, 300);
    return side.core.risk.low;
  };
  expect([await after('2000'), await after('1999.99')]).toEqual([[], ['USDT']]);
  expect(order(1)).toMatchObject({ type: 'refused', code: 'reduce-only-mode', sentence: expect.stringContaining('available-low') });
  expect([await after('2100'), await after('2200')]).toEqual([['USDT'], []]);
  expect(order(2).type).toBe('taken');
});

test('an equity that is not known refuses what opens', async () => {
  const { side, order } = await started();
  side.venue.market.mark = () => null;
  expect(side.core.risk.equity('USDC')).toBeNull();
  expect(order(1)).toMatchObject({ type: 'refused', code: 'collar' });
});
