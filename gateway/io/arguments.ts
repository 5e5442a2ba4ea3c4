/** Options of the gateway process. Usage mistakes end it with code 2, help with 0. */
import { Command, type CommanderError } from 'commander';

export type Arguments = {
  readonly config: string;
  readonly over: string | undefined;
  readonly clock: string | undefined;
  readonly live: boolean;
  readonly acceptUnverified: boolean;
  readonly passphraseStdin: boolean;
};

export function parseArgs(args: readonly string[]): Arguments {
  const program = new Command('gateway')
    .description('Holds the keys and every connection to the exchange; publishes to Redis; takes commands on a Unix socket.')
    .option('--config <file>', 'configuration', 'config.json')
    .option('--over <file>', 'values of this run over the configuration')
    .option('--clock <spec>', 'simulated clock ORIGIN_MS@REAL_MSxSPEED, only in sim')
    .option('--live', 'allow real money', false)
    .option('--accept-unverified', 'on mainnet: accept for this start what scripts/mm probe has not proved', false)
    .option('--passphrase-stdin', 'the passphrase of the keystore is the first line of stdin', false)
    .exitOverride((error: CommanderError) => process.exit(error.exitCode === 0 ? 0 : 2))
    .allowExcessArguments(false);
  program.parse([...args], { from: 'user' });
  const { over, clock, ...plain } = program.opts<Omit<Arguments, 'over' | 'clock'> & { over?: string; clock?: string }>();
  return { ...plain, over, clock };
}
