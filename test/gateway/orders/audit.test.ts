import { expect, test } from 'vitest';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { lifeAnswer } from '../../../gateway/publish/life.ts';
import { lifeLines } from '../../../scripts/lib/history-screen.ts';
import { LifeAnswer, type LifeEntry } from '../../../shared/audit.ts';
import { idOf, OrderSide, place } from '../../kit/order-side.ts';
import { fault } from '../../kit/scripted-venue.ts';

const started = async () => {
  const side = await OrderSide.started(undefined, (clock) => new LedgerStore({ path: ':memory:', clock }));
  return { side, brain: side.client('brain') };
};

/** As a person's tool gets it. */
function lifeOf(side: OrderSide, clientId: string): LifeAnswer {
  const rows = side.store?.life(clientId);
  if (!rows) throw new Error('The ledger cannot be read');
  return LifeAnswer.parse(JSON.parse(JSON.stringify(lifeAnswer(rows))));
}

/** Kind, and what says most of it. */
const short = (entry: LifeEntry): string => {
  if (entry.kind === 'state') return `state ${entry.state} by ${entry.cause}`;
  if (entry.kind === 'refusal') return `refusal by ${entry.by}: ${entry.what} ${entry.code}`;
  if (entry.kind === 'fill') return `fill ${entry.size} at ${entry.price}`;
  if (entry.kind === 'correction') return `correction of the ${entry.what}: ${entry.reason}`;
  return entry.kind === 'reply' ? `reply ${entry.what} ${entry.code}` : `${entry.kind} ${entry.what}`;
};

test('the life of an order: asked for, sent, answered, filled, refused to change, cancelled', async () => {
  const { side, brain } = await started();
  const clientId = idOf(brain, 1);
  side.send(brain, place(side, brain, { reason: 'bid 1 of 2' }));
  await side.run(100);
  side.venue.fillOrder(clientId, { size: 4, told: true });
  await side.run(100);
  const { basedOn } = side;
  side.send(brain, { id: 2, type: 'amend', clientId, price: '70000.00', size: '0.010', basedOn, ttlMs: 500 });
  await side.run(100);
  side.send(brain, { id: 3, type: 'cancel', clientId });
  await side.run(100);
  const life = lifeOf(side, clientId);
  expect(life.order).toMatchObject({
    symbol: 'BTCUSDT',
    role: 'quote',
    price: '59999.0',
    size: '0.010',
    filled: '0.004',
    status: 'canceled',
  });
  expect(life.entries.filter(({ kind }) => kind !== 'fill').map(short)).toEqual([
    'command place',
    'state sent by request',
    'request place',
    'reply place ok',
    'state open by reply',
    'state partially-filled by stream',
    'refusal by guard: amend filter',
    'command cancel',
    'state canceling by request',
    'request cancel',
    'reply cancel ok',
    'state canceled by reply',
  ]);
  expect(life.entries.filter(({ kind }) => kind === 'fill').map(short)).toEqual(['fill 0.004 at 59999.0']);
  expect(life.entries[0]).toMatchObject({ sender: 'brain', detail: expect.stringMatching(/^buy 0\.010 at 59999\.00.*bid 1 of 2$/) });
  const lines = lifeLines(life);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines.join('\n')).toContain('brain asks: place buy 0.010 at 59999.00');
});

test('what the venue refuses and what a reconcile finds out stands in the life with the words of the venue', async () => {
  const { side, brain } = await started();
  side.venue.answers.place.push(fault('rejected', 'insufficient-margin'), fault('unknown'));
  side.venue.reachesAnyway = true;
  side.send(brain, place(side, brain));
  await side.run(50);
  side.venue.reachesAnyway = true;
  side.send(brain, place(side, brain, { clientId: idOf(brain, 2), price: '59998.00' }));
  await side.run(1_000);
  expect(lifeOf(side, idOf(brain, 1)).entries.map(short)).toEqual([
    'command place',
    'state sent by request',
    'request place',
    'reply place rejected: insufficient-margin',
    'refusal by venue: place insufficient-margin',
    'state rejected by reply',
  ]);
  const second = lifeOf(side, idOf(brain, 2)).entries.map(short);
  expect(second.slice(0, 5)).toEqual([
    'command place',
    'state sent by request',
    'request place',
    'reply place unknown',
    'state unknown by reply',
  ]);
  expect(second.slice(5, 9)).toEqual(['request query', 'reply query ok', 'state open by reconcile', 'correction of the order: unknown']);
});

test('an id that was only ever refused tells why; one that nobody used tells nothing', async () => {
  const { side, brain } = await started();
  side.send(brain, place(side, brain, { clientId: idOf(brain, 7), price: '10.00' }));
  const refused = lifeOf(side, idOf(brain, 7));
  expect([refused.order, refused.entries.map(short)]).toEqual([null, ['refusal by guard: place filter']]);
  expect(lifeOf(side, idOf(brain, 8))).toMatchObject({ order: null, entries: [] });
});

test('orders of a close ladder begin with the reason of the close; a batch is noted command by command', async () => {
  const { side, brain } = await started();
  const cancel = (counter: number) => ({ id: counter, type: 'cancel', clientId: idOf(brain, counter) }) as const;
  side.send(brain, { id: 1, type: 'batch', commands: [place(side, brain), cancel(5)] });
  await side.run(50);
  expect(lifeOf(side, idOf(brain, 1)).entries.map(short)[0]).toBe('command place');
  expect(lifeOf(side, idOf(brain, 5)).entries.map(short)).toEqual(['refusal by guard: cancel unknown-order']);
  side.venue.manualBuy(5);
  side.reconciler.want('test');
  await side.run(500);
  side.send(brain, { id: 2, type: 'closePosition', symbol: 'BTCUSDT', reason: 'stop-loss', ladder: 'taker' });
  await side.run(1_000);
  const closing = side.core.keeper.ledger.orders().find(({ role }) => role === 'close');
  const life = lifeOf(side, closing?.clientId ?? '');
  expect(life.entries[0]).toMatchObject({ kind: 'command', sender: 'gateway', detail: 'close BTCUSDT, taker: stop-loss' });
  expect(life.order).toMatchObject({ role: 'close', reduceOnly: true });
});

test('a flood of refusals of one kind is kept as a few and a count', async () => {
  const { side, brain } = await started();
  for (let i = 0; i < 500; i++) side.send(brain, place(side, brain, { clientId: idOf(brain, 10 + i), price: '10.00' }));
  const last = lifeOf(side, idOf(brain, 10)).entries[0];
  expect(last).toMatchObject({ kind: 'refusal', times: 1 });
  const counted = Array.from({ length: 500 }, (_, i) => lifeOf(side, idOf(brain, 10 + i)).entries[0]).flatMap((entry) =>
    entry?.kind === 'refusal' ? [entry.times] : [],
  );
  expect([counted.length, counted.reduce((sum, times) => sum + times, 0)]).toEqual([20, 500]);
});
