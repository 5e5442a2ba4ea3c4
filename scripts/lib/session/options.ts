/** What a backtest of a recorded session is told: all of it from the tape. Throws Problem. */
import { resolve } from 'node:path';
import { loadCustoms } from '../../../brain/io/custom.ts';
import { makeRuns } from '../../../brain/runs.ts';
import type { FeeRates, KnownRates } from '../../../shared/sim/account.ts';
import type { QueueModelName } from '../../../shared/sim/queue.ts';
import { type Atoms, lots, parseAtoms } from '../../../shared/units.ts';
import { parseSize } from '../../../shared/instrument.ts';
import type { DepthOptions, DepthSymbol } from '../backtest/depth-options.ts';
import { USUAL_LEVERAGE } from '../backtest/arguments.ts';
import { ratesOf } from '../backtest/prepare.ts';
import { EXIT, Problem } from '../tool.ts';
import type { Session } from './session.ts';

export type Asked = {
  readonly queueModel: QueueModelName;
  readonly seed: number;
  /** Parts per million; null, or without a rate: what the venue said. */
  readonly fees: KnownRates | null;
  /** Files of own strategies are named from there. */
  readonly configFile: string;
};

export async function optionsOf(session: Session, asked: Asked): Promise<Omit<DepthOptions, 'recorded'>> {
  const { config, path, start, firstMs, published } = session;
  const customs = await loadCustoms({ config, file: resolve(asked.configFile) });
  if (!customs.ok) throw new Problem(EXIT.failed, customs.error);
  const runs = makeRuns(config, customs.value);
  const symbols = config.symbols.map((symbol) => symbolOf(session, symbol, asked.queueModel));
  const assets = new Set(symbols.map(({ instrument }) => instrument.quoteAsset));
  const told = Object.keys(start.balances).length > 0 || config.environment !== 'paper' ? start.balances : config.paper.balances;
  const balances = Object.entries(told).flatMap(([asset, amount]): [string, Atoms][] => {
    const atoms = parseAtoms(amount);
    return atoms === null || !assets.has(asset) ? [] : [[asset, atoms]];
  });
  if (balances.length === 0) throw new Problem(EXIT.failed, [`${path}: the tape tells no balance: it does not begin with the gateway`]);
  return {
    ...{ config, runs, symbols, startMs: firstMs, fromMs: published[0]?.atMs ?? firstMs },
    latencies: { feed: NONE, order: NONE, response: NONE },
    ...{ phaseMs: 0, lookMs: null, wholeMs: false, leverage: leverageOf(session), balances: Object.fromEntries(balances) },
    holdings: holdingsOf(session),
    ...{ fees: { ...feesOf(session), ...asked.fees }, naive: false, seed: asked.seed },
  };
}

const NONE = { kind: 'none', spike: null } as const;

const leverageOf = ({ start, config }: Session): number =>
  Math.min(...config.symbols.map((symbol) => start.leverage[symbol] ?? USUAL_LEVERAGE));

function holdingsOf({ start, instruments, path }: Session): NonNullable<DepthOptions['holdings']> {
  const rows = Object.entries(start.held).flatMap(([symbol, { size: text, entryPrice }]) => {
    const instrument = instruments.get(symbol);
    if (!instrument) return []; // not ours
    const size = parseSize(instrument, text.replace('-', ''));
    if (size === null) throw new Problem(EXIT.failed, [`${path}: ${symbol}: ${text} was held when it began, which is off its step`]);
    return [[symbol, { size: lots(text.startsWith('-') ? -size : size), entryPrice }] as const];
  });
  return Object.fromEntries(rows);
}

/** One account has one tier; where symbols differ the first one's is taken. A paper account pays what its configuration says. */
function feesOf({ start, config }: Session): FeeRates | null {
  if (config.environment === 'paper') return ratesOf(config.paper.fees);
  const rates = config.symbols.map((symbol) => start.fees[symbol]).find((one) => one !== undefined);
  const ppm = (share: string): bigint => BigInt(Math.round(Number(share) * 1e6));
  return rates ? { makerPpm: ppm(rates.maker), takerPpm: ppm(rates.taker) } : null;
}

function symbolOf({ instruments, snapshots, path }: Session, symbol: string, queueModel: QueueModelName): DepthSymbol {
  const [instrument, snapshot] = [instruments.get(symbol), snapshots.get(symbol)];
  if (!instrument || !snapshot) throw new Problem(EXIT.failed, [`${path}: ${symbol}: no contract, or no depth snapshot of it`]);
  const [bid, ask] = [Number(snapshot.bids[0]?.[0]), Number(snapshot.asks[0]?.[0])];
  const startPrice = ((Number.isNaN(bid) ? ask : bid) + (Number.isNaN(ask) ? bid : ask)) / 2;
  return { instrument, market: { kind: 'replay', instrument, snapshot, history: [], startPrice, queueModel, lean: true } };
}
