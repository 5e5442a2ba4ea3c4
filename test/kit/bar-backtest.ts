/** Backtests on bars that a test makes up, with strategies that do as they are told. */
import { type Run, runOf } from '../../brain/runs.ts';
import { sealAlone } from '../../brain/strategy/seat.ts';
import type { Wish } from '../../brain/strategy/strategy.ts';
import { unwatched } from '../../shared/risk.ts';
import { Config } from '../../shared/config.ts';
import { formatPrice, type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import { atoms, lots, type Ticks, ticks } from '../../shared/units.ts';
import type { FileBar } from '../../scripts/lib/backtest/bar-file.ts';
import { constantFunding } from '../../scripts/lib/backtest/funding-table.ts';
import { KlineEngine } from '../../scripts/lib/backtest/kline-engine.ts';
import type { KlineOptions } from '../../scripts/lib/backtest/kline-options.ts';
import { type BacktestResult, RESULT_SCHEMA } from '../../scripts/lib/backtest/result.ts';

export const BAR_MS = 300_000;
/** Midnight UTC, a time of funding. */
export const DAY0_MS = 1_704_067_200_000;

export function instrumentOf(symbol: string): Instrument {
  const found = findInstrument(symbol);
  const instrument = found ? makeInstrument(found.spec) : 'not listed';
  if (typeof instrument === 'string') throw new Error(instrument);
  return instrument;
}

/** Prices in ticks: open, high, low, close. */
export function bar(instrument: Instrument, openMs: number, [open, high, low, close]: readonly [number, number, number, number]): FileBar {
  const text = (price: number): string => formatPrice(instrument, ticks(price));
  const prices = { open: ticks(open), high: ticks(high), low: ticks(low), close: ticks(close) };
  return { openMs, ...prices, row: [openMs, text(open), text(high), text(low), text(close), '1'] };
}

type Ask = { readonly position: number; readonly atMs: number };

/** A run that wants the position that `want` names in lots; null: whatever is there. */
export function scriptedRun(id: string, symbols: readonly string[], want: (ask: Ask) => number | null): Run {
  const strategy = sealAlone<null>({
    ...{ name: id, role: 'custom', reads: { bars: '5m' }, initial: () => null },
    decide: (view) => {
      const position = want({ position: view.position, atMs: view.atMs });
      const target = position === null ? null : { position: lots(position), slippageBps: 100 };
      const wish: Wish = { quotes: [], target, reason: 'as-told', signals: {} };
      return { wish, state: null };
    },
  });
  return runOf({ id, symbols, maxPosition: null }, { strategy, fingerprint: id });
}

const LOOSE = {
  environment: 'sim',
  symbols: ['BTCUSDT'],
  strategy: {
    active: 'macd-trend',
    marketMaking: { spreadBps: 1, skewBps: 0, orderSize: '0.01', maxInventory: '0.1' },
    macdTrend: { orderSize: '0.020' },
  },
  exits: { stopLossPercent: 99, cooldownMs: 30_000 },
  limits: {
    maxGrossNotional: '100000000',
    equity: { maxOrderPercent: 100, maxPositionPercent: 2_000 },
    margin: { minLiquidationPercent: 0 },
    default: { maxPosition: '1000', maxOrderNotional: '100000000', maxOpenOrders: 20, collarPercent: 20 },
  },
};

export const configOf = (over: object = {}): Config => Config.parse({ ...LOOSE, risk: unwatched(), ...over });

/** Five minutes, no funding, no fees, one tick beside the price, 20-fold, 10 000 USDT: unless a test says otherwise. */
export function optionsOf(over: Partial<KlineOptions> & Pick<KlineOptions, 'runs'>): KlineOptions {
  const config = over.config ?? configOf();
  const symbols = config.symbols.map((symbol) => ({
    ...{ instrument: instrumentOf(symbol), funding: constantFunding(symbol, '0'), firstMs: DAY0_MS },
  }));
  return {
    ...{ config, symbols, barMs: BAR_MS, fromMs: DAY0_MS, intrabar: 'worst-first', takerCostBps: 0, delayMs: 200, leverage: 20 },
    ...{ balances: { USDT: atoms(10_000n * 100_000_000n) }, fees: { makerPpm: 0n, takerPpm: 0n }, looks: 'close', seed: 1 },
    keep: new Map([['5m', 300]]),
    ...over,
  };
}

/** One symbol, bars one after the other from `DAY0_MS` on unless they bear a time of their own. */
export function played(options: KlineOptions, bars: readonly FileBar[]): BacktestResult {
  const engine = new KlineEngine(options);
  const symbol = options.symbols[0]?.instrument.symbol ?? '';
  for (const one of bars) engine.take({ openMs: one.openMs, bars: new Map([[symbol, one]]) });
  return finished(engine, (bars.at(-1)?.openMs ?? 0) + BAR_MS);
}

export function finished(engine: KlineEngine, toMs: number): BacktestResult {
  const hashes = { configHash: '', dataHash: '', build: 'test' };
  const meta = {
    schema: RESULT_SCHEMA,
    kind: 'klines',
    ...hashes,
    seed: 1,
    fromMs: DAY0_MS,
    toMs,
    records: engine.bars,
    files: [],
    assumptions: {},
  } as const;
  return engine.tally.result({ meta, ...engine.ending() });
}

/** Ticks of a price of BTCUSDT. */
export const at = (price: number): Ticks => ticks(Math.round(price * 10));
