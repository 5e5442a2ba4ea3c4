/** A backtest against the simulator's own market: the seeded flow of `npm start`, on which own orders work as they do there. */
import { Random } from '../../../shared/random.ts';
import type { FlowProfile } from '../../../shared/sim/flow-profile.ts';
import { flowMarkets } from '../../sim/markets.ts';
import { STEPPED_START_MS } from '../../sim/stepper.ts';
import { DepthEngine } from './depth-engine.ts';
import type { DepthOptions, DepthSymbol } from './depth-options.ts';
import { effectiveHash } from './fingerprint.ts';
import { type BacktestResult, RESULT_SCHEMA, type RunMeta } from './result.ts';

export type SimulatedRun = {
  readonly options: DepthOptions;
  readonly seconds: number;
  readonly build: string;
  readonly assumptions: Readonly<Record<string, string>>;
};
type Asked = { readonly symbols: readonly string[]; readonly seed: number; readonly profile: FlowProfile; readonly historyDays: number };

/** The same market as that of a simulator of this seed that begins at this time. */
export function simulatedSymbols(asked: Asked, startMs = STEPPED_START_MS): readonly DepthSymbol[] {
  const markets = flowMarkets(asked, new Random(asked.seed), { startMs, resume: () => null });
  return markets.map((market) => ({ instrument: market.flow.instrument, market }));
}

export function runSimulated({ options, seconds, build, assumptions }: SimulatedRun): BacktestResult {
  const engine = new DepthEngine(options);
  const toMs = options.fromMs + seconds * 1_000;
  engine.advance(toMs);
  const meta: RunMeta = {
    ...{ schema: RESULT_SCHEMA, kind: 'simulated' as const, configHash: effectiveHash(options.config), dataHash: '', build },
    ...{ seed: options.seed, fromMs: options.fromMs, toMs, records: 0, files: [], assumptions },
  };
  return engine.tally.result({ meta, ...engine.ending() });
}
