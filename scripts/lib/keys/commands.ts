/** The subcommands of `mm keys`. */
import { type Command, Option } from 'commander';
import type { ExitCode } from '../tool.ts';
import type { KeysOptions } from './keys.ts';

type Deed = 'addKey' | 'listKeys' | 'rotateKey' | 'removeKey';
/** Hands the deed that was asked for to the tool that runs it. */
export type Chosen = (run: () => Promise<ExitCode>) => void;

export function addKeysCommands(program: Command, chosen: Chosen): void {
  const keys = program.command('keys').description('the encrypted keystore: add, list, rotate, remove').allowExcessArguments(false);
  const command = (name: string, description: string, deed: Deed): Command => {
    const made = keys.command(name).description(description).allowExcessArguments(false);
    return made
      .option('--config <file>', 'configuration', 'config.json')
      .option('--keystore <file>', 'the keystore (default: the one in the configuration, else keys.json beside it)')
      .action(() => chosen(() => act(deed, made)));
  };
  withKey(withPassphrase(command('add <name>', 'seals a key under a passphrase; both are asked for, unseen', 'addKey')))
    .addOption(new Option('--environment <name>', 'what the key is for').choices(['sim', 'testnet', 'mainnet']).default('testnet'))
    .addHelpText('after', EXAMPLES);
  command('list', 'names, environments and accounts; no passphrase is needed', 'listKeys').option('--json', 'JSON on stdout', false);
  withKey(withPassphrase(command('rotate <name>', 'a new passphrase, or with --key a new key under the same name', 'rotateKey')))
    .option('--key', 'a new key under the old passphrase', false)
    .option('--new-passphrase-file <file>', '0600 file with the new passphrase')
    .option('--new-passphrase-env <name>', 'variable with the new passphrase');
  command('remove <name>', 'takes a key out', 'removeKey').option('--yes', 'needed: it cannot be brought back', false);
}

async function act(deed: Deed, command: Command): Promise<ExitCode> {
  const keys = await import('./keys.ts'); // with its cryptography it would slow every other command
  return keys[deed](command.opts<KeysOptions>(), command.args[0] ?? '');
}

const withPassphrase = (command: Command): Command =>
  command
    .option('--passphrase-file <file>', '0600 file with the passphrase, instead of asking')
    .option('--passphrase-env <name>', 'variable with the passphrase, instead of asking');

const withKey = (command: Command): Command =>
  command
    .option('--from <file>', '0600 JSON {"apiKey":"…","secret":"…"}, instead of asking')
    .option('--pem <file>', '0600 PEM of an Ed25519 or RSA private key: the secret; the API key is asked for');

const EXAMPLES = `
Examples:
  scripts/mm keys add testnet             asks for key, secret and passphrase
  scripts/mm keys add main --environment mainnet --pem private.pem
  scripts/mm keys list
  scripts/mm keys rotate testnet          a new passphrase
  scripts/mm keys rotate testnet --key    a new key`;
