/**
 * Everything cancelled and closed straight over the venue's REST, with gateway, brain and Redis dead: the tool of last resort. It needs the
 * key and the network, nothing else of ours. Works on mainnet without `--live`, because all it does reduces.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials, Loaded } from '../shared/config-file.ts';
import { PANIC_FILE, writePanic } from '../shared/panic-file.ts';
import { trimDecimal } from '../shared/units.ts';
import { type Done, Flatten, type SymbolDone } from './lib/flatten/flatten.ts';
import { accountDirOf, type GatewayLife, lookForGateway } from './lib/gateway-life.ts';
import { table } from './lib/table.ts';
import { configOf, EXIT, type ExitCode, newTool, Problem, print, runTool, wholeNumber } from './lib/tool.ts';
import { connectVenueRest, takeKey, type VenueRest } from './lib/venue-rest.ts';

type Options = {
  readonly everything: boolean;
  readonly allSymbols: boolean;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly yes: boolean;
  readonly timeout: number;
  readonly config: string;
  readonly json: boolean;
};

const options = newTool('flatten', 'Cancels our orders and closes the net position of the configured symbols, straight at the exchange.')
  .option('--everything', 'also cancel orders that are not ours', false)
  .option('--all-symbols', 'every symbol of the account, not only the configured ones', false)
  .option('--dry-run', 'only show what is there', false)
  .option('--force', 'even while a gateway lives at this account', false)
  .option('--yes', 'do not ask', false)
  .option('--timeout <seconds>', 'give up after this long', wholeNumber({ min: 1, max: 3_600 }), 60)
  .option('--config <file>', 'configuration', 'config.json')
  .option('--json', 'one JSON object on stdout', false)
  .parse()
  .opts<Options>();

const REACH_MS = 1_000;
/** Beside stdout, which is for the table or the JSON. */
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<ExitCode> {
  const loaded = configOf(options.config);
  const key = await takeKey(loaded, process.env);
  const accountDir = accountDirOf(loaded, key.apiKey);
  if (!options.dryRun) checkGateway(await lookForGateway(loaded, accountDir));
  const end = performance.now() + options.timeout * 1_000;
  await using venue = await reach(loaded, { key, end });
  const flatten = await prepare(loaded, { venue, limitMs: Math.max(1_000, end - performance.now()) });
  const there = await flatten.inspect();
  if (there.fatal) venue.need({ ok: false, error: there.fatal }, 'account');
  if (options.dryRun || there.left.length === 0) return conclude(there, `${loaded.config.environment} at ${venue.host}`);
  if (!options.yes) await confirm(loaded, { there, host: venue.host });
  fence(accountDir);
  const done = await flatten.run();
  if (done.fatal) venue.need({ ok: false, error: done.fatal }, 'trade');
  return conclude(done, `${loaded.config.environment} at ${venue.host}`);
}

/** One that trades would go on beside us; one that is stopped does not mind. */
function checkGateway(life: GatewayLife): void {
  if (life.state === 'silent') say('a gateway process holds this account and does not answer: it is told to stop by the file PANIC');
  if (life.state !== 'answers' || life.header?.mode === 'stopped') return;
  const what = `a gateway lives at this account${life.header ? ` (epoch ${life.header.epoch}, mode ${life.header.mode})` : ''}`;
  if (!options.force) throw new Problem(EXIT.refused, [`${what} and would trade on beside us: use scripts/mm panic, or add --force`]);
  say(`${what}: it is told to stop by the file PANIC`);
}

/** The network may be what fails: tried until the time is up. */
async function reach(loaded: Loaded, { key, end }: { readonly key: Credentials; readonly end: number }): Promise<VenueRest> {
  for (let told = ''; ; ) {
    try {
      return await connectVenueRest(loaded, key);
    } catch (error) {
      const unreachable = error instanceof Problem && error.code === EXIT.unreachable;
      if (!unreachable || performance.now() + REACH_MS > end) throw error;
      if (error.message !== told) say(`${error.message} (trying on)`);
      told = error.message;
      await sleep(REACH_MS);
    }
  }
}

async function prepare({ config }: Loaded, { venue, limitMs }: { readonly venue: VenueRest; readonly limitMs: number }): Promise<Flatten> {
  return new Flatten({
    ...{ account: await venue.account(), clock: venue.clock, limitMs, say, positions: true },
    symbols: options.allSymbols ? 'all' : config.symbols,
    everything: options.everything,
    recvWindowMs: config.gateway.recvWindowMs,
    mayGoOn: () => true,
  });
}

async function confirm(
  { config: { environment } }: Loaded,
  { there, host }: { readonly there: Done; readonly host: string },
): Promise<void> {
  if (!process.stdin.isTTY) throw new Problem(EXIT.refused, ['not confirmed: nobody to ask: add --yes']);
  for (const line of there.left) say(line);
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  const orders = options.everything ? 'all these orders, foreign ones too,' : 'our orders';
  const answer = await readline.question(
    `${environment} at ${host}: cancel ${orders} and close the net positions, whoever opened them? Type yes: `,
  );
  readline.close();
  if (answer.trim().toLowerCase() !== 'yes') throw new Problem(EXIT.refused, ['not confirmed: nothing was done']);
}

/** A gateway that wakes up or is started again meanwhile stays stopped until a person resumes. */
function fence(accountDir: string): void {
  if (!existsSync(accountDir)) return;
  const file = join(accountDir, PANIC_FILE);
  try {
    writeFileSync(file, writePanic({ reason: 'scripts/flatten', everything: options.everything }));
    say(`a gateway that starts or wakes up stays stopped until scripts/mm resume (${file})`);
  } catch (error) {
    say(`${file} cannot be written (${error instanceof Error ? error.message : String(error)}): keep gateways from starting yourself`);
  }
}

function conclude(done: Done, at: string): ExitCode {
  const { flat, left, symbols } = done;
  const nothing = left.length === 0;
  if (options.json) print(JSON.stringify({ ok: nothing, verified: flat, dryRun: options.dryRun, at, left, symbols }));
  else print(at, ...lines(symbols), ...left.map((line) => `left: ${line}`));
  if (options.dryRun) return EXIT.done;
  if (!nothing) throw new Problem(EXIT.failed, [`not done after ${options.timeout} s: run it again, or act on the exchange's website`]);
  if (!options.json) print(flat ? 'flat, no order left: the exchange has confirmed it' : 'nothing to do: no order and no position');
  return EXIT.done;
}

function lines(symbols: readonly SymbolDone[]): readonly string[] {
  if (symbols.length === 0) return [];
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const columns = [{ title: 'SYMBOL' }, right('CANCELED'), right('POSITION'), right('CLOSE ORDERS'), right('NOW')];
  const plain = (size: string): string => (/\d/.test(size) ? trimDecimal(size) : size);
  return table(
    columns,
    symbols.map(({ symbol, canceled, before, closes, now }) => [symbol, String(canceled), plain(before), String(closes), plain(now)]),
  );
}

await runTool('flatten', main);
