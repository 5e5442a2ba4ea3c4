/** What a run was measured on and beside: figures without it cannot be compared. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const MODULES = join(import.meta.dirname, '..', '..', 'node_modules');
const PEERS = {
  ccxt: 'ccxt',
  'tardis-dev': 'tardis-dev',
  undici: 'undici',
  connector: '@binance/derivatives-trading-usds-futures',
} as const;

export type Machine = { readonly cpu: string; readonly cores: number; readonly versions: Readonly<Record<string, string>> };

export function machineOf(): Machine {
  const installed = Object.entries(PEERS).map(([name, folder]) => [name, versionOf(folder)] as const);
  return {
    ...{ cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length },
    versions: { node: process.versions.node, ...Object.fromEntries(installed), Redis: redisVersion() },
  };
}

/** `node 26.10.0, ccxt 4.5.84, ...; 2 × the processor`. */
export const machineText = ({ cpu, cores, versions }: Machine): string =>
  `${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}; ${cores} × ${cpu}`;

function versionOf(folder: string): string {
  try {
    return (JSON.parse(readFileSync(join(MODULES, folder, 'package.json'), 'utf8')) as { version: string }).version;
  } catch {
    return 'not installed';
  }
}

function redisVersion(): string {
  const asked = ['redis-server', 'valkey-server'].map((name) => spawnSync(name, ['--version'], { encoding: 'utf8' }));
  return asked.map(({ stdout }) => /v=(\S+)/.exec(stdout ?? '')?.[1]).find((version) => version !== undefined) ?? 'not installed';
}
