/** `mm config`: the file's configuration; what the running processes have in force otherwise; a person's word for looser limits. */
import { createInterface } from 'node:readline/promises';
import { ConfigAnswer } from '../../shared/command.ts';
import { publicConfig } from '../../shared/config.ts';
import type { Loaded } from '../../shared/config-file.ts';
import type { GatewayClient } from '../../shared/io/gateway-client.ts';
import { inForceLines } from './config-lines.ts';
import { ask, openOperator, query } from './operator.ts';
import { openRedis } from './redis.ts';
import { readState } from './state.ts';
import { configOf, EXIT, type ExitCode, Problem, print } from './tool.ts';

export type ConfigOptions = {
  readonly config: string;
  readonly json: boolean;
  readonly check: boolean;
  readonly changes: boolean;
  readonly confirm: boolean;
  readonly yes: boolean;
};

export async function showConfig(options: ConfigOptions): Promise<ExitCode> {
  const loaded = configOf(options.config);
  if (options.check) print(`${loaded.file}: good`);
  else if (options.confirm) await confirm(loaded, options);
  else if (options.changes) await showChanges(loaded, options);
  else print(JSON.stringify(publicConfig(loaded.config), null, 2));
  return EXIT.done;
}

const inForce = async (client: GatewayClient): Promise<ConfigAnswer> => ConfigAnswer.parse(await query(client, { what: 'config' }));

async function showChanges(loaded: Loaded, { json }: ConfigOptions): Promise<void> {
  await using client = await openOperator(loaded, 'mm config', 'observer');
  const gateway = await inForce(client);
  using open = await openRedis(loaded);
  const brain = (await readState(open.redis, loaded.config)).brain?.config ?? null;
  if (json) print(JSON.stringify({ gateway, brain }));
  else print(...inForceLines({ gateway, brain }));
}

/** What is confirmed is what was shown: the gateway refuses when the file was edited meanwhile. */
async function confirm(loaded: Loaded, { yes }: ConfigOptions): Promise<void> {
  await using client = await openOperator(loaded, 'mm config');
  const { state, wantedHash } = await inForce(client);
  if (state.waiting.length === 0) {
    print('nothing waits: the limits of the file are in force');
    return;
  }
  print(...state.waiting);
  if (!yes && !(await agreed(loaded))) throw new Problem(EXIT.refused, ['not confirmed: the tighter limits stay in force']);
  await ask(client, { type: 'confirmConfig', limitsHash: wantedHash });
  print('confirmed: these limits are in force');
}

async function agreed({ config }: Loaded): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await readline.question(`${config.environment}: loosen these limits now? Type yes: `);
  readline.close();
  return answer.trim().toLowerCase() === 'yes';
}
