/**
 * `npm start`: everything on one machine. In `sim` it starts Redis when none answers, the simulator, the gateway and the brain, starts
 * again what dies, and ends all of it in order: brain (cancels its quotes), gateway (verifies that nothing is left), simulator, Redis.
 */
import { Command, InvalidArgumentError } from 'commander';
import { type Loaded, loadConfig, loadCredentials } from '../shared/config-file.ts';
import { askedPassphrase } from '../shared/io/take-credentials.ts';
import { ok, type Result } from '../shared/result.ts';
import { cannotStart } from './start/environments.ts';
import type { RunOptions } from './start/processes.ts';
import { supervise } from './start/run.ts';

const wholeNumber = (min: number) => (text: string) => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < min) throw new InvalidArgumentError(`allowed is a whole number from ${min}`);
  return n;
};
const positive = (max: number) => (text: string) => {
  const n = Number(text);
  if (!(n > 0 && n <= max)) throw new InvalidArgumentError(`allowed is a number above 0, at most ${max}`);
  return n;
};

type Options = Omit<RunOptions, 'loaded' | 'passphrase'> & { readonly config: string };

const program = new Command('npm start --')
  .description('Starts everything: simulator (in sim), gateway, brain, the live page, and Redis when none answers.')
  .option('--config <file>', 'config file', 'config.json')
  .option('--seconds <n>', 'end by itself after this many (simulated) seconds', positive(1e8))
  .option('--headless', 'logs on stderr, one JSON summary on stdout', false)
  .option('--dashboard', 'with --headless: the live page all the same', false)
  .option('--resume', 'simulator: go on with account, orders and market of the run before, instead of a fresh account', false)
  .option('--replay <file>', 'simulator: serve this recording instead of a seeded market')
  .option('--speed <n>', 'simulator: simulated seconds in a real one', positive(1_000), 1)
  .option('--seed <n>', 'simulator: seed of the market (default: sim.seed of the config)', wholeNumber(0))
  .option('--profile <name>', 'simulator: calm, normal or fast (default: sim.profile of the config)')
  .option('--live', 'needed for mainnet', false)
  .option('--accept-unverified', 'on mainnet: accept for this start what scripts/mm probe has not proved', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

async function main(): Promise<number> {
  const options = program.parse().opts<Options>();
  const loaded = loadConfig(options.config);
  if (!loaded.ok) return complain(2, loaded.error);
  const hindrance = cannotStart(loaded.value.config.environment, options);
  if (hindrance) return complain(hindrance.code, [hindrance.sentence]);
  const passphrase = await typedPassphrase(loaded.value);
  return passphrase.ok ? supervise({ ...options, loaded: loaded.value, passphrase: passphrase.value }) : complain(2, [passphrase.error]);
}

/** Asked once, and proved before anything is started; the gateway gets it at each of its starts. */
async function typedPassphrase(loaded: Loaded): Promise<Result<Buffer | null, string>> {
  if (loaded.config.environment === 'sim') return ok(null); // the run brings a key of its own
  const typed = await askedPassphrase(loaded, process.env);
  if (!typed.ok || typed.value === null) return typed;
  const proved = loadCredentials(loaded, process.env, typed.value);
  return proved.ok ? typed : proved;
}

function complain(code: number, lines: readonly string[]): number {
  for (const line of lines) process.stderr.write(`${line}\n`);
  return code;
}

process.exitCode = await main();
