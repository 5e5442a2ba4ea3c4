/** From the command line to what every kind of backtest needs: the configuration, its runs, the account. Throws Problem. */
import { loadCustoms } from '../../../brain/io/custom.ts';
import { makeRuns, type Run } from '../../../brain/runs.ts';
import type { Loaded } from '../../../shared/config-file.ts';
import { checkConfig, type Config, overlay, problemLine } from '../../../shared/config.ts';
import type { FeeRates, KnownRates } from '../../../shared/sim/account.ts';
import { type Atoms, parseAtoms } from '../../../shared/units.ts';
import { configOf, EXIT, Problem } from '../tool.ts';
import type { BacktestArguments } from './arguments.ts';
import { constantFunding, type FundingSource, readFunding, USUAL_RATE } from './funding-table.ts';

const usage = (...lines: readonly string[]): Problem => new Problem(EXIT.usage, lines);

export type Prepared = { readonly config: Config; readonly runs: readonly Run[] };

/** The configuration of the file with what the command line changes, for these symbols. */
export const prepare = async (asked: BacktestArguments): Promise<Prepared> => prepareOn(configOf(asked.config), asked);

/** As `prepare`, on a configuration that was read already. */
export async function prepareOn(loaded: Pick<Loaded, 'config' | 'file'>, asked: BacktestArguments): Promise<Prepared> {
  const { symbol } = asked;
  if (symbol.length === 0) throw usage('--symbol: none given: allowed is a contract such as BTCUSDT, for each file one');
  const changes = [{ symbols: symbol }, ...changesOf(asked)];
  const checked = checkConfig(changes.reduce<unknown>((base, change) => overlay(base, change), loaded.config));
  if ('problems' in checked) throw usage(...checked.problems.map((problem) => `configuration: ${problemLine(problem)}`));
  const customs = await loadCustoms({ config: checked.config, file: loaded.file });
  if (!customs.ok) throw usage(...customs.error);
  return { config: checked.config, runs: makeRuns(checked.config, customs.value) };
}

/** What `--strategy` and `--set` change of a configuration. */
export const changesOf = ({ strategy, set }: Pick<BacktestArguments, 'strategy' | 'set'>): readonly unknown[] => [
  ...(strategy === undefined ? [] : [{ strategy: { active: strategy } }]),
  ...set.map(changeOf),
];

/** `a.b=1` as {a: {b: 1}}; a value that is no JSON is a text. */
function changeOf(text: string): unknown {
  const [path = '', ...rest] = text.split('=');
  if (rest.length === 0 || !/^\w+(\.[\w-]+)*$/.test(path))
    throw usage(`--set: ${text}: allowed is key=value such as exits.stopLossPercent=0.5`);
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), jsonOrText(rest.join('=')));
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Unless told, of the assets that the contracts are margined in. */
export function balancesOf({ balance, symbol }: BacktestArguments, { paper }: Config): Readonly<Record<string, Atoms>> {
  const given = balance.map((text) => text.split('='));
  const usual = Object.entries(paper.balances).filter(([asset]) => symbol.some((name) => name.endsWith(asset)));
  const rows = given.length === 0 ? usual : given;
  return Object.fromEntries(
    rows.map(([asset = '', amount = '']) => {
      const parsed = parseAtoms(amount);
      if (!/^[A-Z0-9]{2,12}$/.test(asset) || parsed === null || parsed < 0n)
        throw usage(`--balance: ${asset}=${amount}: allowed is an asset and an amount such as USDT=10000`);
      if (!symbol.some((name) => name.endsWith(asset)))
        throw usage(`--balance: ${asset}: allowed is an asset that a contract given is margined in (${symbol.join(', ')})`);
      return [asset, parsed];
    }),
  );
}

/** For data that ended, at `endMs`, before there was anything to trade on; zero: it had not begun at `--to`. */
export const nothingTraded = ({ fromMs, endMs }: { readonly fromMs: number; readonly endMs: number }): Problem =>
  usage(
    endMs === 0
      ? '--to: before the first record: allowed is a later time'
      : `--from: ${new Date(fromMs).toISOString()}: allowed is a time before the data ends, ${new Date(endMs).toISOString()}`,
  );

/** Parts per million; null, or without a rate: what a regular user of the venue pays. `2:` and `:5` leave a rate as it was. */
export function feesOf({ fees }: BacktestArguments, { paper }: Config): KnownRates | null {
  const usual = ratesOf(paper.fees);
  if (fees === undefined) return usual;
  const [maker = '', taker = '', ...rest] = fees.split(':');
  const wrong = [maker, taker].some((text) => text.trim() !== text || !(Math.abs(Number(text)) <= 100));
  if (wrong || rest.length > 0 || !fees.includes(':') || fees === ':')
    throw usage(
      `--fees: ${fees}: allowed is maker:taker in basis points such as 2:5, one of them alone as 2: or :5, each from -100 to 100`,
    );
  return { ...usual, ...(maker !== '' && { makerPpm: ppmOf(maker) }), ...(taker !== '' && { takerPpm: ppmOf(taker) }) };
}

const ppmOf = (bps: string | number): bigint => BigInt(Math.round(Number(bps) * 100));

/** Null: what a regular user of the venue pays. */
export const ratesOf = (fees: Config['paper']['fees']): FeeRates | null =>
  fees && { makerPpm: ppmOf(fees.makerBps), takerPpm: ppmOf(fees.takerBps) };

/** One for each symbol, in their order. */
export async function fundingOf({ funding, fundingRate, symbol }: BacktestArguments): Promise<readonly FundingSource[]> {
  if (funding.length > 0 && fundingRate !== undefined) throw usage('--funding and --funding-rate: allowed is one of them');
  if (funding.length > 0 && funding.length !== symbol.length)
    throw usage(`--funding: ${funding.length} for ${symbol.length} symbols: allowed is one for each --symbol, in the same order`);
  const rate = fundingRate ?? USUAL_RATE;
  if (!/^-?\d+(\.\d+)?$/.test(rate) || Math.abs(Number(rate)) > 0.05)
    throw usage(`--funding-rate: ${rate}: allowed is a share from -0.05 to 0.05 such as ${USUAL_RATE}`);
  return Promise.all(symbol.map((name, n) => (funding[n] === undefined ? constantFunding(name, rate) : readFunding(funding[n]))));
}
