/** The adapter's own decoders for the frames and answers on a tape: a replay reads with the code that read them live. */
import { isBest, readBest } from '../../../gateway/venues/binance/best-frame.ts';
import { decodeMarket, decodeUser } from '../../../gateway/venues/binance/decode.ts';
import { snapshotOf } from '../../../gateway/venues/binance/decode-rest.ts';
import { DepthRule } from '../../../gateway/venues/binance/depth.ts';
import { depthReader, type DepthScale, depthScale, exactSteps } from '../../../gateway/venues/binance/depth-frame.ts';
import { exactly } from '../../../gateway/venues/binance/exact.ts';
import { marksIn } from '../../../gateway/venues/binance/first-marks.ts';
import { streamName } from '../../../gateway/venues/binance/stream-name.ts';
import { Balances, CommissionRate, Depth, parseJson, Positions, SymbolConfigs } from '../../../gateway/venues/binance/wire.ts';
import type { DepthIds, DepthSnapshot, SequenceRule, SequenceStep } from '../../../gateway/market/books.ts';
import type { Mark } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { ticks } from '../../../shared/units.ts';

export type Decoders = ReturnType<typeof decodersOf>;

export function decodersOf(instruments: ReadonlyMap<string, Instrument>) {
  const scales = new Map([...instruments].map(([symbol, instrument]) => [symbol, depthScale(instrument)]));
  const snapshot = (symbol: string, text: string): DepthSnapshot | string => {
    const scale = scales.get(symbol);
    const depth = Depth.safeParse(parseJson(text)?.value);
    if (!scale || !depth.success)
      return scale ? 'a depth snapshot that is not as documented' : `a depth snapshot of ${symbol}, which is not known`;
    return exactly(() => ({ ...snapshotOf(depth.data, scale), ...knownOf(text, scale) }));
  };
  return {
    ...{ depth: depthReader(instruments.values()), snapshot },
    isBest: (text: string) => isBest(streamName(text)),
    best: (text: string) => readBest(text, scales),
    market: (text: string) => decodeMarket(text, instruments),
    user: (text: string) => decodeUser(text, instruments),
  };
}

/** A book that was kept names its bounds itself: it may hold levels beyond them. */
function knownOf(text: string, { price }: DepthScale): Partial<Pick<DepthSnapshot, 'knownFrom' | 'knownTo'>> {
  const { known }: { readonly known?: readonly (string | null)[] } = JSON.parse(text);
  const bounds = known?.map((bound) => (bound === null ? null : ticks(exactSteps(bound, price))));
  return bounds ? { knownFrom: bounds[0] ?? null, knownTo: bounds[1] ?? null } : {};
}

const DEPTH = /^200 GET \S*\/depth\?(?:\S*&)?symbol=([A-Z0-9_]+)/;

/** Symbol of a depth snapshot by the name of its record; null for every other answer. */
export const depthSymbol = (name: string): string | null => DEPTH.exec(name)?.[1] ?? null;

/** Marks that an answer on a tape tells; none for every other answer. */
export const answeredMarks = (name: string, raw: string): readonly Mark[] => (MARKS.test(name) ? marksIn(parseJson(raw)?.value) : []);
const MARKS = /^200 GET \S*\/premiumIndex(?:\?|$)/;

/** What an answer on a tape tells of the account's terms; null: nothing. */
export function accountAnswer(name: string, raw: string): AccountTerms | null {
  const [, what, query = ''] = ACCOUNT.exec(name) ?? [];
  if (what === undefined) return null;
  const value = parseJson(raw)?.value;
  if (what === 'balance') {
    const told = Balances.safeParse(value);
    return told.success ? { balances: Object.fromEntries(told.data.map(({ asset, balance }) => [asset, balance])) } : null;
  }
  if (what === 'positionRisk') {
    const told = Positions.safeParse(value);
    const rows = told.success ? told.data.filter(({ positionAmt }) => Number(positionAmt) !== 0) : null;
    return rows && { held: Object.fromEntries(rows.map(({ symbol, positionAmt: size, entryPrice }) => [symbol, { size, entryPrice }])) };
  }
  if (what === 'symbolConfig') {
    const told = SymbolConfigs.safeParse(value);
    return told.success ? { leverage: Object.fromEntries(told.data.map(({ symbol, leverage }) => [symbol, leverage])) } : null;
  }
  const told = CommissionRate.safeParse(value);
  const symbol = new URLSearchParams(query).get('symbol') ?? '';
  return told.success ? { fees: { [symbol]: { maker: told.data.makerCommissionRate, taker: told.data.takerCommissionRate } } } : null;
}

/** Balances by asset; leverage, shares of commission, and what is held, by symbol. */
export type AccountTerms = {
  readonly balances?: Readonly<Record<string, string>>;
  readonly leverage?: Readonly<Record<string, number>>;
  readonly held?: Readonly<Record<string, { readonly size: string; readonly entryPrice: string }>>;
  readonly fees?: Readonly<Record<string, { readonly maker: string; readonly taker: string }>>;
};
const ACCOUNT = /^200 GET \S*\/(balance|positionRisk|symbolConfig|commissionRate)(?:\?(\S*))?$/;

/** The venue's rule, which also goes on from a book that was kept: there the next difference follows it exactly. */
export class TapeRule implements SequenceRule {
  readonly #rule = new DepthRule();
  #loaded: number | null = null;

  step(ids: DepthIds): SequenceStep {
    const follows = this.#loaded !== null && ids.previousId === this.#loaded;
    this.#loaded = null;
    return this.#rule.step(follows ? { ...ids, firstId: ids.previousId } : ids);
  }

  loaded(lastUpdateId: number): void {
    this.#loaded = lastUpdateId;
    this.#rule.loaded(lastUpdateId);
  }

  reset(): void {
    this.#loaded = null;
    this.#rule.reset();
  }
}
