/**
 * Demand above the venue's ceiling: one gateway on the simulator at the real limits (300 orders in 10 s, 1200 and 2400 weight in 1 min),
 * asked for 50 order actions a second over 8 symbols. Counted on the wire, between gateway and venue.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Demand } from './demand.ts';
import { type Figure, quantile } from './measure.ts';
import { lateness, OrderRun } from './order-run.ts';
import type { Passed } from './tap.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'BNBUSDT', 'DOGEUSDT', 'BTCUSDC', 'ETHUSDC'];
const PER_SECOND = 50;
const CEILING_PER_MINUTE = 1_200;
/** The first burst is over: from here on it is the pace that is measured. */
const WARM_UP_MS = 5_000;
const MINUTE_MS = 60_000;
const CANCEL_GOAL_MS = 50;
/** A bare timer of the same minute may be this late at its 99th percentile; later, and the machine was too busy to judge. */
const LATE_MAX_MS = 10;
const SHARE_GOAL_PERCENT = 90;

export async function benchCeiling(minutes = 1): Promise<readonly Figure[]> {
  const wire = new Wire();
  await using run = await OrderRun.open({ symbols: SYMBOLS, simArgs: [], onPassed: (passed) => wire.saw(passed) });
  const { client, redisUrl } = run;
  await using demand = new Demand({
    ...{ client, redisUrl, prefix: 'mm:binance', symbols: SYMBOLS, perSecond: PER_SECOND },
    onSend: (request) => {
      if (request.type === 'cancel') wire.wanted(request.clientId);
    },
  });
  await demand.start();
  await sleep(WARM_UP_MS);
  const from = performance.now();
  const lateMs = await lateness(minutes * MINUTE_MS);
  const asked = `${Object.entries(demand.asked)
    .map(([what, n]) => `${what} ${JSON.stringify(n)}`)
    .join(', ')} in ${WARM_UP_MS / 1_000 + minutes * 60} s`;
  return wire.figures({ from, to: performance.now(), asked, lateMs });
}

/** What went between gateway and venue. */
class Wire {
  readonly #accepted: number[] = [];
  readonly #cancels: { readonly atMs: number; readonly tookMs: number; readonly venueMs: number }[] = [];
  readonly #wanted = new Map<string, number>();
  readonly #statuses = new Map<number, number>();
  readonly #refusals = new Map<string, number>();

  wanted(clientId: string): void {
    if (!this.#wanted.has(clientId)) this.#wanted.set(clientId, performance.now());
  }

  saw({ method, path, query, status, atMs, tookMs, text }: Passed): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (status !== 200 && method !== 'GET') this.#refusals.set(text, (this.#refusals.get(text) ?? 0) + 1);
    if (path === '/fapi/v1/order' && (method === 'POST' || method === 'PUT') && status === 200) this.#accepted.push(atMs);
    if (path === '/fapi/v1/batchOrders' && (method === 'POST' || method === 'PUT') && status === 200)
      for (const row of JSON.parse(text) as { code?: number }[]) if (row.code === undefined) this.#accepted.push(atMs);
    if (method !== 'DELETE') return;
    const ids = query.get('origClientOrderId');
    const many = query.get('origClientOrderIdList');
    for (const clientId of ids === null ? ((many === null ? [] : JSON.parse(many)) as string[]) : [ids])
      this.#gone(clientId, { atMs, venueMs: tookMs });
  }

  #gone(clientId: string, { atMs, venueMs }: { readonly atMs: number; readonly venueMs: number }): void {
    const from = this.#wanted.get(clientId);
    if (from !== undefined) this.#cancels.push({ atMs, tookMs: atMs - from, venueMs });
    this.#wanted.delete(clientId);
  }

  figures({ from, to, asked, lateMs }: Measured): readonly Figure[] {
    const accepted = this.#accepted.filter((at) => at >= from && at < to).length;
    const percent = (accepted / (((to - from) / MINUTE_MS) * CEILING_PER_MINUTE)) * 100;
    const limited = (this.#statuses.get(429) ?? 0) + (this.#statuses.get(418) ?? 0);
    const refusals = [...this.#refusals].map(([text, n]) => `${n} × ${text.slice(0, 80)}`).join('; ');
    const statuses = `statuses ${JSON.stringify(Object.fromEntries(this.#statuses))}${refusals === '' ? '' : `; ${refusals}`}`;
    return [
      {
        ...{
          name: 'ceiling: order actions left unused',
          value: 100 - percent,
          unit: '%',
          goal: 100 - SHARE_GOAL_PERCENT,
          conclusive: true,
        },
        beside: `${accepted} accepted places and amends, ${percent.toFixed(1)} % of 1200 a minute; ${asked}`,
      },
      this.#cancelFigure(from, lateMs),
      { name: 'ceiling: answers 429 and 418', value: limited, unit: '', goal: 0, beside: statuses, conclusive: true },
    ];
  }

  #cancelFigure(from: number, lateMs: readonly number[]): Figure {
    const cancels = this.#cancels.filter(({ atMs }) => atMs >= from);
    const [took, venue] = [cancels.map(({ tookMs }) => tookMs), cancels.map(({ venueMs }) => venueMs)];
    const enough = took.length >= 1_000;
    const late = quantile(lateMs, 0.99);
    const both = (times: readonly number[]): string =>
      `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`;
    return {
      name: `ceiling: cancel asked -> done at the venue, ${enough ? 'p99' : 'longest'}`,
      value: enough ? quantile(took, 0.99) : Math.max(0, ...took),
      unit: 'ms',
      goal: CANCEL_GOAL_MS,
      beside: `${took.length}: ${both(took)}; the venue's part of it ${both(venue)}; a bare timer late by ${both(lateMs)}`,
      conclusive: late <= LATE_MAX_MS,
    };
  }
}

type Measured = { readonly from: number; readonly to: number; readonly asked: string; readonly lateMs: readonly number[] };
