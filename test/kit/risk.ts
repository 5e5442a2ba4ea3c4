/** What the risk watch sees in tests: an account and a market that are calm, but for what a test says. */
import { type AccountSeen, type Deeds, NO_DEEDS } from '../../brain/risk/account-pulse.ts';
import type { MarketSeen } from '../../brain/risk/market-pulse.ts';
import { NO_RISK, type RiskInput, type RiskState, watchRisk } from '../../brain/risk/watch.ts';
import { type MonitorName, Risk } from '../../shared/risk.ts';
import { INSTRUMENT, levels, SYMBOL } from './brain.ts';

export const START = Date.UTC(2026, 10, 26, 12);
export const P = Risk.parse({});
export const CALM_ACCOUNT = (nowMs: number): AccountSeen => ({
  nowMs,
  equity: 10_000,
  earned: { total: 0, fees: 0, funding: 0 },
  parts: { [SYMBOL]: { total: 0, fees: 0, funding: 0 } },
  runs: { mm: 0 },
  ...{ fillSeq: 9, epoch: 3, lateMs: 10 },
  largestPercent: 0,
});
export const book = (bid: string, ask: string, size = '1.000') => ({ bids: levels([bid, size]), asks: levels([ask, size]) });
export const CALM_MARKET = (nowMs: number): MarketSeen => ({
  nowMs,
  instrument: INSTRUMENT,
  ...book('60000.00', '60000.10'),
  bookAgeMs: 10,
  markTicks: 600_000.5,
  position: 0,
  fundingRate: 0.0001,
  tradeTicks: null,
  equity: 10_000,
});
export type Over = {
  readonly account?: Partial<AccountSeen>;
  readonly deeds?: Partial<Deeds>;
  readonly market?: Partial<MarketSeen>;
  readonly stopped?: boolean;
};
export const input = (afterMs: number, { account, deeds, market, stopped = false }: Over = {}, parameters = P): RiskInput => ({
  nowMs: START + afterMs,
  account: { ...CALM_ACCOUNT(START + afterMs), ...account },
  deeds: { ...NO_DEEDS, ...deeds },
  symbols: { [SYMBOL]: { ...CALM_MARKET(START + afterMs), ...market } },
  stopped,
  parameters,
});
/** Turns at those milliseconds after the start; what the last one reads. */
export function run(turns: readonly (readonly [afterMs: number, over?: Over])[], from: RiskState = NO_RISK) {
  return turns.reduce(({ state }, [afterMs, over]) => watchRisk(state, input(afterMs, over)), {
    state: from,
    readings: [],
    events: [],
  } as ReturnType<typeof watchRisk>);
}
export const reading = (turn: ReturnType<typeof watchRisk>, monitor: MonitorName) =>
  turn.readings.find((one) => one.monitor === monitor)?.value;
/** Every 100 ms for a while, the same. */
export const steady = (forMs: number): [number, Over][] => Array.from({ length: forMs / 100 }, (_, i) => [i * 100, {}]);
export const profit = (total: number, rest = {}): Over => ({ account: { earned: { total, fees: 0, funding: 0, ...rest } } });
