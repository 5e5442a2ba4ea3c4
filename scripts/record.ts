/** Records the public data of a venue on a tape, without a key: every frame of its streams as it came, and every depth snapshot read. */
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { Recorder } from '../gateway/io/recorder.ts';
import { openVenue } from '../gateway/venues/io/open.ts';
import type { Venue } from '../gateway/venues/venue.ts';
import { systemClock } from '../shared/clock.ts';
import type { Config } from '../shared/config.ts';
import { rootLog } from '../shared/log.ts';
import { makeMetrics } from '../shared/metrics.ts';
import { Random } from '../shared/random.ts';
import { progressLine } from './lib/progress.ts';
import { configOf, EXIT, type ExitCode, newTool, Problem, print, runTool, wholeNumber } from './lib/tool.ts';

const ENVIRONMENTS = ['sim', 'testnet', 'mainnet'] as const;
type Environment = (typeof ENVIRONMENTS)[number];
type Options = {
  readonly symbols?: readonly string[];
  readonly environment?: Environment;
  readonly folder?: string;
  readonly seconds?: number;
  readonly config: string;
  readonly json: boolean;
};

const SHOW_MS = 500;

const options = newTool('record', 'Records the public market data of a venue on a tape. No key is needed.')
  .option('--symbols <list>', 'contracts, with commas between (default: of the config)', (text) => text.toUpperCase().split(','))
  .option('--environment <name>', 'sim, testnet or mainnet (default: of the config)', environmentText)
  .option('--folder <path>', 'where the tape goes (default: <runDir>/tapes)')
  .option('--seconds <n>', 'end after so long (default: at Ctrl-C)', wholeNumber({ min: 1, max: 100_000_000 }))
  .option('--config <file>', 'configuration', 'config.json')
  .option('--json', 'one JSON object on stdout at the end', false)
  .addHelpText(
    'after',
    `
Files follow each other by size and age, the oldest go (record.fileMb,
record.fileMs, record.totalMb of the config). zstd -dc reads them as text.

Examples:
  scripts/record --environment mainnet --symbols BTCUSDT,ETHUSDT
  scripts/record --seconds 600 --folder /data/tapes
  scripts/replay run/tapes`,
  )
  .parse()
  .opts<Options>();

function environmentText(text: string): Environment {
  const found = ENVIRONMENTS.find((name) => name === text);
  if (!found) throw new InvalidArgumentError(`allowed is ${ENVIRONMENTS.join(', ')}.`);
  return found;
}

async function main(): Promise<ExitCode> {
  const ended = stopAsked(options.seconds);
  const loaded = configOf(options.config);
  const config = publicSideOf(loaded.config);
  const folder = resolve(options.folder ?? `${loaded.runDir}/tapes`);
  const clock = systemClock();
  const faults: string[] = [];
  const onFault = (fault: string | null): void => void (fault !== null && faults.push(fault));
  await using recorder = new Recorder({ config, process: 'record', folder, clock, secrets: [], epoch: null, onFault });
  await using venue = await openPublic(config, recorder);
  recorder.watch(venue);
  await venue.start({ onAccount: () => undefined, onBookLive: () => undefined, onTrade: () => undefined });
  const shown = progressLine();
  const ticker = setInterval(() => shown.show(lineOf(recorder, venue)), SHOW_MS);
  await ended;
  clearInterval(ticker);
  shown.end();
  await venue[Symbol.asyncDispose]();
  await recorder[Symbol.asyncDispose]();
  return tell(recorder, { folder, faults });
}

function tell(recorder: Recorder, { folder, faults }: { readonly folder: string; readonly faults: readonly string[] }): ExitCode {
  const { records, bytes, dropped } = recorder.counts;
  if (options.json) print(JSON.stringify({ folder, records, bytes, dropped, faults }));
  else print(`Recorded ${records} records, ${sizeOf(bytes)}, in ${folder}${dropped > 0 ? `; ${dropped} dropped` : ''}`);
  for (const fault of faults) process.stderr.write(`record: ${fault}\n`);
  return dropped === 0 && faults.length === 0 ? EXIT.done : EXIT.failed;
}

/** Paper has no public side of its own: it lives on that of the real venue. */
function publicSideOf(config: Config): Config {
  const { paper, mainnet } = config.endpoints;
  const wanted = options.environment ?? config.environment;
  const symbols = [...(options.symbols ?? config.symbols)];
  const bad = symbols.find((symbol) => !/^[A-Z0-9_]{2,30}$/.test(symbol));
  if (bad !== undefined)
    throw new Problem(EXIT.usage, [`--symbols: ${JSON.stringify(bad)}: allowed are contracts such as BTCUSDT,ETHUSDT`]);
  if (wanted !== 'paper') return { ...config, symbols, environment: wanted };
  return { ...config, symbols, environment: 'mainnet', endpoints: { ...config.endpoints, mainnet: paper ?? mainnet } };
}

async function openPublic(config: Config, recorder: Recorder): Promise<Venue> {
  const log = rootLog({ process: 'record', level: 'warn' });
  const quiet = { speed: 1, accountDir: '', ending: new AbortController().signal, metrics: makeMetrics('record'), log };
  const random = new Random(process.pid ^ Date.now());
  const opened = await openVenue({ ...quiet, config, credentials: null, clock: systemClock(), random, lines: recorder.lines() });
  if (!opened.ok) throw new Problem(opened.error.kind === 'unreachable' ? EXIT.unreachable : EXIT.failed, [opened.error.sentence]);
  return opened.value;
}

function stopAsked(seconds: number | undefined): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
    if (seconds !== undefined) setTimeout(done, seconds * 1_000).unref();
  });
}

function lineOf({ counts: { records, bytes, dropped } }: Recorder, { market, instruments }: Venue): string {
  const live = [...instruments.keys()].filter((symbol) => market.book(symbol).status === 'live').length;
  return `${records} records, ${sizeOf(bytes)}, ${live} of ${instruments.size} books live${dropped > 0 ? `, ${dropped} dropped` : ''}`;
}

const sizeOf = (bytes: number): string => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

await runTool('record', main);
process.exit();
