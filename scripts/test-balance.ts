/** Balances and positions straight from the exchange, independent of the gateway. Reads only. */
import type { Loaded } from '../shared/config-file.ts';
import { trimDecimal } from '../shared/units.ts';
import { paperStateFile, readPaperAccount } from './lib/paper-account.ts';
import { labelled, table } from './lib/table.ts';
import { configOf, EXIT, type ExitCode, newTool, Problem, print, runTool } from './lib/tool.ts';
import { type BalanceRow, openVenueRest, type PositionRow } from './lib/venue-rest.ts';

const options = newTool('test-balance', 'Shows wallet, available balance and positions, asked at the exchange itself. Reads only.')
  .option('--config <file>', 'configuration', 'config.json')
  .option('--json', 'one JSON object on stdout', false)
  .parse()
  .opts<{ readonly config: string; readonly json: boolean }>();

async function main(): Promise<ExitCode> {
  const loaded = configOf(options.config);
  if (loaded.config.environment === 'paper') return showPaper(loaded);
  await using venue = await openVenueRest(loaded, process.env);
  const [balances, positions] = await Promise.all([venue.balances(), venue.positions()]);
  const { environment } = loaded.config;
  const assets = balances.map(assetOf).filter(({ wallet, unrealized }) => wallet !== '0' || unrealized !== '0');
  const held = positions.map(positionOf).filter(({ size }) => size !== '0');
  if (options.json) print(JSON.stringify({ environment, host: venue.host, assets, positions: held }));
  else show({ title: `${environment} at ${venue.host}`, assets, held });
  return EXIT.done;
}

/** The paper account lives in a file of ours; what of it is available only the gateway can say, which keeps its margin. */
function showPaper({ runDir }: Loaded): ExitCode {
  const file = paperStateFile(runDir);
  const account = readPaperAccount(file);
  if (!account) throw new Problem(EXIT.unreachable, [`no paper account at ${file} yet: start the gateway once (npm start)`]);
  const assets = account.wallets.map(({ asset, wallet }) => ({ asset, wallet, available: 'unknown', unrealized: 'unknown' }));
  const held = account.positions.map((row) => ({
    ...row,
    side: 'both',
    markPrice: row.markPrice ?? 'unknown',
    unrealized: row.unrealized ?? 'unknown',
  }));
  if (options.json) print(JSON.stringify({ environment: 'paper', host: file, assets, positions: held }));
  else show({ title: `paper (simulated money) in ${file}`, assets, held });
  return EXIT.done;
}

type Asset = ReturnType<typeof assetOf>;
const assetOf = (row: BalanceRow) => ({
  asset: row.asset,
  wallet: trimDecimal(row.balance),
  available: trimDecimal(row.availableBalance),
  unrealized: trimDecimal(row.crossUnPnl),
});

type Held = ReturnType<typeof positionOf>;
const positionOf = (row: PositionRow) => ({
  symbol: row.symbol,
  side: row.positionSide.toLowerCase(),
  size: trimDecimal(row.positionAmt),
  entryPrice: trimDecimal(row.entryPrice),
  markPrice: trimDecimal(row.markPrice),
  unrealized: trimDecimal(row.unRealizedProfit),
});

const right = (title: string) => ({ title, align: 'right' }) as const;

type Shown = { readonly title: string; readonly assets: readonly Asset[]; readonly held: readonly Held[] };

function show({ title, assets, held }: Shown): void {
  print(...labelled('account', [title]), '');
  print(...(assets.length === 0 ? ['no asset with a balance'] : assetLines(assets)), '');
  print(...(held.length === 0 ? ['no open position'] : positionLines(held)));
}

function assetLines(assets: readonly Asset[]): readonly string[] {
  const rows = assets.map(({ asset, wallet, available, unrealized }) => [asset, wallet, available, unrealized]);
  return table([{ title: 'ASSET' }, right('WALLET'), right('AVAILABLE'), right('UNREALIZED')], rows);
}

/** The side is shown on accounts in hedge mode only. */
function positionLines(held: readonly Held[]): readonly string[] {
  const hedged = held.some(({ side }) => side !== 'both');
  const columns = [{ title: 'SYMBOL' }, right('SIZE'), right('ENTRY'), right('MARK'), right('UNREALIZED')];
  const rows = held.map((row) => [row.symbol, row.size, row.entryPrice, row.markPrice, row.unrealized, row.side]);
  return table(hedged ? [...columns, { title: 'SIDE' }] : columns, rows);
}

await runTool('test-balance', main);
