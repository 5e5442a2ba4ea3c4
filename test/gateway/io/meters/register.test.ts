import { expect, test } from 'vitest';
import { SYMBOL_REASONS, WHOLE_REASONS } from '../../../../gateway/orders/degraded.ts';
import { ALARM_CODES } from '../../../../shared/alarm.ts';
import { REFUSALS } from '../../../../shared/command.ts';
import type { FillReport } from '../../../../shared/events.ts';
import { lots, ticks, wallMs } from '../../../../shared/units.ts';
import { MeteredGateway } from '../../../kit/gateway-meters.ts';
import { live, place } from '../../../kit/order-side.ts';
import { badNames, labelValues, readScrape, valuesOf } from '../../../kit/scrape.ts';

const FILL: FillReport = {
  ...{ kind: 'fill', symbol: 'BTCUSDT', clientId: '1', venueId: '1', tradeId: '1', side: 'buy', price: ticks(1), size: lots(1) },
  ...{ maker: true, fee: null, feeAsset: null, realizedPnl: null, atMs: wallMs(1_000) },
};

test('every metric of the gateway keeps to the conventions, and is there from the first scrape on', async () => {
  const gateway = await MeteredGateway.open();
  const text = await gateway.scrape();
  expect(gateway.headers).toBeLessThanOrEqual(3); // one for mode, reasons and those of symbols: each is of all symbols
  expect(badNames(text)).toEqual([]);
  expect(readScrape(text).filter(({ name }) => name.startsWith('mmbot_')).length).toBeGreaterThan(50);
});

test('a scrape tells orders, answers, latencies and budgets as they are', async () => {
  const gateway = await MeteredGateway.open();
  const { side, counters } = gateway;
  const brain = side.client('brain');
  const ask = (over: object): void => {
    const command = place(side, brain, over);
    counters.answered(side.send(brain, command), command);
  };
  ask({});
  ask({ clientId: '12', price: '1.00' });
  await live(side, brain, 200);
  gateway.redis.roundTrip.add(0.0004);
  counters.onAccount(FILL, wallMs(1_030));
  const seen = valuesOf(await gateway.scrape());
  const read = (name: string): number | undefined => seen.get(`mmbot_${name}`);
  expect(read('orders_open{symbol="BTCUSDT",status="open"}')).toBe(1);
  expect(read('commands_total{type="place",answer="taken"}')).toBe(1);
  expect(read('commands_total{type="place",answer="bad-id"}')).toBe(1);
  expect(read('tick_to_order_seconds_count')).toBe(read('command_to_wire_seconds_count'));
  expect(read('redis_write_seconds_bucket{le="0.0005"}')).toBe(1);
  expect(read('redis_write_seconds_bucket{le="0.00025"}')).toBe(0);
  expect(read('fill_delay_seconds_bucket{le="0.05"}')).toBe(1);
  expect(read('fill_delay_seconds_bucket{le="0.025"}')).toBe(0);
  expect(read('rate_budget_limit{window="orders-10s"}')).toBe(300);
  expect(read('clients_cut_total{why="flood"}')).toBe(2);
  expect(read('book_state{symbol="BTCUSDT",state="live"}')).toBe(1);
  expect(read('gateway_mode{mode="normal"}')).toBe(1);
});

test('an end of an order counts once, however often it is told', async () => {
  const { side, counters } = await MeteredGateway.open();
  const brain = side.client('brain');
  const command = place(side, brain);
  side.send(brain, command);
  await live(side, brain, 100);
  side.send(brain, { id: 2, type: 'cancel', clientId: command.clientId });
  await live(side, brain, 100);
  const row = side.core.keeper.ledger.order(command.clientId);
  if (row) counters.onOrders([row, row]);
  expect([side.status(command.clientId), Object.fromEntries(counters.ended)]).toEqual(['canceled', { canceled: 1 }]);
});

test('what is not known is left out, never zero', async () => {
  const gateway = await MeteredGateway.open();
  const position = 'mmbot_position_size{symbol="BTCUSDT"}';
  expect(valuesOf(await gateway.scrape()).get(position)).toBe(0);
  gateway.side.core.keeper.setKnown(false);
  const seen = valuesOf(await gateway.scrape());
  for (const name of ['position_size{symbol="BTCUSDT"}', 'gross_notional', 'equity{asset="USDT"}', 'day_pnl{asset="USDT"}'])
    expect([name, seen.has(`mmbot_${name}`)]).toEqual([name, false]);
  expect(seen.get('mmbot_gateway_mode{mode="blind"}')).toBe(1);
  expect(seen.get('mmbot_margin_ratio')).toBeUndefined();
});

test('labels come from closed sets, whatever clients and the venue say', async () => {
  const gateway = await MeteredGateway.open();
  const { side, counters } = gateway;
  const brain = side.client('brain');
  for (let i = 0; i < 200; i++) {
    const command = place(side, brain, { clientId: String(i), symbol: `X${i}USDT` });
    counters.answered(side.send(brain, command), command);
    side.alarms.raiseFor({ code: 'test', symbol: `Y${i}`, sentence: `z ${i}` });
    side.core.keeper.notice({ level: 'warn', message: `m ${i}`, fields: {} });
  }
  const text = await gateway.scrape();
  const taken = (name: string, label: string): readonly string[] => labelValues(text, `mmbot_${name}`, label);
  for (const name of ['position_size', 'book_state', 'orders_open', 'gateway_symbol_reason'])
    expect([name, taken(name, 'symbol')]).toEqual([name, ['BTCUSDT']]);
  expect(taken('gateway_reason', 'reason')).toEqual([...WHOLE_REASONS]);
  expect(taken('gateway_symbol_reason', 'reason')).toEqual([...SYMBOL_REASONS]);
  expect(taken('commands_total', 'answer').every((code) => code === 'taken' || REFUSALS.includes(code as never))).toBe(true);
  expect(taken('alarms_raised_total', 'code').every((code) => ALARM_CODES.includes(code as never))).toBe(true);
  const own = readScrape(text).filter(({ name }) => name.startsWith('mmbot_'));
  expect(own.reduce((sum, { samples }) => sum + samples.length, 0)).toBeLessThan(350); // with one symbol
});
