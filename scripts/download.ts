/** Fetches a venue's public history into files of the shape in which it publishes them; goes on where it was stopped. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { DataGap } from '../shared/sim/market-rows.ts';
import { INTERVALS } from '../shared/sim/history.ts';
import { gapText } from './data/sequence.ts';
import { type Downloaded, downloadSeries, type Series } from './lib/download/series.ts';
import { DownloadVenue, type Span } from './lib/download/venue.ts';
import { utcTime } from './lib/history-tool.ts';
import { progressLine, progressText } from './lib/progress.ts';
import { configOf, EXIT, type ExitCode, newTool, Problem, print, runTool } from './lib/tool.ts';
import { TapeProblem } from './sim/tape-file.ts';

const KINDS = ['klines', 'aggTrades', 'funding', 'exchangeInfo'] as const;
type Kind = (typeof KINDS)[number];
const ENVIRONMENTS = ['sim', 'testnet', 'mainnet'] as const;
type Options = {
  readonly what: readonly Kind[];
  readonly symbols?: readonly string[];
  readonly interval: string;
  readonly from?: number;
  readonly to?: number;
  readonly out: string;
  readonly weightShare: number;
  readonly environment?: (typeof ENVIRONMENTS)[number];
  readonly config: string;
  readonly json: boolean;
};

const GAPS_SHOWN = 20;

const options = newTool('download', "Fetches a venue's public history into CSV files. No key is needed.")
  .option('--what <list>', `of ${KINDS.join(', ')}`, kindsText, ['klines'])
  .option('--symbols <list>', 'contracts, with commas between (default: of the config)', (text) => text.toUpperCase().split(','))
  .option('--interval <name>', 'of the K-lines', intervalText, '1m')
  .option('--from <time>', 'not before this UTC day or time', utcTime)
  .option('--to <time>', 'before this UTC day or time (default: now)', utcTime)
  .option('--out <folder>', 'where the files go', 'data')
  .option('--weight-share <part>', 'of the request weight, 0.05 to 0.8', shareText, 0.5)
  .option('--environment <name>', 'sim, testnet or mainnet (default: of the config)', environmentText)
  .option('--config <file>', 'configuration', 'config.json')
  .option('--json', 'one JSON object on stdout', false)
  .addHelpText(
    'after',
    `
The same command again goes on where the last one ended, Ctrl-C and kill -9
included. Holes are listed, and make exit code 1. The venue keeps aggregated
trades for 48 hours. Times are UTC.

Examples:
  scripts/download --environment mainnet --from 2026-01-01 --interval 5m
  scripts/download --what klines,funding --symbols BTCUSDT,ETHUSDT \\
    --from 2026-06-01 --to 2026-07-01 --out data
  scripts/download --what aggTrades --from 2026-11-26T12:00`,
  )
  .parse()
  .opts<Options>();

function kindsText(text: string): readonly Kind[] {
  return text.split(',').map((one) => oneOf(KINDS, one));
}
function environmentText(text: string): (typeof ENVIRONMENTS)[number] {
  return oneOf(ENVIRONMENTS, text);
}
function intervalText(text: string): string {
  return oneOf(Object.keys(INTERVALS), text);
}
function shareText(text: string): number {
  const share = Number(text);
  if (!(share >= 0.05 && share <= 0.8)) throw new InvalidArgumentError('allowed is a number from 0.05 to 0.8.');
  return share;
}
function oneOf<T extends string>(allowed: readonly T[], text: string): T {
  const found = allowed.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`${text}: allowed is ${allowed.join(', ')}.`);
  return found;
}

async function main(): Promise<ExitCode> {
  const { config } = configOf(options.config);
  const shown = progressLine();
  const onWait = (sentence: string): void => shown.show(sentence);
  const environment = options.environment ?? config.environment;
  await using venue = new DownloadVenue({ config: { ...config, environment }, share: options.weightShare, onWait });
  const info = await venue.begin();
  const out = resolve(options.out);
  mkdirSync(out, { recursive: true });
  if (options.what.includes('exchangeInfo')) writeFileSync(join(out, 'exchangeInfo.json'), `${JSON.stringify(info)}\n`);
  const wanted = seriesOf(venue, { out, symbols: options.symbols ?? config.symbols });
  const done: Downloaded[] = [];
  for (const series of wanted) done.push(await one(series, shown));
  shown.end();
  return tell(done, out);
}

async function one(series: Series, shown: ReturnType<typeof progressLine>): Promise<Downloaded> {
  const { file, fromMs, toMs } = series;
  const [started, name] = [performance.now(), file.slice(file.lastIndexOf('/') + 1)];
  let firstMs: number | null = null; // what earlier runs brought tells nothing about the pace
  try {
    return await downloadSeries(series, (atMs) => {
      firstMs ??= atMs;
      const tookMs = (performance.now() - started) * ((atMs - fromMs) / Math.max(1, atMs - firstMs));
      shown.show(progressText({ done: atMs - fromMs, total: toMs - fromMs, tookMs }, name));
    });
  } catch (problem) {
    shown.end();
    throw problem instanceof TapeProblem ? new Problem(EXIT.failed, [problem.message]) : problem;
  }
}

function seriesOf(
  venue: DownloadVenue,
  { out, symbols }: { readonly out: string; readonly symbols: readonly string[] },
): readonly Series[] {
  const kinds = options.what.filter((kind) => kind !== 'exchangeInfo');
  if (kinds.length === 0) return [];
  const toMs = Math.min(options.to ?? Number.POSITIVE_INFINITY, venue.nowMs());
  if (options.from === undefined) throw new Problem(EXIT.usage, ['--from: missing: allowed is a UTC time such as 2026-11-30']);
  if (toMs <= options.from) throw new Problem(EXIT.usage, ['--to: is not after --from: allowed is a later UTC time']);
  const fromMs = options.from;
  return symbols.flatMap((symbol) => kinds.map((kind) => makeSeries(venue, { kind, out, span: { symbol, fromMs, toMs } })));
}

type Making = { readonly kind: Exclude<Kind, 'exchangeInfo'>; readonly out: string; readonly span: Span };

function makeSeries(venue: DownloadVenue, { kind, out, span }: Making): Series {
  const { symbol } = span;
  switch (kind) {
    case 'klines': {
      const { interval } = options;
      const barMs = INTERVALS[interval] ?? 0;
      const aligned = { ...span, fromMs: Math.ceil(span.fromMs / barMs) * barMs };
      const page: Series['page'] = (last) => venue.klines({ ...aligned, fromMs: last ? last.key + barMs : aligned.fromMs }, interval);
      return { ...aligned, file: join(out, `${symbol}-${interval}.csv`), kind: 'bar', barMs, page };
    }
    case 'aggTrades':
      return {
        ...span,
        file: join(out, `${symbol}-aggTrades.csv`),
        kind: 'trade',
        page: (last) => venue.aggTrades(span, last?.key ?? null),
      };
    case 'funding': {
      const page: Series['page'] = (last) => venue.fundingRates({ ...span, fromMs: last ? last.key + 1 : span.fromMs });
      return { ...span, file: join(out, `${symbol}-fundingRate.csv`), kind: 'funding', page };
    }
  }
}

function tell(done: readonly Downloaded[], out: string): ExitCode {
  const holes = done.flatMap(({ gaps }) => gaps.filter(isHole));
  if (options.json) print(JSON.stringify({ out, files: done, holes: holes.length }));
  else {
    for (const { file, rows, had, firstMs, lastMs } of done) {
      print(file, `  ${rows} rows${had > 0 ? `, ${rows - had} of them new` : ''}`, `  ${utc(firstMs)} to ${utc(lastMs)}`);
    }
    for (const gap of holes.slice(0, GAPS_SHOWN)) print(`${gap.file}: line ${gap.line}: ${gapText(gap)}`);
    if (holes.length > GAPS_SHOWN) print(`and ${holes.length - GAPS_SHOWN} holes more`);
  }
  return holes.length === 0 ? EXIT.done : EXIT.failed;
}

/** Single trades that no aggregated one names are left out by the venue itself. */
const isHole = ({ what }: DataGap): boolean => what !== 'trade-ids';
const utc = (ms: number | null): string => (ms === null ? 'nothing' : new Date(ms).toISOString());

await runTool('download', main);
