/**
 * The guard in front of every order, with twenty own orders open: the rules alone, which are pure, and with all they look at gathered from
 * ledger, market and modes, as each order has it. Call by call in turn with a control: the command's own line read by JSON.parse.
 */
import { checkOrder } from '../../gateway/orders/guard.ts';
import { NO_STOPS } from '../../gateway/orders/guard-rules/exposure.ts';
import { type Asked, guardView } from '../../gateway/orders/guard-view.ts';
import type { OrderRequest } from '../../gateway/venues/venue.ts';
import { lots, ticks } from '../../shared/units.ts';
import { CONFIG, idOf, OrderSide, place } from '../../test/kit/order-side.ts';
import { type Figure, median, quantile, ROUNDS } from './measure.ts';

const GOAL_US = 20;
const OPEN = 20;
const CALLS = 4_000;
/** The control may differ by this factor between rounds; more, and the machine was too busy to judge. */
const NOISE_MAX = 2.5;

type Round = { readonly p50: number; readonly p99: number };

export async function benchGuard(): Promise<readonly Figure[]> {
  const { side, asked, line } = await standing();
  const gathered = (): unknown => {
    const view = guardView(side.core, asked);
    return view && checkOrder({ request: asked.request, replaces: null, view });
  };
  const view = guardView(side.core, asked);
  if (!view) throw new Error('Cannot bench: the symbol is not configured');
  const alone = (): unknown => checkOrder({ request: asked.request, replaces: null, view });
  const refused = [gathered(), alone()].find((one) => one !== null); // an order that is let through has passed every rule
  if (refused) throw new Error(`Cannot bench: the order is refused: ${JSON.stringify(refused)}`);
  const control = (): unknown => JSON.parse(line);
  return [
    figure('guard: an order checked, p99', { ours: alone, control }),
    figure('guard: with its view gathered, p99', { ours: gathered, control }),
  ];
}

/** A brain that has its quotes out, and wants one more that is sound. */
async function standing() {
  const side = await OrderSide.started({ ...CONFIG, limits: { ...CONFIG.limits, default: LIMITS } });
  const brain = side.client('brain');
  for (let n = 0; n < OPEN; n++) {
    const command = place(side, brain, { clientId: idOf(brain, n), price: `599${String(n).padStart(2, '0')}.00`, size: '0.002' });
    const answer = side.send(brain, command);
    if (answer.type !== 'taken') throw new Error(`Cannot bench: ${JSON.stringify(answer)}`);
    await side.run(100);
    side.beat(brain);
  }
  const command = place(side, brain, { clientId: idOf(brain, OPEN), price: '59950.00', size: '0.002' });
  const request: OrderRequest = {
    ...{ symbol: command.symbol, clientId: command.clientId, side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false },
    ...{ price: ticks(599_500), size: lots(2) },
  };
  const asked: Asked = { request, basedOn: side.basedOn, ttlMs: 60_000, closing: false, stopMissing: false, stops: NO_STOPS, pace: null };
  return { side, asked, line: JSON.stringify(command) };
}
const LIMITS = { maxPosition: '0.500', maxOrderNotional: '20000', maxOpenOrders: 2 * OPEN, collarPercent: 2 };

type Sides = { readonly ours: () => unknown; readonly control: () => unknown };

function figure(name: string, sides: Sides): Figure {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => round(sides)).slice(1); // the first warms both up
  const of = (pick: (one: { readonly ours: Round; readonly control: Round }) => number): number => median(rounds.map(pick));
  const controls = rounds.map((one) => one.control.p99);
  const middles = rounds.map((one) => one.control.p50);
  const us = (value: number): string => `${value.toFixed(2)} µs`;
  return {
    ...{ name, value: of((one) => one.ours.p99), unit: 'µs', goal: GOAL_US, rounds: ROUNDS },
    ...{ ours: of((one) => one.ours.p50), floor: of((one) => one.control.p50), rawUnit: 'µs' },
    beside: `p50 ${us(of((one) => one.ours.p50))}, ${OPEN} own orders open; JSON.parse of the command p50 ${us(of((one) => one.control.p50))}, p99 ${us(median(controls))}`,
    conclusive: Math.max(...controls) / Math.min(...controls) <= NOISE_MAX,
    sidesConclusive: Math.max(...middles) / Math.min(...middles) <= NOISE_MAX,
  };
}

/** In turn, so that whatever else the machine does befalls both. */
function round({ ours, control }: Sides): { readonly ours: Round; readonly control: Round } {
  const took = { ours: [] as number[], control: [] as number[] };
  for (let i = 0; i < CALLS; i++) {
    took.control.push(microseconds(control));
    took.ours.push(microseconds(ours));
  }
  const spread = (values: readonly number[]): Round => ({ p50: quantile(values, 0.5), p99: quantile(values, 0.99) });
  return { ours: spread(took.ours), control: spread(took.control) };
}

function microseconds(run: () => unknown): number {
  const from = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - from) / 1_000;
}
