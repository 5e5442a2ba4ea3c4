/** Backtests on a book of BTCUSDT that a test makes up frame by frame, with a strategy that does as it is told. */
import { type Run, runOf } from '../../brain/runs.ts';
import { sealAlone } from '../../brain/strategy/seat.ts';
import type { SymbolView, WantedQuote } from '../../brain/strategy/strategy.ts';
import { DepthEngine } from '../../scripts/lib/backtest/depth-engine.ts';
import type { DepthOptions } from '../../scripts/lib/backtest/depth-options.ts';
import { type BacktestResult, RESULT_SCHEMA } from '../../scripts/lib/backtest/result.ts';
import type { Level, TapeFrame } from '../../shared/sim/market.ts';
import { atoms, lots, ticks } from '../../shared/units.ts';
import { configOf, instrumentOf } from './bar-backtest.ts';

export const BTC = instrumentOf('BTCUSDT');
const symbol = 'BTCUSDT';
/** Ten seconds before sixteen hundred UTC, a time of funding. */
export const START_MS = 1_704_124_790_000;
const FIXED = (ms: number) => ({ kind: 'fixed', ms, spike: null }) as const;

/** From the tick of a snapshot to the arrival of what was decided on it: publish, look, decision, 20 ms of way. */
export const ARRIVES_MS = 1 + 1 + 1 + 20;

/** A recording, written at milliseconds after the start; sizes and prices as decimals. */
export class Script {
  readonly frames: TapeFrame[] = [];
  #last = 100;

  /** The book at the beginning. */
  constructor(bids: readonly Level[], asks: readonly Level[]) {
    this.frames.push({ kind: 'snapshot', atMs: START_MS, symbol, raw: '', lastUpdateId: this.#last, bids, asks });
  }

  depth(afterMs: number, { bids = [], asks = [] }: { readonly bids?: readonly Level[]; readonly asks?: readonly Level[] }): this {
    const previous = this.#last++;
    const ids = { first: previous, last: this.#last, previous };
    this.frames.push({ kind: 'depth', atMs: START_MS + afterMs, symbol, raw: '', ...ids, bids, asks });
    return this;
  }

  trade(afterMs: number, aggressor: 'buy' | 'sell', [price, size]: Level): this {
    const trade = { tradeId: String(this.frames.length), price, size, buyerIsMaker: aggressor === 'sell', aggregate: false };
    this.frames.push({ kind: 'trade', atMs: START_MS + afterMs, symbol, raw: '', ...trade });
    return this;
  }

  /** Nothing but time. */
  until(afterMs: number): this {
    return this.depth(afterMs, {});
  }
}

type Asked = { readonly afterMs: number; readonly view: SymbolView };
export type Told = { readonly quotes?: readonly WantedQuote[]; readonly target?: number };

export const quote = (side: 'buy' | 'sell', price: number, size: number): WantedQuote => ({
  ...{ side, price: ticks(Math.round(price * 10)), size: lots(size), level: 0 },
});

/** Wants what `tell` says at each snapshot. */
export function toldRun(tell: (asked: Asked) => Told): Run {
  const strategy = sealAlone<null>({
    ...{ name: 'told', role: 'custom', reads: { trades: true }, initial: () => null },
    decide: (view) => {
      const { quotes = [], target } = tell({ afterMs: view.atMs - START_MS, view });
      const wanted = target === undefined ? null : { position: lots(target), slippageBps: 50 };
      return { wish: { quotes, target: wanted, reason: 'as-told', signals: {} }, state: null };
    },
  });
  return runOf({ id: 'told', symbols: [symbol], maxPosition: null }, { strategy, fingerprint: 'told' });
}

export function playedOn(script: Script, run: Run, over: Partial<DepthOptions> = {}): BacktestResult {
  const [snapshot] = script.frames;
  if (snapshot?.kind !== 'snapshot') throw new Error('The script does not begin with a book');
  const startPrice = (Number(snapshot.bids[0]?.[0]) + Number(snapshot.asks[0]?.[0])) / 2;
  const market = { kind: 'replay', instrument: BTC, snapshot, history: [], startPrice, queueModel: 'risk-averse' } as const;
  const engine = new DepthEngine({
    ...{
      config: configOf(),
      runs: [run],
      symbols: [{ instrument: BTC, market }],
      startMs: START_MS,
      fromMs: START_MS,
      phaseMs: 0,
      lookMs: null,
      wholeMs: false,
    },
    latencies: { feed: FIXED(5), order: FIXED(20), response: FIXED(20) },
    ...{ leverage: 20, balances: { USDT: atoms(10_000n * 100_000_000n) }, fees: { makerPpm: 0n, takerPpm: 0n }, naive: false, seed: 1 },
    ...over,
  });
  for (const frame of script.frames) {
    engine.give(frame);
    engine.advance(frame.atMs);
  }
  const toMs = script.frames.at(-1)?.atMs ?? START_MS;
  const hashes = { configHash: '', dataHash: '', build: 'test' };
  const meta = {
    schema: RESULT_SCHEMA,
    kind: 'depth',
    ...hashes,
    seed: 1,
    fromMs: START_MS,
    toMs,
    records: 0,
    files: [],
    assumptions: {},
  } as const;
  return engine.tally.result({ meta, ...engine.ending() });
}
