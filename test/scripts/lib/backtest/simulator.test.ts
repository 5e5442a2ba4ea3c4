import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeRuns } from '../../../../brain/runs.ts';
import { DepthEngine } from '../../../../scripts/lib/backtest/depth-engine.ts';
import { simulatedSymbols } from '../../../../scripts/lib/backtest/run-simulated.ts';
import { STEPPED_START_MS } from '../../../../scripts/sim/stepper.ts';
import { checkConfig, type Config, overlay } from '../../../../shared/config.ts';
import type { OwnTrade } from '../../../../shared/sim/exchange-events.ts';
import { FUNDS, liveSession, SESSION_MS } from '../../../kit/simulator-session.ts';

const SYMBOL = 'BTCUSDT';
const SEED = 2;
const SECONDS = 18;
const PROFILE = 'normal';

/** As shipped, with quotes near enough to be filled often. */
function configOf(): Config {
  const shipped = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'config.json'), 'utf8'));
  const own = { account: { exclusive: true }, gateway: { metricsPort: 0 }, strategy: { marketMaking: { spreadBps: 0.3 } } };
  const checked = checkConfig(overlay(shipped, own));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}

/** Time after the start, side, price and size. */
const told = ({ atMs, order, price, size, maker }: OwnTrade) => [atMs - STEPPED_START_MS, order.side, price, size, maker];

test('gateway, brain and simulator on virtual time make the fills that the backtest says, at the same times, prices and sizes', {
  timeout: 90_000,
}, async () => {
  const config = configOf();
  const live = await liveSession({ config, symbol: SYMBOL, seed: SEED, profile: PROFILE, seconds: SECONDS });
  const fixed = (ms: number) => ({ kind: 'fixed', ms, spike: null }) as const;
  const engine = new DepthEngine({
    ...{ config, runs: makeRuns(config), symbols: simulatedSymbols({ symbols: [SYMBOL], seed: SEED, profile: PROFILE, historyDays: 1 }) },
    ...{ startMs: STEPPED_START_MS, fromMs: live.firstMs, phaseMs: 0, lookMs: SESSION_MS.look, wholeMs: true },
    latencies: { feed: fixed(SESSION_MS.feed), order: fixed(SESSION_MS.order), response: fixed(SESSION_MS.response) },
    ...{ leverage: 20, balances: { USDT: FUNDS }, fees: null, naive: false, seed: SEED },
  });
  engine.advance(live.endMs);
  const ours = engine.venue.trader.orders.trades(SYMBOL);
  expect(live.trades.length).toBeGreaterThan(10);
  expect(ours.map(told)).toEqual(live.trades.map(told));
});
