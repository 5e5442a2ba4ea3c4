/**
 * What holds in one supervised run over config.json, which all children read and watch: the ports that are really free, the Redis that answers.
 * Beside it the configuration as it is then in force, under the run folder, for tools and people; rewritten when config.json is edited.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountHash, type Config, SIM_CREDENTIALS } from '../../shared/config.ts';
import type { RunValues } from '../../shared/config-file.ts';
import { freePort, freePortNear, isFree } from './ports.ts';

export type RunValuesOptions = {
  /** With the symbols that the market offers. */
  readonly config: Config;
  /** As it was configured. */
  readonly configured: Config;
  readonly runDir: string;
  readonly simPort: number;
  readonly redisUrl: string;
  readonly keyFile: string | null;
  /** The dashboard is started as well. */
  readonly dashboard: boolean;
};

/** Writes them and returns the path, with a line for each port that had to move. Holds no key. */
export async function writeRunValues(options: RunValuesOptions): Promise<{ readonly over: string; readonly notes: readonly string[] }> {
  const { config, configured, runDir, simPort, redisUrl, keyFile } = options;
  const dashboard = options.dashboard ? await freePortNear(config.dashboard.port) : config.dashboard.port;
  const notes: string[] = [];
  const port = async (what: string, wanted: number | null): Promise<object> => {
    if (wanted === null || wanted === 0 || (await isFree(wanted))) return {};
    const metricsPort = await freePort();
    notes.push(`port ${wanted} (${what}) is taken: using ${metricsPort}`);
    return { metricsPort };
  };
  if (config.dashboard.port !== 0 && dashboard !== config.dashboard.port)
    notes.push(`port ${config.dashboard.port} (dashboard) is taken: using ${dashboard}`);
  const values = {
    ...(config.symbols === configured.symbols ? {} : { symbols: config.symbols }),
    ...(config.redis.url === redisUrl ? {} : { redis: { url: redisUrl } }),
    gateway: await port('gateway metrics', config.gateway.metricsPort),
    brain: await port('brain metrics', config.brain.metricsPort),
    sim: { port: simPort },
    dashboard: { port: dashboard },
    credentials: keyFile === null ? {} : { sim: { file: keyFile } },
  };
  const over: RunValues = { without: ['credentials', 'endpoints.sim'], values };
  return { over: put(runDir, { name: 'over.json', value: over }), notes };
}

/** The configuration in force, as a file of its own. */
export const writeEffectiveConfig = (config: Config, runDir: string): string =>
  put(runDir, { name: 'config.json', value: { ...config, $schema: undefined, runDir } });

/** Whoever reads it never sees half of it. */
function put(runDir: string, { name, value }: { readonly name: string; readonly value: object }): string {
  const dir = join(runDir, 'start');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, name);
  writeFileSync(`${file}.tmp`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
  return file;
}

/** Folder of socket, lock and ledger of the simulator's account. */
export const simAccountDir = (runDir: string): string => join(runDir, `sim-${accountHash(SIM_CREDENTIALS.apiKey)}`);

/** What the simulator of a run keeps, beside the ledger of its account. */
export const simStateFile = (runDir: string): string => join(simAccountDir(runDir), 'exchange.sqlite');

/**
 * A new run begins with a fresh account, so what was kept of the one before it, by the simulator and by us, is set aside (one generation,
 * in `previous/`). Only called when no gateway runs there.
 */
export function setAsideState(dir: string): void {
  if (!existsSync(dir)) return;
  const previous = join(dir, 'previous');
  rmSync(previous, { recursive: true, force: true });
  mkdirSync(previous, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dir))
    if (/^((exchange|ledger|brain)\.sqlite(-wal|-shm|-placed)?|PANIC\.taken)$/.test(name))
      renameSync(join(dir, name), join(previous, name));
}
