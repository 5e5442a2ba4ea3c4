/** Metrics of commands and orders: what was asked, what is open, how long it took, how much of the venue's limits is used. */
import type { Metrics, Sample } from '../../../shared/metrics.ts';
import { hasEnded, ORDER_STATUSES } from '../../../shared/order.ts';
import type { Budgets } from '../../venues/venue.ts';
import type { Measured } from './measured.ts';

const OPEN = ORDER_STATUSES.filter((status) => !hasEnded(status));
const ENDED = ORDER_STATUSES.filter(hasEnded);
const WINDOWS = { weight: 'weight', orders1m: 'orders-1m', orders10s: 'orders-10s' } as const satisfies Record<keyof Budgets, string>;

export function meterOrders(metrics: Metrics, measured: Measured): void {
  meterCommands(metrics, measured);
  meterLatency(metrics, measured);
  const { core, waiting, counters } = measured;
  metrics.readGauge({
    ...{ name: 'orders_open', help: 'Own orders that have not ended, by status', labels: ['symbol', 'status'] },
    read: () => [...core.venue.instruments.keys()].flatMap((symbol) => openOf(measured, symbol)),
  });
  metrics.readCounter({
    ...{ name: 'orders_ended_total', help: 'Own orders that have ended, by how', labels: ['status'] },
    read: () => ENDED.map((status): Sample => [{ status }, counters.ended.get(status) ?? 0]),
  });
  metrics.readGauge({ name: 'orders_waiting', help: 'Orders that wait for room in the rate limits', read: () => [[{}, waiting.size]] });
  metrics.readCounter({
    ...{ name: 'fills_total', help: 'Own fills in the ledger, since it began', labels: ['symbol'] },
    read: () => [...core.venue.instruments.keys()].map((symbol): Sample => [{ symbol }, core.keeper.ledger.positions.row(symbol).fills]),
  });
  for (const part of ['used', 'limit'] as const)
    metrics.readGauge({
      ...{ name: `rate_budget_${part}`, help: `Rate limits of the venue: ${part} in each window`, labels: ['window'] },
      read: () => Object.entries(core.venue.orders.budgets()).map(([key, budget]): Sample => [{ window: windowOf(key) }, budget[part]]),
    });
}

const windowOf = (key: string): string => Object.entries(WINDOWS).find(([name]) => name === key)?.[1] ?? key;

function openOf({ core }: Measured, symbol: string): readonly Sample[] {
  const open = core.keeper.ledger.orders(symbol).filter(({ order }) => !hasEnded(order.status));
  return OPEN.map((status): Sample => [{ symbol, status }, open.filter(({ order }) => order.status === status).length]);
}

function meterCommands(metrics: Metrics, { counters }: Measured): void {
  metrics.readCounter({
    ...{
      name: 'commands_total',
      help: 'Commands of all clients by what was answered: taken, or the code of a refusal',
      labels: ['type', 'answer'],
    },
    read: () => [...counters.answers.values()].map(({ type, answer, count }): Sample => [{ type, answer }, count]),
  });
}

function meterLatency(metrics: Metrics, { core, counters }: Measured): void {
  const { frameToOrder, command } = core.latency;
  metrics.readHistogram({
    ...{ name: 'tick_to_order_seconds', help: 'From the market frame that a decision rests on to the bytes of its order written' },
    read: () => [[{}, frameToOrder.seconds]],
  });
  metrics.readHistogram({
    ...{ name: 'command_to_wire_seconds', help: 'From a command received to its bytes written' },
    read: () => [[{}, command.seconds]],
  });
  metrics.readHistogram({
    ...{ name: 'fill_delay_seconds', help: 'From a fill at the venue, by its time, to the private stream telling it' },
    read: () => [[{}, counters.fillDelay]],
  });
}
